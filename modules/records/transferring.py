"""What becomes of the former owner's sight when a record gets another owner: one rule for every way an owner is changed.

The store calls it after the rows are written; the choice comes with the unit of work, else from the installation's setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.installation.service import read_installation
from modules.records.changing import Change
from modules.records.sights import Right, Sight, settle
from permissions.tables import ab_user
from schema.base.actor import principal
from schema.base.errors import BadRequest
from schema.values import Link

OldOwner = Literal['keep', 'drop']
CHOICES: tuple[OldOwner, ...] = ('keep', 'drop')


def choice_of(raw: str | None, pointer: str = '/old_owner') -> OldOwner | None:
    """What a form or an address says; None leaves it to the installation's setting. Raises: BadRequest SHR-E006."""
    if raw in (None, ''):
        return None
    found = next((each for each in CHOICES if each == raw), None)
    if found is None:
        raise BadRequest.of('SHR-E006', pointer, value=str(raw)[:40], choices=', '.join(CHOICES))
    return found


def transfer(
    session: Session, written: Sequence[tuple[Change, Mapping[str, Any]]], choice: OldOwner | None, *, by: int | None,
    now: datetime,
) -> dict[str, Sight]:  # fmt: skip
    """`{record uid: rights given and taken}` by changes of owners among what was written. Who becomes the owner needs no kept
    sight any more; who was it keeps looking on when the choice says so and the account is open. A change that reverts gives
    back what `Change.sight` says."""
    moved = [(change, *_owners(change, fresh)) for change, fresh in written if 'owner' in fresh and not change.reverts]
    effects = _settle(session, [(change, change.sight) for change, _ in written if change.reverts and change.sight], by, now)
    if not moved:
        return effects
    keeps = (choice or read_installation(session).transfer_sight) == 'keep'
    open_accounts = _open(session, {old for _, old, _ in moved if old is not None}) if keeps else frozenset()
    wanted = [(change, _sight(old if old in open_accounts else None, new)) for change, old, new in moved]
    return {**effects, **_settle(session, wanted, by, now)}


def change_sights(session: Session, changes: Sequence[Change], *, by: int | None, now: datetime) -> dict[str, Sight]:
    """Give and take what each change's `sight` says; `{record uid: what changed in truth}`. What goes back first."""
    effects: dict[str, Sight] = {}
    for reverts in (True, False):
        effects |= _settle(session, [(each, each.sight) for each in changes if each.reverts is reverts], by, now)
    return effects


def _owners(change: Change, fresh: Mapping[str, Any]) -> tuple[int | None, int | None]:
    new = fresh['owner']
    return (change.current or {}).get('owner_id'), new.id if isinstance(new, Link) else None


def _sight(keeper: int | None, owner: int | None) -> Sight:
    given = () if keeper is None else (Right(principal('user', keeper), 'view', 'former_owner'),)
    taken = () if owner is None else (Right(principal('user', owner), None, 'former_owner'),)
    return Sight(given, taken)


def _settle(
    session: Session, wanted: Sequence[tuple[Change, Sight]], by: int | None, now: datetime
) -> dict[str, Sight]:  # fmt: skip
    """A batch is of one entity; what goes back is settled apart from what goes on."""
    ready = [(change, sight) for change, sight in wanted if sight and change.current is not None]
    if not ready:
        return {}
    uids = {int((change.current or {})['id']): change.uid for change, _ in ready}
    asked = {int((change.current or {})['id']): sight for change, sight in ready}
    entity, reverts = ready[0][0].entity, ready[0][0].reverts
    done = settle(session, entity, asked, by=by, now=now, reverts=reverts)
    return {uids[row_id]: sight for row_id, sight in done.items()}


def _open(session: Session, user_ids: set[int]) -> frozenset[int]:
    rows = session.execute(sa.select(ab_user.c.id).where(ab_user.c.id.in_(sorted(user_ids)), ab_user.c.active.is_(sa.true())))
    return frozenset(rows.scalars())
