"""One metadata for the product's own tables, and the column types every table shares."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NAMING = {
    'ix': 'ix_%(table_name)s_%(column_0_N_name)s',
    'uq': 'uq_%(table_name)s_%(column_0_N_name)s',
    'fk': 'fk_%(table_name)s_%(column_0_name)s',
    'pk': 'pk_%(table_name)s',
}
metadata = sa.MetaData(naming_convention=NAMING)

# SQLite numbers only INTEGER primary keys by itself.
BigId = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes only, stored in UTC; on SQLite as ISO text with microseconds, so that text order is time order."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(sa.String(32) if dialect.name == 'sqlite' else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f'naive datetime {value.isoformat()} refused; give it a zone')
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None).isoformat(' ', 'microseconds') if dialect.name == 'sqlite' else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


class ExactDecimal(TypeDecorator[Decimal]):
    """NUMERIC(precision, scale) on PostgreSQL, a scaled 64-bit integer on SQLite, where NUMERIC would be a float."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int = 18, scale: int = 2) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        exact = sa.BigInteger() if dialect.name == 'sqlite' else sa.Numeric(self.precision, self.scale)
        return dialect.type_descriptor(exact)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != 'sqlite':
            return value
        return int((Decimal(value)).scaleb(self.scale).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == 'sqlite':
            return Decimal(value).scaleb(-self.scale)
        return Decimal(value)


class Json(TypeDecorator[Any]):
    """JSON as text that keeps Vietnamese readable; JSONB on PostgreSQL is not needed, nothing queries inside."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(',', ':'))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
