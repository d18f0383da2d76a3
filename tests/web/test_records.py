"""Forms, record pages and boards over HTTP: double submits, conflicts, gates, notes, and what keeps pages safe."""

from __future__ import annotations

import copy
import re

import pytest
from flask.testing import FlaskClient

from modules.records.model import ListQuery
from tests.support.site import Site
from tests.web.pages import hidden, token_of

JSON = {'Accept': 'application/json'}


def deal(site: Site, **wire: object) -> str:
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    return site.create('manager', 'opportunity', title='Nội thất tầng 12', company=company, **wire)


def counted(site: Site, entity: str) -> int:
    with site.runtime.reader(site.actor('manager')) as reader:
        return reader.count(entity, ListQuery()).value


def headers(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': token_of(client.get('/offline').text)}


def test_a_form_sent_twice_makes_one_record(site: Site) -> None:
    client = site.client('manager')
    page = client.get('/company/new').text
    form = {'uid': hidden(page, 'uid'), 'csrf_token': hidden(page, 'csrf_token'), 'name': 'Gỗ Việt'}

    first, second = client.post('/company/new', data=form), client.post('/company/new', data=form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert counted(site, 'company') == 1


def test_what_was_done_is_told_on_the_page_that_opens_and_not_to_a_script_that_fetches_one(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    client.post('/company/new', data={'name': 'Gỗ Việt'}, headers=headers(client))

    kept = client.get('/company/new', headers={'Sec-Fetch-Mode': 'cors'}).text
    opened, next_one = (client.get('/company/', headers={'Sec-Fetch-Mode': 'navigate'}).text for _page in range(2))

    assert ['data-toast-close' in page for page in (kept, opened, next_one)] == [False, True, False]


def test_a_form_without_its_token_is_refused_and_nothing_is_saved(sqlite_site: Site) -> None:
    answer = sqlite_site.client('manager').post('/company/new', data={'name': 'Gỗ Việt'})

    assert answer.status_code == 400
    assert counted(sqlite_site, 'company') == 0


def test_a_refused_form_keeps_what_was_typed_and_links_to_the_field(site: Site) -> None:
    client = site.client('manager')

    answer = client.post('/contact/new', data={'full_name': '', 'phone': '0903 41'}, headers=headers(client))

    assert answer.status_code == 422
    assert 'href="#f-full_name"' in answer.text and 'value="0903 41"' in answer.text


def test_a_field_of_ten_megabytes_is_refused(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')

    answer = client.post('/company/new', data={'name': 'x' * 10_000_000}, headers=headers(client))

    assert answer.status_code in {413, 422}
    assert counted(sqlite_site, 'company') == 0


def test_a_conflict_shows_both_values_and_then_saves_the_one_chosen(site: Site) -> None:
    uid = deal(site, amount={'amount': '1000', 'currency': 'VND'})
    client = site.client('manager')
    seen = hidden(client.get(f'/opportunity/{uid}/edit').text, 'revision')
    leader = site.actor('admin')
    site.runtime.write(
        leader, lambda store: store.update('opportunity', uid, {'amount': {'amount': '2000', 'currency': 'VND'}})
    )
    form = {'revision': seen, 'amount.amount': '3000', 'amount.currency': 'VND'}

    refused = client.post(f'/opportunity/{uid}/edit', data=form, headers=headers(client))
    form['revision'] = hidden(refused.text, 'revision')
    saved = client.post(f'/opportunity/{uid}/edit', data={**form, 'keep.amount': 'theirs'}, headers=headers(client))

    assert refused.status_code == 409
    assert '2,000' in refused.text and '3,000' in refused.text and 'keep.amount' in refused.text
    assert saved.status_code == 303
    with site.runtime.reader(site.actor('manager')) as reader:
        assert reader.get('opportunity', uid).values['amount'].amount == 2000


def test_a_card_moved_past_a_gate_is_refused_and_told_where_the_gate_is(site: Site) -> None:
    uid = deal(site, stage='survey')
    client = site.client('manager')

    answer = client.post(f'/opportunity/board/{uid}/move', data={'stage': 'negotiate'}, headers={**JSON, **headers(client)})
    gate = client.get(answer.get_json()['dialog_url'])

    assert answer.status_code == 422
    assert 'name="amount.amount"' in gate.text and '<html' not in gate.text


def test_what_a_person_sees_but_may_not_change_is_neither_dragged_nor_edited_in_place(sqlite_site: Site) -> None:
    publisher, admin = sqlite_site.runtime.publisher, sqlite_site.actor('admin')
    documents = copy.deepcopy(dict(publisher.documents()))
    documents['role', 'rep']['grants']['*']['read'] = 'all'
    publisher.apply(publisher.plan_documents(documents, admin, note='Reps see all').plan_id, admin)
    mine, theirs = deal(sqlite_site, stage='survey', owner='rep'), deal(sqlite_site, stage='survey', owner='rep2')
    client = sqlite_site.client('rep')

    board, listed = client.get('/opportunity/board').text, client.get('/opportunity/').text

    cards = {uid: board.split(f'data-uid="{uid}"')[1].split('>')[0] for uid in (mine, theirs)}
    assert ['data-fixed' in cards[uid] for uid in (mine, theirs)] == [False, True]
    assert [f'/opportunity/{uid}/cell' in listed for uid in (mine, theirs)] == [True, False]


def test_what_a_gate_asks_for_can_be_given_with_the_move(site: Site) -> None:
    uid = deal(site, stage='survey')
    client = site.client('manager')
    form = {'stage': 'negotiate', 'amount.amount': '5000', 'amount.currency': 'VND'}

    answer = client.post(f'/opportunity/{uid}/move', data=form, headers={'HX-Request': 'true', **headers(client)})

    assert (answer.status_code, answer.headers.get('HX-Refresh')) == (204, 'true')


def test_a_card_moved_tells_the_new_figures(site: Site) -> None:
    uid = deal(site, stage='survey', amount={'amount': '190000000', 'currency': 'VND'})
    client = site.client('manager')

    answer = client.post(
        f'/opportunity/board/{uid}/move', data={'stage': 'quote'}, headers={**JSON, **headers(client)}
    ).get_json()

    assert (answer['stages']['survey']['count'], answer['stages']['quote']['count']) == (0, 1)
    assert answer['stages']['quote']['total'] == '₫190M'


def test_a_note_stands_on_the_record_it_is_about(site: Site) -> None:
    uid = deal(site)
    client = site.client('manager')
    form = {'kind': 'call', 'body': 'Khách hẹn gọi lại thứ Sáu.'}

    answer = client.post(f'/opportunity/{uid}/log', data=form, headers=headers(client))

    assert answer.status_code == 200
    assert 'Khách hẹn gọi lại thứ Sáu.' in client.get(f'/opportunity/{uid}').text
    assert counted(site, 'activity') == 1


def test_an_empty_note_is_refused_at_its_place(sqlite_site: Site) -> None:
    uid = deal(sqlite_site)
    client = sqlite_site.client('manager')

    answer = client.post(f'/opportunity/{uid}/log', data={'kind': 'note', 'body': ' '}, headers=headers(client))

    assert answer.status_code == 422
    assert 'composer-error' in answer.text


def test_a_record_made_for_a_select_is_told_to_the_page(site: Site) -> None:
    client = site.client('manager')

    answer = client.post('/company/quick', data={'name': 'Gỗ Việt', 'select': 'f-company'}, headers=headers(client))

    assert answer.status_code == 204
    assert '"record-created"' in answer.headers['HX-Trigger'] and '"f-company"' in answer.headers['HX-Trigger']


def test_a_value_edited_in_place_answers_the_cell_as_shown(site: Site) -> None:
    uid = deal(site)
    client = site.client('manager')
    form = {'title': 'Nội thất tầng 13', 'revision': '1'}

    answer = client.post(f'/opportunity/{uid}/cell?field=title', data=form, headers=headers(client))

    assert answer.status_code == 200
    assert answer.text.strip().startswith('<td') and 'Nội thất tầng 13' in answer.text


def test_likely_duplicates_are_told_while_somebody_types(site: Site) -> None:
    site.create('manager', 'contact', full_name='Đặng Thị Yến Nhi', phone='0903412778')
    client = site.client('manager')

    answer = client.post(
        '/contact/matches', data={'full_name': 'Dang Yen', 'phone': '+84 903 412 778'}, headers=headers(client)
    )

    assert 'Đặng Thị Yến Nhi' in answer.text


@pytest.mark.parametrize('username', ['admin', 'rep'])
def test_no_page_has_script_or_style_in_it_and_each_has_its_policy(sqlite_site: Site, username: str) -> None:
    uid = deal(sqlite_site, stage='survey', owner='rep')
    client = sqlite_site.client(username, locale='vi')
    pages = (
        '/', '/search/?q=phu', '/unicorn/', '/company/', '/contact/', '/contact/new', '/opportunity/', '/opportunity/board',
        f'/opportunity/{uid}', f'/opportunity/{uid}/edit', '/company/?bin=1', '/activity/', '/appointment/new', '/task/',
    )  # fmt: skip

    for address in pages:
        answer = client.get(address)
        assert answer.status_code in {200, 404}, address
        assert "script-src 'self' 'nonce-" in answer.headers['Content-Security-Policy'], address
        assert not re.search(r'<script(?![^>]*\bsrc=)|<style|\son[a-z]+="|javascript:', answer.text), address
        assert not re.search(r'\sstyle="', answer.text), address


def test_the_language_chosen_is_spoken_everywhere(sqlite_site: Site) -> None:
    uid = deal(sqlite_site)
    client = sqlite_site.client('manager')
    client.get('/language/vi')

    page = client.get(f'/opportunity/{uid}').text

    assert 'lang="vi"' in page and 'Dòng thời gian' in page and 'Giá trị' in page


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(sqlite_site: Site) -> None:
    client = sqlite_site.client()

    sent = client.get('/company/?q=go')

    assert sent.status_code == 302 and '/login/' in sent.location and 'company' in sent.location


def test_a_wrong_password_keeps_the_user_name_and_says_so(sqlite_site: Site) -> None:
    client = sqlite_site.client()
    token = token_of(client.get('/login/').text)

    answer = client.post('/login/', data={'username': 'rep', 'password': 'wrong', 'csrf_token': token})

    assert answer.status_code == 401
    assert 'value="rep"' in answer.text and 'does not match' in answer.text
