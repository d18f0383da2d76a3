"""Derived fields: formulas can be computed, rollups add up, fields behind links exist, and none waits for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schema.base.findings import Finding, finding
from schema.checks.missing import missing
from schema.checks.target import SYSTEM_TYPES, EntityView, Target, mapping, numbered_parts, numbered_texts, shown
from schema.conditions.condition import check as check_condition
from schema.derived import DERIVED, FUNCTIONS, KIND_OF, STAGE_PARTS, face_of
from schema.fieldtypes.derived import NUMBERS, ORDERED, RESULTS
from schema.fieldtypes.lines import UNFIT
from schema.formulas import Scope, compile_formula, fields_of
from schema.formulas.text import Unreadable
from schema.loading import settle
from schema.reading import read_entity

UNSEEN = ('lines', 'links', 'file', 'image', 'through')
"""Types that a link does not show through."""
SUMMED = (*NUMBERS, 'duration', 'rating')
MOVING = frozenset({
    'now', 'today', 'me', 'my_teams', 'this', 'last', 'next', 'previous', 'following', 'days', 'weeks', 'months', 'years',
    'hours', 'minutes', 'start_of',
})  # fmt: skip

Node = tuple[str, str]
"""Entity key and field key."""


def check(target: Target, unfit: frozenset[str]) -> Iterator[Finding]:
    """`unfit` are the pointers of fields that the metaschema refused; they are not looked at."""
    clean = True
    for entity in target.entities.values():
        for view in _with_lines(entity):
            for key, part in view.properties.items():
                if view.at(key) in unfit:
                    clean = False
                    continue
                for each in _check_field(target, view, key, part):
                    clean = False
                    yield each
    for entity in target.entities.values():
        yield from _check_stored(entity)
    if clean:
        yield from _check_rings(target)


def _check_stored(entity: EntityView) -> Iterator[Finding]:
    """Nothing is matched or kept unique by what stands behind a link."""
    named: list[tuple[Any, str]] = []
    for place, rule in numbered_parts(entity.document.get('x-duplicates')):
        tests = numbered_parts(rule.get('match'))
        named += [(test.get('field'), f'{entity.pointer}/x-duplicates/{place}/match/{number}/field') for number, test in tests]
    for place, rule in numbered_parts(entity.document.get('x-unique-keys')):
        fields = numbered_texts(rule.get('fields'))
        named += [(name, f'{entity.pointer}/x-unique-keys/{place}/fields/{number}') for number, name in fields]
    for name, pointer in named:
        if isinstance(name, str) and entity.type_key(name) == 'through':
            yield finding('SCH-E331', pointer, value=shown(name))


def check_conditions(target: Target) -> Iterator[Finding]:
    """Conditions of rollups. They are typed by whole entities: call it only when no entity has a finding."""
    found = [
        (entity, key, rollup)
        for entity in target.entities.values()
        for key, part in entity.properties.items()
        if part.get('x-type') == 'rollup' and 'condition' in (rollup := mapping(part.get('x-rollup')))
    ]
    if not found:
        return
    stored = settle({('entity', key): entity.document for key, entity in target.entities.items()}, {})
    definitions = {key: read_entity(document) for (_, key), document in stored.items()}
    definitions |= {each.lines.key: each.lines for one in list(definitions.values()) for each in one.fields if each.lines}
    for entity, key, rollup in found:
        other = f'{entity.key}.{rollup["lines"]}' if 'lines' in rollup else rollup['entity']
        for each in check_condition(rollup['condition'], other, definitions):
            yield each.at(f'{entity.at(key)}/x-rollup/condition')


@dataclass(frozen=True)
class FieldScope(Scope):
    """What the names in a formula of `entity`, or of its lines, mean."""

    target: Target
    entity: EntityView
    own: str = ''
    """The key of the field that the formula is for."""

    def kind(self, name: str) -> str | None:
        first, dot, rest = name.partition('.')
        if not dot:
            return self._kind(self.entity, first)
        kind = self.entity.properties.get(first, {}).get('x-type')
        if kind == 'stage' and rest in STAGE_PARTS:
            return STAGE_PARTS[rest]
        other = self._behind(first)
        return self._kind(other, rest) if other and '.' not in rest else None

    def names(self, name: str) -> Iterable[str]:
        first, dot, _ = name.partition('.')
        other = self._behind(first) if dot else None
        if other:
            return [f'{first}.{key}' for key in other.properties if self._readable(other, key)]
        if dot and self.entity.properties.get(first, {}).get('x-type') == 'stage':
            return [f'{first}.{part}' for part in STAGE_PARTS]
        return [key for key in self.entity.properties if key != self.own and self._readable(self.entity, key)]

    def _behind(self, link: str) -> EntityView | None:
        part = self.entity.properties.get(link, {})
        return self.target.entities.get(str(part.get('x-target'))) if part.get('x-type') == 'link' else None

    def _readable(self, entity: EntityView, key: str) -> bool:
        try:
            return self._kind(entity, key) is not None
        except Unreadable:
            return False

    def _kind(self, entity: EntityView, key: str) -> str | None:
        part = entity.properties.get(key)
        if part is None:
            return None
        written = part.get('x-type')
        if written == 'link':
            raise Unreadable('SCH-E317', example=f'{key}.{_first_text(self.target, part)}')
        kind, _ = face_of(part, entity.key, _properties(self.target))
        found = KIND_OF.get(kind) if written != 'through' else None
        if found is None:
            raise Unreadable('SCH-E316', type=shown(written))
        return found


def _with_lines(entity: EntityView) -> Iterator[EntityView]:
    yield entity
    for key in entity.properties:
        if lines := entity.lines(key):
            yield lines


def _properties(target: Target) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return {key: entity.properties for key, entity in target.entities.items()}


def _first_text(target: Target, part: Mapping[str, Any]) -> str:
    other = target.entities.get(str(part.get('x-target')))
    return next((key for key in other.properties if other.type_key(key) == 'text'), 'name') if other else 'name'


def _check_field(target: Target, entity: EntityView, key: str, part: dict[str, Any]) -> Iterator[Finding]:
    kind, pointer = part.get('x-type'), entity.at(key)
    if '.' in entity.key and isinstance(kind, str) and kind in UNFIT:
        return  # told already: a line cannot have it
    default = part.get('x-default')
    if kind in DERIVED:
        if key in entity.required:
            yield finding('SCH-E318', pointer, value=shown(key), type=kind)
        for keyword in ('x-default', 'default'):
            if keyword in part:
                yield finding('SCH-E031', f'{pointer}/{keyword}', keyword=keyword, type=kind)
    elif isinstance(default, dict) and set(default) == {'formula'}:
        yield from _check_default(target, entity, key, part)
    if kind == 'formula':
        yield from _check_formula(target, entity, key, part)
    elif kind == 'rollup':
        yield from _check_rollup(target, entity, key, part)
    elif kind == 'through':
        yield from _check_through(target, entity, key, part)


def _check_formula(target: Target, entity: EntityView, key: str, part: dict[str, Any]) -> Iterator[Finding]:
    pointer, result, expression = entity.at(key), part.get('x-result'), part.get('x-formula')
    if result is None:
        yield missing(f'{pointer}/x-result', 'x-result')
    elif result not in RESULTS:
        yield finding('SCH-E319', f'{pointer}/x-result', value=shown(result), choices=RESULTS,
                      hint=entity.hints.nearest(shown(result), RESULTS))  # fmt: skip
    if isinstance(expression, str):
        expected = KIND_OF.get(result) if isinstance(result, str) and result in RESULTS else None
        _, findings = compile_formula(expression, FieldScope(target, entity, key), expected)
        yield from (each.at(f'{pointer}/x-formula') for each in findings)


def _check_default(target: Target, entity: EntityView, key: str, part: dict[str, Any]) -> Iterator[Finding]:
    pointer, expression = f'{entity.at(key)}/x-default/formula', part['x-default']['formula']
    expected = KIND_OF.get(str(part.get('x-type')))
    if expected is None or expected == 'texts':
        yield finding('SCH-E320', pointer, type=shown(part.get('x-type')))
    elif not isinstance(expression, str):
        yield finding('SCH-E300', pointer, position=1, near='')
    else:
        _, findings = compile_formula(expression, FieldScope(target, entity, key), expected)
        yield from (each.at(pointer) for each in findings)
        read = [name for name in fields_of(expression) if entity.properties.get(name, {}).get('x-type') in DERIVED]
        if not findings and (key in fields_of(expression) or read):
            yield finding('SCH-E321', pointer, value=shown(read[0] if read else key))


def _check_through(target: Target, entity: EntityView, key: str, part: dict[str, Any]) -> Iterator[Finding]:
    pointer, through = f'{entity.at(key)}/x-through', mapping(part.get('x-through'))
    if not through:
        if 'x-through' not in part:
            yield missing(pointer, 'x-through')
        return
    link, name = through.get('link'), through.get('field')
    unknown = entity.unknown(link, f'{pointer}/link')
    yield from unknown
    if unknown or not isinstance(link, str):
        return
    if entity.type_key(link) != 'link':
        links = [each for each in entity.properties if entity.type_key(each) == 'link']
        yield finding('SCH-E322', f'{pointer}/link', value=shown(link), hint=entity.hints.nearest(link, links))
        return
    other = target.entities.get(entity.targets(link)[0]) if entity.targets(link) else None
    if other is None or not isinstance(name, str):
        return
    yield from other.unknown(name, f'{pointer}/field')
    if other.type_key(name) in UNSEEN or name in {'uid', 'revision'}:
        yield finding('SCH-E323', f'{pointer}/field', value=shown(name), type=shown(other.type_key(name)))


def _check_rollup(target: Target, entity: EntityView, key: str, part: dict[str, Any]) -> Iterator[Finding]:
    pointer, rollup = f'{entity.at(key)}/x-rollup', mapping(part.get('x-rollup'))
    if not rollup or rollup.get('function') not in FUNCTIONS:
        if 'x-rollup' not in part:
            yield missing(pointer, 'x-rollup')
        return
    if ('lines' in rollup) == ('entity' in rollup):
        yield finding('SCH-E324', pointer)
        return
    found = list(_check_source(target, entity, rollup, pointer))
    yield from found
    other = _looked_at(target, entity, rollup)
    if found or other is None:
        return
    yield from _check_of(target, other, rollup, pointer)
    yield from _check_still(rollup.get('condition'), f'{pointer}/condition')


def _looked_at(target: Target, entity: EntityView, rollup: dict[str, Any]) -> EntityView | None:
    if 'lines' in rollup:
        return entity.lines(rollup['lines']) if isinstance(rollup['lines'], str) else None
    return target.entities.get(rollup['entity']) if isinstance(rollup['entity'], str) else None


def _check_source(target: Target, entity: EntityView, rollup: dict[str, Any], pointer: str) -> Iterator[Finding]:
    if 'lines' in rollup:
        name = rollup['lines']
        unknown = entity.unknown(name, f'{pointer}/lines')
        yield from unknown
        if not unknown and isinstance(name, str) and entity.type_key(name) != 'lines':
            listed = [each for each in entity.properties if entity.type_key(each) == 'lines']
            yield finding('SCH-E325', f'{pointer}/lines', value=shown(name), hint=entity.hints.nearest(name, listed))
        return
    yield from target.unknown('entity', rollup['entity'], f'{pointer}/entity')
    other, name = _looked_at(target, entity, rollup), rollup.get('field')
    if other is None:
        return
    if name is None:
        yield missing(f'{pointer}/field', 'field')
    elif isinstance(name, str):
        unknown = other.unknown(name, f'{pointer}/field')
        yield from unknown
        if not unknown and entity.key not in other.targets(name):
            yield finding('SCH-E053', f'{pointer}/field', value=shown(name), other=shown(other.key), entity=shown(entity.key))


def _check_of(target: Target, other: EntityView, rollup: dict[str, Any], pointer: str) -> Iterator[Finding]:
    function, name = rollup['function'], rollup.get('of')
    if function == 'count':
        if name is not None:
            yield finding('SCH-E326', f'{pointer}/of')
        return
    if name is None:
        yield missing(f'{pointer}/of', 'of')
        return
    unknown = other.unknown(name, f'{pointer}/of')
    yield from unknown
    if unknown or not isinstance(name, str):
        return
    source = other.properties.get(name) or {'x-type': SYSTEM_TYPES.get(name)}
    kind, _ = face_of(source, other.key, _properties(target))
    fits = SUMMED if function in {'sum', 'avg'} else ORDERED
    if kind not in fits or source.get('x-type') == 'through' or name in {'changed_at', 'revision'}:
        hints = [each for each in other.properties if face_of(other.properties[each], other.key, {})[0] in fits]
        yield finding('SCH-E327', f'{pointer}/of', value=shown(name), type=shown(source.get('x-type')), function=function,
                      hint=other.hints.nearest(name, hints))  # fmt: skip


def _check_still(condition: Any, pointer: str) -> Iterator[Finding]:
    """A stored number cannot follow what moves without a change of the records it looks at."""
    if not isinstance(condition, dict):
        return
    for name in ('all', 'any'):
        for number, each in enumerate(condition[name] if isinstance(condition.get(name), list) else ()):
            yield from _check_still(each, f'{pointer}/{name}/{number}')
    yield from _check_still(condition.get('not'), f'{pointer}/not')
    field = condition.get('field')
    others = any(name.endswith('_related') for name in condition)
    if others or (isinstance(field, str) and ('.' in field or field in {'changed_at', 'changed_by', 'revision'})):
        yield finding('SCH-E328', pointer)
    elif _moves(condition.get('value')):
        yield finding('SCH-E329', f'{pointer}/value')


def _moves(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_moves, value))
    return isinstance(value, dict) and not MOVING.isdisjoint(value)


def _check_rings(target: Target) -> Iterator[Finding]:
    """Fields that wait for each other have no first value."""
    needs = {node: sorted(waits) for node, waits in _needs(target).items()}
    seen: set[Node] = set()
    for start in sorted(needs):
        ring = _ring(start, needs, seen)
        if ring:
            first = min(ring)
            turned = ring[ring.index(first) :] + ring[: ring.index(first)]
            entity, key = first
            path = ' → '.join(f'{each}.{name}' for each, name in (*turned, first))
            yield finding('SCH-E330', _pointer(target, entity, key), path=path[:500])


def _ring(start: Node, needs: Mapping[Node, list[Node]], seen: set[Node]) -> list[Node] | None:
    """The first ring met on a walk that skips what earlier walks settled; without recursion, for chains may be long."""
    path: list[Node] = []
    stack: list[tuple[Node, bool]] = [(start, False)]
    while stack:
        node, left = stack.pop()
        if left:
            path.pop()
            continue
        if node in path:
            seen.update(path)
            return path[path.index(node) :]
        if node in seen:
            continue
        seen.add(node)
        path.append(node)
        stack.append((node, True))
        stack.extend((each, False) for each in needs.get(node, ()))
    return None


def _needs(target: Target) -> dict[Node, set[Node]]:
    """`{derived field: derived fields it is computed from}`."""
    found: dict[Node, set[Node]] = {}
    for entity in target.entities.values():
        for view in _with_lines(entity):
            for key, part in view.properties.items():
                if part.get('x-type') in ('formula', 'rollup'):
                    found[view.key, key] = set(_read_by(target, view, part))
    return {node: {each for each in waits if each in found} for node, waits in found.items()}


def _read_by(target: Target, entity: EntityView, part: dict[str, Any]) -> Iterator[Node]:
    if part['x-type'] == 'formula':
        for name in fields_of(str(part.get('x-formula'))):
            first, dot, rest = name.partition('.')
            yield from ((other, rest) for other in entity.targets(first) if dot)
            if not dot:
                yield entity.key, first
        return
    rollup = mapping(part.get('x-rollup'))
    other = _looked_at(target, entity, rollup)
    if other is not None:
        yield other.key, str(rollup.get('of'))
        yield from ((other.key, name) for name in _tested(rollup.get('condition')))


def _tested(condition: Any) -> Iterator[str]:
    if isinstance(condition, dict):
        for name in ('all', 'any'):
            for each in condition[name] if isinstance(condition.get(name), list) else ():
                yield from _tested(each)
        yield from _tested(condition.get('not'))
        if isinstance(condition.get('field'), str):
            yield condition['field']


def _pointer(target: Target, entity: str, key: str) -> str:
    first, dot, lines = entity.partition('.')
    view = target.entities[first].lines(lines) if dot else target.entities[first]
    assert view is not None
    return view.at(key)
