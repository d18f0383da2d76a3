"""Pools over REST: mine, what waits, claim, release, put in, move, take out; for administrators also making them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g

from modules.api.answers import answer
from modules.api.arguments import no_arguments
from modules.api.bodies import json_mapping, kind_of
from modules.pools import claiming, managing, queries, setup, wires
from modules.pools.model import Mine
from modules.web.failures import locale
from modules.web.pages.context import whole_number
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest, NotFound

PAGE = 50
TEXT = {'en': 'a text', 'vi': 'một đoạn chữ'}
LIST = {'en': 'a list of record IDs', 'vi': 'danh sách mã hồ sơ'}


def add_rules(blueprint: Blueprint) -> None:
    """Register the addresses."""
    for rule, view, method in (
        ('/pools/', index, 'GET'),
        ('/pools/', create, 'POST'),
        ('/pools/<uuid:pool>', show, 'GET'),
        ('/pools/<uuid:pool>', change, 'PUT'),
        ('/pools/<uuid:pool>', delete, 'DELETE'),
        ('/pools/<uuid:pool>/records', records, 'GET'),
        ('/pools/<uuid:pool>/claim', claim, 'POST'),
        ('/pools/<uuid:pool>/release', release, 'POST'),
        ('/pools/<uuid:pool>/put', put, 'POST'),
        ('/pools/<uuid:pool>/move', move, 'POST'),
        ('/pools/<uuid:pool>/take-out', take_out, 'POST'),
    ):
        blueprint.add_url_rule(rule, f'pools_{view.__name__}', view, methods=[method])


def index() -> Response:
    """The pools that the person belongs to, by name."""
    no_arguments()
    return answer({'result': [wires.mine_wire(each, g.catalog) for each in _mine()]})


def show(pool: Any) -> Response:
    """One of them; administrators also see how any pool is made."""
    no_arguments()
    found = next((each for each in _mine() if each.pool.uid == str(pool)), None)
    if g.policy.can_admin:
        with g.runtime.database.reading() as connection:
            known = queries.get_pool(connection, str(pool))
            made = wires.made_wire(connection, known, g.catalog)
        return answer({**made, **(wires.mine_wire(found, g.catalog) if found else {})})
    if found is None:
        raise NotFound.of('POL-E001')
    return answer(wires.mine_wire(found, g.catalog))


def create() -> Response:
    """Administrators alone."""
    actor = require_actor()
    g.policy.require_admin()
    no_arguments()
    body = json_mapping()
    with g.runtime.database.session() as session:
        wish = wires.read_wish(session, body)
        made = setup.create(session, g.catalog, wish, by=actor, now=g.runtime.clock.now())
        wire = wires.made_wire(session, made, g.catalog)
    return answer(wire, 201, {'Location': f'/api/v1/pools/{made.uid}'})


def change(pool: Any) -> Response:
    """Replace how a pool is made; administrators alone."""
    actor = require_actor()
    g.policy.require_admin()
    no_arguments()
    body = json_mapping()
    with g.runtime.database.session() as session:
        wish = wires.read_wish(session, body)
        made = setup.update(session, g.catalog, str(pool), wish, by=actor, now=g.runtime.clock.now())
        wire = wires.made_wire(session, made, g.catalog)
    return answer(wire)


def delete(pool: Any) -> Response:
    """Remove an empty pool; administrators alone."""
    actor = require_actor()
    g.policy.require_admin()
    no_arguments()
    with g.runtime.database.session() as session:
        setup.delete(session, g.catalog, str(pool), by=actor, now=g.runtime.clock.now())
    return answer({'message': 'OK'})


def records(pool: Any) -> Response:
    """`{count, result: [{id, label, waiting_since}]}` of waiting records that the person sees, longest waiting first."""
    actor, number = require_actor(), max(whole_number('page', 0), 0)
    found = _belonging(pool)
    entity = claiming.open_entity(found.pool, g.catalog)
    with g.runtime.reader(actor, g.catalog) as reader:
        rows = queries.list_waiting(reader.session.connection(), found.pool, entity, limit=PAGE, skip=number * PAGE)
        titles = reader.titles(entity.key, [each.record_uid for each in rows])
    result = [
        {'id': each.record_uid, 'label': titles[each.record_uid], 'waiting_since': wires.instant(each.put_at)}
        for each in rows
        if each.record_uid in titles
    ]
    return answer({'count': found.waiting, 'result': result})


def claim(pool: Any) -> Response:
    """`{record?}`: the next one, or the named one. 409 over the limit, with `resets_at` among the error's parameters."""
    actor = require_actor()
    no_arguments()
    body = _body(record=str)
    made = claiming.claim(g.runtime, actor, str(pool), body.get('record'))
    return answer({
        'entity': made.entity.key, 'id': made.uid, 'remaining': made.remaining, 'resets_at': wires.instant(made.resets_at),
    })  # fmt: skip


def release(pool: Any) -> Response:
    """`{record, reason}`."""
    actor = require_actor()
    no_arguments()
    body = _body(record=str, reason=str)
    claiming.release(g.runtime, actor, str(pool), body.get('record', ''), body.get('reason', ''))
    return answer({'message': 'OK'})


def put(pool: Any) -> Response:
    """`{records: […]}`: an operation, 201 when over, 202 when the worker goes on."""
    actor = require_actor()
    no_arguments()
    body = _body(records=list)
    made = managing.put(g.runtime, actor, str(pool), {'uids': body.get('records', [])})
    return answer(made.as_wire(locale()), 201 if made.over else 202, {'Location': f'/api/v1/operations/{made.id}'})


def move(pool: Any) -> Response:
    """`{records: […], to: uid}`."""
    actor = require_actor()
    no_arguments()
    body = _body(records=list, to=str)
    return answer({'count': managing.move(g.runtime, actor, str(pool), body.get('records', []), body.get('to', ''))})


def take_out(pool: Any) -> Response:
    """`{records: […]}`."""
    actor = require_actor()
    no_arguments()
    body = _body(records=list)
    return answer({'count': managing.take_out(g.runtime, actor, str(pool), body.get('records', []))})


def _mine() -> list[Mine]:
    actor = require_actor()
    with g.runtime.database.reading() as connection:
        return queries.mine(connection, actor, g.catalog, g.runtime.clock)


def _belonging(pool: Any) -> Mine:
    found = next((each for each in _mine() if each.pool.uid == str(pool)), None)
    if found is None:
        raise NotFound.of('POL-E001')
    return found


def _body(**expected: type) -> dict[str, Any]:
    """The body with the named parts alone, each of its kind. Raises: BadRequest API-E008 and those of `json_mapping`."""
    body = json_mapping()
    for name, sent in body.items():
        kind = expected.get(name, type(None))
        if name not in expected or not isinstance(sent, kind):
            wanted = LIST if kind is list else TEXT
            raise BadRequest.of('API-E008', f'/{name}', name=name, value=kind_of(sent), expected=wanted)
    return body
