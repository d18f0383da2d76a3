"""Writes docs/definitions.md out of the metaschemas, the field types and the condition language. Reads no database.

`python docs/reference.py` rewrites the file; the same code gives the same file, letter by letter.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a file, Python looks beside it only

from schema.checks.fields import NEEDED, SEARCHED_TYPES, has_comparable  # noqa: E402
from schema.checks.metaschema import load_metaschemas  # noqa: E402
from schema.conditions import aggregates, relative, tree  # noqa: E402
from schema.conditions.families import FAMILIES  # noqa: E402
from schema.conditions.operators import COUNT_OPERATORS, OPERATORS  # noqa: E402
from schema.fieldtypes.base import FieldType  # noqa: E402
from schema.fieldtypes.registry import FIELD_TYPES  # noqa: E402

TARGET = ROOT / 'docs' / 'definitions.md'
PROSE = ROOT / 'docs' / 'reference.json'
KINDS = ('entity', 'role', 'workflow', 'template', 'pack', 'common')
MINTED = ('x-ref', 'x-table', 'x-column', 'x-columns', 'ref')
Schema = Mapping[str, Any]


def write() -> str:
    """The whole text of docs/definitions.md."""
    prose = json.loads(PROSE.read_text(encoding='utf-8'))
    metaschemas = load_metaschemas()
    lines = [*prose['opening'], '', *_contents(metaschemas)]
    for name in KINDS:
        lines += _kind(name, metaschemas[name])
    lines += ['', *prose['field_types'], '', *_field_types(prose['types'])]
    lines += ['', *prose['conditions'], '', *_operators(prose), '', *_dates(prose)]
    return '\n'.join(lines) + '\n'


def _contents(metaschemas: Mapping[str, Schema]) -> list[str]:
    titles = [*(metaschemas[name]['title'] for name in KINDS), 'Field types', 'Conditions']
    return [f'- [{title}](#{_anchor(title)})' for title in titles]


def _anchor(title: str) -> str:
    return title.lower().replace(' ', '-')


def _kind(name: str, metaschema: Schema) -> Iterator[str]:
    yield from ('', f'## {metaschema["title"]}', '', metaschema['description'])
    if 'properties' in metaschema:
        yield ''
        yield from _table(metaschema)
        yield from _inner(metaschema, '', set())
    for key, part in metaschema.get('$defs', {}).items():
        yield from ('', f'### {_label(name, part)}', '', f'`{key}`: {part["description"]}')
        if 'properties' in part:
            yield ''
            yield from _table(part)
            yield from _inner(part, part['title'], set())
        else:
            yield from ('', f'{_type(part)}. Example: {_examples(part)}')


def _label(name: str, part: Schema) -> str:
    """Parts all kinds share are told apart from an entity's own parts of the same name."""
    return str(part['title']) if name != 'common' else f'{part["title"]} (shared)'


def _table(schema: Schema) -> Iterator[str]:
    yield '| keyword | type | meaning | example |'
    yield '|---|---|---|---|'
    required = schema.get('required', ())
    for keyword, part in schema['properties'].items():
        marks = [mark for mark, on in (('needed', keyword in required), ('made by Trellis', keyword in MINTED)) if on]
        meaning = f'**{part["title"]}**. {part["description"]}' + (f' *({", ".join(marks)})*' if marks else '')
        yield f'| `{keyword}` | {_type(part)} | {_cell(meaning)} | {_examples(part)} |'


def _inner(schema: Schema, path: str, seen: set[str]) -> Iterator[str]:
    """Tables of the parts written inside other parts, outermost first."""
    for keyword, part in schema['properties'].items():
        inner = _entry_of(part)
        title = ' › '.join(filter(None, (path, f'`{keyword}`')))
        if inner is None or title in seen:
            continue
        seen.add(title)
        yield from ('', f'#### {title}', '', inner.get('description', part['description']), '')
        yield from _table(inner)
        yield from _inner(inner, title, seen)


def _entry_of(part: Schema) -> Schema | None:
    """The part itself, or what its lists and objects hold, when that has keywords of its own."""
    for inner in (part, part.get('items'), part.get('additionalProperties')):
        if isinstance(inner, Mapping) and 'properties' in inner:
            return inner
    return None


def _type(part: Schema) -> str:
    if '$ref' in part:
        name = part['$ref'].rsplit('/', 1)[-1]
        return f'[{name}](#{_anchor(_title_of(part["$ref"]))})'
    if 'const' in part:
        return f'always `{json.dumps(part["const"])}`'
    if 'else' in part:
        return f'{_type(part["else"])} or text'
    if 'enum' in part:
        return ' or '.join(f'`{json.dumps(each)}`' for each in part['enum'])
    kinds = part.get('type', 'any value')
    kind = kinds if isinstance(kinds, str) else ' or '.join(kinds)
    if kind == 'array':
        return f'list of {_type(part["items"])}' if 'items' in part else 'list'
    return f'{kind}{_bounds(part)}'


def _title_of(ref: str) -> str:
    """The heading a reference leads to."""
    name, _, key = ref.rpartition('#/$defs/')
    if name.startswith('urn:'):
        return f'{load_metaschemas()["common"]["$defs"][key]["title"]} (shared)'.replace('(', '').replace(')', '')
    holder = next(each for each in load_metaschemas().values() if key in each.get('$defs', {}))
    return str(holder['$defs'][key]['title'])


def _bounds(part: Schema) -> str:
    words = {'minimum': '≥ {}', 'maximum': '≤ {}', 'minLength': 'at least {} letters', 'maxLength': 'at most {} letters'}
    found = [words[name].format(part[name]) for name in words if name in part]
    return f' ({", ".join(found)})' if found else ''


def _examples(part: Schema) -> str:
    return ' or '.join(_code(each) for each in part['examples'])


def _code(value: Any) -> str:
    return f'`{_cell(json.dumps(value, ensure_ascii=False))}`'


def _cell(text: str) -> str:
    return text.replace('|', '\\|')


def _field_types(types: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield '| type | holds | own keywords | wire example | operators |'
    yield '|---|---|---|---|---|'
    for kind in FIELD_TYPES:
        about = types[kind.key]
        own = ', '.join(_own_keywords(kind)) or '–'
        operators = ', '.join(f'`{each}`' for each in _operators_of(kind))
        yield f'| `{kind.key}` | {_cell(about["holds"])} | {own} | {_code(about["wire"])} | {operators} |'
    unique = [kind.key for kind in FIELD_TYPES if has_comparable(kind) and kind.key != 'boolean']
    yield from ('', f'`x-unique` fits {_list(unique)}. `x-search` fits {_list(SEARCHED_TYPES)}.')


def _own_keywords(kind: FieldType) -> list[str]:
    """What only some types take; a needed one is marked."""
    needed = NEEDED.get(kind.key)
    return [f'`{each}`' + (' (needed)' if each == needed else '') for each in sorted(kind.keywords)]


def _operators_of(kind: FieldType) -> tuple[str, ...]:
    family = FAMILIES.get(kind.key)
    return kind.operators + (family.more_operators if family else ())


def _list(names: Sequence[str]) -> str:
    return ', '.join(f'`{each}`' for each in names)


def _operators(prose: Mapping[str, Any]) -> Iterator[str]:
    yield from ('### Operators', '', '| operator | true when | value | when the field is blank |', '|---|---|---|---|')
    values = {'none': 'none', 'one': 'one', 'pair': 'a list of two', 'many': f'a list of 1 to {tree.MAX_VALUES}'}
    blanks = {None: 'unknown', True: 'true', False: 'false'}
    for op, operator in OPERATORS.items():
        yield f'| `{op}` | {prose["operators"][op]} | {values[operator.arity]} | {blanks[operator.blank]} |'
    yield from ('', f'`count_related` takes {_list(COUNT_OPERATORS)} and whole numbers.')
    yield from ('', f'The aggregates take {_list(aggregates.OPERATORS)}; money counts in one currency, the named or the own.')
    yield from ('', '| field types | operators |', '|---|---|')
    families: dict[tuple[str, ...], list[str]] = {}
    for kind in FIELD_TYPES:
        families.setdefault(_operators_of(kind), []).append(kind.key)
    for operators, keys in families.items():
        yield f'| {_list(keys)} | {_list(operators)} |'
    limits = (
        f'One condition holds at most {tree.MAX_LEAVES} tests, {tree.MAX_DEPTH} levels, {tree.MAX_ALL_VALUES} values and '
        f'{tree.MAX_ALL_HOPS} steps to other records; a dotted path has at most {tree.MAX_HOPS} links.'
    )
    yield from ('', limits)


def _dates(prose: Mapping[str, Any]) -> Iterator[str]:
    yield from ('### Relative dates', '', *prose['dates'], '', '| value | means | fits |', '|---|---|---|')
    for each in prose['points']:
        yield f'| {_code(each["value"])} | {each["means"]} | {each["fits"]} |'
    steps = ', '.join(f'`{unit}` (up to {reach:,})' for unit, reach in relative.STEPS.items())
    yield from ('', f'Counted units: {steps}. Calendar units: {_list(relative.UNITS)}.')


if __name__ == '__main__':
    TARGET.write_text(write(), encoding='utf-8')
