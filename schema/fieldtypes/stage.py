"""Stages of pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.tables import UtcDateTime
from schema.definitions import FieldDef
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
