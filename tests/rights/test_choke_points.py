"""Attempts to get at what is hidden, one for each place where an identity or a field can stand; each stands beside its
permitted twin."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from migrations.unread import UnreadValue
from modules.calendar.feeds import end_feed, feeds_of, make_feed
from modules.files.links import LIFE_SECONDS, Ticket, sign
from modules.notices import stream
from modules.notices.service import Notice, tell
from modules.notices.tables import notice
from modules.people.service import People
from modules.records.leftovers import readable_unread
from modules.records.preparing import Change
from permissions.actors import bump_rights
from permissions.fab_tables import user_roles
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.ids import new_uid
from tests.support.site import Site

HTMX = {'HX-Request': 'true'}


@pytest.fixture
def kept(sqlite_site: Site) -> str:
    """A contact of rep2 that rep may not see, changed once so that it has a history."""
    site = sqlite_site
    uid = site.create('rep2', 'contact', full_name='Khách kín', job_title='Kín một')
    site.runtime.write(site.actor('rep2'), lambda store: store.update('contact', uid, {'job_title': 'Kín hai'}))
    return uid


def token(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': client.get('/api/v1/security/csrf_token/').get_json()['result']}


def told(client: FlaskClient, method: str, path: str, **sent: Any) -> tuple[int, str]:
    """Status and words of an answer, without what names the request."""
    headers = {**token(client), 'Accept': 'application/json', **sent.pop('headers', {})}
    answer = client.open(path, method=method, headers=headers, **sent)
    text = answer.get_data(as_text=True)
    answer.close()
    body = answer.get_json(silent=True)
    if isinstance(body, dict):
        body.pop('instance', None)
        text = json.dumps(body, ensure_ascii=False)
    return answer.status_code, text


VIEWS = (
    ('GET', '/api/v1/views/{}'), ('PUT', '/api/v1/views/{}'), ('POST', '/api/v1/views/{}/first'),
    ('DELETE', '/api/v1/views/{}'), ('GET', '/views/contact/{}'), ('POST', '/views/contact/{}'),
    ('POST', '/views/contact/{}/save'), ('POST', '/views/contact/{}/delete'), ('GET', '/api/v1/contact/?view={}'),
)  # fmt: skip
ADDRESSES = (
    ('GET', '/contact/{}'), ('GET', '/contact/{}/edit'), ('GET', '/contact/{}/peek'), ('GET', '/contact/{}/timeline'),
    ('GET', '/contact/{}/revision/1'), ('POST', '/contact/{}/revision/1'), ('POST', '/contact/{}/delete'),
    ('POST', '/contact/{}/restore'), ('GET', '/contact/{}/cell?field=job_title'), ('GET', '/api/v1/contact/{}'),
    ('GET', '/api/v1/contact/{}/history'), ('GET', '/api/v1/contact/{}/history/1'), ('GET', '/contact/{}/share'),
    ('POST', '/api/v1/contact/{}/history/1'), ('GET', '/api/v1/contact/{}/shares'), ('DELETE', '/api/v1/contact/{}'),
    ('POST', '/contact/{}/cell'), ('POST', '/contact/{}/log'), ('POST', '/contact/{}/follow'), ('GET', '/contact/{}/letter'),
    ('POST', '/contact/{}/letter'), ('GET', '/contact/{}/workflows'), ('POST', '/contact/{}/workflows'),
    ('GET', '/contact/{}/workflows/why'), ('POST', '/contact/{}/edit'),
)  # fmt: skip


def test_a_record_out_of_reach_answers_word_for_word_as_one_that_is_not_there(sqlite_site: Site, kept: str) -> None:
    rep, unknown = sqlite_site.client('rep'), new_uid()

    for method, path in ADDRESSES:
        here, there = told(rep, method, path.format(kept)), told(rep, method, path.format(unknown))
        assert here[0] == 404, path
        assert (here[0], here[1].replace(kept, '#')) == (there[0], there[1].replace(unknown, '#')), path
    assert sqlite_site.client('rep2').get(f'/api/v1/contact/{kept}').status_code == 200


def test_taking_a_move_back_does_not_tell_who_changed_a_record_out_of_reach(sqlite_site: Site) -> None:
    site = sqlite_site
    company = site.create('rep2', 'company', name='Công ty kín')
    uid = site.create('rep2', 'opportunity', title='Cơ hội kín', company=company)
    site.runtime.write(site.actor('rep2'), lambda store: store.update('opportunity', uid, {'title': 'Cơ hội kín hơn'}))
    rep = site.client('rep')

    here = told(rep, 'POST', f'/opportunity/{uid}/moved/1', headers=HTMX)
    there = told(rep, 'POST', f'/opportunity/{new_uid()}/moved/1', headers=HTMX)

    assert here == there
    assert here[0] == 404


def test_former_links_that_lead_out_of_reach_are_spelled_as_hidden(sqlite_site: Site) -> None:
    site = sqlite_site
    hidden = site.create('rep2', 'company', name='Công ty kín')
    mine = site.create('admin', 'contact', full_name='Của rep', company=hidden, owner='rep')
    site.runtime.write(site.actor('admin'), lambda store: store.update('contact', mine, {'company': None}))

    body = site.client('rep').get(f'/api/v1/contact/{mine}/history/1')

    assert body.get_json()['values']['company'] == {'hidden': True}
    assert hidden not in body.get_data(as_text=True)
    assert hidden in site.client('admin').get(f'/api/v1/contact/{mine}/history/1').get_data(as_text=True)


def test_rows_of_a_file_cannot_tell_records_out_of_reach_from_none(site: Site, tmp_path: Any) -> None:
    hidden = site.create('rep2', 'contact', full_name='Khách kín', phone='0912345678', job_title='Mật')
    leader, sheet = site.client('leader'), 'uid,job_title\n{}\n{}\n'.format(f'{hidden},x', f'{new_uid()},x')
    headers = token(leader)
    started = leader.post(
        '/contact/import', data={'file': (io.BytesIO(sheet.encode()), 'a.csv')}, headers=headers
    ).headers['Location']  # fmt: skip
    leader.post(
        f'{started}/columns', headers=headers,
        data={'column.0': 'uid', 'column.1': 'job_title', 'key': 'uid', 'duplicates': 'update'},
    )  # fmt: skip
    page = leader.get(started).get_data(as_text=True)
    leader.post(f'{started}/run', headers=headers)
    left = told(leader, 'GET', f'{started}/left-out')[1].splitlines()[1:]

    assert len(left) == 2
    reasons = {line.split(',')[2].replace(line.split(',')[3], '#') for line in left}
    assert len(reasons) == 1, reasons
    assert 'Khách kín' not in page
    with site.runtime.reader(site.actor('admin')) as reader:
        assert reader.get('contact', hidden).values['job_title'] == 'Mật'


def test_what_still_needs_a_record_is_not_counted_beyond_sight(sqlite_site: Site) -> None:
    site = sqlite_site
    mine = site.create('rep', 'company', name='Của rep')
    runtime, catalog = site.runtime, site.runtime.catalogs.current()
    assert catalog.entity('opportunity').fields['company'].definition.document['x-on-delete'] == 'restrict'
    site.create('admin', 'opportunity', title='Kín', company=mine)

    with pytest.raises(Invalid) as refused:
        runtime.write(site.actor('rep'), lambda store: store.delete('company', mine))
    with pytest.raises(Invalid) as counted:
        runtime.write(site.actor('admin'), lambda store: store.delete('company', mine))

    assert [each.code for each in refused.value.findings] == ['REC-E044']
    assert [(each.code, each.params['count']) for each in counted.value.findings] == [('REC-E034', 1)]


def test_hints_for_mistyped_names_never_name_a_closed_field(sqlite_site: Site) -> None:
    site, rep = sqlite_site, sqlite_site.client('rep')
    uid = site.create('admin', 'product', name='Sàn', cost='1000')

    for status, text in (
        told(rep, 'GET', '/api/v1/product/?order_column=costt'), told(rep, 'GET', '/product/?sort=cos'),
        told(rep, 'GET', '/product/?cols=costs'), told(rep, 'GET', f'/api/v1/product/{uid}?columns=costt'),
        told(rep, 'POST', '/api/v1/operations/',
             json={'kind': 'edit', 'entity': 'contact', 'uids': [uid], 'values': {'costt': 1}}),
    ):  # fmt: skip
        assert 400 <= status < 500
        assert "'cost'" not in text


def test_a_signed_link_to_a_file_serves_its_person_for_its_minute_alone(sqlite_site: Site) -> None:
    site = sqlite_site
    rep, rep2 = site.client('rep'), site.client('rep2')
    made = rep.post('/api/v1/files/', data={'file': (io.BytesIO(b'mine'), 'mine.txt')}, headers=token(rep)).get_json()
    secret, now = site.runtime.settings.secret_key, site.runtime.clock.now()
    mine = sign(secret, Ticket(made['uid'], site.actor('rep').user_id or 0, small=False), now)
    forged = sign('another secret key', Ticket(made['uid'], site.actor('rep2').user_id or 0, small=False), now)
    crossed = sign(secret, Ticket(made['uid'], site.actor('rep2').user_id or 0, small=False), now)
    old = sign(secret, Ticket(made['uid'], site.actor('rep').user_id or 0, small=False), now.replace(year=now.year - 1))

    assert told(rep, 'GET', f'/files/content/{mine}') == (200, 'mine')
    for client, link in ((rep2, mine), (rep2, forged), (rep2, crossed), (rep, old), (rep, mine[:-3] + 'abc')):
        assert told(client, 'GET', f'/files/content/{link}')[0] in {403, 404}
    assert LIFE_SECONDS <= 60


def test_ids_of_others_in_bulk_lists_merges_and_links_change_and_tell_nothing(site: Site) -> None:
    hidden = site.create('rep2', 'contact', full_name='Khách kín', job_title='Mật')
    mine = site.create('rep', 'contact', full_name='Của rep')
    runtime, rep = site.runtime, site.actor('rep')
    entity = runtime.catalogs.current().entity('contact')
    change, unknown = Change(entity, hidden, {'job_title': 'x'}), Change(entity, new_uid(), {'job_title': 'x'})

    runtime.write(rep, lambda store: store.update_many('contact', [change, unknown]))

    assert [each.code for each in change.findings] == [each.code for each in unknown.findings] == ['REC-E028']
    assert change.findings[0].text('en') == unknown.findings[0].text('en')
    for uid in (hidden, unknown.uid):
        with pytest.raises(NotFound) as refused:
            runtime.write(rep, lambda store, uid=uid: store.delete('contact', uid))
        assert [each.code for each in refused.value.findings] == ['REC-E028']
        merged = site.client('rep')
        assert told(merged, 'POST', f'/api/v1/contact/{mine}/merge', json={'others': [uid]})[0] == 404
    with runtime.reader(site.actor('admin')) as reader:
        record = reader.get('contact', hidden)
        assert (record.values['job_title'], record.deleted_at) == ('Mật', None)


def test_a_uid_that_somebody_else_used_gives_no_record_away(sqlite_site: Site, kept: str) -> None:
    with pytest.raises(Conflict) as refused:
        sqlite_site.runtime.write(
            sqlite_site.actor('rep'), lambda store: store.create('contact', {'full_name': 'Lại'}, uid=kept)
        )

    assert [each.code for each in refused.value.findings] == ['REC-E032']
    assert 'Khách kín' not in str(refused.value)


def test_a_filter_by_a_hidden_link_finds_nothing_and_names_nobody(site: Site) -> None:
    hidden = site.create('rep2', 'company', name='Công ty kín')
    site.create('admin', 'contact', full_name='Của rep', company=hidden, owner='rep')
    rep, admin = site.client('rep'), site.client('admin')
    filtered = '/api/v1/contact/?filter=' + json.dumps({'field': 'company', 'op': 'eq', 'value': hidden})
    page = '/contact/?filter=' + json.dumps({'all': [{'field': 'company', 'op': 'eq', 'value': hidden}]})

    assert (rep.get(filtered).get_json()['ids'], len(admin.get(filtered).get_json()['ids'])) == ([], 1)
    assert 'Công ty kín' not in rep.get(page).get_data(as_text=True)
    assert 'Công ty kín' in admin.get(page).get_data(as_text=True)


def test_a_person_without_a_role_is_refused_everywhere_and_nothing_breaks(sqlite_site: Site) -> None:
    site = sqlite_site
    site.create('admin', 'contact', full_name='Không ai thấy')
    rep = site.actor('rep')
    with site.runtime.database.session() as session:
        session.execute(user_roles.delete().where(user_roles.c.user_id == rep.user_id))
        bump_rights(session)
    client = site.client('rep')

    for path in ('/', '/contact/', '/contact/filter', '/contact/choices', '/search/?q=ai', '/api/v1/contact/', '/operations/',
                 '/contact/export.csv', '/contact/import', '/opportunity/board', '/contact/new'):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code < 500, path
        assert 'Không ai thấy' not in answer.get_data(as_text=True), path


def test_views_notices_feeds_streams_and_hooks_of_others_open_nothing(sqlite_site: Site, kept: str) -> None:
    """What else has an identity, a number or a secret of its own: with the permitted twin, it answers as what is not there."""
    site, now = sqlite_site, sqlite_site.runtime.clock.now()
    rep, rep2 = site.client('rep'), site.client('rep2')
    mine = rep2.post('/api/v1/views/', headers=token(rep2), json={'entity': 'contact', 'name': 'Riêng', 'document': {}})
    view, unknown = mine.get_json()['id'], new_uid()
    for method, path in VIEWS:
        here, there = told(rep, method, path.format(view), json={}), told(rep, method, path.format(unknown), json={})
        assert (here[0], here[1].replace(view, '#')) == (there[0], there[1].replace(unknown, '#')), path
    assert told(rep2, 'GET', f'/api/v1/views/{view}')[0] == 200

    with site.runtime.database.session() as session:
        about = Notice('share', {'en': 'Kín', 'vi': 'Kín'}, record_uid=kept)
        tell(session, [site.actor('rep2').user_id or 0], about, key='kept', now=now)
        number = session.execute(sa.select(sa.func.max(notice.c.id))).scalar_one()
        secret, ended = (make_feed(session, site.actor('rep2'), name, now) for name in ('a', 'b'))
        end_feed(session, site.actor('rep2'), feeds_of(session, site.actor('rep2'))[0].id, now)
    assert [told(rep, 'GET', f'/notices/{each}')[0] for each in (number, number + 7)] == [404, 404]
    assert told(rep, 'POST', '/notices/popped', data={'ids': str(number)})[1] == '{"notices": []}'
    told(rep, 'POST', '/notices/read', data={'notice': str(number)})
    assert '"unread": 1' in told(rep2, 'GET', '/notices/new')[1]

    stranger = site.client()
    assert stranger.get(f'/calendar/feed/{secret}.ics').status_code == 200
    shut = [stranger.get(f'/calendar/feed/{each}.ics') for each in (ended, secret[:-2] + 'xx', 'guessed')]
    assert [each.status_code for each in shut] == [404, 404, 404]
    with site.runtime.database.session() as session:
        People(session, site.runtime.catalogs.current(), now).set_active(site.actor('rep2').user_id or 0, active=False)
    assert stranger.get(f'/calendar/feed/{secret}.ics').status_code == 404  # who is shut out is shut out here too
    own = site.runtime.settings.secret_key
    streams = [stream.sign(own, 7), stream.sign('another secret key for tests', 7), f'{stream.sign(own, 7)}x']
    assert [stream.read(own, each) for each in streams] == [7, None, None]
    assert stranger.post('/hooks/guessed', json={}).status_code == 404
    assert rep2.get('/contact/').status_code == 302


def test_values_that_a_publish_could_not_read_are_covered_by_the_rights_to_their_records(sqlite_site: Site, kept: str) -> None:
    site, entity = sqlite_site, sqlite_site.runtime.catalogs.current().entity('contact')
    left = UnreadValue(entity.ref, entity.fields['job_title'].ref, kept, 'Khách kín', 'giá trị cũ')

    (covered,) = readable_unread(site.runtime, site.actor('rep'), [left])
    (shown,) = readable_unread(site.runtime, site.actor('rep2'), [left])

    assert (covered.title, covered.value) == ('…', '…')
    assert shown == left
