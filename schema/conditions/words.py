"""Conditions as people read them: chips over a list and sentences, in the words of `words.json`. Looks nothing up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schema.catalog import Catalog, Entity
from schema.conditions.condition import Document, read
from schema.conditions.families import FAMILIES
from schema.conditions.record_values import RecordValue
from schema.conditions.relative import Point, Span
from schema.conditions.tree import PARENT, Aggregate, Broken, Count, Group, Hop, Node, Not, Related, Test
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.date import Date
from schema.values import Link

Labels = Mapping[tuple[str, str], str]
_DAYS = Date()
HOME = ZoneInfo('Asia/Ho_Chi_Minh')


@dataclass(frozen=True)
class Chip:
    """One removable part of a filter. `pointer` names it in the document; `joiner` joins it to the one before (empty for the
    first), `between` stands between its values; `broken` marks a part that no longer fits the schema."""

    pointer: str
    before: str
    values: tuple[str, ...] = ()
    joiner: str = ''
    between: str = ''
    broken: bool = False

    @property
    def text(self) -> str:
        """The chip as one phrase, without its joiner."""
        return ' '.join(filter(None, (self.before, f' {self.between} '.join(self.values))))

    def as_wire(self) -> dict[str, Any]:
        return {
            'pointer': self.pointer, 'before': self.before, 'values': list(self.values),
            'joiner': self.joiner, 'between': self.between, 'broken': self.broken,
        }  # fmt: skip


@dataclass(frozen=True)
class Speaker:
    """Whose words: the locale, the zone for instants, and labels of linked records by `(entity, uid)`."""

    locale: str
    zone: ZoneInfo = HOME
    labels: Labels = field(default_factory=dict)

    @property
    def words(self) -> Mapping[str, Any]:
        known = _words()
        return known.get(self.locale, known['en'])


def describe(document: Document, entity: Entity, catalog: Catalog, locale: str, labels: Labels | None = None) -> list[Chip]:
    """The parts of a condition in reading order; none for an empty one. What no longer fits the schema is a broken chip.

    `labels` gives names of linked records, people (by user name) and teams by `(entity, uid)`; without one the uid is shown.
    """
    root, _ = read(document, entity.key, catalog)
    if root is None:
        return []
    return _Describer(Speaker(locale, labels=labels or {}), catalog).chips(root)


def told(document: Document | None, entity: Entity, catalog: Catalog) -> dict[str, str] | None:
    """A condition as `{locale: sentence}`, for what is kept and read later in either language; None for none."""
    if not document:
        return None
    return {locale: sentence(describe(document, entity, catalog, locale)) for locale in _words()}


def clauses(node: Node, catalog: Catalog, locale: str, labels: Labels, *, negated: bool = False) -> str:
    """One part of a condition as a phrase, or its opposite."""
    describer = _Describer(Speaker(locale, labels=labels), catalog)
    return describer.clause(Not(node.pointer, node) if negated else node)


def sentence(chips: Sequence[Chip]) -> str:
    """`Giai đoạn là Mới hoặc Đã liên hệ · và người phụ trách là tôi`."""
    return ' · '.join(f'{chip.joiner} {_lower(chip.text)}' if chip.joiner else chip.text for chip in chips)


def words_in(locale: str) -> Mapping[str, Any]:
    """The words of conditions in a locale, English where it has none; see `words.json`."""
    return Speaker(locale).words


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    words: Mapping[str, Mapping[str, Any]] = json.loads(Path(__file__).with_name('words.json').read_text(encoding='utf-8'))
    return words


class _Describer:
    def __init__(self, speaker: Speaker, catalog: Catalog) -> None:
        self._speaker = speaker
        self._words = speaker.words
        self._catalog = catalog

    def chips(self, root: Node) -> list[Chip]:
        if not isinstance(root, Group):
            return [self._chip(root, '')]
        if not root.parts:
            return [] if root.every else [Chip(root.pointer, self._words['never'])]
        joiner = self._words['and' if root.every else 'or']
        parts = _flat(root)
        return [self._chip(part, joiner if number else '') for number, part in enumerate(parts)]

    def _chip(self, node: Node, joiner: str) -> Chip:
        if isinstance(node, Broken):
            return Chip(node.pointer, self._words['broken'].format(text=node.text), joiner=joiner, broken=True)
        if isinstance(node, Test):
            between = self._words[{'between': 'to', 'has_all': 'and'}.get(node.op, 'or')]
            return Chip(node.pointer, f'{self._path(node)} {self._phrase(node)}', self._shown(node), joiner, between)
        return Chip(node.pointer, self.clause(node), joiner=joiner)

    def clause(self, node: Node) -> str:
        if isinstance(node, Group):
            if not node.parts:
                return str(self._words['nothing' if node.every else 'never'])
            joiner = self._words['and' if node.every else 'or']
            texts = [self._inside(part) for part in _flat(node)]
            return f' {joiner} '.join([texts[0], *map(_lower, texts[1:])])
        if isinstance(node, Not):
            return str(self._words['not']).format(sentence=_lower(self._inside(node.part)))
        if isinstance(node, Related):
            return self._of_related(node, f'{node.quantifier}_related')
        if isinstance(node, Count):
            numbers = f' {self._words["to"]} '.join(map(str, node.numbers))
            return self._of_related(node, 'count_related', f'{self._words["operators"][node.op]} {numbers}')
        if isinstance(node, Aggregate):
            return self._of_related(
                node, f'{node.function}_related', ' '.join(filter(None, (self._phrase(node), self._values(node))))
            )
        return self._chip(node, '').text

    def _inside(self, node: Node) -> str:
        """A part of a larger sentence; a group within gets brackets, so that 'and' and 'or' stay apart."""
        text = self.clause(node)
        return f'({text})' if isinstance(node, Group) and len(node.parts) > 1 else text

    def _values(self, node: Test | Aggregate) -> str:
        between = self._words[{'between': 'to', 'has_all': 'and'}.get(node.op, 'or')]
        return f' {between} '.join(self._shown(node))

    def _shown(self, node: Test | Aggregate) -> tuple[str, ...]:
        pairs = zip(node.operand.parts, node.operand.shown, strict=False)
        return tuple(self._value(node, part, shown) for part, shown in pairs)

    def _of_related(self, node: Related | Count | Aggregate, word: str, phrase: str = '') -> str:
        entity = self._catalog.holder(node.hop.target)
        bare = isinstance(node.where, Group) and not node.where.parts and node.where.every
        inner = '' if bare else self._inside(node.where)
        template = str(self._words[f'{word}_bare' if bare else word])
        names = {'entity': _lower(entity.definition.label_in(self._speaker.locale)), 'link': self._link(node.hop)}
        if isinstance(node, Aggregate):
            names['field'] = _lower(node.field.definition.label_in(self._speaker.locale))
        return template.format(sentence=_lower(inner), phrase=phrase, **names)

    def _link(self, hop: Hop) -> str:
        if hop.via == PARENT:
            return self._catalog.entity(hop.target).definition.label_in(self._speaker.locale)
        owner = self._catalog.holder(hop.holder)
        return owner.field(hop.field).definition.label_in(self._speaker.locale)

    def _path(self, node: Test) -> str:
        text = node.field.definition.label_in(self._speaker.locale)
        for hop in reversed(node.path):
            text = self._words['path'].format(link=self._link(hop), field=text)
        return text

    def _phrase(self, node: Test | Aggregate) -> str:
        family = FAMILIES.get(node.field.type.key)
        timely = self._words['time_operators'] if family is not None and family.shape == 'span' else {}
        return str(timely.get(node.op) or self._words['operators'][node.op])

    def _value(self, node: Test | Aggregate, part: Any, shown: Any) -> str:
        if isinstance(part, RecordValue):
            return str(self._words['record_value']).format(field=_lower(part.field.definition.label_in(self._speaker.locale)))
        if isinstance(part, Link):
            return self._linked(part)
        if isinstance(part, Point):
            return self._point(part)
        if isinstance(part, Span):
            return str(self._words[part.kind][part.unit]).format(n=part.count)
        definition, field_type = node.field.definition, node.field.type
        reading = Reading(self._speaker.locale, self._speaker.zone)
        if field_type.key == 'tags':
            return str(shown)
        if field_type.key == 'multi_picklist':
            return field_type.text(definition, (part,), reading)
        if isinstance(part, date) and not isinstance(part, datetime) and field_type.key == 'datetime':
            return _DAYS.text(definition, part, reading)
        try:
            return field_type.text(definition, field_type.normalise(definition, shown, reading), reading) or str(shown)
        except Refused:
            return str(shown)

    def _linked(self, link: Link) -> str:
        own = {'@me': 'me', '@my_teams': 'my_teams'}.get(link.uid)
        return str(self._words[own]) if own else self._speaker.labels.get((link.entity, link.uid), link.uid)

    def _point(self, point: Point) -> str:
        points = self._words['points']
        if point.start_of:
            return str(self._words['start_of'][point.start_of])
        if point.count == 0:
            return str(points['now' if point.is_moment else 'today'])
        return str(points[point.unit]['past' if point.count < 0 else 'future']).format(n=abs(point.count))


def _flat(group: Group) -> list[Node]:
    """Groups of the same kind inside a group say the same as their parts side by side."""
    flat: list[Node] = []
    for part in group.parts:
        flat += _flat(part) if isinstance(part, Group) and part.every == group.every and part.parts else [part]
    return flat


def _lower(text: str) -> str:
    """Lower first letter, unless the word is an abbreviation such as 'ID' or a name such as 'E-mail'."""
    return text[:1].lower() + text[1:] if len(text) > 1 and text[1].islower() else text
