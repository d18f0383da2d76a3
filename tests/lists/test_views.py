"""Saved views: what they keep, who sees them, what they never show, how they follow the schema."""

from __future__ import annotations

import json

from tests.support.site import Site
from tests.web.pages import token_of


def test_smoke(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    sqlite_site.create('manager', 'contact', full_name='Đặng Yến')
    page = client.get('/contact/')
    assert page.status_code == 200
    for path in ('/contact/filter/edit', '/views/contact/new', '/views/contact/manage', '/contact/column?key=full_name', '/contact/column?key=owner', '/contact/count', '/contact/filter/faces/contact'):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text[:2000])
    token = token_of(page.text)
    made = client.post('/views/contact', data={'name': 'A', 'audience': 'private', 'document': json.dumps({'filter': {'all': []}}), 'csrf_token': token})
    assert made.status_code == 303, made.text[:3000]
    assert client.get(made.location).status_code == 200
    print(client.get('/api/v1/views/?entity=contact').json)
