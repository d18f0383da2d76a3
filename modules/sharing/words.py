"""What sharing says on pages: who sees a record, what was given and taken in its history, what a role stands in the way of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from modules.records.model import HistoryEntry
from modules.records.sights import Right
from modules.sharing.service import NAMED, Reach, Receiver, Share, receivers_of, shares_of
from modules.web.shell import hue_of
from schema.catalog import Entity


def sight_words(session: Session, entries: Sequence[HistoryEntry]) -> list[list[str]]:
    """For each entry, what it gave and took, as sentences without a subject; two statements at most."""
    rights = [right for entry in entries for right in (*entry.sight.given, *entry.sight.taken)]
    named = receivers_of(session, {each.principal for each in rights}) if rights else {}
    return [_sentences(entry, named) for entry in entries]


def share_view(share: Share, reach: Reach | None, entity: Entity, locale: str) -> dict[str, Any]:
    """One line of the list of those who see the record."""
    receiver = share.receiver
    warning = reach_words(receiver, reach, share.level, entity.definition.plural_in(locale))
    return {
        **receiver_view(receiver), 'level': share.level, 'level_text': level_text(share.level), 'source': share.source,
        'by': share.by, 'at': share.at, 'warning': warning,
    }  # fmt: skip


def viewers(session: Session, entity: Entity, record_id: int) -> list[dict[str, Any]]:
    """Who sees a record beside what roles reach, each once, for the head of its page."""
    found = {each.receiver.principal: each.receiver for each in shares_of(session, entity, record_id, sources=NAMED)}
    return [receiver_view(each) for each in found.values() if each.active]


def receiver_view(receiver: Receiver) -> dict[str, Any]:
    return {
        'value': f'{receiver.kind}:{receiver.key}', 'name': receiver.name, 'kind': receiver.kind, 'active': receiver.active,
        'hue': hue_of(receiver.key),
    }  # fmt: skip


def level_text(level: str | None) -> str:
    return _('may change it') if level == 'edit' else _('may see it')


def reach_words(receiver: Receiver, reach: Reach | None, level: str, entities: str) -> str:
    """What the receiver's roles stand in the way of; blank when nothing does."""
    many = entities.lower()
    if not receiver.active:
        return _('The account is closed.') if receiver.kind == 'user' else _('The team is closed.')
    if reach is None or not reach.people:
        return _('Nobody is in this team.') if receiver.kind == 'team' else ''
    if not reach.seeing:
        if receiver.kind == 'team':
            return _('Nobody in this team has a role that sees %(entities)s.', entities=many)
        return _('Their role sees no %(entities)s, so they will not see this one.', entities=many)
    if reach.seeing < reach.people:
        return ngettext(
            '%(num)s member has no role that sees %(entities)s.', '%(num)s members have no role that sees %(entities)s.',
            reach.people - reach.seeing, entities=many,
        )  # fmt: skip
    if level == 'edit' and not reach.changing:
        return _('Their role changes no %(entities)s, so they will only see it.', entities=many)
    return ''


def _sentences(entry: HistoryEntry, named: Mapping[str, Receiver]) -> list[str]:
    given, taken = _by_kind(entry.sight.given, named), _by_kind(entry.sight.taken, named)
    told = []
    for (source, level), names in given.items():
        if source == 'share':
            told.append(_('shared this with %(names)s: %(level)s', names=names, level=level_text(level)))
        elif source == 'former_owner':
            told.append(_('%(names)s goes on seeing this as the former owner', names=names))
    ended = {source: names for (source, _level), names in _by_kind(_really_taken(entry), named).items()}
    for source, names in ended.items() if taken else ():
        if source == 'share':
            told.append(_('no longer shares this with %(names)s', names=names))
        elif source == 'former_owner' and entry.kind == 'shared':
            told.append(_('%(names)s no longer sees this as a former owner', names=names))
    return told


def _really_taken(entry: HistoryEntry) -> list[Right]:
    """A level that was replaced by another is no end."""
    given = {each.place for each in entry.sight.given}
    return [each for each in entry.sight.taken if each.place not in given]


def _by_kind(rights: Iterable[Right], named: Mapping[str, Receiver]) -> dict[tuple[str, str | None], str]:
    found: dict[tuple[str, str | None], list[str]] = {}
    for right in rights:
        if right.principal in named:
            found.setdefault((right.source, right.level), []).append(named[right.principal].name)
    return {key: ', '.join(names) for key, names in found.items()}
