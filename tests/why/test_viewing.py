"""Viewing as somebody else: an administrator sees what they see, everywhere, and can do nothing with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from modules.certificate.tries.knocking import path_of
from modules.notices.service import Notice, tell
from modules.people.sessions import end_all
from modules.ways import reading_posts
from modules.why import viewing
from modules.why.viewing import Target
from schema.base.audit import audit_entry
from schema.base.clock import FrozenClock
from schema.base.saved_views import seen_record
from tests.support.site import NOW, Site
from tests.web.pages import token_of


def entries(site: Site) -> list[tuple[str, str, str, str]]:
    with site.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(audit_entry).where(audit_entry.c.kind == 'view_as').order_by(audit_entry.c.id))
        return [(row.actor_name, row.subject, row.params['state'], row.params.get('reason', '')) for row in rows]


def browser(site: Site, username: str, locale: str = 'en') -> FlaskClient:
    """A signed-in client whose requests carry the token of its forms."""
    client = site.client(username, locale=locale)
    client.environ_base['HTTP_X_CSRFTOKEN'] = token_of(client.get('/language/' + locale, follow_redirects=True).text)
    return client


def test_an_administrator_sees_what_a_person_sees_on_every_way_and_can_change_nothing(site: Site) -> None:
    runtime = site.runtime
    runtime.clock = FrozenClock(NOW)
    mine = site.create('rep', 'contact', full_name='Trần Văn Bình')
    others = site.create('rep2', 'contact', full_name='Lê Thị Hoa')
    admin, rep = browser(site, 'admin'), site.actor('rep')
    name = rep.name
    assert admin.get(f'/contact/{others}').status_code == 200

    assert admin.post('/view-as/start', data={'person': 'nobody-here'}).status_code == 404
    assert admin.post('/view-as/start', data={'person': 'admin'}).status_code == 403
    assert admin.post('/view-as/start', data={'person': 'rep'}).status_code == 303
    page = admin.get(f'/contact/{mine}')
    assert page.status_code == 200 and f'Viewing as {name}' in page.text and 'action="/view-as/stop"' in page.text
    assert admin.get(f'/contact/{others}').status_code == 404
    assert admin.get(f'/api/v1/contact/{others}').status_code == 404
    listed = admin.get('/api/v1/contact/').get_json()
    assert [each['uid'] for each in listed['result']] == [mine]
    assert 'Lê Thị Hoa' not in admin.get('/search/?q=Lê').text
    assert admin.get('/users/list/').status_code == 403

    refused = (
        admin.post(f'/contact/{mine}/delete'),
        admin.post('/contact/new', data={'full_name': 'X'}),
        admin.patch(f'/api/v1/contact/{mine}', json={'full_name': 'X'}),
        admin.post('/view-as/start', data={'person': 'rep2'}),
        admin.get('/contact/export.csv'),
    )
    assert {each.status_code for each in refused} == {403}
    assert all(f'viewing as {name}'.lower() in each.text.lower() or 'WHY-E001' in each.text for each in refused)
    assert 'account' in admin.get('/settings').text and admin.get('/settings').status_code == 403
    assert admin.get('/api/v1/security/csrf_token/').status_code == 403
    assert 'href="/settings"' not in page.text

    # What is asked by POST and changes nothing goes through, and nothing that a page writes by the way is kept.
    asked = admin.post('/contact/filter/foresee', data={'filter': '{"field": "full_name", "op": "contains", "value": "n"}'})
    assert asked.status_code == 200 and '1' in asked.text
    assert admin.post('/contact/many/ask', data={'kind': 'edit', 'uids': mine}).status_code == 200
    assert admin.post('/contact/matches', data={'full_name': 'Trần Văn Bình'}).status_code == 200
    with runtime.database.reading() as connection:
        assert connection.execute(sa.select(seen_record.c.user_id).where(seen_record.c.user_id == rep.user_id)).first() is None

    assert admin.post('/view-as/stop').status_code == 303
    assert admin.get(f'/contact/{others}').status_code == 200 and 't-eyes' not in admin.get('/').text
    assert admin.post('/view-as/stop').status_code == 303

    admin.post('/view-as/start', data={'person': 'rep'})
    runtime.clock.move(viewing.LONGEST + timedelta(seconds=1))
    assert admin.get(f'/contact/{others}').status_code == 200
    real = site.actor('admin').name
    assert entries(site) == [
        (real, 'rep', 'started', ''), (real, 'rep', 'stopped', ''),
        (real, 'rep', 'started', ''), (real, 'rep', 'stopped', 'time'),
    ]  # fmt: skip

    admin.post('/view-as/start', data={'person': 'rep'})
    with runtime.database.session() as session:
        end_all(session, int(site.actor('admin').user_id or 0), runtime.clock.now())
    assert admin.get('/').status_code == 302


def test_a_role_alone_owns_nothing_and_reaches_a_chosen_team(sqlite_site: Site) -> None:
    site = sqlite_site
    own = site.create('rep', 'contact', full_name='Của nhóm Bắc')
    admin = browser(site, 'admin')
    with site.runtime.database.reading() as connection:
        teams = {row.name: row for row in connection.execute(sa.text('SELECT id, uid, name FROM team'))}
    north = next(row for row in teams.values() if row.id in site.actor('rep').team_ids)

    assert admin.post('/view-as/start', data={'role': 'no_such_role'}).status_code == 404
    assert admin.post('/view-as/start', data={'role': 'rep'}).status_code == 303
    assert admin.get(f'/contact/{own}').status_code == 404 and admin.get('/contact/').status_code == 200
    admin.post('/view-as/stop')
    leads = next(key for key in site.actor('leader').roles)
    assert admin.post('/view-as/start', data={'role': leads, 'team': north.uid}).status_code == 303
    assert admin.get(f'/contact/{own}').status_code == 200
    assert north.name in admin.get('/').text
    assert [each[1] for each in entries(site)] == ['rep', 'rep', leads]


def test_only_administrators_may_and_nobody_through_the_eyes_of_who_sees_more(sqlite_site: Site) -> None:
    site = sqlite_site
    for username in ('rep', 'manager'):
        client = browser(site, username)
        assert client.get('/view-as/').status_code == 403
        assert client.post('/view-as/start', data={'person': 'rep2'}).status_code == 403
    catalog = site.runtime.catalogs.current()
    admin, rep = (site.runtime.policy(site.actor(each), catalog) for each in ('admin', 'rep'))
    assert viewing.exceeds(admin, rep) and not viewing.exceeds(rep, admin)
    for target in (Target(7), Target(role='rep'), Target(role='rep', team_id=3)):
        assert Target.parse(str(target)) == target
    assert entries(site) == []


@pytest.mark.parametrize('locale', ['vi', 'en'])
def test_the_pages_speak_the_administrators_language(sqlite_site: Site, locale: str) -> None:
    client = browser(sqlite_site, 'admin', locale)
    client.post('/view-as/start', data={'person': 'rep'})
    words = {'vi': 'Đang xem với tư cách', 'en': 'Viewing as'}
    assert words[locale] in client.get('/').text


def test_no_unsafe_address_at_all_changes_a_row_while_somebody_looks_through_others_eyes(sqlite_site: Site) -> None:
    """Also what is read and writes by the way: the mark of a notice, what was seen lately. All other pages: `make soak`."""
    every_way(sqlite_site, lambda rule, method: method != 'GET' or rule.endpoint.startswith(('notices.', 'entity.show')))


@pytest.mark.soak
def test_no_address_at_all_changes_a_row_while_somebody_looks_through_others_eyes(sqlite_site: Site) -> None:
    every_way(sqlite_site, lambda rule, method: True)


def every_way(site: Site, wanted: Callable[[Rule, str], bool]) -> None:
    mine, eyes = site.create('rep', 'contact', full_name='Trần Văn Bình'), site.actor('rep').user_id or 0
    admin, app = browser(site, 'admin'), site.app
    with site.runtime.database.session() as session:
        tell(session, [eyes], Notice('share', {'en': 'New', 'vi': 'Mới'}, record_uid=mine), key='1', now=NOW)
    assert admin.post('/view-as/start', data={'person': 'rep'}).status_code == 303
    values = {'entity': 'contact', 'uid': mine, 'kind': 'csv', 'target': 'contact'}
    before, wrong, asked, harmless = kept(site), [], 0, reading(site)

    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}):
            path = path_of(rule, values, mine)
            if path is None or rule.endpoint in {*viewing.LEAVING, 'static', 'appbuilder.static'} or not wanted(rule, method):
                continue
            answer = admin.open(path, method=method, data={'uids': mine, 'uid': mine} if method != 'GET' else None)
            answer.close()
            asked += 1
            done = method != 'GET' and answer.status_code < 300 and rule.endpoint not in harmless
            if answer.status_code == 500 or done:
                wrong.append((rule.endpoint, method, answer.status_code))

    assert wrong == []
    assert asked > 150
    assert {table for table, rows in kept(site).items() if rows != before[table]} <= {'web_session'}


def kept(site: Site) -> dict[str, list[str]]:
    """Every row of every table."""
    listed = sa.text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'ix_%'")
    with site.runtime.database.reading() as connection:
        tables = connection.execute(listed).scalars().all()
        return {each: sorted(map(str, connection.execute(sa.text(f'SELECT * FROM "{each}"')).all())) for each in tables}


def reading(site: Site) -> frozenset[str]:
    registries = site.runtime.registries
    return reading_posts([*registries.ways_out, *registries.no_ways_out])
