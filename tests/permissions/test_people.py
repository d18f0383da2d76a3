"""Accounts, actors, tokens: who gets in and with what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from modules.people import teams, tokens
from modules.people.service import People, ensure_admin, ensure_demo_people, has_people
from permissions.accounts import NewUser, create_user, is_password
from permissions.actors import bump_rights, load_actor
from permissions.fab_tables import users
from schema.base.database import Database
from schema.base.errors import Conflict, Invalid, NotFound
from schema.catalog import Catalog
from schema.versions import read_state
from tests.permissions.conftest import NOW, PASSWORD


def test_an_actor_carries_roles_teams_and_led_teams(database: Database, cast: dict[str, int], team_ids: dict[str, int]) -> None:
    with database.session() as session:
        below = teams.create_team(session, 'North, Hải Phòng', team_ids['North'], now=NOW)

    with database.reading() as connection:
        bela, cleo = (load_actor(connection, cast[name]) for name in ('bela', 'cleo'))

    assert bela is not None
    assert cleo is not None
    assert (bela.name, bela.roles, bela.team_ids, bela.led_team_ids, bela.below_team_ids) == (
        'Nguyễn Bela', {'leader'}, {team_ids['North']}, {team_ids['North']}, {below},
    )  # fmt: skip
    assert (cleo.roles, cleo.team_ids, cleo.led_team_ids, cleo.below_team_ids) == (
        {'rep'}, {team_ids['North']}, frozenset(), {below},
    )  # fmt: skip
    assert bela.principals == {f'u{cast["bela"]}', f't{team_ids["North"]}'}


def test_an_actor_is_read_once_until_rights_change(database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
    seen: list[str] = []

    @event.listens_for(database.read_engine, 'before_cursor_execute')
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != 'BEGIN':
            seen.append(statement)

    def load() -> Any:
        with database.reading() as connection:
            state = read_state(connection)
            assert state is not None
            return load_actor(connection, cast['dov'], epoch=state.rights_epoch)

    first, second = load(), load()
    read_twice = len(seen)
    with database.session() as session:
        People(session, catalog, NOW).set_roles(cast['dov'], ['manager'])
    third = load()

    assert read_twice == 5  # the state twice, the person in three statements once
    assert (first.roles, second.roles, third.roles) == ({'rep'}, {'rep'}, {'manager'})


def test_a_dismissed_user_is_nobody_with_or_without_a_token(database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
    with database.session() as session:
        token = tokens.create_token(session, cast['dov'], 'script', NOW)
        before = tokens.authenticate_token(session, token, NOW)

        People(session, catalog, NOW).set_active(cast['dov'], active=False)

        assert before == cast['dov']
        assert tokens.authenticate_token(session, token, NOW) is None
    with database.reading() as connection:
        assert load_actor(connection, cast['dov']) is None


def test_a_token_ends_and_can_be_withdrawn_and_is_stored_as_a_hash(database: Database, cast: dict[str, int]) -> None:
    with database.session() as session:
        short = tokens.create_token(session, cast['dov'], 'short', NOW, days=1)
        gone = tokens.create_token(session, cast['dov'], 'gone', NOW)
        listed = tokens.list_tokens(session, cast['dov'])
        tokens.revoke_token(session, cast['cleo'], listed[0].id, NOW)
        somebody_elses = tokens.authenticate_token(session, gone, NOW)
        tokens.revoke_token(session, cast['dov'], listed[0].id, NOW)
        stored = str(session.execute(sa.text('SELECT * FROM api_token')).all())

        assert tokens.authenticate_token(session, short, NOW) == cast['dov']
        assert tokens.authenticate_token(session, short, NOW + timedelta(days=1)) is None
        assert somebody_elses == cast['dov']
        assert tokens.authenticate_token(session, gone, NOW) is None
        assert tokens.authenticate_token(session, 'trl_guess', NOW) is None
    assert [each.name for each in listed] == ['gone', 'short']
    assert short not in stored
    assert short[: tokens.SHOWN] in stored


def test_the_last_administrator_stays(database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
    with database.session() as session:
        people = People(session, catalog, NOW)
        ada = people.get_user(cast['ada'])
        same = NewUser(ada.username, ada.first_name, ada.last_name, ada.email, '', ('manager',))

        for attempt in (
            lambda: people.set_active(ada.id, active=False),
            lambda: people.set_roles(ada.id, ['rep']),
            lambda: people.update(ada.id, same, {}, active=True),
        ):
            with pytest.raises(Conflict, match='PRM-E017'):
                attempt()
        people.set_roles(cast['bela'], ['leader', 'admin'])
        people.set_active(ada.id, active=False)

        assert not people.get_user(cast['ada']).active
        with pytest.raises(Conflict, match='PRM-E017'):
            people.set_active(cast['bela'], active=False)


def test_a_bad_account_is_refused_with_every_finding(database: Database, cast: dict[str, int]) -> None:
    bad = NewUser('Cleo', '', 'x' * 70, 'nowhere', 'short', ('repp',))

    with database.session() as session, pytest.raises(Invalid) as refused:
        create_user(session, bad, now=NOW)

    assert {(each.code, each.pointer) for each in refused.value.findings} == {
        ('PRM-E013', '/username'), ('PRM-E019', '/first_name'), ('PRM-E028', '/last_name'), ('PRM-E021', '/email'),
        ('PRM-E018', '/password'), ('PRM-E015', '/roles'),
    }  # fmt: skip
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(users)).scalar() == len(cast)


def test_the_stored_password_is_the_one_fab_checks(database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
    with database.session() as session:
        People(session, catalog, NOW).set_password(cast['eve'], 'một mật khẩu mới')
        stored = session.execute(sa.select(users.c.password).where(users.c.id == cast['eve'])).scalar_one()

    assert (is_password(stored, 'một mật khẩu mới'), is_password(stored, PASSWORD)) == (True, False)


def test_a_team_cannot_stand_below_itself(database: Database, team_ids: dict[str, int]) -> None:
    with database.session() as session:
        teams.update_team(session, team_ids['South'], 'South', team_ids['North'])

        with pytest.raises(Invalid, match='PRM-E027'):
            teams.update_team(session, team_ids['North'], 'North', team_ids['South'])
        with pytest.raises(Invalid, match='PRM-E025'):
            teams.create_team(session, ' North ', None, now=NOW)


def test_an_unknown_user_is_named_with_the_nearest(database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
    with database.session() as session, pytest.raises(NotFound) as missing:
        People(session, catalog, NOW).find_by_username('cloe')

    assert missing.value.findings[0].params['hint']['en'] == "Did you mean 'cleo'?"


def test_users_are_found_by_every_word_of_a_search(database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
    with database.session() as session:
        people = People(session, catalog, NOW)

        assert [view.username for view in people.list_users('NGUYEN cle')[0]] == ['cleo']
        assert people.list_users('', size=2)[1] == 5
        assert people.list_users('100%')[0] == []


def test_demo_people_are_made_once(database: Database, catalog: Catalog) -> None:
    with database.session() as session:
        assert not has_people(session)
        first = ensure_demo_people(session, PASSWORD, NOW)
        again = ensure_demo_people(session, PASSWORD, NOW)
        made_admin = ensure_admin(session, PASSWORD, NOW)
        bump_rights(session)

    assert list(first) == ['admin', 'manager', 'leader', 'rep', 'rep2']
    assert (first, made_admin) == (again, False)
    with database.reading() as connection:
        rep, rep2, leader = (load_actor(connection, first[name]) for name in ('rep', 'rep2', 'leader'))
    assert rep is not None
    assert rep2 is not None
    assert leader is not None
    assert rep.team_ids == leader.led_team_ids
    assert rep.team_ids.isdisjoint(rep2.team_ids)
