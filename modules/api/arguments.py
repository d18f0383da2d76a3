"""Reading the address of a list: FAB's Rison `q` and the same names as plain parameters. Knows no right and no SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import prison
from flask import request

from modules.api.bodies import check_values, kind_of
from modules.api.limits import PAGE_SIZE, PATIENCE_SECONDS
from schema.base.errors import BadRequest
from schema.base.findings import escape_pointer, nearest
from schema.base.text import is_text


@dataclass(frozen=True)
class ListArguments:
    """`page` counts from 0, as FAB's does; `filters` are FAB's, `filter` is a condition; `keys` None means all."""

    page: int = 0
    page_size: int = PAGE_SIZE
    order_column: str = ''
    order_direction: str = 'asc'
    columns: tuple[str, ...] | None = None
    keys: frozenset[str] | None = None
    filters: tuple[Mapping[str, Any], ...] = ()
    filter: Mapping[str, Any] | None = None
    search: str = ''
    cursor: str | None = None
    deleted: bool = False


def list_arguments() -> ListArguments:
    """Raises: BadRequest API-E006 unreadable, API-E007 unknown name, API-E008 wrong kind of value."""
    return ListArguments(**_read(_LIST))


def record_arguments() -> ListArguments:
    """Of one record: columns, keys, and whether it may lie in the recycle bin. Raises: as `list_arguments`."""
    return ListArguments(**_read({key: _LIST[key] for key in ('columns', 'keys', 'deleted')}))


def choice_argument(name: str, choices: tuple[str, ...]) -> str:
    """One of the choices, the first by default. Raises: BadRequest API-E007, API-E008."""
    _refuse_unknown(request.args, (name,))
    value = request.args.get(name, choices[0])
    if value not in choices:
        raise _wrong(name, value, ', '.join(choices))
    return value


def no_arguments() -> None:
    """Raises: BadRequest API-E007."""
    _refuse_unknown(request.args, ())


def require_known(*names: str) -> None:
    """Only these names stand in the address. Raises: BadRequest API-E007."""
    _refuse_unknown(request.args, names)


def patience() -> float:
    """How many seconds the caller wants to wait for an answer, by `Prefer: wait=5` or `respond-async` (RFC 7240): at most, and
    unless it is said, `PATIENCE_SECONDS`. What cannot be read is left alone, as preferences are."""
    wishes = [each.partition(';')[0].strip() for part in request.headers.getlist('Prefer') for each in part.split(',')]
    told = {name.strip().lower(): value.strip() for name, _, value in (each.partition('=') for each in wishes)}
    if (seconds := told.get('wait', '')).isascii() and seconds.isdigit():
        return float(min(int(seconds[:9]), PATIENCE_SECONDS))
    return 0.0 if 'respond-async' in told else float(PATIENCE_SECONDS)


def _read(readers: Mapping[str, Callable[[str, Any], Any]]) -> dict[str, Any]:
    if not request.args:
        return {}
    _refuse_unknown(request.args, ('q', *readers))
    given = _rison(request.args['q']) if request.args.get('q') else {}
    _refuse_unknown(given, readers)
    plain = {name: _from_text(name, value) for name, value in request.args.items() if name != 'q'}
    return {name: readers[name](name, value) for name, value in {**given, **plain}.items()}


def _rison(text: str) -> dict[str, Any]:
    try:
        given = prison.loads(text)
    except (prison.decoder.ParserException, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError):
        given = _json(text, 'q')
    check_values(given, '/q')
    if not isinstance(given, dict):
        raise BadRequest.of('API-E006', '/q', value=_short(text))
    return {str(name): value for name, value in given.items()}


def _from_text(name: str, text: str) -> Any:
    """A plain parameter: numbers and yes/no as such, lists by commas, conditions as JSON."""
    check_values(text, f'/{name}')
    if name in {'page', 'page_size'}:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text
    if name == 'deleted':
        return {'true': True, '1': True, 'false': False, '0': False}.get(text, text)
    if name in {'filter', 'filters'}:
        given = _json(text, name)
        check_values(given, f'/{name}')
        return given
    return [each for each in text.split(',') if each] if name in {'columns', 'keys'} else text


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest.of('API-E006', f'/{name}', value=_short(text)) from error


def _refuse_unknown(given: Mapping[str, Any], known: Any) -> None:
    for name in given:
        if name not in known:
            raise BadRequest.of(
                'API-E007', f'/{escape_pointer(_short(name))}', value=_short(name), hint=nearest(_short(name), known)
            )


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, value, _NUMBER)
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):  # Rison reads digits without quotes as a number
        return str(value)
    if not isinstance(value, str):
        raise _wrong(name, value, _TEXT)
    return value


def _direction(name: str, value: Any) -> str:
    if value not in ('asc', 'desc'):
        raise _wrong(name, value, 'asc, desc')
    return str(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, value, 'true, false')
    return value


def _names(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(name, value, _NAMES)
    return tuple(dict.fromkeys(value))


def _name_set(name: str, value: Any) -> frozenset[str]:
    return frozenset(_names(name, value))


def _tests(name: str, value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _wrong(name, value, '[{col, opr, value}]')
    return tuple(value)


def _condition(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, value, '{field, op, value}')
    return value


def _wrong(name: str, value: Any, expected: Any) -> BadRequest:
    shown: Any = _short(str(value)) if isinstance(value, (str, int, float)) else kind_of(value)
    return BadRequest(*BadRequest.of('API-E008', f'/{name}', name=name, value=shown, expected=expected).findings)


def _short(text: str) -> str:
    return text[:60] if is_text(text) else '…'


_NUMBER = {'en': 'a whole number', 'vi': 'một số nguyên'}
_TEXT = {'en': 'a text', 'vi': 'một đoạn chữ'}
_NAMES = {'en': 'a list of names', 'vi': 'một danh sách tên'}
_LIST: Mapping[str, Callable[[str, Any], Any]] = {
    'page': _whole, 'page_size': _whole, 'order_column': _text, 'order_direction': _direction, 'columns': _names,
    'keys': _name_set, 'filters': _tests, 'filter': _condition, 'search': _text, 'cursor': _text, 'deleted': _flag,
}  # fmt: skip
