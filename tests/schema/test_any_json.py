"""Whatever JSON somebody sends, checking answers with findings and never with an exception."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.base.findings import Finding
from schema.checks import check_documents, parse_json
from tests.schema.conftest import SMALL
from tests.support.properties import examples

WORDS = st.sampled_from([
    'x-type', 'x-options', 'x-default', 'key', 'text', 'link', 'stage', 'contact', 'company', 'email', 'full_name', 'owner',
    'new', 'money', 'decimal', '*', 'all', '', '{{ record.x', '{%', '$ref', 'ngày', '😀', '\0', '\ud800', '(?P<', '2026-01-01',
    'NaN', '1e9999',
])  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(2**63), 0.5, float('nan'), float('inf')])
    | WORDS
    | st.text(max_size=8)
)
TOKENS = st.sampled_from([{'now': True}, {'me': True}, {'today': 1}, {'amount': '1', 'currency': 'VND'}])
VALUES = st.recursive(
    SCALARS | TOKENS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=8
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for name, part in below for deeper in places(part, (*path, name)))]


PLACES = [(name, place) for name, document in SMALL.items() for place in places(document)]
CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(['set', 'drop', 'add']), WORDS, VALUES), min_size=1, max_size=6
)


def change(documents: Any, where: Any, how: str, word: str, value: Any) -> None:
    """Change one place, unless an earlier change took it away."""
    name, path = where
    if not path:
        documents[name] = value
        return
    node = documents[name]
    for part in path[:-1]:
        if not _has(node, part):
            return
        node = node[part]
    if not _has(node, path[-1]):
        return
    if how == 'drop':
        del node[path[-1]]
    elif how == 'add' and isinstance(node, dict):
        node[word] = value
    else:
        node[path[-1]] = value


def _has(node: Any, part: Any) -> bool:
    return (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int) and part < len(node))


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES)
def test_changed_definitions_give_findings_and_no_exception(changes: Any) -> None:
    documents = copy.deepcopy(SMALL)
    for each in changes:
        change(documents, *each)

    found = check_documents(documents)

    assert all(isinstance(each, Finding) and each.pointer.startswith('/') and each.text('vi') != each.code for each in found)
    assert [(each.pointer, each.code) for each in found] == sorted((each.pointer, each.code) for each in found)
    assert len({(each.pointer, each.code, str(each.params)) for each in found}) == len(found)


@settings(max_examples=examples(100))
@given(VALUES, st.sampled_from(['entity', 'role', 'workflow', 'template', 'view', 'nothing']))
def test_any_document_of_any_kind_gives_findings(document: Any, kind: str) -> None:
    assert check_documents({(kind, 'some'): document})


@settings(max_examples=examples(100))
@given(st.text(max_size=40) | st.binary(max_size=40) | VALUES.map(json.dumps))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    document, found = parse_json(text)
    assert document is None or not found
