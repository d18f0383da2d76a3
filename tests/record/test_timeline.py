"""The timeline of a record over HTTP: pages, kinds, notes that are changed, pinned and name people, e-mails; who sees what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from modules.mail.tables import mail_message
from modules.notices.tables import notice
from modules.records.model import ListQuery
from tests.support.site import Site
from tests.web.pages import token_of

HTMX = {'HX-Request': 'true'}


def deal(site: Site, **wire: object) -> str:
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh', email='mua@phuthinh.example')
    return site.create('manager', 'opportunity', title='Nội thất tầng 12', company=company, **wire)


def headers(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': token_of(client.get('/').text), **HTMX}


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


