"""The pages of operations: the list, one with its records, and the question before an undo. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.operations import jobs, keeping, service
from modules.operations.model import Operation, Reason
from modules.operations.telling import done_text
from modules.operations.words import STATES
from modules.records.queries import Reader
from modules.sharing.words import sight_words
from modules.web.failures import wants_json
from modules.web.pages.context import Desk, whole_number
from modules.web.pages.timeline import entry_view
from modules.web.pinning import require_actor
from modules.web.presenting import Presenter
from permissions.policy import Policy
from schema.base.errors import TrellisError
from schema.definitions import in_locale
from schema.fieldtypes.days import moment_text
from schema.system_names import actor_text

blueprint = Blueprint('operations', __name__, template_folder='templates')
ROWS = 50
TONES = {'done': 'ok', 'failed': 'bad', 'partly': 'warn', 'undone': '', 'waiting': 'new', 'running': 'new', 'undoing': 'new'}
ICONS = {
    'edit': 'pencil', 'assign': 'user-share', 'stage': 'arrow-right', 'pipeline': 'switch-horizontal', 'delete': 'trash',
    'restore': 'restore', 'import': 'table-import', 'merge': 'git-merge', 'undo': 'arrow-back-up', 'pool': 'bucket',
    'share': 'share', 'conversion': 'refresh', 'computation': 'calculator', 'numbering': 'list-numbers',
    'handover': 'door',
}  # fmt: skip


@blueprint.get('/operations/')
def index() -> ResponseReturnValue:
    actor = require_actor()
    number = max(whole_number('page', 1), 1)
    found, more = keeping.list_page(g.runtime, actor, number=number)
    return render_template(
        'operations/list.html', rows=[_shown(each) for each in found], number=number, more=more, whose=g.policy.can_admin
    )  # fmt: skip


@blueprint.get('/operations/<string:operation_id>')
def show(operation_id: str) -> ResponseReturnValue:
    """One operation: what it did to which record, what was left out and why; to scripts how far it came."""
    actor = require_actor()
    found = keeping.get(g.runtime, operation_id, actor)
    if wants_json():
        return jsonify(jobs.progress(found))
    number = max(whole_number('page', 1), 1)
    with g.runtime.reader(actor, g.catalog) as reader:
        rows = _rows(reader, found, number)
        reasons = _reasons(reader, found.reasons)
    entity = g.catalog.by_ref.get(found.entity_ref)
    return render_template(
        'operations/one.html', operation=found, shown=_shown(found), rows=rows[:ROWS], more=len(rows) > ROWS, number=number,
        reasons=reasons, entity=entity, entities=entity.definition.plural_in(actor.locale) if entity else '',
        undone_by=_link(found.undone_by, actor), undo_of=_link(found.undo_of, actor),
    )  # fmt: skip


@blueprint.get('/operations/<string:operation_id>/undo')
def ask(operation_id: str) -> ResponseReturnValue:
    """The question that says what undoing would do to how many records, and what it cannot bring back."""
    actor = require_actor()
    found = keeping.get(g.runtime, operation_id, actor)
    foreseen = service.forecast(g.runtime, actor, found.id)
    with g.runtime.reader(actor, g.catalog) as reader:
        reasons = _reasons(reader, foreseen.reasons)
    effects = [in_locale(each, actor.locale) for each in foreseen.effects]
    return render_template(
        'operations/undo.html', operation=found, shown=_shown(found), foreseen=foreseen, reasons=reasons, effects=effects
    )  # fmt: skip


@blueprint.post('/operations/<string:operation_id>/undo')
def undo(operation_id: str) -> ResponseReturnValue:
    """Undo; a script that asked from a toast is told to draw its page again, where to look, or which longer one to watch."""
    actor = require_actor()
    made = service.undo(g.runtime, actor, operation_id)
    if wants_json() and not made.over:
        return jsonify({'text': '', 'operation': made.id, 'job': made.id})
    text = done_text(made) if made.over else _('It is being undone. You can close this page.')
    flash(text, 'ok' if made.over and not made.reasons else 'info')
    watch = f'/operations/{made.id}'
    if wants_json():
        whole = made.over and not made.reasons
        return jsonify({'text': text, 'operation': made.id, **({'reload': True} if whole else {'location': watch})})
    return redirect(watch, 303)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For everybody who may change anything."""
    if not policy.entities('update'):
        return None
    return {'key': 'operations', 'label': _('Bulk changes'), 'href': '/operations/', 'icon': 'stack-2'}


def _shown(found: Operation) -> dict[str, Any]:
    locale = g.actor.locale
    entity = g.catalog.by_ref.get(found.entity_ref)
    return {
        'id': found.id, 'href': f'/operations/{found.id}', 'title': in_locale(found.title, locale),
        'icon': ICONS.get(found.kind, 'stack-2'), 'state': in_locale(STATES[found.state], locale), 'tone': TONES[found.state],
        'by': found.actor_name if found.actor_id is not None else actor_text(found.actor_name, locale, g.catalog.workflows),
        'at': found.created_at, 'at_text': _instant(found), 'counts': found.counts,
        'total': found.total, 'seen': found.seen, 'undoable': found.undoable, 'over': found.over and found.state != 'undoing',
        'entity': entity.definition.plural_in(locale) if entity else '', 'result': done_text(found),
    }  # fmt: skip


def _instant(found: Operation) -> str:
    at = found.created_at.astimezone(g.actor.zone)
    return moment_text(at, g.actor.locale)


def _link(operation_id: str | None, actor: Any) -> dict[str, Any] | None:
    if operation_id is None:
        return None
    try:
        return _shown(keeping.get(g.runtime, operation_id, actor))
    except TrellisError:  # somebody else's: it is said that there is one, not more
        return {'title': _('by somebody else'), 'href': '', 'state': '', 'tone': ''}


def _rows(reader: Reader, found: Operation, number: int) -> list[dict[str, Any]]:
    entries = reader.operation_entries(found.id, limit=ROWS + 1, skip=(number - 1) * ROWS)
    titles: dict[str, str] = {}
    for entity in {entity for entity, _uid, _entry in entries}:
        if reader.policy.scope('read', entity.key) != 'none':
            titles.update(reader.titles(entity.key, [uid for each, uid, _entry in entries if each is entity]))
    rows = []
    told = sight_words(reader.session, [entry for _entity, _uid, entry in entries])
    for (entity, uid, entry), words in zip(entries, told, strict=True):
        desk = Desk(g.runtime, reader, Presenter(g.catalog, reader.policy, reader.reading), entity)
        known = uid in titles
        rows.append(
            {'title': titles.get(uid, ''), 'href': f'/{entity.key}/{uid}' if known else '',
             'entity': entity.definition.label_in(g.actor.locale),
             'entry': entry_view(desk, entry) | {'sight': words} if known else None}
        )  # fmt: skip
    return rows


def _reasons(reader: Reader, reasons: Sequence[Reason]) -> list[Mapping[str, str]]:
    """Reasons with the records' names; those out of reach are not named."""
    titles: dict[str, str] = {}
    for ref in {each.entity_ref for each in reasons}:
        entity = g.catalog.by_ref.get(ref)
        if entity is not None and reader.policy.scope('read', entity.key) != 'none':
            found = reader.titles(entity.key, [each.uid for each in reasons if each.entity_ref == ref and each.uid])
            titles.update(found)
    keys = {entity.ref: key for key, entity in g.catalog.entities.items()}
    return [
        {'title': titles.get(each.uid, ''), 'href': f'/{keys[each.entity_ref]}/{each.uid}' if each.uid in titles else '',
         'text': in_locale(each.texts, g.actor.locale)}
        for each in reasons
    ]  # fmt: skip
