"""Rules of fields on forms: how fields stand as the form is drawn, and what the browser needs to go on by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import g
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from modules.records import resolving
from modules.records.advising import Adviser, Standing
from modules.records.model import Record
from modules.web import browser_rules, forms
from modules.web.pages.context import Desk
from modules.web.presenting import FieldView
from schema.catalog import Entity
from schema.conditions.tree import PARENT, FieldFace
from schema.entity_rules import inputs_of, own_reads, record_names, rules_of
from schema.fieldtypes.base import Refused
from schema.values import Link

Standings = Mapping[str, Standing]


def standings(desk: Desk, record: Record | None, values: Mapping[str, Any]) -> Standings:
    """Of the fields that have rules; `values` are values typed, by field key."""
    if not rules_of(desk.entity, desk.presenter.catalog).on_fields:
        return {}
    with Session(desk.reader.session.connection()) as session:  # a system session over what the reader sees
        adviser = Adviser(session, desk.presenter.catalog, desk.reader.policy, desk.reader.clock)
        return adviser.advise(desk.entity, record.uid if record else None, values)


def typed_values(desk: Desk, wire: Mapping[str, Any]) -> dict[str, Any]:
    """What a form sent, as far as it can be read; the rest counts as untouched."""
    values = {}
    for key, part in wire.items():
        field = desk.entity.fields[key]
        if field.is_collection:
            continue  # what was sent is a change of them, not their value
        try:
            values[key] = field.type.normalise(field.definition, part, desk.reader.reading)
        except Refused:
            continue
    return values


def input_values(desk: Desk, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a new form starts with, from the shape that input macros take."""
    wire = {key: part for key, part in inputs.items() if not (isinstance(part, Mapping) and 'label' in part)}
    values = typed_values(desk, wire)
    for key, part in inputs.items():
        if key not in wire and part.get('uid'):
            values[key] = Link(part.get('target') or desk.entity.fields[key].definition.targets[0], part['uid'])
    if desk.entity.stage is not None and desk.entity.stage.key not in values:
        first = next((stage for stage in desk.entity.definition.stages if stage.category == 'open'), None)
        values[desk.entity.stage.key] = first.ref if first else None
    return values


def held_values(desk: Desk, form: MultiDict[str, str], uid: str) -> dict[str, Any]:
    """What a record being edited holds: as typed where its form sent it, else as stored and readable."""
    readable = desk.reader.policy.readable(desk.entity.key)
    held = dict(desk.reader.get(desk.entity.key, uid).values) if uid else {}
    typed = typed_values(desk, forms.read_form(desk.entity, form, readable, desk.reader.reading))
    links = [value for value in typed.values() if isinstance(value, Link)]
    found = resolving.find_links(desk.reader.session, desk.presenter.catalog, desk.reader.policy, links) if links else {}
    typed = {key: found.get((value.entity, value.uid)) if isinstance(value, Link) else value for key, value in typed.items()}
    return {**held, **typed}


def row_values(desk: Desk, lines: Entity, form: MultiDict[str, str]) -> dict[str, Any]:
    """What one row of a form holds, as typed; `form` names the line's own fields."""
    keys = frozenset(each.key for each in lines.own_fields)
    values: dict[str, Any] = {}
    for key, part in forms.read_form(lines, form, keys, desk.reader.reading).items():
        try:
            values[key] = lines.fields[key].type.normalise(lines.fields[key].definition, part, desk.reader.reading)
        except Refused:
            continue
    links = [value for value in values.values() if isinstance(value, Link)]
    found = resolving.find_links(desk.reader.session, desk.presenter.catalog, desk.reader.policy, links) if links else {}
    return {key: found.get((value.entity, value.uid)) if isinstance(value, Link) else value for key, value in values.items()}


def ruled(desk: Desk, fields: Iterable[FieldView], state: Standings, record: Record | None = None) -> list[FieldView]:
    """The fields as they stand."""
    rules = rules_of(desk.entity, desk.presenter.catalog)
    found = []
    for field in fields:
        standing = state.get(field.key)
        if field.field.lines is not None:
            row_rules = _row_rules(desk, field.field.lines, record)
            field = replace(field, row_rules=row_rules, record_uid=record.uid if record else '')
        if standing is None:
            found.append(field)
            continue
        found.append(replace(
            field, ruled=True, hidden=not standing.visible, locked=standing.locked, required_now=standing.required,
            offered=standing.offered, kept_options=frozenset(rules.options.get(field.key, ())),
            record_uid=record.uid if record else '',
            record_fields=tuple(sorted(record_names(*rules.filters.get(field.key, {}).values()))),
        ))  # fmt: skip
    return found


def _row_rules(desk: Desk, lines: Entity, record: Record | None) -> dict[str, Any] | None:
    """For `static/web/line_rules.js`: as `payload`, but the same for every row, as its inputs hold the values; `parent.<key>`
    is what the record around the rows holds. What the browser cannot decide stands open there, and is decided on saving. None
    without rules."""
    rules = rules_of(lines, desk.presenter.catalog)
    if not rules.on_fields:
        return None
    keys = [each.key for each in lines.own_fields]
    binding = resolving.binding(desk.reader.session, desk.presenter.catalog, desk.reader.policy, _Nothing(), desk.reader.clock)
    around = {key: desk.entity.fields[key] for key in rules.of_parent & desk.reader.policy.readable(desk.entity.key)}
    known = [*keys, *(f'{PARENT}.{key}' for key in around)]
    convert = partial(browser_rules.for_browser, readable=known, actor=g.actor, binding=binding)
    made = browser_rules.payload(rules, lines, keys, keys, convert)
    kinds = {**{key: lines.fields[key] for key in keys}, **{f'{PARENT}.{key}': each for key, each in around.items()}}
    held = record.values if record else {}
    return {
        'fields': made['fields'],
        'kinds': {name: browser_rules.KINDS.get(each.type.key, '') for name, each in kinds.items()},
        'values': {
            f'{PARENT}.{key}': _canonical(each, held.get(key)) for key, each in around.items() if record is None or key in held
        },
        'required': [each.key for each in lines.own_fields if each.definition.required],
    }


def payload(desk: Desk, record: Record | None, fields: Iterable[FieldView], state: Standings) -> dict[str, Any] | None:
    """For `static/web/rules.js`; None when no field shown has a rule."""
    entity, policy = desk.entity, desk.reader.policy
    rules = rules_of(entity, desk.presenter.catalog)
    shown = [field.key for field in fields if field.key in state]
    if not shown:
        return None
    readable = policy.readable(entity.key)
    binding = resolving.binding(desk.reader.session, desk.presenter.catalog, policy, _Nothing(), desk.reader.clock)
    made = browser_rules.payload(
        rules, entity, shown, readable, lambda each: browser_rules.for_browser(each, readable, g.actor, binding)
    )
    read = inputs_of(entity, (key for each in rules.conditions() for key in own_reads(each))) & readable
    held = record.values if record else {}
    return {
        **made,
        'url': f'/{entity.key}/rules',
        'record': record.uid if record else '',
        'kinds': {key: browser_rules.KINDS.get(entity.fields[key].type.key, '') for key in read},
        'values': {key: _canonical(entity.fields[key], held.get(key)) for key in read if record is None or key in held},
        'required': [key for key in shown if entity.fields[key].definition.required],
        'locked': [key for key in shown if state[key].was_locked],
    }


def as_answer(desk: Desk, state: Standings) -> dict[str, Any]:
    """Standings as JSON, for what the browser cannot decide; of fields the person may read."""
    readable = desk.reader.policy.readable(desk.entity.key)
    return {
        key: {'visible': each.visible, 'required': each.required, 'locked': each.locked, 'options': _keys(desk, key, each)}
        for key, each in state.items()
        if key in readable
    }


def _keys(desk: Desk, key: str, standing: Standing) -> list[str] | None:
    if standing.offered is None:
        return None
    return [option.key for option in desk.entity.fields[key].definition.options if option.ref in standing.offered]


def _canonical(field: Any, value: Any) -> Any:
    return browser_rules.canonical(FieldFace(field.definition, field.type), value)


class _Nothing:
    """A condition without link operands: rules in the browser compare with uids."""

    @staticmethod
    def link_operands() -> list[Link]:
        return []
