"""Assignment over REST: give records by a strategy or to one person, foresee it, and who got a record and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g
from sqlalchemy.orm import Session

from modules.api.answers import answer
from modules.api.arguments import no_arguments
from modules.api.bodies import json_mapping, kind_of
from modules.assignment import log
from modules.assignment.model import Forecast
from modules.assignment.service import forecast, read_strategy
from modules.operations import service
from modules.operations.giving import first_of
from modules.operations.service import Order
from modules.records.transferring import choice_of
from modules.web.failures import locale
from modules.web.pages.context import whole_number
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest, Invalid
from schema.catalog import Entity

TEXT = {'en': 'a text', 'vi': 'một đoạn chữ'}
EXPECTED: Mapping[str, tuple[type, Any]] = {
    'uids': (list, {'en': 'a list of record IDs', 'vi': 'danh sách mã hồ sơ'}),
    'filter': (dict, {'en': 'a condition', 'vi': 'một điều kiện'}),
    'search': (str, TEXT),
    'to': (str, TEXT),
    'strategy': (dict, {'en': 'a way of giving', 'vi': 'một cách phân bổ'}),
    'old_owner': (str, TEXT),
    'workflows': (bool, {'en': 'true or false', 'vi': 'true hoặc false'}),
    'dry_run': (bool, {'en': 'true or false', 'vi': 'true hoặc false'}),
}


def add_rules(blueprint: Blueprint) -> None:
    blueprint.add_url_rule('/<ekey:entity>/assign', 'assign', assign, methods=['POST'])
    blueprint.add_url_rule('/<ekey:entity>/<uid:uid>/assignments', 'assignments', assignments, methods=['GET'])


def assign(entity: str) -> Response:
    """`{uids | filter [search], to | strategy, old_owner, workflows, dry_run}`: 201 when over, 202 when it goes on; a dry
    run answers who would get how many. Raises: BadRequest API-E008, ASG-E017; Forbidden PRM-E001; Invalid ASG-*."""
    actor = require_actor()
    no_arguments()
    body, found = _body(), g.catalog.entity(entity)
    target = {name: body[name] for name in ('uids', 'filter', 'search') if name in body}
    strategy = body.get('strategy') or {'kind': 'person', 'among': {'users': [body.get('to', '')]}}
    g.policy.require('assign', found.key)
    if body.get('dry_run'):
        return answer(_foreseen(found, target, strategy))
    values = {'strategy': strategy}
    chosen = choice_of(body.get('old_owner'))
    order = Order('assign', found.key, target, values, workflows=body.get('workflows', True), old_owner=chosen)
    made = service.start(g.runtime, actor, order)
    return answer(made.as_wire(locale()), 201 if made.over else 202, {'Location': f'/api/v1/operations/{made.id}'})


def assignments(entity: str, uid: str) -> Response:
    """Who got the record and why, newest first. Raises: NotFound REC-E028."""
    actor = require_actor()
    number = max(whole_number('page', 1), 1)
    with g.runtime.reader(actor, g.catalog) as reader:
        found = g.catalog.entity(entity)
        record = reader.get(found.key, uid, columns=())
        rows = log.entries(reader, g.catalog, log.Filter(found, record.uid), number=number)
    result = [_wire(each) for each in rows[: log.PAGE]]
    return answer({'result': result, 'more': len(rows) > log.PAGE})


def _body() -> dict[str, Any]:
    body = json_mapping()
    for name, sent in body.items():
        kind, expected = EXPECTED.get(name, (type(None), TEXT))
        if name not in EXPECTED or not isinstance(sent, kind):
            raise BadRequest.of('API-E008', f'/{name[:60]}', name=name[:60], value=kind_of(sent), expected=expected)
    if ('uids' in body) == ('filter' in body) or ('to' in body) == ('strategy' in body):
        raise BadRequest.of('ASG-E017')
    return body


def _foreseen(entity: Entity, target: Mapping[str, Any], wire: Mapping[str, Any]) -> dict[str, Any]:
    with g.runtime.reader(g.actor, g.catalog) as reader, Session(g.runtime.database.read_engine) as session:
        strategy = read_strategy(session, wire, entity, pointer='/strategy')
        uids = target.get('uids')
        query = service.query_of(target)
        total = len(set(map(str, uids))) if uids is not None else reader.span(entity.key, query)[0]
        if not total or (uids is not None and total > service.MOST_UIDS):
            raise Invalid.of('OPN-E008', '/uids')
        rows = first_of(session, reader, entity, target) if strategy.kind == 'returning' else []
        return _forecast_wire(forecast(session, g.catalog, strategy, entity, rows, total, clock=g.runtime.clock))


def _forecast_wire(found: Forecast) -> dict[str, Any]:
    return {
        'shares': [{'name': each.name, 'count': each.count, 'open': each.load} for each in found.shares],
        'nobody': found.nobody, 'known': found.known, 'sampled': found.sampled,
        'left_out': [{'name': name, 'why': why.text(locale())} for name, why in found.left_out],
    }  # fmt: skip


def _wire(each: log.Entry) -> dict[str, Any]:
    return {
        'at': each.at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z', 'from': each.from_name, 'to': each.to_name,
        'way': each.strategy, 'reason': each.reason.text(locale()), 'code': each.reason.code, 'rule': each.rule, 'by': each.by,
        'operation': each.operation_id,
    }  # fmt: skip
