"""Trying conditions and formulas on live records from Studio, and the settings that follow the type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.studio.desk import Desk
from tests.support.site import Site


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def deal(desk: Desk, title: str, amount: int) -> str:
    company = desk.site.create('admin', 'company', name=f'Công ty {title}')
    return str(desk.site.create('admin', 'opportunity', title=title, company=company, stage='survey',
                                amount={'amount': str(amount), 'currency': 'VND'}))  # fmt: skip


def test_a_rule_says_how_many_records_break_it_now(desk: Desk) -> None:
    deal(desk, 'Lớn', 900)
    deal(desk, 'Nhỏ', 100)
    condition = json.dumps({'all': [{'field': 'amount', 'op': 'gt', 'value': 500}]})

    told = desk.post('/studio/opportunity/matching', condition=condition).json
    broken = desk.post('/studio/opportunity/matching', condition='{"field": "nothing", "op": "eq", "value": 1}').json
    none = desk.post('/studio/opportunity/matching', condition='{"field": "amount", "op": "gt", "value": 9000}').json
    unsaid = desk.post('/studio/opportunity/matching', condition='').json
    desk.put('opportunity', type='rating', new='1', key='liking', label__en='Liking', label__vi='Yêu thích', **{'x-max': '5'})
    drafted = desk.post('/studio/opportunity/matching', condition='{"field": "liking", "op": "gte", "value": 1}').json
    desk.client.get('/lang/vi')
    spoken = desk.post('/studio/opportunity/matching', condition='{"field": "liking", "op": "gte", "value": 1}').json

    assert (none, unsaid) == (
        {'text': 'None right now.', 'href': '', 'see': 'See them'}, {'text': 'Add a condition first.', 'href': ''},
    )  # fmt: skip
    assert drafted == {'text': 'It reads what is not live yet: Liking. Publish the draft first.', 'href': ''}
    assert spoken is not None and 'Yêu thích' in spoken['text'] and 'Publish' not in spoken['text']
    assert told is not None and told['text'] == '1 record right now.' and '/opportunity/?filter=' in told['href']
    assert broken is not None and broken['href'] == '' and 'nothing' in broken['text']


def test_a_formula_is_tried_on_records_before_it_is_kept(desk: Desk) -> None:
    deal(desk, 'Bàn họp', 900)
    formula = {'type': 'formula', 'result': 'decimal', 'new': '1', 'label__en': 'Half', 'x-scale': '1'}

    right = desk.post('/studio/opportunity/formula', **{**formula, 'x-formula': 'amount / 2'}).json
    wrong = desk.post('/studio/opportunity/formula', **{**formula, 'x-formula': 'amont / 2'}).json

    assert right is not None and right['problems'] == [] and right['samples'] == [{'title': 'Bàn họp', 'value': '450'}]
    assert wrong is not None and 'amont' in wrong['problems'][0]
    assert desk.site.runtime.publisher.draft(desk.site.actor('admin')).is_empty


def test_settings_follow_the_type_and_keep_what_was_typed(desk: Desk) -> None:
    typed: dict[str, Any] = {'new': '1', 'label__vi': 'Mã', 'type': 'picklist', 'option__ref': '', 'option__key': '',
                             'option__vi': 'Cơ bản', 'option__en': 'Basic', 'option__hue': '2', 'required': '1'}  # fmt: skip

    settings = desk.post('/studio/contact/settings', **typed).text

    assert 'value="Cơ bản"' in settings and 'name="required" value="1" checked' in settings
    assert 'name="x-currency"' not in settings and '<html' not in settings
    assert 'name="currency"' in desk.post('/studio/contact/settings', **{**typed, 'type': 'money'}).text
