"""A search that few records fit costs what passes for it, not what is stored: counted in steps of SQLite, not in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest

from modules.records import candidates, keyed
from modules.records.model import ListQuery, Sort
from schema.base.ids import new_uid
from tests.support.site import Site

STORED, LOOSE, STEP = 4_000, 40, 50
BOUNDS = ('FEW', 'FEW_BESIDE', 'FEW_SORTED')
"""Contacts; each so many-th has 033 and 333 in its number, which is all that an index of three knows of 033333."""


def fill(site: Site) -> None:
    contact, now = site.runtime.catalogs.current().entity('contact'), site.runtime.clock.now()
    owner = site.actor('rep').user_id

    def columns(number: int) -> dict[str, Any]:
        digits = f'{120_000_000 + number * 10 % 1000:09d}'.replace('333', '345') if number % LOOSE else f'10331333{number % 10}'
        phone = '903333312' if number == LOOSE else digits
        named = {'full_name': f'Nguyễn Văn {number}', 'phone': f'+84{phone}'}
        return {name: value for key, text in named.items() for name, value in contact.fields[key].to_columns(text).items()}

    with site.runtime.database.session() as session:
        session.execute(contact.table.insert(), [
            {'uid': new_uid(), 'created_at': now, 'changed_at': now, 'revision': 1, 'owner_id': owner, **columns(number)}
            for number in range(STORED)
        ])  # fmt: skip


def steps(site: Site, who: str, asked: Mapping[str, Any]) -> tuple[list[str], int]:
    """Names that are found, and what it took the database."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += STEP

    with site.runtime.reader(site.actor(who)) as reader:
        reader.count('contact', ListQuery())  # what is known of somebody's reach is known, and what contacts are like
        reader.found(site.runtime.catalogs.current().entity('contact'), ListQuery(search='nobody'))
        raw = reader.session.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(count, STEP)
        page = reader.list_page('contact', ListQuery(columns=('full_name',), **asked))
        raw.set_progress_handler(None, STEP)
    return [record.title for record in page.records], taken


@pytest.mark.parametrize('who', ['manager', 'rep'])
def test_digits_that_repeat_are_asked_of_those_alone_who_may_have_them(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    fill(sqlite_site)
    monkeypatch.setattr(candidates, 'MOST', 20)
    monkeypatch.setattr(keyed, 'SMALL', 100)
    monkeypatch.setattr(keyed, 'REACHED', 100)

    for asked in ({}, {'sort': (Sort('full_name'),)}, {'from_end': True}, {'counted': False}):
        for bound in BOUNDS:
            monkeypatch.setattr(keyed, bound, 2_000)
        found, few = steps(sqlite_site, who, {'search': 'nguyen 033333', **asked})
        for bound in BOUNDS:
            monkeypatch.setattr(keyed, bound, 0)
        walked, many = steps(sqlite_site, who, {'search': 'nguyen 033333', **asked})

        assert found == walked == [f'Nguyễn Văn {LOOSE}']
        assert few * 5 < many, asked
    met, soon = steps(sqlite_site, who, {'search': 'nguyen', 'size': 9, 'counted': False})
    assert met == [f'Nguyễn Văn {STORED - 1 - number}' for number in range(9)]
    assert soon * 50 < many
