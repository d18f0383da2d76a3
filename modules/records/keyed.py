"""When a list goes along the pieces of a record rule instead of asking the rule of every row. Decides nothing about rights."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import paging
from modules.records.model import ListQuery
from permissions import branches
from permissions.scoping import ReaderSession
from schema.catalog import Entity, Field


def page(
    session: Session, entity: Entity, query: ListQuery, pairs: Sequence[tuple[Field, bool]], most: int
) -> list[sa.ColumnElement[bool]]:
    """What to add to a page of a plain list, newest first: the ids it may show; `most` rows from the first or the cursor on."""
    if not isinstance(session, ReaderSession) or pairs or most > branches.MOST_ROWS or not _is_plain(query):
        return []
    if (cursor := query.cursor) is None:
        clause = session.newest(entity.key, most)
        return [] if clause is None else [clause]
    rule = session.rule(entity.key)
    if not branches.is_keyed(rule):
        return []
    binding = session.policy.binding()
    return [branches.newest(rule, entity, binding, most, lambda table: paging.after(table, pairs, cursor))]


def counting(session: Session, entity: Entity, query: ListQuery, most: int) -> sa.Select[int] | None:
    """Ids of a plain list, `most` at the utmost; None when the rows themselves must be asked."""
    if not isinstance(session, ReaderSession) or not _is_plain(query):
        return None
    return session.counting(entity.key, most)


def _is_plain(query: ListQuery) -> bool:
    return not (query.backwards or query.filter or query.search.strip() or query.deleted or query.narrowed is not None)
