"""The pages of an entity, one file for each kind."""

from __future__ import annotations

from modules.web.pages import (
    board,
    choices,
    conditions,
    filtering,
    form,
    listing,
    mailing,
    many,
    matching,
    moving,
    notes,
    quick_filters,
    record,
    reverting,
    tabs,
    timeline,
)

__all__ = [
    'board', 'choices', 'conditions', 'filtering', 'form', 'listing', 'mailing', 'many', 'matching', 'moving',
    'notes', 'quick_filters', 'record', 'reverting', 'tabs', 'timeline',
]  # fmt: skip
