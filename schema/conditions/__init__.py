"""The one condition language: filters, saved views, record rules, gates, duplicate scopes and workflows are written in it."""

from __future__ import annotations

from schema.conditions.binding import Binding
from schema.conditions.condition import Condition, check, compile, compiled, fields_read, reads
from schema.conditions.explaining import Reason, explain
from schema.conditions.families import operators_for
from schema.conditions.tree import Hop
from schema.conditions.words import Chip, describe, sentence

__all__ = [
    'Binding', 'Chip', 'Condition', 'Hop', 'Reason', 'check', 'compile', 'compiled', 'describe', 'explain', 'fields_read',
    'operators_for', 'reads', 'sentence',
]  # fmt: skip
