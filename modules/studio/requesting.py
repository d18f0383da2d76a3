"""From the schema an admin wants back to a plan request: what differs, property by property, and what goes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrations.requests import KEYED_LISTS, PHYSICAL, SECTIONS, WHOLE, merge, without_physical
from schema.base.findings import escape_pointer
from schema.definitions import Document
from schema.loading import Documents

PLURALS = {kind: section for section, kind in SECTIONS.items()}
IDENTITY = ('key', 'ref')


def request_to(base: Documents, target: Documents, former: Mapping[str, Any]) -> dict[str, Any]:
    """The request whose merge into `base` gives `target`. Parts are the same by ref; what only follows a rename or a removal is
    not named. `former` gives the note and the remaps, of which those for parts that are still there are dropped.
    """
    pairs = list(_pairs(base, target))
    removed = [_pointer(PLURALS[kind], key) for kind, key in base.keys() - {old for old, _ in pairs if old}]
    removed += [pointer for old, new in pairs if old and old[0] == 'entity' for pointer in _lost_fields(base, target, old, new)]
    moved = _renames(base, target, pairs)
    followed = merge(base, {**moved, 'remove': removed})
    request: dict[str, Any] = {}
    gone = list(removed)
    for old, new in pairs:
        kind, key = new
        if old is None:
            fragment = without_physical(target[new])
        else:
            place = _pointer(PLURALS[kind], old[1])
            fragment = _Difference(place, _fields(base[old]), gone).of_document(followed.get(new, base[old]), target[new])
            if fragment or old != new:
                fragment = {**fragment, **({'x-ref': base[old]['x-ref']} if old != new else {})}
        if fragment or old is None:
            request.setdefault(PLURALS[kind], {})[key] = fragment
    if gone:
        request['remove'] = sorted(set(gone))
    there = {*_refs(list(target.values())), *(document.get('x-ref') for document in target.values())}
    remap = {ref: to for ref, to in (former.get('remap') or {}).items() if ref not in there}
    decided = {name: former[name] for name in ('answers', 'note') if former.get(name)}
    return {**request, **({'remap': remap} if remap else {}), **decided}


_Name = tuple[str, str]


def _pairs(base: Documents, target: Documents) -> Iterator[tuple[_Name | None, _Name]]:
    """Each document of the target with the one of the base that it was; None for a new one."""
    by_ref = {(name[0], document['x-ref']): name for name, document in base.items()}
    for name, document in target.items():
        yield by_ref.get((name[0], document.get('x-ref', ''))), name


def _fields(document: Document) -> dict[str, str]:
    """`{ref: key}` of the fields."""
    return {part['x-ref']: key for key, part in document.get('properties', {}).items() if 'x-ref' in part}


def _lost_fields(base: Documents, target: Documents, old: _Name, new: _Name) -> Iterator[str]:
    kept = _fields(target[new])
    for ref, key in _fields(base[old]).items():
        if ref not in kept:
            yield _pointer('entities', old[1], 'properties', key)


def _renames(base: Documents, target: Documents, pairs: Sequence[tuple[_Name | None, _Name]]) -> dict[str, Any]:
    """The request that does nothing but rename, and give keys that came free to new fields."""
    request: dict[str, Any] = {}
    for old, new in pairs:
        if old is None:
            continue
        before = _fields(base[old])
        fields = {key: {'x-ref': ref} for ref, key in _fields(target[new]).items() if before.get(ref, key) != key}
        new_fields = {key: part for key, part in target[new].get('properties', {}).items() if 'x-ref' not in part}
        fields |= {key: part for key, part in new_fields.items() if key in before.values()}  # what named the old one names it
        if fields or old != new:
            fragment = {'x-ref': base[old]['x-ref'], **({'properties': fields} if fields else {})}
            request.setdefault(PLURALS[new[0]], {})[new[1]] = fragment
    return request


class _Difference:
    """Compares one document; what is missing is added to `gone` under its place in the base."""

    def __init__(self, place: str, former_keys: Mapping[str, str], gone: list[str]) -> None:
        self._place, self._keys, self._gone = place, former_keys, gone

    def of_document(self, old: Document, new: Document) -> dict[str, Any]:
        plain = {name: part for name, part in old.items() if name != 'properties'}
        fragment = self._mapping(self._place, plain, {name: part for name, part in new.items() if name != 'properties'})
        fields = self._of_fields(old.get('properties', {}), new.get('properties', {}))
        return {**fragment, **({'properties': fields} if fields else {})}

    def _of_fields(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        by_ref = {part.get('x-ref'): part for part in old.values()}
        found: dict[str, Any] = {}
        for key, part in new.items():
            former = by_ref.get(part['x-ref']) if 'x-ref' in part else None
            if former is None:
                found[key] = without_physical(part)
                continue
            stored = self._keys[part['x-ref']]
            changed = self._mapping(f'{self._place}/properties/{escape_pointer(stored)}', former, part)
            if former.get('x-type') != part.get('x-type'):
                changed = without_physical(part)  # a type change drops what only the former type knew
            changed = _with_order(changed, former, part)
            if changed or stored != key:
                found[key] = {**changed, **({'x-ref': part['x-ref']} if stored != key or changed else {})}
        return found

    def _mapping(self, place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        fragment: dict[str, Any] = {}
        self._gone += [f'{place}/{escape_pointer(name)}' for name in old if name not in new and name not in PHYSICAL]
        for name, part in new.items():
            if name in PHYSICAL or (name in old and old[name] == part):
                continue
            changed = self._part(name, f'{place}/{escape_pointer(name)}', old[name], part) if name in old else part
            if changed is not None:
                fragment[name] = without_physical(changed)
        return fragment

    def _part(self, name: str, place: str, old: Any, new: Any) -> Any:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            changed = self._mapping(place, old, new)
            return new if name in WHOLE else changed or None
        if name in KEYED_LISTS and _is_keyed(old) and _is_keyed(new):
            return self._list(place, old, new)
        return new

    def _list(self, place: str, old: Sequence[Document], new: Sequence[Document]) -> list[dict[str, Any]]:
        left = list(old)
        entries = []
        for part in new:
            former = next((each for each in left if _same(each, part)), None)
            if former is None:
                entries.append(dict(part))
                continue
            left.remove(former)
            changed = self._mapping(f'{place}/{escape_pointer(_identity(former))}', former, part)
            entries.append({**{name: part[name] for name in IDENTITY if name in part}, **changed})
        self._gone += [f'{place}/{escape_pointer(_identity(each))}' for each in left]
        return entries


def _with_order(changed: dict[str, Any], old: Document, new: Document) -> dict[str, Any]:
    """The columns of lines are all named when they stand in another order than a merge of the changes alone would give."""
    before, after = (_columns(each) for each in (old, new))
    if after == [*(key for key in before if key in after), *(key for key in after if key not in before)]:
        return changed
    lines = changed.get('x-lines', {})
    named = {key: lines.get('properties', {}).get(key, {}) for key in after}
    return {**changed, 'x-lines': {**lines, 'properties': named}}


def _columns(part: Document) -> list[str]:
    lines = part.get('x-lines')
    return list(lines.get('properties') or ()) if isinstance(lines, Mapping) else []


def _same(old: Document, new: Document) -> bool:
    return bool(old.get('ref') == new['ref'] if new.get('ref') else old['key'] == new['key'] and 'ref' not in old)


def _identity(part: Document) -> str:
    return str(part.get('ref') or part['key'])


def _is_keyed(part: Any) -> bool:
    return isinstance(part, list) and all(isinstance(each, Mapping) and 'key' in each for each in part)


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get('ref'), str):
            yield node['ref']
        for part in node.values():
            yield from _refs(part)
    elif isinstance(node, list):
        for part in node:
            yield from _refs(part)


def _pointer(*parts: str) -> str:
    return '/' + '/'.join(map(escape_pointer, parts))
