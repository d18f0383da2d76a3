"""Preparing a home: system tables, recovery, the sales pack, the administrator and, when asked for, the demonstration."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrations.indexing import ensure_indexes
from migrations.service import publish_documents
from migrations.system.upgrade import upgrade_system
from modules.installation.service import save_settings
from modules.ops.roles import FirstStart, Prepare, Say
from modules.ops.settings import Settings
from modules.packs.built_in import read_built_in
from modules.packs.demo import DemoRecord, demo_records
from modules.packs.demo_words import load_words
from modules.people.demo import NORTH, SOUTH, ensure_admin, ensure_demo_people
from modules.pools.demo import ENTITY, WAITING, ensure_demo_pool
from modules.records.preparing import Change
from modules.runtime import Runtime
from permissions.actors import load_actor
from permissions.fab import sync_permissions
from permissions.tables import ab_user
from schema.base.actor import Actor, system_actor
from schema.base.clock import FrozenClock, SystemClock
from schema.base.ids import new_uid
from schema.catalog import Field
from schema.checks import check_documents
from schema.definitions import in_locale
from schema.system_names import SALES_PACK
from schema.values import Link
from schema.versions import read_state

DEFAULT_PACK = 'sales'
DEMO_SEED = 20260101
DEMO_TEAMS = {NORTH: 'Miền Bắc', SOUTH: 'Miền Nam'}
DEMO_PEOPLE = ('admin', 'manager', 'leader', 'rep', 'rep2')
CHUNK = 40
STORY_DAYS = 120  # the demonstration's records are dated over this many days, so that time in stage means something


def prepare_home(make_runtime: Callable[[Settings], Runtime]) -> Prepare:
    """The callable that `trellis up` runs before its processes start."""

    def prepare(settings: Settings, demo: bool, say: Say) -> FirstStart:
        runtime = make_runtime(settings)
        try:
            return prepare_runtime(runtime, demo=demo, say=say)
        finally:
            runtime.close()

    return prepare


def prepare_runtime(runtime: Runtime, *, demo: bool, say: Say) -> FirstStart:
    """Bring one database up to date. Safe to run again; a second run finds everything done and is quick."""
    upgrade_system(runtime.database)
    with runtime.database.reading() as connection:
        state = read_state(connection)
    if state is None:
        say('Making the CRM from the sales pack …')
        publish_documents(
            runtime.database, read_built_in(DEFAULT_PACK), runtime.clock,
            note=in_locale(SALES_PACK, runtime.settings.locale), sync_permissions=sync_permissions, check=check_documents,
        )  # fmt: skip
    else:
        runtime.publisher.recover()
        for name in ensure_indexes(runtime.database, runtime.catalogs.current(), runtime.clock):
            say(f'Index {name} is made.')
    with runtime.database.reading() as connection:
        if connection.execute(sa.select(ab_user.c.id).limit(1)).first():
            return FirstStart()
    password = runtime.settings.admin_password or secrets.token_urlsafe(9)
    now = runtime.clock.now()
    if demo:
        say('Filling in the demonstration records …')
        count = write_demo(runtime, password)
        say(f'{count} demonstration records are in.')
    else:
        with runtime.database.session() as session:
            ensure_admin(session, password, now)
    return FirstStart(admin_password=password)


def write_demo(runtime: Runtime, password: str) -> int:
    """The demonstration people and their records, dated over the last months; fires no workflow. Returns the number."""
    now = SystemClock().now()
    clock = FrozenClock(now)
    story = Runtime(runtime.settings, runtime.registries, clock=clock, database=runtime.database)
    found = list(demo_records(DEMO_SEED, now, DEMO_PEOPLE))
    totals = Counter(record.entity for record in found)
    written: Counter[str] = Counter()
    known: dict[str, Link] = {}
    with runtime.database.session() as session:
        users = ensure_demo_people(session, password, now, DEMO_TEAMS)
        said = load_words()['settings']
        wished = {'company_name': said['company_name'], 'default_locale': said['locale']}
        save_settings(session, wished, system_actor('demo'), now)
        ensure_demo_pool(session, runtime.catalogs.current(), users, now)
    unowned = _unowned(found)
    with runtime.database.reading() as connection:
        authors = _authors(connection, users)
    for entity, records in _in_chunks(found):
        written[entity] += len(records)
        clock.move(now - _age(written[entity] / totals[entity]) - clock.now())
        for username, own in groupby(sorted(records, key=attrgetter('owner')), key=attrgetter('owner')):
            _write(
                story,
                authors[username],
                entity,
                [_change(story, record, known, owned=record.key not in unowned) for record in own],
            )
    return len(found)


def _write(story: Runtime, author: Actor, entity: str, changes: list[Change]) -> None:
    story.write(author, lambda store: store.create_many(entity, changes), silent=True)
    problems = [str(each) for change in changes for each in change.findings if each.level == 'error']
    if problems:
        raise RuntimeError(f'the demonstration does not fit the pack: {problems[0]}')


def _authors(connection: Connection, users: Mapping[str, int]) -> dict[str, Actor]:
    """The demonstration's people as authors of their records, with the rights of the system: the story may set anything."""
    actors = {username: load_actor(connection, user_id) for username, user_id in users.items()}
    return {username: replace(actor, is_system=True) for username, actor in actors.items() if actor is not None}


def _age(part: float) -> timedelta:
    """How long ago a record was made: most of an entity's records are recent, the first are months old."""
    return timedelta(days=STORY_DAYS) * (1 - part) ** 2


def _in_chunks(found: Iterable[DemoRecord]) -> Iterator[tuple[str, list[DemoRecord]]]:
    for entity, group in groupby(found, key=lambda record: record.entity):
        records = list(group)
        for start in range(0, len(records), CHUNK):
            yield entity, records[start : start + CHUNK]


def _unowned(found: Sequence[DemoRecord]) -> frozenset[str]:
    """The newest leads that nobody has worked on: they wait in the pool."""
    fresh = [each.key for each in found if each.entity == ENTITY and each.wire.get('stage') == 'new']
    return frozenset(fresh[-WAITING:])


def _change(runtime: Runtime, record: DemoRecord, known: dict[str, Link], *, owned: bool) -> Change:
    entity = runtime.catalogs.current().entity(record.entity)
    known[record.key] = Link(record.entity, new_uid())
    wire = {key: _linked(entity.fields[key], value, known) for key, value in record.wire.items()}
    return Change(entity, known[record.key].uid, {**wire, 'owner': record.owner if owned else None})


def _linked(field: Field, value: Any, known: dict[str, Link]) -> Any:
    if not (isinstance(value, Mapping) and '$ref' in value):
        return value
    target = known[value['$ref']]
    return {'entity': target.entity, 'uid': target.uid} if field.type.key == 'link_any' else target.uid
