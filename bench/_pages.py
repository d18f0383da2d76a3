"""The pages that `bench.screens` asks for, each with the bare statements of its floor, and a record with a story."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import sqlalchemy as sa

from modules.records.paging import cursor_of
from tests.support.site import Site

WHO, TALKS = 'manager', 30
SERVER_MS, PALETTE_MS = 30, 20
"""The budgets of a page of HTML and of the search palette."""
GRID, NEWEST = '.t-grid tbody tr', 'ORDER BY id DESC LIMIT 51'
SHOWN = 'id, uid, revision, full_name, email, phone, job_title, company, owner_id, created_at, changed_at'


@dataclass(frozen=True)
class Page:
    """What is asked for. `sign` is what a browser waits for; without one only HTTP asks. `floor` are the bare statements."""

    name: str
    path: str
    floor: tuple[str, ...]
    sign: str = ''
    budget: int = SERVER_MS
    part: bool = False
    """Asked for by a script of ours, as part of a page."""


def pages(site: Site, rows: int, deal: str) -> list[Page]:
    """Every page for a site of so many rows; `deal` is an opportunity with a story."""
    opportunity = site.runtime.catalogs.current().entities['opportunity'].table.name
    month = month_of(site)
    one = f"SELECT * FROM {opportunity} WHERE uid = '{deal}'"
    return [
        *lists(site, rows),
        Page('record', f'/opportunity/{deal}', (one, *story(site, deal)), 'h1'),
        *boards(site),
        Page('calendar, month', '/calendar/?show=month', ('SELECT 1',), '.t-calendar'),
        Page('its events', f'/calendar/events?{span(month)}', (planned(site, month),), part=True),
        Page('home', '/', (planned(site, month),), '.t-home'),
        Page('form, new', '/contact/new', ('SELECT 1',), 'form [name="full_name"]'),
        Page('form, edit', f'/opportunity/{deal}/edit', (one,), 'form [name="title"]'),
    ]


def lists(site: Site, rows: int) -> list[Page]:
    """Contacts: the newest, filtered, searched, far down; what a search anywhere finds."""
    contact = site.runtime.catalogs.current().entities['contact']
    people = f'SELECT {SHOWN} FROM {contact.table.name} WHERE deleted_at IS NULL'
    middle, email, words = rows // 2, f'khach{rows // 3}@vidu.vn', searched(rows)
    buying = next(each.ref for each in contact.fields['status'].definition.options if each.key == 'buying')
    named = ' AND '.join(f"full_name__fold LIKE '%{word}%'" for word in words.split())
    one, many = asked('email', email), asked('status', 'buying')
    counted = f"SELECT count(*) FROM (SELECT 1 FROM {contact.table.name} WHERE status = '{buying}' LIMIT 10001) AS c"
    far = cursor_of((), (), middle)
    return [
        Page('list', '/contact/', (f'{people} {NEWEST}',), GRID),
        Page('list, one by e-mail', f'/contact/?filter={one}', (f"{people} AND email__fold = '{email}' {NEWEST}",), GRID),
        Page('list, many by status', f'/contact/?filter={many}', (f"{people} AND status = '{buying}' {NEWEST}",), GRID),
        Page('its count', f'/contact/count?filter={many}', (counted,), part=True),
        Page('list, name contains', f'/contact/?q={quote(words)}', (f'{people} AND {named} {NEWEST}',), GRID),
        Page('deep, by number', f'/contact/?page={middle // 50}', (f'{people} {NEWEST} OFFSET {middle}',), GRID),
        Page('deep, by cursor', f'/contact/?after={far}', (f'{people} AND id < {middle} {NEWEST}',), GRID),
        Page('search palette', f'/search/?q={quote(words)}', (f'{people} AND {named} {NEWEST}',), budget=PALETTE_MS, part=True),
    ]


def searched(rows: int) -> str:
    """A name of one contact and a few others."""
    return f'nguyen {rows // 30}'


def asked(field: str, value: str) -> str:
    return quote(json.dumps({'all': [{'field': field, 'op': 'eq', 'value': value}]}))


def month_of(site: Site) -> datetime:
    now = site.runtime.clock.now()
    return (now - timedelta(days=now.day - 1)).replace(hour=0, minute=0, second=0, microsecond=0)


def span(month: datetime) -> str:
    return f'start={month.date()}T00:00:00&end={(month + timedelta(days=35)).date()}T00:00:00'


def planned(site: Site, month: datetime) -> str:
    """Appointments of a month of one person."""
    table, owner = site.runtime.catalogs.current().entities['appointment'].table.name, site.actor(WHO).user_id
    end = month + timedelta(days=35)
    between = f"starts_at >= '{month.date()}' AND starts_at < '{end.date()}'"
    return f'SELECT * FROM {table} WHERE deleted_at IS NULL AND owner_id = {owner} AND {between}'


def story(site: Site, deal: str) -> tuple[str, str]:
    """History and talks of one record."""
    entities = site.runtime.catalogs.current().entities
    talks, deals = entities['activity'].table, entities['opportunity'].table.name
    about = next(each.name for each in talks.columns if each.name.endswith('__opportunity'))
    of_it = f"{about} = (SELECT id FROM {deals} WHERE uid = '{deal}')"
    history = f"SELECT * FROM record_history WHERE record_uid = '{deal}' ORDER BY id DESC LIMIT 20"
    return history, f'SELECT * FROM {talks.name} WHERE {of_it} AND deleted_at IS NULL ORDER BY id DESC LIMIT 20'


def boards(site: Site) -> list[Page]:
    """Each pipeline: twenty cards of every open stage, and what all of its cards come to."""
    entity = site.runtime.catalogs.current().entities['opportunity']
    found = []
    for pipeline in entity.definition.pipelines:
        refs = [each.ref for each in pipeline.stages if each.category == 'open']
        live = f'FROM {entity.table.name} WHERE deleted_at IS NULL AND stage'
        columns = [f"SELECT * {live} = '{ref}' ORDER BY id DESC LIMIT 20" for ref in refs]
        listed = ', '.join(f"'{ref}'" for ref in refs)
        sums = f'SELECT stage, count(*), sum(amount) {live} IN ({listed}) GROUP BY stage'
        with site.runtime.database.reading() as connection:
            cards = connection.execute(sa.text(f'SELECT count(*) {live} IN ({listed})')).scalar_one()
        name = f'board, {cards:,} {pipeline.key}s'
        found.append(Page(name, f'/opportunity/board?pipeline={pipeline.key}', (sums, *columns), '.t-card'))
    return found


def tell_story(site: Site) -> str:
    """An opportunity that was made, talked about and changed as people do it."""
    company = site.create(WHO, 'company', name='Công ty Đo Lường')
    amount = {'amount': '190000000', 'currency': 'VND'}
    deal = site.create(WHO, 'opportunity', title='Máy đo', company=company, stage='survey', amount=amount)
    actor, now = site.actor(WHO), site.runtime.clock.now()
    for number in range(TALKS):
        said = {'kind': 'call', 'subject': f'Gọi lần {number}', 'happened_at': (now - timedelta(hours=number)).isoformat(),
                'regarding': {'entity': 'opportunity', 'uid': deal}}  # fmt: skip
        site.runtime.write(actor, lambda store, said=said: store.create('activity', said))
        step = {'next_step': f'Bước {number}'}
        site.runtime.write(actor, lambda store, step=step: store.update('opportunity', deal, step))
    return deal
