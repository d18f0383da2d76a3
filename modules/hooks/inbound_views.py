"""`POST /hooks/<token>`: the address that other programs call. No cookie counts here; the token alone opens it."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, request

from modules.api.bodies import TooLarge, json_mapping
from modules.hooks.inbound import open_address, receive, require_signed
from modules.web.brakes import count_forgery
from schema.base.errors import NotFound

blueprint = Blueprint('hooks_inbound', __name__)
LARGEST_BODY_BYTES = 1024 * 1024


@blueprint.post('/hooks/<string:token>')
def receive_call(token: str) -> tuple[Response, int]:
    """202 with `{"entity", "uid", "repeated"}` once record and event are written; the workflow runs after the answer."""
    try:
        address = open_address(g.runtime, token[:100])
    except NotFound as error:
        if error.findings[0].code == 'HOK-E006':
            count_forgery()
        raise
    if (request.content_length or 0) > LARGEST_BODY_BYTES:
        raise TooLarge.of('HOK-E016', limit='1 MB')
    content, body = json_mapping(exact=False), request.get_data()
    require_signed(address, body, request.headers, g.runtime.clock.now())
    key = request.headers.get('Idempotency-Key') or request.headers.get('webhook-id') or ''
    taken = receive(g.runtime, address, content, key.strip())
    return jsonify({'entity': taken.entity, 'uid': taken.uid, 'repeated': taken.repeated}), 202
