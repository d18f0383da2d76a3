"""Whatever is sent to whatever address is answered, never a fault: every name that a page asks for is given nonsense."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Request
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule

from tests.support.site import Site

NONSENSE = (
    '', 'x', '0', '-1', '²', '9' * 25, '9' * 5000, 'a' * 6000, 'a\x00b', '%', '{{7*7}}', '<b>', '../..', '[]', '{}', '{', '[1]',
    'null', '[' * 3000, '2026-02-30', '9999-12-31', '0001-01-01T00:00:00Z', '1e999', 'NaN', '{"all":[{"field":1}]}',
    '{"field":"email","op":"eq","value":{"a":1}}', '{"any_related":{"lines":1}}', 'contact', '-email,x', 'u' + '9' * 30,
    'all', '00000000-0000-0000-0000-000000000000', ',,,', ':', 'FREQ=YEARLY;BYMONTH=13', '/a/0/b', '{"values":{"x":[1]}}',
)  # fmt: skip
BODIES = (
    '[]',
    '1',
    '{"a":',
    '"x"',
    'null',
    '{"full_name":[1],"email":{"a":1},"owner":{"uid":1}}',
    '{"filter":{"all":1},"ids":"x"}',
)
ENDED = ('/logout', '/settings/sessions', '/static', '/view-as')  # nobody would be signed in any more, or only look on
DOWN = frozenset({'/readyz'})


class Asking(ImmutableMultiDict[str, str]):
    """Keeps the names that were asked for."""

    names: set[str] = set()

    def get(self, key: str, *given: Any, **more: Any) -> Any:
        self.names.add(key)
        return super().get(key, *given, **more)

    def getlist(self, key: str, *given: Any, **more: Any) -> Any:
        self.names.add(key)
        return super().getlist(key, *given, **more)


class AskingRequest(Request):
    parameter_storage_class = Asking


class Visitor:
    """Goes to addresses as an administrator, with what chance puts into them."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site, self.chance = site, random.Random(seed)
        site.app.request_class = AskingRequest
        site.app.testing, site.app.config['PROPAGATE_EXCEPTIONS'] = False, False
        self.records = {
            'contact': site.create('admin', 'contact', full_name='Hoa', email='hoa@vidu.vn'),
            'company': site.create('admin', 'company', name='Công ty Hoa'),
            'appointment': site.create(
                'admin', 'appointment', title='Hẹn', starts_at='2026-11-25T02:00:00Z', repeat='FREQ=DAILY;COUNT=5'
            ),
        }
        self.signed = URLSafeTimedSerializer(site.app.secret_key or '', salt='wtf-csrf-token').dumps('a' * 40)
        self.client = self._client()

    def _client(self) -> FlaskClient:
        client = self.site.client('admin')
        with client.session_transaction() as session:
            session['csrf_token'] = 'a' * 40
        return client

    def faults(self, rule: Rule, method: str, rounds: int) -> Iterator[str]:
        """First bare, so that the page tells what it asks for; then with nonsense."""
        names: set[str] = set()
        for turn in range(rounds + 1):
            given = {} if turn == 0 else {name: self.chance.choice(NONSENSE) for name in sorted(names)}
            path, Asking.names = self.address(rule), set()
            status = self.send(method, path, given)
            names |= Asking.names
            if status >= 500 and str(rule) not in DOWN:
                yield f'{method} {path[:80]} {status} {json.dumps(given)[:300]}'

    def send(self, method: str, path: str, given: dict[str, str]) -> int:
        headers = {'X-CSRFToken': self.signed, 'Accept': self.chance.choice(('text/html', 'application/json'))}
        if method == 'GET':
            answer = self.client.get(path, query_string=given, headers=headers)
        elif given and self.chance.random() < 0.2:
            body = self.chance.choice(BODIES)
            answer = self.client.open(path, method=method, data=body, headers=headers, content_type='application/json')
        else:
            answer = self.client.open(path, method=method, data=given, headers=headers)
        if answer.status_code == 302 and 'login' in answer.headers.get('Location', ''):
            self.client = self._client()
        answer.close()
        return answer.status_code

    def address(self, rule: Rule) -> str:
        key = self.chance.choice(list(self.records))
        samples = {'ekey': key, 'uid': self.records[key], 'uuid': self.records[key], 'int': '1'}
        words = ('contact', 'admin', 'x', 'email', self.records[key], 'vi', 'draft', 'a' * 300)

        def chosen(place: re.Match[str]) -> str:
            kind = place[1].rpartition(':')[0].partition('(')[0]
            return samples.get(kind) or self.chance.choice(words)

        return re.sub(r'<([^<>]+)>', chosen, str(rule))


def all_faults(site: Site, seed: int, methods: frozenset[str], rounds: int) -> list[str]:
    visitor = Visitor(site, seed)
    rules = [rule for rule in site.app.url_map.iter_rules() if not str(rule).startswith(ENDED)]
    tried = [(rule, method) for rule in rules for method in sorted((rule.methods or set()) & methods)]
    assert len(tried) > 100
    return [fault for rule, method in tried for fault in visitor.faults(rule, method, rounds)]


def test_no_page_makes_a_fault_of_nonsense(sqlite_site: Site) -> None:
    assert all_faults(sqlite_site, 1, frozenset({'GET'}), 1) == []


@pytest.mark.soak
@pytest.mark.parametrize('seed', range(5))
def test_no_address_makes_a_fault_of_nonsense(site: Site, seed: int) -> None:
    assert all_faults(site, seed, frozenset({'GET', 'POST', 'PUT', 'PATCH', 'DELETE'}), 4) == []
