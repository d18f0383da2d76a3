"""Why? on the page and by API: an answer in a sentence, reasons by role, and nothing told of what the asker may not see."""

from __future__ import annotations

from typing import Any

import pytest

from modules.people.service import People
from modules.records.model import ListQuery
from modules.why.service import Trail, explain
from permissions import granting
from permissions.accounts import NewUser
from schema.base.errors import BadRequest, Forbidden, NotFound
from tests.support.site import NOW, PASSWORD, Site


def ask(site: Site, asker: str, user: str, uid: str | None, action: str, field: str | None = None) -> Trail:
    return explain(site.runtime, site.actor(asker), user, 'contact', uid, action, field)


def codes(trail: Trail) -> list[str]:
    return [each.code for each in trail.lines]


def record_id(site: Site, uid: str) -> int:
    with site.runtime.reader(site.actor('admin')) as reader:
        return reader.get('contact', uid).id


def test_an_administrator_learns_why_somebody_may_or_may_not(site: Site) -> None:
    uid = site.create('rep2', 'contact', full_name='Lê Thị Hoa')
    entity = site.runtime.catalogs.current().entity('contact')
    name = site.actor('rep').name

    hidden = ask(site, 'admin', 'rep', uid, 'read')
    assert not hidden.allowed and hidden.answer.startswith(f'{name} cannot see contact “Lê Thị Hoa” because ')
    assert 'PRM-R029' in codes(hidden) and all(each.counts == 'against' for each in hidden.lines)
    assert {label for label, _value in hidden.facts} == {'Owner', 'Team'}
    assert site.actor('rep2').name in dict(hidden.facts).values()
    owner = ask(site, 'admin', 'rep2', uid, 'update')
    assert owner.allowed and 'PRM-R032' in codes(owner) and owner.answer.startswith(f'{site.actor("rep2").name} can change')
    everything = ask(site, 'admin', 'manager', uid, 'read')
    assert everything.allowed and 'PRM-R028' in codes(everything)

    with site.runtime.database.session() as session:
        granting.grant(
            session, entity, [record_id(site, uid)], f'u{site.actor("rep").user_id}', level='view', source='share',
            by=site.actor('rep2').user_id, now=NOW,
        )  # fmt: skip
        catalog = site.runtime.catalogs.current()
        people = People(session, catalog, NOW)
        people.create(NewUser('nobody', 'Không', 'Vai', 'nobody@example.com', PASSWORD))
        closed = people.create(NewUser('gone', 'Đã', 'Nghỉ', 'gone@example.com', PASSWORD, ('rep',)))
        people.set_active(closed, active=False)
    shared = ask(site, 'admin', 'rep', uid, 'read')
    assert shared.allowed and 'PRM-R034' in codes(shared)
    told = next(each for each in shared.lines if each.code == 'PRM-R034')
    assert site.actor('rep2').name in told.text and told.counts == 'for'
    assert shared.answer.endswith(told.text)
    assert not ask(site, 'admin', 'rep', uid, 'update').allowed
    assert codes(ask(site, 'admin', 'nobody', uid, 'read')) == ['PRM-R026']
    assert 'closed' in ask(site, 'admin', 'gone', uid, 'read').answer

    for user in ('rep', 'leader', 'nobody'):
        actor = site.actor(user)
        with site.runtime.reader(actor) as reader:
            seen = (
                reader.count('contact', ListQuery(filter={'field': 'uid', 'op': 'eq', 'value': uid})).value
                if actor.roles
                else 0
            )
        policy = site.runtime.policy(actor)
        for action in ('read', 'update', 'merge'):
            trail, general = ask(site, 'admin', user, uid, action), ask(site, 'admin', user, None, action)
            assert trail.allowed == bool(seen) if action == 'read' else not trail.allowed or seen
            assert general.allowed == policy.decide(action, 'contact').allowed and general.lines
    for action in ('create', 'import'):
        assert ask(site, 'admin', 'rep', uid, action).facts == ()


def test_a_field_has_reasons_of_its_own_and_people_ask_about_themselves(sqlite_site: Site) -> None:
    site = sqlite_site
    mine = site.create('rep', 'contact', full_name='Trần Văn Bình')
    others = site.create('rep2', 'contact', full_name='Lê Thị Hoa')

    locked = ask(site, 'rep', 'rep', mine, 'update', 'created_at')
    assert not locked.allowed and [each.code for each in locked.field_lines][-1] == 'PRM-R041'
    assert locked.answer.startswith(f'{site.actor("rep").name} cannot change')
    kept = {'x-read-only-if': {'field': 'full_name', 'op': 'eq', 'value': 'Trần Văn Bình'}}
    publisher, admin = site.runtime.publisher, site.actor('admin')
    planned = publisher.plan({'entities': {'contact': {'properties': {'job_title': kept}}}}, admin)
    publisher.apply(planned.plan_id, admin)
    ruled = ask(site, 'rep', 'rep', mine, 'update', 'job_title')
    assert (ruled.allowed, ruled.field_lines[-1].code, ruled.field_lines[-1].counts) == (False, 'WHY-R031', 'against')
    assert 'Trần Văn Bình' in ruled.field_lines[-1].text and 'rule' in ruled.answer
    assert ask(site, 'rep', 'rep', mine, 'read', 'job_title').allowed
    free = ask(site, 'rep', 'rep', mine, 'update', 'full_name')
    assert free.allowed and free.field_lines[0].code == 'PRM-R040'
    with pytest.raises(NotFound):
        ask(site, 'rep', 'rep', others, 'read')
    with pytest.raises(Forbidden):
        ask(site, 'rep', 'rep2', mine, 'read')
    with pytest.raises(NotFound):
        ask(site, 'admin', 'no-one', mine, 'read')
    with pytest.raises(BadRequest):
        ask(site, 'admin', 'rep', mine, 'steal')
    with pytest.raises(BadRequest):
        ask(site, 'admin', 'rep', mine, 'read', 'no_such_field')


def test_the_page_and_the_api_answer_in_the_askers_language(sqlite_site: Site) -> None:
    site = sqlite_site
    uid = site.create('rep2', 'contact', full_name='Lê Thị Hoa')
    admin, rep = site.client('admin', locale='vi'), site.client('rep', locale='vi')

    answer: dict[str, Any] = admin.get(f'/api/v1/why?user=rep&entity=contact&uid={uid}&action=update').get_json()
    assert answer['allowed'] is False and 'không sửa được' in answer['answer'] and 'Lê Thị Hoa' in answer['answer']
    assert {each['counts'] for each in answer['reasons']} == {'against'} and answer['reasons'][0]['role'] == 'rep'
    page = admin.get(f'/why/?user=rep&entity=contact&uid={uid}&action=update&field=full_name')
    assert page.status_code == 200 and answer['reasons'][0]['text'] in page.text and 'Lê Thị Hoa' in page.text
    record = admin.get(f'/contact/{uid}').text
    assert f'/why/?entity=contact&amp;uid={uid}' in record
    assert admin.get('/why/').status_code == 200 and admin.get('/why/?entity=contact&uid=nope').status_code == 404
    assert admin.get('/api/v1/why?user=rep&entity=contact&deep=1').status_code == 400

    assert rep.get(f'/api/v1/why?user=rep&entity=contact&uid={uid}').status_code == 404
    assert rep.get('/api/v1/why?user=rep2&entity=contact').status_code == 403
    hidden = rep.get(f'/why/?entity=contact&uid={uid}&action=update')
    assert hidden.status_code == 404 and 'Lê Thị Hoa' not in hidden.text
    assert rep.get('/why/?entity=contact&action=delete').status_code == 200
    assert site.client().get('/api/v1/why?entity=contact').status_code == 401
