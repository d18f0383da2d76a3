"""Python values that fields hold beyond the standard types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

USER = '@user'
TEAM = '@team'


@dataclass(frozen=True)
class Link:
    """A pointer to a record, a user or a team.

    `entity` is the target's key (or `@user`, `@team`), `uid` its identity on the wire, `id` its row. A link that the actor
    may not see is `hidden`: it then carries neither uid nor label outward, only the id that the store needs.
    """

    entity: str
    uid: str
    id: int | None = field(default=None, compare=False)
    label: str = field(default='', compare=False)
    hidden: bool = field(default=False, compare=False)
    deleted: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Address:
    """A postal address; parts that are not there are empty. `country` is an ISO 3166 code, empty at home."""

    street: str = ''
    ward: str = ''
    district: str = ''
    province: str = ''
    postcode: str = ''
    country: str = ''


@dataclass(frozen=True)
class Links:
    """Several links of one record in their order, never none: without any the field is blank.

    `total` counts all links to live records; `links` may be their beginning only.
    """

    links: tuple[Link, ...]
    total: int


@dataclass(frozen=True)
class Line:
    """One line of a record: `values` by key of the line's fields. `id` is None until it is stored."""

    uid: str
    values: Mapping[str, Any]
    id: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Lines:
    """The lines of one record in their order, never none; `total` counts all, `lines` may be their beginning only."""

    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True)
class LinksDelta:
    """What somebody asks of a links field, by uid. `whole`: `add` is the list of all links that they can see, in its order,
    except for a rest that they were not shown when `rest` is true. Otherwise `order` names uids in the order wanted."""

    add: tuple[Link, ...] = ()
    remove: tuple[Link, ...] = ()
    order: tuple[str, ...] = ()
    whole: bool = False
    rest: bool = False


@dataclass(frozen=True)
class LineChange:
    """One line as it was sent: `uid` None makes a new one; `values` holds what was sent. `pointer` is relative to the field."""

    pointer: str
    uid: str | None
    values: Mapping[str, Any]
    hidden: frozenset[str] = frozenset()
    """Links sent back hidden, which stay as they are."""


@dataclass(frozen=True)
class LinesDelta:
    """What somebody asks of a lines field. `whole`: `changes` is the list of all lines, in its order."""

    changes: tuple[LineChange, ...] = ()
    remove: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class StoredFile:
    """One file that a field holds: who it is, what it is called, its bytes and its media type. The content lies elsewhere.

    A uid on its way in has no name yet; the store finds the rest and checks that the actor may attach it.
    """

    uid: str
    name: str = ''
    size: int = 0
    media: str = ''

    @property
    def is_picture(self) -> bool:
        """Whether a small picture of it can be made."""
        return self.media in PICTURES


PICTURES = ('image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif')
