"""The pages of an entity, one file for each kind."""

from __future__ import annotations

from modules.web.pages import board, choices, filtering, form, listing, many, matching, moving, record, reverting, timeline

__all__ = ['board', 'choices', 'filtering', 'form', 'listing', 'many', 'matching', 'moving', 'record', 'reverting', 'timeline']
