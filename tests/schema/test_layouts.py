"""Whose layouts a person sees, and what they leave out."""

from __future__ import annotations

from typing import Any

from schema.definitions import EntityDef
from schema.layouts import layouts_for
from schema.loading import settle
from schema.reading import read_entity, read_role

FIELDS = {name: {'x-type': 'text'} for name in ('name', 'phone', 'note', 'late')}
COMMON = {'list': ['name', 'phone'], 'form': [{'fields': ['name', 'phone', 'note']}]}


def entity(layouts: dict[str, Any]) -> EntityDef:
    document = {'properties': FIELDS, 'x-layouts': layouts}
    return read_entity(settle({('entity', 'pact'): document}, {})['entity', 'pact'])


def roles(*keys: str) -> dict[str, Any]:
    settled = settle({('role', key): {'x-label': {'en': key}} for key in keys}, {})
    return {key: read_role(settled['role', key]) for key in keys}


def test_the_first_role_in_order_that_has_layouts_of_its_own_decides() -> None:
    definition = entity({**COMMON, 'roles': {'rep': {'list': ['phone']}, 'leader': {'list': ['note']}}})
    order = roles('admin', 'leader', 'rep')

    assert layouts_for(definition, order, {'rep', 'leader'}).list == ('note',)
    assert layouts_for(definition, order, {'rep', 'admin'}).list == ('phone',)
    assert layouts_for(definition, order, {'admin'}).list == layouts_for(definition, order, ()).list == ('name', 'phone')


def test_what_a_role_leaves_out_is_common() -> None:
    definition = entity({**COMMON, 'roles': {'rep': {'list': ['phone']}}})

    found = layouts_for(definition, roles('rep'), {'rep'})

    assert [section.fields for section in found.form] == [('name', 'phone', 'note'), ('late',)]


def test_a_form_of_a_role_leaves_fields_out_on_purpose_and_takes_up_new_ones() -> None:
    definition = entity({**COMMON, 'roles': {'rep': {'form': [{'fields': ['name']}]}}})

    found = layouts_for(definition, roles('rep'), {'rep'})

    assert [section.fields for section in found.form] == [('name',), ('late',)]


def test_a_section_of_no_tab_stands_in_the_first() -> None:
    tabs = [{'key': 'main', 'label': {'en': 'Main'}}, {'key': 'more', 'label': {'en': 'More'}}]
    definition = entity({'tabs': tabs, 'form': [{'fields': ['name']}, {'fields': ['phone'], 'tab': 'more', 'columns': 3}]})

    assert [(each.fields, each.tab, each.columns) for each in definition.layouts.form] == [
        (('name',), 'main', 2), (('phone',), 'more', 3), (('note', 'late'), 'more', 2),
    ]  # fmt: skip
