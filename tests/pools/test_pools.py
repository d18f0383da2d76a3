"""What pools promise: who sees what, claims and releases, rules, going back by themselves, moving, undoing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from modules.assignment.tables import assignment_log
from modules.operations.service import undo
from modules.pools import claiming, managing, queries, setup
from modules.pools.model import Pool
from modules.pools.returning import return_idle
from modules.pools.sweeping import clear_events
from modules.pools.tables import pool_event
from modules.records.model import ListQuery
from permissions.tables import record_grant
from schema.base.audit import audit_entry
from schema.base.errors import Conflict, Forbidden, NotFound, TrellisError
from tests.pools.conftest import NOW, frozen, make_pool, owner_of, put_leads, user_id, waiting
from tests.support.site import Site
from tests.web.pages import token_of


def seen(site: Site, username: str) -> set[str]:
    """Uids of the leads that a person finds in their list."""
    with site.runtime.reader(site.actor(username)) as reader:
        return {each.uid for each in reader.list_page('lead', ListQuery(columns=(), size=100)).records}


def refusal(error: pytest.ExceptionInfo[TrellisError]) -> str:
    return error.value.findings[0].code


def kinds(site: Site, uid: str) -> list[str]:
    with site.runtime.database.reading() as connection:
        rows = sa.select(pool_event.c.kind).where(pool_event.c.record_uid == uid).order_by(pool_event.c.id)
        return list(connection.execute(rows).scalars())


def principals(site: Site) -> list[str]:
    with site.runtime.database.reading() as connection:
        return sorted(connection.execute(sa.select(record_grant.c.principal).where(record_grant.c.source == 'pool')).scalars())


def claim(site: Site, username: str, pool: Pool, uid: str | None = None) -> str:
    return claiming.claim(site.runtime, site.actor(username), pool.uid, uid).uid


def test_a_record_goes_from_the_pool_to_a_member_and_back(site: Site) -> None:
    clock = frozen(site)
    pool = make_pool(site, daily_limit=2, return_days=5)
    first, second, third = put_leads(site, pool, 3)

    assert seen(site, 'rep') == seen(site, 'rep2') == {first, second, third}
    assert seen(site, 'leader') == set()
    assert claim(site, 'rep', pool) == first
    assert claim(site, 'rep2', pool, third) == third
    assert (seen(site, 'rep'), seen(site, 'rep2')) == ({first, second}, {second, third})
    assert seen(site, 'manager') == {first, second, third}
    with pytest.raises(Conflict) as taken:
        claim(site, 'rep', pool, third)
    with pytest.raises(NotFound) as stranger:
        claim(site, 'leader', pool)
    with pytest.raises(Forbidden) as overseer:
        claim(site, 'manager', pool)
    assert (refusal(taken), refusal(stranger), refusal(overseer)) == ('POL-E004', 'POL-E001', 'POL-E003')
    with pytest.raises(NotFound):  # a record of somebody else in a pool cannot be told from one that is not there
        claiming.release(site.runtime, site.actor('rep'), pool.uid, third, 'Không phải của tôi')

    claiming.release(site.runtime, site.actor('rep'), pool.uid, first, 'Sai số điện thoại')

    assert (owner_of(site, first), waiting(site, pool)) == (None, 2)
    assert seen(site, 'rep2') == {first, second, third}
    assert kinds(site, first) == ['put', 'claimed', 'released']
    with site.runtime.reader(site.actor('rep2')) as reader:
        entries = reader.timeline('lead', first)
    assert [(entry.actor, sorted(entry.changes)) for entry in entries[:2]] == [('Đỗ Hải Long', ['owner', 'team'])] * 2
    with site.runtime.database.reading() as connection:
        logged = connection.execute(
            sa.select(assignment_log.c.code, assignment_log.c.to_id)
            .where(assignment_log.c.record_uid == first)
            .order_by(assignment_log.c.id)
        ).all()
    assert [tuple(row) for row in logged][-2:] == [('POL-R001', user_id(site, 'rep')), ('POL-R002', None)]

    claim(site, 'rep', pool)  # a release gives no claim back
    with pytest.raises(Conflict) as over:
        claim(site, 'rep', pool)
    assert refusal(over) == 'POL-E002'
    assert over.value.findings[0].params['resets_at'] == '2026-11-20T17:00:00+00:00'  # midnight where the company is
    clock.move(timedelta(hours=14, minutes=1))
    claim(site, 'rep', pool)
    with pytest.raises(Conflict) as empty:
        claim(site, 'rep2', pool)
    assert refusal(empty) == 'POL-E007'


def test_idle_records_go_back_and_work_of_the_owner_keeps_them(site: Site) -> None:
    clock = frozen(site)
    pool = make_pool(site, return_days=5)
    put_leads(site, pool, 5)
    idle, changed, called, done, helped = (claim(site, 'rep', pool) for _ in range(5))
    clock.move(timedelta(days=3))
    rep, manager = site.actor('rep'), site.actor('manager')
    site.runtime.write(rep, lambda store: store.update('lead', changed, {'need': 'Tủ bếp'}))
    site.create('rep', 'activity', kind='call', subject='Gọi', regarding={'entity': 'lead', 'uid': called})
    site.runtime.write(manager, lambda store: store.update('lead', helped, {'need': 'Bàn'}))  # not the owner's work
    site.runtime.write(manager, lambda store: store.update('lead', done, {'stage': 'unqualified'}))
    entity = site.runtime.catalogs.current().entity('lead')
    with site.runtime.database.reading() as connection:
        held = {
            each.record_uid: each.days_left(clock.now(), clock.zone)
            for each in queries.list_claimed(connection, pool, entity, limit=9)
        }
    assert held == {idle: 2, changed: 5, called: 5, done: 2, helped: 2}

    clock.move(timedelta(days=2, hours=1))
    assert return_idle(site.runtime) == 2
    assert return_idle(site.runtime) == 0

    assert [owner_of(site, uid) for uid in (idle, helped)] == [None, None]
    assert {owner_of(site, uid) for uid in (changed, called, done)} == {rep.user_id}
    assert kinds(site, idle) == ['put', 'claimed', 'returned']
    assert idle in seen(site, 'rep2')
    assert clear_events(site.runtime, clock.now() - timedelta(days=1), 100) == 10  # what was put and claimed days ago
    assert kinds(site, idle) == ['returned']


def test_records_enter_by_rules_whoever_makes_them(site: Site) -> None:
    frozen(site)
    web = make_pool(site, name='Web', source={'field': 'source', 'op': 'eq', 'value': 'website'}, takes_new=True)
    rest = make_pool(site, name='Mặc định', is_default=True, members=('rep2',))

    typed = site.create('manager', 'lead', full_name='Từ web', source='website')  # nobody chose an owner
    chosen = site.create('manager', 'lead', full_name='Đã chọn', source='website', owner='manager')
    blank = site.create('manager', 'lead', full_name='Bỏ trống', source='zalo', owner=None)
    own = site.create('manager', 'lead', full_name='Của tôi', source='zalo')
    leader = site.client('leader')  # who belongs to no pool, and so loses sight of what a pool takes
    sent = {'full_name': 'Chị Hạnh', 'source': 'website', 'csrf_token': token_of(leader.get('/offline').text)}
    gone = leader.post('/lead/new', data=sent)
    assert gone.headers['Location'] == '/lead/'
    assert 'do not see it any more' in leader.get('/lead/').text
    with site.runtime.reader(site.actor('manager')) as reader:
        (hers,) = [each.uid for each in reader.list_page('lead', ListQuery(search='Hạnh')).records]
    site.runtime.write(site.actor('admin'), lambda store: store.delete('lead', hers))

    assert (owner_of(site, typed), owner_of(site, own)) == (None, user_id(site, 'manager'))
    assert (waiting(site, web), waiting(site, rest)) == (1, 1)
    assert seen(site, 'rep') == {typed}
    assert seen(site, 'rep2') == {typed, blank}
    manager = site.actor('manager')
    site.runtime.write(manager, lambda store: store.update('lead', blank, {'owner': 'rep2'}))  # given by hand
    site.runtime.write(manager, lambda store: store.update('lead', chosen, {'owner': None}))  # nobody's any more
    assert (kinds(site, blank), kinds(site, chosen)) == (['entered', 'given'], ['entered'])
    assert seen(site, 'rep') == {typed, chosen}
    site.runtime.write(manager, lambda store: store.update('lead', blank, {'owner': None}))
    assert waiting(site, rest) == 1


def test_managers_move_records_and_putting_in_can_be_undone(site: Site) -> None:
    frozen(site)
    north, south = make_pool(site, name='Bắc', members=('rep',)), make_pool(site, name='Nam', members=('rep2',))
    owned = site.create('rep2', 'lead', full_name='Của Vy')
    nobodys = site.create('manager', 'lead', full_name='Không của ai', owner=None)
    made = managing.put(site.runtime, site.actor('manager'), north.uid, {'uids': [owned, nobodys]})
    assert (made.counts['done'], owner_of(site, owned)) == (2, None)
    assert (seen(site, 'rep'), seen(site, 'rep2')) == ({owned, nobodys}, set())

    managing.move(site.runtime, site.actor('manager'), north.uid, [owned], south.uid)
    assert (seen(site, 'rep'), seen(site, 'rep2')) == ({nobodys}, {owned})
    assert kinds(site, owned) == ['put', 'moved']
    with pytest.raises(NotFound):
        managing.move(site.runtime, site.actor('rep'), south.uid, [owned], north.uid)
    with pytest.raises(Forbidden) as member:
        managing.take_out(site.runtime, site.actor('rep2'), south.uid, [owned])
    assert refusal(member) == 'POL-E022'

    undo(site.runtime, site.actor('manager'), made.id)
    assert (owner_of(site, owned), principals(site)) == (user_id(site, 'rep2'), [])
    assert (waiting(site, north), waiting(site, south)) == (0, 0)
    assert kinds(site, nobodys) == ['put', 'taken_out']


def test_changes_of_people_hold_at_once_and_are_noted(site: Site) -> None:
    frozen(site)
    pool = make_pool(site, members=('rep',))
    (uid,) = put_leads(site, pool, 1)
    assert (seen(site, 'rep'), seen(site, 'rep2')) == ({uid}, set())

    runtime = site.runtime
    with runtime.database.session() as session:
        wish = setup.Wish(
            'Kho mặc định', 'lead', members=[user_id(site, 'rep2')], managers=[user_id(site, 'manager')]
        )  # fmt: skip
        setup.update(session, runtime.catalogs.current(), pool.uid, wish, by=site.actor('admin'), now=NOW)
    assert (seen(site, 'rep'), seen(site, 'rep2')) == (set(), {uid})
    with runtime.database.reading() as connection:
        noted = connection.execute(
            sa.select(audit_entry.c.actor_name, audit_entry.c.subject).where(audit_entry.c.kind == 'pool_changed')
        ).all()
    assert [tuple(row) for row in noted] == [
        ('test', 'Kho mặc định'), ('Phạm Quỳnh Anh', 'Kho mặc định'),
    ]  # fmt: skip
