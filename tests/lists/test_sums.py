"""The menu of a column of numbers adds up the list as it is filtered, within what the person sees."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from modules.web.pages import quick_filters
from tests.record.test_timeline import deal
from tests.support.site import Site


def summed(client: FlaskClient, entity: str, key: str, more: str = '') -> list[str]:
    page = client.get(f'/{entity}/column?key={key}{more}')
    assert page.status_code == 200
    return re.findall(r'Sum <b[^>]*>([^<]*)</b>', page.text)


def test_a_column_is_added_up_over_the_list_as_filtered_each_currency_for_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for amount in (1_500_000, 2_500_000):
        deal(site, stage='survey', amount={'amount': str(amount), 'currency': 'VND'})
    deal(site, stage='quote', amount={'amount': '70.50', 'currency': 'USD'}, owner='rep')
    deal(site, stage='quote')
    for minutes in (20, 45):
        site.create('manager', 'activity', kind='call', subject='Gọi', duration_minutes=minutes)
    manager, rep = site.client('manager'), site.client('rep')
    quoted = f'&filter={quote(json.dumps({"field": "stage", "op": "eq", "value": "quote"}))}'

    whole, narrowed = summed(manager, 'opportunity', 'amount'), summed(manager, 'opportunity', 'amount', quoted)
    minutes, plain = summed(manager, 'activity', 'duration_minutes'), summed(manager, 'opportunity', 'title')
    monkeypatch.setattr(quick_filters, 'MOST_SUMMED', 3)

    [both] = whole
    assert '70.50' in both and '4,000,000' in both and both.count(' · ') == 1
    assert len(narrowed) == 1 and '70.50' in narrowed[0] and '4,000,000' not in narrowed[0]
    assert minutes == ['65'] and plain == []
    assert summed(rep, 'opportunity', 'amount') == narrowed
    assert summed(manager, 'opportunity', 'amount') == []
