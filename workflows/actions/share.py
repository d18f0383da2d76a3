"""The action `share`: people and teams may see, or also change, the run's own record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.store import Store
from modules.sharing import service as sharing
from modules.sharing.service import Receiver
from permissions.granting import Level
from permissions.tables import ab_user
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from schema.values import Link
from workflows.actions.base import Call, Done, LeftOut, Result, present_record
from workflows.actions.naming import team_uids, user_names


@dataclass(frozen=True)
class Sharing:
    """With whom, and how far."""

    receivers: Sequence[Receiver]
    level: Level

    def describe(self) -> Result:
        return {'share': self.level, 'to': ', '.join(each.name for each in self.receivers)}


class Share:
    """`{"with": {"users": ["rep2"], "teams": ["South"]}, "level": "view"}`, or `{"with": {"user": "created_by"}}`. Whoever the
    run acts as must be allowed to change the record, as anybody who shares."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        among = step.get('with', {})
        if not any(among.get(each) for each in ('users', 'teams', 'user')):
            return [finding('SHR-E004', '/with', limit=sharing.MOST)]
        field = entity.find_field(str(among['user'])) if 'user' in among else None
        if 'user' in among and (field is None or field.type.key != 'user'):
            hint = nearest(str(among['user']), [key for key, each in entity.fields.items() if each.type.key == 'user'])
            return [finding('WFL-E003', '/with/user', value=str(among['user'])[:60], hint=hint)]
        return []

    def preview(self, call: Call) -> Sharing:
        present_record(call)
        with call.runtime.database.reading() as connection, Session(bind=connection) as session:
            among = call.step.document['with']
            users = [*user_names(session, among.get('users', ())), *_person(session, call, among.get('user'))]
            teams = team_uids(session, among.get('teams', ()))
            if not users and not teams:
                raise LeftOut(finding('WFL-W010', level='warning'))
            receivers = sharing.find_receivers(session, users, teams)
        return Sharing(receivers, sharing.level_of(call.step.document.get('level', 'view')))

    def perform(self, call: Call, effect: Sharing, store: Store) -> Done:
        sharing.share_one(store, call.entity.key, call.record_uid, effect.receivers, effect.level)
        return Done({**effect.describe(), 'entity': call.entity.key, 'uid': call.record_uid})


def _person(session: Session, call: Call, name: str | None) -> list[str]:
    """The user name of the person in a field; nobody when it is blank or they left."""
    field = call.entity.find_field(name) if name else None
    link = call.record.values.get(field.key) if field and call.record else None
    if not isinstance(link, Link) or link.id is None:
        return []
    there = sa.select(ab_user.c.username).where(ab_user.c.id == link.id, ab_user.c.active.is_(sa.true()))
    return list(session.execute(there).scalars())
