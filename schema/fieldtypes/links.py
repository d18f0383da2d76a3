"""Several links to records of one entity, in an order of their own; a table of pairs holds them.

`normalise` reads uids only; `modules.records.collections` finds the rows and checks that the actor may see them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schema.base.ids import is_uid
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, FieldType, Reading, Refused, refuse_unless
from schema.fieldtypes.link import is_frozen_link
from schema.values import Link, Links, LinksDelta

DELTA = ('add', 'remove', 'order')
MOST_LINKS = 5_000
SHOWN_LINKS = 200
"""As many of one record are read; the rest is told by its number."""
BETWEEN = ';'


def linked(frozen: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The links of a frozen value; one from when the field held a single link is a list of one. Raises: Refused for what the
    field held when it was of another type."""
    listed = frozen.get('links', ()) if isinstance(frozen, Mapping) and 'uid' not in frozen else [frozen]
    refuse_unless(all(map(is_frozen_link, listed)), 'REC-E025', value=str(frozen)[:60])
    return list(listed)


class LinksType(FieldType):
    """A list of links. On the wire it is read as a list and written as a delta, or as the list of all one can see."""

    key = 'links'
    widget = 'links'
    icon = 'affiliate'
    operators = ('has_any', 'has_all', 'has_none', *BLANK)
    sortable = False
    stored = False
    keywords = frozenset({'type', 'x-target', 'x-on-delete', 'x-option-filter', 'x-table'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Any:
        """The row holds nothing of it."""

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> LinksDelta | None:
        """What is asked for; None asks for no links at all."""
        if wire is None or wire in ('', []):
            return None
        if isinstance(wire, Mapping) and 'uid' not in wire:
            refuse_unless(set(wire) <= set(DELTA), 'REC-E100', value=', '.join(map(str, wire))[:60])
            parts = {name: tuple(self._links(field, wire.get(name) or [])) for name in DELTA}
            return LinksDelta(parts['add'], parts['remove'], tuple(link.uid for link in parts['order']))
        listed = wire if isinstance(wire, list) else [wire]
        rest = any(isinstance(each, Mapping) and 'more' in each for each in listed)
        return LinksDelta(tuple(self._links(field, listed)), whole=True, rest=rest)

    def _links(self, field: FieldDef, listed: Any) -> Iterator[Link]:
        """Each once, in order; what was sent back hidden, or as the number of those not shown, names no link."""
        refuse_unless(isinstance(listed, list), 'REC-E100', value=str(listed)[:60])
        refuse_unless(len(listed) <= MOST_LINKS, 'REC-E101', limit=MOST_LINKS, count=len(listed))
        seen: set[str] = set()
        for each in listed:
            if isinstance(each, Mapping) and (each.get('hidden') is True or 'more' in each):
                continue
            uid = each.get('uid') if isinstance(each, Mapping) else each
            if not isinstance(uid, str) or not is_uid(uid):
                raise Refused('REC-E025', value=str(each)[:60])
            uid = uid.lower()
            if uid not in seen:
                seen.add(uid)
                yield Link(field.targets[0], uid)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        shown: list[dict[str, Any]] = [
            {'hidden': True} if link.hidden else {'uid': link.uid, 'label': link.label} for link in value.links
        ]
        more = value.total - len(value.links)
        return [*shown, {'more': more}] if more > 0 else shown

    def freeze(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        return {'links': [{'entity': each.entity, 'uid': each.uid, 'id': each.id} for each in value.links]}

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        links = tuple(Link(each['entity'], each['uid'], each['id']) for each in linked(frozen or {}))
        return Links(links, len(links)) if links else None

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        if value is None:
            return ''
        more = value.total - len(value.links)
        return ', '.join([*(each.label for each in value.links if not each.hidden), *([f'+{more}'] if more > 0 else [])])

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        return [word.strip() for word in text.split(BETWEEN) if word.strip()] or None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        if value is None:
            return None
        return f'{BETWEEN} '.join(each.label for each in value.links if not each.hidden) or None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        link = {
            'type': 'object',
            'properties': {
                'uid': {'type': 'string'},
                'label': {'type': 'string'},
                'hidden': {'const': True},
                'more': {'type': 'integer', 'minimum': 1},
            },
            'anyOf': [{'required': ['uid', 'label']}, {'required': ['hidden']}, {'required': ['more']}],
            'additionalProperties': False,
        }
        return {'type': 'array', 'items': link}
