"""What a person looks at: the day, the way to show it, whose events, which kinds; from the address, else as last chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from babel.dates import format_date
from flask import request, session
from flask_babel import gettext as _

from modules.calendar.events import Chosen, Span, entities_in
from modules.records.labels import full_name
from modules.records.queries import Reader
from modules.saved_views import service as saved_views
from modules.web.shell import hue_of
from permissions.tables import ab_user, team_member
from schema.base.errors import BadRequest
from schema.catalog import Entity

SHOWS = ('day', 'week', 'month', 'agenda')
EVERYBODY = '*'
PEOPLE = 30
YEARS = range(1900, 2201)
LONGEST_SPAN = timedelta(days=100)
AGENDA_DAYS = 14


@dataclass(frozen=True)
class Look:
    """`who` are user names, or `*` alone for everybody within reach; `kinds` are entity keys."""

    show: str
    day: date
    who: tuple[str, ...]
    kinds: tuple[str, ...]
    view: str
    entities: Sequence[Entity]
    filters: Mapping[str, Mapping[str, Any]]

    @property
    def chosen(self) -> Chosen:
        return Chosen(() if self.who == (EVERYBODY,) else self.who, frozenset(self.kinds), self.filters)

    def href(self, **parts: Any) -> str:
        """The address of the same look with something else about it."""
        said: list[tuple[str, str]] = [('show', parts.get('show', self.show)), ('day', str(parts.get('day', self.day)))]
        said += [('who', name) for name in self.who]
        said += [('kind', key) for key in self.kinds if len(self.kinds) < len(self.entities)]
        said += [('view', self.view)] if self.view else []
        return f'{parts.get("path", "/calendar/")}?{urlencode(said)}'

    @property
    def week(self) -> date:
        """The Monday of the week."""
        return self.day - timedelta(days=self.day.weekday())

    @property
    def above(self) -> tuple[date, int]:
        """The first of the days above the phone's list, a Monday, and how many they are: a week, or the weeks of the month."""
        if self.show != 'month':
            return self.week, 7
        first = self.day.replace(day=1)
        start = first - timedelta(days=first.weekday())
        return start, -(-((first + timedelta(days=31)).replace(day=1) - start).days // 7) * 7

    def moved(self, by: int) -> date:
        """The day that many steps before or after."""
        if self.show == 'month':
            month = self.day.year * 12 + self.day.month - 1 + by
            return date(month // 12, month % 12 + 1, 1)
        return self.day + timedelta(days=by * {'day': 1, 'week': 7, 'agenda': 7}[self.show])


def read_look(reader: Reader, today: date) -> Look:
    """Raises: BadRequest CAL-E011; NotFound VIE-E001."""
    known = entities_in(reader.catalog, reader)
    kept = session.get('calendar', {})
    show = request.args.get('show') or kept.get('show', 'week')
    who = request.args.getlist('who') or kept.get('who') or [reader.actor.username]
    kinds = [key for key in request.args.getlist('kind') or kept.get('kinds', ()) if key in {each.key for each in known}]
    look = Look(
        show if show in SHOWS else 'week', _day(request.args.get('day', ''), today),
        (EVERYBODY,) if EVERYBODY in who else tuple(str(name)[:80] for name in who[:PEOPLE]),
        tuple(kinds) or tuple(each.key for each in known), '', known, {},
    )  # fmt: skip
    if uid := request.args.get('view', ''):
        return _through(reader, look, uid)
    chosen = {'show': look.show, 'who': list(look.who), 'kinds': kinds}
    if request.args.keys() & {'show', 'who', 'kind'} and chosen != kept:
        session['calendar'] = chosen
    return look


def _through(reader: Reader, look: Look, uid: str) -> Look:
    """The records of a saved view, whoever is in charge of them, unless people were chosen."""
    entity, found = saved_views.entity_of(reader.session, reader.actor, reader.catalog, uid)
    who = look.who if request.args.getlist('who') else (EVERYBODY,)
    filters = {entity.key: found.filter} if found.filter else {}
    return Look(look.show, look.day, who, (entity.key,), found.uid, look.entities, filters)


def read_span(reader: Reader) -> Span:
    """The span that a script asks for. Raises: BadRequest CAL-E011."""
    start, end = (read_moment(request.args.get(name, ''), reader) for name in ('start', 'end'))
    if not start < end <= start + LONGEST_SPAN:
        raise BadRequest.of('CAL-E011', '/end', value=request.args.get('end', '')[:40])
    return Span(start, end, reader.actor.zone)


def read_moment(text: str, reader: Reader) -> datetime:
    """An ISO time; one without a zone is that of the person. Raises: BadRequest CAL-E011."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=reader.actor.zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest.of('CAL-E011', value=text[:40]) from error


def people_beside(reader: Reader, look: Look) -> list[dict[str, Any]]:
    """The person, colleagues of their teams, and everybody who was chosen: `[{value, label, hue, on}]`; one statement."""
    actor = reader.actor
    teams = actor.team_ids | actor.led_team_ids | actor.below_team_ids
    member = sa.exists().where(team_member.c.user_id == ab_user.c.id, team_member.c.team_id.in_(sorted(teams)))
    named = ab_user.c.username.in_([name for name in look.who if name != EVERYBODY])
    rows = reader.session.execute(
        sa.select(ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
        .where(ab_user.c.active.is_(sa.true()), sa.or_(ab_user.c.id == actor.user_id, member, named))
        .order_by(ab_user.c.id != actor.user_id, ab_user.c.first_name, ab_user.c.id)
        .limit(PEOPLE)
    ).all()
    return [
        {
            'value': row.username, 'name': full_name(row.first_name, row.last_name),
            'label': _('Me') if row.id == actor.user_id else full_name(row.first_name, row.last_name),
            'hue': hue_of(row.username), 'on': row.username in look.who,
        }
        for row in rows
    ]  # fmt: skip


def title_of(look: Look, locale: str) -> tuple[str, str]:
    """What stands over the days: `November` and `16–22 November 2026`."""
    head = format_date(look.day, 'LLLL', locale=locale).capitalize()
    if look.show == 'day':
        return head, format_date(look.day, 'EEEE d MMMM y', locale=locale)
    if look.show == 'month':
        return head, format_date(look.day, 'LLLL y', locale=locale)
    first = look.week
    last = first + timedelta(days=6)
    start = format_date(first, 'd' if first.month == last.month else 'd MMMM', locale=locale)
    return head, f'{start}–{format_date(last, "d MMMM y", locale=locale)}'


def small_month(look: Look, today: date, locale: str) -> dict[str, Any]:
    """The month beside the calendar: names of days, and six weeks of `{day, href, class}`."""
    first = look.day.replace(day=1)
    start = first - timedelta(days=first.weekday())
    days = [start + timedelta(days=number) for number in range(42)]
    week = {look.week + timedelta(days=number) for number in range(7)} if look.show in {'week', 'agenda'} else {look.day}
    return {
        'label': format_date(first, 'LLLL y', locale=locale).capitalize(),
        'names': [short_day(start + timedelta(days=number), locale) for number in range(7)],
        'days': [
            {'number': day.day, 'href': look.href(day=day), 'label': format_date(day, 'd MMMM y', locale=locale),
             'today': day == today, 'near': day in week, 'far': day.month != first.month, 'on': day == look.day}
            for day in days
        ],
        'previous': look.href(day=(first - timedelta(days=1)).replace(day=1)),
        'next': look.href(day=(first + timedelta(days=32)).replace(day=1)),
    }  # fmt: skip


def short_day(day: date, locale: str) -> str:
    """`Th 2`, `Mon`; Vietnamese writes `T2` and `CN`."""
    if locale == 'vi':
        return 'CN' if day.weekday() == 6 else f'T{day.weekday() + 2}'
    return str(format_date(day, 'EEE', locale=locale))


def _day(text: str, today: date) -> date:
    if not text:
        return today
    try:
        found = date.fromisoformat(text[:10])
    except ValueError as error:
        raise BadRequest.of('CAL-E011', '/day', value=text[:40]) from error
    if found.year not in YEARS:
        raise BadRequest.of('CAL-E011', '/day', value=text[:40])
    return found
