"""Marshmallow schemas from field types, as FAB's REST views want them. Made for each request: FAB's shared ones mix records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_appbuilder.api.convert import BaseModel2SchemaConverter
from marshmallow import RAISE, Schema, ValidationError, fields

from schema.catalog import Field
from schema.fieldtypes.base import Reading, Refused


class TypedField(fields.Field):  # type: ignore[type-arg]
    """A field of ours: loads by `FieldType.normalise`, dumps by `FieldType.wire`."""

    def __init__(self, field: Field, reading: Reading, **options: Any) -> None:
        super().__init__(allow_none=True, **options)
        self.field, self.reading = field, reading
        self.unique = field.definition.unique

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return self.field.wire(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return self.field.type.normalise(self.field.definition, value, self.reading)
        except Refused as refused:
            raise ValidationError(refused.at('', self.field.definition).text(self.reading.locale)) from refused


class RecordSchemaConverter(BaseModel2SchemaConverter):  # type: ignore[misc]
    """Every call makes a schema of its own, which no other request shares."""

    def convert(
        self, columns: Iterable[str], model: Any = None, nested: bool = True, parent_schema_name: str | None = None,
        reading: Reading | None = None,
    ) -> Schema:  # fmt: skip
        known: Mapping[str, Field] = self.datamodel.entity.fields
        made: dict[str, fields.Field[Any]] = {
            key: TypedField(
                known[key], reading or Reading(), required=known[key].definition.required, dump_only=not known[key].writable
            )
            for key in columns
        }
        return Schema.from_dict(made, name=parent_schema_name or 'Record')(unknown=RAISE)
