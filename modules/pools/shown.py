"""Pools in words and rows for pages: records under the reader's rights, whole days left, what happened. Decides no right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.pools import managing, queries
from modules.pools.model import Lying, Mine
from modules.records.model import ListQuery, Record
from modules.web.pages.context import Desk
from permissions.actors import full_name
from permissions.policy import Policy
from permissions.tables import ab_user
from schema.base.text import in_sentence
from schema.fieldtypes.days import day_text, short_day_text

PAGE = 30
COLUMNS = 4


def page_of(desk: Desk, here: Mine, number: int) -> dict[str, Any]:
    """What `pools/pool.html` shows of one pool: the records that wait, a page at a time, and those that are held."""
    session, entity, pool, actor = desk.reader.session, desk.entity, here.pool, desk.reader.actor
    connection = session.connection()
    sees = desk.reader.policy.scope('read', entity.key) != 'none'
    waiting = queries.list_waiting(connection, pool, entity, limit=PAGE, skip=(number - 1) * PAGE) if sees else []
    mine = queries.list_claimed(connection, pool, entity, user_id=actor.user_id, limit=PAGE) if sees else []
    others = [
        each for each in queries.list_claimed(connection, pool, entity, limit=PAGE * 2) if each.claimed_by != actor.user_id
    ] if here.manager and sees else []  # fmt: skip
    keys = [key for key in desk.layouts.list if key not in {'owner', 'team'}][:COLUMNS]
    columns = desk.presenter.fields(entity, keys)
    names = _names(connection, [each.claimed_by for each in others])
    return {
        'entity': entity, 'singular': in_sentence(entity.definition.label_in(actor.locale)),
        'plural': entity.definition.plural_in(actor.locale), 'columns': columns,
        'waiting': _rows(desk, waiting, keys), 'held': _rows(desk, mine, keys),
        'others': [{**row, 'who': names.get(row['lying'].claimed_by, '')} for row in _rows(desk, others, keys)],
        'targets': [each for each in managing.offered_for(desk.runtime, actor, entity) if each.id != pool.id],
        'size': PAGE, 'resets': _instant(here.resets_at, desk), 'rules': rules(here.pool),
    }  # fmt: skip


def rules(pool: Any) -> list[str]:
    """How the pool works, in a sentence each: the limit, when records go back, and what counts as activity."""
    told = []
    if pool.daily_limit is not None:
        told.append(
            ngettext('Each member claims at most %(num)s a day.', 'Each member claims at most %(num)s a day.', pool.daily_limit)
        )
    if pool.return_days is not None:
        told.append(
            ngettext(
                'A record goes back after %(num)s day without activity.',
                'A record goes back after %(num)s days without activity.',
                pool.return_days,
            )
        )  # fmt: skip
        told.append(counted(pool.activity))
    return told


def counted(activity: str) -> str:
    """What counts as activity, in words."""
    if activity == 'anyone':
        return _(
            'Activity is: anybody changes the record or adds something about it, such as a call, a task or an appointment.'
        )
    return _('Activity is: its owner changes the record or adds something about it, such as a call, a task or an appointment.')


def note(desk: Desk, record: Record) -> dict[str, Any] | None:
    """The pool that a record lies in, for the head of its page: for its owner, the pool's people and administrators."""
    actor, policy, now = desk.reader.actor, desk.reader.policy, desk.reader.clock.now()
    connection = desk.reader.session.connection()
    if not any(each.entity_ref == desk.entity.ref for each in queries.known_pools(connection, g.rights_epoch).values()):
        return None
    found = queries.lying(connection, desk.entity, [record.id]).get(record.id)
    if found is None or not _concerns(found, actor, policy):
        return None
    here = f'/pools/{found.pool.uid}'
    reason = queries.last_reason(connection, desk.entity, record.id)
    detail = _('Given back by %(who)s: %(why)s', who=reason[0], why=reason[1]) if reason else ''
    told = {'icon': 'bucket', 'tone': '', 'href': here, 'link': found.pool.name, 'detail': detail}
    if found.claimed_by is None:
        member = f'p{found.pool.id}' in actor.principals
        action = {'url': f'{here}/claim', 'label': _('Claim'), 'icon': 'hand-grab', 'value': record.uid} if member else None
        return {**told, 'text': _('Waits in the pool'), 'action': action}
    may_release = found.pool.active and (
        found.claimed_by == actor.user_id or policy.can_admin or queries.is_manager(actor, found.pool)
    )  # fmt: skip
    ask = {'ask': f'{here}/release/{record.uid}', 'label': _('Give back'), 'icon': 'arrow-back-up'} if may_release else None
    zone = desk.reader.clock.zone
    left = days_left(found, now, zone)
    text = _('Claimed from the pool')
    return {**told, 'tone': 'warn' if found.warned(now, zone) else '', 'text': text, 'more': left, 'action': ask}


def days_left(found: Lying, now: datetime, zone: ZoneInfo) -> str:
    """`goes back in 2 days`; blank where records stay."""
    left = found.days_left(now, zone)
    if left is None:
        return ''
    if left == 0:
        return _('goes back today')
    return ngettext('goes back in %(num)s day', 'goes back in %(num)s days', left)


def _concerns(found: Lying, actor: Any, policy: Policy) -> bool:
    belongs = {f'p{found.pool.id}', f'm{found.pool.id}'} & actor.principals
    return policy.can_admin or found.claimed_by == actor.user_id or bool(belongs)


def _rows(desk: Desk, found: Sequence[Lying], keys: Sequence[str]) -> list[dict[str, Any]]:
    """The records that the person sees, in the order given."""
    if not found:
        return []
    wanted = {'field': 'uid', 'op': 'in', 'value': [each.record_uid for each in found]}
    readable = [key for key in keys if key in desk.reader.policy.readable(desk.entity.key)]
    query = ListQuery(filter=wanted, columns=tuple(readable), size=len(found), counted=False)
    records = {each.uid: each for each in desk.reader.list_page(desk.entity.key, query).records}
    now, zone = desk.reader.clock.now(), desk.reader.clock.zone
    return [
        {
            'uid': each.record_uid, 'lying': each, 'title': record.title, 'values': desk.presenter.record(record),
            'href': f'/{desk.entity.key}/{each.record_uid}', 'since': _day(each.put_at, desk),
            'left': days_left(each, now, zone), 'warned': each.warned(now, zone),
        }
        for each in found
        if (record := records.get(each.record_uid)) is not None
    ]  # fmt: skip


def _names(connection: Any, user_ids: Sequence[int | None]) -> dict[int | None, str]:
    ids = sorted({each for each in user_ids if each is not None})
    rows = connection.execute(
        sa.select(ab_user.c.id, ab_user.c.first_name, ab_user.c.last_name, ab_user.c.username).where(ab_user.c.id.in_(ids))
    )
    return {row.id: full_name(row.first_name, row.last_name) or row.username for row in rows}


def _day(at: datetime, desk: Desk) -> str:
    return day_text(at.astimezone(desk.reader.reading.zone), desk.presenter.locale)


def _instant(at: datetime, desk: Desk) -> str:
    local = at.astimezone(desk.reader.reading.zone)
    return f'{short_day_text(local, desk.presenter.locale)} {local:%H:%M}'
