"""Where the entries of a record's timeline come from: its history, the log about it, appointments, mails, what modules add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.mail.tables import mail_message
from modules.records import history as histories
from modules.records.leftovers import reads_whole
from modules.records.model import HistoryEntry, ListQuery, Record, Sort
from modules.records.tables import operation, record_history
from modules.sharing.words import sight_words
from modules.timeline import mentions
from modules.timeline.interactions import Mails
from modules.timeline.logs import Log, Plan
from modules.timeline.windows import Found, Place, Window, entry_of, last_of
from modules.web.attachments import shown_files
from modules.web.pages.context import Desk, reached
from modules.web.presenting import FieldView
from schema.definitions import in_locale
from schema.system_names import actor_text
from schema.values import Link

QUIET = frozenset({'team'})
HISTORY, LOGGED, MAILED, PLANNED, ADDED = 0, 1, 2, 3, 10
"""Ranks of the sources: which stands first among entries of one moment."""
TOGETHER = timedelta(minutes=15)
UNSEEN = object()
ICONS = {
    'created': 'plus', 'updated': 'pencil', 'deleted': 'trash', 'restored': 'arrow-back-up', 'merged': 'git-merge',
    'shared': 'share',
}  # fmt: skip
LOG_ICONS = {'call': 'phone', 'meeting': 'users', 'note': 'note', 'email': 'mail', 'visit': 'map-pin', 'message': 'message'}
MAIL_TONES = {'sent': 'ok', 'new': '', 'claimed': '', 'held': 'warn', 'uncertain': 'warn', 'failed': 'bad'}


def history_part(desk: Desk, record: Record, window: Window) -> Found:
    """What happened to the record itself. Changes of fields that are not for the reader leave no trace."""
    table, stage = record_history.c, desk.entity.stage
    where: list[Any] = window.bound(HISTORY, table.at, table.id, int)
    if window.kind == 'stage':
        where.append(histories.touching([stage.ref] if stage is not None else []))
    elif window.kind == 'change':
        where.append(table.kind == 'updated')
    elif window.kind == 'system':
        owner = desk.entity.fields['owner'].ref
        where.append(sa.or_(table.kind != 'updated', table.operation_id.is_not(None), histories.touching([owner])))
    elif window.kind:
        return Found(())
    found = desk.reader.history(record, window.size, where)
    places = [Place(each.at, HISTORY, str(each.id)) for each in found]
    shown = [(place, each) for place, each in zip(places, found, strict=True) if each.kind != 'updated' or says_something(each)]
    told = sight_words(desk.reader.session, [each for _place, each in shown])
    bulk = _operations(desk, [each for _place, each in shown])
    entries = [
        entry_view(desk, each) | {'place': place, 'sight': words, 'bulk': bulk.get(each.operation_id or '')}
        for (place, each), words in zip(shown, told, strict=True)
    ]
    if window.kind == 'change':
        entries = [each for each in entries if each['changes'] or each['sight']]
    return Found(entries, last_of(places, window.size))


def says_something(entry: HistoryEntry) -> bool:
    """Whether an update has anything in it that the reader may know."""
    return bool(entry.changes.keys() - QUIET or entry.sight.given or entry.sight.taken)


def _operations(desk: Desk, entries: Sequence[HistoryEntry]) -> Mapping[str, dict[str, str]]:
    """`{operation id: its title, and its address for who may open it}` of bulk changes; one statement."""
    ids = {each.operation_id for each in entries if each.operation_id}
    if not ids:
        return {}
    rows = desk.reader.session.connection().execute(
        sa.select(*operation.c['id', 'kind', 'title', 'actor_id']).where(operation.c.id.in_(sorted(ids)))
    )
    words = {'import': _('by an import'), 'merge': _('by a merge'), 'undo': _('by undoing a bulk change')}
    found = {}
    for row in rows:
        mine = desk.reader.policy.can_admin or row.actor_id == desk.reader.actor.user_id
        title = in_locale(row.title, desk.presenter.locale) if mine else ''
        found[row.id] = {
            'words': words.get(row.kind, _('by a bulk change')), 'title': title,
            'href': f'/operations/{row.id}' if mine else '',
        }  # fmt: skip
    return found


def logged_part(desk: Desk, record: Record, log: Log, window: Window) -> Found:
    """Notes, calls and meetings about the record, as far as the reader sees them."""
    document: list[dict[str, Any]] = [about(record, log.link.key), {'field': log.at.key, 'op': 'is_not_empty'}]
    if window.kind.startswith('log:') and log.kind is not None:
        document.append({'field': log.kind.key, 'op': 'eq', 'value': window.kind[4:]})
    elif window.kind and window.kind != 'log':
        return Found(())
    query = ListQuery(
        filter={'all': document}, sort=(Sort(log.at.key, descending=True),), size=window.size, columns=log.columns,
        cursor=window.cursor(LOGGED, log.at), counted=False,
    )  # fmt: skip
    records = desk.reader.list_page(log.entity.key, query).records
    entries = log_views(desk, record, log, records)
    return Found(entries, last_of([each['place'] for each in entries], window.size))


def log_views(desk: Desk, record: Record, log: Log, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Entries of the log as the timeline shows them: who may change them is asked once, names after an @ are looked up once."""
    view = FieldView(log.kind, desk.presenter.catalog, desk.presenter.locale) if log.kind else None
    labels = {option['key']: option['label'] for option in view.options} if view else {}
    changeable = _changeable(desk, log, records)
    bodies = [str(each.values.get(log.body.key) or '') for each in records]
    named = mentions.people_named(desk.reader.session, {name for body in bodies for name in mentions.names_in(body)})
    people = {each.username.lower(): each.name for each in named}
    return [
        _log_view(desk, log, each, body, labels) | {
            'parts': list(mentions.pieces(body, people)), 'editable': each.id in changeable,
            'path': f'/{record.entity.key}/{record.uid}/log/{each.uid}',
        }
        for each, body in zip(records, bodies, strict=True)
    ]  # fmt: skip


def _changeable(desk: Desk, log: Log, records: Sequence[Record]) -> frozenset[int]:
    """The entries that the person wrote and may change."""
    me = desk.reader.actor.user_id
    mine = [
        each for each in records if isinstance(by := each.values.get('created_by'), Link) and by.id == me and me is not None
    ]
    other = Desk(desk.runtime, desk.reader, desk.presenter, log.entity)
    return reached(other, 'update', mine) if mine else frozenset()


def _log_view(desk: Desk, log: Log, each: Record, body: str, labels: Mapping[str, str]) -> dict[str, Any]:
    kind = each.values.get(log.kind.key) if log.kind else None
    key = log.kind.wire(kind) if log.kind and kind is not None else ''
    author, files = each.values.get('created_by'), each.values.get(log.files.key) if log.files else None
    at: datetime = each.values[log.at.key]
    return entry_of(
        Place(at, LOGGED, str(each.id)), 'log', LOG_ICONS.get(key, log.entity.definition.icon), uid=each.uid, body=body,
        who=author.label if isinstance(author, Link) else '', what=labels.get(key, ''),
        title='' if body.startswith(each.title.rstrip('…')) else each.title, href=f'/{log.entity.key}/{each.uid}',
        files=shown_files(files or (), desk.presenter.locale), edited=each.revision > 1,
    )  # fmt: skip


def planned_part(desk: Desk, record: Record, plans: Sequence[Plan], window: Window) -> Iterable[Found]:
    """Appointments and tasks whose moment has passed; one source for each entity of them."""
    if window.kind not in {'', 'plan'}:
        return
    for number, plan in enumerate(plans):
        rank, status = PLANNED + number, plan.status
        past = {'all': [about(record, plan.link.key), {'field': plan.at.key, 'op': 'lt', 'value': {'now': 0}}]}
        query = ListQuery(
            filter=past, sort=(Sort(plan.at.key, descending=True),), size=window.size, counted=False,
            columns=plan_columns(desk, plan), cursor=window.cursor(rank, plan.at),
        )  # fmt: skip
        entries = []
        for each in desk.reader.list_page(plan.entity.key, query).records:
            state = each.values.get(status.key) if status is not None else None
            owner = each.values.get('owner')
            entries.append(entry_of(
                Place(each.values[plan.at.key], rank, str(each.id)), 'plan', plan.entity.definition.icon, title=each.title,
                href=f'/{plan.entity.key}/{each.uid}', what=plan.entity.definition.label_in(desk.presenter.locale),
                who=owner.label if isinstance(owner, Link) else '', tick=tick_of(desk, plan, each), revision=each.revision,
                status=desk.presenter.field(plan.entity, status.key) if status is not None and state is not None else None,
                state=status.wire(state) if status is not None and state is not None else '',
            ))  # fmt: skip
        yield Found(entries, last_of([each['place'] for each in entries], window.size))


def plan_columns(desk: Desk, plan: Plan) -> tuple[str, ...]:
    """What an entry of a plan needs, as far as it may be read."""
    status, calendar = plan.status, plan.entity.definition.calendar
    wanted = (plan.at.key, status.key if status else '', 'owner', calendar.repeat if calendar else '')
    readable = desk.reader.policy.readable(plan.entity.key)
    return tuple(key for key in wanted if key in readable)


def tick_of(desk: Desk, plan: Plan, record: Record) -> str:
    """Where the person says that what is theirs is done, while it is open; of a series each has its place in the calendar."""
    owner, status, calendar = record.values.get('owner'), plan.status, plan.entity.definition.calendar
    if not isinstance(owner, Link) or owner.id != desk.reader.actor.user_id or status is None or not plan.done:
        return ''
    value = record.values.get(status.key)
    over = value is not None and status.wire(value) in {*plan.done, *plan.cancelled}
    repeats = calendar is not None and record.values.get(calendar.repeat or '')
    return '' if over or repeats else f'/calendar/{plan.entity.key}/{record.uid}/done'


def mailed_part(desk: Desk, record: Record, window: Window) -> Found:
    """E-mails about the record with what became of them. What stands in one is for whoever reads the record's every field, for
    a template may have named any, and for who wrote it."""
    if window.kind not in {'', 'mail'}:
        return Found(())
    table = mail_message.c
    statement = (
        sa.select(table.id, table.recipient, table.sender_name, table.subject, table.text, table.state, table.run_id,
                  table.idempotency_key, table.created_at, table.sent_at)
        .where(table.record_uid == record.uid, *window.bound(MAILED, table.created_at, table.id, str))
        .order_by(table.created_at.desc(), table.id.desc())
        .limit(window.size)
    )  # fmt: skip
    rows = desk.reader.session.connection().execute(statement).all()
    whole = reads_whole(desk.reader.policy, desk.entity)
    places = [Place(row.created_at, MAILED, row.id) for row in rows]
    shown = [_mail_view(desk, place, row, open_=whole) for place, row in zip(places, rows, strict=True)]
    return Found(shown, last_of(places, window.size))


def _mail_view(desk: Desk, place: Place, row: Any, *, open_: bool) -> dict[str, Any]:
    open_ = open_ or row.idempotency_key.startswith(f'hand:{desk.reader.actor.user_id}:')
    return entry_of(
        place, 'mail', 'mail', who=row.sender_name, by_workflow=bool(row.run_id), tone=MAIL_TONES.get(row.state, ''),
        state=mail_states().get(row.state, row.state), subject=row.subject if open_ else '', to=row.recipient if open_ else '',
        body=row.text if open_ and not row.run_id else '', sent_at=row.sent_at if row.state == 'sent' else None,
    )  # fmt: skip


def sent_of(mailed: Found, window: Window) -> Mails | None:
    """What was sent, where the window holds all e-mails about the record."""
    if window.after is not None or window.kind not in {'', 'mail'} or mailed.last is not None:
        return None
    sent = [each['sent_at'] for each in mailed.entries if each['sent_at'] is not None]
    return Mails(len(sent), max(sent, default=None))


def mail_states() -> dict[str, str]:
    """How states of mails are called on pages."""
    return {
        'new': _('waiting to be sent'), 'claimed': _('being sent'), 'sent': _('sent'), 'failed': _('failed'),
        'uncertain': _('uncertain'), 'held': _('kept back: no mail server'),
    }  # fmt: skip


def entry_view(desk: Desk, entry: HistoryEntry) -> dict[str, Any]:
    """One line of the history: who, when, and each change as old and new value."""
    fields = desk.entity.fields
    changes = [
        {
            'field': desk.presenter.field(desk.entity, key),
            'old': desk.presenter.value(fields[key], old),
            'new': desk.presenter.value(fields[key], new),
            'ends': (old, new),
        }
        for key, (old, new) in entry.changes.items()
        if key not in QUIET
    ] if entry.kind == 'updated' else []  # fmt: skip
    at = fields['changed_at']
    return {
        'kind': entry.kind, 'icon': ICONS.get(entry.kind, 'point'), 'who': _who(desk, entry), 'who_id': entry.actor_id,
        'at': entry.at, 'revision': entry.revision,
        'at_text': at.type.text(at.definition, entry.at, desk.reader.reading),
        'changes': [each for each in changes if each['field'].type_key != 'stage'],
        'stage': next((each for each in changes if each['field'].type_key == 'stage'), None),
    }  # fmt: skip


def _who(desk: Desk, entry: HistoryEntry) -> str:
    catalog = desk.presenter.catalog
    return entry.actor if entry.actor_id is not None else actor_text(entry.actor, desk.presenter.locale, catalog.workflows)


def grouped(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes of fields that one person made one after the other within minutes become one entry: what was before the first
    and what is after the last. One that takes a field back to where it was stays apart: together they would tell nothing."""
    made: list[dict[str, Any]] = []
    for entry in entries:
        before = made[-1] if made else None
        if before is None or not _belong_together(before, entry):
            made.append(entry)
            continue
        changes = {each['field'].key: each for each in before['changes']}
        for each in entry['changes']:
            later = changes.get(each['field'].key)
            ends = (each['ends'][0], later['ends'][1]) if later else each['ends']
            changes[each['field'].key] = {**each, 'new': later['new'], 'ends': ends} if later else each
        made[-1] = {**before, 'changes': list(changes.values()), 'times': before.get('times', 1) + 1, 'first_at': entry['at']}
    return made


def _belong_together(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    if not (_is_plain(later) and _is_plain(earlier)) or _goes_back(later, earlier):
        return False
    return bool(later['who_id'] == earlier['who_id'] and later.get('first_at', later['at']) - earlier['at'] <= TOGETHER)


def _is_plain(entry: Mapping[str, Any]) -> bool:
    if entry['kind'] != 'updated' or entry['stage'] or entry.get('sight') or entry.get('bulk'):
        return False
    return not any(change['field'].widget in {'links', 'lines'} for change in entry['changes'])


def _goes_back(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    before = {each['field'].key: each['ends'][0] for each in earlier['changes']}
    return any(before.get(each['field'].key, UNSEEN) == each['ends'][1] for each in later['changes'])


def about(record: Record, link: str) -> dict[str, Any]:
    """The condition of records that are about this one."""
    return {'field': link, 'op': 'eq', 'value': {'entity': record.entity.key, 'uid': record.uid}}


def length_text(length: timedelta) -> str:
    """A length of time in its largest unit."""
    if length.days:
        return ngettext('%(num)s day', '%(num)s days', length.days)
    hours = length.seconds // 3600
    if hours:
        return ngettext('%(num)s hour', '%(num)s hours', hours)
    return ngettext('%(num)s minute', '%(num)s minutes', length.seconds // 60)
