"""Words of SQL as keys, and labels of any letters: published, written, read, filtered, sorted and shown."""

from __future__ import annotations

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
