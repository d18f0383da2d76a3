"""Fills a small site for `bench.screens`: contacts, opportunities, what was done about them and when, straight into the tables.

What a page shows stays the same however much lies behind it: 10,000 cards on the board of deals at most, 200 appointments and
60 tasks around today, 100 opportunities a company. The rest is past, closed, or in the other pipeline. One company, the house,
is everybody's: each hundredth contact, opportunity and talk is its own. `bench._copying` makes a large site of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

import sqlalchemy as sa

from bench.rest import NAMES
from modules.records.tables import record_history
from schema.base.database import Database
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
EACH_FIRM, HOUSE_EACH = 100, 100
AROUND_TODAY = {'appointment': 200, 'task': 60}
PEOPLE = ('manager', 'rep', 'leader', 'rep2')
WHO, REP, TALKS, STEPS = 'manager', 'rep', 30, 30
Row = dict[str, Any]


@dataclass
class Filled:
    """What the small site holds: a deal and a company with stories, and the ids of what is to be copied, by entity."""

    deal: str
    house: str
    house_id: int
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)


class Filling:
    """One small site. Numbers stand in texts as eight digits, so that a copy can put others in their place."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.catalog, self.database = site.runtime.catalogs.current(), site.runtime.database
        self.now, self.draw = site.runtime.clock.now(), Random(7)
        actors = [site.actor(name) for name in PEOPLE]
        self.owners = [(each.user_id, next(iter(sorted(each.team_ids)), None)) for each in actors]

    def fill(self, rows: int) -> Filled:
        """So many contacts, opportunities and talks, a tenth as many appointments and tasks, two stories."""
        filled = self._tell_stories()
        house = Link('company', '', filled.house_id)
        firms = self._add(filled, 'company', (self._company(n) for n in range(rows // EACH_FIRM)))
        contacts = self._add(filled, 'contact', (self._contact(n, house, firms) for n in range(rows)))
        opportunities = (self._opportunity(n, house, firms, contacts) for n in range(rows))
        deals = self._add(filled, 'opportunity', opportunities, logged=True)
        self._add(filled, 'activity', (self._activity(n, house, deals) for n in range(rows)))
        for key, count in AROUND_TODAY.items():
            days = 14 if key == 'task' else 28
            self._add(filled, key, (self._planned(key, n, self._around(n, days), contacts) for n in range(count)))
            past = (self._planned(key, n, self._before(), contacts, over=True) for n in range(rows // 10))
            self._add(filled, key, past)  # what is around today is not copied
        return filled

    def _tell_stories(self) -> Filled:
        """A deal that was made, talked about and changed as people do it, and the house."""
        site = self.site
        house = site.create(WHO, 'company', name='Công ty Đo Lường')
        deal = site.create(WHO, 'opportunity', title='Máy đo', company=house, stage='survey',
                           amount={'amount': '190000000', 'currency': 'VND'})  # fmt: skip
        for entity, uid, changed in (('opportunity', deal, 'next_step'), ('company', house, 'website')):
            for number in range(TALKS):
                moment = (self.now - timedelta(hours=number)).isoformat()
                self._write('activity', {'kind': 'call', 'subject': f'Gọi lần {number}', 'happened_at': moment,
                                         'regarding': {'entity': entity, 'uid': uid}})  # fmt: skip
            for number in range(STEPS):
                self._write(entity, {changed: f'https://do-luong.vn/{number}'}, uid)
        table = self.catalog.entity('company').table
        with self.database.reading() as connection:
            return Filled(deal, house, connection.execute(sa.select(table.c.id).where(table.c.uid == house)).scalar_one())

    def _write(self, entity: str, wire: Row, uid: str = '') -> None:
        actor = self.site.actor(WHO)
        if uid:
            self.site.runtime.write(actor, lambda store: store.update(entity, uid, wire))
        else:
            self.site.runtime.write(actor, lambda store: store.create(entity, wire))

    def _add(self, filled: Filled, key: str, rows: Iterable[Row], *, logged: bool = False) -> range:
        """Write them with the history of their making. Answers their ids."""
        entity = self.catalog.entity(key)
        last = sa.select(sa.func.coalesce(sa.func.max(entity.table.c.id), 0))
        with self.database.session() as session:
            first = session.execute(last).scalar_one() + 1
            for batch in _batches(rows):
                session.execute(entity.table.insert(), batch)
                session.execute(record_history.insert(), [self._made(entity, each) for each in batch])
                if logged:
                    session.execute(stage_log.insert(), [self._entered(entity, each) for each in batch])
            end = session.execute(last).scalar_one()
        filled.ranges[key] = first, end
        return range(first, end + 1)

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
        return self._row(entity, number, self._before(), name=f'Công ty {number:08d}', phone=f'+842{number:08d}',
                         code=f'B{number:08d}')  # fmt: skip

    def _contact(self, number: int, house: Link, firms: range) -> Row:
        entity = self.catalog.entity('contact')
        name = f'Nguyễn {self.draw.choice(NAMES)} {self.draw.choice(NAMES)} {number:08d}'
        return self._row(
            entity, number, self._before(), full_name=name,
            email=f'khach{number:08d}@vidu.vn', phone=f'+849{number:08d}', job_title='Nhân viên',
            company=self._firm(number, house, firms), status=self._option(entity, 'status', number),
            source=self._option(entity, 'source', number), birthday=(self.now - timedelta(days=9000 + number % 9000)).date(),
        )  # fmt: skip

    def _opportunity(self, number: int, house: Link, firms: range, contacts: range) -> Row:
        entity, at = self.catalog.entity('opportunity'), self._before()
        stage = stage_for(entity.definition.pipelines, number)
        amount = Decimal(number % 900 + 1) * 1_000_000
        likely, close_on = Money(amount * stage.probability / 100, 'VND'), (self.now + timedelta(days=30)).date()
        row = self._row(
            entity, number, at, title=f'Hợp đồng {number:08d}', code=f'B{number:08d}', stage=stage.ref,
            amount=Money(amount, 'VND'), weighted_amount=likely, company=self._firm(number, house, firms),
            expected_close_on=close_on, contact=Link('contact', '', self.draw.choice(contacts)),
        )  # fmt: skip
        return {**row, entity.fields['stage'].definition.column + SINCE: at}

    def _activity(self, number: int, house: Link, deals: range) -> Row:
        entity, at = self.catalog.entity('activity'), self._before()
        about = house if is_of_the_house(number) else Link('opportunity', '', self.draw.choice(deals))
        return self._row(entity, number, at, kind=self._option(entity, 'kind', number), subject=f'Trao đổi lần {number:08d}',
                         happened_at=at, body='Khách hẹn trả lời trong tuần.', regarding=about)  # fmt: skip

    def _planned(self, key: str, number: int, at: datetime, contacts: range, *, over: bool = False) -> Row:
        entity = self.catalog.entity(key)
        times = {'due_at': at} if key == 'task' else {'starts_at': at, 'ends_at': at + timedelta(hours=1)}
        options = entity.fields['status'].definition.options
        status = next(each.ref for each in options if each.key == 'done') if over else options[0].ref
        with_whom = Link('contact', '', self.draw.choice(contacts))
        return self._row(entity, number, at, title=f'Hẹn {number:08d}', status=status, contact=with_whom, **times)

    def _firm(self, number: int, house: Link, firms: range) -> Link:
        return house if is_of_the_house(number) else Link('company', '', self.draw.choice(firms))

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


def gather_statistics(database: Database) -> None:
    """What PostgreSQL's planner finds out by itself, at once; SQLite's knows nothing in use, whoever tried it here."""
    if database.is_sqlite:
        with database.writing() as connection:
            if sa.inspect(connection).has_table('sqlite_stat1'):
                connection.execute(sa.text('DELETE FROM sqlite_stat1'))
        return
    with database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('VACUUM ANALYZE'))


def is_of_the_house(number: int) -> bool:
    """Each hundredth, which is each person's in turn."""
    return number % HOUSE_EACH == number // HOUSE_EACH % len(PEOPLE)


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
