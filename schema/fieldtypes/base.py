"""What a field type is: storage, faces of its values, JSON Schema, operators. One file per type derives from this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.definitions import FieldDef

FOLD = '__fold'  # keys never hold two underscores in a row, so suffixed columns cannot collide with fields

EQUALITY = ('eq', 'ne', 'in', 'not_in')
ORDER = ('lt', 'lte', 'gt', 'gte', 'between')
BLANK = ('is_empty', 'is_not_empty')
WORDS = ('contains', 'starts_with')


class Refused(Exception):
    """A value that a field cannot hold. `code` and `params` become a finding at the field."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def at(self, pointer: str, field_def: FieldDef) -> Finding:
        return finding(self.code, pointer, label=field_def.label or {'en': field_def.key}, **self.params)

    def all_at(self, pointer: str, field_def: FieldDef) -> list[Finding]:
        """Every finding, for values of many parts."""
        return [self.at(pointer, field_def)]


@dataclass(frozen=True)
class Reading:
    """How to read what people write: their locale, their zone, the present instant."""

    locale: str = 'en'
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo('Asia/Ho_Chi_Minh'))
    now: datetime | None = None

    @property
    def today(self) -> date | None:
        """The person's day; None where the same text has to mean the same day later, as in files."""
        return self.now.astimezone(self.zone).date() if self.now is not None else None


class FieldType(ABC):
    """Derived types set `key` and override what differs; every method is pure.

    Value None is blank on every face. `wire` values are JSON; see docs/architecture.md section 3.
    """

    key: ClassVar[str]
    widget: ClassVar[str]
    icon: ClassVar[str] = 'forms'
    operators: ClassVar[tuple[str, ...]] = EQUALITY + BLANK
    sortable: ClassVar[bool] = True
    stored: ClassVar[bool] = True
    """Whether the record's own row holds the value; otherwise it has tables of its own or is read through a link."""
    computed: ClassVar[bool] = False
    """Whether Trellis alone sets the value, never a person."""
    importable: ClassVar[bool] = True
    """Whether a cell of a table can say the value."""
    numeric: ClassVar[bool] = False
    keywords: ClassVar[frozenset[str]] = frozenset()
    """Keywords a property of this type may carry beyond the common ones."""

    def face(self, field: FieldDef) -> FieldType:
        """The type that the field's values have: this one, unless the field is derived."""
        return self

    @abstractmethod
    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        """`{column name: SQL type}`; the first is the main column."""

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        """The value spread over its columns."""
        return {field.column: value}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Any:
        return row[field.column]

    @abstractmethod
    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Any:
        """Wire to value, checked against the field's own rules. Blank gives None. Raises: Refused."""

    def wire(self, field: FieldDef, value: Any) -> Any:
        return value

    def freeze(self, field: FieldDef, value: Any) -> Any:
        """Value to the JSON kept in history and operations: by ref where the wire has a key."""
        return self.wire(field, value)

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        """The inverse of `freeze`. Raises: Refused when the field can no longer hold it."""
        return self.normalise(field, frozen, Reading())

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        """The value as people read it; empty for None."""
        return '' if value is None else str(value)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        """A cell or form input to a wire value; what cannot be read goes through unchanged, so that `normalise` refuses it."""
        return text.strip() or None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        """The value for a spreadsheet: str, int, float, Decimal, date, aware datetime, bool or None."""
        return self.text(field, value, reading) if value is not None else None

    @abstractmethod
    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        """The JSON Schema of the non-null wire value, without title."""

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        """The column that equality, order and duplicates use."""
        return columns[field.column]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        """The Python twin of `comparable_column`: what that column holds for this value."""
        return value

    def check_definition(self, field: FieldDef) -> list[Finding]:
        """What is wrong with the keywords of this property; pointers are relative to the property."""
        return []


def refuse_unless(condition: bool, code: str, **params: Any) -> None:
    if not condition:
        raise Refused(code, **params)
