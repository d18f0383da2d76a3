"""Pages of runs for administrators, and the dialogue by which people start workflows on records. Decides no right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.leftovers import reads_whole
from modules.records.model import Record
from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pages.context import desk_for, whole_number
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.errors import Conflict, NotFound
from schema.base.ids import new_uid
from schema.catalog import Entity
from workflows import control
from workflows.runs import read_stored, ring_named
from workflows.service import list_workflows, runs_page, titles_of
from workflows.wording import KINDS, run_words, step_words, told_words, trigger_words

blueprint = Blueprint('workflow_runs', __name__, template_folder='templates')
ROWS = 50
ACTS: dict[str, Callable[[Runtime, str], None]] = {'resume': control.resume, 'skip': control.skip, 'cancel': control.cancel}


@blueprint.get('/workflows/runs')
def index() -> ResponseReturnValue:
    """Runs, newest first, by workflow and state."""
    actor = require_actor()
    g.policy.require_admin()
    number = max(whole_number('page', 1), 1)
    key, state = request.args.get('workflow', ''), request.args.get('state', '')
    rows = runs_page(g.runtime, g.catalog, key, state, limit=ROWS + 1, offset=(number - 1) * ROWS)
    with g.runtime.reader(actor, g.catalog) as reader:
        titles = titles_of(reader, rows)
    return render_template(
        'workflows/runs.html', rows=[_row(each, titles) for each in rows[:ROWS]], more=len(rows) > ROWS, number=number,
        states=run_words(), kinds=KINDS, workflows=list_workflows(g.runtime, g.catalog), chosen=key, state=state,
        zone=actor.zone,
    )  # fmt: skip


@blueprint.get('/workflows/runs/<uuid:run_id>')
def show(run_id: Any) -> ResponseReturnValue:
    """One run: what started it, each step with what it did, and what can be done about a failure."""
    actor = require_actor()
    g.policy.require_admin()
    found = control.trace(g.runtime, str(run_id))
    with g.runtime.reader(actor, g.catalog) as reader:
        titles = titles_of(reader, [found.run])
    whole = reads_whole(g.policy, g.catalog.by_ref.get(found.run.entity_ref))
    return render_template(
        'workflows/run.html', run=_row(found.run, titles), zone=actor.zone,
        trigger=trigger_words(found.run.started_by, actor.zone),
        steps=[_step(each, found, shown=found.run.record_uid in titles and whole) for each in found.steps],
        states=run_words(), kinds=KINDS, kinds_of_steps=step_words(),
    )  # fmt: skip


@blueprint.post('/workflows/runs/<uuid:run_id>/<any(resume, skip, cancel):act>')
def change(run_id: Any, act: str) -> ResponseReturnValue:
    require_actor()
    g.policy.require_admin()
    try:
        ACTS[act](g.runtime, str(run_id))
    except (Conflict, NotFound) as error:
        flash(f'{error.findings[0].text(locale())} {error.findings[0].hint_text(locale())}', 'bad')
    else:
        told = {'resume': _('The step is tried again'), 'skip': _('The step is left out'), 'cancel': _('The run is cancelled')}
        flash(told[act], 'ok')
    return redirect(f'/workflows/runs/{run_id}', 303)


@blueprint.get('/<ekey:entity>/<uid:uid>/workflows')
def ask(entity: str, uid: str) -> ResponseReturnValue:
    """The dialogue with the workflows that this person may start on the record."""
    require_actor()
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid, columns=(desk.entity.title.key,))
        rules = control.offered(g.catalog, g.policy, desk.entity)
    return render_template('workflows/press.html', entity=desk.entity, record=record, rules=rules, press=new_uid())


@blueprint.post('/<ekey:entity>/<uid:uid>/workflows')
def press(entity: str, uid: str) -> ResponseReturnValue:
    actor = require_actor()
    asked, key = request.form.get('press', '')[:36], request.form.get('workflow', '')[:60]
    try:
        control.press(g.runtime, actor, key, entity, uid, asked)
    except Conflict as error:
        flash(f'{error.findings[0].text(locale())} {error.findings[0].hint_text(locale())}', 'bad')
    else:
        flash(_('The workflow is running'), 'ok')
    return redirect(f'/{entity}/{uid}', 303)


def record_link(policy: Policy, record: Record) -> dict[str, Any] | None:
    """Where a workflow has a button on records of this kind."""
    if record.deleted_at is not None or not control.offered(policy.catalog, policy, record.entity):
        return None
    url = f'/{record.entity.key}/{record.uid}/workflows'
    return {'label': _('Run a workflow'), 'icon': 'route', 'attrs': {'hx-get': url, 'hx-target': '#layer'}}


def _row(run: Any, titles: dict[str, str]) -> dict[str, Any]:
    entity: Entity | None = g.catalog.by_ref.get(run.entity_ref)
    names = {each.ref: each.label for each in g.catalog.workflows.values()}
    found = ring_named(read_stored(run.error), g.catalog)
    return {
        'id': run.id, 'href': f'/workflows/runs/{run.id}', 'workflow': names.get(run.rule_ref, {}), 'state': run.state,
        'at': run.started_at, 'ended_at': run.finished_at, 'title': titles.get(run.record_uid, ''),
        'record_href': f'/{entity.key}/{run.record_uid}' if entity and run.record_uid in titles else '',
        'entity': entity.definition.label_in(locale()) if entity else '',
        'reason': f'{found.text(locale())} {found.hint_text(locale())}' if found else '',
    }  # fmt: skip


def _step(step: Any, of: control.Trace, *, shown: bool) -> dict[str, Any]:
    known, found = of.rule.flow.find(step.key) if of.rule else None, read_stored(step.error)
    return {
        'label': known.document.get('label') or {} if known else {}, 'key': step.key, 'type': known.type if known else '',
        'state': step.state, 'attempts': step.attempts, 'due_at': step.due_at, 'ended_at': step.finished_at,
        'told': told_words(step.result, g.catalog, locale()) if shown else '',
        'reason': f'{found.text(locale())} {found.hint_text(locale())}' if found else '',
    }  # fmt: skip
