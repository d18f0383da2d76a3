"""The sentences of help and of what is new, as the product ships them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schema.definitions import Texts

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Topic:
    """A few sentences about one part of the screens. `audience` is all, studio (who may edit there) or admin; `at` are the
    endpoints, or their beginnings, from which help leads here."""

    key: str
    icon: str
    title: Texts
    text: tuple[Texts, ...]
    audience: str = 'all'
    href: str = ''
    at: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """What came with a version; `day` is ISO."""

    version: str
    day: str
    entries: tuple[Texts, ...]


@cache
def topics() -> tuple[Topic, ...]:
    told = json.loads((FOLDER / 'topics.json').read_text(encoding='utf-8'))
    return tuple(
        Topic(
            each['key'], each['icon'], each['title'], tuple(each['text']), each['for'], each.get('href', ''),
            tuple(each.get('at', ())),
        )
        for each in told
    )  # fmt: skip


def topic_at(endpoint: str) -> str:
    """The key of the topic about a page; blank where none is."""
    return next((each.key for each in topics() if endpoint.startswith(each.at)), '') if endpoint else ''


@cache
def releases() -> tuple[Release, ...]:
    """Newest first."""
    told = json.loads((FOLDER / 'changes.json').read_text(encoding='utf-8'))
    return tuple(Release(each['version'], each['day'], tuple(each['entries'])) for each in told)
