"""Every way a definition can be broken has its code and its place, and nothing else is said."""

from __future__ import annotations

import math
from typing import Any

import pytest

from schema.checks import check_documents
from schema.loading import settle

DROP = object()
CONTACT = '/entities/contact'
FIELDS = f'{CONTACT}/properties'
STAGES = f'{CONTACT}/x-pipelines/0/stages'
PLURAL = {'entities': 'entity', 'roles': 'role', 'workflows': 'workflow', 'templates': 'template', 'views': 'view'}


def put(documents: dict[tuple[str, str], Any], pointer: str, value: Any) -> None:
    """Set, or DROP, what stands at a pointer."""
    kind, key, *path = pointer.strip('/').split('/')
    if not path:
        documents[PLURAL.get(kind, kind), key] = value
        return
    node = documents[PLURAL[kind], key]
    *way, last = (int(part) if part.isdigit() else part for part in path)
    for part in way:
        node = node[part]
    if value is DROP:
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        node[last] = value


def broken(pointer: str, value: Any, code: str, at: str | None = None) -> Any:
    return pytest.param({pointer: value}, [(code, pointer if at is None else at)], id=f'{code} {at or pointer}'[:90])


TEXT = {'x-type': 'text'}
CASES = [
    # the metaschema
    broken(f'{FIELDS}/email/x-serch', True, 'SCH-E010'),
    broken(f'{FIELDS}/email/allOf', [], 'SCH-E019'),
    broken(f'{FIELDS}/email/$ref', 'https://example.com/x.json', 'SCH-E019'),
    broken(f'{CONTACT}/if', {}, 'SCH-E019'),
    broken(f'{CONTACT}/properties', [], 'SCH-E011'),
    broken(CONTACT, [], 'SCH-E011'),
    broken('/roles/admin', 'yes', 'SCH-E011'),
    broken(f'{FIELDS}/email', 7, 'SCH-E011'),
    broken(f'{FIELDS}/email/x-type', DROP, 'SCH-E012'),
    broken(f'{FIELDS}/email/x-hidden-in', ['lst'], 'SCH-E013', f'{FIELDS}/email/x-hidden-in/0'),
    broken(f'{FIELDS}/company/x-on-delete', 'explode', 'SCH-E013'),
    broken(f'{CONTACT}/$schema', 'http://json-schema.org/draft-07/schema#', 'SCH-E013'),
    broken(f'{CONTACT}/x-format', 99, 'SCH-E111'),
    broken(f'{CONTACT}/x-label', {'en': 'x' * 201}, 'SCH-E014', f'{CONTACT}/x-label/en'),
    broken(f'{CONTACT}/x-label', {}, 'SCH-E015'),
    broken(f'{CONTACT}/x-label', {'en': ' \u00a0\t'}, 'SCH-E015', f'{CONTACT}/x-label/en'),
    broken(f'{CONTACT}/x-label', {'en': ''}, 'SCH-E015', f'{CONTACT}/x-label/en'),
    broken(f'{CONTACT}/x-hue', 11, 'SCH-E016'),
    broken(f'{CONTACT}/x-label', {'english': 'Contact'}, 'SCH-E017', f'{CONTACT}/x-label/english'),
    broken(f'{CONTACT}/x-table', 'ab_user', 'SCH-E017'),
    broken(f'{CONTACT}/required', ['full_name', 'full_name'], 'SCH-E018'),
    broken('/views/mine', {}, 'SCH-E007'),
    # JSON itself
    broken(f'{CONTACT}/description', 'x' * 1_000_001, 'SCH-E002', CONTACT),
    broken(f'{FIELDS}/score/maximum', math.nan, 'SCH-E005'),
    broken(f'{FIELDS}/score/maximum', 10**5000, 'SCH-E009'),
    broken(f'{CONTACT}/description', 'a\0b', 'SCH-E008'),
    broken(f'{CONTACT}/description', '\ud800', 'SCH-E008'),
    # keys
    broken(f'{FIELDS}/Job Title', TEXT, 'SCH-E020'),
    broken(f'{FIELDS}/a__b', TEXT, 'SCH-E020'),
    broken(f'{FIELDS}/ngày_sinh', TEXT, 'SCH-E020'),
    broken(f'{FIELDS}/{"x" * 200}', TEXT, 'SCH-E023'),
    broken(f'{FIELDS}/created_at', TEXT, 'SCH-E022'),
    broken('/entities/studio', {'properties': {'name': TEXT}}, 'SCH-E022'),
    broken(f'{CONTACT}/x-key', 'person', 'SCH-E024'),
    broken(f'{CONTACT}/x-kind', 'role', 'SCH-E024'),
    broken(f'{FIELDS}/phone/x-aliases', ['email'], 'SCH-E028', f'{FIELDS}/email'),
    broken(f'{FIELDS}/status/x-options/1/key', 'new', 'SCH-E021'),
    broken(f'{STAGES}/2', {'key': 'open', 'category': 'lost'}, 'SCH-E021', f'{STAGES}/2/key'),
    broken(f'{CONTACT}/x-pipelines/1', {'key': 'other', 'stages': [{'key': 'won'}]}, 'SCH-E021',
           f'{CONTACT}/x-pipelines/1/stages/0/key'),
    broken(f'{CONTACT}/x-duplicates/1', {'key': 'same_email', 'match': [{'field': 'phone', 'compare': 'phone'}]}, 'SCH-E021',
           f'{CONTACT}/x-duplicates/1/key'),
    broken(f'{FIELDS}/phone/x-column', 'owner_id', 'SCH-E026'),
    # fields
    broken(f'{FIELDS}/email/x-type', 'emial', 'SCH-E030'),
    broken(f'{FIELDS}/email/pattern', '@', 'SCH-E031'),
    broken(f'{FIELDS}/full_name/enum', ['a'], 'SCH-E019'),
    broken(f'{FIELDS}/full_name/x-target', 'company', 'SCH-E031'),
    broken(f'{CONTACT}/required/1', 'fullname', 'SCH-E032'),
    broken(f'{CONTACT}/required/1', 'owner', 'SCH-E032'),
    broken(f'{FIELDS}/full_name/x-default', {'now': True}, 'SCH-E033'),
    broken(f'{FIELDS}/score/x-default', 11, 'REC-E006'),
    broken(f'{FIELDS}/score/x-default', 'many', 'REC-E005'),
    broken(f'{FIELDS}/status/x-default', 'nowhere', 'REC-E014'),
    broken(f'{FIELDS}/status/x-default', 'old', 'SCH-E048'),
    broken(f'{CONTACT}/x-title-field', 'birthday', 'SCH-E034'),
    broken(f'{CONTACT}/x-title-field', 'nickname', 'SCH-E032'),
    broken('/entities/visit', {'properties': {'on': {'x-type': 'date'}}}, 'SCH-E035', '/entities/visit/properties'),
    broken(f'{FIELDS}/status/x-options', [], 'SCH-E036'),
    broken(f'{FIELDS}/status/x-options/0/retired', True, 'SCH-E036', f'{FIELDS}/status/x-options'),
    broken(f'{FIELDS}/status/x-options', DROP, 'SCH-E012'),
    broken(f'{FIELDS}/notes/x-unique', True, 'SCH-E038'),
    broken(f'{FIELDS}/regarding/x-unique', True, 'SCH-E038'),
    broken(f'{FIELDS}/birthday/x-search', True, 'SCH-E039'),
    broken(f'{FIELDS}/full_name/maxLength', 0, 'SCH-E040'),
    broken(f'{FIELDS}/full_name/pattern', 'x' * 501, 'SCH-E041'),
    broken(f'{FIELDS}/full_name/pattern', '(a', 'SCH-E042'),
    broken(f'{FIELDS}/full_name/pattern', '(?=a)', 'SCH-E042'),
    broken(f'{FIELDS}/ratio', {'x-type': 'decimal', 'x-scale': 9}, 'SCH-E044', f'{FIELDS}/ratio/x-scale'),
    broken(f'{FIELDS}/amount/x-currency', 'XYZ', 'SCH-E045'),
    broken(f'{FIELDS}/full_name/minLength', 300, 'SCH-E046', f'{FIELDS}/full_name/maxLength'),
    broken(f'{FIELDS}/score/maximum', -1, 'SCH-E046'),
    broken(f'{FIELDS}/score/type', 'string', 'SCH-E047'),
    # links
    broken(f'{FIELDS}/company/x-target', 'compnay', 'SCH-E050'),
    broken(f'{FIELDS}/regarding/x-targets/0', 'nowhere', 'SCH-E050'),
    broken(f'{FIELDS}/company/x-target', DROP, 'SCH-E012'),
    broken(f'{CONTACT}/x-layouts/related/0/entity', 'nowhere', 'SCH-E050'),
    broken(f'{CONTACT}/x-layouts/related/0/field', 'company', 'SCH-E053'),
    broken(f'{CONTACT}/x-layouts/related/0/field', 'nothing', 'SCH-E032'),
    # lines
    broken(f'{FIELDS}/parts', {'x-type': 'lines', 'x-lines': {'properties': {'size': {
        'x-type': 'picklist', 'x-options': [{'key': 'small'}, {'key': 'small'}]}}}}, 'SCH-E021',
           f'{FIELDS}/parts/x-lines/properties/size/x-options/1/key'),
    broken(f'{FIELDS}/parts', {'x-type': 'lines', 'x-lines': {'properties': {'why': {
        'x-type': 'text', 'x-visible-if': {'field': 'parent.emial', 'op': 'is_empty'}}}}}, 'SCH-E211',
           f'{FIELDS}/parts/x-lines/properties/why/x-visible-if/field'),
    broken(f'{FIELDS}/second', {'x-type': 'text', 'x-visible-if': {'field': 'parent.email', 'op': 'is_empty'}}, 'SCH-E211',
           f'{FIELDS}/second/x-visible-if/field'),
    # pipelines
    broken(f'{CONTACT}/x-pipelines/0/groups', [], 'SCH-E063', f'{STAGES}/0/group'),
    broken(f'{FIELDS}/second', {'x-type': 'stage'}, 'SCH-E062', f'{FIELDS}/second/x-type'),
    broken(f'{STAGES}/1/requires/0', 'amuont', 'SCH-E032'),
    broken(f'{STAGES}/0/category', 'lost', 'SCH-E065', STAGES),
    broken(f'{STAGES}/0/category', 'closed', 'SCH-E013'),
    broken(f'{STAGES}/0/moves/0', 'nowhere', 'SCH-E066'),
    broken(f'{STAGES}/0/probability', 101, 'SCH-E016'),
    # duplicate rules
    broken(f'{CONTACT}/x-duplicates/0/match/0/field', 'mail', 'SCH-E032'),
    broken(f'{CONTACT}/x-duplicates/0/match/0/compare', 'phone', 'SCH-E072'),
    broken(f'{CONTACT}/x-duplicates/0/match/0/compare', 'roughly', 'SCH-E013'),
    broken(f'{CONTACT}/x-duplicates/0/match/0', {'field': 'regarding'}, 'SCH-E072',
           f'{CONTACT}/x-duplicates/0/match/0/compare'),
    broken(f'{CONTACT}/x-duplicates/0/match/1', {'field': 'email'}, 'SCH-E073',
           f'{CONTACT}/x-duplicates/0/match/1/field'),
    broken(f'{CONTACT}/x-duplicates/0/match', [], 'SCH-E015'),
    # layouts
    broken(f'{CONTACT}/x-layouts/list/0', 'fullname', 'SCH-E032'),
    broken(f'{CONTACT}/x-subtitle-field', 'nothing', 'SCH-E032'),
    broken(f'{CONTACT}/x-no-contact', 'nothing', 'SCH-E032'),
    broken(f'{CONTACT}/x-no-contact', 'birthday', 'SCH-E091'),
    broken(f'{CONTACT}/x-birthday', 'full_name', 'SCH-E091'),
    broken(f'{CONTACT}/x-layouts/form/1/fields/0', 'full_name', 'SCH-E080'),
    broken(f'{CONTACT}/x-layouts/form/0/tab', 'details', 'SCH-E140'),
    broken(f'{CONTACT}/x-layouts/form/0/columns', 4, 'SCH-E016'),
    broken(f'{CONTACT}/x-layouts/roles', {'admin': {'tabs': [{'key': 'a'}, {'key': 'a'}]}}, 'SCH-E021',
           f'{CONTACT}/x-layouts/roles/admin/tabs/1/key'),
    broken(f'{CONTACT}/x-layouts/roles', {'rpe': {}}, 'SCH-E143', f'{CONTACT}/x-layouts/roles/rpe'),
    broken(f'{CONTACT}/x-layouts/roles', {'admin': {'form': [{'fields': [], 'tab': 'x'}]}}, 'SCH-E140',
           f'{CONTACT}/x-layouts/roles/admin/form/0/tab'),
    broken(f'{CONTACT}/x-layouts/roles', {'admin': {'list': ['nmae']}}, 'SCH-E032', f'{CONTACT}/x-layouts/roles/admin/list/0'),
    # rules
    broken(f'{CONTACT}/x-unique-keys', [{'key': 'a', 'fields': ['full_name', 'eamil']}], 'SCH-E032',
           f'{CONTACT}/x-unique-keys/0/fields/1'),
    broken(f'{CONTACT}/x-calendar', {'kind': 'party', 'start': 'birthday'}, 'SCH-E013', f'{CONTACT}/x-calendar/kind'),
    broken(f'{CONTACT}/x-calendar', {'kind': 'task', 'start': 'birthdya'}, 'SCH-E032', f'{CONTACT}/x-calendar/start'),
    broken(f'{CONTACT}/x-calendar', {'kind': 'task', 'start': 'email'}, 'SCH-E165', f'{CONTACT}/x-calendar/start'),
    broken(f'{CONTACT}/x-calendar', {'kind': 'task', 'start': 'birthday', 'end': 'created_at'}, 'SCH-E166',
           f'{CONTACT}/x-calendar/end'),
    broken(f'{CONTACT}/x-calendar', {'kind': 'task', 'start': 'birthday', 'done': ['over']}, 'SCH-E167',
           f'{CONTACT}/x-calendar/done/0'),
    broken(f'{CONTACT}/x-unique-keys', [{'key': 'a', 'fields': ['full_name']}], 'SCH-E015',
           f'{CONTACT}/x-unique-keys/0/fields'),
    broken(f'{CONTACT}/x-unique-keys', [{'key': 'a', 'fields': ['full_name', 'owner']}], 'SCH-E141',
           f'{CONTACT}/x-unique-keys/0/fields/1'),
    broken(f'{CONTACT}/x-unique-keys', [{'key': each, 'fields': fields} for each, fields in
           (('a', ['full_name', 'email']), ('b', ['email', 'full_name']))], 'SCH-E142', f'{CONTACT}/x-unique-keys/1/fields'),
    broken(f'{CONTACT}/x-rules', [{'key': 'a', 'refuse_when': {}}], 'SCH-E012', f'{CONTACT}/x-rules/0/message'),
    broken(f'{CONTACT}/x-rules', [{'key': 'a', 'refuse_when': {'any': []}, 'message': {'en': 'No.'}, 'field': 'nmae'}],
           'SCH-E032', f'{CONTACT}/x-rules/0/field'),
    broken(f'{CONTACT}/x-rules', [{'key': 'a', 'refuse_when': {'field': 'nmae', 'op': 'is_empty'}, 'message': {'en': 'No.'}}],
           'SCH-E211', f'{CONTACT}/x-rules/0/refuse_when/field'),
    broken(f'{FIELDS}/email/x-visible-if', {'field': 'full_name', 'op': 'within'}, 'SCH-E209',
           f'{FIELDS}/email/x-visible-if/op'),
    broken(f'{FIELDS}/email/x-required-if', 'always', 'SCH-E011'),
    broken(f'{FIELDS}/company/x-option-filter', {'field': 'name', 'op': 'eq', 'value': {'record': 'company'}}, 'SCH-E232',
           f'{FIELDS}/company/x-option-filter/value/record'),
    broken(f'{FIELDS}/email/x-option-filter', {'any': []}, 'SCH-E031'),
    broken(f'{FIELDS}/regarding/x-option-filter', {'any': []}, 'SCH-E031'),
    broken(f'{FIELDS}/regarding/x-option-filters', {'contakt': {'any': []}}, 'SCH-E154',
           f'{FIELDS}/regarding/x-option-filters/contakt'),
    broken(f'{FIELDS}/regarding/x-option-filters', {'contact': {'field': 'nmae', 'op': 'is_empty'}}, 'SCH-E211',
           f'{FIELDS}/regarding/x-option-filters/contact/field'),
    broken(f'{STAGES}/0/gate', {'field': 'full_name', 'op': 'eq'}, 'SCH-E223', f'{STAGES}/0/gate'),
    broken(f'{CONTACT}/x-indexes/0/0', 'regarding', 'SCH-E081'),
    broken(f'{CONTACT}/x-indexes/0/0', 'nothing', 'SCH-E032'),
    # roles
    broken('/roles/admin/grants/contakt', {'read': 'all'}, 'SCH-E050'),
    broken('/roles/admin/grants/contact', {'raed': 'all'}, 'SCH-E010', '/roles/admin/grants/contact/raed'),
    broken('/roles/admin/grants/*/read', 'mine', 'SCH-E013'),
    broken('/roles/admin/grants/*/read', {'scope': 'far'}, 'SCH-E013', '/roles/admin/grants/*/read/scope'),
    broken('/roles/admin/grants/*/read', {'where': {'field': 'email', 'op': 'is_empty'}}, 'SCH-E211',
           '/roles/admin/grants/*/read/where/field'),
    broken('/roles/admin/grants/contact', {'read': {'where': {'field': 'socre', 'op': 'is_empty'}}}, 'SCH-E211',
           '/roles/admin/grants/contact/read/where/field'),
    broken('/roles/admin/grants/company', {'read': {'where': {'any_related': {'entity': 'contact', 'field': 'company'}}}},
           'SCH-E160', '/roles/admin/grants/company/read/where'),
    broken('/roles/admin/grants/contact', {'read': {'where': {'field': 'owner', 'op': 'eq', 'value': 'an'}}}, 'SCH-E161',
           '/roles/admin/grants/contact/read/where/value'),
    broken('/roles/admin/fields/contact/socre', 'none', 'SCH-E032'),
    broken('/roles/admin/admin', False, 'SCH-E090', '/roles'),
    # workflows and templates
    broken('/workflows/greet/entity', 'contakt', 'SCH-E050'),
    broken('/workflows/greet/trigger/type', 'moon', 'SCH-E013'),
    broken('/workflows/greet/trigger/field', 'full_name', 'SCH-E091'),
    broken('/workflows/greet/trigger/field', 'birthdate', 'SCH-E032'),
    broken('/workflows/greet/trigger/at', '25:00', 'SCH-E017'),
    broken('/workflows/greet/trigger/offset_minutes', {'field': 'email'}, 'SCH-E091',
           '/workflows/greet/trigger/offset_minutes/field'),
    broken('/workflows/greet/condition/all/0/field', 'emial', 'SCH-E211'),
    broken('/workflows/greet/condition/all/0/op', 'includes', 'SCH-E209'),
    broken('/workflows/greet/condition/all/1/not/value', 'much', 'REC-E005'),
    broken('/workflows/greet/condition', 'always', 'SCH-E011'),
    broken('/workflows/greet/steps/0/type', 'send_pigeon', 'SCH-E013'),
    broken('/workflows/greet/steps/0/template', 'nothing', 'SCH-E092'),
    broken('/workflows/greet/steps/0/to', {'field': 'phone'}, 'SCH-E091', '/workflows/greet/steps/0/to/field'),
    broken('/workflows/greet/steps/0/to', {'user': 'email'}, 'SCH-E091', '/workflows/greet/steps/0/to/user'),
    broken('/templates/greeting/subject/en', '{{ record.full_name ', 'SCH-E094'),
    broken('/templates/greeting/html', {'en': '{{ ' + '(' * 90_000}, 'SCH-E094', '/templates/greeting/html/en'),
    broken('/templates/greeting/subject/en', '{{ record.fulname }}', 'SCH-E032'),
]  # fmt: skip


@pytest.mark.parametrize(('changes', 'expected'), CASES)
def test_broken_definition_is_reported_at_its_place(small: Any, changes: dict[str, Any], expected: list[Any]) -> None:
    for pointer, value in changes.items():
        put(small, pointer, value)

    found = check_documents(small)

    assert [(each.code, each.pointer) for each in found] == expected


def test_definitions_without_faults_pass(small: Any) -> None:
    assert check_documents(small) == []


def test_definitions_pass_again_with_what_storing_them_adds(small: Any) -> None:
    assert check_documents(settle(small, {})) == []


def test_sales_pack_passes_as_written_and_as_stored(sales: Any) -> None:
    assert check_documents(sales) == []
    assert check_documents(settle(sales, {})) == []


def test_all_faults_are_reported_at_once_in_order_of_place(small: Any) -> None:
    put(small, f'{FIELDS}/email/x-type', 'emial')
    put(small, f'{FIELDS}/company/x-target', 'compnay')
    put(small, '/roles/admin/grants/*/read', 'mine')
    put(small, '/templates/greeting/entity', DROP)

    found = check_documents(small)

    assert [(each.code, each.pointer) for each in found] == [
        ('SCH-E050', f'{FIELDS}/company/x-target'),
        ('SCH-E030', f'{FIELDS}/email/x-type'),
        ('SCH-E013', '/roles/admin/grants/*/read'),
        ('SCH-E012', '/templates/greeting/entity'),
    ]
    assert found[0].text('en') == "There is no entity 'compnay'. Did you mean 'company'?"
    assert found[1].text('vi') == "Không có kiểu trường 'emial'. Có phải là 'email'?"


def links(*names: str) -> dict[str, Any]:
    fields = {f'to_{name}': {'x-type': 'link', 'x-target': name} for name in names}
    return {'properties': {'name': TEXT, **fields}, 'required': [f'to_{name}' for name in names]}


@pytest.mark.parametrize(
    ('entities', 'expected'),
    [
        ({'a': links('a')}, [('/entities/a/properties/to_a', 'a.to_a → a')]),
        ({'b': links('a'), 'a': links('b')}, [('/entities/a/properties/to_b', 'a.to_b → b.to_a → a')]),
        ({'a': links('b'), 'b': links('c'), 'c': links()}, []),
        ({'a': links('b'), 'b': links('b')}, [('/entities/b/properties/to_b', 'b.to_b → b')]),
    ],
    ids=['itself', 'two of them', 'a chain with an end', 'only the ring, not what waits for it'],
)
def test_rings_of_required_links_are_reported_once(small: Any, entities: Any, expected: list[Any]) -> None:
    found = check_documents(small | {('entity', key): document for key, document in entities.items()})

    assert [(each.pointer, each.params['path']) for each in found] == expected
    assert {each.code for each in found} <= {'SCH-E052'}


def test_required_link_of_any_kind_needs_only_one_target_that_can_be_made(small: Any) -> None:
    put(small, f'{CONTACT}/required/1', 'regarding')
    assert check_documents(small) == []

    put(small, f'{FIELDS}/regarding/x-targets', ['contact'])
    assert [(each.code, each.pointer) for each in check_documents(small)] == [('SCH-E052', f'{FIELDS}/regarding')]


def test_stage_field_and_pipelines_need_each_other(small: Any) -> None:
    put(small, f'{CONTACT}/x-pipelines', DROP)
    put(small, f'{FIELDS}/stage/x-default', DROP)
    assert [(each.code, each.pointer) for each in check_documents(small)] == [('SCH-E060', f'{FIELDS}/stage/x-type')]


def test_pipelines_without_a_stage_field_are_reported(small: Any) -> None:
    put(small, f'{FIELDS}/stage', DROP)
    assert [(each.code, each.pointer) for each in check_documents(small)] == [('SCH-E061', f'{CONTACT}/x-pipelines')]


@pytest.mark.parametrize(
    ('count', 'kind', 'code'),
    [
        (400, 'boolean', None),
        (401, 'boolean', 'SCH-E100'),
        (160, 'text', None),
        (200, 'text', 'SCH-E102'),
        (1001, 'date', 'SCH-E014'),
    ],
)
def test_fields_must_fit_the_budget_of_one_row(small: Any, count: int, kind: str, code: str | None) -> None:
    fields = {'name': TEXT, **{f'f{number}': {'x-type': kind} for number in range(count - 1)}}
    small['entity', 'wide'] = {'properties': fields}

    found = check_documents(small)

    assert [(each.code, each.pointer) for each in found] == ([(code, '/entities/wide/properties')] if code else [])


def test_many_columns_are_counted(small: Any) -> None:
    targets = [f'e{number}' for number in range(20)]
    for name in targets:
        small['entity', name] = {'properties': {'name': TEXT}}
    fields = {f'f{number}': {'x-type': 'link_any', 'x-targets': targets} for number in range(61)}
    small['entity', 'wide'] = {'properties': {'name': TEXT, **fields}}

    assert [(each.code, each.params['count']) for each in check_documents(small)] == [('SCH-E101', 1222)]


def test_refs_and_columns_copied_with_a_part_are_reported(small: Any) -> None:
    stored = settle(small, {})
    fields = stored['entity', 'contact']['properties']
    fields['second'] = dict(fields['email'])
    fields['email']['x-ref'], fields['email']['x-column']

    assert [(each.code, each.pointer) for each in check_documents(stored)] == [
        ('SCH-E027', f'{FIELDS}/second/x-column'),
        ('SCH-E027', f'{FIELDS}/second/x-ref'),
    ]


@pytest.mark.parametrize('key', ['select', 'order', 'table', 'from', 'where', 'user_id', 'group', 'default', 'metadata'])
def test_words_of_sql_are_fine_as_keys(small: Any, key: str) -> None:
    put(small, f'{FIELDS}/{key}', TEXT)
    small['entity', key] = {'properties': {'name': TEXT}}
    assert check_documents(small) == []


@pytest.mark.parametrize('label', ['Họ và tên khách hàng', '🎉 Tiệc', 'x' * 200, "Robert'); DROP TABLE x;--"])
def test_labels_are_free_text(small: Any, label: str) -> None:
    put(small, f'{FIELDS}/email/x-label', {'en': label, 'vi': label})
    put(small, f'{CONTACT}/x-label', {'en': label})
    assert check_documents(small) == []


def test_caller_names_the_reserved_words(small: Any) -> None:
    small['entity', 'studio'] = {'properties': {'name': TEXT}}
    assert check_documents(small, reserved=()) == []
    assert [each.pointer for each in check_documents(small, reserved={'company'})] == ['/entities/company']


def nested(depth: int) -> Any:
    node: Any = 1
    for _ in range(depth):
        node = [node]
    return node


def test_deep_nesting_is_reported_and_not_walked(small: Any) -> None:
    put(small, f'{FIELDS}/email/examples', nested(100_000))

    found = check_documents(small)

    assert [each.code for each in found] == ['SCH-E003']
    assert found[0].pointer.startswith(f'{FIELDS}/email/examples/0/0')


def test_former_key_leads_to_the_new_one(small: Any) -> None:
    put(small, f'{FIELDS}/birthday/x-aliases', ['born_on'])
    put(small, f'{CONTACT}/x-indexes/0/0', 'born_on')

    (found,) = check_documents(small)

    assert found.text('en') == "contact has no field 'born_on'. It is now called 'birthday'."


def test_unsound_document_still_counts_as_there(small: Any) -> None:
    put(small, '/entities/company/description', 'a\0b')
    assert [(each.code, each.pointer) for each in check_documents(small)] == [('SCH-E008', '/entities/company/description')]
