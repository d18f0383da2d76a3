"""Everything that can be wrong with a set of definitions, found at once. Reads no database and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from schema.base.findings import Finding, in_order
from schema.checks import (
    calendars,
    derived,
    duplicates,
    fields,
    keys,
    layouts,
    lines,
    links,
    metaschema,
    pipelines,
    roles,
    rules,
    size,
    templates,
    workflows,
)
from schema.checks.keys import DEFAULT_RESERVED
from schema.checks.shape import check_shape, parse_json
from schema.checks.target import Hints, Target, place
from schema.definitions import KINDS, Document

__all__ = ['DEFAULT_RESERVED', 'check_documents', 'parse_json']


def check_documents(
    documents: Mapping[tuple[str, str], Document], *, reserved: Collection[str] = DEFAULT_RESERVED
) -> list[Finding]:
    """All findings of a whole target set `{(kind, key): document}`, sorted by place; empty when it can be published.

    Never raises on what JSON can express. `reserved` are entity keys that addresses need for themselves.
    Pointers look like `/entities/contact/properties/email/x-type`.
    """
    unsound: list[Finding] = []
    sound: dict[tuple[str, str], Document] = {}
    names: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for (kind, key), document in documents.items():
        names.setdefault(kind, set()).add(key)
        if found := check_shape(document, place(kind, key)):
            unsound += found
        else:
            sound[kind, key] = document
    target = Target(sound, {kind: frozenset(keys_of_kind) for kind, keys_of_kind in names.items()}, Hints())
    general = list(metaschema.check(target))
    special = list(_check_families(target, reserved, _fields_of(general)))
    if not any(each.pointer.startswith('/entities/') for each in (*unsound, *general, *special)):
        special += [*workflows.check_conditions(target), *rules.check_conditions(target)]
        special += [*derived.check_conditions(target), *roles.check_conditions(target)]
    said = {each.pointer for each in special}  # a rule that knows what is meant says it better than the metaschema
    return list(in_order([*unsound, *special, *(each for each in general if each.pointer not in said)]))


def _check_families(target: Target, reserved: Collection[str], unfit: frozenset[str]) -> Iterator[Finding]:
    yield from keys.check(target, reserved)
    own = [*fields.check(target, unfit), *lines.check(target, unfit)]
    yield from own
    for family in (links, pipelines, duplicates, layouts, calendars, rules, roles, workflows, templates):
        yield from family.check(target)
    yield from rules.check_layouts(target)
    own += (late := list(derived.check(target, unfit | _fields_of(own))))
    yield from late
    yield from size.check(target, unfit | _fields_of(own))


def _fields_of(findings: Iterable[Finding]) -> frozenset[str]:
    """Pointers of the fields (`/entities/<key>/properties/<key>`) that findings lie in."""
    return frozenset('/'.join(each.pointer.split('/')[:5]) for each in findings)
