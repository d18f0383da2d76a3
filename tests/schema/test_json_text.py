"""Reading JSON text: what cannot be kept is refused with line and column, or with its pointer."""

from __future__ import annotations

import json

import pytest

from schema.checks import parse_json

LONG = 1_000_001


@pytest.mark.parametrize(
    ('text', 'code', 'pointer'),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2, "c": 3}}', 'SCH-E004', '/doc/b/c'),
        ('{"a": [0, {"x/y": 1, "x/y": 2}]}', 'SCH-E004', '/doc/a/1/x~1y'),
        ('{"a": [NaN]}', 'SCH-E005', '/doc/a/0'),
        ('{"a": -Infinity}', 'SCH-E005', '/doc/a'),
        ('{"a": 1e999}', 'SCH-E005', '/doc/a'),
        ('{"a": 9223372036854775808}', 'SCH-E009', '/doc/a'),
        ('{"a": ' + '9' * 5000 + '}', 'SCH-E009', '/doc'),
        ('{"a": "\\ud800"}', 'SCH-E008', '/doc/a'),
        ('{"a\\u0000": 1, "\\udfff": 1}', 'SCH-E008', '/doc'),
        ('[' * 61 + ']' * 61, 'SCH-E003', '/doc' + '/0' * 60),
        ('[' * 400_000, 'SCH-E003', '/doc'),
        ('"' + 'x' * LONG + '"', 'SCH-E002', '/doc'),
        ('[' + '1,' * 1000 + '1]', 'SCH-E014', '/doc'),
    ],
    ids=str,
)
def test_text_is_refused_at_its_place(text: str, code: str, pointer: str) -> None:
    document, found = parse_json(text, '/doc')

    assert document is None
    assert [(each.code, each.pointer) for each in found] == [(code, pointer)]


@pytest.mark.parametrize(
    ('text', 'line', 'column'),
    [
        ('', 1, 1),
        ('{"a": 1,}', 1, 9),
        ('{\n  "a": 1\n  "b": 2\n}', 3, 3),
        ("{'a': 1}", 1, 2),
        (b'{"a":\n "\xff"}', 2, 3),
        ('{} {}', 1, 4),
    ],
    ids=['nothing', 'comma too many', 'comma missing', 'single quotes', 'not UTF-8', 'two documents'],
)
def test_what_is_not_json_is_located_by_line_and_column(text: str | bytes, line: int, column: int) -> None:
    document, found = parse_json(text, '/doc')

    assert document is None
    assert [(each.code, each.pointer, each.params['line'], each.params['column']) for each in found] == [
        ('SCH-E001', '/doc', line, column)
    ]


def test_all_doubled_keys_are_reported() -> None:
    document, found = parse_json('{"a": {"b": 1, "b": 2}, "c": 1, "a": {"d": 1, "d": 2}, "c": 2}')

    assert document is None
    assert [(each.code, each.pointer) for each in found] == [('SCH-E004', '/a'), ('SCH-E004', '/a/d'), ('SCH-E004', '/c')]


@pytest.mark.parametrize('mark', ['', '\ufeff'], ids=['plain', 'byte order mark'])
def test_sound_text_gives_the_document(mark: str) -> None:
    document = {'tên': 'Đặng Thị Yến 🎉', 'parts': [1, 2.5, True, None, {'a': {}}]}
    text = mark + json.dumps(document, ensure_ascii=False)

    assert parse_json(text) == (document, [])
    assert parse_json(text.encode()) == (document, [])


def test_sixty_levels_are_read() -> None:
    document, found = parse_json('[' * 60 + ']' * 60)
    assert (type(document), found) == (list, [])
