"""Documents to typed nodes: resolves names, reads operands, and collects everything that is wrong. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from schema.base.findings import Finding, escape_pointer, finding, nearest
from schema.conditions import aggregates
from schema.conditions.families import family_of, operators_for
from schema.conditions.lookup import EntityFace, Lookup
from schema.conditions.operators import COUNT_OPERATORS, OPERATORS
from schema.conditions.record_values import RecordValue, fits
from schema.conditions.tree import (
    MAX_ALL_HOPS,
    MAX_ALL_VALUES,
    MAX_DEPTH,
    MAX_HOPS,
    MAX_LEAVES,
    MAX_VALUES,
    PARENT,
    Aggregate,
    Broken,
    Count,
    FieldFace,
    Function,
    Group,
    Hop,
    Node,
    Not,
    Operand,
    Quantifier,
    Related,
    Test,
)
from schema.fieldtypes.base import Refused
from schema.fieldtypes.link_any import LinkAny
from schema.fieldtypes.options import former_options

AGGREGATES = tuple(f'{function}_related' for function in aggregates.FUNCTIONS)
HEADS = ('all', 'any', 'not', 'field', 'any_related', 'every_related', 'none_related', 'count_related', *AGGREGATES)
WORDS = {
    'all': {'all'},
    'any': {'any'},
    'not': {'not'},
    'field': {'field', 'op', 'value'},
    'any_related': {'any_related', 'where'},
    'every_related': {'every_related', 'where'},
    'none_related': {'none_related', 'where'},
    'count_related': {'count_related', 'where', 'op', 'value'},
    **{head: {head, 'of', 'where', 'op', 'value'} for head in AGGREGATES},
}
MOST_COUNTED = 1_000_000_000
EVERYTHING: Mapping[str, Any] = {'all': []}
FLEXIBLE = ({'my_teams': True}, {'me': True})  # stand alone where a list is expected: they are lists already


class DocumentReader:
    """Reads one document; `findings` fill as it goes. A part with findings becomes `Broken`."""

    def __init__(self, lookup: Lookup, record: EntityFace | None = None) -> None:
        self.findings: list[Finding] = []
        self._record = record
        self._root: EntityFace | None = None
        self._lookup = lookup
        self._leaves = 0
        self._values = 0
        self._hops = 0

    def read(self, document: Any, entity: EntityFace) -> Node:
        self._root = entity
        return self._node(document, entity, '', 1)

    def _refuse(self, code: str, pointer: str, text: Any = '', **params: Any) -> Broken:
        self.findings.append(finding(code, pointer, **params))
        return Broken(pointer, str(text)[:60])

    def _node(self, document: Any, entity: EntityFace, pointer: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            return self._refuse('SCH-E202', pointer, limit=MAX_DEPTH)
        if not isinstance(document, Mapping):
            return self._refuse('SCH-E200', pointer, document, value=str(document)[:60], choices=', '.join(HEADS))
        heads = [head for head in HEADS if head in document]
        if len(heads) != 1:
            words = ', '.join(map(str, document))[:60]
            return self._refuse('SCH-E200', pointer, words, value=words, choices=', '.join(HEADS))
        head = heads[0]
        if extra := set(document) - WORDS[head]:
            word = min(map(str, extra))[:60]
            return self._refuse('SCH-E201', f'{pointer}/{escape_pointer(word)}', word, value=word,
                                hint=nearest(word, WORDS[head]))  # fmt: skip
        return self._known_node(head, document, entity, pointer, depth)

    def _known_node(self, head: str, document: Mapping[str, Any], entity: EntityFace, pointer: str, depth: int) -> Node:
        if head in {'all', 'any'}:
            return self._group(head, document[head], entity, f'{pointer}/{head}', depth)
        if head == 'not':
            return Not(pointer, self._node(document['not'], entity, f'{pointer}/not', depth + 1))
        if head == 'field':
            return self._counted(pointer) or self._test(document, entity, pointer)
        hop = self._relation(document[head], entity, f'{pointer}/{head}')
        if hop is None or not self._hopped(1, f'{pointer}/{head}'):
            return Broken(pointer, str(document[head])[:60])
        where = self._where(document.get('where', EVERYTHING), hop, f'{pointer}/where', depth)
        if head == 'count_related':
            return self._count(document, hop, where, pointer)
        if head in AGGREGATES:
            return self._aggregate(cast(Function, head.removesuffix('_related')), document, hop, where, pointer)
        return Related(pointer, cast(Quantifier, head.removesuffix('_related')), hop, where)

    def _counted(self, pointer: str) -> Broken | None:
        """Leaves are counted, and one finding says when there are too many; the rest is then not read."""
        self._leaves += 1
        if self._leaves == MAX_LEAVES + 1:
            self._refuse('SCH-E203', pointer, limit=MAX_LEAVES)
        return Broken(pointer, '…') if self._leaves > MAX_LEAVES else None

    def _hopped(self, steps: int, pointer: str) -> bool:
        before, self._hops = self._hops, self._hops + steps
        if before <= MAX_ALL_HOPS < self._hops:
            self._refuse('SCH-E229', pointer, limit=MAX_ALL_HOPS)
        return self._hops <= MAX_ALL_HOPS

    def _group(self, head: str, parts: Any, entity: EntityFace, pointer: str, depth: int) -> Node:
        if not isinstance(parts, list):
            return self._refuse('SCH-E204', pointer, parts, value=head)
        read: list[Node] = []
        if not parts:
            self._counted(pointer)
        for number, part in enumerate(parts):
            if self._leaves > MAX_LEAVES:
                break
            read.append(self._node(part, entity, f'{pointer}/{number}', depth + 1))
        return Group(pointer.removesuffix(f'/{head}'), head == 'all', tuple(read))

    def _where(self, document: Any, hop: Hop, pointer: str, depth: int) -> Node:
        entity = self._lookup.find(hop.target)
        assert entity is not None
        if document is EVERYTHING:
            self._counted(pointer)
            return Group(pointer, True, ())
        return self._node(document, entity, pointer, depth + 1)

    def _relation(self, named: Any, entity: EntityFace, pointer: str) -> Hop | None:
        if isinstance(named, Mapping) and len(named) == 1 and set(named) <= {'links', 'lines'}:
            return self._own_relation(*next(iter(named.items())), entity, pointer)
        if not (isinstance(named, Mapping) and set(named) == {'entity', 'field'} and all(map(_is_text, named.values()))):
            self._refuse('SCH-E205', pointer, value=str(named)[:60])
            return None
        target = self._lookup.find(named['entity'])
        if target is None:
            self._refuse('SCH-E206', f'{pointer}/entity', value=named['entity'][:60],
                         hint=nearest(named['entity'][:60], self._lookup.keys()))  # fmt: skip
            return None
        link = target.find(named['field'])
        if link is None or link.type.key not in {'link', 'link_any', 'links'} or entity.key not in link.definition.targets:
            links = [each.key for each in target.fields.values() if entity.key in each.definition.targets]
            self._refuse('SCH-E207', f'{pointer}/field', value=named['field'][:60], entity=target.definition.label,
                         target=entity.definition.label, hint=nearest(named['field'][:60], links))  # fmt: skip
            return None
        definition = link.definition
        if link.type.key == 'links':
            return Hop(entity.key, link.key, target.key, back=True, via='links', pairs=definition.table)
        column = link.type.column_for(definition, entity.key) if isinstance(link.type, LinkAny) else definition.column
        return Hop(entity.key, link.key, target.key, back=True, column=column)

    def _own_relation(self, via: str, name: Any, entity: EntityFace, pointer: str) -> Hop | None:
        """Along the record's own links, or to its own lines."""
        if not _is_text(name):
            self._refuse('SCH-E205', pointer, value=str(name)[:60])
            return None
        field = self._named(name, entity, f'{pointer}/{via}')
        if field is None or field.type.key != via:
            if field is not None:
                fit = [each.key for each in entity.fields.values() if each.type.key == via]
                self._refuse('SCH-E233', f'{pointer}/{via}', label=field.definition.label, value=via,
                             hint=nearest(name[:60], fit))  # fmt: skip
            return None
        table = field.definition.table
        if via == 'lines':
            return Hop(entity.key, field.key, f'{entity.key}.{field.key}', back=True, column='parent_id', via='lines')
        target = self._lookup.find(field.definition.targets[0])
        return Hop(entity.key, field.key, target.key, via='links', pairs=table) if target is not None else None

    def _count(self, document: Mapping[str, Any], hop: Hop, where: Node, pointer: str) -> Node:
        op = document.get('op')
        if op not in COUNT_OPERATORS:
            return self._refuse('SCH-E208', f'{pointer}/op', op, value=str(op)[:60], choices=', '.join(COUNT_OPERATORS))
        value = document.get('value')
        numbers: list[Any] = value if op == 'between' and isinstance(value, list) else [value]
        if len(numbers) != (2 if op == 'between' else 1) or not all(map(_is_count, numbers)):
            return self._refuse('SCH-E210', f'{pointer}/value', value, value=str(value)[:60])
        return Count(pointer, hop, where, op, tuple(numbers))

    def _aggregate(self, function: Function, document: Mapping[str, Any], hop: Hop, where: Node, pointer: str) -> Node:
        name, op = document.get('of'), document.get('op')
        entity = self._lookup.find(hop.target)
        assert entity is not None
        if not _is_text(name):
            return self._refuse('SCH-E211', f'{pointer}/of', value=str(name)[:60], entity=entity.definition.label)
        field = self._named(str(name), entity, f'{pointer}/of')
        if field is None:
            return Broken(pointer, str(name)[:60])
        if not aggregates.can_take(function, field):
            return self._refuse('SCH-E230', f'{pointer}/of', name, label=field.definition.label, value=function)
        if op not in aggregates.OPERATORS:
            return self._refuse('SCH-E209', f'{pointer}/op', name, value=str(op)[:60], label=field.definition.label,
                                choices=', '.join(aggregates.OPERATORS))  # fmt: skip
        operand = self._operand(field, str(op), document, pointer)
        if operand is None:
            return Broken(pointer, str(name)[:60])
        return Aggregate(pointer, hop, where, function, field, str(op), aggregates.in_one_currency(field, operand))

    def _test(self, document: Mapping[str, Any], entity: EntityFace, pointer: str) -> Node:
        name, op = document['field'], document.get('op')
        found = self._field(name, entity, f'{pointer}/field')
        if found is None:
            return Broken(pointer, str(name)[:60])
        path, owner, field = found
        allowed = operators_for(field)
        if op not in allowed:
            return self._refuse('SCH-E209', f'{pointer}/op', name, value=str(op)[:60], label=field.definition.label,
                                choices=', '.join(allowed))  # fmt: skip
        operand = self._operand(field, str(op), document, pointer)
        return Broken(pointer, str(name)[:60]) if operand is None else Test(pointer, path, owner.key, field, str(op), operand)

    def _field(self, name: Any, entity: EntityFace, pointer: str) -> tuple[tuple[Hop, ...], EntityFace, FieldFace] | None:
        if not _is_text(name):
            self._refuse('SCH-E211', pointer, value=str(name)[:60], entity=entity.definition.label)
            return None
        *links, last = name.split('.')
        if len(links) > MAX_HOPS:
            self._refuse('SCH-E213', pointer, value=name[:60], limit=MAX_HOPS)
            return None
        if links and not self._hopped(len(links), pointer):
            return None
        path: list[Hop] = []
        for link in links:
            step = self._step(link, entity, pointer)
            if step is None:
                return None
            hop, entity = step
            path.append(hop)
        field = self._named(last, entity, pointer)
        while field is not None and field.definition.type == 'through':
            step = self._step(field.definition.document['x-through']['link'], entity, pointer)
            if step is None or len(path) >= MAX_HOPS or not self._hopped(1, pointer):
                return None
            path.append(step[0])
            last, entity = field.definition.document['x-through']['field'], step[1]
            field = self._named(last, entity, pointer)
        return (tuple(path), entity, field) if field else None

    def _named(self, name: str, entity: EntityFace, pointer: str) -> FieldFace | None:
        field = entity.find(name)
        if field is None:
            label = entity.definition.label
            self._refuse('SCH-E211', pointer, value=name[:60], entity=label, hint=nearest(name[:60], entity.fields))
        return field

    def _holder(self, entity: EntityFace) -> EntityFace | None:
        """The entity whose records hold these lines; None for what is no line."""
        owner, dot, _ = entity.key.partition('.')
        return self._lookup.find(owner) if dot else None

    def _step(self, name: str, entity: EntityFace, pointer: str) -> tuple[Hop, EntityFace] | None:
        if name == PARENT and entity is self._root and (holder := self._holder(entity)) is not None:
            return Hop(entity.key, PARENT, holder.key, column='parent_id', via=PARENT), holder
        link = self._named(name, entity, pointer)
        if link is None:
            return None
        is_link = link.type.key == 'link' and link.type.stored
        target = self._lookup.find(link.definition.targets[0]) if is_link else None
        if target is None:
            links = [each.key for each in entity.fields.values() if each.type.key == 'link']
            self._refuse('SCH-E212', pointer, value=name[:60], label=link.definition.label, hint=nearest(name[:60], links))
            return None
        return Hop(entity.key, link.key, target.key, column=link.definition.column), target

    def _operand(self, field: FieldFace, op: str, document: Mapping[str, Any], pointer: str) -> Operand | None:
        """The operand, or None when it has findings."""
        arity, at = OPERATORS[op].arity, f'{pointer}/value'
        label = field.definition.label
        if arity == 'none':
            if document.get('value') is None:
                return Operand()
            self._refuse('SCH-E222', at, value=op, label=label)
            return None
        if 'value' not in document:
            self._refuse('SCH-E223', pointer, value=op, label=label)
            return None
        wire = document['value']
        if arity == 'one':
            return self._parts(field, op, [(at, wire)])
        if arity == 'many' and wire in FLEXIBLE:
            wire = [wire]
        fits = isinstance(wire, list) and (len(wire) == 2 if arity == 'pair' else 1 <= len(wire) <= MAX_VALUES)
        if not fits:
            self._refuse('SCH-E224' if arity == 'pair' else 'SCH-E225', at, value=op, label=label, limit=MAX_VALUES)
            return None
        return self._parts(field, op, [(f'{at}/{number}', part) for number, part in enumerate(wire)])

    def _parts(self, field: FieldFace, op: str, wires: list[tuple[str, Any]]) -> Operand | None:
        before, self._values = self._values, self._values + len(wires)
        if self._values > MAX_ALL_VALUES:
            if before <= MAX_ALL_VALUES:
                self._refuse('SCH-E228', wires[0][0], limit=MAX_ALL_VALUES)
            return None
        family = family_of(field)
        currencies: set[str | None] = set()
        parts: list[Any] = []
        clean = True
        for pointer, wire in wires:
            if isinstance(wire, Mapping) and 'record' in wire:
                taken = self._record_value(field, wire, pointer)
                clean = clean and taken is not None
                parts.append(taken)
                currencies.add(None)
                continue
            try:
                parts.append(family.read(field, op, wire))
                currencies.add(family.currency(field, wire))
                for ref, key in former_options(field.definition, wire):
                    self._lookup.used(ref, key)
            except Refused as refused:
                clean = False
                self.findings.append(refused.at(pointer, field.definition))
        if clean and len(currencies) > 1:
            clean = False
            self._refuse('SCH-E226', wires[1][0], label=field.definition.label)
        if clean and op == 'between' and _is_backwards(parts):
            clean = False
            self._refuse('SCH-E227', wires[0][0], low=str(wires[0][1])[:60], high=str(wires[1][1])[:60])
        return Operand(tuple(parts), currencies.pop(), tuple(wire for _, wire in wires)) if clean else None

    def _record_value(self, field: FieldFace, wire: Mapping[str, Any], pointer: str) -> RecordValue | None:
        """What a field of the record being edited holds: known in option filters alone."""
        name = wire.get('record')
        if self._record is None or set(wire) != {'record'} or not _is_text(name):
            self._refuse('SCH-E231', pointer, value=str(wire)[:60])
            return None
        head, dot, rest = str(name).partition('.')
        holder = self._holder(self._record) if dot and head == PARENT else None
        own = self._named(rest if holder else str(name), holder or self._record, f'{pointer}/record')
        if own is None:
            return None
        if not fits(field, own):
            self._refuse('SCH-E232', f'{pointer}/record', label=field.definition.label, other=own.definition.label)
            return None
        return RecordValue(own, f'{PARENT}.{own.key}' if holder else own.key)


def _is_backwards(parts: list[Any]) -> bool:
    """Whether two constants stand in the wrong order; what moves with the day cannot be told here."""
    low, high = parts
    try:
        return type(low) is type(high) and bool(low > high)
    except TypeError:  # relative dates have no order
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ''


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNTED
