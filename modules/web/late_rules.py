"""Rules of addresses that make their builder of URLs when the first URL is built; knows no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """Werkzeug compiles two functions for every rule as it is added: most of the time in which an application is made.

    A process builds URLs of a few of them, so that each is compiled here when it is first called.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        def build(rule: LateRule, /, **values: Any) -> tuple[str, str]:
            made: Builder = Rule._compile_builder(rule, append_unknown).__get__(rule)
            setattr(rule, '_build_unknown' if append_unknown else '_build', made)
            return made(**values)

        return build
