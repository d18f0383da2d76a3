"""What a plan means for the people who hold roles: what widens and narrows, who loses or regains one, that somebody can still
administer. Reads alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from migrations.plans import Impact
from migrations.role_following import roles_as_named_in
from migrations.role_people import NAMES_SHOWN, Holder, RoleMoves, active_in, admin_keys, holders, returning
from schema.base.actor import Actor
from schema.base.findings import Finding, escape_pointer, finding
from schema.definitions import Document, Texts
from schema.loading import Documents
from schema.role_changes import SWITCH_WORDS, RightChange, right_changes


@dataclass(frozen=True)
class RoleSurvey:
    """`remap` is that of the request: `{ref of a dropped role: key of the one that replaces it, or None}`."""

    connection: sa.Connection
    base: Documents
    target: Documents
    remap: Mapping[str, str | None]
    actor: Actor

    def impacts(self) -> list[Impact]:
        if _roles(self.base) == _roles(self.target):
            return []
        return [*self._changed(), *self._dropped(), *self._returning(), *self._administration()]

    @cached_property
    def people(self) -> dict[str, list[Holder]]:
        return holders(self.connection)

    @cached_property
    def moves(self) -> RoleMoves:
        return RoleMoves.between(self.base, self.target)

    def after(self) -> dict[str, list[Holder]]:
        """Who holds what once the plan is live."""
        gone = set(self.moves.dropped.values())
        found = {self.moves.renamed.get(key, key): people for key, people in self.people.items() if key not in gone}
        for ref, key in self.moves.dropped.items():
            if heir := self.remap.get(ref):
                found[heir] = [*found.get(heir, ()), *self.people.get(key, ())]
        return found

    def _changed(self) -> Iterator[Impact]:
        followed = roles_as_named_in(self.base, self.base, self.target)
        before = {document['x-ref']: (key, document) for (_, key), document in followed.items()}
        for key, document in _roles(self.target).items():
            if document['x-ref'] not in before:
                continue
            old_key, old = before[document['x-ref']]
            found = right_changes(old, document, self.base, self.target)
            count = len(active_in(self.people, [old_key]))
            for code, wanted in (('MIG-W040', (True, None)), ('MIG-W041', (False,))):
                if said := [each for each in found if each.wider in wanted]:
                    yield Impact(_told(code, key, document, said, count), count)

    def _dropped(self) -> Iterator[Impact]:
        for ref, key in self.moves.dropped.items():
            document, people = self.base['role', key], self.people.get(key, [])
            words: dict[str, Any] = {'role': _label(key, document), 'ref': ref, 'people': _names(people), 'count': len(people)}
            pointer = f'/roles/{escape_pointer(key)}'
            heir = self.remap.get(ref)
            kept = _roles(self.target)
            if heir is not None and heir not in kept:
                choices = sorted(kept)
                yield Impact(finding('MIG-E041', f'/remap/{escape_pointer(ref)}', value=str(heir)[:60], choices=choices), 0)
            elif not people:
                continue
            elif ref not in self.remap:
                yield Impact(finding('MIG-E040', pointer, choices=sorted(kept), **words), len(people))
            elif heir is None:
                yield Impact(finding('MIG-W042', pointer, level='warning', **words), len(people))
            else:
                words['target'] = _label(heir, kept[heir])
                yield Impact(finding('MIG-W043', pointer, level='warning', **words), len(people))

    def _returning(self) -> Iterator[Impact]:
        back = returning(self.connection, self.moves.added.keys())
        for ref, key in self.moves.added.items():
            if names := back.get(ref):
                about = {'role': _label(key, self.target['role', key]), 'people': names[:NAMES_SHOWN], 'count': len(names)}
                yield Impact(finding('MIG-W045', f'/roles/{escape_pointer(key)}', level='warning', **about), len(names))

    def _administration(self) -> Iterator[Impact]:
        """Refused when nobody would be left; a warning when the author shuts themself out."""
        before = active_in(self.people, admin_keys(self.base))
        after = active_in(self.after(), admin_keys(self.target))
        if before and not after:
            yield Impact(finding('MIG-E042', '/roles', people=_names(list(before.values()))), len(before))
        lost = [SWITCH_WORDS[name] for name in ('admin', 'studio') if self._has(name) and not self._will_have(name)]
        if lost and not (before and not after):
            yield Impact(finding('MIG-W044', '/roles', level='warning', what=lost), 1)

    def _has(self, switch: str) -> bool:
        return self.actor.user_id in active_in(self.people, _opening(self.base, switch))

    def _will_have(self, switch: str) -> bool:
        return self.actor.user_id in active_in(self.after(), _opening(self.target, switch))


def _told(code: str, key: str, document: Document, said: list[RightChange], count: int) -> Finding:
    words = {'role': _label(key, document), 'changes': [dict(each.said) for each in said], 'count': count}
    return finding(code, f'/roles/{escape_pointer(key)}', level='warning', ref=document['x-ref'], **words)


def _roles(documents: Documents) -> dict[str, Document]:
    return {key: document for (kind, key), document in documents.items() if kind == 'role'}


def _opening(documents: Documents, switch: str) -> list[str]:
    return [key for key, document in _roles(documents).items() if document.get(switch) is True]


def _label(key: str, document: Document) -> Texts:
    return document.get('x-label') or {'en': key}


def _names(people: list[Holder]) -> list[str]:
    return [each.name for each in people][:NAMES_SHOWN]
