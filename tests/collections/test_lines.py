"""Lines: what people send, what is refused and where, what is stored, and what history keeps."""

from __future__ import annotations

from typing import Any

import pytest

from migrations.aliases import keep_uses
from modules.records import reverting
from modules.records.model import ListQuery
from schema.base.errors import Conflict, Invalid
from schema.base.ids import new_uid
from tests.collections.conftest import change, deal, person, publish, read
from tests.support.site import Site


def lines(site: Site, uid: str, *keys: str) -> list[Any]:
    found = read(site, 'admin', uid)['items'] or []
    return [each[keys[0]] if len(keys) == 1 else tuple(each[key] for key in keys) for each in found]


def refused(site: Site, uid: str, items: Any, who: str = 'admin') -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as error:
        change(site, who, uid, items=items)
    return sorted((each.code, each.pointer) for each in error.value.findings)


def test_lines_are_read_as_they_were_sent_with_defaults_filled_in(shop: Site) -> None:
    pen = shop.create('admin', 'product', name='Bút')

    uid = deal(shop, items=[
        {'title': 'Bút', 'price': {'amount': '5000'}, 'product': pen}, {'title': 'Vở', 'quantity': 3, 'price': None},
    ])  # fmt: skip

    found = read(shop, 'admin', uid)['items']
    assert [{key: value for key, value in line.items() if key != 'uid'} for line in found] == [
        {'title': 'Bút', 'quantity': 1, 'price': {'amount': '5000', 'currency': 'VND'},
         'product': {'uid': pen, 'label': 'Bút'}},
        {'title': 'Vở', 'quantity': 3, 'price': None, 'product': None},
    ]  # fmt: skip


def test_a_list_keeps_changes_adds_and_removes_by_uid(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A'}, {'title': 'B', 'quantity': 2}, {'title': 'C'}])
    first, second, _ = lines(shop, uid, 'uid')

    change(shop, 'admin', uid, items=[{'uid': second, 'title': 'B2'}, {'title': 'D'}, {'uid': first}])

    assert lines(shop, uid, 'title', 'quantity') == [('B2', 2), ('D', 1), ('A', 1)]
    assert lines(shop, uid, 'uid')[::2] == [second, first]


def test_a_delta_adds_changes_removes_and_reorders(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A'}, {'title': 'B'}, {'title': 'C'}])
    first, second, third = lines(shop, uid, 'uid')

    change(shop, 'admin', uid, items={
        'add': [{'title': 'D'}], 'change': [{'uid': first, 'quantity': 9}], 'remove': [second], 'order': [third, first]
    })  # fmt: skip

    assert lines(shop, uid, 'title', 'quantity') == [('C', 1), ('A', 9), ('D', 1)]


def test_everything_wrong_with_lines_is_found_at_its_place(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A'}])
    stranger = new_uid()

    found = refused(shop, uid, [
        {'title': 'B', 'quantity': 'many'}, {'quantity': 0, 'tittle': 'x', 'title': 'C'}, 'three',
    ])  # fmt: skip

    places = ['/items/0/quantity', '/items/1/quantity', '/items/1/tittle', '/items/2']
    assert sorted(pointer for _, pointer in found) == places
    assert refused(shop, uid, [{'title': ''}, {'uid': stranger, 'title': 'B'}]) == [
        ('REC-E001', '/items/0/title'), ('REC-E102', '/items/1/uid')
    ]  # fmt: skip
    assert refused(shop, uid, {'change': [{'title': 'no uid'}]}) == [('REC-E102', '/items/change/0/uid')]
    assert refused(shop, uid, {'nonsense': []}) == [('REC-E103', '/items')]


def test_a_line_links_only_to_what_the_person_sees_and_keeps_what_was_hidden(shop: Site) -> None:
    theirs = shop.create('rep2', 'contact', full_name='Theirs')
    uid = deal(shop, 'rep', items=[{'title': 'A'}])

    found = refused(shop, uid, [{'title': 'A', 'product': theirs}], 'rep')

    assert found == [('REC-E027', '/items/0/product')]


def test_two_people_may_change_different_fields_of_one_line(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A', 'quantity': 1}, {'title': 'B'}])
    first, second = lines(shop, uid, 'uid')
    change(shop, 'manager', uid, 1, items={'change': [{'uid': first, 'quantity': 5}]})

    change(shop, 'admin', uid, 1, items={'change': [{'uid': first, 'title': 'A2'}]})
    with pytest.raises(Conflict) as error:
        change(shop, 'admin', uid, 1, items={'change': [{'uid': second, 'title': 'B2'}, {'uid': first, 'quantity': 7}]})

    assert lines(shop, uid, 'title', 'quantity') == [('A2', 5), ('B', 1)]
    assert [(each.code, each.pointer) for each in error.value.findings] == [('REC-E019', '/items/change/1/quantity')]


def test_a_list_does_not_remove_a_line_that_somebody_added_meanwhile(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A'}])
    (first,) = lines(shop, uid, 'uid')
    change(shop, 'manager', uid, 1, items={'add': [{'title': 'New'}]})

    with pytest.raises(Conflict) as error:
        change(shop, 'admin', uid, 1, items=[{'uid': first, 'title': 'A2'}])

    assert [(each.code, each.pointer) for each in error.value.findings] == [('REC-E019', '/items')]
    assert lines(shop, uid, 'title') == ['A', 'New']


def test_history_keeps_only_what_changed_in_the_lines(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A'}, {'title': 'B'}])
    first, _ = lines(shop, uid, 'uid')

    change(shop, 'admin', uid, items=[{'uid': first, 'quantity': 4}])

    with shop.runtime.reader(shop.actor('admin')) as reader:
        old, new = reader.timeline('opportunity', uid)[0].changes['items']
    assert [dict(line.values) for line in new.lines] == [{'quantity': 4}]
    assert [line.values.get('title') for line in old.lines] == [None, 'B']
    assert old.lines[0].values == {'quantity': 1}


def test_a_record_without_lines_is_blank_there(shop: Site) -> None:
    uid = deal(shop, items=[{'title': 'A'}])

    change(shop, 'admin', uid, items=None)

    assert read(shop, 'admin', uid)['items'] is None
    assert change(shop, 'admin', uid, items=[]) == 2


def test_required_links_and_lines_are_asked_for_like_other_fields(light: Site) -> None:
    publish(light, entities={'opportunity': {'required': ['title', 'company', 'stage', 'people', 'items']}})

    with pytest.raises(Invalid) as error:
        deal(light, items=[])
    uid = deal(light, people=[person(light, 'An')], items=[{'title': 'A'}])
    with pytest.raises(Invalid) as emptied:
        change(light, 'admin', uid, items=None)

    assert sorted((each.code, each.pointer) for each in error.value.findings) == [
        ('REC-E001', '/items'), ('REC-E001', '/people')
    ]  # fmt: skip
    assert [(each.code, each.pointer) for each in emptied.value.findings] == [('REC-E001', '/items')]


def test_a_rule_over_lines_sees_them_as_they_will_be(light: Site) -> None:
    rule = {
        'key': 'not_too_many', 'label': {'en': 'Not too many', 'vi': 'Không quá nhiều'}, 'field': 'items',
        'refuse_when': {'any_related': {'lines': 'items'}, 'where': {'field': 'quantity', 'op': 'gt', 'value': 100}},
        'message': {'en': 'At most 100 a line.', 'vi': 'Mỗi dòng nhiều nhất 100.'},
    }  # fmt: skip
    publish(light, entities={'opportunity': {'x-rules': [rule]}})
    uid = deal(light, items=[{'title': 'A', 'quantity': 100}])

    found = refused(light, uid, {'change': [{'uid': lines(light, uid, 'uid')[0], 'quantity': 101}]})

    assert [pointer for _, pointer in found] == ['/items']
    assert change(light, 'admin', uid, title='Untouched lines are read too') == 2


def test_undo_of_a_change_brings_lines_and_links_back(light: Site) -> None:
    an = person(light, 'An')
    uid = deal(light, people=[an], items=[{'title': 'A', 'quantity': 2}, {'title': 'B'}])
    before = read(light, 'admin', uid)
    first = before['items'][0]['uid']
    change(light, 'admin', uid, people=[], items=[{'title': 'C'}, {'uid': first, 'quantity': 5}])

    actor = light.actor('admin')
    light.runtime.write(actor, lambda store: reverting.take_back(store, 'opportunity', uid, 2))

    after = read(light, 'admin', uid)
    assert (after['items'], after['people']) == (before['items'], before['people'])


def test_a_former_key_of_a_column_goes_on_working_and_is_counted(light: Site) -> None:
    lines_field = light.runtime.catalogs.current().entity('opportunity').fields['items'].lines
    assert lines_field is not None
    renamed = {'x-lines': {'properties': {'pieces': {'x-ref': lines_field.fields['quantity'].ref}}}}
    publish(light, entities={'opportunity': {'properties': {'items': renamed}}})

    uid = deal(light, items=[{'title': 'A', 'quantity': 4}])
    change(light, 'admin', uid, items={'add': [{'title': 'B', 'quantity': 5}]})
    many = {'any_related': {'lines': 'items'}, 'where': {'field': 'quantity', 'op': 'gt', 'value': 4}}
    with light.runtime.reader(light.actor('admin')) as reader:
        assert reader.count('opportunity', ListQuery(filter=many)).value == 1

    assert lines(light, uid, 'title', 'pieces') == [('A', 4), ('B', 5)]
    keep_uses(light.runtime.database, light.runtime.catalogs, light.runtime.clock)
    (found,) = [each for each in light.runtime.publisher.former_keys() if each.alias == 'quantity']
    assert found.key == 'pieces'
    assert found.count >= 3
