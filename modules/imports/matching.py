"""Which record a row means: by the chosen key fields; and whether a unique value is taken. Reads on the session it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from modules.imports import queries
from modules.imports.cells import RowIn
from modules.imports.mapping import given_keys, identifies
from permissions.policy import Policy
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Reading, Refused

NOT_KEYS = frozenset(
    {
        'link',
        'link_any',
        'user',
        'team',
        'long_text',
        'multi_picklist',
        'boolean',
        'money',
        'links',
        'lines',
        'rich_text',
        'tags',
        'address',
    }
)
_SELECTIVE = ('uid', 'autonumber', 'email', 'phone', 'text', 'url')
Key = tuple[Any, ...]


def key_fields(entity: Entity, keys: Sequence[str], mapped: Sequence[str]) -> tuple[Field, ...]:
    """The fields to identify records by, the most telling first; a mapped `uid` is a key by itself.

    Raises: Invalid IMP-E010 for a field that cannot be a key or that no column fills.
    """
    wanted = list(keys) or given_keys(entity, mapped)[:1]
    findings, fields = [], []
    for key in wanted:
        field = entity.find_field(key)
        if field is None or field.key not in mapped or field.type.key in NOT_KEYS:
            findings.append(finding('IMP-E010', value=key[:80]))
        else:
            fields.append(field)
    if findings:
        raise Invalid(*findings)
    return tuple(sorted(fields, key=lambda each: each.type.key not in _SELECTIVE))


class Matcher:
    """Finds the records that rows of one file mean."""

    def __init__(self, entity: Entity, fields: Sequence[Field], policy: Policy, reading: Reading) -> None:
        self._entity, self._fields, self.policy, self._reading = entity, fields, policy, reading
        self._unique = [each for each in entity.own_fields if each.definition.unique]

    @property
    def active(self) -> bool:
        return bool(self._fields)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(each.key for each in self._fields)

    def key_of(self, row: RowIn) -> Key | None:
        """Comparable values of the key fields; None when one is blank or cannot be read."""
        values = [self._comparable(each, row) for each in self._fields]
        return tuple(values) if values and None not in values else None

    def match(self, session: Session, rows: Sequence[RowIn]) -> dict[int, Mapping[str, Any]]:
        """`{row number: stored row}` of rows whose record the person can see. Rows with several candidates (IMP-E014), with one
        that they may not change (IMP-E015) or with a record ID that leads nowhere (IMP-E016) get a finding; what is out of
        reach is as if it were not there, and the duplicate rules decide as for a form."""
        keys = {row.number: key for row in rows if (key := self.key_of(row)) is not None}
        if not keys:
            return {}
        stored: dict[Key, list[tuple[Mapping[str, Any], bool]]] = defaultdict(list)
        wanted = list({key[0] for key in keys.values()})
        for current, mine in queries.holding(session, self.policy, self._entity, self._fields[0], wanted):
            stored[self._key_of_row(current)].append((current, mine))
        matched = {}
        for row in rows:
            found = stored.get(keys.get(row.number, ()), [])
            if len(found) == 1 and found[0][1]:
                matched[row.number] = found[0][0]
            elif found:
                row.refuse('IMP-E014' if len(found) > 1 else 'IMP-E015', self._fields[0], count=len(found))
            elif row.number in keys and identifies(self._fields[0]):
                row.refuse('IMP-E016', self._fields[0], value=str(keys[row.number][0]))
        return matched

    def refuse_taken(self, session: Session, rows: Sequence[RowIn], own: Mapping[int, str]) -> None:
        """Add REC-E020 to rows whose value of a unique field another record, or an earlier row here, holds already.

        The database would refuse the whole chunk. `own` is the uid of the record each row updates.
        """
        for each in self._unique:
            values = {row.number: value for row in rows if (value := self._comparable(each, row)) is not None}
            if not values:
                continue
            holders = queries.taken(session, self._entity, each, list(set(values.values())))
            first: dict[Any, int] = {}
            for row in rows:
                value = values.get(row.number)
                holder = holders.get(value)
                if value is None:
                    continue
                if (holder and holder != own.get(row.number)) or first.setdefault(value, row.number) != row.number:
                    row.refuse('REC-E020', each)

    def _comparable(self, each: Field, row: RowIn) -> Any:
        if each.key not in row.wire:
            return None
        try:
            value = each.type.normalise(each.definition, row.wire[each.key], self._reading)
        except Refused:  # the store says so at the cell
            return None
        return None if value is None else each.type.comparable(each.definition, value)

    def _key_of_row(self, current: Mapping[str, Any]) -> Key:
        return tuple(each.type.comparable(each.definition, each.from_row(current)) for each in self._fields)
