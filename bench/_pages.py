"""The pages that `bench.screens` asks for, each with the bare statements of its floor and what a hand does on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import sqlalchemy as sa

from bench._filling import WHO, Filled
from modules.records.paging import cursor_of
from tests.support.site import Site

SERVER_MS, PALETTE_MS, NUMBERED_MS = 30, 20, 85
"""The budgets of a page of HTML, of the search palette, and of a page by its number, which goes past all before it."""
GRID, NEWEST = '.t-grid tbody tr', 'ORDER BY id DESC LIMIT 51'
SHOWN = 'id, uid, revision, full_name, email, phone, job_title, company, owner_id, created_at, changed_at'
WALK = ('key:j', 'key:j', 'key:x', 'click:[hx-get*="/filter/edit"]', 'see:#conditions[open]')
"""What is done on a list: down, down, choose, open the filter."""
ARROWS = ('focus:.t-card', 'key:ArrowDown', 'key:ArrowRight', 'key:ArrowUp')


@dataclass(frozen=True)
class Page:
    """What is asked for. `sign` is what a browser waits for; without one only HTTP asks. `floor` are the bare statements,
    `acts` what a hand does besides opening the search palette and typing."""

    name: str
    path: str
    floor: tuple[str, ...]
    sign: str = ''
    budget: int = SERVER_MS
    part: bool = False
    """Asked for by a script of ours, as part of a page."""
    acts: tuple[str, ...] = ()
    grows: bool = False
    """Whether it may take longer the more there is."""


def pages(site: Site, rows: int, filled: Filled, who: str = WHO) -> list[Page]:
    """Every page for a site of so many rows; who may not see the records with a story is shown their own oldest ones."""
    entities = site.runtime.catalogs.current().entities
    opportunity, company = entities['opportunity'].table.name, entities['company'].table.name
    month, deal, house = month_of(site), filled.deal, filled.house
    if who != WHO:
        deal, house = (oldest(site, key, who, filled.ranges[key][0]) for key in ('opportunity', 'company'))
    one, firm = f"SELECT * FROM {opportunity} WHERE uid = '{deal}'", f"SELECT * FROM {company} WHERE uid = '{house}'"
    edit = ('focus:[data-edit-open]', 'key: ')  # seen under the mouse or the focus alone
    return [
        *lists(site, rows, who),
        Page('record, a deal', f'/opportunity/{deal}', (one, *story(site, deal)), 'h1', acts=edit),
        Page('record, 10,000 related', f'/company/{house}', (firm, *story(site, house)), 'h1', acts=edit),
        Page('its timeline, further', f'/company/{house}/timeline', story(site, house), part=True),
        *boards(site),
        Page('calendar, month', '/calendar/?show=month', ('SELECT 1',), '#calendar .t-slotted'),
        Page('its events', f'/calendar/events?{span(month)}', (planned(site, month, who),), part=True),
        Page('home', '/', (planned(site, month, who),), '.t-home'),
        Page('form, new', '/contact/new', ('SELECT 1',), 'form [name="full_name"]', acts=('click:[name="full_name"]', 'key:a')),
        Page('form, edit', f'/opportunity/{deal}/edit', (one,), 'form [name="title"]', acts=('click:[name="title"]', 'key:a')),
    ]


def lists(site: Site, rows: int, who: str) -> list[Page]:
    """Contacts: the newest, filtered, sorted, searched, far down; what a search anywhere finds. A status says whose they are
    here, so that others than who sees all filter by their source."""
    contact = site.runtime.catalogs.current().entities['contact']
    people = f'SELECT {SHOWN} FROM {contact.table.name} WHERE deleted_at IS NULL'
    middle, email, words = rows // 2, f'khach{rows // 3:08d}@vidu.vn', searched(rows)
    field, option = ('status', 'buying') if who == WHO else ('source', 'website')
    held = next(each.ref for each in contact.fields[field].definition.options if each.key == option)
    named = ' AND '.join(f"full_name__fold LIKE '%{word}%'" for word in words.split())
    one, many = asked('email', email), asked(field, option)
    counted = f"SELECT count(*) FROM (SELECT 1 FROM {contact.table.name} WHERE {field} = '{held}' LIMIT 1000) AS c"
    far, by_name = cursor_of((), (), middle), 'ORDER BY full_name__fold, id DESC LIMIT 51'
    shown = (
        ('list', '/contact/', f'{people} {NEWEST}'),
        ('list, one by e-mail', f'/contact/?filter={one}', f"{people} AND email__fold = '{email}' {NEWEST}"),
        (f'list, many by {field}', f'/contact/?filter={many}', f"{people} AND {field} = '{held}' {NEWEST}"),
        ('list, sorted by name', '/contact/?sort=full_name', f'{people} {by_name}'),
        ('list, sorted by company', '/contact/?sort=company', f'{people} ORDER BY company, id DESC LIMIT 51'),
        ('list, name contains', f'/contact/?q={quote(words)}', f'{people} AND {named} {NEWEST}'),
        ('list, deep by cursor', f'/contact/?after={far}', f'{people} AND id < {middle} {NEWEST}'),
    )
    return [
        *(Page(name, path, (floor,), GRID, acts=WALK) for name, path, floor in shown),
        Page(
            'list, deep by number',
            f'/contact/?page={middle // 50}',
            (f'{people} {NEWEST} OFFSET {middle}',),
            GRID,
            NUMBERED_MS,
            acts=WALK,
            grows=True,
        ),
        Page('count of many', f'/contact/count?filter={many}', (counted,), part=True),
        Page('search palette', f'/search/?q={quote(words)}', (f'{people} AND {named} {NEWEST}',), budget=PALETTE_MS, part=True),
        Page('search page', f'/search/?q={quote(words)}', (f'{people} AND {named} {NEWEST}',), 'main a[href*="/contact/"]'),
    ]


def searched(rows: int) -> str:
    """A name of one contact and a few others; of a number whose digits are all alike an index of three letters tells little."""
    return f'nguyen {rows // 48:06d}'


def asked(field: str, value: str) -> str:
    return quote(json.dumps({'all': [{'field': field, 'op': 'eq', 'value': value}]}))


def oldest(site: Site, key: str, who: str, first: int) -> str:
    """The uid of the first record of somebody's own that was filled in."""
    table = site.runtime.catalogs.current().entities[key].table
    own = sa.select(table.c.uid).where(table.c.owner_id == site.actor(who).user_id, table.c.id >= first)
    with site.runtime.database.reading() as connection:
        return str(connection.execute(own.order_by(table.c.id).limit(1)).scalar_one())


def month_of(site: Site) -> datetime:
    now = site.runtime.clock.now()
    return (now - timedelta(days=now.day - 1)).replace(hour=0, minute=0, second=0, microsecond=0)


def span(month: datetime) -> str:
    return f'start={month.date()}T00:00:00&end={(month + timedelta(days=35)).date()}T00:00:00'


def planned(site: Site, month: datetime, who: str) -> str:
    """Appointments of a month of one person."""
    table, owner = site.runtime.catalogs.current().entities['appointment'].table.name, site.actor(who).user_id
    end = month + timedelta(days=35)
    between = f"starts_at >= '{month.date()}' AND starts_at < '{end.date()}'"
    return f'SELECT * FROM {table} WHERE deleted_at IS NULL AND owner_id = {owner} AND {between}'


def story(site: Site, uid: str) -> tuple[str, str]:
    """History and talks of one opportunity or company."""
    entities = site.runtime.catalogs.current().entities
    talks = entities['activity'].table
    found = [
        f"SELECT * FROM {talks.name} WHERE {link.name} = (SELECT id FROM {entities[key].table.name} WHERE uid = '{uid}')"
        ' AND deleted_at IS NULL ORDER BY id DESC LIMIT 20'
        for key in ('opportunity', 'company')
        for link in talks.columns
        if link.name.endswith(f'__{key}')
    ]
    return f"SELECT * FROM record_history WHERE record_uid = '{uid}' ORDER BY id DESC LIMIT 20", ' UNION ALL '.join(
        f'SELECT * FROM ({each}) AS t{number}' for number, each in enumerate(found)
    )


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
        path = f'/opportunity/board?pipeline={pipeline.key}'
        found.append(Page(f'board, {cards:,} cards', path, (sums, *columns), '.t-card', acts=ARROWS))
    return found
