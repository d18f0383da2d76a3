"""What becomes of a former owner's sight: the same whichever way the owner is changed, and taken back with the change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from modules.assignment.model import Strategy
from modules.duplicates.merging import merge
from modules.imports import keeping
from modules.installation.service import save_settings
from modules.leaving.model import Wanted
from modules.leaving.service import run_handover
from modules.operations import service as operations
from modules.operations.service import Order
from modules.people.closing import Answers, close
from modules.people.teams import create_team, list_teams, put_member
from modules.records import reverting
from permissions.tables import record_grant
from schema.base.errors import NotFound
from tests.sharing.test_shares import Api
from tests.support.site import Site

Choice = str | None
Way = Callable[[Site, str, Choice], None]


def sees(site: Site, who: str, uid: str) -> bool:
    with site.runtime.reader(site.actor(who)) as reader:
        try:
            reader.get('contact', uid, columns=())
        except NotFound:
            return False
    return True


def grants(site: Site, uid: str) -> list[tuple[str, str, str]]:
    """`(who, level, source)` by the time they were given."""
    entity = site.runtime.catalogs.current().entity('contact')
    with site.runtime.database.reading() as connection:
        row_id = connection.execute(sa.select(entity.table.c.id).where(entity.table.c.uid == uid)).scalar()
        rows = connection.execute(
            sa.select(record_grant).where(record_grant.c.record_id == row_id, record_grant.c.entity_ref == entity.ref)
        ).all()
        people = {f'u{row.id}': row.username for row in connection.execute(sa.text('select id, username from ab_user'))}
    return [(people.get(row.principal, row.principal), row.level, row.source) for row in sorted(rows, key=lambda row: row.id)]


def posted(site: Site, path: str, form: Mapping[str, Any], choice: Choice) -> None:
    client = site.client('manager')
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get('/settings').get_data(as_text=True))
    assert token is not None
    chosen = {} if choice is None else {'transfer.sight': ['drop', 'keep'] if choice == 'keep' else 'drop'}
    answer = client.post(path, data={**form, **chosen, 'csrf_token': token[1]})
    assert answer.status_code in {200, 204, 303}, answer.get_data(as_text=True)


def by_form(site: Site, uid: str, choice: Choice) -> None:
    posted(site, f'/contact/{uid}/edit', {'full_name': 'Lê Văn Giao', 'owner': 'rep2', 'uid': uid}, choice)


def by_cell(site: Site, uid: str, choice: Choice) -> None:
    posted(site, f'/contact/{uid}/cell?field=owner', {'owner': 'rep2'}, choice)


def by_bulk(site: Site, uid: str, choice: Choice) -> None:
    posted(site, '/contact/many', {'kind': 'assign', 'uids': uid, 'owner': 'rep2'}, choice)


def by_api(site: Site, uid: str, choice: Choice) -> None:
    query = '' if choice is None else f'?old_owner={choice}'
    assert Api(site, 'manager')('PUT', f'/contact/{uid}{query}', owner='rep2').status_code == 200


def by_operations_api(site: Site, uid: str, choice: Choice) -> None:
    body = {'kind': 'assign', 'entity': 'contact', 'uids': [uid], 'values': {'owner': 'rep2'}}
    made = Api(site, 'manager')('POST', '/operations/', **body, **({} if choice is None else {'old_owner': choice}))
    assert made.status_code == 201, made.json


def by_import(site: Site, uid: str, choice: Choice) -> None:
    path = site.home / 'owners.csv'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'uid,owner\n{uid},rep2\n')
    actor, old_owner = site.actor('manager'), choice
    kept = keeping.take_in(site.runtime, actor, 'contact', path, 'owners.csv', limit_bytes=None)
    choices = {'uid': 'uid', 'owner': 'owner'}
    kept = keeping.settle_plan(site.runtime, actor, kept, choices, (), 'update', old_owner=old_owner)  # type: ignore[arg-type]
    done = keeping.run(site.runtime, actor, kept)
    assert done.counts['update'] == 1, done.findings


def by_strategy(site: Site, uid: str, choice: Choice) -> None:
    body = {'uids': [uid], 'strategy': {'kind': 'round_robin', 'among': {'users': ['rep2']}}}
    made = Api(site, 'manager')('POST', '/contact/assign', **body, **({} if choice is None else {'old_owner': choice}))
    assert made.status_code == 201, made.json


def by_handover(site: Site, uid: str, choice: Choice) -> None:
    """Of somebody who stays: whose account is closed sees nothing any more, whatever is chosen."""
    ids = [site.actor(name).user_id or 0 for name in ('rep', 'rep2')]
    give = Strategy('person', (ids[1],))
    done = run_handover(site.runtime, site.actor('admin'), Wanted(ids[0], give, keep_active=True, old_owner=choice))  # type: ignore[arg-type]
    assert done.counts['failed'] == 0


WAYS: dict[str, Way] = {
    'form': by_form, 'cell': by_cell, 'bulk': by_bulk, 'api': by_api, 'operations api': by_operations_api, 'import': by_import,
    'strategy': by_strategy, 'handover': by_handover,
}  # fmt: skip


def test_every_way_of_changing_an_owner_keeps_or_drops_the_former_ones_sight_alike(sqlite_site: Site) -> None:
    site, found, wanted = sqlite_site, {}, {}
    for name, way in WAYS.items():
        for choice, setting in (('keep', 'drop'), ('drop', 'keep'), (None, 'keep')):
            with site.runtime.database.writing() as connection:
                save_settings(connection, {'transfer_sight': setting}, site.actor('admin'), site.runtime.clock.now())
            uid = site.create('rep', 'contact', full_name='Lê Văn Giao')

            way(site, uid, choice)

            kept = (choice or setting) == 'keep'
            found[name, choice, setting] = sees(site, 'rep', uid), sees(site, 'rep2', uid), grants(site, uid)
            wanted[name, choice, setting] = kept, True, [('rep', 'view', 'former_owner')] if kept else []
    assert found == wanted


def test_undoing_a_transfer_takes_the_kept_sight_back_and_restores_what_it_ended(site: Site) -> None:
    runtime = site.runtime
    uid = site.create('rep', 'contact', full_name='Lê Văn Giao')
    by_api(site, uid, 'keep')
    order = Order('assign', 'contact', {'uids': [uid]}, {'owner': 'rep'}, old_owner='keep')

    back = operations.start(runtime, site.actor('manager'), order)
    returned = grants(site, uid)
    undone = operations.undo(runtime, site.actor('manager'), back.id)
    after = grants(site, uid)
    other = site.create('rep', 'contact', full_name='Lê Văn Giao')
    by_api(site, other, 'keep')
    given = grants(site, other)
    runtime.write(site.actor('manager'), lambda store: reverting.take_back(store, 'contact', other, 2))

    assert returned == [('rep2', 'view', 'former_owner')]
    assert (undone.state, after) == ('done', [('rep', 'view', 'former_owner')])
    assert (given, grants(site, other)) == ([('rep', 'view', 'former_owner')], [])
    assert Api(site, 'manager')('GET', f'/contact/{other}').json['result']['owner']['uid'] == 'rep'


def test_sharing_many_records_is_one_operation_that_can_be_undone(sqlite_site: Site) -> None:
    site, team = sqlite_site, 'South'
    uids = [site.create('rep', 'contact', full_name=f'Khách {number}') for number in range(3)]
    foreign = site.create('rep2', 'contact', full_name='Khách của người khác')
    with site.runtime.database.session() as session:
        south = next(each for each in list_teams(session) if each.name == team)
    body = {'kind': 'share', 'entity': 'contact', 'uids': [*uids, foreign], 'values': {'teams': [south.uid], 'level': 'edit'}}

    made = Api(site, 'rep')('POST', '/operations/', **body)
    shared = [grants(site, uid) for uid in uids]
    seen = [sees(site, 'rep2', uid) for uid in uids]
    page = site.client('rep').get(f'/operations/{made.json["id"]}').get_data(as_text=True)
    undone = Api(site, 'rep')('POST', f'/operations/{made.json["id"]}/undo')

    assert (made.status_code, made.json['counts']['done'], made.json['counts']['failed']) == (201, 3, 1)
    assert shared == [[(f't{south.id}', 'edit', 'share')]] * 3
    assert seen == [True] * 3
    assert 'Shared this with South: may change it' in page
    assert (undone.json['state'], [grants(site, uid) for uid in uids]) == ('done', [[]] * 3)


def test_the_survivor_of_a_merge_inherits_shares_and_undoing_gives_them_back(sqlite_site: Site) -> None:
    site = sqlite_site
    kept, gone = (site.create('manager', 'contact', full_name='Vũ Thị Một') for _ in range(2))
    manager = Api(site, 'manager')
    manager('POST', f'/contact/{kept}/shares', users=['rep2'])
    manager('POST', f'/contact/{gone}/shares', users=['rep', 'rep2'], level='edit')

    operation = merge(site.runtime, site.actor('admin'), 'contact', kept, [gone], {})
    merged = grants(site, kept)
    operations.undo(site.runtime, site.actor('admin'), operation.id)

    assert sorted(merged) == [('rep', 'edit', 'share'), ('rep2', 'edit', 'share')]
    assert grants(site, kept) == [('rep2', 'view', 'share')]
    assert sorted(grants(site, gone)) == [('rep', 'edit', 'share'), ('rep2', 'edit', 'share')]


def test_a_team_is_closed_with_everything_it_had_and_deleted_only_once_nothing_names_it(site: Site) -> None:
    runtime, admin = site.runtime, site.actor('admin')
    with runtime.database.session() as session:
        now = runtime.clock.now()
        south = next(each for each in list_teams(session) if each.name == 'South')
        closing = create_team(session, 'East', south.id, now=now, kind='department', by=admin)
        below = create_team(session, 'East Coast', closing, now=now, by=admin)
        put_member(session, closing, site.actor('rep').user_id or 0, leads=True, by=admin, now=now)
        east = next(each for each in list_teams(session) if each.id == closing)
    uid = site.create('admin', 'contact', full_name='Khách Miền Đông', team=east.uid)
    shared = site.create('manager', 'contact', full_name='Khách chia sẻ')
    Api(site, 'manager')('POST', f'/contact/{shared}/shares', teams=[east.uid])

    done = close(runtime, admin, closing, Answers(records_to=south.uid, members_to=south.uid), delete=True)

    with runtime.database.session() as session:
        left = {each.name: each for each in list_teams(session)}
    wire = Api(site, 'admin')('GET', f'/contact/{uid}').json['result']
    assert (done.deleted, 'East' in left, left['East Coast'].id, left['East Coast'].parent_id) == (True, False, below, south.id)
    assert wire['team']['uid'] == south.uid
    assert grants(site, shared) == [(f't{south.id}', 'view', 'share')]
    assert south.id in site.actor('rep').team_ids


def test_nothing_is_shared_with_nobody_with_closed_accounts_or_past_ones_rights(sqlite_site: Site) -> None:
    site = sqlite_site
    uid = site.create('rep', 'contact', full_name='Trịnh Thị Riêng')
    rep, rep2 = Api(site, 'rep'), Api(site, 'rep2')
    share = f'/contact/{uid}/shares'

    def code(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.json['errors'][0]['code']

    found = [
        code(rep('POST', share, users=['nobody'])), code(rep('POST', share, users=[])),
        code(rep('POST', share, users=['rep2'], level='own')),
        code(rep2('POST', share, users=['rep2'])), code(rep2('GET', share)), code(rep('DELETE', f'{share}?user=rep2')),
        code(rep('POST', share, everybody=True)), code(rep('PUT', f'/contact/{uid}?old_owner=perhaps', phone='0903 222 333')),
    ]  # fmt: skip
    rep('POST', share, users=['rep2'])
    viewer = (
        code(rep2('POST', share, users=['leader'])),
        code(rep2('DELETE', f'{share}?user=rep2')),
        rep2('GET', share).status_code,
    )

    assert found == [
        (422, 'SHR-E001'), (422, 'SHR-E004'), (400, 'SHR-E003'), (404, 'REC-E028'), (404, 'REC-E028'), (404, 'SHR-E005'),
        (400, 'API-E007'), (400, 'SHR-E006'),
    ]  # fmt: skip
    assert viewer == ((403, 'PRM-E001'), (403, 'PRM-E001'), 200)
