"""The timeline of a record: what happened by time, a page at a time and by kind, what is pinned and what is to come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from modules.records.model import ListQuery, Record, Sort
from modules.timeline import follows, interactions, pins
from modules.timeline.interactions import Mails
from modules.timeline.logs import Log, Plan, log_of, plans_of
from modules.timeline.windows import PAGE, Found, Place, Window, merged
from modules.web.pages import timeline_entries as entries
from modules.web.pages.composer import Typed, composer
from modules.web.pages.context import Desk, address, desk_for, may_update
from modules.web.pages.timeline_entries import entry_view
from modules.web.presenting import FieldView
from schema.base.text import in_sentence

__all__ = ['answer', 'context', 'entry_view', 'fragment', 'history', 'more']

AHEAD = 3
LOOKED_AGAIN = timedelta(minutes=1)
Empty = frozenset[tuple[str, str]]
"""Entities and their links by key, where no record links to the one shown."""
Absent = frozenset[str]
"""Keys of `registries.presence` that are known to hold nothing about this record."""
KINDS = frozenset({'log', 'mail', 'stage', 'change', 'system', 'plan'})


@dataclass(frozen=True)
class Sources:
    """What a record's timeline is made of for one person. Those that are known to hold nothing about this record need not
    be asked: `held` and `planned` leave them out."""

    log: Log | None
    plans: Sequence[Plan] = field(default=())
    held: Log | None = None
    planned: Sequence[Plan] = field(default=())

    @classmethod
    def of(cls, desk: Desk, empty: Empty = frozenset()) -> Sources:
        catalog, policy = desk.presenter.catalog, desk.reader.policy
        log, plans = log_of(catalog, policy, desk.entity), plans_of(catalog, policy, desk.entity)
        held = None if log is not None and (log.entity.key, log.link.key) in empty else log
        return cls(log, plans, held, [plan for plan in plans if (plan.entity.key, plan.link.key) not in empty])


def fragment(entity: str, uid: str) -> ResponseReturnValue:
    """The timeline alone, drawn again after a change elsewhere on the page, or with another filter."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        return render_template('web/timeline.html', **context(desk, record))


def more(entity: str, uid: str) -> ResponseReturnValue:
    """The next page, behind `?after=`."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        sources = Sources.of(desk)
        window = Window(PAGE, Place.read(request.args.get('after', '')), _kind(sources.log))
        shown = _page(desk, record, sources, window, None)
        return render_template('web/timeline_days.html', entity=desk.entity, record=record, **shown)


def answer(desk: Desk, record: Record, *toasts: Mapping[str, str]) -> Response:
    """The timeline as it is now, with something to tell."""
    response = make_response(render_template('web/timeline.html', **context(desk, record)))
    if toasts:
        response.headers['HX-Trigger'] = json.dumps({'toast': toasts[0], **({'second-toast': toasts[1]} if toasts[1:] else {})})
    return response


def context(
    desk: Desk, record: Record, typed: Typed | None = None, *, seen_at: datetime | None = None, empty: Empty = frozenset(),
    absent: Absent = frozenset(),
) -> dict[str, Any]:  # fmt: skip
    """What `web/timeline.html` takes. What came after `seen_at` by others is marked as unread."""
    sources = Sources.of(desk, empty)
    window = Window(PAGE, None, _kind(sources.log))
    shown = _page(desk, record, sources, window, seen_at, absent)
    return {
        'entity': desk.entity, 'record': record, **shown,
        'ahead': _ahead(desk, record, sources.planned) if not window.kind else [],
        'pinned': _pinned(desk, record, sources.held) if not window.kind and 'pins' not in absent else [],
        'composer': composer(desk, record, sources.log, sources.plans, typed or Typed()) if not record.deleted_at else None,
        'kinds': _kinds(desk, record, sources), 'kind': window.kind,
        'can_pin': may_update(desk, record) and record.deleted_at is None,
    }  # fmt: skip


def history(desk: Desk, record: Record, limit: int) -> list[dict[str, Any]]:
    """The newest of the record's own history alone."""
    return [dict(each) for each in entries.history_part(desk, record, Window(limit)).entries]


def touch(desk: Desk, record: Record, empty: Empty = frozenset(), mails: Mails | None = None) -> dict[str, Any]:
    """How often one was in touch with the record, in words: `{count, more, last_text, inputs: [{label, count}]}`; `mails` as
    `context` tells them."""
    sources = Sources.of(desk, empty)
    found = interactions.interactions(desk.reader, record, sources.held, sources.planned, mails)
    labels = {each.input: each.label for each in _labelled(desk, sources, found.inputs)}
    return {
        'count': found.count, 'more': found.more,
        'inputs': [{'label': labels[each], 'count': each.count} for each in found.inputs],
        'last_at': found.last_at, 'last_text': said_day(day_text(desk, found.last_at)) if found.last_at else '',
        'last_what': labels.get(found.last, '') if found.last else '',
        'kinds': [each.label for each in _labelled(desk, sources, _rule(sources))],
    }  # fmt: skip


def followed(desk: Desk, record: Record) -> follows.Follow | None:
    """How the person follows the record; one statement."""
    return follows.find(desk.reader.session.connection(), desk.reader.actor.user_id, record.uid)


def note_seen(desk: Desk, found: follows.Follow | None, unread: int) -> None:
    """Who has the page before them has seen what was new; written when anything was, and now and then."""
    now = desk.reader.clock.now()
    if found is not None and (unread or now - found.seen_at > LOOKED_AGAIN):
        with desk.runtime.database.session() as session:
            follows.saw(session, found.user_id, found.record_uid, now)


def day_text(desk: Desk, at: datetime) -> str:
    """A day as people name it: today, yesterday, 12 November."""
    zone, now = desk.reader.reading.zone, desk.reader.clock.now()
    today, day = now.astimezone(zone).date(), at.astimezone(zone).date()
    near = {today: _('Today'), today - timedelta(days=1): _('Yesterday'), today + timedelta(days=1): _('Tomorrow')}
    return near.get(day) or format_date(day, 'd MMMM' if day.year == today.year else 'd MMMM yyyy', rebase=False)


def said_day(day: str) -> str:
    """Within a sentence: today, but 12 November."""
    return day if day[:1].isdigit() else in_sentence(day)


@dataclass(frozen=True)
class _Labelled:
    input: interactions.Input
    label: str


def _rule(sources: Sources) -> list[interactions.Input]:
    """Every part that the rule looks at, whether or not there is anything of it."""
    parts = [interactions.Input('log', key, 0) for key in sources.log.contacts] if sources.log else []
    parts.append(interactions.Input('mail', '', 0))
    kept = [plan for plan in sources.plans if plan.kind == 'appointment' and plan.status is not None and plan.done]
    return [*parts, *(interactions.Input('plan', plan.entity.key, 0) for plan in kept)]


def _labelled(desk: Desk, sources: Sources, inputs: Sequence[interactions.Input]) -> Iterator[_Labelled]:
    locale, entities = desk.presenter.locale, desk.presenter.catalog.entities
    kind = sources.log.kind if sources.log else None
    options = {each['key']: each['label'] for each in FieldView(kind, desk.presenter.catalog, locale).options} if kind else {}
    for each in inputs:
        if each.kind == 'mail':
            yield _Labelled(each, _('E-mails sent'))
        elif each.kind == 'plan':
            yield _Labelled(each, _('%(entities)s kept', entities=entities[each.key].definition.plural_in(locale)))
        else:
            log_label = sources.log.entity.definition.plural_in(locale) if sources.log else ''
            yield _Labelled(each, options.get(each.key, log_label))


def _page(
    desk: Desk, record: Record, sources: Sources, window: Window, seen_at: datetime | None, absent: Absent = frozenset()
) -> dict[str, Any]:  # fmt: skip
    parts = [entries.history_part(desk, record, window)]
    if sources.held is not None:
        parts.append(entries.logged_part(desk, record, sources.held, window))
    mailed = entries.mailed_part(desk, record, window) if 'mail' not in absent else Found(())
    parts += [*entries.planned_part(desk, record, sources.planned, window), mailed]
    if window.kind in {'', 'system', 'mail'}:
        others = desk.runtime.registries.timeline.items()
        asked = (source(desk, record, window) for key, source in others if key not in absent)
        parts += [found for found in asked if isinstance(found, Found)]
    shown, following = merged(parts, window.size)
    shown = _with_stays(desk, record, entries.grouped(shown))
    me = desk.reader.actor.name
    for each in shown:
        each['unread'] = seen_at is not None and each['at'] > seen_at and each.get('who') != me
    path = f'/{desk.entity.key}/{record.uid}/timeline/more'
    return {
        'days': list(_days(desk, shown)), 'entry_count': len(shown),
        'mails': entries.sent_of(mailed, window), 'unread_count': sum(each['unread'] for each in shown),
        'more_url': address(path, {'after': following.text(), 'kind': window.kind}) if following else '',
        'restorable': desk.reader.policy.scope('update', desk.entity.key) != 'none' and record.deleted_at is None,
    }  # fmt: skip


def _with_stays(desk: Desk, record: Record, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Moves between stages say how long the record had stood where it came from."""
    if not any(each.get('stage') for each in shown):
        return shown
    left = {stay.left_at: stay for stay in desk.reader.stays(desk.entity.key, record) if stay.left_at is not None}
    for each in shown:
        stay = left.get(each['at']) if each.get('stage') else None
        if stay is not None:
            each['stayed'] = entries.length_text(stay.length(each['at']))
    return shown


def _kind(log: Log | None) -> str:
    raw = request.values.get('show', request.args.get('kind', ''))[:80]
    if raw in KINDS:
        return raw
    options = [each.key for each in log.kind.definition.options] if log is not None and log.kind is not None else []
    return raw if raw.startswith('log:') and raw[4:] in options else ''


def _kinds(desk: Desk, record: Record, sources: Sources) -> list[dict[str, str]]:
    """What the timeline may be narrowed to."""
    found = [('', _('Everything'))]
    if sources.log is not None:
        kind = sources.log.kind
        view = FieldView(kind, desk.presenter.catalog, desk.presenter.locale) if kind is not None else None
        options = [each for each in view.options if not each['retired']] if view is not None else []
        found += [(f'log:{each["key"]}', each['label']) for each in options[:6]]
        found += [('log', sources.log.entity.definition.plural_in(desk.presenter.locale))] if not options else []
    if sources.plans:
        found.append(('plan', _('Appointments and tasks')))
    found.append(('mail', _('E-mails')))
    stage = desk.entity.stage
    if stage is not None and stage.key in record.values:
        found.append(('stage', _('Stage moves')))
    found += [('change', _('Changes')), ('system', _('System log'))]
    path = f'/{desk.entity.key}/{record.uid}/timeline'
    return [{'key': key, 'label': label, 'href': address(path, {'show': key})} for key, label in found]


def _pinned(desk: Desk, record: Record, log: Log | None) -> list[dict[str, Any]]:
    """Pinned entries as far as the reader sees them, the latest pin first."""
    uids = pins.pinned(desk.reader.session.connection(), record.uid, log.entity.ref) if log is not None else []
    if log is None or not uids:
        return []
    chosen = {'all': [entries.about(record, log.link.key), {'field': 'uid', 'op': 'in', 'value': uids}]}
    query = ListQuery(filter=chosen, columns=log.columns, size=len(uids), counted=False)
    records = sorted(desk.reader.list_page(log.entity.key, query).records, key=lambda each: uids.index(each.uid))
    found = entries.log_views(desk, record, log, records)
    for each in found:
        each['pinned'], each['time'] = True, day_text(desk, each['at'])
    return found


def _ahead(desk: Desk, record: Record, plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """What is to come with the record: appointments and tasks whose moment lies ahead, nearest first."""
    found: list[dict[str, Any]] = []
    for plan in plans:
        document: list[dict[str, Any]] = [
            entries.about(record, plan.link.key), {'field': plan.at.key, 'op': 'gte', 'value': {'now': 0}},
        ]  # fmt: skip
        ended = [*plan.done, *plan.cancelled]
        if plan.status is not None and ended:
            document.append({'not': {'field': plan.status.key, 'op': 'in', 'value': ended}})
        query = ListQuery(
            filter={'all': document},
            sort=(Sort(plan.at.key),),
            size=AHEAD,
            columns=entries.plan_columns(desk, plan),
            counted=False,
        )
        found += [
            {'icon': plan.entity.definition.icon, 'title': each.title, 'href': f'/{plan.entity.key}/{each.uid}',
             'at': each.values[plan.at.key],
             'at_text': plan.at.type.text(plan.at.definition, each.values[plan.at.key], desk.reader.reading),
             'what': plan.entity.definition.label_in(desk.presenter.locale),
             'tick': entries.tick_of(desk, plan, each), 'revision': each.revision}
            for each in desk.reader.list_page(plan.entity.key, query).records
        ]  # fmt: skip
    return sorted(found, key=lambda entry: entry['at'])[:AHEAD]


def _days(desk: Desk, shown: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Entries grouped under the day they fall on."""
    zone = desk.reader.reading.zone
    group: dict[str, Any] | None = None
    for entry in shown:
        moment: datetime = entry['at'].astimezone(zone)
        entry['time'] = moment.strftime('%H:%M')
        if group is None or group['day'] != moment.date():
            if group is not None:
                yield group
            group = {'day': moment.date(), 'label': day_text(desk, entry['at']), 'entries': []}
        group['entries'].append(entry)
    if group is not None:
        yield group
