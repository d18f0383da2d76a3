"""What the author of a plan decided about live records: replacements of dropped options, values for blanks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schema.catalog import Catalog, Field

PARTS = frozenset({'default', 'map'})


@dataclass(frozen=True)
class Choices:
    """`remap` gives for the ref of a dropped option the ref that takes its place, or None to clear. `answers` are by field ref:
    `{"map": {text: wire value or null}, "default": wire value}`; see `migrations.converting.Answers`.
    `given` are those of earlier publishes, for conversions that are taken back. `roles` give for the ref of a dropped role the
    key of the one that its people get instead.
    """

    remap: Mapping[str, str | None] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def read(cls, remap: Mapping[str, str | None], answers: Mapping[str, Any], base: Catalog, target: Catalog) -> Choices:
        """From the keys and pointers of a request; what names nothing is left out, for the survey to report."""
        named = {pointer: field_at(pointer, target) for pointer in answers}
        found = {each.ref: answers[pointer] for pointer, each in named.items() if each is not None}
        return cls(_refs(remap, base, target), {ref: part for ref, part in found.items() if is_sound(part)})


def is_sound(part: Any) -> bool:
    """Whether an answer has the shape that `Choices` tells."""
    return isinstance(part, Mapping) and PARTS.issuperset(part) and isinstance(part.get('map', {}), Mapping)


def field_at(pointer: str, target: Catalog) -> Field | None:
    """The field that people write and that `/entities/<key>/properties/<key>` names, or with `/x-lines/properties/<key>` behind
    it the column of lines; None for any other."""
    match [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')]:
        case ['', 'entities', key, 'properties', name, *way] if key in target.entities:
            found = target.entities[key].fields.get(name)
        case _:
            return None
    match way:
        case ['x-lines', 'properties', column]:
            found = found.lines.fields.get(column) if found is not None and found.lines is not None else None
        case [_, *_]:
            return None
    if found is None or found.system or found.type.computed:
        return None
    return found if found.type.stored or found.type.key == 'links' else None


def _refs(remap: Mapping[str, str | None], base: Catalog, target: Catalog) -> dict[str, str | None]:
    """`{dropped ref: key}` to `{dropped ref: ref}` within the same field; unknown keys stay, for the survey to refuse."""
    resolved: dict[str, str | None] = {}
    for ref, holder in base.holders.items():
        for former in holder.own_fields:
            each = target.holders[ref].by_ref.get(former.ref) if ref in target.holders else None
            refs = {option.key: option.ref for option in each.definition.options} if each else {}
            for option in former.definition.options:
                if option.ref in remap:
                    wanted = remap[option.ref]
                    resolved[option.ref] = None if wanted is None else refs.get(wanted, wanted)
    return resolved
