"""What a template reads beyond its record: fields behind links, lists of related records. A Reader gives it, with its rights.

The number of statements depends on the template alone: one for each link and each list that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.mail.sandbox import MOST_ROWS, Fields, Shown
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from schema.catalog import Entity
from schema.catalog import Field as EntityField
from schema.definitions import TemplateDef
from schema.fieldtypes.base import Reading
from schema.merging import Needs, needs_of
from schema.values import Line, Lines, Link, Links

Behind = Mapping[str, Any]


def gather(reader: Reader, record: Record, template: TemplateDef, reading: Reading) -> dict[str, Any]:
    """Merge fields of the record that lead further, by key, and `related` with the lists that the template names.

    Raises: Forbidden when the actor may not read what the template names.
    """
    texts = (text for part in (template.subject, template.html, template.text) for text in part.values())
    return Gathering(reader, record, reading).read(needs_of(texts))


class Gathering:
    """One record for one template."""

    def __init__(self, reader: Reader, record: Record, reading: Reading) -> None:
        self._reader, self._record, self._reading = reader, record, reading

    def read(self, needs: Needs) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, wanted in needs.behind.items():
            field = self._record.entity.find_field(name)
            if field is not None and field.type.key == 'link':
                made[name] = self._behind(field, wanted)
        for name, wanted in needs.inside.items():
            field = self._record.entity.find_field(name)
            if field is not None and field.type.key in {'links', 'lines'}:
                made[name] = self._inside(field, wanted)
        made['related'] = self._related(needs)
        return made

    def _behind(self, field: EntityField, wanted: set[str]) -> Shown:
        value = self._record.values.get(field.key)
        shown = Shown.of(field.definition, field.type, value, self._reading)
        target = self._reader.catalog.find_entity(str(field.definition.document.get('x-target')))
        if target is None:
            return shown
        if not isinstance(value, Link) or value.hidden:
            return shown.with_behind(Fields(dict.fromkeys({*wanted, *target.fields}, '')))
        found = self._rows(target, {'field': 'uid', 'op': 'in', 'value': [value.uid]}, wanted)
        return shown.with_behind(found[0] if found else Fields(dict.fromkeys({*wanted, *target.fields}, '')))

    def _inside(self, field: EntityField, wanted: set[str]) -> Shown:
        value = self._record.values.get(field.key)
        shown = Shown.of(field.definition, field.type, value, self._reading)
        if isinstance(value, Lines) and field.lines is not None:
            return shown.with_rows([self._line(field.lines, each) for each in value.lines[:MOST_ROWS]])
        target = self._reader.catalog.find_entity(str(field.definition.document.get('x-target')))
        if not isinstance(value, Links) or target is None:
            return shown.with_rows(())
        uids = [each.uid for each in value.links if not each.hidden][:MOST_ROWS]
        condition = {'field': 'uid', 'op': 'in', 'value': uids}
        return shown.with_rows(self._rows(target, condition, wanted, order=uids) if uids else ())

    def _related(self, needs: Needs) -> Fields:
        lists: dict[str, dict[str, Any]] = {}
        for (name, by), wanted in needs.related.items():
            entity = self._reader.catalog.find_entity(name)
            field = entity.find_field(by) if entity else None
            if entity is None or field is None or field.type.key not in {'link', 'links'}:
                continue
            op, value = ('eq', self._record.uid) if field.type.key == 'link' else ('has_any', [self._record.uid])
            found = self._rows(entity, {'field': field.key, 'op': op, 'value': value}, wanted)
            lists.setdefault(name, {})[by] = Shown.listed(found)
        return Fields({name: Fields(lists_of) for name, lists_of in lists.items()})

    def _rows(self, entity: Entity, condition: Any, wanted: set[str], order: Sequence[str] = ()) -> list[Fields]:
        """Records as merge fields, oldest first or in a given order; one statement and those of their links' names."""
        known = {name: field.key for name in wanted if (field := entity.find_field(name)) is not None}
        readable = self._reader.policy.readable(entity.key)
        columns = tuple(dict.fromkeys(key for key in known.values() if key in readable))
        query = ListQuery(filter=condition, columns=columns, size=MOST_ROWS, sort=(Sort('created_at'),), counted=False)
        records: Sequence[Record] = self._reader.list_page(entity.key, query).records
        if order:
            records = sorted(records, key=lambda each: order.index(each.uid))
        return [self._fields(each, known) for each in records]

    def _fields(self, record: Record, known: Mapping[str, str]) -> Fields:
        """The fields that are named, also by former keys; those out of the actor's reach are not there."""
        fields = record.entity.fields
        shown = {
            name: Shown.of(fields[key].definition, fields[key].type, record.values[key], self._reading)
            for name, key in known.items()
            if key in record.values
        }
        return Fields(shown)

    def _line(self, lines: Entity, line: Line) -> Fields:
        fields = lines.fields
        return Fields({
            key: Shown.of(fields[key].definition, fields[key].type, value, self._reading)
            for key, value in line.values.items() if key in fields
        })  # fmt: skip
