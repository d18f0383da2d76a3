"""What was typed, marked in what is shown: a text in parts, those that were sought told apart. Knows no record."""

from __future__ import annotations

from collections.abc import Iterator

from modules.records.searching import ANYWHERE, is_number
from schema.base.text import fold

HOME = '84'
Parts = list[tuple[str, bool]]


def marked(shown: str, sought: str) -> Parts:
    """The text in parts, those that were typed marked; whole where folding changes its length."""
    folded = fold(shown)
    if len(folded) != len(shown):
        return [(shown, False)]
    hit = [False] * len(shown)
    for word in fold(sought).split():
        start, end = _word(folded, word)
        hit[start:end] = [True] * (end - start)
    if not any(hit) and is_number(sought):
        start, end = _number(shown, sought)
        hit[start:end] = [True] * (end - start)
    parts: Parts = []
    for letter, on in zip(shown, hit, strict=True):
        if parts and parts[-1][1] == on:
            parts[-1] = (parts[-1][0] + letter, on)
        else:
            parts.append((letter, on))
    return parts


def _word(folded: str, word: str) -> tuple[int, int]:
    """Where a word begins another, else where one has it inside; nowhere is (0, 0)."""
    place = f' {folded}'.find(f' {word}')
    if place < 0 and len(word) >= ANYWHERE:
        place = folded.find(word)
    return (place, place + len(word)) if place >= 0 else (0, 0)


def _number(shown: str, sought: str) -> tuple[int, int]:
    """Where the digits of a number are, whatever stands between them; nowhere is (0, 0)."""
    places = [place for place, letter in enumerate(shown) if letter.isdigit()]
    digits = ''.join(shown[place] for place in places)
    for each in _spelled(''.join(filter(str.isdigit, sought))):
        if each and (at := digits.find(each)) >= 0:
            return places[at], places[at + len(each) - 1] + 1
    return 0, 0


def _spelled(digits: str) -> Iterator[str]:
    """As typed, as people at home write it, and without what stands in front of the number itself."""
    core = digits.lstrip('0')
    yield digits
    yield f'0{core.removeprefix(HOME)}'
    yield core.removeprefix(HOME)
    yield core
