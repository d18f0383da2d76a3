"""Reads the built-in packs' documents as plain JSON for the tests beside it; knows no loader."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACK = Path(__file__).parents[2] / 'schema' / 'packs' / 'sales'
SYSTEM_FIELDS = frozenset({'uid', 'owner', 'team', 'created_at', 'created_by', 'changed_at', 'changed_by', 'revision'})
Document = dict[str, Any]


def read_folder(name: str) -> dict[str, Document]:
    """`{file stem: document}`; a repeated key inside a document raises ValueError."""
    return {
        path.stem: json.loads(path.read_text('utf-8'), object_pairs_hook=_once) for path in sorted((PACK / name).glob('*.json'))
    }


def _once(pairs: list[tuple[str, Any]]) -> Document:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f'repeated key among {keys}')
    return dict(pairs)


ENTITIES = read_folder('entities')
ROLES = read_folder('roles')
WORKFLOWS = read_folder('workflows')
TEMPLATES = read_folder('templates')
CASES = read_folder('tests')


def field_keys(entity: str) -> frozenset[str]:
    return frozenset(ENTITIES[entity]['properties']) | SYSTEM_FIELDS


def stages(entity: str) -> dict[str, Document]:
    return {stage['key']: stage for pipeline in ENTITIES[entity].get('x-pipelines', ()) for stage in pipeline['stages']}


def texts(value: Any, pointer: str = '') -> Iterator[tuple[str, Any]]:
    """Every text by locale in a document, with its JSON pointer."""
    if isinstance(value, dict):
        for key, part in value.items():
            if (
                key in ('x-label', 'x-plural', 'x-help', 'label', 'title', 'description', 'subject', 'html', 'text')
                and pointer[-11:] != '/properties'
            ):
                yield f'{pointer}/{key}', part
            else:
                yield from texts(part, f'{pointer}/{key}')
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from texts(part, f'{pointer}/{index}')
