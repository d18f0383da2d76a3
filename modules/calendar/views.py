"""The calendar's page, its events for the grid, and the list of days. Decides no right."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.calendar import rules, showing
from modules.calendar.events import Span, calendar_of, events
from modules.calendar.looking import (
    AGENDA_DAYS,
    EVERYBODY,
    Look,
    people_beside,
    read_look,
    read_span,
    small_month,
    title_of,
)
from modules.calendar.repeating import repeat_for
from modules.records.model import Record
from modules.records.queries import Reader
from modules.web.pages.context import Desk
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.text import in_sentence

blueprint = Blueprint('calendar', __name__, template_folder='templates', static_folder='static')


@blueprint.get('/calendar/')
def index() -> ResponseReturnValue:
    """The whole page; the grid asks for its events itself, the list comes with it."""
    actor = require_actor()
    with g.runtime.reader(actor, g.catalog) as reader:
        now = g.runtime.clock.now().astimezone(actor.zone)
        look = read_look(reader, now.date())
        listed = _listed(reader, look) if look.show == 'agenda' else {}
        return render_template('calendar/calendar.html', **_frame(reader, look), **listed)


@blueprint.get('/calendar/agenda')
def agenda() -> ResponseReturnValue:
    """The list of days alone, for phones, where no grid fits."""
    actor = require_actor()
    with g.runtime.reader(actor, g.catalog) as reader:
        look = read_look(reader, g.runtime.clock.now().astimezone(actor.zone).date())
        return render_template('calendar/_agenda.html', **_frame(reader, look), **_listed(reader, look))


@blueprint.get('/calendar/events')
def events_json() -> ResponseReturnValue:
    """`{events, more}` of a span, as the grid takes them."""
    actor = require_actor()
    with g.runtime.reader(actor, g.catalog) as reader:
        span = read_span(reader)
        look = read_look(reader, span.start.astimezone(actor.zone).date())
        found, more = events(reader, span, look.chosen)
        shown = showing.as_json(reader.session, reader.policy, found, span, by_person=_by_person(look))
    return jsonify({'events': shown, 'more': _('There is more than can be shown here.') if more else ''})


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For whoever may read anything that has a place in the calendar."""
    if not any(
        entity.definition.calendar is not None and policy.scope('read', entity.key) != 'none'
        for entity in policy.catalog.entities.values()
    ):
        return None
    return {'key': 'calendar', 'label': _('Calendar'), 'href': '/calendar/', 'icon': 'calendar', 'goto': 'd', 'first': True}


def repeats(desk: Desk, record: Record) -> dict[str, Any] | None:
    """How often the record repeats, in words, above its facts."""
    zone = desk.reader.actor.zone
    repeat = repeat_for(record, zone, desk.reader.clock.zone) if desk.entity.definition.calendar is not None else None
    if repeat is None:
        return None
    text = rules.sentence(repeat, desk.presenter.locale, zone)
    return {'icon': 'repeat', 'tone': '', 'text': text, 'href': '/calendar/', 'link': _('Calendar')}


def _by_person(look: Look) -> bool:
    return look.who == (EVERYBODY,) or len(look.who) > 1


def _listed(reader: Reader, look: Look) -> dict[str, Any]:
    """Days of the list, and the week or the month above it."""
    actor = reader.actor
    now = g.runtime.clock.now().astimezone(actor.zone)
    by_person = _by_person(look)
    first, number = look.above
    span = Span.of_days(first, max((look.day - first).days + AGENDA_DAYS, number), actor.zone)
    found, more = events(reader, span, look.chosen)
    return {
        'days': showing.agenda(found, look, now, actor.locale, by_person=by_person), 'more': more,
        'strip': showing.strip(found, look, now, actor.locale, by_person=by_person),
    }  # fmt: skip


def _frame(reader: Reader, look: Look) -> dict[str, Any]:
    """Heading, ways to show it, the month, people and kinds."""
    actor, policy = reader.actor, reader.policy
    today = g.runtime.clock.now().astimezone(actor.zone).date()
    head, title = title_of(look, actor.locale)
    labels = {'day': _('Day'), 'week': _('Week'), 'month': _('Month'), 'agenda': _('Agenda')}
    adds = [each for each in look.entities if policy.scope('create', each.key) != 'none']
    first = next((each for each in adds if calendar_of(each).kind == 'appointment'), adds[0] if adds else None)
    return {
        'look': look, 'head': head, 'title_text': title, 'today': today, 'people': people_beside(reader, look),
        'everybody': look.who == (EVERYBODY,), 'by_person': _by_person(look),
        'switch': [{'label': label, 'href': look.href(show=show), 'active': look.show == show}
                   for show, label in labels.items()],
        'previous': look.href(day=look.moved(-1)), 'next': look.href(day=look.moved(1)), 'now_href': look.href(day=today),
        'small': small_month(look, today, actor.locale),
        'kinds': [{'key': each.key, 'label': each.definition.plural_in(actor.locale), 'hue': each.definition.hue or 1,
                   'on': each.key in look.kinds} for each in look.entities],
        'add': {'entity': first.key, 'label': in_sentence(first.definition.label_in(actor.locale))} if first else None,
        'events_url': look.href(path='/calendar/events'), 'agenda_url': look.href(path='/calendar/agenda'),
    }  # fmt: skip
