"""Local `$defs` of an entity document: each `$ref` of a property to one of them is put in its place when the document comes in.

What is stored has no references, so nothing behind this file knows of them. References elsewhere are left to the checks.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

START = '#/$defs/'
LONGEST_CHAIN = 8


def expanded(document: Any) -> Any:
    """The document without `$defs`; a property's own keywords win over those of its definition. A reference that leads nowhere
    or in a ring stays as it is, and the checks refuse it in its place."""
    if not isinstance(document, Mapping) or not isinstance(document.get('$defs'), Mapping):
        return document
    defs, properties = document['$defs'], document.get('properties')
    rest = {keyword: part for keyword, part in document.items() if keyword != '$defs'}
    if isinstance(properties, Mapping):
        rest['properties'] = {key: _resolved(part, defs) for key, part in properties.items()}
    return rest


def _resolved(part: Any, defs: Mapping[str, Any]) -> Any:
    found = part
    for _ in range(LONGEST_CHAIN):
        target = found.get('$ref') if isinstance(found, Mapping) else None
        if target is None:
            return found
        name = target.removeprefix(START) if isinstance(target, str) and target.startswith(START) else ''
        named = defs.get(name.replace('~1', '/').replace('~0', '~'))
        if not isinstance(named, Mapping):
            return part
        found = {**copy.deepcopy(named), **{keyword: value for keyword, value in found.items() if keyword != '$ref'}}
    return part
