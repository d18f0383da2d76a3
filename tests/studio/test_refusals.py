"""What Studio refuses, and what it says then; a draft that is wrong never breaks its pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrations.lock import acquire
from tests.studio.desk import Desk, hidden, plain
from tests.support.held_plans import hold_plans
from tests.support.site import Site
from tests.support.waiting import wait_for
from tests.web.pages import token_of

PATHS = ('/studio/', '/studio/contact/fields', '/studio/opportunity/stages', '/studio/contact/duplicates',
         '/studio/contact/entity', '/studio/contact/json', '/studio/history', '/studio/new')  # fmt: skip
ACTS = ('/studio/new', '/studio/contact/fields', '/studio/publish', '/studio/discard', '/studio/remap')
LABEL = {'label__vi': 'Thử', 'label__en': 'Trial'}


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def test_rep_is_refused_every_page_and_act(sqlite_site: Site) -> None:
    client = sqlite_site.client('rep')
    form = {'csrf_token': token_of(client.get('/offline').text), 'label.en': 'X'}

    pages = {path: client.get(path).status_code for path in (*PATHS, '/studio/review', '/studio/rollback/1')}
    acts = {path: client.post(path, data=form).status_code for path in ACTS}

    assert pages == dict.fromkeys(pages, 403)
    assert acts == dict.fromkeys(acts, 403)


def test_stranger_is_sent_to_sign_in(sqlite_site: Site) -> None:
    assert '/login' in sqlite_site.client().get('/studio/').headers['Location']


def test_form_of_another_site_changes_nothing(sqlite_site: Site, desk: Desk) -> None:
    answer = desk.client.post('/studio/contact/fields', data={'label.en': 'Trial', 'type': 'text'})

    assert answer.status_code == 400
    assert sqlite_site.runtime.publisher.draft(sqlite_site.actor('admin')).is_empty


@pytest.mark.parametrize(
    ('fields', 'paths'),
    [
        ({'type': 'link', 'target': 'nowhere'}, PATHS),
        ({'type': 'nonsense'}, PATHS[:2]),
        ({'type': 'text', 'maxLength': 'many'}, PATHS[2:4]),
        ({'type': 'text', 'maxLength': '-4'}, PATHS[4:6]),
        ({'type': 'money', 'currency': 'XXZ'}, PATHS[6:]),
        ({'type': 'text', 'key': 'owner'}, PATHS[:2]),
        ({'type': 'link_any'}, PATHS[2:4]),
    ],
)
def test_broken_field_is_told_at_its_place_on_pages_that_still_work(
    desk: Desk, fields: dict[str, str], paths: tuple[str, ...]
) -> None:  # fmt: skip
    place = 'Contact › Trial'
    desk.put('contact', **LABEL, **fields)

    for path in paths:
        assert place in plain(desk.page(path)) or path == '/studio/history'
    refused = desk.client.get('/studio/review')
    assert refused.status_code == 422 and place in plain(refused.text)
    key = fields.get('key', 'trial')
    assert 'Needs a correction' in plain(desk.page('/studio/contact/fields'))
    assert 'class="t-note t-bad"' in desk.page(f'/studio/contact/fields?field={key}').split('id="field-editor"')[1]


def test_every_finding_of_a_draft_is_shown(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='link', target='nowhere', key='one')
    desk.put('company', **LABEL, type='text', maxLength='x', key='two')
    page = plain(desk.page('/studio/'))

    assert '2 places in the draft need a correction' in page
    assert "'nowhere'" in page and 'Company › Trial' in page


@pytest.mark.parametrize(
    ('path', 'fields', 'told'),
    [
        ('/studio/contact/fields', {'type': 'text'}, 'Give the field a label'),
        ('/studio/contact/fields', {**LABEL, 'type': 'text', 'key': 'Two Words'}, 'A key is lower-case'),
        ('/studio/contact/fields', {**LABEL, 'type': 'text', 'key': 'email'}, 'Another field has this key'),
        ('/studio/contact/fields/phone', {**LABEL, 'type': 'phone', 'key': 'email'}, 'Another field has this key'),
        ('/studio/new', {}, 'Give it a name'),
        ('/studio/new', {**LABEL, 'key': 'contact'}, 'one with this key already'),
    ],
)
def test_form_that_cannot_be_kept_comes_back_with_what_was_typed(
    desk: Desk, path: str, fields: dict[str, str], told: str
) -> None:  # fmt: skip
    answer = desk.post(path, **fields)

    assert answer.status_code == 422 and told in plain(answer.text)
    assert 'label__en' not in fields or 'value="Trial"' in answer.text
    assert desk.site.runtime.publisher.draft(desk.site.actor('admin')).is_empty


def test_what_is_not_there_is_a_404(desk: Desk) -> None:
    paths = ('/studio/nothing/fields', '/studio/nothing/stages', '/studio/rollback/99', '/studio/publishes/x')
    assert {path: desk.client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_unknown_field_and_plan_are_refused(desk: Desk) -> None:
    assert desk.post('/studio/contact/fields/nothing', **LABEL, type='text').status_code == 400
    assert desk.post('/studio/publish', plan_id='nothing').status_code == 404
    assert desk.post('/studio/opportunity/stages', pipeline='nothing').status_code == 400


def test_changing_the_type_keeps_what_was_typed(desk: Desk) -> None:
    page = desk.client.get(
        '/studio/contact/fields',
        query_string={
            'new': '1',
            'type': 'money',
            'label.vi': 'Ngân sách',
            'label.en': 'Budget',
            'required': '1',
            'key': 'budget',
        },
    ).text

    assert 'value="Ngân sách"' in page and 'value="Budget"' in page and 'name="currency"' in page and 'value="budget"' in page
    assert 'name="required" value="1" checked' in page


def test_plan_that_somebody_overtook_asks_for_another_review(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='text')
    review = desk.review()
    other = Desk(desk.site, 'admin')
    publisher, admin = desk.site.runtime.publisher, replace(desk.site.actor('admin'), user_id=None)
    plan = publisher.plan(
        {'entities': {'company': {'properties': {'tax': {'x-type': 'text', 'x-label': {'en': 'Tax'}}}}}}, admin
    )
    publisher.apply(plan.plan_id, admin)

    answer = other.publish(review)

    assert answer.status_code == 409
    assert 'version 2 is live' in plain(answer.text) and 'Review again' in plain(answer.text)
    assert 'Publish version' not in plain(answer.text)
    assert desk.publish(desk.review()).status_code == 303
    assert 'trial' in desk.live('contact')['properties'] and 'tax' in desk.live('company')['properties']


def test_publishing_while_another_publish_runs_says_so_and_keeps_the_plan(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='text')
    review = desk.review()
    lock = acquire(desk.site.runtime.database, desk.site.runtime.clock)
    try:
        answer = desk.publish(review)
    finally:
        lock.release()

    assert answer.status_code == 409 and 'Another publish is running' in plain(answer.text)
    assert desk.publish(answer.text).status_code == 303


def test_second_click_on_publish_leads_to_the_same_version(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='text')
    review = desk.review()
    first, second = desk.publish(review), desk.publish(review)

    assert first.status_code == second.status_code == 303
    assert desk.client.get(second.headers['Location'], follow_redirects=True).status_code == 200
    assert len(desk.site.runtime.publisher.versions()) == 2


def test_slow_publish_goes_on_in_the_background_and_its_page_tells_when_it_is_live(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    desk.put('contact', **LABEL, type='text')
    monkeypatch.setattr('migrations.plans.MANY_ROWS', -1)
    review = desk.review()

    address = desk.publish(review).headers['Location']
    assert address.startswith('/studio/publishes/')

    def piece() -> str:
        return desk.client.get(address, headers={'HX-Request': 'true'}).text

    wait_for(lambda: 'Version 2 is live' in piece(), 'version 2 to be live')
    assert 'hx-get' not in piece()
    assert desk.client.get(address).headers['Location'] == '/studio/history'
    assert 'trial' in desk.live('contact')['properties']
    assert desk.site.runtime.publisher.draft(desk.site.actor('admin')).is_empty


def test_plan_that_takes_long_tells_how_far_it_came_and_becomes_the_review(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    desk.put('contact', **LABEL, type='text')
    go_on = hold_plans(monkeypatch)
    monkeypatch.setattr('migrations.outlooks.PATIENCE_SECONDS', 0)
    address = desk.client.get('/studio/review').headers['Location']

    wait_for(lambda: '4 of 9 values' in desk.client.get(address).text, 'the plan to tell how far it came')
    go_on.set()
    asking = {'HX-Request': 'true'}
    wait_for(lambda: desk.client.get(address, headers=asking).headers.get('HX-Redirect') == address, 'the plan to be there')
    assert desk.publish(desk.client.get(address).text).status_code == 303
    assert 'trial' in desk.live('contact')['properties']
    assert desk.client.get(address.replace(address[-4:], 'none')).status_code == 404


def test_draft_that_removes_what_somebody_removed_meanwhile_goes_on(desk: Desk) -> None:
    desk.post('/studio/contact/fields/job_title/remove')
    desk.put('contact', **LABEL, type='text')
    publisher, admin = desk.site.runtime.publisher, replace(desk.site.actor('admin'), user_id=None)
    plan = publisher.plan({'remove': ['/entities/contact/properties/job_title']}, admin)
    publisher.apply(plan.plan_id, admin)

    for path in PATHS:
        desk.page(path)
    review = plain(desk.review())
    assert 'Review 1 change' in review and 'Trial' in review


def test_draft_that_gives_a_key_which_somebody_else_gave_meanwhile_goes_on(desk: Desk, sqlite_site: Site) -> None:
    part = desk.live('company')['properties']['tax_code']
    desk.put('company', 'tax_code', key='ledger', label__vi='Sổ', label__en='Ledger', type='text')
    desk.put('company', label__vi='Khác', label__en='Other', type='text')
    publisher, ada = sqlite_site.runtime.publisher, sqlite_site.actor('manager')
    other = {'entities': {'company': {'properties': {'ledger': {'x-type': 'text', 'x-label': {'en': 'Ledger'}}}}}}
    publisher.apply(publisher.plan(other, ada).plan_id, ada)

    assert 'tax_code' in desk.page('/studio/company/fields')
    desk.go_live()

    fields = desk.live('company')['properties']
    assert fields['tax_code']['x-ref'] == part['x-ref'] != fields['ledger']['x-ref'] and 'other' in fields


def test_discarding_leaves_nothing_to_review(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='text')
    desk.post('/studio/discard')

    assert desk.client.get('/studio/review').status_code == 302
    assert 'data-draft-bar hidden' in desk.page('/studio/')


def test_going_back_shows_ticks_for_what_may_go_back_too(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='text')
    desk.go_live()

    page = desk.page('/studio/rollback/1')

    assert all(f'name="{kind}" value="1"' in page for kind in ('role', 'workflow', 'template'))
    assert 'Field Trial goes' in plain(page) and hidden(page, 'rollback_to') == '1'


def test_words_of_the_trade_stay_in_the_json_view(desk: Desk) -> None:
    desk.put('contact', **LABEL, type='text')
    for path in (*PATHS, '/studio/review', '/studio/contact/fields?new=1'):
        if path == '/studio/contact/json':
            continue
        words = plain(desk.page(path)).replace('JSON view', '').casefold()
        assert not [word for word in ('schema', 'json', 'migration') if word in words], path
