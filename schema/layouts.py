"""Layouts: read from documents, and chosen for a person by their roles. The one home of that choice; renders nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from schema.definitions import (
    EntityDef,
    FieldDef,
    LayoutsDef,
    RelatedDef,
    RoleDef,
    SectionDef,
    TabDef,
    Texts,
)

PARTS = ('list', 'card', 'quick', 'form', 'related', 'tabs')
SYSTEM = frozenset({'owner', 'team', 'created_at', 'changed_at', 'created_by', 'changed_by'})
"""System fields that a layout may place."""


def layouts_for(definition: EntityDef, roles: Mapping[str, RoleDef], held: Collection[str]) -> LayoutsDef:
    """The layouts of a person who holds the roles `held`: those of the first of them, in the order of `roles` (a catalog's),
    that has its own; else the common ones. What a role leaves out is common."""
    own = definition.layouts.roles
    chosen = next((key for key in roles if key in held and key in own), None)
    return own[chosen] if chosen is not None else definition.layouts


def read_layouts(part: Mapping[str, Any], fields: Iterable[FieldDef]) -> LayoutsDef:
    """Layouts as written; what a document leaves out follows the order of its fields; keys that are gone are skipped."""
    listed = tuple(fields)
    common = _layouts(part, listed, frozenset())
    named = {name for section in part.get('form', ()) for name in section.get('fields', ())}
    roles = {}
    for role, own in part.get('roles', {}).items():
        whole = {**{name: part[name] for name in PARTS if name in part}, **own}
        # What the common form places and a role's does not is left out on purpose.
        roles[role] = _layouts(whole, listed, frozenset(named) if 'form' in own else frozenset())
    return LayoutsDef(common.list, common.card, common.quick, common.form, common.related, common.tabs, roles)


def _layouts(part: Mapping[str, Any], fields: tuple[FieldDef, ...], left_out: frozenset[str]) -> LayoutsDef:
    keys = [each.key for each in fields]
    known = frozenset(keys) | SYSTEM

    def chosen(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in known)

    tabs = tuple(TabDef(each['key'], _label(each)) for each in part.get('tabs', ()))
    form = tuple(_section(each, chosen(each.get('fields', ())), tabs) for each in part.get('form', ()))
    placed = {name for section in form for name in section.fields}
    rest = tuple(key for key in keys if key not in placed and key not in left_out)
    if rest:  # a new field must never be out of reach because nobody placed it
        form = (*form, SectionDef({}, rest, tab=form[-1].tab if form else ''))
    return LayoutsDef(
        list=chosen(part.get('list', keys[:6])),
        card=chosen(part.get('card', keys[1:4])),
        quick=chosen(part.get('quick', keys[:4])),
        form=form,
        related=tuple(RelatedDef(each['entity'], each['field']) for each in part.get('related', ())),
        tabs=tabs,
    )


def _section(part: Mapping[str, Any], names: tuple[str, ...], tabs: tuple[TabDef, ...]) -> SectionDef:
    """A section of no tab, or of one that is gone, stands in the first."""
    known = [each.key for each in tabs]
    tab = part.get('tab', '')
    return SectionDef(
        _label(part),
        names,
        columns=part.get('columns', 2),
        tab=tab if tab in known else next(iter(known), ''),
        collapsed=part.get('collapsed', False),
    )


def _label(part: Mapping[str, Any]) -> Texts:
    label: Texts = part.get('label') or {'en': str(part.get('key', '')).replace('_', ' ').capitalize()}
    return label
