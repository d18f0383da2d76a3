"""Reading what a client sent as JSON: one located finding for whatever no service should ever see. Knows no entity."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from modules.api.limits import DEEPEST, LARGEST_BODY_BYTES
from schema.base.errors import BadRequest, TrellisError
from schema.base.findings import escape_pointer
from schema.base.text import is_text

DIGITS = 400


class TooLarge(TrellisError):
    status = 413


class NotJson(TrellisError):
    status = 415


def json_mapping(*, exact: bool = True) -> dict[str, Any]:
    """The body as a JSON object. `exact` reads fractions as Decimal. Raises: BadRequest API-E001…E005, NotJson, TooLarge."""
    return require_mapping(json_body(exact=exact))


def json_list() -> list[Any]:
    """The body as a JSON list. Raises: as `json_mapping`."""
    body = json_body()
    if not isinstance(body, list):
        raise BadRequest.of('API-E002', expected=_LIST, value=kind_of(body))
    return body


def require_mapping(value: Any, pointer: str = '') -> dict[str, Any]:
    """Raises: BadRequest API-E002."""
    if not isinstance(value, dict):
        raise BadRequest.of('API-E002', pointer, expected=_OBJECT, value=kind_of(value))
    return value


def json_body(*, exact: bool = True) -> Any:
    """The body, checked. Raises: as `json_mapping`."""
    if not request.is_json:
        raise NotJson.of('API-E415', value=request.mimetype)
    raw = _bytes()
    try:
        text = raw.decode('utf-8')
        body = json.loads(text, parse_constant=_refuse_constant, parse_float=Decimal if exact else None)
    except json.JSONDecodeError as error:
        raise BadRequest.of('API-E001', line=error.lineno, column=error.colno, reason=error.msg) from error
    except UnicodeDecodeError as error:
        raise BadRequest.of('API-E001', line=1, column=error.start + 1, reason='UTF-8') from error
    except RecursionError as error:
        raise BadRequest.of('API-E004', limit=DEEPEST) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise BadRequest.of('API-E005', limit=DIGITS) from error
    if '\\u' in text or '\x00' in text or text.count('[') + text.count('{') > DEEPEST or not exact:
        check_values(body)
    return body


def check_values(value: Any, pointer: str = '', depth: int = 0) -> None:
    """Refuse what no column can hold: NUL, half a surrogate pair, endless numbers, endless nesting.

    Raises: BadRequest API-E003, API-E004, API-E005.
    """
    if isinstance(value, str):
        if not is_text(value):
            raise BadRequest.of('API-E003', pointer)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadRequest.of('API-E005', pointer, limit=DIGITS)
    elif isinstance(value, (Mapping, list)):
        if depth >= DEEPEST:
            raise BadRequest.of('API-E004', pointer, limit=DEEPEST)
        for key, part in value.items() if isinstance(value, Mapping) else enumerate(value):
            if isinstance(key, str):
                check_values(key, pointer)
            check_values(part, f'{pointer}/{escape_pointer(key)}' if is_text(str(key)) else pointer, depth + 1)


def kind_of(value: Any) -> dict[str, str]:
    """What was sent instead, in words."""
    if value is None:
        return {'en': 'null', 'vi': 'null'}
    if isinstance(value, bool):
        return {'en': 'true or false', 'vi': 'đúng hay sai'}
    if isinstance(value, str):
        return {'en': 'a text', 'vi': 'một đoạn chữ'}
    if isinstance(value, (list, dict)):
        return _LIST if isinstance(value, list) else _OBJECT
    return {'en': 'a number', 'vi': 'một con số'}


_LIST = {'en': 'a list', 'vi': 'một danh sách'}
_OBJECT = {'en': 'an object', 'vi': 'một đối tượng'}


def _bytes() -> bytes:
    request.max_content_length = LARGEST_BODY_BYTES
    if (request.content_length or 0) > LARGEST_BODY_BYTES:
        raise TooLarge.of('API-E413', limit=LARGEST_BODY_BYTES)
    try:
        return request.get_data(cache=True)
    except RequestEntityTooLarge as error:
        raise TooLarge.of('API-E413', limit=LARGEST_BODY_BYTES) from error
    except ClientDisconnected as error:
        raise BadRequest.of('API-E001', line=1, column=1, reason='…') from error


def _refuse_constant(name: str) -> None:
    raise BadRequest.of('API-E005', limit=DIGITS, value=name)
