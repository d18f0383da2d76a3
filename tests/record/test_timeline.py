"""The timeline of a record over HTTP: pages, kinds, notes that are changed, pinned and name people, e-mails; who sees what."""

from __future__ import annotations

import copy
import html
import json
import re
from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from modules.mail.service import Draft, add_message
from modules.mail.tables import mail_message
from modules.notices.tables import notice
from modules.records.model import ListQuery
from schema.base.actor import system_actor
from schema.base.ids import new_uid
from tests.files.kept import keep_files, kept_file, picture
from tests.support.site import Site
from tests.web.pages import token_of

HTMX = {'HX-Request': 'true'}


def deal(site: Site, **wire: object) -> str:
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh', email='mua@phuthinh.example')
    return site.create('manager', 'opportunity', title='Nội thất tầng 12', company=company, **wire)


def headers(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': token_of(client.get('/offline').text), **HTMX}


def note(client: FlaskClient, uid: str, body: str, kind: str = 'note') -> object:
    return client.post(f'/opportunity/{uid}/log', data={'kind': kind, 'body': body}, headers=headers(client))


def entries(site: Site) -> list[str]:
    with site.runtime.reader(site.actor('manager')) as reader:
        return [each.uid for each in reader.list_page('activity', ListQuery()).records]


def told(site: Site, username: str, kind: str) -> list[str]:
    person = site.actor(username).user_id
    with site.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(notice.c.href).where(notice.c.user_id == person, notice.c.kind == kind))
        return list(rows.scalars())


def test_a_note_is_written_changed_pinned_and_thrown_away(site: Site) -> None:
    uid, client = deal(site), site.client('manager')

    written = note(client, uid, 'Khách <b>hẹn</b> gọi lại')
    [entry] = entries(site)
    path = f'/opportunity/{uid}/log/{entry}'
    form = client.get(f'{path}?edit=1', headers=HTMX).text
    changed = client.post(path, data={'body': 'Khách hẹn thứ Sáu', 'revision': '1'}, headers=headers(client)).text
    pinned = client.post(f'{path}/pin', headers=headers(client)).text
    gone = client.post(f'{path}/delete', headers=headers(client))

    assert 'Khách &lt;b&gt;hẹn&lt;/b&gt; gọi lại' in written.text and '<b>hẹn</b>' not in written.text
    assert '<textarea' in form and 'name="revision" value="1"' in form
    assert 'Khách hẹn thứ Sáu' in changed and 'edited' in changed
    assert f'id="pinned-{entry}"' in pinned and f'id="entry-{entry}"' in pinned
    assert entry not in gone.text and f'/activity/{entry}/restore' in gone.headers['HX-Trigger']


def test_colleagues_are_named_if_they_may_see_the_record_and_told_once(site: Site) -> None:
    uid = deal(site, owner='rep')
    client = site.client('manager')

    offered = [each['username'] for each in client.get(f'/opportunity/{uid}/people?q=').get_json()]
    answer = note(client, uid, 'Nhờ @rep và @rep2 xem giúp, mail a@rep.example')
    [entry] = entries(site)
    client.post(f'/opportunity/{uid}/log/{entry}', data={'body': 'Nhờ @rep xem lại'}, headers=headers(client))

    rep, rep2 = site.actor('rep').name, site.actor('rep2').name
    assert 'rep' in offered and 'rep2' not in offered
    assert f'>@{rep}</span>' in answer.text and 'a@rep.example' in answer.text
    assert rep2 in json.loads(answer.headers['HX-Trigger'])['second-toast']['text']
    assert [len(told(site, each, 'mention')) for each in ('rep', 'rep2', 'manager')] == [1, 0, 0]
    assert told(site, 'rep', 'mention') == [f'/opportunity/{uid}#entry-{entry}']


def test_a_follower_hears_of_changes_once_until_the_record_is_opened_again(site: Site) -> None:
    uid = deal(site, owner='rep')
    rep, manager = site.client('rep'), site.actor('manager')

    def change(step: str) -> None:
        site.runtime.write(manager, lambda store: store.update('opportunity', uid, {'next_step': step}))

    change('Gọi lại')
    bell = rep.post(f'/opportunity/{uid}/follow', headers=headers(rep)).text
    change('Gửi báo giá')
    change('Gửi hợp đồng')
    before = len(told(site, 'rep', 'follow'))
    page, again = rep.get(f'/opportunity/{uid}').text, rep.get(f'/opportunity/{uid}').text
    rep.post(f'/opportunity/{uid}/follow', data={'off': '1'}, headers=headers(rep))
    change('Ký')

    assert 'aria-pressed="true"' in bell
    assert (before, len(told(site, 'rep', 'follow'))) == (1, 1)
    assert page.count('is-unread') == 1 and 'is-unread' not in again


def test_quick_changes_are_told_as_one_but_for_one_that_goes_back(site: Site) -> None:
    uid, client = deal(site), site.client('manager')
    for step in ('Gọi lại', 'Gửi báo giá', 'Gọi lại'):
        site.runtime.write(site.actor('manager'), lambda store: store.update('opportunity', uid, {'next_step': step}))  # noqa: B023

    page = client.get(f'/opportunity/{uid}/timeline', headers=HTMX).text
    told = [re.sub(r'<.*?>', '', line).split() for line in re.findall(r'<p>Next step: (.*?)</p>', page)]

    assert told == [['Gửi', 'báo', 'giá', 'Gọi', 'lại'], ['Gửi', 'báo', 'giá']]
    assert page.count('in 2 steps') == 1


def test_more_of_a_timeline_comes_by_place_and_costs_the_same(site: Site) -> None:
    uid = deal(site)
    manager, client = site.actor('manager'), site.client('manager')
    regarding = {'entity': 'opportunity', 'uid': uid}
    moment = site.runtime.clock.now() - timedelta(days=2)

    def add(first: int, last: int) -> None:
        for number in range(first, last):  # every third of them at one moment, so that places alone tell them apart
            at = (moment - timedelta(minutes=number // 3)).isoformat()
            wire = {'kind': 'call', 'subject': f'Cuộc {number:03}', 'body': f'Cuộc {number:03}', 'regarding': regarding}
            site.runtime.write(manager, lambda store: store.create('activity', {**wire, 'happened_at': at}))  # noqa: B023

    def costs(path: str) -> tuple[int, str]:
        seen: list[str] = []
        engines = (site.runtime.database.write_engine, site.runtime.database.read_engine)
        listener = lambda *told: seen.append(told[2])  # noqa: E731
        for engine in engines:
            sa.event.listen(engine, 'before_cursor_execute', listener)
        text = client.get(path, headers=HTMX).text
        for engine in engines:
            sa.event.remove(engine, 'before_cursor_execute', listener)
        return len(seen), text

    add(0, 6)
    costs(f'/opportunity/{uid}/timeline')
    few, _text = costs(f'/opportunity/{uid}/timeline')
    add(6, 70)
    many, text = costs(f'/opportunity/{uid}/timeline')
    shown, pages = re.findall(r'Cuộc (\d{3})<', text), [text]
    while more := re.search(r'hx-get="([^"]+/timeline/more[^"]*)"', pages[-1]):
        pages.append(client.get(more[1].replace('&amp;', '&'), headers=HTMX).text)
        shown += re.findall(r'Cuộc (\d{3})<', pages[-1])
    calls = client.get(f'/opportunity/{uid}/timeline?show=log:call', headers=HTMX).text
    notes = client.get(f'/opportunity/{uid}/timeline?show=log:note', headers=HTMX).text

    assert many == few
    assert len(pages) > 2 and sorted(shown) == [f'{number:03}' for number in range(70)]
    assert calls.count('t-bubble') == 30 and 'added this' not in calls and 't-bubble' not in notes
    page = client.get(f'/opportunity/{uid}').text
    assert re.search(r'<b class="t-strong">70</b>\s*interactions', page)


def test_what_a_person_may_not_see_leaves_no_trace_on_the_timeline(site: Site) -> None:
    uid, publisher, admin = deal(site, owner='rep'), site.runtime.publisher, site.actor('admin')
    documents = copy.deepcopy(dict(publisher.documents()))
    documents['role', 'rep']['fields']['opportunity'] = {'next_step': 'none'}
    publisher.apply(publisher.plan_documents(documents, admin, note='Hide').plan_id, admin)
    for step in ('Bí mật một', 'Bí mật hai'):
        site.runtime.write(admin, lambda store: store.update('opportunity', uid, {'next_step': step}))  # noqa: B023
    hidden = {'kind': 'note', 'subject': 'Kín', 'body': 'Chỉ quản lý đọc', 'regarding': {'entity': 'opportunity', 'uid': uid}}
    entry = site.create('manager', 'activity', **hidden, owner='manager')
    with site.runtime.database.session() as session:
        draft = Draft('mua@phuthinh.example', 'a@b.example', 'Ada', 'Giá mật', '', 'Nội dung mật', 'vi',
                      {'entity_ref': publisher_ref(site), 'record_uid': uid, 'run_id': 'r'})  # fmt: skip
        add_message(session, draft, key='run:1', at=site.runtime.clock.now(), held=False)
    rep, manager = site.client('rep'), site.client('manager')

    hers = ''.join(
        rep.get(f'/opportunity/{uid}{part}').text for part in ('', '/timeline?show=change', '/timeline?show=log:note')
    )
    his = ''.join(manager.get(f'/opportunity/{uid}{part}').text for part in ('', '/timeline?show=change'))
    pin = rep.post(f'/opportunity/{uid}/log/{entry}/pin', headers=headers(rep))

    for secret in ('Bí mật', 'Chỉ quản lý', 'Giá mật', 'Nội dung mật', 'mua@phuthinh.example', 'Next step'):
        assert secret not in hers
    assert 'Bí mật hai' in his and 'Chỉ quản lý đọc' in his and 'Giá mật' in his
    assert pin.status_code == 404


def test_a_picture_in_a_note_is_for_those_who_see_the_note(site: Site) -> None:
    uid = deal(site, owner='rep')
    rep = site.client('rep')
    mine, foreign = new_uid(), new_uid()
    for uploaded, who in ((mine, 'rep'), (foreign, 'rep2')):
        keep_files(site, [kept_file(uploaded, 'Mặt bằng.png', picture('PNG'), 'image/png')], who)
    path = f'/opportunity/{uid}/log'

    written = rep.post(path, data={'kind': 'note', 'body': 'Bản vẽ', 'files': mine}, headers=headers(rep))
    refused = rep.post(path, data={'kind': 'note', 'body': 'Của người khác', 'files': foreign}, headers=headers(rep))
    seen = [site.client(each).get(f'/files/{mine}/thumbnail').status_code for each in ('rep', 'leader', 'rep2')]
    small = rep.get(rep.get(f'/files/{mine}/thumbnail').headers['Location'], buffered=True)

    assert written.status_code == 200 and f'src="/files/{mine}/thumbnail' in written.text and 'Mặt bằng.png' in written.text
    assert (refused.status_code, len(entries(site))) == (422, 1)
    assert seen == [303, 303, 404] and small.mimetype.startswith('image/')


def test_a_template_fills_the_letter_with_what_the_person_may_read(site: Site) -> None:
    firm = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    uid = site.create('manager', 'contact', full_name='Đặng <Yến> Nhi', email='nhi@phuthinh.example', company=firm, owner='rep')
    client, path = site.client('rep', locale='vi'), f'/contact/{uid}/letter'

    offered = client.get(path, headers=HTMX).text
    filled = html.unescape(client.get(f'{path}?template=birthday&to=nhi@phuthinh.example', headers=HTMX).text)
    text = re.search(r'<textarea[^>]*>(.*?)</textarea>', filled, re.S)[1]
    sent = {'uid': re.search(r'name="uid" value="([^"]+)"', filled)[1], 'to': 'nhi@phuthinh.example', 'template': 'birthday',
            'subject': 'Chúc mừng', 'text': text}  # fmt: skip
    whole = client.post(path, data=sent, headers=headers(client))
    own = client.post(path, data={**sent, 'uid': new_uid(), 'text': 'Chào <b>chị</b>'}, headers=headers(client))

    with site.runtime.database.reading() as connection:
        about = sa.select(mail_message).where(mail_message.c.record_uid == uid)
        rows = connection.execute(about.order_by(mail_message.c.id)).all()
    assert 'value="birthday"' in offered and 'appointment_reminder' not in offered
    assert 'value="Chúc mừng sinh nhật Đặng <Yến> Nhi"' in filled and 'Phú Thịnh' not in text
    assert (whole.status_code, own.status_code, len(rows)) == (200, 200, 2)
    assert 'Đặng &lt;Yến&gt; Nhi' in rows[0].html and '&lt;b&gt;chị&lt;/b&gt;' in rows[1].html and '<h1' not in rows[1].html


def test_an_email_goes_out_from_the_record_once(site: Site) -> None:
    uid, client = deal(site), site.client('manager')

    form = client.get(f'/opportunity/{uid}/letter', headers=HTMX).text
    sent = {'uid': re.search(r'name="uid" value="([^"]+)"', form)[1], 'to': 'mua@phuthinh.example', 'subject': 'Báo giá',
            'text': 'Kính gửi <b>anh</b>,\n\nXin gửi báo giá.'}  # fmt: skip
    answers = [client.post(f'/opportunity/{uid}/letter', data=sent, headers=headers(client)) for _turn in range(2)]
    strange = client.post(
        f'/opportunity/{uid}/letter', data={**sent, 'to': 'lạ@khac.example'}, headers=headers(client)
    ).status_code
    refused = site.client('rep').get(f'/opportunity/{uid}/letter', headers=HTMX).status_code

    with site.runtime.database.reading() as connection:
        [row] = connection.execute(sa.select(mail_message).where(mail_message.c.record_uid == uid)).all()
    assert (row.recipient, row.subject, row.sender_name) == ('mua@phuthinh.example', 'Báo giá', site.actor('manager').name)
    assert '&lt;b&gt;anh&lt;/b&gt;' in row.html and row.state in {'new', 'held'}
    assert [each.status_code for each in answers] == [200, 200] and 'Báo giá' in answers[0].text
    assert (strange, refused) == (422, 404)


def test_a_task_is_added_from_the_composer(site: Site) -> None:
    uid, client = deal(site), site.client('manager')
    form = {'kind': '~task', 'title': 'Gửi mẫu vải', 'due': '2027-01-05T09:00'}

    answer = client.post(f'/opportunity/{uid}/log', data=form, headers=headers(client))

    assert answer.status_code == 200 and 'Coming up' in answer.text and 'Gửi mẫu vải' in answer.text


def test_a_call_of_another_time_stands_where_it_belongs(sqlite_site: Site) -> None:
    uid, client = deal(sqlite_site), sqlite_site.client('manager')
    form = {'kind': 'call', 'body': 'Khách đổi màu gỗ', 'at': '1/10/2026 8:30'}

    refused = client.post(f'/opportunity/{uid}/log', data={**form, 'at': 'lúc nào đó'}, headers=headers(client))
    kept = client.post(f'/opportunity/{uid}/log', data=form, headers=headers(client))
    note(client, uid, 'Ghi ngay')

    assert refused.status_code == 422 and 'lúc nào đó' in refused.text and 'Khách đổi màu gỗ</textarea>' in refused.text
    assert kept.status_code == 200 and '<time>08:30</time>' in kept.text
    with sqlite_site.runtime.reader(sqlite_site.actor('manager')) as reader:
        found = reader.list_page('activity', ListQuery(columns=('happened_at',))).records
    assert sorted((sqlite_site.runtime.clock.now() - each.values['happened_at']).days > 0 for each in found) == [False, True]


def publisher_ref(site: Site) -> str:
    return site.runtime.catalogs.current().entities['opportunity'].ref


def test_a_change_of_a_workflow_is_told_by_what_people_call_it(sqlite_site: Site) -> None:
    site, uid = sqlite_site, deal(sqlite_site)
    actor = system_actor('workflow birthday_mail')
    site.runtime.write(actor, lambda store: store.update('opportunity', uid, {'title': 'Tầng 13', 'stage': 'explore'}))
    page = site.client('manager', locale='vi').get(f'/opportunity/{uid}').text
    assert 'workflow birthday_mail' not in page
    assert page.count('Quy trình tự động “E-mail chúc mừng sinh nhật”') >= 2  # in the history and in the stays
