"""The three pages for machines: /healthz, /readyz and /metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping

from flask import Blueprint, Flask, Response, g, jsonify, request, request_started
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from modules.ops.health import Check, check_readiness, metrics, observe_request


def make_blueprint(checks: Mapping[str, Check]) -> Blueprint:
    """The pages, and the counting of every request of the app they are registered on.

    `checks` are run by /readyz, in order: `{'database': …, 'redis': …, 'catalog': …}`; each raises when its part is down.
    """
    pages = Blueprint('ops', __name__)

    @pages.get('/healthz')
    def healthz() -> ResponseReturnValue:
        return Response('ok\n', mimetype='text/plain')

    @pages.get('/readyz')
    def readyz() -> ResponseReturnValue:
        readiness = check_readiness(checks)
        return jsonify(readiness.document()), readiness.status

    @pages.get('/metrics')
    def metrics_page() -> ResponseReturnValue:
        body, content_type = metrics()
        return Response(body, content_type=content_type)

    pages.record_once(_listen)
    pages.after_app_request(_count)
    return pages


def _listen(state: BlueprintSetupState) -> None:
    request_started.connect(_note_start, state.app)


def _note_start(_app: Flask, **_context: object) -> None:
    """By signal, for it comes before every function that may refuse the request: refused ones are counted too."""
    g.request_began = time.perf_counter()


def _count(response: Response) -> Response:
    began = g.get('request_began')
    if began is not None:
        endpoint = request.endpoint or 'unknown'
        observe_request(request.method, endpoint, response.status_code, time.perf_counter() - began)
    return response
