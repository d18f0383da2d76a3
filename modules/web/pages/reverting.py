"""Going back to an earlier revision of a record: the differences first, then one click."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records import reverting
from modules.records.changing import Change
from modules.records.model import Saved
from modules.records.reverting import Former
from modules.records.store import Store
from modules.web import forms
from modules.web.failures import wants_json
from modules.web.pages.context import Desk, desk_for
from modules.web.pages.moving import base_revision
from schema.base.errors import Conflict, Invalid
from schema.base.findings import Finding


def ask(entity: str, uid: str, number: int) -> ResponseReturnValue:
    """The dialogue: each field as it is and as it was, and what speaks against going back."""
    with desk_for(entity) as desk:
        return render_template('web/revision.html', **_context(desk, uid, number))


def revert(entity: str, uid: str, number: int) -> ResponseReturnValue:
    """Write the values of then as a new revision; what cannot go back is told, and nothing is written."""
    with desk_for(entity) as desk:
        key, base = desk.entity.key, base_revision()
        try:
            saved = desk.runtime.write(
                g.actor, lambda store: _write(store, key, uid, number, base), catalog=g.catalog, old_owner='drop'
            )
        except (Invalid, Conflict) as error:
            if not request.headers.get('HX-Request'):
                raise
            return render_template('web/revision.html', **_context(desk, uid, number, error.findings)), error.status
    text = _('The record is as it was at revision %(number)s', number=number)
    flash(text, f'undo:/{key}/{uid}/revision/{saved.revision - 1}' if saved.changed else 'ok')
    if wants_json():
        return jsonify({'text': text, 'reload': True})
    if request.headers.get('HX-Request'):
        response: Response = make_response('', 204)
        response.headers['HX-Refresh'] = 'true'
        return response
    return redirect(f'/{key}/{uid}', 303)


def _write(store: Store, key: str, uid: str, number: int, base: int | None) -> Saved:
    found = reverting.former(store.session, store.policy, store.catalog.entity(key), uid, number)
    return store.update(key, uid, found.wire, base_revision=base)


def _context(desk: Desk, uid: str, number: int, findings: tuple[Finding, ...] = ()) -> dict[str, Any]:
    key, locale = desk.entity.key, desk.presenter.locale
    record = desk.reader.get(key, uid)
    found, change = desk.runtime.write(g.actor, lambda store: reverting.foresee(store, key, uid, number), catalog=g.catalog)
    listed = [*change.findings]
    listed += [each for each in findings if each not in listed]
    errors = forms.errors_by_field([each for each in listed if each.level == 'error'], locale)
    stays = [' '.join(filter(None, (each.text(locale), each.hint_text(locale)))) for each in listed if each.level != 'error']
    rows = _rows(desk, record.values, found, change, errors)
    named = {row['view'].key for row in rows}
    return {
        'entity': desk.entity, 'record': record, 'number': number, 'rows': rows, 'stays': stays, 'blocked': bool(errors),
        'other_errors': [text for name, texts in errors.items() if name not in named for text in texts],
    }  # fmt: skip


def _rows(desk: Desk, values: Any, found: Former, change: Change, errors: Any) -> list[dict[str, Any]]:
    """Fields that differ, as they are and as they would be, with the reasons against."""
    rows = []
    for view in desk.presenter.fields(desk.entity, found.wire):
        now, then = values.get(view.key), change.values.get(view.key)
        shown = desk.presenter.value(view.field, now), desk.presenter.value(view.field, desk.reader.labelled(then))
        if shown[0] != shown[1] or view.key in errors:
            who = found.who.get(view.key, '')
            rows.append({'view': view, 'now': shown[0], 'then': shown[1], 'who': who, 'errors': errors.get(view.key, [])})
    return rows
