"""Words of SQL as keys, and labels of any letters: published, written, read, filtered, sorted and shown."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import World

WORDS = ('from', 'where', 'order', 'group', 'table', 'primary', 'default', 'user', 'index', 'values', 'limit', 'null', 'and')
LABELS = ('Họ và tên khách hàng', '🎉 Tiệc <b>', 'x' * 200, "Robert'); DROP TABLE x_select;--", '"; --', '%s {0} {{ x }}')


def test_entity_named_with_words_of_sql_works_everywhere(world: World) -> None:
    admin = world.as_('admin')
    label = {'en': LABELS[1], 'vi': LABELS[0]}
    properties = {word: {'x-type': 'text', 'x-label': {'en': LABELS[n % 6], 'vi': word}} for n, word in enumerate(WORDS)}
    document = {
        'x-label': label,
        'x-plural': label,
        'x-title-field': 'from',
        'properties': properties,
        'x-indexes': [['order']],
    }

    plan = admin.post('/schema/plan', {'entities': {'select': document}})
    assert plan.status_code == 200, plan.text
    assert admin.post('/schema/apply', {'plan_id': plan.get_json()['plan_id']}).status_code in {200, 202}
    for number in range(3):
        wire = {word: f'{word} {number}' for word in WORDS}
        assert admin.post('/select/', wire).status_code == 201

    found = admin.get(
        '/select/?q=(filters:!((col:where,opr:eq,value:%27where%201%27)),order_column:order,order_direction:desc)'
    )
    assert [each['from'] for each in found.get_json()['result']] == ['from 1']
    page = world.site.client('admin').get('/select/')
    assert page.status_code == 200
    assert '🎉 Tiệc &lt;b&gt;' in page.text
    assert '🎉 Tiệc <b>' not in page.text


def test_keys_that_begin_alike_as_far_as_the_database_reads_stay_apart(world: World) -> None:
    admin = world.as_('admin')
    stem = 'a_key_that_is_as_long_as_keys_may_be_and_goes_on_to_its_end_'
    kinds = [f'customer_contract_partner_{each}' for each in ('one', 'two')]
    name = {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'TÊN'}}
    lines = {'x-type': 'lines', 'x-lines': {'properties': {f'{stem}{each}': name for each in 'ab'}}}
    longest: dict[str, Any] = {f'{stem}{each}': {**name, 'x-unique': True, 'x-search': True} for each in 'ab'}
    longest |= {
        f'{stem}c': {'x-type': 'link_any', 'x-targets': kinds}, f'{stem}d': lines, f'{stem}e': lines,
        f'{stem}f': {'x-type': 'links', 'x-target': kinds[0]}, f'{stem}g': {'x-type': 'links', 'x-target': kinds[1]},
    }  # fmt: skip
    entities = {**{key: {'properties': {'name': name}} for key in kinds}, f'{stem}x': {'properties': longest}}
    entities[f'{stem}y'] = {'properties': {'name': name}}

    plan = admin.post('/schema/plan', {'entities': entities})
    assert plan.status_code == 200, plan.text
    assert admin.post('/schema/apply', {'plan_id': plan.get_json()['plan_id']}).status_code in {200, 202}
    one, two = (admin.post(f'/{key}/', {'name': key}).get_json()['id'] for key in kinds)
    sent = {
        f'{stem}a': 'a', f'{stem}b': 'b', f'{stem}c': {'entity': kinds[1], 'uid': two}, f'{stem}f': [one], f'{stem}g': [two],
        **{f'{stem}{each}': [{f'{stem}a': each, f'{stem}b': each * 2}] for each in 'de'},
    }  # fmt: skip
    uid = admin.post(f'/{stem}x/', sent).get_json()['id']

    read = admin.get(f'/{stem}x/{uid}').get_json()['result']
    assert (read[f'{stem}a'], read[f'{stem}b']) == ('a', 'b')
    assert [read[f'{stem}c'][part] for part in ('entity', 'uid')] == [kinds[1], two]
    assert [read[f'{stem}{each}'][0]['uid'] for each in 'fg'] == [one, two]
    assert [[read[f'{stem}{each}'][0][f'{stem}{part}'] for part in 'ab'] for each in 'de'] == [['d', 'dd'], ['e', 'ee']]
