"""The texts of findings: complete in both languages, and neither more nor fewer than the code uses."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schema.base.findings import finding, known_codes
from schema.checks.fields import NEEDED
from schema.checks.metaschema import load_metaschemas
from schema.checks.missing import WORDS
from schema.checks.workflows import STEP_NEEDS, TRIGGER_NEEDS
from schema.texts import ROOT, find_catalogues, load_all

OWN = ROOT / 'schema' / 'errors.json'
CODE = re.compile(r"'((?:SCH|REC)-[EW]\d{3})'")
# Promised to the record store and the lists; each leaves this list when it is first used.
PROMISED = {'REC-E030', 'REC-E033'}
TEXTS = {
    code: texts
    for path in find_catalogues()
    for code, texts in json.loads(path.read_text(encoding='utf-8')).items()
    if code.startswith(('SCH-', 'REC-'))
}


def used_codes() -> set[str]:
    folders = ('schema', 'migrations', 'permissions', 'modules', 'workflows')
    sources = (path for folder in folders for path in (ROOT / folder).rglob('*.py'))
    return {code for path in sources for code in CODE.findall(path.read_text(encoding='utf-8'))}


def test_every_code_in_use_has_a_text() -> None:
    assert used_codes() - set(TEXTS) == set()


def test_every_text_belongs_to_a_code_in_use() -> None:
    assert set(TEXTS) - used_codes() - PROMISED == set()


@pytest.mark.parametrize('code', sorted(TEXTS))
def test_texts_are_complete_plain_and_say_the_same_in_both_languages(code: str) -> None:
    english, vietnamese = TEXTS[code]['en'], TEXTS[code]['vi']

    assert set(english) == set(vietnamese) <= {'problem', 'hint'}
    for part in english:
        assert english[part] and vietnamese[part] and len(english[part]) <= 200
        assert names(english[part]) == names(vietnamese[part])
        for phrase in ('invalid', 'please check', 'something went wrong', 'không hợp lệ'):
            assert phrase not in f'{english[part]} {vietnamese[part]}'.casefold()


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_loading_twice_is_harmless_and_finds_every_package(tmp_path: Path) -> None:
    load_all()
    before = dict(known_codes())
    load_all()

    assert dict(known_codes()) == before
    assert OWN in find_catalogues()


def test_two_texts_for_one_code_are_refused(tmp_path: Path) -> None:
    for number, package in enumerate(('schema', 'workflows')):
        (tmp_path / package).mkdir()
        text = {'SCH-E998': {'en': {'problem': f'text {number}'}}}
        (tmp_path / package / 'errors.json').write_text(json.dumps(text), encoding='utf-8')

    with pytest.raises(ValueError, match='SCH-E998 has two texts'):
        load_all(tmp_path)


def test_braces_in_hints_are_shown_as_braces() -> None:
    assert finding('SCH-E094', line=3, reason='unexpected end').hint == 'Fields are written {{ record.key }}.'


def test_every_keyword_that_may_be_missing_is_told_in_words() -> None:
    needed = {*NEEDED.values(), *(name for names in (*TRIGGER_NEEDS.values(), *STEP_NEEDS.values()) for name in names)}
    written = {name for document in load_metaschemas().values() for name in _required(document)}

    assert (needed | written) - WORDS.keys() == set()


def _required(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get('required', ()) if isinstance(node.get('required'), list) else ()
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _required(child)
