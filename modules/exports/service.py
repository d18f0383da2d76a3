"""Streams the records of a list into csv or xlsx: rights, filter and order as the reader's list has them. Knows no screen.

Hidden fields are never asked for, so they are never loaded. When the right to export reaches fewer records than the right to
read, only those go out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Literal

from modules.exports import cells, writers
from modules.records.model import ListQuery, Record
from modules.records.queries import Reader
from modules.runtime import Runtime
from permissions.policy import Policy
from permissions.rules import RecordRule
from permissions.scoping import reader_session
from schema.base.actor import Actor
from schema.base.audit import canonical, note
from schema.base.clock import Clock
from schema.base.errors import Invalid
from schema.catalog import Catalog, Entity, Field
from schema.fieldtypes.links import MOST_LINKS

Kind = Literal['csv', 'xlsx']
CHUNK = 1000
MOST_TOLD = 2000
LEFT_OUT = frozenset({'revision'})
DAY_FORMATS = {'vi': 'dd/mm/yyyy'}


class ExportPolicy(Policy):
    """The rights to read, narrowed to what may be exported for one entity."""

    def __init__(self, catalog: Catalog, actor: Actor, entity_key: str, clock: Clock) -> None:
        super().__init__(catalog, actor, clock)
        self._entity_key = entity_key

    def rule(self, action: str, entity_key: str) -> RecordRule:
        return super().rule('export' if action == 'read' and entity_key == self._entity_key else action, entity_key)


@dataclass(frozen=True)
class Export:
    """One open export; `name` is a file name without folder."""

    reader: Reader
    entity: Entity
    fields: tuple[Field, ...]
    query: ListQuery

    @property
    def header(self) -> list[str]:
        locale = self.reader.actor.locale
        return [field.definition.label_in(locale) for field in self.fields]

    def csv_parts(self) -> Iterator[bytes]:
        """The csv file in parts of a thousand records."""
        spellers = [(field.key, cells.csv_speller(field, self.reader.reading)) for field in self.fields]
        return writers.csv_parts(self.header, self._rows(spellers))

    def write_xlsx(self, stream: BinaryIO) -> None:
        reading, locale = self.reader.reading, self.reader.actor.locale
        spellers = [(field.key, cells.typed_speller(field, reading)) for field in self.fields]
        kinds = [field.type.key for field in self.fields]
        writers.write_xlsx(
            stream, self.header, kinds, self._rows(spellers), day=DAY_FORMATS.get(locale, 'yyyy-mm-dd'),
            title=self.entity.definition.plural_in(locale),
        )  # fmt: skip

    def _rows(self, spellers: Sequence[tuple[str, cells.Spell]]) -> Iterator[Iterator[list[Any]]]:
        for records in self.reader.stream(self.entity.key, self.query, CHUNK):
            yield (self._row(record, spellers) for record in records)

    @staticmethod
    def _row(record: Record, spellers: Sequence[tuple[str, cells.Spell]]) -> list[Any]:
        values = record.values
        return [spell(values[key]) for key, spell in spellers]


@contextmanager
def open_export(
    runtime: Runtime, actor: Actor, entity_key: str, query: ListQuery, columns: Collection[str] | None = None, *, kind: str = ''
) -> Iterator[Export]:
    """An export of the records a list shows; `columns` are field keys, None means every field the actor may read. The audit log
    tells of it before the first record leaves; `kind` is what it says of the file.

    Raises: NotFound REC-E029, Forbidden PRM-E001; when read: BadRequest REC-E036 for unknown or unreadable columns.
    """
    catalog = runtime.catalogs.current()
    entity = catalog.entity(entity_key)
    policy = ExportPolicy(catalog, actor, entity.key, runtime.clock)
    policy.require('export', entity.key)
    keys = _columns(entity, policy, columns)
    asked = replace(query, columns=keys, number=1, cursor=None, most=MOST_LINKS)
    with reader_session(runtime.database, catalog, policy) as session:
        reader = Reader(session, catalog, policy, runtime.clock)
        _note(runtime, reader, entity, asked, kind)
        yield Export(reader, entity, tuple(entity.fields[key] for key in keys if key in entity.fields), asked)


def _note(runtime: Runtime, reader: Reader, entity: Entity, query: ListQuery, kind: str) -> None:
    count = reader.count(entity.key, query)
    told = {
        'entity': entity.definition.plural, 'rows': count.value if count.exact else f'> {count.value}', 'format': kind,
        'search': query.search, 'filter': canonical(query.filter)[:MOST_TOLD] if query.filter else '', 'columns': query.columns,
    }  # fmt: skip
    with runtime.database.writing() as connection:
        note(connection, 'export', actor=reader.actor, subject=entity.key, params=told, now=runtime.clock.now())


def kind_of(name: str) -> Kind:
    """By a file's ending. Raises: Invalid EXP-E001."""
    ending = name.rpartition('.')[2].lower()
    if ending == 'csv' or ending == 'xlsx':
        return ending
    raise Invalid.of('EXP-E001', value=name[-40:])


def _columns(entity: Entity, policy: Policy, columns: Collection[str] | None) -> tuple[str, ...]:
    if columns is not None:
        return tuple(columns)
    readable = policy.readable(entity.key)
    own = [field.key for field in entity.own_fields if field.key in readable]
    system = [key for key, field in entity.fields.items() if field.system and key in readable and key not in LEFT_OUT]
    return (*own, *(key for key in system if key != 'uid'), 'uid')
