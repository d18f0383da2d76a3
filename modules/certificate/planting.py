"""Fills an installation with people of every role and records whose every value is known. Writes past the store on purpose.

A named query file: what is planted must not be shaped by the rules and rights that are being tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.certificate.canaries import Canaries, Mark
from modules.files.storage import FileStore
from modules.files.tables import file_attachment, stored_file
from modules.pools.placing import enter
from modules.pools.queries import get_pool
from modules.records.tables import record_history
from modules.ways import Plant
from permissions.actors import bump_rights
from permissions.fab_tables import roles, user_roles, users
from permissions.granting import grant
from permissions.tables import pool, pool_member, team, team_member
from schema.base.actor import principal, system_actor
from schema.base.ids import new_uid
from schema.base.money import Money
from schema.base.stage_log import stage_log
from schema.catalog import Catalog, Entity, Field
from schema.fieldtypes.stage import SINCE
from schema.values import TEAM, USER, Address, Link, StoredFile

NO_ROLE = '-'
OTHERS = ('mate', 'below', 'stranger')
"""Whose records stand beside everybody's own: somebody of the same team, of the team below it, of another team."""
SHARED, UNOWNED, POOLED = 'shared', 'unowned', 'pooled'
"""Nobody owns the last two: one waits in a pool of strangers, the other in one that everybody belongs to."""
BESIDE = ('stranger', SHARED)
"""Of these records modules keep something elsewhere too: letters, runs, notices."""
FORMER_TYPES = frozenset({'text', 'long_text', 'email'})
CONTENT = 'Planted for the leak certificate: {word}\n'


@dataclass(frozen=True)
class Planted:
    """One record. `variant` says whose it is; `values` are what its fields hold, `files` the uids of its files by field."""

    entity: str
    variant: str
    id: int
    uid: str
    values: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Beside:
    """What a plant of a way is given: a record, and a word of its title's to write wherever the module tells of it."""

    session: Session
    catalog: Catalog
    entity: Entity
    record: Planted
    word: str
    people: Mapping[str, int]
    now: datetime


@dataclass
class World:
    """What was planted. `people` are user ids by role key, `-` for somebody without a role; `pools` are `{entity: uids of the
    pool that they all belong to, and of the strangers' own}`."""

    canaries: Canaries = field(default_factory=Canaries)
    people: dict[str, int] = field(default_factory=dict)
    pools: dict[str, tuple[str, str]] = field(default_factory=dict)
    records: dict[str, dict[str, Planted]] = field(default_factory=dict)
    marked: dict[str, frozenset[str]] = field(default_factory=dict)
    """`{entity: fields whose values can be told from all others}`; of a tick or an option only the place can be watched."""


class Planter:
    """Plants one world in one transaction."""

    def __init__(self, session: Session, catalog: Catalog, store: FileStore, now: datetime) -> None:
        self._session, self._catalog, self._store, self._now = session, catalog, store, now
        self._world = World()
        self._owners: dict[str, tuple[int | None, int | None]] = {}
        self._ids: dict[tuple[str, str], tuple[int, str]] = {}

    def plant(self, plants: Sequence[Plant] = ()) -> World:
        self._people()
        for entity in self._catalog.entities.values():
            for variant in self._variants:
                self._ids[entity.key, variant] = (0, new_uid())
        for entity in self._catalog.entities.values():  # rows first, then what points from one to another
            for variant in self._variants:
                self._row(entity, variant)
        for entity in self._catalog.entities.values():
            self._link(entity)
            self._share(entity)
            self._pools(entity)
            for each in plants:
                for variant in BESIDE:
                    each(self._beside(entity, variant))
        bump_rights(self._session)
        return self._world

    # --- people ----------------------------------------------------------------------------------------------------

    @property
    def _variants(self) -> tuple[str, ...]:
        return (*(f'own:{role}' for role in self._world.people), *OTHERS, SHARED, POOLED, UNOWNED)

    def _people(self) -> None:
        ids = {row.name: row.id for row in self._session.execute(sa.select(roles.c.id, roles.c.name))}
        here = self._team('canary', None)
        below, other = self._team('canary below', here), self._team('canary elsewhere', None)
        for number, role in enumerate([*self._catalog.roles, NO_ROLE]):
            user_id = self._user(f'canary{number}', here)
            self._world.people[role] = user_id
            self._owners[f'own:{role}'] = (user_id, here)
            if role in ids:
                self._session.execute(user_roles.insert().values(user_id=user_id, role_id=ids[role]))
        for name, where in zip(OTHERS, (here, below, other), strict=True):
            self._owners[name] = (self._user(f'canary_{name}', where), where)
        self._owners[SHARED] = self._owners['stranger']
        self._owners[POOLED] = self._owners[UNOWNED] = (None, None)

    def _team(self, name: str, parent: int | None) -> int:
        adding = team.insert().values(uid=new_uid(), name=name, parent_id=parent, created_at=self._now)
        made: int = self._session.execute(adding.returning(team.c.id)).scalar_one()
        return made

    def _user(self, username: str, team_id: int) -> int:
        adding = users.insert().values(
            username=username, first_name='Canary', last_name=username, email=f'{username}@canary.example', active=True,
            password='!', created_on=self._now, changed_on=self._now,
        )  # fmt: skip
        user_id: int = self._session.execute(adding.returning(users.c.id)).scalar_one()
        self._session.execute(team_member.insert().values(team_id=team_id, user_id=user_id, is_leader=False))
        return user_id

    # --- records ---------------------------------------------------------------------------------------------------

    def _row(self, entity: Entity, variant: str) -> None:
        owner_id, team_id = self._owners[variant]
        uid = self._ids[entity.key, variant][1]
        values = {each.key: self._value(entity, each, variant) for each in entity.own_fields if _has_columns(each)}
        row: dict[str, Any] = {
            'uid': uid, 'owner_id': owner_id, 'team_id': team_id, 'revision': 2, 'created_at': self._now,
            'changed_at': self._now, 'created_by_id': owner_id, 'changed_by_id': owner_id,
        }  # fmt: skip
        for key, value in values.items():
            row.update(entity.fields[key].to_columns(value))
        if entity.stage is not None:
            row[entity.stage.definition.column + SINCE] = self._now - timedelta(days=40)
        row_id = self._session.execute(entity.table.insert().values(row).returning(entity.table.c.id)).scalar_one()
        self._ids[entity.key, variant] = (row_id, uid)
        files = {key: value[0].uid for key, value in values.items() if value and isinstance(value, tuple) and _is_file(value)}
        planted = Planted(entity.key, variant, row_id, uid, values, files)
        self._world.records.setdefault(entity.key, {})[variant] = planted
        self._world.marked[entity.key] = frozenset(each.key for each in entity.own_fields if _mint(each) is not None)
        self._lines(entity, planted)
        self._past(entity, planted)
        self._attach(entity, planted)

    def _value(self, entity: Entity, each: Field, variant: str) -> Any:
        mark = Mark(entity.key, variant, each.key)
        if (mint := _mint(each)) is not None:
            value = mint(self._world.canaries, mark)
            return self._file(value, each) if _is_file(value) else value
        return _plain(each, self._now, self._owners['stranger'])

    def _file(self, value: tuple[StoredFile, ...], each: Field) -> tuple[StoredFile, ...]:
        found = value[0]
        path = self._store.path(found.uid)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = CONTENT.format(word=found.name).encode()
        path.write_bytes(content)
        whole = StoredFile(found.uid, found.name, len(content), found.media)
        self._session.execute(stored_file.insert().values(
            uid=whole.uid, name=whole.name, size=whole.size, media=whole.media, digest='0' * 64, created_at=self._now,
            attached_at=self._now,
        ))  # fmt: skip
        return (whole,)

    def _attach(self, entity: Entity, planted: Planted) -> None:
        for key, uid in planted.files.items():
            self._session.execute(file_attachment.insert().values(
                file_uid=uid, entity_ref=entity.ref, record_uid=planted.uid, field_ref=entity.fields[key].ref, since=self._now
            ))  # fmt: skip

    def _lines(self, entity: Entity, planted: Planted) -> None:
        for each in entity.collections:
            if each.lines is None or each.table is None:
                continue
            row: dict[str, Any] = {'uid': new_uid(), 'parent_id': planted.id, 'position': 0}
            mark = Mark(entity.key, planted.variant, each.key)
            for part in each.lines.own_fields:
                mint = _mint(part)
                chosen = mint(self._world.canaries, mark) if mint is not None else _plain(part, self._now, (None, None))
                row.update(part.to_columns(None if _is_file(chosen) else chosen))
            if 'changed_at' in each.table.c:
                row['changed_at'] = self._now
            self._session.execute(each.table.insert().values(row))
            if any(_mint(part) is not None for part in each.lines.own_fields):
                self._world.marked[entity.key] |= {each.key}

    def _past(self, entity: Entity, planted: Planted) -> None:
        """A first revision whose texts were others, and the stay in the present stage."""
        before: dict[str, Any] = {}
        for each in entity.own_fields:
            if each.type.key in FORMER_TYPES and _has_columns(each):
                word = self._world.canaries.word(Mark(entity.key, planted.variant, each.key, former=True))
                before[each.ref] = f'{word}@canary.example' if each.type.key == 'email' else word
        now = {ref: entity.by_ref[ref].type.freeze(entity.by_ref[ref].definition, planted.values[entity.by_ref[ref].key])
               for ref in before}  # fmt: skip
        changes = ({ref: [None, old] for ref, old in before.items()}, {ref: [old, now[ref]] for ref, old in before.items()})
        for number, (kind, pairs) in enumerate(zip(('created', 'updated'), changes, strict=True), 1):
            self._session.execute(record_history.insert().values(
                entity_ref=entity.ref, record_uid=planted.uid, revision=number, kind=kind, changes=pairs, actor_name='canary',
                at=self._now - timedelta(hours=3 - number), version=entity.version,
            ))  # fmt: skip
        stage = entity.stage
        if stage is not None:
            pipeline = next(
                each for each in entity.definition.pipelines
                if any(step.ref == planted.values[stage.key] for step in each.stages)
            )  # fmt: skip
            self._session.execute(stage_log.insert().values(
                entity_ref=entity.ref, record_uid=planted.uid, pipeline_ref=pipeline.ref,
                stage_ref=planted.values[stage.key], entered_at=self._now - timedelta(days=40), actor_name='canary',
            ))  # fmt: skip

    # --- between records -------------------------------------------------------------------------------------------

    def _link(self, entity: Entity) -> None:
        """Links lead to a stranger's record and to the record of the same owner by turns; strangers' links lead to what is
        shared, so that related lists of a record in reach have something to keep back."""
        linking = [each for each in entity.own_fields if each.is_link and not each.type.computed]
        for turn, variant in enumerate(self._variants):
            row_id, _uid = self._ids[entity.key, variant]
            columns: dict[str, Any] = {}
            for place, each in enumerate(linking):
                target = each.definition.targets[(turn + place) % len(each.definition.targets)]
                columns.update(each.to_columns(Link(target, '', self._target(target, variant, turn + place))))
            if columns:
                self._session.execute(entity.table.update().where(entity.table.c.id == row_id).values(columns))
            for each in entity.collections:
                if each.lines is None and each.table is not None:
                    target = each.definition.targets[0]
                    both = dict.fromkeys((self._target(target, variant, 0), self._target(target, variant, 1)))
                    for position, target_id in enumerate(both):
                        self._session.execute(
                            each.table.insert().values(source_id=row_id, target_id=target_id, position=position)
                        )

    def _target(self, target: str, variant: str, turn: int) -> int:
        chosen = SHARED if variant in OTHERS else 'stranger' if turn % 2 == 0 else variant
        return self._ids[target, chosen][0]

    def _share(self, entity: Entity) -> None:
        shared = self._ids[entity.key, SHARED][0]
        for user_id in self._world.people.values():
            grant(
                self._session,
                entity,
                [shared],
                principal('user', user_id),
                level='view',
                source='share',
                by=None,
                now=self._now,
            )

    def _pools(self, entity: Entity) -> None:
        """What lies in a pool is seen by its members alone."""
        everybody, strangers = [*self._world.people.values()], [self._owners['stranger'][0] or 0]
        self._world.pools[entity.key] = (
            self._pool(entity, 'everybody', everybody, POOLED), self._pool(entity, 'strangers', strangers, UNOWNED)
        )  # fmt: skip

    def _pool(self, entity: Entity, name: str, members: Sequence[int], variant: str) -> str:
        uid, (row_id, record_uid) = new_uid(), self._ids[entity.key, variant]
        made = pool.insert().values(uid=uid, name=f'canary {name} {entity.key}', entity_ref=entity.ref, created_at=self._now)
        pool_id = self._session.execute(made.returning(pool.c.id)).scalar_one()
        rows = [{'pool_id': pool_id, 'user_id': each, 'is_manager': False} for each in members]
        self._session.execute(pool_member.insert(), rows)
        found, planter = get_pool(self._session, uid), system_actor('canary')
        enter(self._session, found, entity, {row_id: record_uid}, by=planter, now=self._now)
        return uid

    def _beside(self, entity: Entity, variant: str) -> Beside:
        word = self._world.canaries.word(Mark(entity.key, variant, entity.title.key))
        record = self._world.records[entity.key][variant]
        return Beside(self._session, self._catalog, entity, record, word, self._world.people, self._now)


def _has_columns(each: Field) -> bool:
    return each.type.stored and not each.is_collection and not each.is_link


def _is_file(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], StoredFile)


def _mint(each: Field) -> Callable[[Canaries, Mark], Any] | None:
    """How a value that occurs nowhere else is made for a field; None where it can hold none."""
    kind = each.type.key
    if not _has_columns(each):
        return None
    if kind == 'decimal' and _whole_digits(each) < 10:
        return None
    return _MINTS.get(kind)


def _plain(each: Field, now: datetime, owner: tuple[int | None, int | None]) -> Any:
    """A value like many others, for fields that can hold none of their own."""
    kind, options = each.type.key, [option.ref for option in each.definition.options]
    if kind in {'picklist', 'stage'}:
        return options[0] if options else None
    if kind == 'multi_picklist':
        return tuple(options[:1]) or None
    if kind == 'user' or kind == 'team':
        row_id = owner[0] if kind == 'user' else owner[1]
        return None if row_id is None else Link(USER if kind == 'user' else TEAM, '', row_id)
    return {'boolean': True, 'rating': 3, 'percent': Decimal(7), 'decimal': Decimal(7), 'duration': 3661,
            'time': time(7, 31)}.get(kind)  # fmt: skip


def _noon(day: date) -> datetime:
    """The same day in every zone between UTC and Việt Nam."""
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


def _whole_digits(each: Field) -> int:
    column = next(iter(each.columns.values()))
    precision, scale = getattr(column.type, 'precision', None) or 18, getattr(column.type, 'scale', None) or 0
    return int(precision) - int(scale)


_MINTS: Mapping[str, Callable[[Canaries, Mark], Any]] = {
    'text': lambda made, mark: made.word(mark),
    'long_text': lambda made, mark: made.word(mark),
    'autonumber': lambda made, mark: made.word(mark),
    'rich_text': lambda made, mark: f'<p>{made.word(mark)}</p>',
    'email': lambda made, mark: f'{made.word(mark)}@canary.example',
    'url': lambda made, mark: f'https://{made.word(mark)}.example/',
    'tags': lambda made, mark: (made.word(mark),),
    'address': lambda made, mark: Address(street=made.word(mark)),
    'phone': lambda made, mark: made.phone(mark),
    'integer': lambda made, mark: made.number(mark),
    'decimal': lambda made, mark: Decimal(made.number(mark)),
    'money': lambda made, mark: Money(Decimal(made.number(mark)), 'VND'),
    'date': lambda made, mark: made.day(mark),
    'datetime': lambda made, mark: _noon(made.day(mark)),
    'file': lambda made, mark: (StoredFile(new_uid(), f'{made.word(mark)}.txt', 1, 'text/plain'),),
    'image': lambda made, mark: (StoredFile(new_uid(), f'{made.word(mark)}.png', 1, 'image/png'),),
}
