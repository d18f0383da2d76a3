"""Reading and changing the installation's settings: typed, checked, every change noted. Takes connections; never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from modules.installation.declared import BY_KEY, LOCALES, LONGEST_NAME, Installation, Setting
from modules.installation.tables import installation_setting, setting_change
from permissions.actors import bump_rights
from schema.base.actor import Actor
from schema.base.audit import note
from schema.base.database import Database
from schema.base.errors import require_clean
from schema.base.findings import Finding, finding, nearest
from schema.base.text import tidy
from schema.fieldtypes.days import parse_time

_known: WeakKeyDictionary[Database, tuple[int, Installation]] = WeakKeyDictionary()


@dataclass(frozen=True)
class SettingChange:
    """One change of the past: which setting, what it held before and after, who and when."""

    key: str
    old: Any
    new: Any
    actor: str
    at: datetime


def read_installation(executor: Any) -> Installation:
    """The settings, with defaults for what nobody has set. A setting that a newer Trellis wrote is passed over."""
    rows = executor.execute(sa.select(installation_setting.c.key, installation_setting.c.value))
    return Installation(**{row.key: row.value for row in rows if row.key in BY_KEY})


def installation_at(database: Database, epoch: int) -> Installation:
    """The settings as of a `rights_epoch`, read once per process and epoch; saving them moves the epoch."""
    known = _known.get(database)
    if known is None or known[0] != epoch:
        with database.reading() as connection:
            known = _known[database] = (epoch, read_installation(connection))
    return known[1]


def save_settings(executor: Any, wished: Mapping[str, Any], actor: Actor, at: datetime) -> list[str]:
    """Set what is named, tell every process, note who changed what; the keys that differ now.

    `wished` holds wire values by key; None sets a setting back to its default. Raises: Invalid SET-E001 unknown, SET-E002
    number out of bounds, SET-E003 not among the choices, SET-E004 no address, SET-E005 no text by language, SET-E006 no time
    of day; all at once.
    """
    present, findings, checked = read_installation(executor), [], {}
    for key, wire in wished.items():
        setting = BY_KEY.get(key)
        if setting is None:
            findings.append(finding('SET-E001', f'/{key[:60]}', value=key[:60], hint=nearest(key[:60], BY_KEY)))
            continue
        try:
            checked[key] = _CHECKS[setting.kind](setting, wire)
        except _RefusedError as refused:
            findings.append(refused.found)
    require_clean(findings)
    bump_rights(executor)
    wanted = {key: getattr(Installation(), key) if value is None else value for key, value in checked.items()}
    changed = [key for key, value in wanted.items() if value != _stored(present, key)]
    for key in changed:
        executor.execute(installation_setting.delete().where(installation_setting.c.key == key))
        if checked[key] is not None:
            executor.execute(installation_setting.insert().values(key=key, value=checked[key]))
        noted = {'key': key, 'old': _stored(present, key), 'new': wanted[key], 'at': at}
        executor.execute(setting_change.insert().values(**noted, actor_id=actor.user_id, actor_name=actor.name))
        told = {'name': BY_KEY[key].label, 'value': {'old': noted['old'], 'new': noted['new']}}
        note(executor, 'setting_changed', actor=actor, subject=key, params=told, now=at)
    return changed


def list_changes(executor: Any, limit: int = 50) -> list[SettingChange]:
    """Newest first."""
    rows = executor.execute(sa.select(setting_change).order_by(setting_change.c.id.desc()).limit(limit))
    return [SettingChange(row.key, row.old, row.new, row.actor_name, row.at) for row in rows]


class _RefusedError(Exception):
    def __init__(self, found: Finding) -> None:
        super().__init__(found.code)
        self.found = found


def _stored(present: Installation, key: str) -> Any:
    value = present.value(key)
    return dict(value) if isinstance(value, Mapping) else value


def _refuse(code: str, setting: Setting, wire: Any, **params: Any) -> _RefusedError:
    return _RefusedError(finding(code, f'/{setting.key}', label=setting.label, value=str(wire)[:80], **params))


def _texts(setting: Setting, wire: Any) -> Any:
    if not isinstance(wire, Mapping) or any(key not in LOCALES or not isinstance(each, str) for key, each in wire.items()):
        raise _refuse('SET-E005', setting, wire, limit=LONGEST_NAME)
    texts = {key: ' '.join(tidy(each).split()) for key, each in wire.items()}
    if any(len(each) > LONGEST_NAME for each in texts.values()):
        raise _refuse('SET-E005', setting, wire, limit=LONGEST_NAME)
    return {key: each for key, each in texts.items() if each}


def _address(setting: Setting, wire: Any) -> Any:
    if wire in (None, ''):
        return None
    try:
        return validate_email(str(wire).strip()[:400], check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise _refuse('SET-E004', setting, wire) from error


def _choice(setting: Setting, wire: Any) -> Any:
    if wire in (None, ''):
        return None
    if wire not in setting.choices:
        raise _refuse('SET-E003', setting, wire, hint=nearest(str(wire)[:80], setting.choices))
    return wire


def _number(setting: Setting, wire: Any) -> Any:
    if wire in (None, ''):
        return None
    text = str(wire).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    unbounded = setting.kind == 'days' and number == 0
    if isinstance(wire, bool) or number is None or not (unbounded or setting.low <= number <= setting.high):
        raise _refuse('SET-E002', setting, wire, low=setting.low, high=setting.high)
    return number


def _time(setting: Setting, wire: Any) -> Any:
    if wire in (None, ''):
        return None
    try:
        text = str(wire).strip()[:20]
        return time.fromisoformat(parse_time(text) or text).strftime('%H:%M')
    except ValueError as error:
        raise _refuse('SET-E006', setting, wire) from error


_CHECKS = {'texts': _texts, 'address': _address, 'choice': _choice, 'days': _number, 'number': _number, 'time': _time}
