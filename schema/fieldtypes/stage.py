"""Stages of pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.tables import UtcDateTime
from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.options import alike
from schema.fieldtypes.picklist import Picklist

SINCE = '__since'


class Stage(Picklist):
    """Where a record stands in one of its entity's pipelines; the stage names the pipeline.

    A second column holds the instant it was entered; the store writes it, `to_columns` does not.
    """

    key = 'stage'
    widget = 'stage'
    icon = 'timeline'
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.String(80), field.column + SINCE: UtcDateTime()}

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        """A label that stages of several pipelines share names none of them: which pipeline a record is in is never guessed."""
        return text.strip() if alike(field, text.strip()) else super().parse(field, text, reading)

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        if isinstance(wire, str) and (same := alike(field, wire)):
            raise Refused('REC-E071', value=wire, choices=', '.join(f'{wire} ({option.key})' for option in same))
        return super().normalise(field, wire, reading)
