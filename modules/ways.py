"""What a way out is: an address by which values of records leave, and how the leak certificate tries it. Knows no record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from schema.definitions import Texts

Try = Callable[[Any], None]
"""Asks for things as one person over one entity; takes a `modules.certificate.visiting.Visit`, which judges every answer."""
Plant = Callable[[Any], None]
"""Adds what a module keeps beside one record of the planted world; takes a `modules.certificate.planting.Beside`."""
Shows = Literal['whole', 'fields', 'title', 'nothing']


@dataclass(frozen=True)
class WayOut:
    """One way. `endpoints` are the addresses of the application that belong to it; `tries` ask there, each at least once.

    `shows` is what must appear of records within reach, so that a way that answers nothing does not pass for a tight one: every
    readable field, with links and lines (`whole`) or without, the title, or nothing in particular. `each` says whether it is
    tried for every entity or once. `plants` put into the world what the way would tell of records. `reading` are those of its
    addresses whose POST changes nothing: open to tokens that only read, and to who looks through another's eyes.
    """

    label: Texts
    endpoints: Collection[str] = ()
    tries: tuple[Try, ...] = ()
    shows: Shows = 'nothing'
    each: Literal['entity', 'person'] = 'entity'
    plants: tuple[Plant, ...] = ()
    reading: Collection[str] = ()


@dataclass(frozen=True)
class NoWayOut:
    """Addresses that carry no record's values to those who may not read them, and why that is so. `reading` as with a way."""

    reason: str
    endpoints: Collection[str] = field(default=())
    reading: Collection[str] = ()


def reading_posts(ways: Iterable[WayOut | NoWayOut]) -> frozenset[str]:
    """Addresses that change nothing although they are posted to."""
    return frozenset(each for way in ways for each in way.reading)
