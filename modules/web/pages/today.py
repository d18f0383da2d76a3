"""What the first page shows of a person's day: appointments, tasks, deals that wait, notices, birthdays, what was open lately.

Entities stand here by their place in the calendar and by key; what the catalog does not have is left out. Every record comes
through the reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from flask import g
from flask_babel import format_date
from flask_babel import gettext as _

from modules.calendar.events import Chosen, Event, Span, calendar_of, entities_in, events
from modules.notices import reading as notices
from modules.records import standing
from modules.records.figures import Totals, added
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from modules.runtime import Runtime
from modules.saved_views import recent as seen_lately
from modules.web.pages.context import address
from modules.web.pages.home_entities import born_in, customers_of, deals_of
from modules.web.pages.home_parts import MAIN, SIDE, parts_of
from modules.web.pages.home_reach import way_there, ways_to
from modules.web.pages.stage_path import days_in_stage
from modules.web.presenting import Presenter, card_hue, short_money, short_sums, stage_view
from modules.web.shell import hue_of
from schema.base.actor import Actor
from schema.base.ids import new_uid
from schema.base.text import in_sentence
from schema.catalog import Entity, Field
from schema.definitions import StageDef
from schema.fieldtypes.days import NEAR_PATTERNS, short_day_text
from schema.layouts import layouts_for
from schema.values import Link

MINE = {'field': 'owner', 'op': 'eq', 'value': {'me': True}}
AGENDA, OVERDUE, STALE, BIRTHDAYS, RECENT, NOTICES = 20, 6, 5, 6, 6, 5
COUNTED = 999
GIVEN = ('assigned', 'share')
MENTIONED = ('mention', 'follow', 'workflow', 'reminder')
LOOKED_THROUGH = 100
FRESH_ENTITIES = 4
"""Of so many entities what changed last is told to who opened nothing yet."""


@dataclass(frozen=True)
class Day:
    """The reader and presenter of one request, and the person's present moment."""

    reader: Reader
    presenter: Presenter
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def deals(self) -> Entity | None:
        return deals_of(self.presenter.catalog, self.reader.policy)

    def records(self, entity: Entity, conditions: Sequence[Mapping[str, Any]], **query: Any) -> tuple[Record, ...]:
        asked = ListQuery(filter=self.asked(entity, conditions), counted=False, **query)
        return self.reader.list_page(entity.key, asked).records

    def asked(self, entity: Entity, conditions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The person's own, as far as a record is anybody's."""
        owned = [MINE] if 'owner' in self.reader.policy.readable(entity.key) else []
        return {'all': [*conditions, *owned]}


def context(actor: Actor) -> dict[str, Any]:
    """What `web/home.html` takes. The number of statements does not depend on the number of records."""
    runtime: Runtime = g.runtime
    parts = parts_of(g.catalog.roles, actor.roles)
    with runtime.reader(actor, g.catalog) as reader:
        presenter = Presenter(g.catalog, reader.policy, reader.reading)
        day = Day(reader, presenter, runtime.clock.now().astimezone(reader.reading.zone))
        made: Mapping[str, Callable[[Day], Any]] = {
            'agenda': agenda, 'overdue': overdue, 'waiting': waiting, 'pipeline': bars, 'team_pipeline': team_bars,
            'birthdays': birthdays, 'recent': recent,
            'given': partial(_notices, runtime, actor, GIVEN), 'mentions': partial(_notices, runtime, actor, MENTIONED),
        }  # fmt: skip
        return {
            'greeting': greeting(actor, day.now.hour),
            'date_text': format_date(day.today, 'EEEE, d MMMM', rebase=False),
            'now_text': day.now.strftime('%H:%M'),
            'main_parts': [part for part in parts if part in MAIN],
            'side_parts': [part for part in parts if part in SIDE],
            'parts_made': {part: made[part](day) for part in parts},
            'deals': _names(day.deals, presenter.locale) if day.deals else None,
            'adds': [
                {'calendar': each.calendar.kind if each.calendar else '', 'label': in_sentence(each.label_in(presenter.locale)),
                 'href': f'/{each.key}/new', 'icon': each.icon}
                for each in (g.catalog.entities[key].definition for key in reader.policy.entities('create'))
            ],
        }  # fmt: skip


def _names(entity: Entity, locale: str) -> dict[str, str]:
    definition = entity.definition
    return {'one': in_sentence(definition.label_in(locale)), 'many': in_sentence(definition.plural_in(locale))}


def greeting(actor: Actor, hour: int) -> str:
    name = actor.name.split()[-1] if actor.locale == 'vi' and actor.name.split() else actor.name
    if hour < 11:
        return _('Good morning, %(name)s', name=name)
    if hour < 13 and actor.locale == 'vi':
        return _('Good day, %(name)s', name=name)
    return _('Good afternoon, %(name)s', name=name) if hour < 18 else _('Good evening, %(name)s', name=name)


def agenda(day: Day) -> list[dict[str, Any]]:
    """Appointments and tasks of today, those of colleagues where the person takes part among them, by time."""
    span = Span.of_days(day.today, 1, day.reader.reading.zone)
    found, _more = events(day.reader, span, Chosen((day.reader.actor.username,)))
    to_come = {event.record.uid: event.record for event in found[:AGENDA] if event.state == 'open'}
    there = {uid: way for uid, record in to_come.items() if (way := way_there(record))}
    ways = ways_to(day.reader, (record for uid, record in to_come.items() if uid not in there)) | there
    return [{**_agenda_entry(day, event), 'way': ways.get(event.record.uid)} for event in found[:AGENDA]]


def overdue(day: Day) -> dict[str, Any]:
    """Open tasks whose time has passed before today, oldest first: those shown, how many there are, and their list."""
    found: list[dict[str, Any]] = []
    count, href = 0, ''
    for entity in entities_in(day.presenter.catalog, day.reader):
        calendar = calendar_of(entity)
        if calendar.kind == 'task':
            conditions: list[Mapping[str, Any]] = [{'field': calendar.start, 'op': 'lt', 'value': {'start_of': 'day'}}]
            closed = {*calendar.done, *calendar.cancelled}
            if calendar.status and calendar.status in day.reader.policy.readable(entity.key):
                options = entity.fields[calendar.status].definition.options
                still = [option.key for option in options if option.key not in closed]
                conditions.append({'field': calendar.status, 'op': 'in', 'value': still})
            links = dict.fromkeys((*_linked(day, entity), *(field.key for field in entity.own_fields if field.is_link)))
            columns = _columns(day, entity, (calendar.start, 'owner', *links))
            asked = day.asked(entity, conditions)
            sort = (Sort(calendar.start),)
            page = day.reader.list_page(
                entity.key, ListQuery(filter=asked, sort=sort, size=OVERDUE, columns=columns, counting=COUNTED)
            )
            records, count = page.records, count + (page.total.value if page.total else 0)
            href = href or address(f'/{entity.key}/', {'filter': json.dumps(asked), 'sort': calendar.start})
            ways = ways_to(day.reader, records)
            found += [{**_overdue_entry(day, record, calendar.start), 'way': ways.get(record.uid)} for record in records]
    rows = sorted(found, key=lambda entry: -entry['days'])[:OVERDUE]
    return {'rows': rows, 'count': count, 'href': href} if rows else {}


def waiting(day: Day) -> dict[str, Any]:
    """Deals that stand in a stage longer than it should take, the longest first; `more` when not all are shown."""
    entity = day.deals
    if entity is None or entity.stage is None:
        return {}
    stages = {stage.ref: stage for stage in entity.definition.stages if stage.category == 'open' and stage.rotting_days}
    limits = {ref: day.now - timedelta(days=(stage.rotting_days or 0) + 1) for ref, stage in stages.items()}
    found = standing.late(day.reader, entity, limits, STALE + 1, mine='owner' in day.reader.policy.readable(entity.key))
    money, uids = _money_field(day, entity), found[:STALE]
    columns = _columns(day, entity, (entity.stage.key, entity.definition.subtitle_field or '', money.key if money else ''))
    # Whose they are is known; asked for again, the database would walk through all that the person owns.
    chosen = ListQuery(filter={'field': 'uid', 'op': 'in', 'value': uids}, size=STALE, columns=columns, counted=False)
    records = day.reader.list_page(entity.key, chosen).records if uids else ()
    rows = sorted((_waiting_entry(day, record, stages, money) for record in records), key=lambda entry: -entry['days'])
    return {'rows': rows, 'more': len(found) > STALE} if rows else {}


def team_bars(day: Day) -> dict[str, Any]:
    """The open deals that the person may see, by stage."""
    return bars(day, mine=False)


def bars(day: Day, *, mine: bool = True) -> dict[str, Any]:
    """My open deals by stage: count and sums, of the pipeline that ends in winning; bars are as long as the sum in the field's
    own currency."""
    entity = day.deals
    if entity is None or entity.stage is None:
        return {}
    money = _money_field(day, entity)
    owned = mine and 'owner' in day.reader.policy.readable(entity.key)
    pipelines = entity.definition.pipelines
    pipeline = next((each for each in pipelines if any(stage.category == 'won' for stage in each.stages)), pipelines[0])
    open_stages = [stage for stage in pipeline.stages if stage.category == 'open']
    within = {'field': entity.stage.key, 'op': 'in', 'value': [stage.key for stage in open_stages]}
    query = ListQuery(filter={'all': [within, MINE] if owned else [within]})
    groups = {group.value: group for group in
              day.reader.groups(entity.key, entity.stage.key, query, total=money.key if money else None)}  # fmt: skip
    rows = []
    for stage in open_stages:
        group = groups.get(stage.ref)
        totals = group.totals if group else {}
        size = totals.get(_currency(money), 0) if money else group.count if group else 0
        rows.append({**stage_view(stage, day.presenter.locale), 'size': size, 'count': group.count if group else 0,
                     'totals': totals, 'text': _sum_text(day, money, totals) or '0' if money else str(size)})  # fmt: skip
    largest = max((row['size'] for row in rows), default=0)
    for row in rows:
        row['share'] = round(100 * float(row['size']) / float(largest)) if largest else 0
    total = _sum_text(day, money, added(*(row['totals'] for row in rows))) if money else ''
    return {'rows': rows, 'count': sum(row['count'] for row in rows), 'href': f'/{entity.key}/board',
            'label': entity.definition.plural_in(day.presenter.locale), 'mine': mine,
            'chart': [{'name': row['label'], 'size': float(row['size']), 'text': row['text'], 'hue': row['hue']}
                      for row in rows],
            'total': total}  # fmt: skip


def birthdays(day: Day) -> list[dict[str, Any]]:
    """People whose birthday comes round within a week, the nearest first; those of today alone where they fill the list."""
    near, found = f'EEEE {NEAR_PATTERNS[day.presenter.locale]}', []
    for entity, born in born_in(day.presenter.catalog, day.reader.policy):
        for record in _born_soon(day, entity, born.key):
            then = _next_birthday(record.values[born.key], day.today)
            when = format_date(then, near, rebase=False)
            found.append({**_shown(day, record), 'days': (then - day.today).days, 'when': when})
    return sorted(found, key=lambda entry: entry['days'])[:BIRTHDAYS]


def _born_soon(day: Day, entity: Entity, key: str) -> Sequence[Record]:
    records: Sequence[Record] = ()
    for days, size in ((1, BIRTHDAYS), (7, LOOKED_THROUGH)):
        if len(records) < BIRTHDAYS:
            soon = {'field': key, 'op': 'anniversary_within', 'value': {'next': {'days': days}}}
            records = day.records(entity, [soon], size=size, columns=(key,))
    return records


def recent(day: Day) -> dict[str, Any]:
    """Records that the person opened last; as long as they opened none, what changed last of what they may read."""
    opened = seen_lately.latest(day.reader, RECENT)
    if opened:
        return {'opened': True, 'rows': [_recent_entry(day, each.link, each.at) for each in opened]}
    found: list[tuple[datetime, Record]] = []
    for entity in _fresh_entities(day):
        newest = ListQuery(
            sort=(Sort('changed_at', descending=True),), size=RECENT, columns=('changed_at',), counted=False
        )  # fmt: skip
        page = day.reader.list_page(entity.key, newest)
        found += [(record.values['changed_at'], record) for record in page.records]
    latest = sorted(found, key=lambda pair: pair[0], reverse=True)[:RECENT]
    rows = [_recent_entry(day, Link(each.entity.key, each.uid, each.id, each.title), at) for at, each in latest]
    return {'opened': False, 'rows': rows, 'steps': [] if rows else first_steps(day)}


def _fresh_entities(day: Day) -> list[Entity]:
    policy, deals = day.reader.policy, day.deals
    found = [*([deals] if deals else []), *customers_of(day.presenter.catalog, policy)]
    readable = [entity for entity in dict.fromkeys(found) if 'changed_at' in policy.readable(entity.key)]
    return readable[:FRESH_ENTITIES]


def first_steps(day: Day) -> list[dict[str, str]]:
    """What to begin with where nothing is entered yet, as far as the person may do it."""
    policy, catalog = day.reader.policy, day.presenter.catalog
    steps = [('/users/add', _('Add the people who work with you'), 'user-plus')] if policy.can_admin else []
    if policy.can_studio:
        steps.append(('/studio/', _('Make fields and stages fit your work'), 'adjustments-horizontal'))
    addable = (each.definition for each in customers_of(catalog, policy) if policy.scope('create', each.key) != 'none')
    first = next(addable, None)
    if first is not None:
        if policy.scope('import', first.key) != 'none':
            named = in_sentence(first.plural_in(day.presenter.locale))
            steps.append((f'/{first.key}/import', _('Import %(entities)s from Excel', entities=named), 'upload'))
        named = in_sentence(first.label_in(day.presenter.locale))
        steps.append((f'/{first.key}/new', _('Add %(entity)s', entity=named), 'plus'))
    return [{'href': href, 'label': label, 'icon': name} for href, label, name in steps]


def _recent_entry(day: Day, link: Link, at: datetime) -> dict[str, Any]:
    entity = day.presenter.catalog.entities[link.entity]
    return {
        'title': link.label, 'href': f'/{link.entity}/{link.uid}', 'icon': entity.definition.icon,
        'entity_label': entity.definition.label_in(day.presenter.locale),
        'at_text': _near(day, at),
    }  # fmt: skip


def _notices(runtime: Runtime, actor: Actor, kinds: Sequence[str], day: Day) -> list[dict[str, Any]]:
    """Unread notices of some kinds, newest first."""
    found = notices.latest(runtime, actor, g.catalog, day.presenter.locale, kinds=kinds, most=NOTICES)
    return [
        {'text': each.text, 'href': f'/notices/{each.id}' if each.href else '', 'icon': each.icon, 'by': each.by,
         'hue': hue_of(each.by_username) if each.by_username else 0,
         'at_text': _near(day, each.at)}
        for each in found
    ]  # fmt: skip


def _agenda_entry(day: Day, event: Event) -> dict[str, Any]:
    moment, record = _local(day, event.start), event.record
    at = event.occurrence.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ') if event.occurrence else ''
    return {
        **_shown(day, record), 'at': moment, 'time': '' if event.all_day else moment.strftime('%H:%M'),
        'to_come': not event.all_day and moment > day.now,
        'icon': record.entity.definition.icon, 'done': event.state != 'open', 'cancelled': event.state == 'cancelled',
        'past': not event.all_day and moment < day.now and (event.end is None or event.end < day.now),
        'sub': ' · '.join(dict.fromkeys(part for part in (event.about, event.place) if part)), 'clash': event.clash,
        'tick': _tick(day, record, event.owner) if event.state == 'open' else '',
        'occurrence': at, 'new_uid': new_uid() if at else '', 'revision': record.revision,
    }  # fmt: skip


def _overdue_entry(day: Day, record: Record, at: str) -> dict[str, Any]:
    value = record.values[at]
    since = _local(day, value).date() if isinstance(value, datetime) else value
    about = (value for key, value in record.values.items() if key != 'owner' and isinstance(value, Link) and not value.hidden)
    return {
        **_shown(day, record), 'days': (day.today - since).days,
        'sub': next((link.label for link in about if link.label), ''), 'revision': record.revision,
        'tick': _tick(day, record, record.values.get('owner')),
    }  # fmt: skip


def _tick(day: Day, record: Record, owner: Any) -> str:
    """Where one's own is said to be done."""
    own = isinstance(owner, Link) and owner.id == day.reader.actor.user_id and calendar_of(record.entity).done
    return f'/calendar/{record.entity.key}/{record.uid}/done' if own else ''


def _linked(day: Day, entity: Entity) -> tuple[str, ...]:
    """The first link to a record that its cards show the person."""
    cards = layouts_for(entity.definition, day.reader.catalog.roles, day.reader.actor.roles).card
    return tuple(key for key in cards if key in entity.fields and entity.fields[key].is_link and key != 'owner')[:1]


def _waiting_entry(day: Day, record: Record, stages: Mapping[str, StageDef], money: Field | None) -> dict[str, Any]:
    assert record.entity.stage is not None
    stage, days = stages[record.values[record.entity.stage.key]], days_in_stage(record, day.now) or 0
    subtitle = record.values.get(record.entity.definition.subtitle_field or '')
    sub = subtitle.label if isinstance(subtitle, Link) and not subtitle.hidden else ''
    amount = record.values.get(money.key) if money else None
    text = short_money(amount.amount, amount.currency, day.presenter.locale) if amount else ''
    view = stage_view(stage, day.presenter.locale)
    return {**_shown(day, record), 'days': days, 'stage': view, 'sub': sub, 'amount': text}


def _shown(day: Day, record: Record) -> dict[str, Any]:
    return {'title': record.title, 'href': f'/{record.entity.key}/{record.uid}', 'uid': record.uid, 'hue': card_hue(record)}


def _columns(day: Day, entity: Entity, wanted: Sequence[str]) -> tuple[str, ...]:
    readable = day.reader.policy.readable(entity.key)
    return tuple(key for key in wanted if key in entity.fields and key in readable)


def _money_field(day: Day, entity: Entity) -> Field | None:
    readable = day.reader.policy.readable(entity.key)
    return next((each for each in entity.own_fields if each.type.key == 'money' and each.key in readable), None)


def _currency(money: Field) -> str:
    return str(money.definition.document.get('x-currency', 'VND'))


def _sum_text(day: Day, money: Field, totals: Totals) -> str:
    return short_sums(totals, _currency(money), day.presenter.locale)


def _near(day: Day, moment: datetime) -> str:
    """The hour of today, else the day."""
    local = _local(day, moment)
    return f'{local:%H:%M}' if local.date() == day.today else short_day_text(local, day.presenter.locale)


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
