"""Teams over REST, for administrators: the tree, one team with its people, adding, changing, closing and deleting."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from modules.api.answers import answer
from modules.api.arguments import no_arguments, require_known
from modules.api.bodies import json_mapping, kind_of
from modules.people import closing, teams
from modules.people.closing import Answers
from modules.people.service import read_session
from modules.people.teams import TeamChange, TeamView
from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pinning import require_actor
from permissions.tables import ab_user
from schema.base.errors import BadRequest, NotFound
from schema.base.findings import nearest

TEXT = {'en': 'a text', 'vi': 'một đoạn chữ'}
NAMES = {'en': 'a list of names', 'vi': 'một danh sách tên'}
FLAG = {'en': 'true or false', 'vi': 'đúng hay sai'}
EXPECTED: dict[str, tuple[type | tuple[type, ...], Any]] = {
    'name': (str, TEXT), 'kind': (str, TEXT), 'parent': ((str, type(None)), TEXT), 'description': (str, TEXT),
    'active': (bool, FLAG), 'members': (list, NAMES), 'leaders': (list, NAMES),
}  # fmt: skip


def add_rules(blueprint: Blueprint) -> None:
    for rule, view, method in (
        ('/teams/', index, 'GET'),
        ('/teams/', add, 'POST'),
        ('/teams/<string:uid>', show, 'GET'),
        ('/teams/<string:uid>', change, 'PATCH'),
        ('/teams/<string:uid>', remove, 'DELETE'),
    ):
        blueprint.add_url_rule(rule, f'teams_{view.__name__}', view, methods=[method])


def index() -> Response:
    """All teams by name; `parent` says which stands above."""
    runtime = _admin()
    no_arguments()
    with read_session(runtime.database) as session:
        found = teams.list_teams(session)
        people = teams.members_of(session)
    uids = {each.id: each.uid for each in found}
    return answer({'count': len(found), 'result': [_wire(each, uids, people.get(each.id, [])) for each in found]})


def show(uid: str) -> Response:
    runtime = _admin()
    no_arguments()
    return answer(_one(runtime, uid))


def add() -> Response:
    """`{name, kind, parent, description, members, leaders}`; people are named by user name."""
    runtime, body = _admin(), _body()
    with runtime.database.session() as session:
        now, parent = runtime.clock.now(), _parent(session, body.get('parent'))
        team_id = teams.create_team(
            session, body.get('name', ''), parent, now=now, kind=body.get('kind', 'team'),
            description=body.get('description', ''), by=g.actor,
        )  # fmt: skip
        _settle_people(session, runtime, team_id, body)
        uid = next(each.uid for each in teams.list_teams(session) if each.id == team_id)
    return answer(_one(runtime, uid), 201, {'Location': f'/api/v1/teams/{uid}'})


def change(uid: str) -> Response:
    """What is left out stays; `members` and `leaders` together replace the people of the team."""
    runtime, body = _admin(), _body()
    with runtime.database.session() as session:
        here = _find(session, uid)
        wished = TeamChange(
            body.get('name'), _parent(session, body.get('parent')), moves='parent' in body, kind=body.get('kind'),
            description=body.get('description'), active=body.get('active'),
        )  # fmt: skip
        teams.change_team(session, here.id, wished, by=g.actor, now=runtime.clock.now())
        _settle_people(session, runtime, here.id, body)
    return answer(_one(runtime, uid))


def remove(uid: str) -> Response:
    """`?records_to=<uid|none>&members_to=<uid|none>`: closes the team, and deletes it once no record names it any more."""
    runtime = _admin()
    require_known('records_to', 'members_to')
    with read_session(runtime.database) as session:
        here = _find(session, uid)
    answers = Answers(request.args.get('records_to', ''), request.args.get('members_to', ''))
    done = closing.close(runtime, g.actor, here.id, answers, delete=True)
    return answer({'deleted': done.deleted, 'operations': [each.as_wire(locale()) for each in done.operations]})


def _admin() -> Runtime:
    """Raises: Unauthenticated PRM-E011, Forbidden PRM-E003."""
    require_actor()
    g.policy.require_admin()
    runtime: Runtime = g.runtime
    return runtime


def _body() -> dict[str, Any]:
    """Raises: BadRequest API-E007, API-E008."""
    no_arguments()
    body = json_mapping()
    for name, sent in body.items():
        if name not in EXPECTED:
            raise BadRequest.of('API-E007', f'/{name[:60]}', value=name[:60], hint=nearest(name[:60], EXPECTED))
        kind, expected = EXPECTED[name]
        if not isinstance(sent, kind) or (isinstance(sent, list) and not all(isinstance(each, str) for each in sent)):
            raise BadRequest.of('API-E008', f'/{name}', name=name, value=kind_of(sent), expected=expected)
    return body


def _find(session: Session, uid: str) -> TeamView:
    """Raises: NotFound PRM-E016."""
    known = teams.list_teams(session)
    found = next((each for each in known if each.uid == uid), None)
    if found is None:
        raise NotFound.of('PRM-E016', value=uid[:60], hint='')
    return found


def _parent(session: Session, uid: str | None) -> int | None:
    return _find(session, uid).id if uid else None


def _settle_people(session: Session, runtime: Runtime, team_id: int, body: dict[str, Any]) -> None:
    """Raises: NotFound PRM-E012; Invalid SHR-E010."""
    if 'members' not in body and 'leaders' not in body:
        return
    leaders = set(body.get('leaders', []))
    names = {*body.get('members', []), *leaders}
    rows = session.execute(ab_user.select().where(ab_user.c.username.in_(sorted(names))))
    known = {row.username: row.id for row in rows}
    if missing := sorted(names - known.keys()):
        raise NotFound.of('PRM-E012', value=missing[0][:80], hint='')
    now = runtime.clock.now()
    for each in teams.members_of(session, team_id).get(team_id, []):
        if each.username not in names:
            teams.remove_member(session, team_id, each.user_id, by=g.actor, now=now)
    for name in sorted(names):
        teams.put_member(session, team_id, known[name], leads=name in leaders, by=g.actor, now=now)


def _one(runtime: Runtime, uid: str) -> dict[str, Any]:
    with read_session(runtime.database) as session:
        here = _find(session, uid)
        uids = {each.id: each.uid for each in teams.list_teams(session)}
        return _wire(here, uids, teams.members_of(session, here.id).get(here.id, []))


def _wire(here: TeamView, uids: dict[int, str], people: list[teams.Member]) -> dict[str, Any]:
    return {
        'uid': here.uid, 'name': here.name, 'kind': here.kind, 'parent': uids.get(here.parent_id or 0),
        'description': here.description, 'active': here.active,
        'members': [each.username for each in people if not each.leads],
        'leaders': [each.username for each in people if each.leads],
    }  # fmt: skip
