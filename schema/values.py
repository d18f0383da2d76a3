"""Python values that fields hold beyond the standard types."""

from __future__ import annotations

from dataclasses import dataclass, field

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
