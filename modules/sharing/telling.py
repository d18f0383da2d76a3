"""Tells people that records were shared with them. Shares nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from modules.notices.service import Notice, tell_more
from modules.records.changing import Change
from modules.records.store import Store
from permissions.tables import team_member
from schema.base.ids import new_uid
from schema.base.text import in_sentence
from schema.catalog import Entity
from schema.definitions import Texts


class Named(Protocol):
    """A receiver, as far as telling goes."""

    @property
    def kind(self) -> str: ...

    @property
    def row_id(self) -> int: ...


def tell_receivers(
    store: Store, entity: Entity, changes: Sequence[Change], receivers: Sequence[Named], group: str
) -> None:  # fmt: skip
    """In the store's transaction: who is behind the receivers hears of the records that truly came to them, the giver not."""
    new = [each.uid for each in changes if each.sight.given and not each.findings]
    if not new:
        return
    actor, several = store.policy.actor, bool(group) or len(new) > 1
    told = Notice(
        'share', _words(entity, several=several, by_person=actor.user_id is not None),
        href=f'/{entity.key}/' if several else '', entity_ref=entity.ref,
        record_uid='' if several else new[0], by=actor.user_id, number=len(new),
    )  # fmt: skip
    people = {each.row_id for each in receivers if each.kind == 'user'} | _members(store, receivers)
    key = f'share:{group or new_uid()}:{entity.ref}'
    tell_more(store.session, people - {actor.user_id or 0}, told, key=key, now=store.clock.now())


def _members(store: Store, receivers: Sequence[Named]) -> set[int]:
    teams = [each.row_id for each in receivers if each.kind == 'team']
    if not teams:
        return set()
    wanted = sa.select(team_member.c.user_id).where(team_member.c.team_id.in_(teams))
    return set(store.session.connection().execute(wanted).scalars())


def _words(entity: Entity, *, several: bool, by_person: bool) -> Texts:
    definition = entity.definition
    one = {tongue: in_sentence(definition.label_in(tongue)) for tongue in ('en', 'vi')}
    many = {tongue: in_sentence(definition.plural_in(tongue)) for tongue in ('en', 'vi')}
    what = {
        'en': f'{{count}} {many["en"]}' if several else f'the {one["en"]} {{title}}',
        'vi': f'{{count}} {many["vi"]}' if several else f'{one["vi"]} {{title}}',
    }
    if by_person:
        return {'en': f'{{by}} shared {what["en"]} with you', 'vi': f'{{by}} chia sẻ với bạn {what["vi"]}'}
    return {'en': f'You may now see {what["en"]}', 'vi': f'Bạn được xem {what["vi"]}'}
