"""Operations over REST: list, read, start a bulk change, foresee and undo."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g

from modules.api.answers import answer
from modules.api.arguments import no_arguments
from modules.api.bodies import json_mapping, kind_of
from modules.operations import keeping, service
from modules.operations.model import Operation
from modules.operations.service import Order
from modules.records.transferring import choice_of
from modules.web.failures import locale
from modules.web.pages.context import whole_number
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest

TEXT = {'en': 'a text', 'vi': 'một đoạn chữ'}
EXPECTED: dict[str, tuple[type, Any]] = {
    'kind': (str, TEXT),
    'entity': (str, TEXT),
    'search': (str, TEXT),
    'values': (dict, {'en': 'fields with their values', 'vi': 'các trường kèm giá trị'}),
    'filter': (dict, {'en': 'a condition', 'vi': 'một điều kiện'}),
    'stages': (dict, {'en': 'stages with their targets', 'vi': 'các giai đoạn kèm nơi chuyển đến'}),
    'uids': (list, {'en': 'a list of record IDs', 'vi': 'danh sách mã hồ sơ'}),
    'old_owner': (str, TEXT),
    'workflows': (bool, {'en': 'true or false', 'vi': 'true hoặc false'}),
}


def add_rules(blueprint: Blueprint) -> None:
    for rule, view, method in (
        ('/operations/', index, 'GET'),
        ('/operations/', start, 'POST'),
        ('/operations/<string:operation_id>', show, 'GET'),
        ('/operations/<string:operation_id>/undo', foresee, 'GET'),
        ('/operations/<string:operation_id>/undo', undo, 'POST'),
    ):
        blueprint.add_url_rule(rule, f'operations_{view.__name__}', view, methods=[method])


def index() -> Response:
    """The person's own, newest first; all of them for administrators."""
    actor = require_actor()
    found, more = keeping.list_page(g.runtime, actor, number=max(whole_number('page', 1), 1))
    return answer({'result': [each.as_wire(locale()) for each in found], 'more': more})


def show(operation_id: str) -> Response:
    no_arguments()
    return answer(keeping.get(g.runtime, operation_id, require_actor()).as_wire(locale()))


def start() -> Response:
    """`{kind, entity, uids | filter [search], values | stages, workflows, old_owner}`: 201 when over, 202 when it goes on."""
    actor = require_actor()
    no_arguments()
    body = json_mapping()
    for name, sent in body.items():
        kind, expected = EXPECTED.get(name, (type(None), TEXT))
        if name not in EXPECTED or not isinstance(sent, kind):
            raise BadRequest.of('API-E008', f'/{name}', name=name, value=kind_of(sent), expected=expected)
    if 'uids' not in body and 'filter' not in body:
        raise BadRequest.of('OPN-E008', '/uids')
    target = {name: body[name] for name in ('uids', 'filter', 'search') if name in body}
    order = Order(
        body.get('kind', ''), body.get('entity', ''), target, body.get('values', {}), body.get('stages', {}),
        body.get('workflows', True), choice_of(body.get('old_owner')),
    )  # fmt: skip
    return _answer(service.start(g.runtime, actor, order))


def foresee(operation_id: str) -> Response:
    """What undoing would do now."""
    no_arguments()
    found = service.forecast(g.runtime, require_actor(), operation_id)
    reasons = [{'uid': each.uid, 'text': each.texts[locale()]} for each in found.reasons]
    return answer({
        'set': found.set, 'bin': found.bin, 'restore': found.restore, 'kept': found.kept, 'stay': found.stay,
        'more': found.more, 'reasons': reasons, 'effects': [each[locale()] for each in found.effects],
    })  # fmt: skip


def undo(operation_id: str) -> Response:
    no_arguments()
    return _answer(service.undo(g.runtime, require_actor(), operation_id))


def _answer(made: Operation) -> Response:
    return answer(made.as_wire(locale()), 201 if made.over else 202, {'Location': f'/api/v1/operations/{made.id}'})
