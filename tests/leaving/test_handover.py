"""Somebody leaves: everything handed over in one operation, the account closed, and all of it taken back."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from modules.assignment import rules as assignment_rules
from modules.assignment.model import Strategy
from modules.assignment.tables import assignment_log
from modules.calendar.feeds import make_feed
from modules.calendar.tables import calendar_feed
from modules.leaving import service
from modules.leaving.cli import handover
from modules.leaving.model import Rule, Wanted
from modules.operations import keeping, running
from modules.operations.service import undo
from modules.people.service import People
from modules.people.sessions import list_sessions
from modules.people.tokens import create_token, list_tokens
from modules.records.model import ListQuery
from modules.records.tables import record_history
from permissions.tables import team_member
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound
from schema.base.ids import new_uid
from schema.base.saved_views import saved_view
from tests.support.site import Site


def owners(site: Site, entity: str) -> dict[str, str]:
    """`{title: user name of the owner}` as an administrator sees them."""
    title = site.runtime.catalogs.current().entity(entity).title.key
    with site.runtime.reader(site.actor('admin')) as reader:
        page = reader.list_page(entity, ListQuery(columns=(title, 'owner'), size=200))
        return {each.title: each.values['owner'].uid if each.values.get('owner') else '' for each in page.records}


def beside(site: Site, visit: str, rule_uid: str) -> tuple[list[str], list[int], int, int]:
    """Who takes part in an appointment, whom a rule of assignment names, who keeps the view, how many feeds are open."""
    with site.runtime.reader(site.actor('admin')) as reader:
        people = reader.get('appointment', visit).wire()['participants']
    with site.runtime.database.reading() as connection:
        rule = assignment_rules.get_rule(connection, rule_uid)
        keeper = connection.execute(sa.select(saved_view.c.owner_id).where(saved_view.c.name == 'Hot')).scalar_one()
        feeds = sum(row.revoked_at is None for row in connection.execute(sa.select(calendar_feed)))
    return [each['person']['uid'] for each in people], list(rule.strategy.users), keeper, feeds


def is_active(site: Site, username: str) -> bool:
    with site.runtime.database.session() as session:
        return People(session, site.runtime.catalogs.current(), site.runtime.clock.now()).find_by_username(username).active


def test_everything_is_handed_over_the_account_closed_and_all_of_it_taken_back(site: Site) -> None:
    runtime, admin = site.runtime, site.actor('admin')
    ids = {name: site.actor(name).user_id or 0 for name in ('rep', 'rep2', 'leader', 'manager')}
    for number in range(5):
        site.create('rep', 'lead', full_name=f'Lead {number}')
    site.create('rep', 'task', title='Call')
    site.create('rep2', 'lead', full_name='Not theirs')
    visit = site.create(
        'rep2', 'appointment', title='Visit', starts_at='2026-11-20T02:00:00Z', participants=[{'person': 'rep'}]
    )  # fmt: skip
    browser = site.client('rep')
    with runtime.database.session() as session:
        create_token(session, ids['rep'], 'phone', runtime.clock.now())
        session.execute(team_member.update().where(team_member.c.user_id == ids['rep']).values(is_leader=True))
        make_feed(session, site.actor('rep'), 'phone', runtime.clock.now())
        lead = runtime.catalogs.current().entity('lead')
        given = assignment_rules.Wanted(lead, 'Ours', Strategy('round_robin', (ids['rep'], ids['leader'])))
        rule_uid = assignment_rules.save_rule(session, runtime.catalogs.current(), given, admin, runtime.clock.now())
        session.execute(saved_view.insert().values(
            uid=new_uid(), entity_ref=lead.ref, name='Hot', owner_id=ids['rep'], audience='team', document={},
            changed_at=runtime.clock.now(),
        ))  # fmt: skip
    even = Strategy('even', (ids['rep2'], ids['leader']))
    manager = Strategy('person', (ids['manager'],))
    fourth = Rule('lead', {'field': 'full_name', 'op': 'eq', 'value': 'Lead 4'}, manager)
    wanted = Wanted(ids['rep'], even, {'task': manager}, successor_id=ids['rep2'], rules=(fourth,), names=True)

    found = service.review(runtime, admin, ids['rep'])
    planned = [
        (part.entity.key, bool(part.where), sorted(share.count for share in part.shares))
        for part in service.plan(runtime, admin, wanted)
    ]
    made = service.run_handover(runtime, admin, wanted)

    assert ({each.entity.key: (each.count, each.reached) for each in found.owned}, found.tokens, found.sessions) == (
        {'lead': (5, 5), 'task': (1, 1)}, 1, 1,
    )  # fmt: skip
    assert planned == [('lead', True, [1]), ('lead', False, [2, 2]), ('task', False, [1])]
    assert (made.kind, made.state, made.counts['done'], made.title['vi']) == (
        'handover',
        'done',
        7,
        f'Bàn giao từ {found.name}',
    )
    assert Counter(owners(site, 'lead').values()) == {'leader': 2, 'rep2': 3, 'manager': 1}
    assert owners(site, 'lead')['Lead 4'] == 'manager'
    assert owners(site, 'task') == {'Call': 'manager'}
    assert beside(site, visit, rule_uid) == (['rep2'], [ids['rep2'], ids['leader']], ids['rep2'], 0)
    assert not is_active(site, 'rep')
    assert browser.get('/lead/').status_code == 302
    with runtime.database.reading() as connection:
        assert (list_tokens(connection, ids['rep']), list_sessions(connection, ids['rep'], runtime.clock.now())) == ([], [])
        leads = connection.execute(sa.select(team_member.c.user_id).where(team_member.c.is_leader.is_(sa.true()))).scalars()
        assert ids['rep2'] in set(leads)
        reasons = connection.execute(sa.select(assignment_log.c.strategy, assignment_log.c.code)).all()
        assert {tuple(each) for each in reasons} == {('handover', 'ASG-R010')}
        authors = connection.execute(sa.select(record_history.c.actor_name).where(record_history.c.kind == 'created')).scalars()
        assert found.name in set(authors)

    with pytest.raises(NotFound):
        undo(runtime, site.actor('manager'), made.id)
    back = undo(runtime, admin, made.id)

    assert (back.state, keeping.read(runtime, made.id).state) == ('done', 'undone')
    assert is_active(site, 'rep')
    assert Counter(owners(site, 'lead').values()) == {'rep': 5, 'rep2': 1}
    assert owners(site, 'task') == {'Call': 'rep'}
    assert beside(site, visit, rule_uid) == (['rep'], [ids['rep'], ids['leader']], ids['rep'], 0)
    with runtime.database.reading() as connection:
        rows = connection.execute(sa.select(team_member.c.user_id).where(team_member.c.is_leader.is_(sa.true()))).scalars()
        assert ids['rep'] in set(left := list(rows))
        assert ids['rep2'] not in left
        assert list_tokens(connection, ids['rep']) == []


def test_a_handover_that_is_killed_goes_on_and_none_begins_for_the_last_administrator(sqlite_site: Site) -> None:
    site, runtime = sqlite_site, sqlite_site.runtime
    admin = site.actor('admin')
    ids = {name: site.actor(name).user_id or 0 for name in ('rep', 'rep2', 'leader', 'admin')}
    for number in range(7):
        site.create('rep', 'lead', full_name=f'Lead {number}')
    give = Strategy('even', (ids['rep2'], ids['leader']))

    with pytest.raises(Conflict) as last:
        service.plan(runtime, admin, Wanted(ids['admin'], give))
    with pytest.raises(Invalid) as self_given:
        service.plan(runtime, admin, Wanted(ids['rep'], Strategy('person', (ids['rep'],))))
    with pytest.raises(Forbidden):
        service.review(runtime, site.actor('manager'), ids['rep'])
    assert (last.value.findings[0].code, self_given.value.findings[0].code) == ('PRM-E017', 'LEA-E001')

    waiting = service.run_handover(runtime, admin, Wanted(ids['rep'], give), inline_records=0)
    keeping.take(runtime, waiting.id, 'killed')
    work = runtime.registries.operations.get('handover')
    assert not is_active(site, 'rep')  # at once, whenever a worker comes to the records
    for size in (1, 2):  # three records: and then the process is gone
        now = keeping.read(runtime, waiting.id)
        part = work.part(runtime, admin, now, size)

        def write(store, now=now, part=part):  # type: ignore[no-untyped-def]
            tally = now.tally().add(work.write(store, now, part.rows))
            keeping.advance(store.session, now, 'killed', part.position, tally, runtime.clock.now())

        runtime.write(admin, write, operation_id=waiting.id)
    with pytest.raises(Conflict) as under_way:
        service.plan(runtime, admin, Wanted(ids['rep'], give))
    assert under_way.value.findings[0].code == 'LEA-E004'
    assert Counter(owners(site, 'lead').values()) == {'rep': 4, 'rep2': 2, 'leader': 1}

    running.drain(runtime)

    assert keeping.read(runtime, waiting.id).state == 'done'
    assert Counter(owners(site, 'lead').values()) == {'rep2': 3, 'leader': 4}
    assert not is_active(site, 'rep')


def test_the_page_and_the_command_foresee_and_do_the_same(sqlite_site: Site) -> None:
    site = sqlite_site
    ids = {name: site.actor(name).user_id or 0 for name in ('rep', 'rep2')}
    for number in range(3):
        site.create('rep', 'lead', full_name=f'Lead {number}')
    site.create('rep2', 'lead', full_name='Other')
    client, here = site.client('admin'), f'/leaving/{ids["rep"]}'

    page = client.get(here)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]  # type: ignore[index]
    form = {'csrf_token': token, 'give.kind': 'even', 'give.with': ['user:rep2', 'user:leader']}
    foreseen = client.post(f'{here}/plan', data=form)
    nobody = client.post(here, data={'csrf_token': token, 'give.kind': 'even'})
    first = {'rule.lead.where': '{"field": "full_name", "op": "eq", "value": "Lead 0"}', 'rule.lead.kind': 'person',
             'rule.lead.with': 'user:manager'}  # fmt: skip
    by_rule = client.post(f'{here}/plan', data={**form, **first})
    assert re.findall(r'<b class="t-row-end t-fig">(\d+)</b>', by_rule.text) == ['1', '1', '1']
    assert 'Lead 0' in by_rule.text
    assert (page.status_code, foreseen.status_code, nobody.status_code) == (200, 200, 422)
    assert 'Choose at least one' in nobody.text
    assert re.findall(r'<b class="t-row-end t-fig">(\d+)</b>', foreseen.text) == ['1', '2']
    assert site.client('leader').get(here).status_code == 403
    assert 'Hand over and close' in client.get(f'/users/edit/{ids["rep"]}').text

    entry, runner = SimpleNamespace(runtime=site.runtime), CliRunner()
    rule = ('--where', 'lead', '{"field": "full_name", "op": "eq", "value": "Other"}', 'manager')
    ruled = runner.invoke(handover, ['rep2', '--to', 'leader', *rule, '--dry-run'], obj=entry)
    assert (ruled.exit_code, 'where {"field"' in ruled.output) == (0, True), ruled.output
    dry = runner.invoke(handover, ['rep2', '--to', 'leader', '--dry-run'], obj=entry)
    wrong = runner.invoke(handover, ['rep2', '--to', 'ghost'], obj=entry)
    done = runner.invoke(handover, ['rep2', '--to', 'leader,manager', '--entity', 'lead=manager'], obj=entry)
    assert (dry.exit_code, wrong.exit_code, done.exit_code) == (0, 2, 0), done.output
    assert 'lead: 1 →' in dry.output
    assert owners(site, 'lead')['Other'] == 'manager'
    assert not is_active(site, 'rep2')

    went = client.post(here, data={**form, 'give.kind': 'person', 'give.with': ['user:leader']})
    assert went.status_code == 303
    assert Counter(owners(site, 'lead').values()) == {'leader': 3, 'manager': 1}
    asked = client.get(f'{went.headers["Location"]}/undo', headers={'HX-Request': 'true'})
    assert 'API tokens stay ended' in asked.text
