"""What the guides quote exists: commands and their options, settings, buttons, files, pieces of the sales pack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from app import make_registries
from schema.checks import check_documents
from schema.checks.metaschema import check_against
from schema.loading import read_folder

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / 'docs').glob('*.md'), ROOT / 'README.md', ROOT / 'CHANGELOG.md'])
RECORDS = sorted(path for folder in ('migrations', 'modules', 'permissions', 'schema', 'tests', 'workflows')
                 for path in (ROOT / folder).rglob('decisions/*.md'))  # fmt: skip
PACK = ROOT / 'schema' / 'packs' / 'sales'
OF_BENCHES = {'TRELLIS_BENCH_DATABASE_URL'}
NOT_SETTINGS = {'TRELLIS_BIND'}  # what `trellis web` tells its own workers


def _text(path: Path) -> str:
    return path.read_text(encoding='utf-8')


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- commands --------------------------------------------------------------------------------------------------------


def _quoted() -> Iterator[tuple[str, str]]:
    """`(page, command line)` of every command in backticks or in a block of shell lines."""
    for page in PAGES:
        text = _text(page)
        blocks = re.findall(r'```sh\n(.*?)```', text, re.DOTALL)
        lines = [line.strip() for block in blocks for line in block.splitlines()]
        prose = re.sub(r'```.*?```', '', text, flags=re.DOTALL)
        for line in [*lines, *re.findall(r'`(trellis [^`]*)`', prose)]:
            if line.startswith('trellis ') and not line.endswith('…'):
                yield _name(page), re.sub(r'\s+#.*', '', line)


COMMANDS = sorted(set(_quoted()))


def _find(line: str) -> tuple[click.Command, list[str]]:
    words = line.split()[1:]
    found = next(each for each in make_registries().commands if each.name == words[0])
    rest = words[1:]
    while isinstance(found, click.Group) and rest and rest[0] in found.commands:
        found, rest = found.commands[rest[0]], rest[1:]
    return found, rest


@pytest.mark.parametrize(('page', 'line'), COMMANDS, ids=[f'{page}: {line}' for page, line in COMMANDS])
def test_quoted_command_exists_with_its_options(page: str, line: str) -> None:
    command, rest = _find(line)
    options = {name for each in command.params for name in each.opts}

    assert {word.split('=')[0] for word in rest if word.startswith('--')} <= options
    if isinstance(command, click.Group):
        assert rest == []


def test_commands_are_quoted_at_all() -> None:
    assert len(COMMANDS) > 15


# --- settings ---------------------------------------------------------------------------------------------------------


def test_settings_page_names_exactly_what_is_read() -> None:
    told = set(re.findall(r'^\| `(TRELLIS_\w+)` \|', _text(ROOT / 'docs' / 'operations.md'), re.MULTILINE))

    assert told == _read_variables()


def _read_variables() -> set[str]:
    sources = [ROOT / 'modules' / 'ops' / name for name in ('settings.py', 'preflight.py', 'sign_in_services.py')]
    return {name for path in sources for name in re.findall(r"'(TRELLIS_[A-Z_]+)'", _text(path))} - NOT_SETTINGS


@pytest.mark.parametrize('page', [*PAGES, *RECORDS], ids=_name)
def test_page_names_no_unknown_variable(page: Path) -> None:
    assert set(re.findall(r'TRELLIS_[A-Z_]+', _text(page))) <= _read_variables() | OF_BENCHES


# --- links and files --------------------------------------------------------------------------------------------------


def _links(page: Path) -> list[str]:
    text = re.sub(r'```.*?```', '', _text(page), flags=re.DOTALL)
    return [link for link in re.findall(r'\]\(([^)\s]+)\)', text) if '://' not in link]


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r'^#+ (.+)$', re.sub(r'```.*?```', '', _text(page), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('page', [*PAGES, *RECORDS], ids=_name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    lost = []
    for link in _links(page):
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == '.md' and anchor not in _anchors(target)):
            lost.append(link)

    assert lost == []


@pytest.mark.parametrize('page', RECORDS, ids=_name)
def test_decision_names_files_that_exist(page: Path) -> None:
    named = re.findall(r'`((?:migrations|modules|permissions|schema|workflows|tests)/[\w./]+)`', _text(page))

    assert [name for name in named if not (ROOT / name).exists()] == []
    assert len(_text(page).splitlines()) <= 25


def test_architecture_names_files_that_exist() -> None:
    named = re.findall(r'`((?:migrations|modules|permissions|schema|workflows)/[\w./]+)`', _text(ROOT / 'docs/architecture.md'))

    assert [name for name in named if not (ROOT / name).exists()] == []
    assert len(_text(ROOT / 'docs' / 'architecture.md').splitlines()) <= 200


# --- words of the screens ---------------------------------------------------------------------------------------------


def _spoken() -> set[str]:
    """Every text that screens translate, and the labels of the sales pack; what is filled in is `…`."""
    sources = [
        path for folder in ('modules', 'workflows') for kind in ('*.py', '*.html') for path in (ROOT / folder).rglob(kind)
    ]
    texts = {found for path in sources for found in re.findall(r"\b_l?\('((?:[^'\\]|\\.)*)'", _text(path))}
    texts |= {found for path in sources for found in re.findall(r"\bngettext\('[^']*',\s*'([^']*)'", _text(path))}
    labels = {document.get('x-label', {}).get('en', '') for document in read_folder(PACK).values()}
    return {re.sub(r'%\(\w+\)s', '…', text).replace('%%', '%') for text in texts} | labels | {'Studio'}


@pytest.mark.parametrize('page', ['admin-guide.md', 'staff-guide.md'])
def test_guide_speaks_the_words_of_the_screens(page: str) -> None:
    bold = {' '.join(each.split()) for each in re.findall(r'\*\*(.+?)\*\*', _text(ROOT / 'docs' / page), re.DOTALL)}

    assert sorted(bold - _spoken()) == []


# --- examples ---------------------------------------------------------------------------------------------------------


def _examples() -> list[Any]:
    text = _text(ROOT / 'docs' / 'pack-authors-guide.md')
    return [json.loads(each) for each in re.findall(r'```json\n(.*?)```', text, re.DOTALL)]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(part)


def _holds(whole: Any, part: Any) -> bool:
    """Whether a document says all that an example shows of it; an example may leave out keywords and entries."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and _holds(whole[name], each) for name, each in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(_holds(one, each) for one in whole) for each in part)
    return bool(whole == part)


def _additions() -> list[tuple[str, Any]]:
    """`(entity, what is added to it)` of the examples that show what the sales pack does without."""
    text = _text(ROOT / 'docs' / 'pack-authors-guide.md')
    found = re.findall(r'```jsonc\n// added to entities/(\w+)\.json\n(.*?)```', text, re.DOTALL)
    return [(entity, json.loads(each)) for entity, each in found]


def _merged(whole: Any, part: Any) -> Any:
    """The document with the addition in it; entries of lists are added to the entry of the same key, or at the end."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return {**whole, **{name: _merged(whole[name], each) if name in whole else each for name, each in part.items()}}
    if isinstance(whole, list) and part and isinstance(part[0], dict) and 'key' in part[0]:
        mine, more = {each['key']: each for each in whole}, {each['key']: each for each in part}
        return list(_merged(mine, more).values())
    return part


def test_every_example_of_the_pack_guide_is_either_taken_from_the_pack_or_added_to_it() -> None:
    text = _text(ROOT / 'docs' / 'pack-authors-guide.md')

    assert len(re.findall(r'```jsonc\n', text)) == len(_additions()) > 2


@pytest.mark.parametrize('number', range(len(_additions())))
def test_example_beyond_the_sales_pack_is_taken_by_the_checks(number: int) -> None:
    entity, addition = _additions()[number]
    documents = dict(read_folder(PACK))
    documents['entity', entity] = _merged(documents['entity', entity], addition)

    assert _holds(documents['entity', entity], addition)
    assert [each.text('en') for each in check_documents(documents)] == []


@pytest.mark.parametrize('number', range(len(_examples())))
def test_example_of_the_pack_guide_is_taken_from_the_sales_pack(number: int) -> None:
    example = _examples()[number]
    documents = [json.loads(_text(path)) for path in sorted(PACK.rglob('*.json'))]

    assert any(_holds(node, example) for document in documents for node in _nodes(document))


def test_whole_documents_of_the_pack_guide_fit_their_metaschema() -> None:
    whole = [each for each in _examples() if 'x-kind' in each]

    assert {each['x-kind'] for each in whole} == {'entity', 'role', 'workflow', 'template'}
    assert [check_against(each['x-kind'], each) for each in whole] == [[]] * len(whole)
