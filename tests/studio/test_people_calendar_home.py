"""Forms that choose instead of asking for keys: people of workflows, the calendar of an entity, the first page of a role."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from permissions.tables import ab_user, team
from tests.studio.desk import Desk, plain
from tests.support.site import Site

RULE = '/studio/workflows/birthday_mail'


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def drafted(desk: Desk, kind: str, key: str) -> Any:
    publisher, actor = desk.site.runtime.publisher, desk.site.actor('admin')
    return publisher.preview(publisher.draft(actor).request)[kind, key]


def options(page: str, name: str) -> dict[str, tuple[str, bool]]:
    """The options of a select: what they are called and whether they are chosen."""
    part = page.split(f'name="{name}"', 1)[1].split('</select>', 1)[0]
    found = re.findall(r'<option value="([^"]*)"([^>]*)>([^<]*)', part)
    return {key: (label, 'selected' in rest) for key, rest, label in found}


def form_of(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the selects and boxes of an editor as they stand."""
    form = page.split('data-guard', 1)[1].split('</form>', 1)[0]
    pairs = []
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        pairs += [(name, key) for key in re.findall(r'<option value="([^"]*)"[^>]* selected', inner)]
    return pairs + re.findall(r'type="checkbox" name="([^"]+)" value="([^"]*)" checked', form)


def test_steps_name_people_and_teams_that_are_chosen_by_name(desk: Desk) -> None:
    with desk.site.runtime.database.writing() as connection:
        connection.execute(sa.update(ab_user).where(ab_user.c.username == 'rep2').values(active=False))
        north = connection.execute(sa.select(team.c.uid).where(team.c.name == 'North')).scalar_one()
        name = connection.execute(sa.select(ab_user.c.last_name).where(ab_user.c.username == 'rep')).scalar_one()
    steps = f'{RULE}/steps'
    for kind in ('notify', 'assign', 'share', 'create_task'):
        desk.post(steps, type=kind, at=':1')
    desk.post(f'{steps}/notify', ('to.people', 'rep'), ('to.people', 'manager'), to='people:', to__sent='1', text__sent='1',
              text__vi='Chào')  # fmt: skip
    desk.post(f'{steps}/assign', ('users', 'rep2'), ('users', 'leader'), users__sent='1', teams='North', teams__sent='1')
    desk.post(f'{steps}/share', ('with.users', 'manager'), ('with.teams', north), with__user='', with__sent='1')
    desk.post(f'{steps}/create_task', assign='name:leader', assign__sent='1')
    desk.post(f'{RULE}/about', label__vi='Chúc mừng', run_as='manager')

    rule = drafted(desk, 'workflow', 'birthday_mail')
    made = {each['key']: each for each in rule['steps']}
    page = desk.page(f'{RULE}?step=assign')
    shared = options(desk.page(f'{RULE}?step=share'), 'with.teams')

    assert made['notify']['to'] == {'people': ['rep', 'manager']}
    assert (made['assign']['users'], made['assign']['teams']) == (['rep2', 'leader'], ['North'])
    assert made['share']['with'] == {'users': ['manager'], 'teams': [north]}
    assert (made['create_task']['assign'], rule['run_as']) == ('leader', 'manager')
    offered = options(page, 'users')
    assert list(offered)[:2] == ['rep2', 'leader'] and name in offered['rep'][0]
    assert offered['rep2'] == ('rep2 (no longer in service)', True) and offered['rep'][1] is False
    assert shared[north] == ('North', True) and 'North' not in shared
    assert options(desk.page(f'{RULE}?step=create_task'), 'assign')['name:leader'][1] is True
    runners = options(desk.page(f'{RULE}?step=@name'), 'run_as')
    assert (runners['manager'][1], 'rep2' in runners) == (True, False)
    assert name in desk.page(f'{RULE}?step=notify').split('id="step-notify"')[1].split('</article>')[0]


def test_pages_that_look_into_a_workflow_are_linked_from_its_editor(desk: Desk) -> None:
    uid = desk.site.create('admin', 'contact', full_name='Lê Văn Tám')
    page = desk.page(RULE)
    links = re.findall(r'href="(/workflows/birthday_mail/[^"]+)"', page)
    asked = desk.page('/workflows/birthday_mail/why')

    assert {each.partition('?')[0].rsplit('/', 1)[1] for each in links} == {'preview', 'replay', 'compare', 'check', 'why'}
    assert all(desk.client.get(each).status_code == 200 for each in links)
    assert 'data-remote-url="/contact/choices"' in asked
    assert 'Lê Văn Tám' in desk.page(f'/workflows/birthday_mail/why?uid={uid}')
    assert '/settings/hooks' not in page
    assert 'href="/settings/hooks"' in desk.page(f'{RULE}?step=@trigger&type=webhook')


@pytest.mark.parametrize(('address', 'tag', 'said'), [
    ('', 'Look at this', 'mail server'), ('smtp://127.0.0.1:1', 'Does not work yet', 'mail server'),
])  # fmt: skip
def test_review_tells_of_a_mail_server_at_the_workflow_that_needs_it(
    desk: Desk, address: str, tag: str, said: str
) -> None:  # fmt: skip
    desk.site.runtime.settings = replace(desk.site.runtime.settings, mail_url=address)
    desk.site.create('admin', 'contact', full_name='Lê Văn Tám', email='tam@congty.vn')
    desk.post(f'{RULE}/about', label__vi='Chúc mừng', label__en='Greeting')

    review = desk.review()
    change = plain('<main' + review.split('class="t-change"')[1].split('</section>')[0])

    assert 'Greeting' in change
    assert tag in change and 'Safe' not in change
    assert said in change.lower()
    assert 'What else it means' not in review


def test_calendar_of_an_entity_is_chosen_from_its_fields_and_what_is_unknown_stays(desk: Desk) -> None:
    before = drafted(desk, 'entity', 'appointment')['x-calendar']
    desk.post('/studio/appointment/calendar', *form_of(desk.page('/studio/appointment/calendar')))
    same = drafted(desk, 'entity', 'appointment')['x-calendar']

    desk.post('/studio/contact/calendar', ('done.lead_source', 'none'), kind='task', start='birthday', status='', end='email')
    wrong = desk.page('/studio/contact/calendar')
    home = desk.page('/studio/')
    desk.post('/studio/contact/calendar', then='forget')
    stages = re.findall(r'name="done\.stage" value="([^"]+)"', desk.page('/studio/opportunity/calendar'))
    desk.post('/studio/opportunity/calendar', ('done.stage', stages[-1]), ('cancelled.stage', stages[0]), kind='task',
              start='expected_close_on', status='stage')  # fmt: skip
    made = drafted(desk, 'entity', 'opportunity')['x-calendar']
    desk.go_live()

    assert same == before
    assert 'id="in-end"' in wrong and 't-error' in wrong.split('id="in-end"')[1].split('</div>')[0]
    assert '/studio/contact/calendar#in-end' in home
    assert made == {
        'kind': 'task',
        'start': 'expected_close_on',
        'status': 'stage',
        'done': [stages[-1]],
        'cancelled': [stages[0]],
    }
    assert desk.live('opportunity')['x-calendar'] == made
    assert 'x-calendar' not in desk.live('contact')
    desk.post('/studio/opportunity/calendar', kind='')
    assert 'x-calendar' not in drafted(desk, 'entity', 'opportunity')


def test_first_page_of_a_role_is_put_in_order_and_goes_back_to_the_usual(desk: Desk) -> None:
    path = '/studio/roles/rep/home'
    desk.post(path, *form_of(desk.page(path)))
    untouched = 'x-home' in drafted(desk, 'role', 'rep')
    leader = drafted(desk, 'role', 'leader')
    desk.post('/studio/roles/leader/home', *form_of(desk.page('/studio/roles/leader/home')))

    desk.post(path, ('part', 'recent'), ('part', 'agenda'), ('part', 'birthdays'))
    page = desk.page(path)
    desk.go_live()
    live = desk.site.runtime.publisher.documents()['role', 'rep']
    first = desk.site.client('rep').get('/').text
    desk.post(path, ('then', 'common'))

    assert untouched is False
    assert drafted(desk, 'role', 'leader') == leader
    assert re.findall(r'name="part" value="(\w+)"', page)[:3] == ['recent', 'agenda', 'birthdays']
    assert live['x-home'] == ['recent', 'agenda', 'birthdays']
    assert 'Opened lately' in first
    assert 'x-home' not in drafted(desk, 'role', 'rep')
    desk.post(path)
    assert '/studio/roles/rep/home#in-x-home' in desk.page('/studio/')
