"""Exceptions that carry findings and an HTTP status. Raised by services, turned into pages and problem+json at the edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from schema.base.findings import Finding, finding, in_order


class TrellisError(Exception):
    """A refusal with one or more located findings."""

    status = 500

    def __init__(self, *findings: Finding) -> None:
        self.findings = in_order(findings)
        super().__init__('; '.join(map(str, self.findings)))

    @classmethod
    def of(cls, code: str, pointer: str = '', **params: Any) -> Self:
        """One finding, spelled in place."""
        return cls(finding(code, pointer, **params))


class Invalid(TrellisError):
    """The caller's input is wrong; every finding is listed."""

    status = 422


class BadRequest(TrellisError):
    """The request itself cannot be read: a bad page number, an unknown column."""

    status = 400


class Unauthenticated(TrellisError):
    status = 401


class Forbidden(TrellisError):
    status = 403


class NotFound(TrellisError):
    """Not there, or not to be known by this actor: both look the same."""

    status = 404


class Conflict(TrellisError):
    """Somebody else changed the same field, or the same thing exists already."""

    status = 409


class Stale(TrellisError):
    """The catalog or the plan was made from an older schema version."""

    status = 409


class Unavailable(TrellisError):
    """A part we stand on (database, Redis, mail server) does not answer."""

    status = 503


def require_clean(findings: Iterable[Finding], error: type[TrellisError] = Invalid) -> None:
    """Raise `error` with all findings when at least one is an error; warnings alone pass."""
    found = tuple(findings)
    if any(each.level == 'error' for each in found):
        raise error(*found)
