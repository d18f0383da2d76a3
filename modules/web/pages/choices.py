"""What remote-loading selects ask for: records, people, teams."""

from __future__ import annotations

import sqlalchemy as sa
from flask import g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from modules.records.labels import full_name
from modules.records.vocabulary import tags_in_use
from modules.web import form_state
from modules.web.pages.context import Desk, desk_for
from modules.web.pinning import require_actor
from modules.web.shell import hue_of
from permissions.tables import team
from schema.base.text import fold
from schema.conditions.condition import Condition
from schema.entity_rules import filled, rules_of

LIMIT = 20


def records(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        if key := request.args.get('tags'):
            words = tags_in_use(desk.reader, desk.entity.key, key, request.args.get('q', '')[:60], LIMIT)
            return jsonify({'results': [{'uid': word, 'label': word} for word in words]})
        narrowed = narrowing(desk, request.args.get('for', ''))
        found = desk.reader.choices(desk.entity.key, request.args.get('q', '')[:200], LIMIT, narrowed=narrowed)
        return jsonify(
            {'results': [{'uid': link.uid, 'label': link.label, 'sub': sub, 'hue': hue_of(link.uid)} for link, sub in found]}
        )


def narrowing(desk: Desk, field_path: str) -> Condition | None:
    """The filter of a link field `<entity>.<field>` of the record being edited, whose values come as `record.<input>`; of a
    field of lines, `<entity>.<lines>.<field>`, those of its row."""
    entity_key, _mark, place = field_path.partition('.')
    first, _dot, inside = place.partition('.')
    entity = g.catalog.find_entity(entity_key)
    if entity is None or first not in desk.reader.policy.readable(entity.key):
        return None
    lines = entity.fields[first].lines if inside else None
    condition = rules_of(lines or entity, g.catalog).filters.get(inside if lines is not None else place)
    if condition is None or condition.entity.key != desk.entity.key:
        return None
    if lines is not None:
        return filled(condition, form_state.row_values(desk, lines, _typed()))
    with desk_for(entity.key) as edited:
        return filled(condition, form_state.held_values(edited, _typed(), request.args.get('record', '')))


def _typed() -> MultiDict[str, str]:
    """Inputs of the form, as the address carries them."""
    pairs = [
        (name.removeprefix('record.'), value) for name, value in request.args.items(multi=True) if name.startswith('record.')
    ]
    return MultiDict(pairs)


def users() -> ResponseReturnValue:
    require_actor()
    people = g.catalog.users
    with g.runtime.database.reading() as connection:
        rows = connection.execute(
            sa.select(people.c.username, people.c.first_name, people.c.last_name, people.c.email).where(people.c.active)
        ).all()
    found = [(row.username, full_name(row.first_name, row.last_name) or row.username) for row in rows]
    return _matching(found)


def teams() -> ResponseReturnValue:
    require_actor()
    with g.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(team.c.uid, team.c.name).where(team.c.active.is_(sa.true()))).all()
    return _matching([(row.uid, row.name) for row in rows])


def _matching(found: list[tuple[str, str]]) -> ResponseReturnValue:
    wanted = fold(request.args.get('q', ''))
    chosen = sorted(((uid, label) for uid, label in found if wanted in fold(f'{label} {uid}')), key=lambda each: fold(each[1]))
    return jsonify({'results': [{'uid': uid, 'label': label, 'sub': '', 'hue': hue_of(uid)} for uid, label in chosen[:LIMIT]]})
