"""The sales pack's documents hold together on their own: texts, keys, links, stages, layouts, rights, mails."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

from tests.packs.documents import (
    ENTITIES,
    PACK,
    ROLES,
    SYSTEM_FIELDS,
    TEMPLATES,
    WORKFLOWS,
    field_keys,
    read_folder,
    stages,
    texts,
)

TEXT_TYPES = {'text', 'long_text', 'email', 'phone', 'url'}
PLAIN_TYPES = TEXT_TYPES | {'integer', 'decimal', 'money', 'percent', 'boolean', 'date', 'datetime'}
KNOWN_TYPES = PLAIN_TYPES | {
    'file',
    'lines',
    'links',
    'address',
    'tags',
    'rating',
    'autonumber',
    'formula',
    'rollup',
    'picklist',
    'multi_picklist',
    'link',
    'link_any',
    'user',
    'team',
    'stage',
}
SCOPES = {'none', 'own', 'team', 'team_below', 'all'}
ACTIONS = {'read', 'create', 'update', 'delete', 'import', 'export', 'assign', 'merge'}
DOCUMENTS = [
    pytest.param(document, id=f'{folder}/{key}')
    for folder in ('entities', 'roles', 'workflows', 'templates')
    for key, document in read_folder(folder).items()
]
FIELDS = [
    pytest.param(entity, key, field, id=f'{entity}.{key}')
    for entity, doc in ENTITIES.items()
    for key, field in doc['properties'].items()
]
BY_ENTITY = pytest.mark.parametrize('entity', sorted(ENTITIES))


def test_the_pack_has_the_promised_entities_and_roles() -> None:
    promised = {'raw_lead', 'lead', 'company', 'contact', 'opportunity', 'activity', 'appointment', 'task', 'product'}

    assert set(ENTITIES) == promised
    assert set(ROLES) == {'admin', 'manager', 'leader', 'rep'}


@pytest.mark.parametrize('document', DOCUMENTS)
def test_every_text_is_written_in_english_and_vietnamese(document: dict[str, Any]) -> None:
    found = dict(texts(document))

    assert found
    assert [
        pointer
        for pointer, text in found.items()
        if set(text) != {'en', 'vi'} or not all(part.strip() for part in text.values())
    ] == []


def test_the_pack_itself_and_its_groups_are_named_in_both_languages() -> None:
    pack = read_folder('.')['pack']

    assert [pointer for pointer, text in texts(pack) if set(text) != {'en', 'vi'}] == []
    assert {document['x-group'] for document in ENTITIES.values()} == {group['key'] for group in pack['groups']}


@pytest.mark.parametrize('document', DOCUMENTS)
def test_a_document_is_named_like_its_file(document: dict[str, Any], request: pytest.FixtureRequest) -> None:
    folder, stem = request.node.callspec.id.split('/')

    assert (PACK / folder / f'{stem}.json').is_file()
    assert document['x-key'] == stem
    assert (
        document['x-kind'] == {'entities': 'entity', 'roles': 'role', 'workflows': 'workflow', 'templates': 'template'}[folder]
    )


def test_menu_places_are_different() -> None:
    orders = [document['x-order'] for document in ENTITIES.values()]

    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize(('entity', 'key', 'field'), FIELDS)
def test_a_field_has_a_known_type_a_safe_key_and_a_label(entity: str, key: str, field: dict[str, Any]) -> None:
    assert field['x-type'] in KNOWN_TYPES
    assert re.fullmatch(r'[a-z][a-z0-9_]{0,39}', key)
    assert key not in SYSTEM_FIELDS
    assert 'x-label' in field


@pytest.mark.parametrize(
    ('entity', 'key', 'field'), [param for param in FIELDS if param.values[2]['x-type'].startswith('link')]
)
def test_a_link_points_to_entities_of_the_pack(entity: str, key: str, field: dict[str, Any]) -> None:
    targets = field['x-targets'] if field['x-type'] == 'link_any' else [field['x-target']]

    assert set(targets) <= set(ENTITIES)
    assert len(set(targets)) == len(targets)


@pytest.mark.parametrize(
    ('entity', 'key', 'field'), [param for param in FIELDS if param.values[2]['x-type'].endswith('picklist')]
)
def test_a_picklists_options_are_unique_and_its_default_is_one_of_them(entity: str, key: str, field: dict[str, Any]) -> None:
    keys = [option['key'] for option in field['x-options']]
    default = field.get('x-default', [])

    assert len(set(keys)) == len(keys)
    assert all(1 <= option['hue'] <= 10 for option in field['x-options'])
    assert set(default if isinstance(default, list) else [default]) <= set(keys)


@BY_ENTITY
def test_stage_keys_are_unique_over_the_entity_and_belong_to_a_group(entity: str) -> None:
    pipelines = ENTITIES[entity].get('x-pipelines', [])
    keys = [stage['key'] for pipeline in pipelines for stage in pipeline['stages']]

    assert len(set(keys)) == len(keys)
    for pipeline in pipelines:
        assert {stage['group'] for stage in pipeline['stages']} == {group['key'] for group in pipeline['groups']}
    assert bool(keys) == any(field['x-type'] == 'stage' for field in ENTITIES[entity]['properties'].values())


@BY_ENTITY
def test_stages_say_category_probability_and_gates_that_fit(entity: str) -> None:
    ends = {'won': 100, 'lost': 0}
    for stage in stages(entity).values():
        assert stage['category'] in {'open', 'won', 'lost'}
        assert stage['probability'] == ends.get(stage['category'], stage['probability'])
        assert 1 <= stage['hue'] <= 10
        assert set(stage.get('requires', ())) <= set(ENTITIES[entity]['properties'])


def test_opportunities_have_a_nurturing_and_a_deal_pipeline_with_a_win_and_losses() -> None:
    pipelines = {
        pipeline['key']: [stage['category'] for stage in pipeline['stages']]
        for pipeline in ENTITIES['opportunity']['x-pipelines']
    }

    assert set(pipelines) == {'lead', 'deal'}
    assert pipelines['lead'][-1] == 'lost'
    assert pipelines['deal'][-2:] == ['won', 'lost']


def named_fields(document: dict[str, Any]) -> Iterator[str]:
    layouts = document['x-layouts']
    yield from (*layouts['list'], *layouts['card'], *layouts['quick'], *document['required'], document['x-title-field'])
    yield from (field for section in layouts['form'] for field in section['fields'])
    yield from (part['field'] for rule in document.get('x-duplicates', ()) for part in rule['match'])
    yield from (field for index in document.get('x-indexes', ()) for field in index)
    yield document.get('x-subtitle-field', document['x-title-field'])


@BY_ENTITY
def test_layouts_rules_and_indexes_name_fields_that_exist(entity: str) -> None:
    assert set(named_fields(ENTITIES[entity])) - field_keys(entity) == set()


@BY_ENTITY
def test_the_form_shows_every_field_once_and_quick_create_asks_what_is_required(entity: str) -> None:
    document = ENTITIES[entity]
    shown = [field for section in document['x-layouts']['form'] for field in section['fields'] if field not in SYSTEM_FIELDS]
    without_default = {key for key in document['required'] if 'x-default' not in document['properties'][key]}

    assert sorted(shown) == sorted(document['properties'])
    assert without_default <= set(document['x-layouts']['quick'])


@BY_ENTITY
def test_related_lists_follow_links_that_lead_here(entity: str) -> None:
    for related in ENTITIES[entity]['x-layouts']['related']:
        field = ENTITIES[related['entity']]['properties'][related['field']]
        assert entity in field.get('x-targets', [field.get('x-target')])


@BY_ENTITY
def test_duplicate_rules_have_own_keys_and_known_comparisons(entity: str) -> None:
    rules = ENTITIES[entity].get('x-duplicates', [])

    assert len({rule['key'] for rule in rules}) == len(rules)
    assert {rule['action'] for rule in rules} <= {'warn', 'block'}
    assert {part['compare'] for rule in rules for part in rule['match']} <= {'exact', 'email', 'phone', 'name', 'company_name'}


@pytest.mark.parametrize('entity', ['raw_lead', 'lead', 'company', 'contact'])
def test_people_and_firms_are_matched_by_mail_phone_and_name(entity: str) -> None:
    compared = {part['compare'] for rule in ENTITIES[entity]['x-duplicates'] for part in rule['match']}

    assert {'email', 'phone'} <= compared
    assert compared & {'name', 'company_name'}


@pytest.mark.parametrize('role', sorted(ROLES))
def test_a_role_grants_every_action_in_known_scopes(role: str) -> None:
    document = ROLES[role]

    assert '*' in document['grants']
    assert set(document['grants']) - {'*'} <= set(ENTITIES)
    assert all(
        ACTIONS - {'assign', 'merge'} <= set(grant) <= ACTIONS and set(grant.values()) <= SCOPES
        for grant in document['grants'].values()
    )
    for entity, fields in document['fields'].items():
        assert set(fields) <= field_keys(entity)
        assert set(fields.values()) <= {'none', 'read', 'write'}


def condition_fields(condition: dict[str, Any]) -> set[str]:
    if 'field' in condition:
        return {condition['field']}
    return {key for part in condition.get('all', condition.get('any', [])) for key in condition_fields(part)}


@pytest.mark.parametrize('workflow', sorted(WORKFLOWS))
def test_a_workflow_names_fields_and_templates_of_its_entity(workflow: str) -> None:
    document = WORKFLOWS[workflow]
    entity, trigger = document['entity'], document['trigger']
    offset = trigger.get('offset_minutes', {})

    named = {trigger['field'], *condition_fields(document['condition'])} | ({offset['field']} if 'field' in offset else set())
    assert named <= field_keys(entity)
    for step in document['steps']:
        assert TEMPLATES[step['template']]['entity'] == entity
        assert step['to'].get('field', step['to'].get('user')) in field_keys(entity)


@pytest.mark.parametrize('locale', ['en', 'vi'])
@pytest.mark.parametrize('part', ['subject', 'html', 'text'])
@pytest.mark.parametrize('template', sorted(TEMPLATES))
def test_a_mail_mentions_only_what_exists(template: str, part: str, locale: str) -> None:
    document = TEMPLATES[template]
    tree = SandboxedEnvironment(autoescape=True).parse(document[part][locale])

    names = {node.name for node in tree.find_all(nodes.Name)}
    mentions = {(node.node.name, node.attr) for node in tree.find_all(nodes.Getattr) if isinstance(node.node, nodes.Name)}
    assert names <= {'record', 'owner', 'company_name'}
    assert {attr for name, attr in mentions if name == 'record'} <= field_keys(document['entity'])
    assert {attr for name, attr in mentions if name == 'owner'} <= {'name', 'email'}


@pytest.mark.parametrize('trim', [False, True], ids=['lines kept', 'lines trimmed'])
@pytest.mark.parametrize('locale', ['en', 'vi'])
def test_the_reminder_leaves_out_what_is_blank_and_keeps_one_fact_a_line(locale: str, trim: bool) -> None:
    source = TEMPLATES['appointment_reminder']['text'][locale]
    record = {'title': 'Khảo sát', 'starts_at': '10:00 04/05/2026', 'place': 'Showroom'}
    environment = SandboxedEnvironment(trim_blocks=trim)

    mail = environment.from_string(source).render(record=record, owner={'name': 'Trang'}, company_name='Mây Sồi')
    lines = mail.splitlines()

    assert 'Khảo sát' in lines
    assert [line.partition(': ')[2] for line in lines if ': ' in line] == ['10:00 04/05/2026', 'Showroom']


def test_the_birthday_mail_escapes_what_a_customer_typed() -> None:
    source = TEMPLATES['birthday']['html']['vi']
    record = {'full_name': '<b>Mai & Anh</b>'}

    mail = (
        SandboxedEnvironment(autoescape=True)
        .from_string(source)
        .render(record=record, owner={'name': 'Trang'}, company_name='Mây Sồi')
    )

    assert 'Kính gửi Anh/Chị &lt;b&gt;Mai &amp; Anh&lt;/b&gt;,' in mail
