"""The plan request: merged property by property into the present schema; only `remove` deletes. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations.choice_following import follow_choices, forget_stages, moved_choices
from migrations.references import Moves, follow
from schema.base.errors import BadRequest, require_clean
from schema.base.findings import Finding, escape_pointer, finding, nearest
from schema.definitions import Document
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import PLURALS, Documents, copy_of
from schema.local_defs import expanded
from schema.upgraders.registry import FORMATS, KEYWORD

SECTIONS: Mapping[str, str] = {plural: kind for kind, plural in PLURALS.items()}
APART = ('remove', 'remap', 'answers', 'note')
PHYSICAL = ('x-table', 'x-column', 'x-columns')
KEYED_LISTS = ('x-options', 'x-pipelines', 'stages', 'groups', 'x-duplicates', 'x-rules', 'x-unique-keys', 'tabs', 'steps')
WHOLE = frozenset({
    'condition', 'refuse_when', 'gate', 'if', 'where', 'x-required-if', 'x-visible-if', 'x-read-only-if', 'x-option-filter',
    'x-option-filters',
})  # fmt: skip
"""Conditions: half of an old one beside half of a new one would mean neither."""
KEPT_ON_TYPE_CHANGE = frozenset(
    {
        'x-ref',
        'x-column',
        'x-aliases',
        'x-former-labels',
        'x-label',
        'x-help',
        'x-hidden-in',
        'x-search',
        'x-unique',
        'x-required-if',
        'x-visible-if',
        'x-read-only-if',
        'title',
        'description',
        'readOnly',
    }
)


def merge(base: Documents, request: Mapping[str, Any]) -> dict[tuple[str, str], Document]:
    """The whole schema that the request asks for. A part that carries the ref of an existing one renames it, and what named it
    by its former key follows. Removal comes first, so a removed key may be given to a new part in the same request.

    Raises: BadRequest MIG-E008, MIG-E009 for a request of the wrong shape, SCH-E021 for a new key that another part has.
    """
    require_clean(_check_shape(request), BadRequest)
    request = FORMATS.upgrade_request(request)
    work = _Merging(copy_of(base))
    require_clean([each for pointer in request.get('remove', ()) for each in work.remove(pointer)], BadRequest)
    for section, kind in SECTIONS.items():
        fragments = {key: without_physical(expanded(fragment)) for key, fragment in request.get(section, {}).items()}
        work.rekey(section, kind, fragments)
        for key, fragment in fragments.items():
            work.put(kind, key, fragment)
    require_clean(work.findings, BadRequest)
    follow(work.documents, work.all_moves())
    follow_choices(work.documents, moved_choices(base, work.documents))
    forget_stages(base, work.documents)
    return work.documents


def given_again(base: Documents, request: Mapping[str, Any], merged: Documents) -> list[Finding]:
    """Entities and fields that a request removes and gives again without another identity: they are the same as before."""
    found = []
    refs = {str(part.get('x-ref')) for document in merged.values() for part in (document, *_fields_of(document).values())}
    for pointer in request.get('remove', ()):
        tokens = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
        match tokens:
            case ['entities', key]:
                old, new = base[('entity', key)], merged.get(('entity', key))
            case ['entities', key, 'properties', name]:
                old = base[('entity', key)].get('properties', {}).get(name)
                new = _fields_of(merged.get(('entity', key), {})).get(name)
            case _:
                continue
        if old and new and 'x-ref' not in new and old['x-ref'] not in refs:
            label = old.get('x-label', {'en': tokens[-1]})
            found.append(finding('MIG-W013', pointer, level='warning', label=label))
    return found


def _fields_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    fields = document.get('properties')
    named = fields.items() if isinstance(fields, Mapping) else ()
    return {name: part for name, part in named if isinstance(part, Mapping)}


def without_physical(node: Any) -> Any:
    """A deep copy without table and column names, which nobody but the loader may give."""
    if isinstance(node, Mapping):
        return {name: without_physical(part) for name, part in node.items() if name not in PHYSICAL}
    return [without_physical(part) for part in node] if isinstance(node, list) else node


def _check_shape(request: Any) -> list[Finding]:
    if not isinstance(request, Mapping):
        return [finding('MIG-E009', value=type(request).__name__, hint='Send a JSON object.')]
    findings = FORMATS.check(request, '')
    for name, part in request.items():
        pointer = f'/{escape_pointer(name)}'
        if name in SECTIONS:
            bad = not isinstance(part, Mapping) or not all(isinstance(each, Mapping) for each in part.values())
            if bad:
                findings.append(finding('MIG-E009', pointer, value=str(part)[:60], hint='Send {key: document}.'))
        elif name not in (*APART, KEYWORD):
            findings.append(finding('MIG-E009', pointer, value=name, hint=nearest(name, [*SECTIONS, *APART])))
    remove = request.get('remove', [])
    if not isinstance(remove, list) or not all(isinstance(each, str) for each in remove):
        findings.append(finding('MIG-E009', '/remove', value=str(remove)[:60], hint='Send a list of JSON pointers.'))
    remap = request.get('remap', {})
    if not isinstance(remap, Mapping) or not all(each is None or isinstance(each, str) for each in remap.values()):
        findings.append(finding('MIG-E009', '/remap', value=str(remap)[:60], hint='Send {ref: key}.'))
    answers = request.get('answers', {})
    if not isinstance(answers, Mapping) or not all(isinstance(each, Mapping) for each in answers.values()):
        findings.append(finding('MIG-E009', '/answers', value=str(answers)[:60], hint='Send {pointer: {"default", "map"}}.'))
    return findings


@dataclass
class _Merging:
    documents: dict[tuple[str, str], Any]
    moves: Moves = field(default_factory=Moves)
    gone: Moves = field(default_factory=Moves)
    """Fields that were removed, by the keys that their entities had before."""
    findings: list[Finding] = field(default_factory=list)

    def all_moves(self) -> Moves:
        for holder, fields in self.gone.fields.items():
            entity, dot, lines = holder.partition('.')
            today = self.moves.entities.get(entity, entity)
            today = f'{today}.{self.moves.fields.get(str(today), {}).get(lines, lines)}' if dot else today
            self.moves.fields[str(today)] = {**fields, **self.moves.fields.get(str(today), {})}
        return self.moves

    def remove(self, pointer: str) -> list[Finding]:
        tokens = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
        kind = SECTIONS.get(tokens[0] if tokens else '', '')
        name = (kind, tokens[1] if len(tokens) > 1 else '')
        if name not in self.documents:
            return [finding('MIG-E008', '/remove', value=pointer[:120])]
        if len(tokens) == 2:
            del self.documents[name]
            if kind == 'entity':
                self.moves.entities[name[1]] = None
            elif kind == 'role':
                self.moves.roles[name[1]] = None
            return []
        holder, last = _walk(self.documents[name], tokens[2:])
        if holder is None:
            return [finding('MIG-E008', '/remove', value=pointer[:120])]
        del holder[last]
        if kind == 'entity' and len(tokens) == 4 and tokens[2] == 'properties':
            self.gone.field(name[1], tokens[3], None)
        elif kind == 'entity' and len(tokens) == 7 and tokens[4:6] == ['x-lines', 'properties']:
            self.gone.field(f'{name[1]}.{tokens[3]}', tokens[6], None)
        return []

    def rekey(self, section: str, kind: str, fragments: Mapping[str, Any]) -> None:
        """Documents under the keys that their fragments stand under, all at once, for two may swap theirs."""
        there = {key: each for (every, key), each in self.documents.items() if every == kind}
        renamed = _renamed(there, fragments)
        self.findings += _taken(there, renamed, f'/{section}')
        self.documents = {
            (kind, renamed.get(name[1], name[1])) if name[0] == kind else name: each for name, each in self.documents.items()
        }
        for new in renamed.values():
            self.documents[kind, new]['x-key'] = new
        moves = {'entity': self.moves.entities, 'role': self.moves.roles}.get(kind)
        if moves is not None:
            moves |= renamed

    def put(self, kind: str, key: str, fragment: dict[str, Any]) -> None:
        former = self.documents.get((kind, key), {})
        fields = fragment.pop('properties', None) if kind == 'entity' else None
        merged = _merge_mapping(former, fragment)
        if isinstance(fields, Mapping):
            merged['properties'] = self._merge_fields(key, former.get('properties', {}), fields)
        elif fields is not None:
            merged['properties'] = fields
        self.documents[kind, key] = merged

    def _merge_fields(self, entity: str, former: Mapping[str, Any], fragment: Mapping[str, Any]) -> dict[str, Any]:
        renamed = _renamed(former, fragment)
        place = f'/entities/{escape_pointer(entity)}/properties'
        if '.' in entity:
            owner, lines = map(escape_pointer, entity.split('.', 1))
            place = f'/entities/{owner}/properties/{lines}/x-lines/properties'
        self.findings += _taken(former, renamed, place)
        for old_key, key in renamed.items():
            self.moves.field(entity, old_key, key)
        fields = {renamed.get(name, name): each for name, each in former.items()}
        for key, part in fragment.items():
            old = fields.get(key, {})
            fields[key] = self._merge_field(f'{entity}.{key}', old, part) if isinstance(part, Mapping) else part
        return fields

    def _merge_field(self, lines: str, old: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of lines are renamed by their refs, as those of entities are; `lines` is the key of such an entity. A
        request that names all of them gives their order, too, which no layout does."""
        merged = _merge_field(old, part)
        before, after = (each.get('x-lines') for each in (old, part))
        if isinstance(before, Mapping) and isinstance(after, Mapping) and isinstance(after.get('properties'), Mapping):
            fields = self._merge_fields(lines, before.get('properties', {}), after['properties'])
            if fields.keys() == after['properties'].keys():
                fields = {key: fields[key] for key in after['properties']}
            merged['x-lines'] = {**merged['x-lines'], 'properties': fields}
        return merged


def _renamed(there: Mapping[str, Any], fragments: Mapping[str, Any]) -> dict[str, str]:
    """`{former key: new key}` of the parts whose ref a fragment under another key carries."""
    by_ref = {each['x-ref']: key for key, each in there.items() if isinstance(each, Mapping) and 'x-ref' in each}
    refs = {key: each.get('x-ref') for key, each in fragments.items() if isinstance(each, Mapping)}
    return {by_ref[ref]: key for key, ref in refs.items() if isinstance(ref, str) and by_ref.get(ref, key) != key}


def _taken(there: Mapping[str, Any], renamed: Mapping[str, str], place: str) -> list[Finding]:
    """New keys that a part has which keeps its own."""
    taken = [key for key in renamed.values() if key in there and key not in renamed]
    return [finding('SCH-E021', f'{place}/{escape_pointer(key)}', value=key, other=f'{place}/{key}') for key in taken]


def _merge_field(old: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """A type change drops the keywords that only the former type knew."""
    kind = part.get('x-type', old.get('x-type'))
    if old and kind != old.get('x-type') and isinstance(kind, str) and kind in FIELD_TYPES:
        kept = KEPT_ON_TYPE_CHANGE | (FIELD_TYPES.get(kind).keywords - {'type', 'format'})
        old = {name: value for name, value in old.items() if name in kept}
    return _merge_mapping(old, part)


def _merge_mapping(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = dict(old)
    for name, part in new.items():
        before: Any = merged.get(name)
        if name not in WHOLE and isinstance(part, Mapping) and isinstance(before, Mapping):
            merged[name] = _merge_mapping(before, part)
        elif name in KEYED_LISTS and _is_keyed(part) and _is_keyed(before):
            merged[name] = _merge_keyed(before, part)
        else:
            merged[name] = part
    return merged


def _is_keyed(part: Any) -> bool:
    return isinstance(part, list) and all(isinstance(each, Mapping) and 'key' in each for each in part)


def _merge_keyed(old: list[Any], new: list[Any]) -> list[Any]:
    """In the order of `new`; entries it does not name stay, at the end."""
    left = list(old)
    merged = []
    for part in new:
        wanted = ('ref', part['ref']) if part.get('ref') else ('key', part['key'])
        before = next((each for each in left if each.get(wanted[0]) == wanted[1]), None)
        if before is not None:
            left.remove(before)
        merged.append(_merge_mapping(before or {}, part))
    return merged + left


def _walk(node: Any, tokens: list[str]) -> tuple[Any, Any]:
    """The container and key of what the tokens point at; list entries by number, key or ref. (None, None) when missing."""
    for place, token in enumerate(tokens):
        key = _step(node, token)
        if key is None:
            return None, None
        if place == len(tokens) - 1:
            return node, key
        node = node[key]
    return None, None


def _step(node: Any, token: str) -> Any:
    if isinstance(node, dict):
        return token if token in node else None
    if not isinstance(node, list):
        return None
    if token in node:  # a former key
        return node.index(token)
    for number, part in enumerate(node):
        if isinstance(part, Mapping) and token in (part.get('key'), part.get('ref')):
            return number
    return int(token) if token.isdecimal() and int(token) < len(node) else None
