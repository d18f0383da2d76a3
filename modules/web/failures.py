"""Errors at the edge of a request: problem+json for the API, a page that helps for people, a fragment for htmx."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from modules.web.faults import fault_of, new_reference
from schema.base.errors import TrellisError, Unauthenticated
from schema.base.findings import Finding, finding

log = logging.getLogger('trellis.web')
FORMS = ('entity.new', 'entity.edit')

PROBLEMS = {
    400: 'API-E400',
    401: 'PRM-E011',
    403: 'PRM-E001',
    404: 'API-E404',
    405: 'API-E405',
    413: 'REC-E021',
    415: 'API-E415',
}


def install(app: Flask) -> None:
    app.register_error_handler(TrellisError, on_refusal)
    app.register_error_handler(CSRFError, on_stale_form)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(OperationalError, on_database_error)
    app.register_error_handler(Exception, on_fault)


def on_refusal(error: TrellisError) -> ResponseReturnValue:
    if isinstance(error, Unauthenticated) and not wants_json() and not request.headers.get('HX-Request'):
        return redirect(url_for('AuthDBView.login', next=_page_behind()))
    if error.findings[0].code == 'PRM-E032' and not wants_json() and not request.headers.get('HX-Request'):
        return redirect(url_for('people_account.first_password'))
    return answer(error.status, error.findings)


def on_stale_form(_error: CSRFError) -> ResponseReturnValue:
    """A record's form is drawn again with what was typed and a fresh token; nothing is saved by that."""
    if _may_be_drawn_again():
        g.stale_form = True
        try:
            drawn = make_response(current_app.view_functions[request.endpoint or ''](**(request.view_args or {})))
        except TrellisError as error:
            return on_refusal(error)
        drawn.status_code = 400
        return drawn
    return answer(400, (finding('API-E419'),))


def _may_be_drawn_again() -> bool:
    own_page = request.headers.get('Sec-Fetch-Site', 'same-origin') == 'same-origin'
    plain = not wants_json() and not request.headers.get('HX-Request') and g.get('viewing') is None
    return request.endpoint in FORMS and own_page and plain and g.get('actor') is not None and not g.get('must_change_password')


def _page_behind() -> str:
    """Where to go on after signing in: forms stand at the address that they are sent to."""
    return request.full_path if request.method == 'GET' or request.endpoint in FORMS else '/'


def on_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    if status >= 500:
        return answer(status, (_fault(error),))
    code = PROBLEMS.get(status, 'API-E400')
    return answer(status, (finding(code, value=request.path, limit=request.max_content_length),))


def on_database_error(error: OperationalError) -> ResponseReturnValue:
    log.exception('the database did not answer', exc_info=error)
    return answer(503, (finding('API-E503'),))


def on_fault(error: Exception) -> ResponseReturnValue:
    return answer(500, (_fault(error),))


def _fault(error: Exception) -> Finding:
    """The code that people are told stands in the log, with what happened."""
    reference = new_reference()
    log.error('%s %s failed, %s', request.method, request.path, reference, exc_info=error)
    return finding('API-E500', reference=reference)


def answer(status: int, findings: tuple[Finding, ...]) -> ResponseReturnValue:
    """The findings in the shape the caller understands."""
    if wants_json():
        return problem(status, findings)
    if request.headers.get('HX-Request'):
        # scripts show the text of a refusal as a toast and leave the page as it is
        return problem(status, findings)
    template = 'web/error.html' if g.get('policy') is not None else 'web/error_bare.html'
    return render_template(template, fault=fault_of(status, findings, locale())), status


def problem(status: int, findings: tuple[Finding, ...]) -> Response:
    """RFC 9457: `{type, title, status, detail, errors: [{code, pointer, level, detail, hint}]}`. What a page's own script shows
    is told as on a page."""
    first = findings[0]
    title = first.text(locale())
    detail = ' '.join(filter(None, (title, first.hint_text(locale()))))
    if not _for_programs():
        fault = fault_of(status, findings[:1], locale())
        title, detail = fault.title, fault.sentence
    body: dict[str, Any] = {
        'type': f'urn:trellis:{first.code.lower()}',
        'title': title,
        'status': status,
        'detail': detail,
        'instance': request.path,
        'errors': [each.as_wire(locale()) for each in findings],
    }
    response = jsonify(body)
    response.status_code = status
    response.mimetype = 'application/problem+json'
    return response


def wants_json() -> bool:
    """Whether the caller is a script: the API, or a request that accepts nothing but JSON."""
    return _for_programs() or request.accept_mimetypes.best == 'application/json'


def _for_programs() -> bool:
    return request.path.startswith(('/api/', '/hooks/'))


def locale() -> str:
    if actor := g.get('actor'):
        return str(actor.locale)
    found = get_locale()
    return found.language if found else 'en'
