"""Whatever JSON somebody sends, checking answers with findings and never with an exception."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrations import requests
from schema.base.errors import BadRequest
from schema.base.findings import Finding
from schema.checks import check_documents, parse_json
from schema.compiling import compile_catalog
from schema.entity_rules import rules_of
from schema.loading import settle
from schema.versions import SchemaVersion
from tests.schema.everything import everything
from tests.support.properties import examples

WORDS = st.sampled_from([
    'x-type', 'x-options', 'x-default', 'key', 'text', 'link', 'stage', 'contact', 'company', 'email', 'full_name', 'owner',
    'new', 'money', 'decimal', '*', 'all', '', '{{ record.x', '{%', '$ref', 'ngày', '😀', '\0', '\ud800', '(?P<', '2026-01-01',
    'NaN', '1e9999', 'quote', 'items', 'people', 'total', 'half', 'client.phone', 'x-formula', 'x-result', 'x-rollup',
    'x-through', 'x-lines', 'x-default', 'formula', 'rollup', 'through', 'lines', 'links', 'autonumber', 'rating', 'tags',
    'address', 'file', 'total / 0', 'half + total', 'items.sum', '((((', "'a' in words", 'size(1)', 'round(half, 99)',
    'KH-{YYYY}-{000}', '{00', '{YY}', 'sum', 'count', 'avg', 'fields', 'field', 'refuse_when', 'message', 'gate', 'maps',
    'if', 'tabs', 'tab', 'roles', 'columns', 'x-rules', 'x-unique-keys', 'x-option-filter', 'x-required-if', 'x-visible-if',
    'record', 'value', 'op', 'eq', 'has_any', 'between', 'where', 'any_related', 'sum_related', 'of', 'not', 'x-aliases',
    'topic', 'PT1H', '25:61', '.pdf', 'admin', 'VND',
])  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(2**63), 0.5, float('nan'), float('inf')])
    | WORDS
    | st.text(max_size=8)
)
TOKENS = st.sampled_from([
    {'now': True}, {'me': True}, {'today': 1}, {'amount': '1', 'currency': 'VND'}, {'formula': 'half + 1'}, {'record': 'firm'},
    {'lines': 'items'}, {'links': 'people'}, {'entity': 'quote', 'field': 'client'}, {'link': 'client', 'field': 'email'},
])  # fmt: skip
VALUES = st.recursive(
    SCALARS | TOKENS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=8
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for name, part in below for deeper in places(part, (*path, name)))]


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        node = node[part]
    return node


WHOLE = everything()
PLACES = [(name, place) for name, document in WHOLE.items() for place in places(document)]
PARTS = st.sampled_from([at(WHOLE[name], place) for name, place in PLACES if place]).map(copy.deepcopy)
CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(['set', 'drop', 'add']), WORDS, VALUES | PARTS), min_size=1, max_size=6
)


def name_of(place: tuple[Any, ...]) -> Any:
    """What parts that fit the place are called; those of a list go by its name."""
    return place[-1] if isinstance(place[-1], str) else (place[-2], 0)


ALIKE: dict[Any, list[Any]] = {}
for _name, _place in PLACES:
    if _place:
        ALIKE.setdefault(name_of(_place), []).append(at(WHOLE[_name], _place))
EXCHANGES = st.lists(
    st.sampled_from([each for each in PLACES if each[1]]).flatmap(
        lambda each: st.tuples(
            st.just(each), st.just('set'), st.just(''), st.sampled_from(ALIKE[name_of(each[1])]).map(copy.deepcopy) | WORDS
        )
    ),
    min_size=1, max_size=3,
)  # fmt: skip


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


def test_the_whole_before_it_is_changed_has_no_findings() -> None:
    assert check_documents(everything()) == []


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES | EXCHANGES)
def test_changed_definitions_give_findings_or_compile(changes: Any) -> None:
    documents = copy.deepcopy(WHOLE)
    for each in changes:
        change(documents, *each)

    found = check_documents(documents)

    assert all(isinstance(each, Finding) and each.pointer.startswith('/') and each.text('vi') != each.code for each in found)
    assert [(each.pointer, each.code) for each in found] == sorted((each.pointer, each.code) for each in found)
    assert len({(each.pointer, each.code, str(each.params)) for each in found}) == len(found)
    if not found:
        catalog = compile_catalog(SchemaVersion(1, settle(documents, {}), 'any'))
        assert all(rules_of(each, catalog) for each in catalog.holders.values())


BASE = settle(copy.deepcopy(WHOLE), {})
SECTIONS = {kind: section for section, kind in requests.SECTIONS.items()}
FIELDS = [(entity, key) for (kind, entity), document in BASE.items() if kind == 'entity' for key in document['properties']]


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES | EXCHANGES, st.sampled_from(FIELDS), st.sampled_from(FIELDS))
@example([((('entity', 'quote'), ('properties', 'place', 'x-ref')), 'set', 'op', [])], ('quote', 'code'), ('quote', 'due'))
@example([((('entity', 'quote'), ('properties', 'items', 'x-lines')), 'set', '', 'x')], ('quote', 'code'), ('quote', 'due'))
@example([((('entity', 'quote'), ('x-format',)), 'add', 'x-ref', [1])], ('quote', 'code'), ('quote', 'due'))
def test_any_request_is_merged_or_refused(changes: Any, renamed: Any, removed: Any) -> None:
    """A field takes another key and another one goes meanwhile, so that what names them is followed through any shape."""
    documents = copy.deepcopy(WHOLE)
    for each in changes:
        change(documents, *each)
    request: dict[str, Any] = {'remove': ['/'.join(('/entities', removed[0], 'properties', removed[1]))]}
    for (kind, key), document in documents.items():
        request.setdefault(SECTIONS[kind], {})[key] = document
    part = {'x-ref': BASE['entity', renamed[0]]['properties'][renamed[1]]['x-ref']}
    place = ('entities', (renamed[0], 'properties', renamed[1]))
    change(request, place, 'add', 'other_key', part)
    change(request, place, 'drop', '', None)

    try:
        requests.merge(BASE, request)
    except BadRequest as refused:
        assert refused.findings


def test_a_column_of_lines_that_is_no_definition_is_refused_where_a_rollup_sums_it() -> None:
    documents = everything()
    documents['entity', 'quote']['properties']['items']['x-lines']['properties']['sum'] = 7

    assert (
        next(each.pointer for each in check_documents(documents)) == '/entities/quote/properties/items/x-lines/properties/sum'
    )


def test_a_type_of_a_column_that_is_no_text_is_refused_in_its_place() -> None:
    documents = everything()
    documents['entity', 'quote']['properties']['items']['x-lines']['properties']['quantity']['x-type'] = {'en': 'Number'}

    place = '/entities/quote/properties/items/x-lines/properties/quantity/x-type'
    assert place in [each.pointer for each in check_documents(documents)]


@settings(max_examples=examples(100))
@given(VALUES, st.sampled_from(['entity', 'role', 'workflow', 'template', 'view', 'nothing']))
def test_any_document_of_any_kind_gives_findings(document: Any, kind: str) -> None:
    assert check_documents({(kind, 'some'): document})


@settings(max_examples=examples(100))
@given(st.text(max_size=40) | st.binary(max_size=40) | VALUES.map(json.dumps))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    document, found = parse_json(text)
    assert document is None or not found
