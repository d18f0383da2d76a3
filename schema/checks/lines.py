"""Fields of lines, checked as those of entities are, and what a line cannot have. Knows no other entity but as a target."""

from __future__ import annotations

from collections.abc import Iterator

from schema.base.findings import Finding, finding
from schema.checks import fields, keys
from schema.checks.target import EntityView, Target, shown
from schema.conditions.tree import PARENT
from schema.fieldtypes.lines import UNFIT
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import LINE_COLUMNS

NOT_IN_LINES = ('x-unique', 'x-search')
TAKEN = frozenset(LINE_COLUMNS) | {PARENT}


def check(target: Target, unfit: frozenset[str]) -> Iterator[Finding]:
    """`unfit` are the pointers of fields that the metaschema refused; their lines are not looked at."""
    for entity in target.entities.values():
        for key in entity.properties:
            lines = entity.lines(key)
            if lines is None or entity.at(key) in unfit:
                continue
            yield from _check_lines(lines)
            for name, part in lines.properties.items():
                yield from target.unknown('entity', part.get('x-target'), f'{lines.at(name)}/x-target')
                for number, each in enumerate(part.get('x-targets') or ()):
                    yield from target.unknown('entity', each, f'{lines.at(name)}/x-targets/{number}')


def _check_lines(lines: EntityView) -> Iterator[Finding]:
    yield from keys.check_fields(lines)
    yield from fields.check_required(lines)
    fit = sorted(set(FIELD_TYPES.keys()) - UNFIT)
    for name, part in lines.properties.items():
        if name in TAKEN:
            yield finding('SCH-E022', lines.at(name), key=name)
        kind = part.get('x-type')
        if isinstance(kind, str) and kind in UNFIT:
            hint = lines.hints.nearest(str(kind), fit)
            yield finding('SCH-E120', f'{lines.at(name)}/x-type', value=shown(kind), hint=hint)
            continue
        for keyword in NOT_IN_LINES:
            if part.get(keyword):
                yield finding('SCH-E121', f'{lines.at(name)}/{keyword}', keyword=keyword)
        yield from fields.check_field(lines, name)
