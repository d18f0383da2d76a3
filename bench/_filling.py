"""Fills a site for `bench.screens`: contacts, opportunities, what was done about them and when, straight into the tables.

What a page shows stays the same however much lies behind it: 10,000 cards on the board of deals at most, 200 appointments and
60 tasks around today, 100 opportunities a company. The rest is past, closed, or in the other pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

import sqlalchemy as sa

from bench.rest import NAMES
from modules.records.tables import record_history
from schema.base.ids import new_uid
from schema.base.money import Money
from schema.base.stage_log import stage_log
from schema.catalog import Entity
from schema.definitions import PipelineDef, StageDef
from schema.fieldtypes.stage import SINCE
from schema.values import Link
from tests.support.site import Site

BATCH = 5_000
CARDS = 10_000
EACH_FIRM = 100
AROUND_TODAY = {'appointment': 200, 'task': 60}
PEOPLE = ('manager', 'rep', 'leader', 'rep2')
Row = dict[str, Any]


class Filling:
    """One site while it grows; each `grow` adds what lies between two sizes."""

    def __init__(self, site: Site) -> None:
        self.catalog, self.database = site.runtime.catalogs.current(), site.runtime.database
        self.now, self.draw = site.runtime.clock.now(), Random(7)
        actors = [site.actor(name) for name in PEOPLE]
        self.owners = [(each.user_id, next(iter(sorted(each.team_ids)), None)) for each in actors]

    def grow(self, first: int, rows: int) -> None:
        """Records number `first` to `rows` of contacts and opportunities, and a tenth as many of what is past."""
        firms = self._add('company', (self._company(n) for n in range(first // EACH_FIRM, rows // EACH_FIRM)))
        contacts = self._add('contact', (self._contact(n, firms) for n in range(first, rows)))
        deals = self._add('opportunity', (self._opportunity(n, firms, contacts) for n in range(first, rows)), logged=True)
        self._add('activity', (self._activity(n, deals) for n in range(first, rows)))
        around = 0 if first else 1
        for key, count in AROUND_TODAY.items():
            days = 14 if key == 'task' else 28
            self._add(key, (self._planned(key, n, self._around(n, days), contacts) for n in range(count * around)))
            past = (self._planned(key, n, self._before(), contacts, over=True) for n in range((rows - first) // 10))
            self._add(key, past)
        statistics = 'VACUUM ANALYZE' if self.database.dialect == 'postgresql' else 'ANALYZE'
        with self.database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
            connection.execute(sa.text(statistics))

    def _add(self, key: str, rows: Iterable[Row], *, logged: bool = False) -> range:
        """Write them with the history of their making. Answers their ids."""
        entity, ids = self.catalog.entity(key), list[int]()
        with self.database.session() as session:
            for batch in _batches(rows):
                session.execute(entity.table.insert(), batch)
                session.execute(record_history.insert(), [self._made(entity, each) for each in batch])
                if logged:
                    session.execute(stage_log.insert(), [self._entered(entity, each) for each in batch])
            newest = sa.select(sa.func.min(entity.table.c.id), sa.func.max(entity.table.c.id))
            ids += session.execute(newest).one()
        return range(ids[0] or 0, (ids[1] or 0) + 1)

    def _row(self, entity: Entity, number: int, at: datetime, **values: Any) -> Row:
        owner, team = self.owners[number % len(self.owners)]
        row: Row = {
            'uid': new_uid(), 'owner_id': owner, 'team_id': team, 'created_at': at, 'changed_at': at,
            'created_by_id': owner, 'changed_by_id': owner,
        }  # fmt: skip
        for key, value in values.items():
            row.update(entity.fields[key].to_columns(value))
        return row

    def _company(self, number: int) -> Row:
        entity = self.catalog.entity('company')
        return self._row(
            entity, number, self._before(), name=f'Công ty {number}', phone=f'+8424{number:08d}', code=f'B{number}'
        )

    def _contact(self, number: int, firms: range) -> Row:
        entity = self.catalog.entity('contact')
        return self._row(
            entity, number, self._before(), full_name=f'Nguyễn {self.draw.choice(NAMES)} {self.draw.choice(NAMES)} {number}',
            email=f'khach{number}@vidu.vn', phone=f'+849{number:08d}', job_title='Nhân viên',
            company=Link('company', '', self.draw.choice(firms)), status=self._option(entity, 'status', number),
            source=self._option(entity, 'source', number), birthday=(self.now - timedelta(days=9000 + number % 9000)).date(),
        )  # fmt: skip

    def _opportunity(self, number: int, firms: range, contacts: range) -> Row:
        entity, at = self.catalog.entity('opportunity'), self._before()
        stage = stage_for(entity.definition.pipelines, number)
        amount = Decimal(number % 900 + 1) * 1_000_000
        likely, close_on = Money(amount * stage.probability / 100, 'VND'), (self.now + timedelta(days=30)).date()
        row = self._row(
            entity, number, at, title=f'Hợp đồng {number}', code=f'B{number}', stage=stage.ref, amount=Money(amount, 'VND'),
            weighted_amount=likely, company=Link('company', '', self.draw.choice(firms)), expected_close_on=close_on,
            contact=Link('contact', '', self.draw.choice(contacts)),
        )  # fmt: skip
        return {**row, entity.fields['stage'].definition.column + SINCE: at}

    def _activity(self, number: int, deals: range) -> Row:
        entity, at = self.catalog.entity('activity'), self._before()
        about = Link('opportunity', '', self.draw.choice(deals))
        return self._row(entity, number, at, kind=self._option(entity, 'kind', number), subject=f'Trao đổi lần {number}',
                         happened_at=at, body='Khách hẹn trả lời trong tuần.', regarding=about)  # fmt: skip

    def _planned(self, key: str, number: int, at: datetime, contacts: range, *, over: bool = False) -> Row:
        entity = self.catalog.entity(key)
        times = {'due_at': at} if key == 'task' else {'starts_at': at, 'ends_at': at + timedelta(hours=1)}
        options = entity.fields['status'].definition.options
        status = next(each.ref for each in options if each.key == 'done') if over else options[0].ref
        with_whom = Link('contact', '', self.draw.choice(contacts))
        return self._row(entity, number, at, title=f'Hẹn {number}', status=status, contact=with_whom, **times)

    def _option(self, entity: Entity, key: str, number: int) -> str:
        options = entity.fields[key].definition.options
        return options[number % len(options)].ref

    def _before(self) -> datetime:
        """Somewhen in the past years, never in this month."""
        return self.now - timedelta(days=40 + self.draw.randrange(1000), seconds=self.draw.randrange(86_400))

    def _around(self, number: int, days: int) -> datetime:
        return self.now + timedelta(days=number % days - days // 2, minutes=number % 480)

    def _made(self, entity: Entity, row: Row) -> Row:
        return {'entity_ref': entity.ref, 'record_uid': row['uid'], 'revision': 1, 'kind': 'created', 'changes': {},
                'actor_id': row['owner_id'], 'actor_name': 'Bench', 'at': row['created_at'], 'version': 1}  # fmt: skip

    def _entered(self, entity: Entity, row: Row) -> Row:
        stage = row[entity.fields['stage'].definition.column]
        home = next(each for each in entity.definition.pipelines if stage in {step.ref for step in each.stages})
        return {'entity_ref': entity.ref, 'record_uid': row['uid'], 'pipeline_ref': home.ref, 'stage_ref': stage,
                'entered_at': row['created_at'], 'actor_name': 'Bench'}  # fmt: skip


def stage_for(pipelines: tuple[PipelineDef, ...], number: int) -> StageDef:
    """Every second one of the first 20,000 lies open among the deals, a quarter of all among the leads; the rest is closed."""
    leads, deals = pipelines[0].stages, pipelines[-1].stages
    if number % 2 == 0 and number < 2 * CARDS:
        chosen = [each for each in deals if each.category == 'open']
    elif number % 4 == 1:
        chosen = [each for each in leads if each.category == 'open']
    else:
        chosen = [each for each in deals if each.category != 'open']
    return chosen[number // 4 % len(chosen)]


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch
