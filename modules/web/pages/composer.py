"""The composer of a timeline: which tabs a person has, and what they write becomes: notes, calls, meetings, tasks, e-mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import g, request
from flask_babel import gettext as _

from modules.records.model import Record
from modules.timeline import mentions
from modules.timeline.logs import NOTE, Log, Plan
from modules.web.attachments import read_files, typed_files
from modules.web.pages.context import Desk
from modules.web.pages.letters import can_write_letters
from modules.web.pages.timeline_entries import LOG_ICONS
from modules.web.presenting import FieldView
from schema.base.errors import Invalid
from schema.base.ids import new_uid

TASK, MAIL = '~task', '~mail'
SHOWN_KINDS = 4


@dataclass(frozen=True)
class Typed:
    """What stood in the composer when it was refused, and why it was."""

    body: str = ''
    kind: str = ''
    title: str = ''
    due: str = ''
    at: str = ''
    errors: Sequence[str] = ()


@dataclass(frozen=True)
class Written:
    """What was kept, and the people whom the note names and who may not see the record."""

    text: str
    unseeing: Sequence[str] = ()


def composer(desk: Desk, record: Record, log: Log | None, plans: Sequence[Plan], typed: Typed) -> dict[str, Any] | None:
    """What the macro draws; None when the person may write nothing about the record."""
    options = [*_log_options(desk, log), *_task_option(desk, plans)]
    if can_write_letters(desk, record):
        options.append({'key': MAIL, 'label': _('E-mail'), 'icon': 'mail'})
    if not options:
        return None
    chosen = typed.kind if any(each['key'] == typed.kind for each in options) else options[0]['key']
    files = log.files if log is not None else None
    writable = desk.reader.policy.writable(log.entity.key) if log is not None else frozenset()
    now = desk.reader.clock.now().astimezone(desk.reader.reading.zone)
    return {
        'options': options, 'chosen': chosen, 'typed': typed.body, 'errors': list(typed.errors), 'uid': new_uid(),
        'title': typed.title, 'due': typed.due or _tomorrow(now), 'task': TASK, 'mail': MAIL, 'at': typed.at,
        'dated': log is not None and log.at.key in writable,
        'files': desk.presenter.field(log.entity, files.key) if log and files and files.key in writable else None,
        'kept_files': typed_files(files.key, request.form) if files is not None and typed.errors else [],
    }  # fmt: skip


def as_sent(desk: Desk, log: Log | None, plans: Sequence[Plan]) -> list[tuple[FieldView, Any]]:
    """What the composer sent, as pages show it."""
    plan = task_plan(desk, plans) if request.form.get('kind') == TASK else None
    if plan is not None:
        said = [(plan.entity, plan.entity.title.key, 'title'), (plan.entity, plan.at.key, 'due')]
    else:
        said = [(log.entity, log.body.key, 'body')] if log is not None else []
    return [(desk.presenter.field(entity, key), request.form.get(name, '')) for entity, key, name in said]


def keep(desk: Desk, record: Record, log: Log | None, plans: Sequence[Plan]) -> Written:
    """Store what the composer sent. Raises: Invalid or Conflict of the store, REC-E001 for an empty text, REC-E017 for a tab
    that is not the person's."""
    kind, uid = request.form.get('kind', ''), request.form.get('uid') or None
    if kind == TASK:
        plan = task_plan(desk, plans)
        if plan is None:
            raise Invalid.of('REC-E017', '/kind', value=kind)
        wire = _task_wire(desk, record, plan)
        key = plan.entity.key
        desk.runtime.write(g.actor, lambda store: store.create(key, wire, uid=uid), catalog=g.catalog)
        return Written(_('Saved: %(entity)s', entity=plan.entity.definition.label_in(desk.presenter.locale)))
    if log is None:
        raise Invalid.of('REC-E017', '/body', value='body')
    desk.reader.policy.require('create', log.entity.key)
    body = request.form.get('body', '').strip()
    if not body:
        raise Invalid.of('REC-E001', f'/{log.body.key}', label=log.body.definition.label)
    wire, log_key = _log_wire(desk, log, record, body), log.entity.key
    saved = desk.runtime.write(g.actor, lambda store: store.create(log_key, wire, uid=uid), catalog=g.catalog)
    return Written(_('Saved to the timeline'), tell_named(desk, record, saved.uid, body))


def change(desk: Desk, record: Record, log: Log, uid: str, body: str, revision: int | None) -> Written:
    """Another text for a note. People it names newly are told. Raises: as the store, REC-E001."""
    if not body:
        raise Invalid.of('REC-E001', f'/{log.body.key}', label=log.body.definition.label)
    wire: dict[str, Any] = {log.body.key: body}
    entry = desk.reader.get(log.entity.key, uid, columns=(log.body.key,))
    if log.title is not None and str(entry.values.get(log.body.key) or '').startswith(entry.title.rstrip('…')):
        wire[log.title.key] = first_line(log, body)
    key = log.entity.key
    desk.runtime.write(g.actor, lambda store: store.update(key, uid, wire, base_revision=revision), catalog=g.catalog)
    return Written(_('Note changed'), tell_named(desk, record, uid, body))


def tell_named(desk: Desk, record: Record, log_uid: str, body: str) -> list[str]:
    """Tell the people whom the text names with an @; the names of those who may not see the record and heard nothing."""
    people = mentions.people_named(desk.reader.session, mentions.names_in(body))
    if not people:
        return []
    with desk.runtime.database.session() as session:
        seeing = mentions.who_may_see(desk.runtime, g.catalog, session, record, people)
        now, by = desk.reader.clock.now(), (g.actor.user_id, g.actor.name)
        mentions.notify(session, record, seeing, log_uid=log_uid, by=by, now=now)
    return [each.name for each in people if each.id not in seeing]


def task_plan(desk: Desk, plans: Sequence[Plan]) -> Plan | None:
    """The entity of tasks that the person may add to."""
    policy = desk.reader.policy
    for plan in plans:
        needed = {plan.link.key, plan.at.key, plan.entity.title.key}
        creates = plan.kind == 'task' and policy.scope('create', plan.entity.key) != 'none'
        if creates and needed <= policy.writable(plan.entity.key):
            return plan
    return None


def first_line(log: Log, text: str) -> str:
    """The title of a note that has none of its own."""
    longest = int(log.title.definition.document.get('maxLength', 200)) if log.title is not None else 120
    line, most = text.splitlines()[0].strip(), min(longest, 120)
    return line if len(line) <= most else f'{line[: most - 1].rstrip()}…'


def _log_wire(desk: Desk, log: Log, record: Record, body: str) -> dict[str, Any]:
    """What is said of a moment counts for calls and meetings; without a word it is now."""
    wire: dict[str, Any] = {log.link.key: {'entity': record.entity.key, 'uid': record.uid}, log.body.key: body}
    kind, at = request.form.get('kind', ''), request.form.get('at', '').strip()
    if log.kind is not None and kind:
        wire[log.kind.key] = kind
    if at and kind != NOTE:
        wire[log.at.key] = log.at.type.parse(log.at.definition, at, desk.reader.reading)
    if log.title is not None and log.title.key != log.body.key:
        wire[log.title.key] = first_line(log, body)
    if log.files is not None and log.files.key in request.form:
        wire[log.files.key] = read_files(log.files, request.form)
    return wire


def _task_wire(desk: Desk, record: Record, plan: Plan) -> dict[str, Any]:
    link = {'entity': record.entity.key, 'uid': record.uid}
    title, due = request.form.get('title', '').strip(), request.form.get('due', '')
    moment = plan.at.type.parse(plan.at.definition, due, desk.reader.reading)
    return {plan.link.key: link, plan.entity.title.key: title, plan.at.key: moment}


def _log_options(desk: Desk, log: Log | None) -> list[dict[str, Any]]:
    if log is None:
        return []
    policy, kind = desk.reader.policy, log.kind
    needed = {log.link.key, log.body.key, *([log.title.key] if log.title else [])}
    writable = policy.writable(log.entity.key)
    if policy.scope('create', log.entity.key) == 'none' or not needed <= writable:
        return []
    if kind is None or kind.key not in writable:
        label, icon = log.entity.definition.label_in(desk.presenter.locale), log.entity.definition.icon
        return [{'key': '', 'label': label, 'icon': icon, 'dated': True}]
    view = FieldView(kind, desk.presenter.catalog, desk.presenter.locale)
    options = [
        {**each, 'icon': LOG_ICONS.get(each['key'], log.entity.definition.icon), 'dated': each['key'] != NOTE}
        for each in view.options if not each['retired']
    ]  # fmt: skip
    options.sort(key=lambda each: each['key'] != (kind.definition.default or 'note'))
    return options[:SHOWN_KINDS]


def _task_option(desk: Desk, plans: Sequence[Plan]) -> list[dict[str, Any]]:
    plan = task_plan(desk, plans)
    if plan is None:
        return []
    definition = plan.entity.definition
    return [{'key': TASK, 'label': definition.label_in(desk.presenter.locale), 'icon': definition.icon}]


def _tomorrow(now: datetime) -> str:
    return f'{now + timedelta(days=1):%Y-%m-%dT09:00}'
