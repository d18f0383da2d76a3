"""The screens of an import: file, columns, check, result. Decides nothing; small files are worked on within the request."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.assignment import forms as giving
from modules.assignment.service import forecast, read_strategy
from modules.imports import keeping
from modules.imports.keeping import Kept
from modules.imports.mapping import identifies
from modules.imports.matching import NOT_KEYS
from modules.imports.model import OUTCOMES, POLICIES
from modules.imports.reading import LARGEST_UPLOAD_BYTES, open_sheet
from modules.web import transfer
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.errors import Invalid
from schema.catalog import Entity

blueprint = Blueprint('imports', __name__, template_folder='templates')
INLINE_ROWS = 2_000
INLINE_BYTES = 400_000
WAITING = ('to_check', 'to_run', 'running')
SAMPLE_ROWS = 3


@blueprint.route('/<string:entity>/import', methods=['GET', 'POST'])
def upload(entity: str) -> ResponseReturnValue:
    """Choose a file; a file that cannot be read is told on the same page."""
    actor = require_actor()
    found = _entity(entity)
    if request.method == 'GET':
        return _page(found, 'file', errors=[])
    sent = request.files.get('file')
    if sent is None or not sent.filename:
        return _page(found, 'file', errors=[_('Choose a file first.')]), 422
    with tempfile.NamedTemporaryFile(suffix=Path(sent.filename).suffix[:10]) as copy:
        sent.save(copy)
        copy.flush()
        try:
            kept = keeping.take_in(
                g.runtime, actor, found.key, Path(copy.name), Path(sent.filename).name, limit_bytes=LARGEST_UPLOAD_BYTES
            )
        except Invalid as error:
            return _page(found, 'file', errors=_texts(error)), 422
    return redirect(f'/{found.key}/import/{kept.id}', 303)


@blueprint.get('/<string:entity>/import/<string:job_id>')
def step(entity: str, job_id: str) -> ResponseReturnValue:
    """Where this import stands."""
    found, kept = _kept(entity, job_id)
    if kept.state in WAITING:
        return _page(found, 'waiting', kept)
    if kept.state in {'done', 'failed'}:
        return _page(found, 'result', kept)
    if kept.state == 'checked' and request.args.get('step') != 'columns':
        return _page(found, 'check', kept, errors=[], **_problems(found, kept), **_giving(found, kept))
    return _page(found, 'columns', kept, errors=[], **_columns(found, kept))


@blueprint.post('/<string:entity>/import/<string:job_id>/columns')
def columns(entity: str, job_id: str) -> ResponseReturnValue:
    """Take over the mapping and check the file."""
    found, kept = _kept(entity, job_id)
    headers = kept.plan.mapping.headers
    choices = {header: request.form.get(f'column.{index}', '') for index, header in enumerate(headers)}
    duplicates: Any = request.form.get('duplicates', 'skip')
    keys = [key for key in request.form.getlist('key') if key]
    try:
        if duplicates not in POLICIES:
            abort(422)
        chosen = {'old_owner': transfer.chosen(), 'workflows': request.form.getlist('workflows')[-1:] != ['0']}
        kept = keeping.settle_plan(g.runtime, g.actor, kept, choices, keys, duplicates, **chosen)
    except Invalid as error:
        return _page(found, 'columns', kept, errors=_texts(error), **_columns(found, kept)), 422
    if kept.path.stat().st_size <= INLINE_BYTES:
        keeping.check(g.runtime, g.actor, kept)
    else:
        _later(kept, 'to_check')
    return redirect(f'/{found.key}/import/{kept.id}', 303)


@blueprint.post('/<string:entity>/import/<string:job_id>/run')
def run(entity: str, job_id: str) -> ResponseReturnValue:
    found, kept = _kept(entity, job_id)
    if kept.state == 'checked':
        way, nobody = _way()
        try:
            kept = keeping.settle_giving(g.runtime, g.actor, kept, way, nobody=nobody)
        except Invalid as error:
            return _page(found, 'check', kept, errors=_texts(error), **_problems(found, kept), **_giving(found, kept)), 422
        if (kept.total or 0) <= INLINE_ROWS:
            keeping.run(g.runtime, g.actor, kept)
        else:
            _later(kept, 'to_run')
    return redirect(f'/{found.key}/import/{kept.id}', 303)


@blueprint.post('/<string:entity>/import/<string:job_id>/shares')
def shares(entity: str, job_id: str) -> ResponseReturnValue:
    """The ways of giving drawn anew, and who would get how many of the rows without an owner."""
    found, kept = _kept(entity, job_id)
    if kept.state != 'checked':
        abort(409)
    way, _nobody = _way()
    foreseen: dict[str, Any] = {}
    locale = g.actor.locale
    if way is not None:
        with Session(g.runtime.database.read_engine) as session:
            try:
                strategy, total = read_strategy(session, way, found), kept.plan.unowned
                if strategy.kind != 'returning':  # who comes back shows when the rows are written
                    foreseen = giving.told(
                        forecast(session, g.catalog, strategy, found, [], total, clock=g.runtime.clock), locale
                    )
            except Invalid as error:
                foreseen = {'problems': giving.problem_texts(error.findings, locale)}
    return render_template('imports/_giving.html', entity=found, kept=kept, **_giving(found, kept), foreseen=foreseen)


@blueprint.get('/<string:entity>/import/<string:job_id>/left-out')
def left_out(entity: str, job_id: str) -> ResponseReturnValue:
    """The rows that were left out, with their reasons."""
    _found, kept = _kept(entity, job_id)
    if kept.error_path is None or not kept.error_path.exists():
        abort(404)
    said = _('left out')
    name = f'{Path(kept.file_name).stem}-{said}{kept.error_path.suffix}'
    return send_file(kept.error_path, as_attachment=True, download_name=name)


def list_link(policy: Policy, entity: Entity) -> dict[str, str] | None:
    """The entry in the menu of a list."""
    if policy.scope('import', entity.key) == 'none' or policy.scope('create', entity.key) == 'none':
        return None
    return {'label': _('Import from Excel'), 'href': f'/{entity.key}/import', 'icon': 'table-import'}


def _later(kept: Kept, state: str) -> None:
    """The worker takes it from here, within a second."""
    keeping.queue(g.runtime, kept.id, state)


def _entity(key: str) -> Entity:
    entity: Entity = g.catalog.entity(key)
    g.policy.require('import', entity.key)
    return entity


def _kept(key: str, job_id: str) -> tuple[Entity, Kept]:
    actor = require_actor()
    entity = _entity(key)
    kept = keeping.get(g.runtime, job_id, actor)
    if kept.entity_ref != entity.ref:
        abort(404)
    return entity, kept


def _page(entity: Entity, step_name: str, kept: Kept | None = None, **context: Any) -> str:
    locale = g.actor.locale
    return render_template(
        'imports/import.html', entity=entity, plural=entity.definition.plural_in(locale), step=step_name, kept=kept,
        base=f'/{entity.key}/import', outcomes=OUTCOMES, megabytes=LARGEST_UPLOAD_BYTES // 1024 // 1024, **context,
    )  # fmt: skip


def _columns(entity: Entity, kept: Kept) -> Mapping[str, Any]:
    """What the page of columns needs: per column its heading, samples and chosen field; the fields; possible keys."""
    locale, writable, readable = g.actor.locale, g.policy.writable(entity.key), g.policy.readable(entity.key)
    offered = [field for key, field in entity.fields.items() if key in readable and (key in writable or identifies(field))]
    offered.sort(key=lambda field: field.system)
    samples: list[Any] = []
    for _number, cells in open_sheet(kept.path).rows():
        samples.append(cells)
        if len(samples) == SAMPLE_ROWS:
            break
    rows = [
        {
            'header': header, 'chosen': kept.plan.mapping.columns[index] or '',
            'samples': [str(cells[index])[:60] for cells in samples if index < len(cells) and cells[index] not in (None, '')],
        }
        for index, header in enumerate(kept.plan.mapping.headers)
    ]  # fmt: skip
    fields = [
        {'key': field.key, 'label': field.definition.label_in(locale), 'required': field.definition.required}
        for field in offered
    ]
    keys = [each for each, field in zip(fields, offered, strict=True) if field.type.key not in NOT_KEYS and not field.system]
    return {'columns': rows, 'fields': fields, 'keys': keys, 'transfer': transfer.asked() if 'owner' in writable else None}


def _way(*, fresh: bool = False) -> tuple[giving.Wire | None, bool]:
    """The way of giving that the form says, and whether nobody gets the rows without an owner."""
    kind = request.form.get(f'{giving.PREFIX}.kind', '')
    return (None, kind == 'nobody') if kind in ('', 'nobody') else (giving.read_way(request.form, fresh=fresh), False)


def _giving(entity: Entity, kept: Kept) -> dict[str, Any]:
    """What `imports/_giving.html` takes; nothing where the person may not give records or no row lacks an owner."""
    unowned = kept.plan.unowned
    if not unowned or g.policy.scope('assign', entity.key) == 'none' or 'owner' not in g.policy.writable(entity.key):
        return {'give': None, 'unowned': unowned}
    way, nobody = _way(fresh=True)
    with Session(g.runtime.database.read_engine) as session:
        shown = giving.shown_way(session, g.catalog, entity, way, g.actor.locale)
    return {'give': shown, 'unowned': unowned, 'way': 'nobody' if nobody else way['kind'] if way else ''}


def _problems(entity: Entity, kept: Kept) -> Mapping[str, Any]:
    """The grid of bad rows: for each mapped column its label, for each row its cells with what is wrong in them."""
    locale, mapping = g.actor.locale, kept.plan.mapping
    shown = [(index, key) for index, key in enumerate(mapping.columns) if key]
    rows = []
    for problem in kept.findings:
        by_field: dict[str, list[str]] = {}
        for each in problem['problems']:
            if each['level'] == 'error':
                by_field.setdefault(each['field'], []).append(each['text'])
        cells = [
            {'text': problem['cells'][index] if index < len(problem['cells']) else '', 'why': by_field.pop(key, [])}
            for index, key in shown
        ]
        rows.append({'row': problem['row'], 'cells': cells, 'why': [text for texts in by_field.values() for text in texts]})
    headings = [entity.fields[key].definition.label_in(locale) if key in entity.fields else key for _index, key in shown]
    return {'headings': headings, 'rows': rows}


def _texts(error: Invalid) -> list[str]:
    locale = g.actor.locale
    return [' '.join(filter(None, (each.text(locale), each.hint_text(locale)))) for each in error.findings]
