"""Who gets which record: every way of giving, over lists, files, REST and saved rules."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from modules.assignment import log, presence, rules
from modules.assignment.model import Strategy
from modules.assignment.service import distribute
from modules.assignment.splitting import by_load, even_place, even_shares, next_in_turn
from modules.assignment.tables import assignment_log
from modules.imports import keeping as imports
from modules.operations.service import Order, start, undo
from modules.people.sessions import open_session
from modules.records.changing import Change
from modules.records.model import ListQuery
from schema.base.audit import audit_entry
from schema.base.clock import today
from schema.base.errors import Forbidden, Invalid
from tests.support.site import Site

PEOPLE = ('rep', 'rep2', 'leader', 'manager', 'admin')


def owners(site: Site, entity: str = 'lead', title: str = 'full_name') -> dict[str, str]:
    """`{title: user name of the owner}` as an administrator sees them."""
    with site.runtime.reader(site.actor('admin')) as reader:
        page = reader.list_page(entity, ListQuery(columns=(title, 'owner'), size=200))
        return {each.title: each.values['owner'].uid if each.values.get('owner') else '' for each in page.records}


def ids(site: Site) -> dict[str, int]:
    return {name: site.actor(name).user_id or 0 for name in PEOPLE}


def give(site: Site, uids: list[str], strategy: dict[str, object], who: str = 'admin') -> Counter[str]:
    """How many records each got by a bulk change."""
    done = start(site.runtime, site.actor(who), Order('assign', 'lead', {'uids': uids}, {'strategy': strategy}))
    assert (done.state, done.counts['failed']) == ('done', 0), done.reasons
    return Counter(owners(site).values())


def save_rule(site: Site, entity: str, name: str, strategy: Strategy, **wanted: object) -> str:
    runtime = site.runtime
    catalog = runtime.catalogs.current()
    with runtime.database.session() as session:
        rule = rules.Wanted(catalog.entity(entity), name, strategy, **wanted)  # type: ignore[arg-type]
        return rules.save_rule(session, catalog, rule, site.actor('admin'), runtime.clock.now())


def test_numbers_alone_say_who_is_next_and_how_many_each_gets() -> None:
    assert even_shares(10, 3, 'last') == [3, 3, 4]
    assert even_shares(11, 3, 'spread') == [4, 4, 3]
    assert even_shares(2, 3, 'last') == [0, 0, 2]
    for remainder in ('last', 'spread'):
        for total in range(12):
            places = Counter(even_place(each, total, 3, remainder) for each in range(total))
            assert [places[each] for each in range(3)] == even_shares(total, 3, remainder)
    here = {1: True, 2: False, 3: True}
    assert [next_in_turn([1, 2, 3], here, last, 0) for last in (None, 1, 2, 3)] == [1, 3, 3, 1]
    assert next_in_turn([1, 2, 3], here, 9, 2) == 3
    assert next_in_turn([1], {}, None, 0) is None
    assert [person for person, _ in by_load(4, [7, 8], {7: 2})] == [8, 8, 7, 8]


def test_lists_deal_records_out_evenly_in_turn_and_by_load_and_the_log_says_why(site: Site) -> None:
    uids = [site.create('admin', 'lead', full_name=f'L{number}') for number in range(7)]
    three = {'users': ['rep', 'rep2', 'leader']}

    assert give(site, uids, {'kind': 'even', 'among': three}) == {'rep': 2, 'rep2': 2, 'leader': 3}
    assert give(site, uids, {'kind': 'even', 'among': three, 'remainder': 'spread'}) == {'rep': 3, 'rep2': 2, 'leader': 2}
    turns = {'kind': 'round_robin', 'among': three}
    assert give(site, uids[:2], turns)['rep2'] >= 1
    before = owners(site)
    give(site, uids[2:3], turns)
    assert (owners(site)['L2'], before['L0'], before['L1']) == ('leader', 'rep', 'rep2')  # the turn goes on after the last
    give(site, uids, {'kind': 'person', 'among': {'users': ['rep']}})
    assert give(site, uids[:2], {'kind': 'by_load', 'among': {'users': ['rep', 'rep2', 'leader']}}) == {
        'rep': 5, 'rep2': 1, 'leader': 1,
    }  # fmt: skip

    with site.runtime.reader(site.actor('admin')) as reader:
        found = log.entries(reader, site.runtime.catalogs.current(), log.Filter(record_uid=uids[0]))
    assert [each.strategy for each in found] == ['by_load', 'even']
    assert found[0].reason.text('vi') == 'Đang có ít lead mở nhất: 0'
    with site.runtime.reader(site.actor('rep2')) as reader:  # whoever cannot see the record sees nothing of its log
        own = log.entries(reader, site.runtime.catalogs.current(), log.Filter())
        seen = {each.uid for each in reader.list_page('lead', ListQuery(columns=('full_name',), size=200)).records}
    assert {each.record_uid for each in own} == seen < set(uids)
    with pytest.raises(Forbidden):
        site.runtime.write(site.actor('rep'), lambda store: store.update('lead', uids[0], {'owner': 'rep2'}))


def test_who_is_away_absent_or_not_online_is_left_out_and_a_known_customer_goes_to_who_knows_them(sqlite_site: Site) -> None:
    site, runtime, people = sqlite_site, sqlite_site.runtime, ids(sqlite_site)
    now, day = runtime.clock.now(), today(runtime.clock, runtime.clock.zone)
    with runtime.database.session() as session:
        presence.go_away(session, people['rep'], now + timedelta(hours=2), 'khách', now)
        note = {'note': 'ốm', 'by': site.actor('manager'), 'now': now}
        presence.plan_absence(session, people['rep2'], day, day + timedelta(days=2), **note)
        open_session(session, people['leader'], now)
        with pytest.raises(Invalid):
            presence.plan_absence(session, people['rep2'], day, day - timedelta(days=1), **note)
        with pytest.raises(Invalid):
            presence.go_away(session, people['rep'], now, '', now)
        other = presence.plan_absence(session, people['rep'], day, day, **note)
        presence.drop_absence(session, other, people['rep'], by=site.actor('rep'), now=now)
        noted = session.execute(
            sa.select(audit_entry).where(audit_entry.c.kind == 'absence_changed').order_by(audit_entry.c.id)
        ).all()
    assert [(each.actor_id, each.subject, each.params['absence'], each.params['last_day']) for each in noted] == [
        (people['manager'], 'rep2', 'new', (day + timedelta(days=2)).isoformat()),
        (people['manager'], 'rep', 'new', day.isoformat()), (people['rep'], 'rep', 'removed', day.isoformat()),
    ]  # fmt: skip
    assert 'ốm' not in str([each.params for each in noted]), "why somebody stays away is nobody else's matter"
    uids = [site.create('admin', 'lead', full_name=f'L{number}') for number in range(4)]
    four = {'users': ['rep', 'rep2', 'leader', 'manager']}

    assert give(site, uids, {'kind': 'even', 'among': four, 'skip_absent': True}) == {'leader': 2, 'manager': 2}
    assert give(site, uids, {'kind': 'even', 'among': four, 'online_only': True}) == {'leader': 4}
    with pytest.raises(Invalid) as nobody:
        give(site, uids, {'kind': 'even', 'among': {'users': ['rep']}, 'skip_absent': True})
    assert nobody.value.findings[0].code == 'ASG-E004'
    for wire, code in (
        ({'kind': 'lottery'}, 'ASG-E001'), ({'kind': 'even'}, 'ASG-E002'), ({'kind': 'person', 'among': four}, 'ASG-E003'),
        ({'kind': 'even', 'among': {'users': ['ghost']}}, 'ASG-E006'),
        ({'kind': 'even', 'among': {'teams': ['x']}}, 'ASG-E007'),
        ({'kind': 'even', 'among': four, 'remainder': 'first'}, 'ASG-E008'), ({'kind': 'even', 'among': 'all'}, 'ASG-E009'),
        ({'kind': 'returning', 'via': ['full_name']}, 'ASG-E013'),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            give(site, uids, wire)
        assert refused.value.findings[0].code == code

    companies = [site.create('admin', 'company', name='Mới', owner=None), site.create('rep2', 'company', name='Hoa Sen')]
    deal = [site.create('admin', 'opportunity', title=f'O{n}', company=uid) for n, uid in enumerate(companies)]
    returning = {'kind': 'returning', 'fallback': {'kind': 'person', 'among': {'users': ['manager']}}}
    start(runtime, site.actor('admin'), Order('assign', 'opportunity', {'uids': deal}, {'strategy': returning}))
    assert owners(site, 'opportunity', 'title') == {'O0': 'manager', 'O1': 'rep2'}
    site.create('leader', 'contact', full_name='Nguyễn An', phone='0912345678')
    twin = site.create('admin', 'contact', full_name='Anh An', phone='0912 345 678')
    start(runtime, site.actor('admin'), Order('assign', 'contact', {'uids': [twin]}, {'strategy': returning}))
    assert owners(site, 'contact')['Anh An'] == 'leader'


def test_saved_rules_give_new_records_in_order_the_same_by_form_rest_and_file_and_undo_gives_back(
    site: Site, tmp_path: Path
) -> None:
    people, runtime = ids(site), site.runtime
    save_rule(
        site, 'lead', 'Phones', Strategy('person', (people['leader'],)),
        condition={'field': 'phone', 'op': 'is_not_empty'},
    )  # fmt: skip
    save_rule(site, 'lead', 'Others', Strategy('round_robin', (people['rep'], people['rep2'])))
    with pytest.raises(Invalid) as even:
        save_rule(site, 'lead', 'No', Strategy('even', (people['rep'],)))
    assert even.value.findings[0].code == 'ASG-E014'

    client = site.client('admin')
    page = client.get('/lead/new').text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]  # type: ignore[index]
    made = client.post('/api/v1/lead/', json={'full_name': 'A'}, headers={'X-CSRFToken': token}).json
    client.post('/lead/new', data={'csrf_token': token, 'full_name': 'B', 'owner': ''})
    site.create('rep', 'lead', full_name='C')
    site.create('rep', 'lead', full_name='D', phone='0987654321')
    site.create('rep', 'lead', full_name='E', owner='rep')  # chosen is chosen

    assert owners(site) == {'A': 'rep', 'B': 'rep2', 'C': 'rep', 'D': 'leader', 'E': 'rep'}, made
    file = tmp_path / 'leads.csv'
    file.write_text('Họ tên,Người phụ trách\nF,\nG,manager\nH,\n', encoding='utf-8')
    kept = imports.take_in(runtime, site.actor('admin'), 'lead', file, 'leads.csv', limit_bytes=None)
    choices = {'Họ tên': 'full_name', 'Người phụ trách': 'owner'}
    kept = imports.check(
        runtime, site.actor('admin'), imports.settle_plan(runtime, site.actor('admin'), kept, choices, (), 'skip')
    )
    assert kept.plan.unowned == 2
    imports.run(runtime, site.actor('admin'), kept)
    assert {key: who for key, who in owners(site).items() if key in 'FGH'} == {'F': 'rep2', 'G': 'manager', 'H': 'rep'}
    with runtime.database.reading() as connection:
        by_rule = connection.execute(sa.select(sa.func.count()).where(assignment_log.c.rule_uid.is_not(None))).scalar()
    assert by_rule == 6

    uids = [each for each in _uids(site) if each]
    done = start(runtime, site.actor('admin'), Order('assign', 'lead', {'uids': uids}, {'owner': 'manager'}))
    assert set(owners(site).values()) == {'manager'}
    undo(runtime, site.actor('admin'), done.id)
    assert owners(site)['D'] == 'leader'


def test_a_file_without_owners_is_dealt_out_evenly_among_the_chosen(site: Site, tmp_path: Path) -> None:
    runtime, admin = site.runtime, site.actor('admin')
    file = tmp_path / 'leads.csv'
    file.write_text('Họ tên,Người phụ trách\n' + ''.join(f'L{n},\n' for n in range(7)) + 'M,manager\n', encoding='utf-8')
    kept = imports.take_in(runtime, admin, 'lead', file, 'leads.csv', limit_bytes=None)
    kept = imports.settle_plan(runtime, admin, kept, {'Họ tên': 'full_name', 'Người phụ trách': 'owner'}, (), 'skip')
    kept = imports.check(runtime, admin, kept)
    way = {'kind': 'even', 'among': {'users': ['rep', 'rep2', 'leader']}}
    imports.run(runtime, admin, imports.settle_giving(runtime, admin, kept, way))

    assert Counter(owners(site).values()) == {'rep': 2, 'rep2': 2, 'leader': 3, 'manager': 1}


def test_turns_taken_by_many_at_once_are_fair_and_none_is_lost(site: Site) -> None:
    people = ids(site)
    circle = [people[name] for name in ('rep', 'rep2', 'leader')]
    save_rule(site, 'lead', 'In turn', Strategy('round_robin', tuple(circle)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: site.create('manager', 'lead', full_name=f'L{number}'), range(24)))

    assert Counter(owners(site).values()) == {'rep': 8, 'rep2': 8, 'leader': 8}
    with site.runtime.database.reading() as connection:
        order = connection.execute(sa.select(assignment_log.c.to_id).order_by(assignment_log.c.id)).scalars().all()
    if site.runtime.database.is_sqlite:  # one writer at a time: the log stands in the order of the turns
        assert order == circle * 8


def test_rest_foresees_gives_and_tells(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('admin')
    uids = [site.create('admin', 'lead', full_name=f'L{number}') for number in range(3)]
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get('/away').text)[1]  # type: ignore[index]
    headers = {'X-CSRFToken': token}
    body = {'uids': uids, 'strategy': {'kind': 'even', 'among': {'users': ['rep', 'rep2']}}}

    foreseen = client.post('/api/v1/lead/assign', json={**body, 'dry_run': True}, headers=headers)
    made = client.post('/api/v1/lead/assign', json=body, headers=headers)
    told = client.get(f'/api/v1/lead/{uids[2]}/assignments').json['result']
    wrong = client.post('/api/v1/lead/assign', json={'uids': uids}, headers=headers)
    away = client.post('/away', data={'csrf_token': token, 'act': 'away', 'note': 'Họp'})
    page = client.get('/away').text

    assert [each['count'] for each in foreseen.json['shares']] == [1, 2]
    assert (made.status_code, made.json['counts']['done']) == (201, 3)
    assert [(each['way'], each['code']) for each in told] == [('even', 'ASG-R003')]
    assert (wrong.status_code, wrong.json['errors'][0]['code']) == (400, 'ASG-E017')
    assert away.status_code == 303
    assert 'Họp' in page


def test_a_strategy_without_anybody_left_gives_to_nobody_and_says_so(sqlite_site: Site) -> None:
    runtime = sqlite_site.runtime
    entity = runtime.catalogs.current().entity('lead')
    with runtime.database.session() as session:
        gone = Strategy('round_robin', (999,))
        found = distribute(session, runtime.catalogs.current(), gone, entity, [Change(entity, 'x', {})], clock=runtime.clock)
    assert [(each.user_id, each.reason.code) for each in found] == [(None, 'ASG-E004')]


def _uids(site: Site) -> list[str]:
    with site.runtime.reader(site.actor('admin')) as reader:
        return [each.uid for each in reader.list_page('lead', ListQuery(columns=('full_name',), size=200)).records]
