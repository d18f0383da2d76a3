"""From the table to other people's servers: claim, send, commit what they said. Never repeats what may not be repeated.

Several are sent at once, at most two to one host, so that a server that does not answer holds up only what is meant for it.
Whoever is killed between the claim and the commit leaves a claimed row; when its lease has run out it is tried again if the
other side tells repeats by their id, and else becomes `uncertain`, about which only a person may decide.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from modules.hooks.channels import Outcome, Unset, Way
from modules.hooks.tables import delivery
from modules.runtime import Runtime
from schema.base.clock import Clock, SystemClock
from schema.base.database import Database
from schema.base.findings import Finding, finding

LOG = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)  # longer than any attempt
AT_ONCE, OF_ONE_HOST = 8, 2
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 3600
GIVE_UP = timedelta(days=3)
LOOK_AGAIN_SECONDS = 0.5
LOOK_SECONDS = 30.0  # how long the thread of a chore goes on before it lets the worker look anew


class _UnderWay:
    """What is being sent at this moment, by host."""

    def __init__(self) -> None:
        self.hosts: dict[Future[bool], str] = {}

    def add(self, host: str, future: Future[bool]) -> None:
        self.hosts[future] = host

    def full(self) -> list[str]:
        """Hosts that take no more for now."""
        return [host for host, count in Counter(self.hosts.values()).items() if count >= OF_ONE_HOST]

    def has_room(self, host: str, claimed: Sequence[Any]) -> bool:
        hosts = [*self.hosts.values(), *(row.host for row in claimed)]
        return len(hosts) < AT_ONCE and hosts.count(host) < OF_ONE_HOST

    def ended(self) -> int:
        """Wait until one is over; how many of those that are arrived."""
        over, _rest = wait(self.hosts, timeout=LOOK_AGAIN_SECONDS, return_when=FIRST_COMPLETED)
        return sum([self.hosts.pop(each) is not None and each.result() for each in over])


class Courier:
    """One process's deliveries. `wall` is the real time, also under `--at`."""

    def __init__(self, runtime: Runtime, worker: str, wall: Clock | None = None) -> None:
        self._runtime, self._worker, self._wall = runtime, worker, wall or SystemClock()
        self._database = runtime.database

    def drain(self, seconds: float) -> int:
        """Send what is due until nothing is left or the seconds are over; how many arrived."""
        ends_at, under_way, sent = time.monotonic() + seconds, _UnderWay(), 0
        settle_lost(self._database, self._wall.now())
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix='delivery') as pool:
            while True:
                if time.monotonic() < ends_at and threading.main_thread().is_alive():
                    for row, way in self._claim(under_way):
                        under_way.add(row.host, pool.submit(self._deliver, row, way))
                if not under_way.hosts:
                    return sent
                sent += under_way.ended()

    def _claim(self, under_way: _UnderWay) -> list[tuple[Any, Way]]:
        """The next ones, fairly by host; what belongs to a channel that is not set up is held."""
        ways: dict[str, Way] = {}
        claims = []
        for row_id, channel, host in self._choose(under_way):
            if not under_way.has_room(host, [row for row, _way in claims]):
                continue
            try:
                way = ways.get(channel) or ways.setdefault(channel, self._open(channel))
            except Unset as unset:
                self._hold(channel, unset.found)
                continue
            if (row := self._take(row_id, way)) is not None:
                claims.append((row, way))
        return claims

    def _open(self, channel: str) -> Way:
        """Raises: Unset."""
        opened: Way = self._runtime.registries.channels.get(channel).open(self._runtime)
        return opened

    def _choose(self, under_way: _UnderWay) -> Sequence[Any]:
        now, table = self._wall.now(), delivery
        place = sa.func.row_number().over(partition_by=table.c.host, order_by=(table.c.due_at, table.c.id)).label('place')
        waiting = (*_due(now), table.c.host.not_in(under_way.full()))
        due = sa.select(table.c.id, table.c.channel, table.c.host, table.c.due_at, place).where(*waiting).subquery()
        fair = sa.select(due.c.id, due.c.channel, due.c.host).where(due.c.place <= OF_ONE_HOST)
        with self._database.reading() as connection:
            return connection.execute(fair.order_by(due.c.due_at, due.c.id).limit(AT_ONCE)).all()

    def _take(self, row_id: str, way: Way) -> Any:
        """None when somebody else was quicker."""
        now, table = self._wall.now(), delivery
        values = {
            'state': 'claimed', 'claimed_by': self._worker, 'lease_until': now + LEASE, 'attempts': table.c.attempts + 1,
            'repeatable': way.repeatable,
        }  # fmt: skip
        with self._database.writing() as connection:
            mine = table.update().where(table.c.id == row_id, *_due(now)).values(values)
            return connection.execute(mine.returning(*table.c)).first()

    def _hold(self, channel: str, found: Finding) -> None:
        due = delivery.update().where(delivery.c.channel == channel, *_due(self._wall.now()))
        with self._database.writing() as connection:
            connection.execute(due.values(state='held', error=_stored(found)))

    def _deliver(self, row: Any, way: Way) -> bool:
        try:
            outcome = way.send(row, self._wall.now())
        except Exception as error:  # the edge of a job: a fault of ours must not stop the others
            LOG.exception('delivery %s', row.id)
            reason = f'{type(error).__name__}: {error}'[:300]
            outcome = Outcome('new' if way.repeatable else 'uncertain', finding('HOK-E012', reason=reason))
        self._settle(row, outcome)
        return outcome.state == 'sent'

    def _settle(self, row: Any, outcome: Outcome) -> None:
        """Commit what is known now; a row that is no longer this claim's is left as it is."""
        now, table = self._wall.now(), delivery
        values: dict[str, Any] = {
            'state': outcome.state, 'claimed_by': None, 'lease_until': None, 'told': dict(outcome.told) or None,
            'error': _stored(outcome.found) if outcome.found else None,
        }  # fmt: skip
        if outcome.state == 'sent':
            values['sent_at'] = now
        elif outcome.state == 'new':
            due_at = now + max(pause(row.attempts), outcome.after or timedelta())
            values['due_at'] = due_at
            if due_at - row.since > GIVE_UP:
                reason = {tongue: outcome.found.text(tongue) if outcome.found else '' for tongue in ('en', 'vi')}
                values |= {'state': 'failed', 'error': _stored(finding('HOK-E013', attempts=row.attempts, reason=reason))}
        mine = (table.c.id == row.id, table.c.claimed_by == self._worker, table.c.attempts == row.attempts)
        with self._database.writing() as connection:
            connection.execute(table.update().where(*mine).values(values))


_running: WeakKeyDictionary[Runtime, threading.Thread] = WeakKeyDictionary()
_lock = threading.Lock()


def keep_delivering(runtime: Runtime) -> None:
    """The worker's chore: lets a thread of its own deliver while anything is due, for other chores must not wait for servers
    of other people."""
    with _lock:
        thread = _running.get(runtime)
        if (thread is not None and thread.is_alive()) or not is_due(runtime.database, SystemClock().now()):
            return
        thread = _running[runtime] = threading.Thread(target=_run, args=(runtime,), name='deliveries')
        thread.start()


def _run(runtime: Runtime) -> None:
    with suppress(SQLAlchemyError):  # the database went away: the next turn of the chore begins again
        Courier(runtime, f'courier-{secrets.token_hex(8)}').drain(LOOK_SECONDS)


def is_due(database: Database, now: datetime) -> bool:
    """Whether anything waits to be sent, or was left by a process that vanished."""
    lost = sa.and_(delivery.c.state == 'claimed', delivery.c.lease_until < now)
    with database.reading() as connection:
        return (
            connection.execute(sa.select(delivery.c.id).where(sa.or_(sa.and_(*_due(now)), lost)).limit(1)).first() is not None
        )


def settle_lost(database: Database, now: datetime) -> int:
    """Claims whose worker vanished: what the other side knows by its id is tried again, the rest is uncertain; how many."""
    table = delivery
    lost = (table.c.state == 'claimed', table.c.lease_until < now)
    with database.reading() as connection:
        if connection.execute(sa.select(table.c.id).where(*lost).limit(1)).first() is None:
            return 0
    with database.writing() as connection:
        free: Mapping[str, Any] = {'claimed_by': None, 'lease_until': None}
        again = table.update().where(*lost, table.c.repeatable).values(state='new', due_at=now, **free)
        doubtful = table.update().where(*lost, ~table.c.repeatable)
        counts = [
            connection.execute(again).rowcount,
            connection.execute(doubtful.values(state='uncertain', error=_stored(finding('HOK-E014')), **free)).rowcount,
        ]
    return sum(counts)


def pause(attempts: int) -> timedelta:
    """Growing, with a random part, so that many deliveries do not knock at once."""
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** min(attempts, 12), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return delivery.c.state == 'new', delivery.c.due_at <= now


def _stored(found: Finding) -> dict[str, Any]:
    """A finding as kept in the error column: code and params, so that it can be read in any locale."""
    return {'code': found.code, 'pointer': found.pointer, 'params': dict(found.params)}
