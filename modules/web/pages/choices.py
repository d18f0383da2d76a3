"""What remote-loading selects ask for: records, people, teams."""

from __future__ import annotations

import sqlalchemy as sa
from flask import g, jsonify, request
from flask.typing import ResponseReturnValue

from modules.records.labels import full_name
from modules.web.pages.context import desk_for
from modules.web.pinning import require_actor
from modules.web.presenting import hue_of
from schema.base.text import fold

LIMIT = 20


def records(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        found = desk.reader.choices(desk.entity.key, request.args.get('q', '')[:200], LIMIT)
        return jsonify(
            {'results': [{'uid': link.uid, 'label': link.label, 'sub': sub, 'hue': hue_of(link.uid)} for link, sub in found]}
        )


def users() -> ResponseReturnValue:
    require_actor()
    people = g.catalog.users
    with g.runtime.database.reading() as connection:
        rows = connection.execute(
            sa.select(people.c.username, people.c.first_name, people.c.last_name, people.c.email)
            .where(people.c.active)
            .limit(500)
        ).all()
    found = [(row.username, full_name(row.first_name, row.last_name) or row.username) for row in rows]
    return _matching(found)


def teams() -> ResponseReturnValue:
    require_actor()
    table = g.catalog.teams
    with g.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(table.c.uid, table.c.name).limit(500)).all()
    return _matching([(row.uid, row.name) for row in rows])


def _matching(found: list[tuple[str, str]]) -> ResponseReturnValue:
    wanted = fold(request.args.get('q', ''))
    chosen = sorted(((uid, label) for uid, label in found if wanted in fold(f'{label} {uid}')), key=lambda each: fold(each[1]))
    return jsonify({'results': [{'uid': uid, 'label': label, 'sub': '', 'hue': hue_of(uid)} for uid, label in chosen[:LIMIT]]})
