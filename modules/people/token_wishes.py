"""What somebody asks of a new API token, read and checked: how much it may do and until when. Makes no token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from modules.installation.declared import FOR_GOOD
from schema.base.errors import require_clean
from schema.base.findings import Finding, finding, nearest
from schema.base.limits import Limit
from schema.catalog import Catalog
from schema.definitions import ACTIONS

KINDS = ('read', 'write', 'chosen', 'all')
TERMS = (30, 90, 365)
NEVER = 'never'
SPELLINGS = '30, 2027-01-31, never'


@dataclass(frozen=True)
class TokenWish:
    """`limit` None leaves all rights of the owner, `days` None means without end; parts of days count."""

    limit: Limit | None
    days: float | None


def offered_terms(most_days: int) -> tuple[str, ...]:
    """The ends that the page offers under the setting `token_days`, whose 0 allows tokens without an end."""
    fitting = tuple(str(days) for days in TERMS if most_days == FOR_GOOD or days <= most_days)
    return (*fitting, 'date', *((NEVER,) if most_days == FOR_GOOD else ()))


def usual_term(most_days: int) -> str:
    """The end that a token gets when nobody chooses one."""
    return str(TERMS[1] if most_days == FOR_GOOD else min(TERMS[1], most_days))


def read_wish(catalog: Catalog, scope: Iterable[str], ends: str, most_days: int, *, now: datetime, zone: ZoneInfo) -> TokenWish:
    """`scope` holds `read`, `write` or `all`, or `entity:action,action` once for each entity; `ends` days, a day or `never`.

    Raises: Invalid PRM-E060 … PRM-E063, all at once.
    """
    findings: list[Finding] = []
    limit = _limit(catalog, [each.strip() for each in scope if each.strip()], findings)
    days = _days(ends.strip(), most_days, now, zone, findings)
    require_clean(findings)
    return TokenWish(limit, days)


def _limit(catalog: Catalog, scope: list[str], findings: list[Finding]) -> Limit | None:
    if scope == ['all']:
        return None
    if scope == ['read']:
        return Limit.of('read')
    if scope == ['write']:
        return Limit.of('write')
    chosen: dict[str, set[str]] = {}
    for each in scope:
        key, colon, listed = each.partition(':')
        entity = catalog.find_entity(key) if colon else None
        if entity is None:
            known = [*catalog.entities] if colon else [*KINDS[:2], 'all']
            findings.append(
                finding('PRM-E060', '/scope', value=each[:80], hint=nearest(key[:80], known) or ', '.join(known[:8]))
            )
            continue
        actions = {part.strip() for part in listed.split(',') if part.strip()}
        for wrong in sorted(actions - {*ACTIONS}):
            findings.append(finding('PRM-E060', '/scope', value=f'{key}:{wrong}'[:80], hint=', '.join(ACTIONS)))
        chosen.setdefault(entity.ref, set()).update(actions & {*ACTIONS})
    if not findings and not any(chosen.values()):
        findings.append(finding('PRM-E063', '/scope'))
    return Limit.of('chosen', chosen)


def _days(ends: str, most_days: int, now: datetime, zone: ZoneInfo, findings: list[Finding]) -> float | None:
    """How long the token is good; a day is good to its end, where the person is."""
    found = _spelled(ends, now, zone)
    if (found is None and ends != NEVER) or (found is not None and found <= 0):
        findings.append(finding('PRM-E061', '/expires', value=ends[:40], hint=SPELLINGS))
    elif most_days != FOR_GOOD and (found is None or found > most_days + 1):
        findings.append(finding('PRM-E062', '/expires', limit=most_days))
    return found


def _spelled(ends: str, now: datetime, zone: ZoneInfo) -> float | None:
    text = ends.removesuffix('d')
    if text.isascii() and text.isdigit() and len(text) < 6:
        return float(text)
    try:
        last = date.fromisoformat(ends)
        until = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (until - now) / timedelta(days=1)


def scope_of_form(kind: str, chosen: Mapping[str, Iterable[str]]) -> list[str]:
    """The form's choice as `read_wish` takes it; `chosen` is `{entity key: actions}`."""
    if kind != 'chosen':
        return [kind]
    return [f'{key}:{",".join(actions)}' for key, actions in chosen.items()]
