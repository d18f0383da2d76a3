"""Imports run one way: schema.base ← schema ← {migrations, permissions} ← modules ← workflows ← app."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    'schema.base': set(),
    'schema': {'schema.base'},
    'migrations': {'schema.base', 'schema'},
    'permissions': {'schema.base', 'schema'},
    'modules': {'schema.base', 'schema', 'migrations', 'permissions'},
    'workflows': {'schema.base', 'schema', 'migrations', 'permissions', 'modules'},
}
FLASK_FREE = ('service.py', 'queries.py', 'store.py')
EDGE_LIBRARIES = {'flask', 'flask_appbuilder', 'flask_babel', 'rq', 'click'}


def layer_of(name: str) -> str | None:
    if name == 'schema.base' or name.startswith('schema.base.'):
        return 'schema.base'
    top = name.split('.')[0]
    return top if top in ALLOWED else ('app' if top == 'app' else None)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f'{node.module}.{alias.name}' for alias in node.names}
    return found


def sources() -> list[Path]:
    return sorted(
        path for top in ('schema', 'migrations', 'permissions', 'modules', 'workflows') for path in (ROOT / top).rglob('*.py')
    )


@pytest.mark.parametrize('path', sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_layers_below_its_own(path: Path) -> None:
    own = layer_of('.'.join(path.relative_to(ROOT).with_suffix('').parts))
    assert own is not None

    breaches = {name for name in imports_of(path) if (layer := layer_of(name)) and layer != own and layer not in ALLOWED[own]}

    assert breaches == set()


@pytest.mark.parametrize(
    'path',
    [path for path in sources() if path.name in FLASK_FREE and 'modules' in path.parts],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_services_know_no_web_queue_or_command_line(path: Path) -> None:
    assert {name for name in imports_of(path) if name.split('.')[0] in EDGE_LIBRARIES} == set()


def test_only_the_named_file_imports_the_security_of_flask_appbuilder() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in sources()
        if any(n.startswith('flask_appbuilder.security') for n in imports_of(path))
    }

    assert {path.split('/')[0] for path in importers} <= {'permissions', 'migrations', 'modules'}
    assert 'permissions/fab.py' in importers


def test_no_file_of_the_product_grows_beyond_the_house_stop() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources()
        if 'versions' not in path.parts and (count := path.read_text(encoding='utf-8').count('\n')) > 500
    }

    assert long == {}
