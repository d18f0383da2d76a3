"""The record page and the board over HTTP: two people at one fact, the next of a list, facts by themselves, cards and gates."""

from __future__ import annotations

import copy
import html
import json
import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from modules.mail import service as mails
from modules.mail.service import Draft
from modules.messaging import service as messaging
from modules.records import presence
from modules.records.model import ListQuery
from modules.sharing import service as sharing
from modules.web.pages import board
from tests.record.test_timeline import HTMX, deal, headers
from tests.support.site import Site
from workflows.tables import workflow_run

JSON = {'Accept': 'application/json'}
MONEY, DOLLARS = {'amount': '190000000', 'currency': 'VND'}, {'amount': '5000', 'currency': 'USD'}


def statements(site: Site, client: FlaskClient, path: str) -> int:
    seen: list[str] = []
    engines = (site.runtime.database.write_engine, site.runtime.database.read_engine)

    def listener(*told: object) -> None:
        seen.append(str(told[2]))

    for engine in engines:
        sa.event.listen(engine, 'before_cursor_execute', listener)
    assert client.get(path).status_code == 200
    for engine in engines:
        sa.event.remove(engine, 'before_cursor_execute', listener)
    return len(seen)


def test_two_people_at_one_fact_choose_theirs_or_mine_and_nobody_loses_another_field(site: Site) -> None:
    uid, client = deal(site, amount=MONEY), site.client('manager')
    path = f'/opportunity/{uid}/cell?field=next_step&place=fact'
    seen = re.search(r'name="revision" value="(\d+)"', client.get(path, headers=HTMX).text)[1]
    other = {'next_step': 'Của Ada <i>', 'competitor': 'Hoà Phát'}
    site.runtime.write(site.actor('admin'), lambda store: store.update('opportunity', uid, other))

    asked = client.post(path, data={'revision': seen, 'next_step': 'Của tôi'}, headers=headers(client))
    fresh = re.search(r'name="revision" value="(\d+)"', asked.text)[1]
    theirs = client.post(
        path, data={'revision': fresh, 'next_step': 'Của tôi', 'keep.next_step': 'theirs'}, headers=headers(client)
    ).text
    mine = client.post(
        path, data={'revision': fresh, 'next_step': 'Của tôi', 'keep.next_step': 'mine'}, headers=headers(client)
    )
    beside = client.post(
        f'/opportunity/{uid}/cell?field=source', data={'revision': seen, 'source': 'event'}, headers=headers(client)
    )

    assert (asked.status_code, asked.headers['HX-Retarget']) == (409, '#layer')
    assert 'Của Ada &lt;i&gt;' in asked.text and 'name="next_step" value="Của tôi"' in asked.text
    assert 'Của Ada &lt;i&gt;' in theirs
    assert mine.status_code == 200 and 'Của tôi' in mine.text
    assert beside.status_code == 200
    with site.runtime.reader(site.actor('manager')) as reader:
        values = reader.get('opportunity', uid).values
    assert (values['next_step'], values['competitor']) == ('Của tôi', 'Hoà Phát')


def test_a_saved_fact_draws_what_follows_from_it_and_a_name_has_its_limit(site: Site) -> None:
    uid, client = deal(site, amount=MONEY, stage='survey'), site.client('manager')
    title = f'/opportunity/{uid}/cell?field=title'
    markup = '<script>alert(1)</script>"\'&'

    before = client.get(f'/opportunity/{uid}/facts', headers=HTMX).text
    client.post(
        f'/opportunity/{uid}/cell?field=amount&place=fact', data={'amount.amount': '100', 'amount.currency': 'VND'},
        headers=headers(client),
    )  # fmt: skip
    after = client.get(f'/opportunity/{uid}/facts', headers=HTMX).text
    too_long = client.post(title, data={'place': 'title', 'title': 'x' * 5000}, headers=headers(client))
    named = client.post(title, data={'place': 'title', 'title': markup}, headers=headers(client))
    pages = [client.get(f'/opportunity/{uid}{part}').text for part in ('', '/peek', '/timeline')]
    pages.append(client.get('/opportunity/board').text)

    assert '₫57,000,000' in before and '₫57,000,000' not in after and 'data-fact="weighted_amount"' in after
    assert too_long.status_code == 422 and '200' in too_long.text
    assert (named.status_code, named.headers['HX-Refresh']) == (204, 'true')
    assert all('<script>alert' not in page for page in pages) and '&lt;script&gt;alert(1)' in pages[0]


def test_the_next_of_a_list_follows_its_filter_and_order(site: Site) -> None:
    uids = [deal(site, next_step=step) for step in ('c', 'a', 'b')]
    deal(site, next_step='z')
    condition = json.dumps({'all': [{'field': 'next_step', 'op': 'in', 'value': ['a', 'b', 'c']}]})
    within = f'filter={quote(condition)}&sort=next_step'
    client = site.client('manager')
    counted: list[list[tuple[str, str]]] = []

    def around(uid: str, within: str) -> list[str]:
        page = client.get(f'/opportunity/{uid}?in={quote(within)}').text
        counted.append(re.findall(r'(\d+) of (\d+)</span>', page)[:1])
        found = [
            re.search(rf'href="/opportunity/([0-9a-f-]+)\?in=[^"]*" aria-label="{word}', page) for word in ('Prev', 'Next')
        ]
        return [each[1] if each else '' for each in found]

    in_order = [around(uids[place], within) for place in (1, 2, 0)]
    newest_first = around(uids[1], '')
    figures, counted = counted, []
    around(uids[0], 'q=nowhere')
    around(uids[0], f'filter={quote(json.dumps({"field": "next_step", "op": "eq", "value": "a"}))}')
    around(uids[0], f'filter={quote(json.dumps({"field": "company.name", "op": "is_not_empty"}))}')
    gone = client.get(f'/opportunity/{uids[0]}?in=sort%3Dnowhere')

    assert in_order == [['', uids[2]], [uids[1], uids[0]], [uids[2], '']]
    assert newest_first == [uids[2], uids[0]]
    assert figures == [[('1', '3')], [('2', '3')], [('3', '3')], [('3', '4')]]
    assert counted == [[], [], []], 'a search, a list that it does not fit, a filter that looks further'
    assert gone.status_code == 200 and 'Next of the list' not in gone.text


def test_a_board_reads_the_lists_filter_and_tells_what_moved_meanwhile(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = deal(site, stage='survey', amount=MONEY, next_step='hẹn')
    for number in range(24):
        deal(site, stage='survey', next_step=f'số {number}', amount=DOLLARS if number == 7 else None)
    client = site.client('manager')
    condition = quote(json.dumps({'field': 'next_step', 'op': 'eq', 'value': 'hẹn'}))

    whole, narrowed = client.get('/opportunity/board').text, client.get(f'/opportunity/board?filter={condition}').text
    more = re.search(r'hx-get="(/opportunity/board/column[^"]+)"', whole)[1].replace('&amp;', '&')
    rest = client.get(more, headers=HTMX).text
    few = statements(site, client, f'/opportunity/board?filter={condition}')
    many = statements(site, client, '/opportunity/board')
    card = client.get(f'/opportunity/board/{uid}/card?filter={condition}').get_json()
    monkeypatch.setattr(board, 'COUNTED_CARDS', 20)
    full = client.get('/opportunity/board').text
    figures = client.get(re.search(r'data-figures-url="([^"]+)"', full)[1].replace('&amp;', '&')).get_json()
    site.runtime.write(site.actor('admin'), lambda store: store.update('opportunity', uid, {'stage': 'quote'}))
    late = client.post(
        f'/opportunity/board/{uid}/move', data={'stage': 'potential', 'revision': card['revision']},
        headers={**headers(client), **JSON},
    )  # fmt: skip
    now = client.get(f'/opportunity/board/{uid}/card').get_json()

    cards = re.findall(r'data-uid="([^"]+)"', whole)
    assert len(cards) == 20 and len(set(cards) | set(re.findall(r'data-uid="([^"]+)"', rest))) == 25
    assert re.findall(r'data-uid="([^"]+)"', narrowed) == [uid]
    assert many <= few + 2
    assert card['stages']['survey'] == {'count': 1, 'total': '₫190M'}
    assert 'data-figures-url' not in whole and '₫190M' not in full, 'a very full board does not wait for its figures'
    assert (figures['total'], figures['total_text'], figures['stages']['survey']['count']) == (25, '₫190M + $5,000', 25)
    assert figures['weighted_text'] == '₫57M + $1,500', 'currencies are not added to each other'
    assert late.status_code == 409 and late.get_json()['moved'] is True and 'dialog_url' not in late.get_json()
    assert now['stage'] == 'quote' and f'data-uid="{uid}"' in now['card']


def test_a_board_is_sorted_and_kept_as_a_view_which_opens_the_board_again(site: Site) -> None:
    first, last = deal(site, stage='survey', next_step='a'), deal(site, stage='survey', next_step='b')
    client = site.client('manager')

    plain = client.get('/opportunity/board').text
    order = re.search(r'<a class="t-pick" href="([^"]*next_step)">Next step</a>', plain)[1].replace('&amp;', '&')
    shown = client.get(order).text
    asked = re.search(r'hx-get="(/views/opportunity/new[^"]+)"', shown)[1].replace('&amp;', '&')
    dialogue = client.get(asked, headers=HTMX).text
    document = html.unescape(re.search(r'name="document" value="([^"]*)"', dialogue)[1])
    made = client.post(
        '/views/opportunity', data={'name': 'Theo việc', 'document': document, 'at': 'board'}, headers=headers(client)
    )
    turned = client.get(f'{made.headers["HX-Redirect"]}&sort=-next_step').text
    save = re.search(r'action="(/views/opportunity/[^"]+/save[^"]+)"', turned)[1].replace('&amp;', '&')
    saved = client.post(save, data={}, headers=headers(client))
    again = client.get(saved.headers['HX-Redirect']).text

    assert [re.findall(r'data-uid="([^"]+)"', page) for page in (shown, again)] == [[first, last], [last, first]]
    assert 'name="at" value="board"' in dialogue and made.headers['HX-Redirect'].startswith('/opportunity/board?view=')
    assert 'aria-current="true">Theo việc' in again and 'Save changes' not in again


def test_a_gate_on_the_board_asks_and_the_card_alone_is_drawn_again(site: Site) -> None:
    uid, client = deal(site, stage='survey'), site.client('manager')

    refused = client.post(f'/opportunity/board/{uid}/move', data={'stage': 'negotiate'}, headers={**headers(client), **JSON})
    gate = client.get(refused.get_json()['dialog_url'], headers=HTMX).text
    form = {'stage': 'negotiate', 'place': 'board', 'amount.amount': '5000', 'amount.currency': 'VND'}
    passed = client.post(f'/opportunity/{uid}/move', data=form, headers=headers(client))
    cell = client.post(f'/opportunity/{uid}/cell?field=stage', data={'stage': 'lost'}, headers=headers(client))
    seen = re.search(r'name="revision" value="(\d+)"', cell.text)[1]
    lost = {'stage': 'lost', 'revision': seen, 'lost_reason': '', 'competitor': ''}
    other = {'lost_reason': 'price', 'competitor': 'Hoà Phát'}
    site.runtime.write(site.actor('admin'), lambda store: store.update('opportunity', uid, other))
    both = client.post(f'/opportunity/{uid}/move', data={**lost, 'competitor': 'Của tôi'}, headers=headers(client))
    shown = re.search(r'name="revision" value="(\d+)"', both.text)[1]
    left = client.post(f'/opportunity/{uid}/move', data=lost, headers=headers(client))

    assert 'name="lost_reason"' in cell.text and both.status_code == 409 and int(shown) > int(seen)
    assert left.status_code == 204, 'what stood blank as it was seen takes nothing from who filled it in meanwhile'
    assert 'name="place" value="board"' in gate
    assert passed.status_code == 204 and json.loads(passed.headers['HX-Trigger'])['card-moved'] == {'uid': uid}
    assert 'HX-Refresh' not in passed.headers
    assert cell.headers.get('HX-Retarget') == '#layer' and 'id="gate"' in cell.text


def test_everybody_has_their_own_card_fields_and_none_that_is_hidden(site: Site) -> None:
    uid, publisher, admin = (
        deal(site, stage='survey', next_step='Hẹn gặp', owner='rep'),
        site.runtime.publisher,
        site.actor('admin'),
    )
    manager, rep = site.client('manager'), site.client('rep')

    for client in (manager, rep):
        client.post('/opportunity/board/fields', data={'field': ['next_step', 'source']}, headers=headers(client))
    both = [client.get('/opportunity/board').text for client in (manager, rep)]
    documents = copy.deepcopy(dict(publisher.documents()))
    documents['role', 'rep']['fields']['opportunity'] = {'next_step': 'none'}
    publisher.apply(publisher.plan_documents(documents, admin, note='Hide').plan_id, admin)
    hidden = rep.get('/opportunity/board').text + rep.get('/opportunity/board/fields', headers=HTMX).text
    manager.post('/opportunity/board/fields', data={'reset': '1'}, headers=headers(manager))
    reset = manager.get('/opportunity/board').text

    assert all('Hẹn gặp' in page and uid in page for page in both)
    assert 'Hẹn gặp' not in hidden and 'next_step' not in hidden
    assert 'Hẹn gặp' not in reset


def test_what_stands_beside_few_records_is_asked_for_where_it_is_and_shown(site: Site) -> None:
    uid, client, database = deal(site), site.client('manager'), site.runtime.database
    path, now = f'/opportunity/{uid}', site.runtime.clock.now()

    def absent() -> frozenset[str]:
        with site.runtime.reader(site.actor('manager')) as reader:
            record = reader.get('opportunity', uid)
            return presence.absent(reader.session.connection(), site.runtime.registries.presence, record, reader.actor, now)

    fresh = absent()
    client.get(path)
    opened, few = absent(), statements(site, client, path)
    client.post(f'{path}/follow', headers=headers(client))
    client.post(f'{path}/log', data={'kind': 'note', 'body': 'Ghim'}, headers=headers(client))
    with site.runtime.reader(site.actor('manager')) as reader:
        [entry] = [each.uid for each in reader.list_page('activity', ListQuery()).records]
    client.post(f'{path}/log/{entry}/pin', headers=headers(client))
    ref = site.runtime.catalogs.current().entity('opportunity').ref
    with database.session() as session:
        receivers = sharing.find_receivers(session, ['rep2'], [])
        about = {'entity_ref': ref, 'record_uid': uid}
        draft = Draft('mua@phuthinh.example', 'a@b.example', 'Ada', 'Báo giá', '', 'Giá', 'vi', about)
        mails.add_message(session, draft, key='hand', at=now, held=False)
        messaging.add_message(session, 'sms', {'phone': '84901234567', 'text': 'Chào'}, about=about, key='sms', at=now)
        session.execute(workflow_run.insert().values(
            id='run', rule_ref='r', document_hash='', entity_ref=ref, record_uid=uid, state='done', start_key='run', cause={},
            started_by={}, started_at=now,
        ))  # fmt: skip
    site.runtime.write(site.actor('manager'), lambda store: sharing.share_one(store, 'opportunity', uid, receivers, 'view'))
    page = client.get(path).text

    assert fresh - opened == {'seen lately'} and opened == fresh - {'seen lately'} >= {'mail', 'messaging', 'pins', 'shares'}
    assert absent() == frozenset() and statements(site, client, path) > few
    assert all(
        text in page for text in (f'id="pinned-{entry}"', 'Báo giá', 'Chào', site.actor('rep2').name, 'aria-pressed="true"')
    )
