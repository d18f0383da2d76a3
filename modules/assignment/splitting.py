"""How many each person gets and who is next, from numbers alone. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence


def even_place(index: int, total: int, people: int, remainder: str) -> int:
    """Which of `people` (from 0) gets record number `index` (from 0) of `total`. Each gets the same whole number, dealt out in
    turn so that nobody gets only the oldest; what is left over goes to the last, or one each from the first (`spread`)."""
    each = total // people
    if index < each * people:
        return index % people
    return people - 1 if remainder == 'last' else (index - each * people) % people


def even_shares(total: int, people: int, remainder: str) -> list[int]:
    """How many each of the people gets."""
    each, left = divmod(total, people)
    shares = [each] * people
    if remainder == 'last':
        shares[-1] += left
    else:
        for place in range(left):
            shares[place] += 1
    return shares


def next_in_turn(circle: Sequence[int], available: Mapping[int, bool], last: int | None, place: int) -> int | None:
    """Whose turn it is after `last` in the circle. When `last` is no longer in it, whoever stands at `place` now; None when
    nobody is available."""
    if not circle:
        return None
    start = (circle.index(last) + 1) if last in circle else min(place, len(circle))
    for step in range(len(circle)):
        person = circle[(start + step) % len(circle)]
        if available.get(person):
            return person
    return None


def by_load(count: int, people: Sequence[int], loads: Mapping[int, int]) -> list[tuple[int, int]]:
    """`(person, load before)` for each of `count` records: always who has least, the first chosen of equals."""
    heap = [(loads.get(person, 0), place, person) for place, person in enumerate(people)]
    heapq.heapify(heap)
    given = []
    for _ in range(count if heap else 0):
        load, place, person = heap[0]
        given.append((person, load))
        heapq.heapreplace(heap, (load + 1, place, person))
    return given
