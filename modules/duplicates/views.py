"""The page on which records are merged: which one stays, which value each field takes, what becomes of the rest. Decides no
right and writes through `merging` alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.duplicates import merging
from modules.duplicates.comparing import SEVERAL, TOGETHER, Comparison, Row, compare, values_of
from modules.duplicates.service import find_duplicates
from modules.records.model import Record
from modules.web import forms
from modules.web.pages.context import Desk, address, desk_for
from modules.web.pages.matching import candidate_view
from modules.web.pinning import require_actor
from modules.web.presenting import FieldView, card_hue
from permissions.policy import Policy
from schema.base.errors import BadRequest, Conflict, Forbidden, Invalid
from schema.base.findings import Finding
from schema.base.numbers import whole
from schema.base.text import in_sentence
from schema.catalog import Entity

blueprint = Blueprint('merging', __name__, template_folder='templates')


@blueprint.post('/<ekey:entity>/merge/ask')
def ask(entity: str) -> ResponseReturnValue:
    """From the bar of picked records to the page."""
    require_actor()
    with desk_for(entity) as desk:
        desk.reader.policy.require('merge', desk.entity.key)
        uids = _asked(request.form.getlist('uid'))
        response: Response = make_response('', 204)
        if request.form.get('all') == '1' or not 2 <= len(uids) <= merging.MOST + 1:
            text = _('Pick from 2 to %(most)s records to merge them.', most=merging.MOST + 1)
            response.headers['HX-Trigger'] = json.dumps({'toast': {'kind': 'bad', 'text': text}})
        else:
            response.headers['HX-Redirect'] = _address(desk.entity, uids)
        return response


@blueprint.get('/<ekey:entity>/merge')
def show(entity: str) -> ResponseReturnValue:
    """Two or more side by side; of one alone, what it may be merged with."""
    require_actor()
    with desk_for(entity) as desk:
        uids = _asked(request.args.getlist('uids') + request.args.getlist('with'))
        if not 1 <= len(uids) <= merging.MOST + 1:
            raise BadRequest.of('DUP-E004', '/uids', count=len(uids), limit=merging.MOST)
        found = compare(desk.reader, desk.entity, uids)
        if len(found.records) == 1:
            return render_template('duplicates/choose.html', **_choosing(desk, found.records[0]))
        return render_template('duplicates/merge.html', **_context(desk, found, ()))


@blueprint.post('/<ekey:entity>/merge')
def merge(entity: str) -> ResponseReturnValue:
    """Merge as chosen; what is refused, and what somebody changed meanwhile, is told on the same page."""
    actor = require_actor()
    with desk_for(entity) as desk:
        uids = _asked(request.form.getlist('uids'))
        found = compare(desk.reader, desk.entity, uids)
        survivor = request.form.get('survivor', '')
        if survivor not in uids:
            raise BadRequest.of('DUP-E004', '/survivor', count=len(uids), limit=merging.MOST)
        moved = [each.title for each in found.records if whole(request.form.get(f'revision.{each.uid}', '')) != each.revision]
        if moved:
            return render_template('duplicates/merge.html', **_context(desk, found, (), moved=moved)), 409
        picks = {name.partition('.')[2]: value for name, value in request.form.items() if name.startswith('pick.')}
        others = [each.uid for each in found.records if each.uid != survivor]
        values, key = values_of(found, survivor, picks), desk.entity.key
        try:
            made = merging.merge(desk.runtime, actor, key, survivor, others, values)
        except (Invalid, Conflict, Forbidden) as error:
            return render_template('duplicates/merge.html', **_context(desk, found, error.findings)), error.status
    flash(made.title.get(actor.locale) or made.title['en'], f'undo:/operations/{made.id}/undo')
    return redirect(f'/{key}/{survivor}', 303)


def record_link(policy: Policy, record: Record) -> dict[str, Any] | None:
    """For the menu of a record."""
    if policy.scope('merge', record.entity.key) == 'none' or record.deleted_at is not None:
        return None
    return {'label': _('Merge with another'), 'icon': 'git-merge', 'href': _address(record.entity, [record.uid])}


def picked_link(policy: Policy, entity: Entity) -> dict[str, Any] | None:
    """For the bar of picked records."""
    if policy.scope('merge', entity.key) == 'none':
        return None
    return {'label': _('Merge'), 'icon': 'git-merge', 'url': f'/{entity.key}/merge/ask'}


def _asked(said: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(uid for part in said for uid in part.split(',') if uid))


def _address(entity: Entity, uids: Sequence[str]) -> str:
    return address(f'/{entity.key}/merge', {'uids': ','.join(uids)})


def _choosing(desk: Desk, record: Record) -> dict[str, Any]:
    """What may be the same as one record: whatever the duplicate rules find, and a search for any other."""
    entity = desk.entity
    candidates = [candidate_view(desk, each) for each in find_duplicates(desk.reader, entity, record.values, record.uid)]
    for each in candidates:
        each['saved'] = True
        each['merge_href'] = '' if each['hidden'] else _address(entity, [record.uid, each['href'].rpartition('/')[2]])
    picker = {
        'key': 'with', 'label': _('Another record'), 'widget': 'link', 'type_key': 'link', 'target': entity.key,
        'remote_url': f'/{entity.key}/choices',
    }  # fmt: skip
    return {'entity': entity, 'record': record, 'candidates': candidates, 'picker': picker, **_words(desk)}


def _words(desk: Desk) -> dict[str, str]:
    definition, locale = desk.entity.definition, desk.presenter.locale
    return {'singular': in_sentence(definition.label_in(locale)), 'plural': in_sentence(definition.plural_in(locale))}


def _context(desk: Desk, found: Comparison, findings: Sequence[Finding], moved: Sequence[str] = ()) -> dict[str, Any]:
    entity, presenter, locale = desk.entity, desk.presenter, desk.presenter.locale
    survivor = request.form.get('survivor') or found.survivor
    titles = {each.uid: each.title for each in found.records}
    picks = {name.partition('.')[2]: value for name, value in request.form.items() if name.startswith('pick.')}
    rows = [_shown_row(desk, row, survivor, titles, picks) for row in found.rows if row.open]
    errors = forms.errors_by_field(findings, locale)
    keys = {row['view'].key for row in rows}
    return {
        'entity': entity, 'survivor': survivor, 'rows': rows, 'errors': errors, 'moved': moved,
        'records': [_head(desk, each, closed=each.uid in found.closed) for each in found.records],
        'other_errors': [text for key, texts in errors.items() if key not in keys for text in texts],
        'kept': [presenter.field(entity, row.field.key).label for row in found.rows if not row.open],
        'gathered': [presenter.field(entity, each.key).label for each in found.gathered],
        'left': [presenter.field(entity, each.key).label for each in found.left],
        'related': [(each.definition.plural_in(locale), count) for each, count in found.related],
        'closed': bool(found.closed), 'back': f'/{entity.key}/{found.records[0].uid}', **_words(desk),
    }  # fmt: skip


def _head(desk: Desk, record: Record, *, closed: bool) -> dict[str, Any]:
    subtitle = desk.entity.definition.subtitle_field
    text = record.text(subtitle, desk.reader.reading) if subtitle in record.values else ''
    made = record.text('created_at', desk.reader.reading) if 'created_at' in record.values else ''
    return {
        'uid': record.uid, 'title': record.title, 'href': f'/{desk.entity.key}/{record.uid}', 'hue': card_hue(record),
        'sub': text, 'made': made, 'revision': record.revision, 'closed': closed, 'deleted': record.deleted_at is not None,
    }  # fmt: skip


def _shown_row(desk: Desk, row: Row, survivor: str, titles: dict[str, str], picks: dict[str, str]) -> dict[str, Any]:
    """A field with its values; the survivor's is proposed where it has one, all together where a field takes several."""
    view: FieldView = desk.presenter.field(desk.entity, row.field.key)
    several = row.field.type.key in SEVERAL and len(row.choices) > 1
    owned = next((each.uids[0] for each in row.choices if survivor in each.uids), row.choices[0].uids[0])
    pick = picks.get(view.key) or (TOGETHER if several else owned)
    choices = [
        {'value': desk.presenter.value(row.field, each.value), 'uid': each.uids[0], 'on': pick in each.uids,
         'of': ', '.join(titles[uid] for uid in each.uids) if view.key != desk.entity.title.key else ''}
        for each in row.choices
    ]  # fmt: skip
    return {'view': view, 'choices': choices, 'together': several, 'together_on': pick == TOGETHER}
