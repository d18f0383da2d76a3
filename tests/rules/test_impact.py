"""What a plan tells of records that a new rule would refuse."""

from __future__ import annotations

from typing import Any

from tests.rules.conftest import publish
from tests.support.site import Site

ACTIONS = ('read', 'create', 'update', 'delete')
NOTE: dict[str, Any] = {
    'x-label': {'en': 'Note', 'vi': 'Ghi chú'},
    'properties': {
        'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}},
        'part': {'x-type': 'text', 'x-label': {'en': 'Part', 'vi': 'Phần'}},
        'size': {'x-type': 'integer', 'x-label': {'en': 'Size', 'vi': 'Cỡ'}},
    },
}


def planned(site: Site, **keywords: Any) -> list[tuple[str, str, int, list[str]]]:
    plan = site.runtime.publisher.plan({'entities': {'jot': keywords}}, site.actor('admin'))
    return [(each.finding.code, each.finding.pointer, each.count, [sample['title'] for sample in each.samples])
            for each in plan.impact]  # fmt: skip


def test_a_plan_counts_records_that_new_rules_would_refuse_and_names_the_first(site: Site) -> None:
    publish(site, {'entities': {'jot': NOTE}, 'roles': {'admin': {'grants': {'*': {'read': 'all', 'create': 'all'}}}}})
    for name, part, size in (('a', 'x', 1), ('A', 'X', 9), ('b', None, -1), ('b', None, None), ('c', 'x', None)):
        site.create('admin', 'jot', name=name, part=part, size=size)

    message = {'en': 'No.', 'vi': 'Không.'}
    rule = {
        'key': 'small',
        'label': {'en': 'Small'},
        'refuse_when': {'field': 'size', 'op': 'lt', 'value': 2},
        'message': message,
    }
    assert planned(site, **{'x-rules': [rule]}) == [('MIG-W020', '/entities/jot/x-rules/small', 2, ['a', 'b'])]
    size = {'size': {'x-required-if': {'field': 'name', 'op': 'in', 'value': ['b', 'c']}}}
    assert planned(site, properties=size) == [('MIG-W021', '/entities/jot/properties/size/x-required-if', 2, ['b', 'c'])]
    new = {'extra': {'x-type': 'text', 'x-required-if': {'field': 'size', 'op': 'gt', 'value': 0}}}
    assert planned(site, properties=new) == [('MIG-W021', '/entities/jot/properties/extra/x-required-if', 2, ['a', 'A'])]
    key = {'key': 'named', 'label': {'en': 'Named'}, 'fields': ['name', 'part']}
    assert planned(site, **{'x-unique-keys': [key]}) == [('MIG-E030', '/entities/jot/x-unique-keys/named', 2, ['a', 'A'])]
    assert planned(site, **{'x-unique-keys': [{**key, 'fields': ['part', 'size']}]}) == []


def test_a_plan_counts_lines_that_a_new_rule_would_refuse_and_names_the_records_that_hold_them(site: Site) -> None:
    lines = {'x-type': 'lines', 'x-lines': {'properties': {
        'what': {'x-type': 'text', 'x-label': {'en': 'What'}}, 'count': {'x-type': 'integer', 'x-label': {'en': 'Count'}},
    }}}  # fmt: skip
    note = {**NOTE, 'properties': {**NOTE['properties'], 'items': lines}}
    publish(site, {'entities': {'jot': note}, 'roles': {'admin': {'grants': {'*': dict.fromkeys(ACTIONS, 'all')}}}})
    whole = {'what': 'áo', 'count': 1}
    held = [
        site.create('admin', 'jot', name=name, items=items)
        for name, items in (('a', [whole, {'what': 'mũ'}]), ('b', [whole]), ('c', [{'what': 'mũ'}, {'what': 'mũ'}]))
    ]
    gone = site.create('admin', 'jot', name='d', items=[{'what': 'mũ'}])
    site.runtime.write(site.actor('admin'), lambda store: store.delete('jot', gone))

    condition = {'field': 'what', 'op': 'eq', 'value': 'mũ'}
    asked: dict[str, Any] = {'items': {'x-lines': {'properties': {'count': {'x-required-if': condition}}}}}
    plan = site.runtime.publisher.plan({'entities': {'jot': {'properties': asked}}}, site.actor('admin'))

    place = '/entities/jot/properties/items/x-lines/properties/count/x-required-if'
    assert [(each.finding.code, each.finding.pointer, each.count) for each in plan.impact] == [('MIG-W021', place, 3)]
    assert [each['href'] for each in plan.impact[0].samples] == [f'/jot/{held[0]}', f'/jot/{held[2]}']

    of_one = {'all': [condition, {'field': 'parent.name', 'op': 'eq', 'value': 'c'}]}
    asked['items']['x-lines']['properties']['count']['x-required-if'] = of_one
    plan = site.runtime.publisher.plan({'entities': {'jot': {'properties': asked}}}, site.actor('admin'))
    assert [(each.finding.code, each.count) for each in plan.impact] == [('MIG-W021', 2)]
