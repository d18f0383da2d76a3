"""The page of one record: stage path, facts, related lists, its history; peek panel; recycle bin and stage moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records import presence as presences
from modules.records.model import ListQuery, Record
from modules.saved_views import recent
from modules.sharing.words import viewers
from modules.web.collections import SHOWN_IN_LIST
from modules.web.failures import wants_json
from modules.web.pages import gates, timeline
from modules.web.pages.composer import MAIL, Typed
from modules.web.pages.context import Desk, address, desk_for, may_update, reached
from modules.web.pages.facts import facts_of
from modules.web.pages.neighbours import neighbours
from modules.web.pages.stage_path import stage_path
from modules.web.presenting import FieldView, card_hue, value_text
from schema.base.text import in_sentence
from schema.values import Link

RELATED_SIZE, RELATED_COUNTED = 5, 999
PEEKED, KEYS = 5, 4
NOT_IN_HEAD = frozenset({'rich_text', 'long_text', 'file', 'image', 'lines', 'stage'})


def show(entity: str, uid: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        reader, presence = desk.reader, desk.runtime.registries.presence
        absent = presences.absent(reader.session.connection(), presence, record, reader.actor, reader.clock.now())
        page = render_template('web/record.html', **_context(desk, record, absent))
        if 'seen lately' in absent:
            recent.note(desk.runtime.database, reader, desk.entity, record.id)
        return page


def facts(entity: str, uid: str) -> ResponseReturnValue:
    """Stage path, key fields and facts alone, drawn again after a fact was edited: what follows from it shows at once."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        told = facts_of(desk, record)
        return render_template(
            'web/record_facts.html', entity=desk.entity, record=record, **stage_path(desk, record), **told,
            can={'update': may_update(desk, record)}, related=[], keys=_keys(desk, told['values']),
        )  # fmt: skip


def peek(entity: str, uid: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        context = facts_of(desk, record)
        context['history'] = timeline.history(desk, record, PEEKED)
        subtitle = desk.entity.definition.subtitle_field
        views = desk.presenter.fields(desk.entity, [subtitle] if subtitle else [])
        return render_template(
            'web/peek.html', entity=desk.entity, record=record, hue=card_hue(record), subtitle_view=next(iter(views), None),
            stage=gates.present_stage(desk, record), **context,
        )  # fmt: skip


def delete(entity: str, uid: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        key, label = desk.entity.key, desk.entity.definition.label_in(desk.presenter.locale)
        title = desk.reader.get(key, uid, columns=()).title
        desk.runtime.write(g.actor, lambda store: store.delete(key, uid), catalog=g.catalog)
    text = _('%(entity)s “%(title)s” is in the recycle bin', entity=label, title=title)
    if wants_json():
        return jsonify({'text': text, 'undo': f'/{key}/{uid}/restore'})
    flash(text, f'undo:/{key}/{uid}/restore')
    return redirect(f'/{key}/', 303)


def restore(entity: str, uid: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        key, label = desk.entity.key, desk.entity.definition.label_in(desk.presenter.locale)
        desk.runtime.write(g.actor, lambda store: store.restore(key, uid), catalog=g.catalog)
    text = _('%(entity)s is back', entity=label)
    flash(text, 'ok')
    if wants_json():
        return jsonify({'text': text, 'location': f'/{key}/{uid}'})
    return redirect(f'/{key}/{uid}', 303)


def _context(desk: Desk, record: Record, absent: frozenset[str]) -> dict[str, Any]:
    entity, policy = desk.entity, desk.reader.policy
    locale = desk.presenter.locale
    related = _related(desk, record)
    empty = frozenset((each['entity'].key, each['field']) for each in related if not each['total'].value)
    context: dict[str, Any] = {
        'entity': entity,
        'singular': in_sentence(entity.definition.label_in(locale)),
        'plural': entity.definition.plural_in(locale),
        'record': record,
        'hue': card_hue(record),
        **stage_path(desk, record),
        'related': related,
        'can': {
            **{action: record.id in reached(desk, action, [record]) for action in ('update', 'delete', 'assign')},
            'create': policy.decide('create', entity.key).allowed,
        },
        'links_more': [link for make in desk.runtime.registries.record_links if (link := make(policy, record))],
        'record_notes': [note for make in desk.runtime.registries.record_notes if (note := make(desk, record))],
    }
    followed = None if 'follow' in absent else timeline.followed(desk, record)
    seen_at = followed.seen_at if followed else None
    typed = Typed(kind=MAIL) if request.args.get('write') == 'mail' else None
    told = timeline.context(desk, record, typed, seen_at=seen_at, empty=empty, absent=absent)
    context.update(facts_of(desk, record), **told)
    timeline.note_seen(desk, followed, context['unread_count'])
    context.update(
        following=followed is not None, touch=timeline.touch(desk, record, empty, context['mails']),
        neighbours=neighbours(desk, record),
        renamable=_is_renamable(desk, record), owner=_owner(desk, record), signed_in=g.actor.user_id is not None,
        keys=_keys(desk, context['values']), code=_first(desk, context['values'], 'autonumber'),
        call=_first(desk, context['values'], 'phone'),
    )  # fmt: skip
    context['viewers'] = [] if 'shares' in absent else viewers(desk.reader.session, entity, record.id)
    return context


def _is_renamable(desk: Desk, record: Record) -> bool:
    """Whether the name in the head may be changed there; a title that is a formula or a number given out is not typed."""
    title = desk.entity.title
    writable = title.key in desk.reader.policy.writable(desk.entity.key) and title.writable and not title.system
    return writable and record.deleted_at is None and may_update(desk, record)


def _keys(desk: Desk, values: Mapping[str, Any]) -> list[FieldView]:
    """What stands on a card stands in the head of its record too, as far as it is filled."""
    fields = desk.presenter.fields(desk.entity, desk.layouts.card)
    return [
        each for each in fields
        if each.key not in {'owner', desk.entity.title.key} and each.widget not in NOT_IN_HEAD
        and values.get(each.key) not in (None, '', [])
    ][:KEYS]  # fmt: skip


def _first(desk: Desk, values: Mapping[str, Any], kind: str) -> str:
    """What the first filled field of a type holds, as people read it; the title stands there already."""
    held = [values.get(each.key) for each in desk.entity.own_fields if each.type.key == kind and each is not desk.entity.title]
    return next((value_text(None, each) for each in held if each), '')


def _owner(desk: Desk, record: Record) -> Any:
    """Who looks after the record, for its head; None when nobody does or it is not for the reader."""
    value = record.values.get('owner')
    return desk.presenter.link(value) if isinstance(value, Link) and not value.hidden else None


def _related(desk: Desk, record: Record) -> list[dict[str, Any]]:
    """Related lists of the layout, else every inbound link that the person may read."""
    policy, catalog = desk.reader.policy, desk.presenter.catalog
    pairs = [(each.entity, each.field) for each in desk.layouts.related]
    pairs = pairs or [(source.key, field.key) for source, field in catalog.inbound.get(desk.entity.key, ())]
    lists = []
    for entity_key, field_key in pairs:
        entity = catalog.entities.get(entity_key)
        field = entity.find_field(field_key) if entity else None
        if entity is None or field is None or field.key not in policy.readable(entity.key):
            continue
        plain = field.type.key in {'link', 'links'}
        value: Any = record.uid if plain else {'entity': desk.entity.key, 'uid': record.uid}
        condition = {'field': field.key, 'op': 'eq', 'value': value}
        if field.is_collection:
            condition = {'field': field.key, 'op': 'has_any', 'value': [value]}
        columns = desk.presenter.fields(entity, [key for key in desk.layouts_of(entity).list if key != field.key][:4])
        query = ListQuery(
            filter=condition, columns=tuple(each.key for each in columns), size=RELATED_SIZE, most=SHOWN_IN_LIST,
            counting=RELATED_COUNTED,
        )  # fmt: skip
        page = desk.reader.list_page(entity.key, query)
        target = record.uid if plain else f'{desk.entity.key}:{record.uid}'
        lists.append({
            'entity': entity, 'field': field.key, 'label': entity.definition.plural_in(desk.presenter.locale),
            'singular': in_sentence(entity.definition.label_in(desk.presenter.locale)), 'columns': columns,
            'rows': [{'title': each.title, 'href': f'/{entity.key}/{each.uid}', 'values': desk.presenter.record(each)}
                     for each in page.records],
            'total': page.total, 'quick_href': f'/{entity.key}/quick?stay=1&{field.key}={target}',
            'all_href': address(f'/{entity.key}/', {'filter': json.dumps({'all': [condition]})}),
            'can_create': policy.scope('create', entity.key) != 'none',
        })  # fmt: skip
    return lists
