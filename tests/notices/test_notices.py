"""What people are told: once, under their own rights, one notice for a whole bulk change, and by mail when they want that."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from modules.mail.tables import mail_message
from modules.notices import choices
from modules.notices.choices import Choice
from modules.notices.mailing import write_mails
from modules.notices.service import Notice, tell
from modules.notices.tables import notice
from modules.operations import running
from modules.operations.keeping import Begun, begin
from modules.operations.service import Order
from modules.operations.service import start as start_operation
from modules.sharing.service import find_receivers, share_one
from tests.support.site import Site

WORDS = {'en': 'The deal {title} was won', 'vi': 'Cơ hội {title} đã thắng'}


def rows(site: Site, username: str) -> list[Any]:
    wanted = sa.select(notice).where(notice.c.user_id == site.actor(username).user_id).order_by(notice.c.id)
    with site.runtime.database.reading() as connection:
        return list(connection.execute(wanted))


def say(site: Site, *usernames: str, key: str = 'one', **parts: Any) -> int:
    told = Notice(**{'kind': 'workflow', 'texts': WORDS, **parts})
    ids = [site.actor(each).user_id for each in usernames]
    with site.runtime.database.session() as session:
        return tell(session, ids, told, key=key, now=site.runtime.clock.now())


def post(client: FlaskClient, path: str, **form: str) -> Any:
    token = client.get('/api/v1/security/csrf_token/').get_json()['result']
    return client.post(path, data=form, headers={'X-CSRFToken': token})


def test_people_are_told_once_read_it_under_their_own_rights_and_tick_it_off(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Lê Văn Tám', email='tam@vd.vn')
    about = {'entity_ref': site.runtime.catalogs.current().entity('contact').ref, 'record_uid': uid}
    first, again = say(site, 'rep', 'rep2', **about), say(site, 'rep', 'rep2', **about)
    rep, rep2 = site.client('rep', locale='vi'), site.client('rep2')

    seen, hidden = rep.get('/notices/').get_data(as_text=True), rep2.get('/notices/').get_data(as_text=True)
    asked = rep.get('/notices/new').get_json()
    taken = post(rep, '/notices/popped', ids=','.join(map(str, asked['pops']))).get_json()['notices']
    twice = post(rep, '/notices/popped', ids=','.join(map(str, asked['pops']))).get_json()['notices']
    opened = rep.get(f'/notices/{asked["pops"][0]}')
    foreign = rep2.get(f'/notices/{asked["pops"][0]}').status_code

    assert (first, again) == (2, 0)
    assert 'Cơ hội Lê Văn Tám đã thắng' in seen
    assert 'The deal a record was won' in hidden and 'Tám' not in hidden and uid not in hidden
    assert (asked['unread'], [each['text'] for each in taken], twice) == (1, ['Cơ hội Lê Văn Tám đã thắng'], [])
    assert (opened.status_code, opened.location, foreign) == (302, f'/contact/{uid}', 404)
    assert rep.get('/notices/new').get_json() == {'unread': 0, 'more': False, 'pops': []}


def test_whoever_is_given_records_hears_of_it_and_of_a_bulk_change_in_one_notice(site: Site) -> None:
    uids = [site.create('manager', 'contact', full_name=f'Khách {n}', email=f'k{n}@vd.vn') for n in range(4)]
    runtime, manager = site.runtime, site.actor('manager')
    runtime.write(manager, lambda store: store.update('contact', uids[0], {'owner': 'rep'}))
    runtime.write(site.actor('rep'), lambda store: store.update('contact', uids[0], {'full_name': 'Của tôi'}))
    order = Order('assign', 'contact', {'uids': uids[1:]}, {'owner': 'rep'})

    start_operation(runtime, manager, order)
    told = rows(site, 'rep')
    page = site.client('rep').get('/notices/').get_data(as_text=True)

    assert [(row.kind, row.number, bool(row.record_uid)) for row in told] == [('assigned', 1, True), ('assigned', 3, False)]
    assert 'gave you 3 contacts' in page and 'gave you the contact Của tôi' in page
    listed = site.client('rep').get(told[1].href).get_data(as_text=True)
    assert all(name in listed for name in ('Của tôi', 'Khách 1', 'Khách 3'))
    assert rows(site, 'manager') == []


def test_shares_and_operations_of_the_worker_are_told_and_undoing_is_not(site: Site) -> None:
    uid = site.create('manager', 'contact', full_name='Khách', email='k@vd.vn')
    runtime, manager = site.runtime, site.actor('manager')
    with runtime.database.session() as session:
        receivers = find_receivers(session, ['rep2'], [])
    runtime.write(manager, lambda store: share_one(store, 'contact', uid, receivers, 'view'))
    entity = runtime.catalogs.current().entity('contact')
    title = {'en': 'Change 1 contact', 'vi': 'Sửa 1 người liên hệ'}
    params = {'target': {'uids': [uid]}, 'values': {'job_title': 'Kế toán'}}
    begin(runtime, manager, Begun('edit', entity.ref, title, params, 1))

    running.drain(runtime)

    assert [row.kind for row in rows(site, 'rep2')] == ['share']
    assert 'shared the contact Khách with you' in site.client('rep2').get('/notices/').get_data(as_text=True)
    (over,) = rows(site, 'manager')
    assert (over.kind, over.texts['en']) == ('operation_done', '“Change 1 contact” is done: 1 changed')


def test_choices_decide_about_the_page_the_popup_and_the_mail(site: Site) -> None:
    runtime, rep = site.runtime, site.actor('rep')
    client = site.client('rep')
    post(client, '/notices/choices', **{'workflow.listed': 'on', 'workflow.mail': 'on'})
    say(site, 'rep', 'manager', key='quiet')
    with runtime.database.session() as session:
        choices.save_choices(session, rep.user_id or 0, {'workflow': Choice(listed=False, popup=False, mail=False)})
    say(site, 'rep', key='none')

    written, rest = write_mails(runtime), write_mails(runtime)

    (told,) = rows(site, 'rep')
    assert (told.key, told.listed, told.popup) == ('quiet', True, False)
    assert client.get('/notices/new').get_json() == {'unread': 1, 'more': False, 'pops': []}
    with runtime.database.reading() as connection:
        mails = connection.execute(sa.select(mail_message)).all()
    assert (written, rest, [(row.recipient, row.state) for row in mails]) == (1, 0, [(rep.email, 'held')])
    assert 'The deal' in mails[0].subject or 'Cơ hội' in mails[0].subject
    assert f'/notices/{told.id}' not in mails[0].text  # it is about no record, so there is nowhere to go


def test_nobody_is_called_to_a_record_that_was_deleted_meanwhile(site: Site) -> None:
    runtime, rep = site.runtime, site.actor('rep')
    uids = [site.create('manager', 'contact', full_name=f'Khách {n}', email=f'k{n}@vd.vn') for n in range(2)]
    with runtime.database.session() as session:
        choices.save_choices(session, rep.user_id or 0, {'assigned': Choice(listed=True, popup=True, mail=True)})
    for uid in uids:
        runtime.write(site.actor('manager'), lambda store, uid=uid: store.update('contact', uid, {'owner': 'rep'}))
    runtime.write(site.actor('manager'), lambda store: store.delete('contact', uids[0]))
    client = site.client('rep')

    write_mails(runtime)
    pops = client.get('/notices/new').get_json()['pops']
    popped = post(client, '/notices/popped', ids=','.join(map(str, pops))).get_json()['notices']

    with runtime.database.reading() as connection:
        (mail,) = connection.execute(sa.select(mail_message)).all()
    assert 'Khách 1' in mail.subject and (len(pops), [each['target'] for each in popped]) == (2, [f'/contact/{uids[1]}'])
    assert len(rows(site, 'rep')) == 2  # the page of notices tells of both
