"""What a saved view is, and whether its contents fit an entity. Knows no database and no page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from permissions.policy import Policy
from schema import conditions
from schema.base.errors import require_clean
from schema.base.findings import Finding, finding, nearest
from schema.base.text import tidy
from schema.catalog import Catalog, Entity

AUDIENCES = ('private', 'team', 'public')
ALL = 'all'
"""Stands where a view's uid would for the plain list."""
LONGEST_NAME, MOST_COLUMNS, MOST_SORTS = 80, 60, 5
NARROWEST, WIDEST = 48, 900
PARTS = ('filter', 'sort', 'columns', 'widths', 'board')


@dataclass(frozen=True)
class View:
    """One saved view. `document` is `{filter, sort, columns, widths, board}`, each part only when it says something."""

    id: int
    uid: str
    entity_ref: str
    name: str
    owner_id: int
    audience: str
    team_id: int | None
    document: Mapping[str, Any]
    is_default: bool
    position: int
    changed_at: datetime

    @property
    def filter(self) -> Mapping[str, Any] | None:
        return self.document.get('filter') or None

    @property
    def sort(self) -> str:
        """`-amount,name`, as the address of a list has it."""
        return ','.join(self.document.get('sort', ()))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.document.get('columns', ()))

    @property
    def widths(self) -> Mapping[str, int]:
        return dict(self.document.get('widths', {}))


@dataclass(frozen=True)
class Wish:
    """What somebody wants a view to be; `team` is a team's uid, only with the audience `team`."""

    name: str
    audience: str = 'private'
    team: str = ''
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return ' '.join(tidy(self.name).split())


def check_wish(wish: Wish, entity: Entity, catalog: Catalog, policy: Policy) -> None:
    """Raises: Invalid VIE-E005…E009 and findings of the filter; what the person may not read counts as unknown."""
    found = [*_check_name(wish), *check_document(wish.document, entity, catalog, policy)]
    if wish.audience not in AUDIENCES:
        found.append(finding('VIE-E007', '/audience', value=wish.audience[:40], choices=', '.join(AUDIENCES)))
    require_clean(found)


def _check_name(wish: Wish) -> Iterator[Finding]:
    if not wish.title:
        yield finding('VIE-E005', '/name')
    elif len(wish.title) > LONGEST_NAME:
        yield finding('VIE-E006', '/name', length=len(wish.title), limit=LONGEST_NAME)


def check_document(document: Mapping[str, Any], entity: Entity, catalog: Catalog, policy: Policy) -> Iterator[Finding]:
    """What is wrong with a view's contents, by place below `/document`."""
    for name in document:
        if name not in PARTS:
            yield finding('VIE-E008', f'/document/{name}', value=name[:40], hint=nearest(name, PARTS))
    readable = policy.readable(entity.key)
    if condition := document.get('filter'):
        wrong = conditions.check(condition, entity.key, catalog)
        yield from (each.at('/document/filter') for each in wrong)
        if not wrong and (hidden := unreadable(condition, entity, catalog, policy)):
            yield finding('REC-E036', '/document/filter', value=hidden[0][:80], hint=nearest(hidden[0], readable))
    for part, most in (('sort', MOST_SORTS), ('columns', MOST_COLUMNS)):
        yield from _check_keys(document.get(part, []), entity, readable, f'/document/{part}', most)
    yield from _check_widths(document.get('widths', {}))


def _check_keys(keys: Any, entity: Entity, readable: frozenset[str], pointer: str, most: int) -> Iterator[Finding]:
    if not isinstance(keys, list) or len(keys) > most or not all(isinstance(each, str) for each in keys):
        yield finding('VIE-E009', pointer, limit=most)
        return
    for number, each in enumerate(keys):
        found = entity.find_field(each.lstrip('-'))
        if found is None or found.key not in readable:
            yield finding('REC-E036', f'{pointer}/{number}', value=each[:80], hint=nearest(each, readable))
        elif pointer.endswith('sort') and not found.type.sortable:
            yield finding('REC-E037', f'{pointer}/{number}', label=found.definition.label)


def _check_widths(widths: Any) -> Iterator[Finding]:
    fits = isinstance(widths, dict) and len(widths) <= MOST_COLUMNS and all(
        isinstance(each, int) and not isinstance(each, bool) and NARROWEST <= each <= WIDEST for each in widths.values()
    )  # fmt: skip
    if not fits:
        yield finding('VIE-E010', '/document/widths', least=NARROWEST, most=WIDEST)


def unreadable(condition: Mapping[str, Any], entity: Entity, catalog: Catalog, policy: Policy) -> list[str]:
    """Keys of fields that a filter reads and the person may not, in order."""
    read = conditions.reads(condition, entity.key, catalog)
    return sorted(field_key for entity_key, field_key in read if field_key not in policy.readable(entity_key))
