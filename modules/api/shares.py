"""Sharing of a record over REST: who sees it so, share it, end a share; and the choice about a former owner's sight."""

from __future__ import annotations

from typing import Any

from flask import g, request

from modules.api.arguments import require_known
from modules.api.bodies import json_mapping, kind_of
from modules.records.transferring import OldOwner, choice_of
from modules.sharing import service
from modules.sharing.service import Share
from schema.base.errors import BadRequest
from schema.catalog import Entity

NAMES = {'en': 'a list of names', 'vi': 'một danh sách tên'}


def old_owner() -> OldOwner | None:
    """`?old_owner=keep|drop`. Raises: BadRequest API-E007, SHR-E006."""
    require_known('old_owner')
    return choice_of(request.args.get('old_owner'))


def shares(entity: Entity, uid: str) -> dict[str, Any]:
    """Who sees a record beside what roles reach; for everybody who sees it."""
    with g.runtime.reader(g.actor, g.catalog) as reader:
        record = reader.get(entity.key, uid, columns=())
        found = service.shares_of(reader.session, entity, record.id)
    return {'count': len(found), 'result': [_wire(each) for each in found]}


def add(entity: Entity, uid: str) -> dict[str, Any]:
    """`{users: [user names], teams: [uids], level}`. Raises: BadRequest API-E008, SHR-E003; Invalid SHR-E001, E002, E004."""
    body = json_mapping()
    for name in body:
        if name not in ('users', 'teams', 'level'):
            raise BadRequest.of('API-E007', f'/{name[:60]}', value=name[:60], hint='users, teams, level')
    users, teams = _names(body, 'users'), _names(body, 'teams')
    level = service.level_of(body.get('level', 'view'))

    def work(store: Any) -> None:
        service.share_one(store, entity.key, uid, service.find_receivers(store.session, users, teams), level)

    g.runtime.write(g.actor, work, catalog=g.catalog)
    return shares(entity, uid)


def remove(entity: Entity, uid: str) -> dict[str, Any]:
    """`?user=<user name>` or `?team=<uid>`. Raises: BadRequest API-E007; NotFound REC-E028, SHR-E005."""
    require_known('user', 'team')
    user, team = request.args.get('user', ''), request.args.get('team', '')

    def work(store: Any) -> None:
        service.unshare(store, entity.key, uid, service.find_receiver(store.session, user, '' if user else team))

    g.runtime.write(g.actor, work, catalog=g.catalog)
    return shares(entity, uid)


def _wire(share: Share) -> dict[str, Any]:
    receiver = share.receiver
    return {
        receiver.kind: receiver.key, 'label': receiver.name, 'active': receiver.active, 'level': share.level,
        'source': share.source, 'by': share.by, 'at': share.at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z',
    }  # fmt: skip


def _names(body: dict[str, Any], name: str) -> list[str]:
    sent = body.get(name, [])
    if not isinstance(sent, list) or not all(isinstance(each, str) for each in sent):
        raise BadRequest.of('API-E008', f'/{name}', name=name, value=kind_of(sent), expected=NAMES)
    return sent
