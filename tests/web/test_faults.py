"""Pages that cannot be shown help on: in both languages, without words for programs, with somewhere to go next."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient

from schema.base.ids import new_uid
from tests.support.failing import STATUSES, add_failing
from tests.support.site import Site
from tests.web.pages import hidden, token_of

FOR_PROGRAMS = re.compile(r'openapi|Content-Type|Bearer|X-CSRF|JSON|/api/|\{\w+\}')
CODE = re.compile(r'\b[2-9A-Z]{4}-[2-9A-Z]{4}\b')


@pytest.fixture
def failing(sqlite_site: Site) -> Iterator[Site]:
    add_failing(sqlite_site.app)
    yield sqlite_site


def told(page: str) -> str:
    """What stands in the pane of the page, as people read it."""
    (pane,) = re.findall(r'<section class="t-fault">.*?</section>', page, re.DOTALL)
    return ' '.join(unescape(re.sub(r'<[^>]+>', ' ', pane)).split())


def ways(page: str) -> list[str]:
    (pane,) = re.findall(r'<section class="t-fault">.*?</section>', page, re.DOTALL)
    return [unescape(each) for each in re.findall(r'href="([^"]+)"', pane)]


def heading(page: str) -> str:
    (found,) = re.findall(r'<h1>([^<]+)</h1>', page)
    return str(unescape(found))


@pytest.mark.parametrize('who', ['rep', None], ids=['signed in', 'a stranger'])
def test_every_fault_is_told_in_the_language_of_the_page_and_leads_on(failing: Site, who: str | None) -> None:
    english, vietnamese = failing.client(who, locale='en'), failing.client(who, locale='vi')

    for status in STATUSES:
        pages = [client.get(f'/nowhere/{status}') for client in (english, vietnamese)]
        texts = [told(page.text) for page in pages]

        assert [page.status_code for page in pages] == [status, status]
        assert not [text for text in texts if FOR_PROGRAMS.search(text)], texts
        assert heading(pages[0].text) != heading(pages[1].text), texts
        assert all('/' in ways(page.text) for page in pages)


def test_a_script_of_a_page_is_told_the_same_words(failing: Site) -> None:
    client = failing.client('rep', locale='vi')

    for status in STATUSES:
        answer = client.get(f'/nowhere/{status}', headers={'HX-Request': 'true'})
        shown = client.get(f'/nowhere/{status}')

        said = CODE.sub('', answer.get_json()['detail'])
        assert not FOR_PROGRAMS.search(said)
        assert said.split('.')[0] in told(shown.text)


def test_a_fault_has_a_code_by_which_the_log_finds_it(failing: Site, caplog: pytest.LogCaptureFixture) -> None:
    client = failing.client('rep')
    with caplog.at_level(logging.ERROR, 'trellis.web'):
        page = client.get('/nowhere/500').text
        token = token_of(page)
        sent = client.post('/nowhere/500', headers={'X-CSRFToken': token})
        asked = client.get('/nowhere/500', headers={'HX-Request': 'true'}).get_json()

    codes = [CODE.search(text)[0] for text in (told(page), told(sent.text), asked['detail'])]  # type: ignore[index]
    logged = [record.getMessage() for record in caplog.records if 'failed' in record.getMessage()]

    assert len(set(codes)) == 3
    assert [code in line for code, line in zip(codes, logged, strict=True)] == [True, True, True]
    assert f'<code id="fault-reference">{codes[0]}</code>' in page and 'data-copy="#fault-reference"' in page
    assert '/nowhere/500' in ways(page) and 'data-go-back' not in page
    assert 'What you typed is still on the page before' in told(sent.text) and 'data-go-back' in sent.text


def test_a_record_that_is_not_there_leads_to_the_others_and_to_the_bin(sqlite_site: Site) -> None:
    uid = new_uid()

    manager = sqlite_site.client('manager').get(f'/company/{uid}').text
    rep = sqlite_site.client('rep', locale='vi').get(f'/company/{uid}').text

    assert ways(manager) == ['/company/', '/company/?bin=1', '/']
    assert 'công ty' in told(rep) and '/company/' in ways(rep)


def test_an_unknown_address_offers_to_search_for_what_was_typed(sqlite_site: Site) -> None:
    client: FlaskClient = sqlite_site.client('rep')

    assert ways(client.get('/BG-0733').text)[0] == '/search/?q=BG+0733'
    assert ways(client.get(f'/nowhere/{new_uid()}').text) == ['/']
    assert 'Search for “Đặng Thùy”' in told(client.get('/people/Đặng Thùy').text)


def test_a_page_of_other_roles_names_the_own_and_asks_who_gives_others(sqlite_site: Site) -> None:
    client, admin = sqlite_site.client('rep'), sqlite_site.client('admin', locale='vi')
    page = client.get('/studio/').text
    asked = {'csrf_token': token_of(page), 'place': hidden(page, 'place'), 'reason': 'thêm {title}'}

    sent = [client.post('/notices/ask', data=asked).status_code for _press in range(2)]

    label = sqlite_site.runtime.catalogs.current().roles['rep'].label['en']
    assert f'Your role is {label}.' in told(page)
    assert sqlite_site.actor('admin').name in told(page)
    assert sent == [303, 303]
    assert f'Your request is with {sqlite_site.actor("admin").name}' in client.get('/').text
    notices = unescape(re.sub(r'</?b>', '', admin.get('/notices/').text))
    assert notices.count(f'{sqlite_site.actor("rep").name} xin quyền mở /studio/: “thêm title”') == 1
    assert 'action="/notices/ask"' not in admin.get('/nowhere/').text


def test_a_form_that_stood_open_for_too_long_says_so(sqlite_site: Site) -> None:
    answer = sqlite_site.client('rep').post('/settings', data={'csrf_token': 'old'})

    assert answer.status_code == 400
    assert heading(answer.text) == 'This page stood open for too long'
    assert 'data-go-back' in answer.text
