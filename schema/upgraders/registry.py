"""Which formats there are, and the pure functions that bring a document from each to the next.

A format moves on when a keyword changes its meaning or its shape; a keyword that is only added needs none. Raise
`schema.definitions.FORMAT` then, and register one function for each kind that differs: it gets a document, or the fragment of
one that a plan request carries, and answers a new one. It must leave alone what is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.definitions import FORMAT, KINDS, Document

Upgrader = Callable[[Document], dict[str, Any]]
KEYWORD = 'x-format'
SECTIONS: Mapping[str, str] = {f'{kind}s' if kind != 'entity' else 'entities': kind for kind in KINDS}


@dataclass
class Formats:
    """`current` is the format that this product writes; `steps[kind, n]` brings a document of format n to n + 1. A kind without
    a step reads the same in both."""

    current: int = FORMAT
    steps: dict[tuple[str, int], Upgrader] = field(default_factory=dict)

    def upgrade(self, kind: str, document: Document, written: Any = None) -> Document:
        """The document in today's format, which it then names. `written` is its format when it names none; today's by default.

        What is of a newer or an impossible format, or no document, comes back as it is; checks tell of it.
        """
        if not isinstance(document, Mapping):
            return document
        number = document.get(KEYWORD, written)
        number = self.current if number is None else number
        if not is_format(number) or number > self.current:
            return document
        if number == self.current and document.get(KEYWORD) == number:
            return document
        for each in range(number, self.current):
            if step := self.steps.get((kind, each)):
                document = step(document)
        return {**document, KEYWORD: self.current}

    def upgrade_request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A plan request in today's format: each fragment names its own, or the request does for all that name none."""
        written = request.get(KEYWORD)
        plain = {name: part for name, part in request.items() if name != KEYWORD}
        for section, kind in SECTIONS.items():
            if isinstance(part := request.get(section), Mapping):
                plain[section] = {key: self._fragment(kind, each, written) for key, each in part.items()}
        return plain

    def check(self, document: Any, pointer: str) -> list[Finding]:
        """SCH-E111 when the document is of a format that this product does not know yet."""
        number = document.get(KEYWORD) if isinstance(document, Mapping) else None
        if number is None or (is_format(number) and number <= self.current):
            return []
        return [finding('SCH-E111', f'{pointer}/{escape_pointer(KEYWORD)}', value=str(number)[:20], limit=self.current)]

    def _fragment(self, kind: str, fragment: Any, written: Any) -> Any:
        if not isinstance(fragment, Mapping):
            return fragment
        upgraded = self.upgrade(kind, fragment, written)
        named = KEYWORD in fragment
        return upgraded if named else {name: part for name, part in upgraded.items() if name != KEYWORD}


def is_format(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 1


FORMATS = Formats()
