"""`GET /api/v1/why`: why a person may or may not, for administrators; anybody about themselves. Decides nothing."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from modules.api.answers import add_version, answer
from modules.web.pinning import require_actor
from modules.why.service import explain
from schema.base.errors import BadRequest
from schema.base.findings import nearest

NAMES = ('user', 'entity', 'uid', 'action', 'field')

blueprint = Blueprint('why_api', __name__, url_prefix='/api/v1')
blueprint.after_request(add_version)


@blueprint.get('/why')
def why() -> Response:
    """`user` (a user name; left out, oneself), `entity`, `uid`, `action` (read when left out), `field`.

    Raises: BadRequest API-E007 for an unknown name in the address, and what `explain` raises.
    """
    actor = require_actor()
    for name in request.args:
        if name not in NAMES:
            raise BadRequest.of('API-E007', f'/{name[:40]}', value=name[:40], hint=nearest(name[:40], NAMES))
    asked = {name: request.args.get(name, '')[:200] for name in NAMES}
    trail = explain(
        g.runtime, actor, asked['user'] or actor.username, asked['entity'], asked['uid'] or None, asked['action'] or 'read',
        asked['field'] or None,
    )  # fmt: skip
    return answer(trail.as_wire())
