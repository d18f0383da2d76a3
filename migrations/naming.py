"""What names stand where, and what becomes of them: places in a schema, moved keys, and whoever answers for a name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from schema.base.findings import escape_pointer
from schema.definitions import Texts


@dataclass
class Moves:
    """Former key to new key, or to None when it is gone. `fields` are by the entity's new key."""

    entities: dict[str, str | None] = field(default_factory=dict)
    fields: dict[str, dict[str, str | None]] = field(default_factory=dict)
    roles: dict[str, str | None] = field(default_factory=dict)

    def field(self, entity: str, old: str, new: str | None) -> None:
        self.fields.setdefault(entity, {})[old] = new


@dataclass(frozen=True)
class Place:
    """Where a name stands: a JSON pointer, the kind of part that names it (a key of `migrations.mentions.NOUNS`), its label."""

    pointer: str
    noun: str
    label: Texts

    def __truediv__(self, token: str | int) -> Place:
        return replace(self, pointer=f'{self.pointer}/{escape_pointer(str(token))}')

    def of(self, noun: str, part: Any = None) -> Place:
        """The same place as told by another part."""
        label = part.get('label') or part.get('x-label') if isinstance(part, dict) else None
        return replace(self, noun=noun, label=label if isinstance(label, dict) and label else self.label)


class Namer(Protocol):
    """Gets every name with its place and answers what shall stand there: the name, another one, or None for gone."""

    def entity(self, key: str, place: Place) -> str | None: ...

    def field(self, entity: str, key: str, place: Place) -> str | None:
        """`entity` is the key of the entity that the field belongs to, of lines `<entity>.<field>`."""

    def role(self, key: str, place: Place) -> str | None: ...
