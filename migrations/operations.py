"""What a publish does to many records, on record as an operation with history. Changes no value itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrations.site import Site
from schema.base.ids import new_uid
from schema.base.record_log import operation, record_history
from schema.base.text import in_sentence
from schema.catalog import Catalog, Entity, Field
from schema.definitions import Texts, in_locale
from schema.fieldtypes.options import MARK

KIND = 'publish'
REPLACED: Texts = {'en': 'Replace “{what}” by “{by}” in {count} {many}', 'vi': 'Thay “{what}” bằng “{by}” ở {count} {many}'}
CLEARED: Texts = {'en': 'Take “{what}” out of {count} {many}', 'vi': 'Bỏ “{what}” khỏi {count} {many}'}
RETURNED: Texts = {'en': 'Give “{what}” back to {count} {many}', 'vi': 'Trả lại “{what}” cho {count} {many}'}
FILLED: Texts = {'en': 'Fill “{what}” in {count} {many}', 'vi': 'Điền “{what}” cho {count} {many}'}
COLUMNS = (
    'entity_ref', 'record_uid', 'revision', 'kind', 'changes', 'actor_id', 'actor_name', 'at', 'version', 'operation_id',
)  # fmt: skip
Sql = sa.ColumnElement[Any]


@dataclass(frozen=True)
class Place:
    """A field whose values change; `lines` is the field of lines that it stands in, None for one of the record itself."""

    entity: Entity
    field: Field
    lines: Field | None = None

    @property
    def table(self) -> sa.Table:
        return self.entity.table if self.lines is None or self.lines.table is None else self.lines.table


def place_of(catalog: Catalog, table: str, column: str) -> Place | None:
    """The field that a column belongs to; None when the catalog has none."""
    for entity in catalog.entities.values():
        for lines in (None, *entity.collections):
            holder = entity if lines is None else lines.lines
            if holder is not None and holder.table.name == table:
                found = next((each for each in holder.own_fields if column in each.columns), None)
                return None if found is None else Place(entity, found, lines)
    return None


@dataclass(frozen=True)
class Noting:
    """One operation of a publish, in the transaction that changes the records: `write` first, then the change itself with
    `stamps`, then `close`. Records get a new revision, as with every change."""

    connection: sa.Connection
    site: Site
    place: Place
    operation_id: str

    @property
    def stamps(self) -> dict[str, Any]:
        """What else the rows get that change."""
        now = self.site.clock.now()
        return {'changed_at': now} if self.place.lines is not None else self._stamps(self.place.entity.table, now)

    def write(self, where: Sql, old: Sql, new: Sql) -> int:
        """History of the rows that are about to change, with their values as JSON; how many records it was."""
        statement = self._of_lines(where, old, new) if self.place.lines is not None else self._of_records(where, old, new)
        noting = record_history.insert().from_select(list(COLUMNS), statement)
        written = self.connection.execute(noting, execution_options={'preserve_rowcount': True}).rowcount
        if written and self.place.lines is not None:
            holders = self.place.entity.table
            self._stamp_holders(holders.c.id.in_(sa.select(self.place.table.c.parent_id).where(where)))
        return written

    def write_each(self, rows: Iterable[tuple[str, int, Any, Any]]) -> int:
        """History of records `(uid, revision before, old, new)`, with their values frozen; of lines with the lines that change
        on either side. How many records it was."""
        ref = (self.place.lines or self.place.field).ref
        every = [self._row(uid, revision + 1, {ref: [old, new]}) for uid, revision, old, new in rows]
        if every:
            self.connection.execute(record_history.insert(), every)
        if every and self.place.lines is not None:
            self._stamp_holders(self.place.entity.table.c.uid.in_([row['record_uid'] for row in every]))
        return len(every)

    def _stamp_holders(self, where: Sql) -> None:
        """A new revision for the records whose lines change; the lines themselves get `stamps`."""
        table = self.place.entity.table
        self.connection.execute(table.update().where(where).values(self._stamps(table, self.site.clock.now())))

    def close(self, shapes: Texts, count: int, what: Texts, by: Texts | None = None) -> None:
        """Put the operation itself on record, with `count` more records than it had; nothing when nothing changed."""
        if not count:
            return
        now, known = self.site.clock.now(), operation.c.id == self.operation_id
        count += self.connection.execute(sa.select(operation.c.total).where(known)).scalar() or 0
        values = {
            'title': titled(shapes, self.place.entity, count, what=what, by=by or {}), 'total': count, 'finished_at': now,
            'counts': {'done': count, 'skipped': 0, 'failed': 0, 'kept': 0},
        }  # fmt: skip
        if self.connection.execute(operation.update().where(known).values(values)).rowcount:
            return
        self.connection.execute(operation.insert().values(
            id=self.operation_id, kind=KIND, entity_ref=self.place.entity.ref, params={'version': self.site.target.number},
            state='done', actor_id=self.site.author_id, actor_name=self._author, created_at=now, started_at=now, findings=[],
            position=0, **values,
        ))  # fmt: skip

    @property
    def _author(self) -> str:
        return self.site.author or 'Trellis'

    def _stamps(self, table: sa.Table, now: Any) -> dict[str, Any]:
        people = self.site.target.users
        author = sa.select(people.c.id).where(people.c.id == self.site.author_id).scalar_subquery()  # none, who is gone by now
        return {'revision': table.c.revision + 1, 'changed_at': now, 'changed_by_id': author}

    def _row(self, uid: Any, revision: Any, changes: Any) -> dict[str, Any]:
        return {
            'entity_ref': self.place.entity.ref, 'record_uid': uid, 'revision': revision, 'kind': 'updated', 'changes': changes,
            'actor_id': self.site.author_id, 'actor_name': self._author, 'at': self.site.clock.now(),
            'version': self.site.target.number, 'operation_id': self.operation_id,
        }  # fmt: skip

    def _selected(self, uid: Sql, revision: Sql, changes: Sql) -> list[Sql]:
        row = self._row(uid, revision, changes)
        return [
            each if isinstance(each := row[name], sa.ColumnElement) else sa.literal(each, record_history.c[name].type)
            for name in COLUMNS
        ]

    def _of_records(self, where: Sql, old: Sql, new: Sql) -> sa.Select[Any]:
        table = self.place.entity.table
        changes = _said(f'{{"{self.place.field.ref}":[', old, ',', new, ']}')
        return sa.select(*self._selected(table.c.uid, table.c.revision + 1, changes)).where(where)

    def _of_lines(self, where: Sql, old: Sql, new: Sql) -> sa.Select[Any]:
        """One row for each record, as `modules.records.deltas` freezes lines that changed."""
        assert self.place.lines is not None
        table, parent = self.place.table, self.place.entity.table
        sides = (
            sa.func.aggregate_strings(
                _said('{"uid":"', table.c.uid, f'","values":{{"{self.place.field.ref}":', side, '}}'), ','
            )
            for side in (old, new)
        )
        before, after = sides
        changes = _said(f'{{"{self.place.lines.ref}":[{{"lines":[', before, ']},{"lines":[', after, ']}]}')
        source = table.join(parent, parent.c.id == table.c.parent_id)
        made = sa.select(*self._selected(parent.c.uid, parent.c.revision + 1, changes)).select_from(source).where(where)
        return made.group_by(parent.c.uid, parent.c.revision)


def begin(connection: sa.Connection, site: Site, place: Place, name: str = '') -> Noting:
    """An operation of the publish; one with a `name` goes on under the same identity in every transaction."""
    known = str(uuid.uuid5(uuid.NAMESPACE_OID, f'{site.plan_id or site.target.number}/{name}')) if name else new_uid()
    return Noting(connection, site, place, known)


def frozen(value: Any) -> Sql:
    """A value as history keeps it, the same for all rows."""
    return sa.literal(json.dumps(value, ensure_ascii=False, separators=(',', ':')), sa.Text)


def frozen_ref(column: Sql) -> Sql:
    """The option in a picklist's column, as history keeps it. No ref holds a quotation mark."""
    text = sa.type_coerce(column, sa.Text)
    return sa.case((text.is_(None), 'null'), else_=_said('"', text, '"'))


def frozen_refs(column: Sql) -> Sql:
    """The options in a multi-picklist's column `|ref|ref|`, as history keeps them."""
    text = sa.type_coerce(column, sa.Text)
    inner = sa.func.replace(sa.func.substr(text, 2, sa.func.length(text) - 2), MARK, '","')
    return sa.case((text.is_(None), 'null'), else_=_said('["', sa.type_coerce(inner, sa.Text), '"]'))


def _said(*parts: Any) -> Sql:
    """Texts, some of them of columns, one after the other."""
    first, *rest = (each if isinstance(each, sa.ColumnElement) else sa.literal(each, sa.Text) for each in parts)
    for each in rest:
        first = first.concat(each)
    return first


def titled(shapes: Texts, entity: Entity, count: int, **named: Texts) -> Mapping[str, str]:
    """What an operation over so many records of an entity is called, by language; `named` fills the places of the shapes."""
    definition = entity.definition
    return {
        tongue: shape.format(
            **{name: in_locale(texts, tongue) for name, texts in named.items()},
            count=f'{count:,}'.replace(',', '.' if tongue == 'vi' else ','),
            many=in_sentence(definition.label_in(tongue) if count == 1 else definition.plural_in(tongue)),
        )
        for tongue, shape in shapes.items()
    }
