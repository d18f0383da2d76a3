"""Trying what is being written on records as they are: how many a condition finds, what a formula gives. Changes nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.records.model import ListQuery
from modules.studio import editing, field_forms
from modules.studio.field_views import inside, without_blanks
from modules.studio.forms import condition as condition_of
from modules.studio.presenting import Bench
from modules.studio.service import Workshop
from modules.studio.views import bench, pages
from schema.base.findings import escape_pointer, finding
from schema.catalog import Field
from schema.conditions.condition import fields_read, read
from schema.definitions import FieldDef, in_locale
from schema.deriving import graph_of
from schema.deriving.values import compute
from schema.fieldtypes.registry import FIELD_TYPES

SAMPLES = 4


@pages.post('/<entity>/matching')
def matching(entity: str) -> ResponseReturnValue:
    """How many live records a condition finds, with the way to them. A condition over what is not live yet finds none."""
    desk = bench()
    live = desk.workshop.live(entity)
    document = condition_of(request.form.get('condition', ''))
    if live is None or g.catalog.find_entity(live['x-key']) is None:
        return jsonify(text=_('There are no records yet.'), href='')
    if document is None:
        return jsonify(text=_('Add a condition first.'), href='')
    key = live['x-key']
    _root, findings = read(document, key, g.catalog)
    if findings and (waiting := _not_live(desk, entity, key, document)):
        return jsonify(text=_('It reads what is not live yet: %(fields)s. Publish the draft first.', fields=waiting), href='')
    if findings:
        texts = ' '.join(dict.fromkeys(each.text(desk.locale) for each in findings[:3]))
        return jsonify(text=_('This cannot be tried on today’s records: %(why)s', why=texts), href='')
    with g.runtime.reader(g.actor, g.catalog) as reader:
        count = reader.count(key, ListQuery(filter=document)).value
    href = f'/{key}/?{urlencode({"filter": json.dumps(document)})}' if count else ''
    text = ngettext('%(num)s record right now.', '%(num)s records right now.', count) if count else _('None right now.')
    return jsonify(text=text, href=href, see=_('See them'))


def _not_live(desk: Bench, entity: str, key: str, document: Any) -> str:
    """Labels of the fields of the draft that the condition reads and today's records do not have."""
    drafted = desk.workshop.entity(entity).get('properties', {})
    live = g.catalog.entity(key).fields
    names = dict.fromkeys(path.partition('.')[0].partition('[')[0] for path in fields_read(document))
    waiting = [name for name in names if name in drafted and name not in live]
    return ', '.join(in_locale(drafted[name].get('x-label', {}), desk.locale) or name for name in waiting)


@pages.post('/<entity>/formula')
def formula(entity: str) -> ResponseReturnValue:
    """What is wrong with the formula in the editor, or what it gives for a few records as they are; changes nothing."""
    desk = bench()
    desk.workshop.entity(entity)
    line, field = request.form.get('line', ''), request.form.get('field', '')
    key = field or 'tried_formula'
    part = {'x-label': {'en': key}, **without_blanks(field_forms.field_part(request.form, {}))}
    tried, place = _with(desk.workshop, entity, key, line, part)
    wrong = [each for each in desk.workshop.publisher.check_documents(tried) if inside(each.pointer, place)]
    if wrong:
        return _said(list(dict.fromkeys(f'{each.text(desk.locale)} {each.hint_text(desk.locale)}'.strip() for each in wrong)))
    live = desk.workshop.live(entity)
    if line or live is None:
        return _said([], _('The formula is right. It is counted on every record when the draft goes live.'))
    return _samples(desk, live['x-key'], part)


def _with(shop: Workshop, entity: str, key: str, line: str, part: dict[str, Any]) -> tuple[editing.Schema, str]:
    """The documents with the formula in its place, and the pointer of that place."""
    place = f'/entities/{escape_pointer(entity)}/properties/{escape_pointer(key)}'
    if not line:
        return editing.put_field(shop.documents, entity, key, key, part, required=False), place
    lines = dict(shop.entity(entity)['properties'][key].get('x-lines', {}))
    lines['properties'] = {**lines.get('properties', {}), line: part}
    made = editing.put_field(shop.documents, entity, key, key, {'x-lines': lines}, required=False)
    return made, f'{place}/x-lines/properties/{escape_pointer(line)}'


def _samples(desk: Bench, key: str, part: dict[str, Any]) -> ResponseReturnValue:
    """Results for the first records; a formula over what is not live yet has none."""
    entity, catalog = g.catalog.entity(key), g.catalog
    definition = FieldDef('tried', 'tried', part['x-result'], {}, '', {'x-type': part['x-result'], **part}, {})
    column = Field(key, definition, FIELD_TYPES.get(part['x-result']), {})
    plan = graph_of(catalog).formula(entity, column, part['x-formula'])
    if plan is None:
        return _said([], _('The formula is right. It reads fields that are not live yet, so there is no result to show.'))
    with g.runtime.reader(g.actor, catalog) as reader:
        records = reader.list_page(key, ListQuery(size=SAMPLES)).records
        shown = []
        for record in records:
            values = {each.name: _operand(reader, record, each) for each in plan.operands}
            value, problem = compute(plan, values)
            text = definition_text(column, value, desk) if value is not None else '–'
            shown.append({'title': record.title, 'value': finding(problem, '').text(desk.locale) if problem else text})
    return _said([], _('The formula is right. For the first records it gives:') if shown else _('The formula is right.'), shown)


def _operand(reader: Any, record: Any, operand: Any) -> Any:
    """The value a record gives to one name of the formula."""
    if operand.link is None:
        return record.values.get(operand.field.key)
    link = record.values.get(operand.link.key)
    if link is None or link.hidden or not link.uid:
        return None
    return reader.get(operand.field.entity_key, link.uid).values.get(operand.field.key)


def definition_text(column: Field, value: Any, desk: Bench) -> str:
    """A result as people read it."""
    return column.type.text(column.definition, value, desk.reading)


def _said(problems: list[str], text: str = '', samples: list[dict[str, Any]] | None = None) -> ResponseReturnValue:
    return jsonify(problems=problems, text=text, samples=samples or [])
