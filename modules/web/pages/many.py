"""What is done with several records of a list at once: the dialogue that asks what, and the operation that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.assignment import forms as giving
from modules.assignment.service import forecast, read_strategy
from modules.operations import jobs, service
from modules.operations.giving import first_of
from modules.operations.mapping import propose
from modules.operations.model import Operation
from modules.operations.service import ACTIONS, MOST_UIDS, Order
from modules.operations.telling import done_text
from modules.records.model import ListQuery
from modules.web import forms, transfer
from modules.web.failures import wants_json
from modules.web.pages import tagging
from modules.web.pages.context import Desk, desk_for, filter_document
from modules.web.presenting import FieldView
from schema.base.errors import BadRequest, Conflict, Forbidden, Invalid, NotFound
from schema.base.findings import Finding
from schema.base.text import in_sentence
from schema.catalog import Entity
from schema.definitions import PipelineDef, in_locale

KINDS = ('edit', 'tag', 'assign', 'stage', 'pipeline', 'delete', 'restore')
ALONE = frozenset({'lines', 'file', 'image'})
"""Types whose values belong to one record and are not set for many."""


def ask(entity: str) -> ResponseReturnValue:
    """The dialogue for what was picked: which fields, who, which stage."""
    with desk_for(entity) as desk:
        return render_template('web/many.html', **_context(desk, _kind(), ()))


def field(entity: str) -> ResponseReturnValue:
    """One more field of the dialogue, with its input; nothing when it stands there already."""
    with desk_for(entity) as desk:
        key = request.values.get('field', '')
        view = next((each for each in _editable(desk) if each.key == key), None)
        if view is None or key in request.values or f'{key}.amount' in request.values:
            return '', 204
        return render_template('web/many_field.html', view=view, transfer=transfer.asked() if key == 'owner' else None)


def shares(entity: str) -> ResponseReturnValue:
    """Who would get how many of the picked records by the way of giving that the dialogue says."""
    with desk_for(entity) as desk:
        locale, target = desk.presenter.locale, picked()
        desk.reader.policy.require('assign', desk.entity.key)
        wire = giving.read_way(request.form)
        if wire is None or wire['kind'] == 'person':
            return ''
        with Session(desk.runtime.database.read_engine) as session:
            try:
                strategy = read_strategy(session, wire, desk.entity)
                rows = first_of(session, desk.reader, desk.entity, target) if strategy.kind == 'returning' else []
                total = _count(desk, target)
                found = forecast(session, g.catalog, strategy, desk.entity, rows, total, clock=desk.runtime.clock)
            except Invalid as error:
                return render_template('assignment/_shares.html', problems=giving.problem_texts(error.findings, locale))
        return render_template('assignment/_shares.html', **giving.told(found, locale))


def start(entity: str) -> ResponseReturnValue:
    """Carry it out as one operation. Refused values are told in the dialogue, before any record is touched."""
    with desk_for(entity) as desk:
        kind, key = _kind(), desk.entity.key
        stages = {name.partition('.')[2]: value for name, value in request.form.items() if name.startswith('map.') and value}
        workflows = request.form.getlist('workflows')[-1:] != ['0']
        try:
            order = Order(kind, key, picked(), _values(desk, kind), stages, workflows, transfer.chosen())
            made = service.start(desk.runtime, g.actor, order)
        except (Invalid, Conflict, Forbidden) as error:
            if not request.headers.get('HX-Request'):
                raise
            return render_template('web/many.html', **_context(desk, kind, error.findings)), 422
    return answer_many(made, key)


def delete(entity: str) -> ResponseReturnValue:
    """Move the picked records to the recycle bin. Raises: BadRequest REC-E035."""
    return _at_once(entity, 'delete')


def restore(entity: str) -> ResponseReturnValue:
    """Bring the picked records back. Raises: BadRequest REC-E035."""
    return _at_once(entity, 'restore')


def _at_once(entity: str, kind: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        key = desk.entity.key
        workflows = request.form.getlist('workflows')[-1:] != ['0']
        made = service.start(desk.runtime, g.actor, Order(kind, key, picked(), workflows=workflows))
    return answer_many(made, key)


def answer_many(made: Operation, key: str) -> ResponseReturnValue:
    """Back to the list with a toast that undoes, or to the operation when it left records out. A longer one is watched from
    the page that it was started on."""
    watch = f'/operations/{made.id}'
    whole = made.over and not made.counts.get('failed')
    if made.over:
        flash(done_text(made), f'undo:{watch}/undo' if made.undoable else 'ok')
    if wants_json():
        return jsonify({'text': done_text(made), 'operation': made.id, 'reload': True})
    if request.headers.get('HX-Request') and not made.over:
        return jobs.started(made)
    target = _back(key) if whole else watch
    if request.headers.get('HX-Request'):
        response: Response = make_response('', 204)
        response.headers['HX-Redirect'] = target
        return response
    return redirect(target, 303)


def _kind() -> str:
    kind = request.values.get('kind', '')
    if kind not in KINDS:
        raise NotFound.of('API-E404', '/kind', value=kind[:40])
    return kind


def picked() -> dict[str, Any]:
    """The picked uids, or everything that the list shows. Raises: BadRequest REC-E035."""
    if request.values.get('all') == '1':
        target = {'filter': filter_document(request.values.get('filter', '')), 'search': request.values.get('q', '')[:200]}
        return {**target, 'deleted': request.values.get('bin') == '1'}
    found = [uid for part in request.values.getlist('uids') + request.form.getlist('uid') for uid in part.split(',') if uid]
    if not found or len(found) > MOST_UIDS:
        raise BadRequest.of('REC-E035', '/uids', value=len(found))
    return {'uids': list(dict.fromkeys(found))}


def _values(desk: Desk, kind: str) -> dict[str, Any]:
    if kind in ACTIONS or kind == 'pipeline':
        return {}
    if kind == 'tag':
        return {'field': request.form.get('tags_field', ''), **{name: tagging.words(desk, name) for name in ('add', 'remove')}}
    way = giving.read_way(request.form) if kind == 'assign' else None
    if way is not None and way['kind'] != 'person':
        return {'strategy': way}
    entity = desk.entity
    allowed = {'assign': frozenset({'owner'}), 'stage': frozenset({entity.stage.key} if entity.stage else ())}
    writable = desk.reader.policy.writable(entity.key) & allowed.get(kind, frozenset(each.key for each in _editable(desk)))
    values = forms.read_form(entity, request.form, writable, desk.reader.reading)
    if kind == 'assign' and not values.get('owner'):  # else they would be nobody's
        raise Invalid.of('REC-E001', '/values/owner', label=entity.fields['owner'].definition.label)
    return values


def _context(desk: Desk, kind: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """What `web/many.html` takes. A dialogue that is shown again holds what was typed."""
    entity, locale = desk.entity, desk.presenter.locale
    target = picked()
    query = _query(target)
    count = _count(desk, target)
    shifted = [each.at('') if not each.pointer.startswith('/values') else _unshifted(each) for each in findings]
    errors = forms.errors_by_field(shifted, locale)
    views = {each.key: each for each in _editable(desk)}
    typed = [key for key in views if key in request.form or f'{key}.amount' in request.form] if kind == 'edit' else []
    return {
        'entity': entity, 'kind': kind, 'count': count, 'target': carried(), 'heading': _heading(entity, kind, count, locale),
        'offered': list(views.values()), 'chosen': [views[key] for key in typed], 'errors': errors,
        'typed': forms.shown_again(entity, request.form, typed, desk.reader.reading),
        'other_errors': [text for key, texts in errors.items() if key not in typed for text in texts],
        'owner': desk.presenter.field(entity, 'owner') if kind == 'assign' else None,
        'give': _giving(desk) if kind == 'assign' else None,
        'transfer': transfer.asked() if kind == 'assign' or 'owner' in typed else None,
        'workflows': request.form.getlist('workflows')[-1:] != ['0'],
        **(_stages(desk, kind, query) if kind in {'stage', 'pipeline'} else {}),
        **(tagging.inputs(_editable(desk)) if kind == 'tag' else {}),
    }  # fmt: skip


def _count(desk: Desk, target: Mapping[str, Any]) -> int:
    return len(target['uids']) if 'uids' in target else desk.reader.span(desk.entity.key, _query(target))[0]


def _giving(desk: Desk) -> giving.Shown:
    """The ways of giving as the dialogue shows them."""
    with Session(desk.runtime.database.read_engine) as session:
        wire = giving.read_way(request.form, fresh=True)
        return giving.shown_way(session, g.catalog, desk.entity, wire, desk.presenter.locale)


def _unshifted(found: Finding) -> Finding:
    return Finding(found.code, found.pointer.removeprefix('/values'), found.params, found.level)


def _heading(entity: Entity, kind: str, count: int, locale: str) -> str:
    """`Change 3 contacts`."""
    name = in_sentence(entity.definition.label_in(locale) if count == 1 else entity.definition.plural_in(locale))
    number = f'{count:,}'.replace(',', '.') if locale == 'vi' else f'{count:,}'
    return {
        'edit': _('Change %(count)s %(entities)s', count=number, entities=name),
        'tag': _('Tag %(count)s %(entities)s', count=number, entities=name),
        'assign': _('Give %(count)s %(entities)s to somebody', count=number, entities=name),
        'stage': _('Move %(count)s %(entities)s to a stage', count=number, entities=name),
        'pipeline': _('Move %(count)s %(entities)s to another pipeline', count=number, entities=name),
        'delete': _('Delete %(count)s %(entities)s?', count=number, entities=name),
        'restore': _('Bring %(count)s %(entities)s back?', count=number, entities=name),
    }[kind]


def carried() -> list[tuple[str, str]]:
    """What the dialogue's own form sends on, so that it means the same records."""
    if request.values.get('all') == '1':
        names = ('all', 'filter', 'q', 'bin')
        return [(name, request.values[name]) for name in names if request.values.get(name)]
    return [('uids', ','.join(picked()['uids']))]


def _query(target: Mapping[str, Any]) -> ListQuery:
    if 'uids' in target:
        return ListQuery(filter={'field': 'uid', 'op': 'in', 'value': target['uids'][:200]})
    return ListQuery(filter=target['filter'], search=target['search'], deleted=target['deleted'])


def _editable(desk: Desk) -> list[FieldView]:
    """Fields that may be set for many at once."""
    entity = desk.entity
    views = desk.presenter.fields(entity, [*(each.key for each in entity.own_fields), 'owner', 'team'])
    return [each for each in views if each.writable and each.field.writable and each.type_key not in {*ALONE, 'stage'}]


def _stages(desk: Desk, kind: str, query: ListQuery) -> dict[str, Any]:
    entity, locale = desk.entity, desk.presenter.locale
    if entity.stage is None or entity.stage.key not in desk.reader.policy.readable(entity.key):
        raise NotFound.of('API-E404', value=request.path)
    pipelines = entity.definition.pipelines
    if kind == 'stage':
        return {'stage_key': entity.stage.key, 'pipelines': [_pipeline(each, locale) for each in pipelines]}
    wanted = request.values.get('to')
    there = next((each for each in pipelines if each.key == wanted), None)
    counts = {group.value: group.count for group in desk.reader.groups(entity.key, entity.stage.key, query)}
    if there is None:  # where most of the records are not yet
        held = {each.key: sum(counts.get(stage.ref, 0) for stage in each.stages) for each in pipelines}
        there = min(pipelines, key=lambda each: held[each.key])
    rows = [
        {'key': stage.key, 'label': in_locale(stage.label, locale), 'hue': stage.hue, 'count': counts[stage.ref],
         'target': proposals[stage.key], 'pipeline': in_locale(here.label, locale)}
        for here in pipelines if here is not there
        for proposals in [propose(here, there)]
        for stage in here.stages if counts.get(stage.ref)
    ]  # fmt: skip
    return {'pipelines': [_pipeline(each, locale) for each in pipelines], 'there': _pipeline(there, locale), 'rows': rows}


def _pipeline(pipeline: PipelineDef, locale: str) -> dict[str, Any]:
    stages = [{'key': each.key, 'label': in_locale(each.label, locale), 'hue': each.hue} for each in pipeline.stages]
    return {'key': pipeline.key, 'label': in_locale(pipeline.label, locale), 'stages': stages}


def _back(key: str) -> str:
    """The list as it was, when the request came from it."""
    came = urlsplit(request.headers.get('HX-Current-URL') or request.headers.get('Referer', ''))
    return f'{came.path}?{came.query}'.rstrip('?') if came.path == f'/{key}/' else f'/{key}/'
