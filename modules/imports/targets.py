"""What the text of a link cell points to: a record by uid or title, a person by user name, e-mail or name, a team by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from modules.imports import queries
from permissions.actors import full_name
from permissions.policy import Policy
from schema.base.findings import Finding
from schema.base.ids import is_uid
from schema.base.text import fold
from schema.catalog import Catalog, Entity, Field

KEPT = 20_000  # answers kept from chunk to chunk; a file of a million rows must not hold a million names


class Targets:
    """Answers for one person and one catalog. `find` gives, for each text, a wire identity or why there is none."""

    def __init__(self, catalog: Catalog, policy: Policy) -> None:
        self._catalog, self._policy = catalog, policy
        self._answers: dict[tuple[str, str], Any] = {}
        self.session: Session | None = None
        """The session to look things up in; whoever reads a chunk sets it."""

    def find(self, field: Field, texts: Iterable[str]) -> dict[str, Any]:
        """`{text: uid, user name or {entity, uid}; or a Finding IMP-E012 not found, IMP-E013 ambiguous}`."""
        wanted = set(texts)
        if len(self._answers) > KEPT:
            self._answers.clear()
        missing = {text for text in wanted if (field.ref, text) not in self._answers}
        for text, answer in self._look_up(field, missing).items() if missing else ():
            self._answers[field.ref, text] = answer
        return {text: self._answers[field.ref, text] for text in wanted}

    def forget(self) -> None:
        """Drop kept answers: records may have been created since."""
        self._answers.clear()

    def _look_up(self, field: Field, texts: set[str]) -> dict[str, Any]:
        kind = field.type.key
        if kind in {'user', 'team'}:
            known = self._people if kind == 'user' else self._teams
            return {text: _only(known.get(fold(text), set()), text) for text in texts}
        found: dict[str, list[Any]] = defaultdict(list)
        for target in field.definition.targets:
            for text, uids in self._records(self._catalog.entity(target), texts).items():
                found[text] += [{'entity': target, 'uid': uid} if kind == 'link_any' else uid for uid in uids]
        return {text: _only(found[text], text) for text in texts}

    def _records(self, entity: Entity, texts: set[str]) -> dict[str, list[str]]:
        session, title = self._open_session, entity.title
        uids = {text for text in texts if is_uid(text)}
        found: dict[str, list[str]] = {}
        if uids:
            found.update({uid: [uid] for uid in queries.known_uids(session, self._policy, entity, uids)})
        named = texts - uids
        if title.type.key == 'text' and title.key in self._policy.readable(entity.key) and named:
            comparable = {text: title.type.comparable(title.definition, text) for text in named}
            by_title: dict[str, list[str]] = defaultdict(list)
            for value, uid in queries.titled(session, self._policy, entity, set(comparable.values())):
                by_title[value].append(uid)
            found.update({text: by_title[value] for text, value in comparable.items() if value in by_title})
        return found

    @property
    def _open_session(self) -> Session:
        if self.session is None:
            raise RuntimeError('targets are looked up inside a chunk')
        return self.session

    @cached_property
    def _people(self) -> Mapping[str, set[str]]:
        names: dict[str, set[str]] = defaultdict(set)
        for row in queries.active_people(self._open_session):
            written = (row.username, row.email, full_name(row.first_name, row.last_name), f'{row.first_name} {row.last_name}')
            for name in filter(None, written):
                names[fold(name)].add(row.username)
        return names

    @cached_property
    def _teams(self) -> Mapping[str, set[str]]:
        names: dict[str, set[str]] = defaultdict(set)
        for row in queries.all_teams(self._open_session):
            names[fold(row.uid)].add(row.uid)
            names[fold(row.name)].add(row.uid)
        return names


def _only(found: Iterable[Any], text: str) -> Any:
    answers = list(found)
    if len(answers) == 1:
        return answers[0]
    return Finding('IMP-E013' if answers else 'IMP-E012', '', {'value': text[:80], 'count': len(answers)})
