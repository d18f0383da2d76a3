"""What the first page shows of a person's day: appointments, tasks, deals that wait, birthdays, recent changes.

Finds the entities it knows by key and skips what the catalog does not have; every record comes through the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import g
from flask_babel import format_date
from flask_babel import gettext as _

from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from modules.runtime import Runtime
from modules.web.pages.record import days_in_stage
from modules.web.presenting import Presenter, card_hue, short_money, stage_view
from schema.base.actor import Actor
from schema.base.text import in_sentence
from schema.catalog import Entity, Field
from schema.definitions import StageDef
from schema.values import Link

MINE = {'field': 'owner', 'op': 'eq', 'value': {'me': True}}
CLOSED = frozenset({'done', 'cancelled', 'canceled', 'closed'})
AGENDA, OVERDUE, STALE, BIRTHDAYS, RECENT = 20, 6, 5, 6, 6
LOOKED_THROUGH = 100
RECENT_ENTITIES = ('opportunity', 'contact', 'company', 'lead')


@dataclass(frozen=True)
class Day:
    """The reader and presenter of one request, and the person's present moment."""

    reader: Reader
    presenter: Presenter
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def entity(self, key: str, *fields: str) -> Entity | None:
        """An entity that is there, may be read, and whose named fields may be read too."""
        entity = self.presenter.catalog.entities.get(key)
        if entity is None or self.reader.policy.scope('read', key) == 'none':
            return None
        readable = self.reader.policy.readable(key)
        return entity if all(each in entity.fields and each in readable for each in fields) else None

    def records(self, entity: Entity, conditions: Sequence[Mapping[str, Any]], **query: Any) -> tuple[Record, ...]:
        owned = [MINE] if 'owner' in self.reader.policy.readable(entity.key) else []
        asked = ListQuery(filter={'all': [*conditions, *owned]}, counted=False, **query)
        return self.reader.list_page(entity.key, asked).records


def context(actor: Actor) -> dict[str, Any]:
    """What `web/home.html` takes. The number of statements does not depend on the number of records."""
    runtime: Runtime = g.runtime
    with runtime.reader(actor, g.catalog) as reader:
        presenter = Presenter(g.catalog, reader.policy, reader.reading)
        day = Day(reader, presenter, runtime.clock.now().astimezone(reader.reading.zone))
        return {
            'greeting': greeting(actor, day.now.hour),
            'date_text': format_date(day.today, 'EEEE, d MMMM', rebase=False),
            'now_text': day.now.strftime('%H:%M'),
            'agenda': agenda(day),
            'overdue': overdue(day),
            'waiting': waiting(day),
            'bars': bars(day),
            'birthdays': birthdays(day),
            'recent': recent(day),
            'adds': [
                {'key': key, 'label': in_sentence(g.catalog.entities[key].definition.label_in(presenter.locale)),
                 'href': f'/{key}/new', 'icon': g.catalog.entities[key].definition.icon}
                for key in reader.policy.entities('create')
            ],
        }  # fmt: skip


def greeting(actor: Actor, hour: int) -> str:
    name = actor.name.split()[-1] if actor.locale == 'vi' and actor.name.split() else actor.name
    if hour < 11:
        return _('Good morning, %(name)s', name=name)
    if hour < 13 and actor.locale == 'vi':
        return _('Good day, %(name)s', name=name)
    return _('Good afternoon, %(name)s', name=name) if hour < 18 else _('Good evening, %(name)s', name=name)


def agenda(day: Day) -> list[dict[str, Any]]:
    """Appointments and tasks of today, by time."""
    entries: list[dict[str, Any]] = []
    for key, at in (('appointment', 'starts_at'), ('task', 'due_at')):
        entity = day.entity(key, at)
        if entity is not None:
            shown = _columns(day, entity, (at, 'status', 'place', 'contact', 'regarding'))
            today = {'field': at, 'op': 'within', 'value': {'this': 'day'}}
            found = day.records(entity, [today], sort=(Sort(at),), size=AGENDA, columns=shown)
            entries += [_agenda_entry(day, record, at) for record in found]
    return sorted(entries, key=lambda entry: entry['at'])


def overdue(day: Day) -> list[dict[str, Any]]:
    """Open tasks whose time has passed before today, oldest first."""
    entity = day.entity('task', 'due_at')
    if entity is None:
        return []
    conditions: list[Mapping[str, Any]] = [{'field': 'due_at', 'op': 'lt', 'value': {'start_of': 'day'}}]
    status = entity.fields.get('status')
    if status is not None and status.definition.options and day.entity('task', 'status'):
        still = [option.key for option in status.definition.options if option.key not in CLOSED]
        conditions.append({'field': 'status', 'op': 'in', 'value': still})
    columns = _columns(day, entity, ('due_at', 'priority', 'regarding'))
    found = day.records(entity, conditions, sort=(Sort('due_at'),), size=OVERDUE, columns=columns)
    return [
        {**_agenda_entry(day, record, 'due_at'), 'days': (day.today - _local(day, record.values['due_at']).date()).days}
        for record in found
    ]


def waiting(day: Day) -> list[dict[str, Any]]:
    """Deals that stand in a stage longer than it should take, the longest first."""
    found = []
    for entity in _staged(day):
        stages = {stage.ref: stage for stage in entity.definition.stages if stage.category == 'open' and stage.rotting_days}
        if not stages or entity.stage is None:
            continue
        money = _money_field(entity)
        columns = _columns(day, entity, (entity.stage.key, entity.definition.subtitle_field or '', money.key if money else ''))
        within = {'field': entity.stage.key, 'op': 'in', 'value': [stage.key for stage in stages.values()]}
        oldest = day.records(entity, [within], sort=(Sort('changed_at'),), size=LOOKED_THROUGH, columns=columns)
        found += [entry for record in oldest if (entry := _waiting_entry(day, record, stages, money))]
    return sorted(found, key=lambda entry: -entry['days'])[:STALE]


def bars(day: Day) -> dict[str, Any]:
    """My open deals by stage: count and sum, of the pipeline that ends in winning."""
    entity = day.entity('opportunity')
    if entity is None or entity.stage is None or entity.stage.key not in day.reader.policy.readable(entity.key):
        return {}
    money = _money_field(entity)
    money = money if money and money.key in day.reader.policy.readable(entity.key) else None
    query = ListQuery(filter={'all': [MINE]} if 'owner' in day.reader.policy.readable(entity.key) else None)
    groups = {group.value: group for group in
              day.reader.groups(entity.key, entity.stage.key, query, total=money.key if money else None)}  # fmt: skip
    pipelines = entity.definition.pipelines
    pipeline = next((each for each in pipelines if any(stage.category == 'won' for stage in each.stages)), pipelines[0])
    rows = []
    for stage in pipeline.stages:
        if stage.category == 'open':
            group = groups.get(stage.ref)
            size = (group.total if money else group.count) if group else 0
            rows.append({**stage_view(stage, day.presenter.locale), 'size': size or 0, 'count': group.count if group else 0,
                         'text': _sum_text(day, money, size) if money else str(size)})  # fmt: skip
    largest = max((row['size'] for row in rows), default=0)
    for row in rows:
        row['share'] = round(100 * float(row['size']) / float(largest)) if largest else 0
    total = sum(row['size'] for row in rows)
    return {'rows': rows, 'count': sum(row['count'] for row in rows), 'href': f'/{entity.key}/board',
            'label': entity.definition.plural_in(day.presenter.locale),
            'total': _sum_text(day, money, total) if money and total else ''}  # fmt: skip


def birthdays(day: Day) -> list[dict[str, Any]]:
    """People whose birthday comes round within a week, the nearest first."""
    entity = day.entity('contact', 'birthday')
    if entity is None:
        return []
    soon = {'field': 'birthday', 'op': 'anniversary_within', 'value': {'next': {'days': 7}}}
    found = [
        {**_shown(day, record), 'days': (_next_birthday(record.values['birthday'], day.today) - day.today).days,
         'when': format_date(_next_birthday(record.values['birthday'], day.today), 'EEEE d/M', rebase=False)}
        for record in day.records(entity, [soon], size=LOOKED_THROUGH, columns=('birthday',))
    ]  # fmt: skip
    return sorted(found, key=lambda entry: entry['days'])[:BIRTHDAYS]


def recent(day: Day) -> list[dict[str, Any]]:
    """Records the person may read that changed last, newest first."""
    found: list[dict[str, Any]] = []
    for key in RECENT_ENTITIES:
        entity = day.entity(key, 'changed_at')
        if entity is not None:
            page = day.reader.list_page(
                key, ListQuery(sort=(Sort('changed_at', descending=True),), size=RECENT, columns=('changed_at',), counted=False)
            )
            at = entity.fields['changed_at']
            found += [
                {**_shown(day, record), 'at': record.values['changed_at'], 'icon': entity.definition.icon,
                 'entity_label': entity.definition.label_in(day.presenter.locale),
                 'at_text': at.type.text(at.definition, record.values['changed_at'], day.reader.reading)}
                for record in page.records
            ]  # fmt: skip
    return sorted(found, key=lambda entry: entry['at'], reverse=True)[:RECENT]


def _agenda_entry(day: Day, record: Record, at: str) -> dict[str, Any]:
    moment = _local(day, record.values[at])
    status = record.values.get('status')
    field = record.entity.fields.get('status')
    key = field.wire(status) if field is not None and status is not None else ''
    return {
        **_shown(day, record), 'at': moment, 'time': moment.strftime('%H:%M'), 'icon': record.entity.definition.icon,
        'done': key in CLOSED, 'cancelled': key in CLOSED - {'done', 'closed'}, 'past': moment < day.now,
        'sub': ' · '.join(dict.fromkeys(_sub_texts(day, record, at))),
    }  # fmt: skip


def _sub_texts(day: Day, record: Record, at: str) -> Iterator[str]:
    for key, value in record.values.items():
        if key in {at, 'status', 'priority', record.entity.title.key} or value is None:
            continue
        if isinstance(value, Link):
            if not value.hidden and value.label:
                yield value.label
        else:
            yield record.text(key, day.reader.reading)


def _waiting_entry(day: Day, record: Record, stages: Mapping[str, StageDef], money: Field | None) -> dict[str, Any] | None:
    stage = stages.get(record.values[record.entity.stage.key]) if record.entity.stage else None
    days = days_in_stage(record, day.now)
    if stage is None or days is None or stage.rotting_days is None or days <= stage.rotting_days:
        return None
    subtitle = record.values.get(record.entity.definition.subtitle_field or '')
    sub = subtitle.label if isinstance(subtitle, Link) and not subtitle.hidden else ''
    amount = record.values.get(money.key) if money else None
    text = short_money(amount.amount, amount.currency, day.presenter.locale) if amount else ''
    view = stage_view(stage, day.presenter.locale)
    return {**_shown(day, record), 'days': days, 'stage': view, 'sub': sub, 'amount': text}


def _shown(day: Day, record: Record) -> dict[str, Any]:
    return {'title': record.title, 'href': f'/{record.entity.key}/{record.uid}', 'uid': record.uid, 'hue': card_hue(record)}


def _staged(day: Day) -> Iterator[Entity]:
    entity = day.entity('opportunity')
    if entity is not None and entity.stage is not None and day.entity('opportunity', entity.stage.key, 'changed_at'):
        yield entity


def _columns(day: Day, entity: Entity, wanted: Sequence[str]) -> tuple[str, ...]:
    readable = day.reader.policy.readable(entity.key)
    return tuple(key for key in wanted if key in entity.fields and key in readable)


def _money_field(entity: Entity) -> Field | None:
    return next((field for field in entity.own_fields if field.type.key == 'money'), None)


def _sum_text(day: Day, money: Field, amount: Any) -> str:
    currency = str(money.definition.document.get('x-currency', 'VND'))
    return short_money(amount, currency, day.presenter.locale) if amount else '0'


def _local(day: Day, moment: datetime) -> datetime:
    return moment.astimezone(day.reader.reading.zone)


def _next_birthday(born: date, today: date) -> date:
    """29 February is kept on the 28th in years without it."""
    for year in (today.year, today.year + 1):
        try:
            day = born.replace(year=year)
        except ValueError:
            day = date(year, 2, 28)
        if day >= today:
            return day
    return today + timedelta(days=365)
