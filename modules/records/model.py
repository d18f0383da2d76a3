"""What queries return and the store answers: records, pages, groups, saved results. Plain values, no session inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modules.records.sights import Sight
from schema.base.findings import Finding
from schema.catalog import Entity
from schema.conditions import Condition
from schema.fieldtypes.base import Reading
from schema.fieldtypes.links import SHOWN_LINKS

PAGE_SIZE = 50
LARGEST_PAGE = 200
COUNTED = 10_000


@dataclass(frozen=True, eq=False)
class Record:
    """One record as an actor sees it. `values` holds only fields that were asked for and may be read."""

    entity: Entity
    id: int
    uid: str
    revision: int
    values: Mapping[str, Any]
    deleted_at: datetime | None = None
    stage_since: datetime | None = None

    @property
    def title(self) -> str:
        """The name people know the record by; '…' when its title field is hidden or blank."""
        title = self.entity.title
        value = self.values.get(title.key)
        return title.type.text(title.definition, value, Reading()) if value is not None else '…'

    def wire(self) -> dict[str, Any]:
        """The JSON object of the API: `{field key: wire value}` with uid and revision."""
        fields = self.entity.fields
        answer = {'uid': self.uid, 'revision': self.revision}
        answer.update((key, fields[key].wire(value)) for key, value in self.values.items())
        return answer

    def text(self, key: str, reading: Reading) -> str:
        """A field as people read it; empty when blank or not readable."""
        each = self.entity.fields[key]
        return each.type.text(each.definition, self.values.get(key), reading)


@dataclass(frozen=True)
class Sort:
    key: str
    descending: bool = False


@dataclass(frozen=True)
class ListQuery:
    """What a list asks for. `filter` is a condition document; no `sort` means newest first; `columns` None means all readable
    fields but links and lines. `number` starts at 1 and is ignored when `cursor` is given; `before` is a
    cursor whose row the page ends in front of, and `from_end` asks for the last page. `deleted` lists the recycle bin; of
    the links and lines of one record at most `most` are read. A short list that is not searched tells up to `counting` how many
    there are beside its rows, by one statement; others are `counted` by another."""

    filter: Mapping[str, Any] | None = None
    search: str = ''
    sort: tuple[Sort, ...] = ()
    columns: tuple[str, ...] | None = None
    size: int = PAGE_SIZE
    number: int = 1
    cursor: str | None = None
    before: str | None = None
    from_end: bool = False
    deleted: bool = False
    counted: bool = True
    counting: int = 0
    narrowed: Condition | None = None
    """A condition of the schema's own, which asks for no right to read what it reads."""
    most: int = SHOWN_LINKS

    @property
    def backwards(self) -> bool:
        """Whether the rows are walked from the end of the list."""
        return self.before is not None or self.from_end


@dataclass(frozen=True)
class Count:
    """Exact up to a bound, 'more than' above it."""

    value: int
    exact: bool = True


@dataclass(frozen=True)
class Beside:
    """Where a record stands in a list: uids before and after it, blank at the ends; which one it is of how many, both 0 where
    that is not known cheaply or the record does not fit the list."""

    before: str
    after: str
    place: int = 0
    total: int = 0


@dataclass(frozen=True)
class Page:
    records: tuple[Record, ...]
    total: Count | None
    size: int
    number: int
    next: str | None
    """Cursor of the next page; None on the last."""
    previous: str | None = None
    """For `before`: cursor of the first row, where rows stand in front of it."""


@dataclass(frozen=True)
class Group:
    """Records that share one value: how many, the sum of an asked-for number and the last of an asked-for moment. Sums of money
    stand in `totals` by currency; `total` is then the only one, None where there are several."""

    value: Any
    count: int
    total: Any = None
    latest: Any = None
    totals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Saved:
    """What a write did. `changed` lists field keys; `warnings` are duplicates that were let pass."""

    entity: str
    id: int
    uid: str
    revision: int
    changed: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True)
class HistoryEntry:
    """One revision: `changes` maps field keys to `(old, new)` values, only of fields the actor may read."""

    revision: int
    kind: str
    at: datetime
    actor: str
    actor_id: int | None
    changes: Mapping[str, tuple[Any, Any]]
    sight: Sight = field(default_factory=Sight)
    """Rights to the record that were given and taken; an entry of kind `shared` has nothing else."""
    id: int = 0
    """Rises with time; entries of one moment are told apart by it."""
    operation_id: str | None = None
