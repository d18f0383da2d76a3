"""Which values of the records behind a link stand in an index, since another entity keeps an extreme or average. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from schema.conditions.condition import fields_read
from schema.definitions import EntityDef, FieldDef

NARROW = frozenset({
    'picklist', 'stage', 'boolean', 'integer', 'decimal', 'percent', 'money', 'rating', 'duration', 'date', 'datetime', 'time',
    'link', 'user', 'team',
})  # fmt: skip
"""Types whose values are short enough to stand in an index beside what they are asked for."""
MOST_ASKED = 3


def with_ends(definitions: Iterable[EntityDef]) -> list[EntityDef]:
    """The same definitions, with an index behind every extreme and average that another entity keeps."""
    known = list(definitions)
    ends = _ends(known)
    return [replace(each, ends=ends[each.key]) if each.key in ends else each for each in known]


def _ends(known: Sequence[EntityDef]) -> dict[str, frozenset[tuple[str, ...]]]:
    """By the entity that a rollup looks at, by whatever name it calls that entity and its fields."""
    named = {name: each for each in known for name in (*each.aliases, each.key)}
    found: dict[str, frozenset[tuple[str, ...]]] = {}
    for rollup in (part.document.get('x-rollup') for each in known for part in each.fields if part.type == 'rollup'):
        source = named.get(str(rollup.get('entity'))) if isinstance(rollup, Mapping) else None
        if source is None or not isinstance(rollup, Mapping) or rollup.get('function') not in {'min', 'max', 'avg'}:
            continue
        parts = {name: part for part in source.fields for name in (*part.aliases, part.key)}
        link, of = parts.get(str(rollup.get('field'))), parts.get(str(rollup.get('of')))
        others = _looked_at(rollup, of, parts) if of is not None and rollup['function'] == 'avg' else ()
        if link is not None and of is not None and link.type == 'link' and others is not None:
            found[source.key] = found.get(source.key, frozenset()) | {(link.key, of.key, *others)}
    return found


def _looked_at(rollup: Mapping[str, Any], of: FieldDef, parts: Mapping[str, FieldDef]) -> tuple[str, ...] | None:
    """What an average reads of each row beside its amount: currencies, and what its condition asks for. None where that is more
    than an index should hold."""
    read = fields_read(rollup['condition']) if rollup.get('condition') else frozenset()
    asked = [parts[path] for path in sorted(read) if path in parts and parts[path].type in NARROW]
    if len(asked) != len(read) or len(asked) > MOST_ASKED:
        return None
    return tuple(each.key for each in ([of] if of.type == 'money' else []) + asked)
