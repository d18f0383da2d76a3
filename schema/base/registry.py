"""A named set of plug-ins that is filled at start and then frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar('T')


class Registry(Generic[T]):
    """`{key: plug-in}` in order of registration. Two owners of one key, or a late entry, are programming errors."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._entries: dict[str, T] = {}
        self._owners: dict[str, str] = {}
        self._frozen = False

    def register(self, key: str, entry: T, *, owner: str) -> None:
        if self._frozen:
            raise RuntimeError(f'{self.name} is frozen; {owner} came too late with {key!r}')
        if key in self._entries:
            raise RuntimeError(f'{key!r} is registered by both {self._owners[key]} and {owner} in {self.name}')
        self._entries[key] = entry
        self._owners[key] = owner

    def freeze(self) -> None:
        self._frozen = True

    def get(self, key: str) -> T:
        """Raises: KeyError naming the registry and its keys."""
        try:
            return self._entries[key]
        except KeyError:
            raise KeyError(f'{self.name} has no {key!r}; it has {", ".join(self._entries)}') from None

    def find(self, key: str) -> T | None:
        return self._entries.get(key)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def items(self) -> tuple[tuple[str, T], ...]:
        return tuple(self._entries.items())

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
