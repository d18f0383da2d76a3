"""What remote-loading selects ask for: records, people, teams."""

from __future__ import annotations

import sqlalchemy as sa
from flask import g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from modules.records.judging import Judge
from modules.records.labels import full_name
from modules.records.vocabulary import tags_in_use
from modules.web import form_state
from modules.web.pages.context import desk_for
from modules.web.pinning import require_actor
from modules.web.shell import hue_of
from permissions.tables import team
from schema.base.text import fold
from schema.conditions.condition import Condition
from schema.conditions.tree import PARENT
from schema.entity_rules import filled, record_names, rules_of
from schema.values import USER

LIMIT = 20
AROUND = f'{PARENT}.'


def records(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        if key := request.args.get('tags'):
            words = tags_in_use(desk.reader, desk.entity.key, key, request.args.get('q', '')[:60], LIMIT)
            return jsonify({'results': [{'uid': word, 'label': word} for word in words]})
        narrowed = narrowing(desk.entity.key, request.args.get('for', ''))
        found = desk.reader.choices(desk.entity.key, request.args.get('q', '')[:200], LIMIT, narrowed=narrowed)
        return jsonify(
            {'results': [{'uid': link.uid, 'label': link.label, 'sub': sub, 'hue': hue_of(link.uid)} for link, sub in found]}
        )


def narrowing(target: str, field_path: str) -> Condition | None:
    """The filter of a link field `<entity>.<field>` of the record being edited, whose values come as `record.<input>`; of a
    field of lines, `<entity>.<lines>.<field>`, those of its row, and as `record.parent.<input>` those around it."""
    entity_key, _mark, place = field_path.partition('.')
    first, _dot, inside = place.partition('.')
    entity = g.catalog.find_entity(entity_key)
    if entity is None or first not in g.policy.readable(entity.key):
        return None
    lines = entity.fields[first].lines if inside else None
    filters = rules_of(lines or entity, g.catalog).filters.get(inside if lines is not None else place, {})
    condition = filters.get(target)
    if condition is None:
        return None
    with desk_for(entity.key) as edited:
        stored = request.args.get('record', '')
        if lines is None:
            return filled(condition, form_state.held_values(edited, _typed('record.'), stored))
        held = form_state.row_values(edited, lines, _typed('record.'))
        if any(name.startswith(AROUND) for name in record_names(condition)):
            around = form_state.held_values(edited, _typed(f'record.{AROUND}'), stored)
            held |= {f'{AROUND}{key}': value for key, value in around.items()}
        return filled(condition, held)


def _typed(stem: str) -> MultiDict[str, str]:
    """Inputs of the form, as the address carries them."""
    pairs = [(name.removeprefix(stem), value) for name, value in request.args.items(multi=True) if name.startswith(stem)]
    return MultiDict(pairs)


def users() -> ResponseReturnValue:
    require_actor()
    people = g.catalog.users
    with g.runtime.database.reading() as connection:
        rows = connection.execute(
            sa.select(people.c.id, people.c.username, people.c.first_name, people.c.last_name, people.c.email).where(
                people.c.active
            )
        ).all()
    fits = _fitting(narrowing(USER, request.args.get('for', '')), [row.id for row in rows])
    found = [
        (row.username, full_name(row.first_name, row.last_name) or row.username)
        for row in rows
        if fits is None or row.id in fits
    ]
    return _matching(found)


def _fitting(condition: Condition | None, ids: list[int]) -> frozenset[int] | None:
    """Those of the people that a field lets through; None when it has no filter."""
    if condition is None:
        return None
    with Session(g.runtime.database.read_engine) as session:
        judge = Judge(session, g.catalog, g.actor, g.runtime.clock)
        people = judge.load_targets(condition, ids)
        return frozenset(row_id for row_id, each in people.items() if judge.decide_for(condition, each, {}) is True)


def teams() -> ResponseReturnValue:
    require_actor()
    with g.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(team.c.uid, team.c.name).where(team.c.active.is_(sa.true()))).all()
    return _matching([(row.uid, row.name) for row in rows])


def _matching(found: list[tuple[str, str]]) -> ResponseReturnValue:
    wanted = fold(request.args.get('q', ''))
    chosen = sorted(((uid, label) for uid, label in found if wanted in fold(f'{label} {uid}')), key=lambda each: fold(each[1]))
    return jsonify({'results': [{'uid': uid, 'label': label, 'sub': '', 'hue': hue_of(uid)} for uid, label in chosen[:LIMIT]]})
