"""JSON itself: can the text be read, and is what it holds storable. Knows no keyword."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding, in_order

DEPTH_LIMIT = 60
SIZE_LIMIT = 1_000_000
NUMBER_LIMIT = 2**63
MEMBER_LIMIT = 1_000  # of one list or object; bounds the work of every later check
UNSTORABLE = re.compile('[\0\ud800-\udfff]')


class _Doubled(dict[str, Any]):
    """A JSON object whose text names a key twice; lives only until it is reported."""

    names: tuple[str, ...] = ()


def parse_json(text: str | bytes, pointer: str = '') -> tuple[Any, list[Finding]]:
    """The document in a JSON text, and what is wrong with it; the document is None when anything is.

    Refuses what RFC 8259 leaves open: keys named twice, NaN and Infinity, half surrogates; and texts beyond the limits.
    """
    size = len(text) if isinstance(text, bytes) else len(text.encode('utf-8', 'surrogatepass'))
    if size > SIZE_LIMIT:
        return None, [finding('SCH-E002', pointer, size=size, limit=SIZE_LIMIT)]
    try:
        plain = text.decode('utf-8-sig') if isinstance(text, bytes) else text.removeprefix('\ufeff')
        document = json.loads(plain, object_pairs_hook=_pairs)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        column = len(before) - before.rfind(b'\n')
        return None, [finding('SCH-E001', pointer, line=before.count(b'\n') + 1, column=column, reason='not UTF-8')]
    except json.JSONDecodeError as error:
        return None, [finding('SCH-E001', pointer, line=error.lineno, column=error.colno, reason=error.msg)]
    except RecursionError:
        return None, [finding('SCH-E003', pointer, limit=DEPTH_LIMIT)]
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        return None, [finding('SCH-E009', pointer, limit=NUMBER_LIMIT)]
    findings = list(in_order(_walk(document, pointer)))
    return (None, findings) if findings else (document, [])


def check_shape(document: Any, pointer: str) -> list[Finding]:
    """What keeps a parsed document from being stored or walked. When this is empty, every other check may recurse freely."""
    findings = list(_walk(document, pointer))
    if not findings:
        size = len(json.dumps(document, ensure_ascii=False).encode())
        if size > SIZE_LIMIT:
            findings.append(finding('SCH-E002', pointer, size=size, limit=SIZE_LIMIT))
    return findings


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    doubled = _Doubled(plain)
    seen: set[str] = set()
    doubled.names = tuple({name: None for name, _ in pairs if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
    return doubled


def _walk(document: Any, pointer: str) -> Iterator[Finding]:
    """Without recursion: the depth is what is being checked."""
    waiting = [(document, pointer, 1)]
    while waiting:
        node, place, depth = waiting.pop()
        if isinstance(node, (dict, list)):
            if depth > DEPTH_LIMIT:
                yield finding('SCH-E003', place, limit=DEPTH_LIMIT)
                continue
            if len(node) > MEMBER_LIMIT:
                yield finding('SCH-E014', place, length=len(node), limit=MEMBER_LIMIT)
                continue
            names = node.keys() if isinstance(node, dict) else range(len(node))
            yield from _check_names(node, place)
            waiting.extend((node[name], f'{place}/{escape_pointer(name)}', depth + 1) for name in names)
        else:
            yield from _check_leaf(node, place)


def _check_names(node: dict[str, Any] | list[Any], place: str) -> Iterator[Finding]:
    if isinstance(node, _Doubled):
        for name in node.names:
            yield finding('SCH-E004', f'{place}/{escape_pointer(name)}', key=name[:60])
    if isinstance(node, dict) and not all(isinstance(name, str) and _storable(name) for name in node):
        yield finding('SCH-E008', place)


def _check_leaf(node: Any, place: str) -> Iterator[Finding]:
    if node is None or isinstance(node, bool):
        return
    if isinstance(node, str):
        if not _storable(node):
            yield finding('SCH-E008', place)
    elif isinstance(node, float):
        if not math.isfinite(node):
            yield finding('SCH-E005', place, value=str(node))
    elif isinstance(node, int):
        if abs(node) >= NUMBER_LIMIT:
            yield finding('SCH-E009', place, limit=NUMBER_LIMIT)
    else:
        yield finding('SCH-E008', place)


def _storable(text: str) -> bool:
    """PostgreSQL keeps no NUL, UTF-8 no half surrogate."""
    return UNSTORABLE.search(text) is None
