"""The way to a place: from an address, and from words that name one."""

from __future__ import annotations

from html import unescape

import pytest

from modules.web.directions import directions_to
from tests.support.site import Site

MAP = 'https://www.google.com/maps/dir/?api=1&destination='


@pytest.mark.parametrize(
    ('place', 'asked'),
    [
        ('88 Lê Duẩn, Đà Nẵng', '88+L%C3%AA+Du%E1%BA%A9n%2C+%C4%90%C3%A0+N%E1%BA%B5ng'),
        ('12 Nguyễn Huệ, Phường Sài Gòn', '12+Nguy%E1%BB%85n+Hu%E1%BB%87%2C+Ph%C6%B0%E1%BB%9Dng+S%C3%A0i+G%C3%B2n'),
        ('Phòng Sen', ''),
        ('Google Meet', ''),
        ('Phòng họp 2, tầng 3', ''),
        (None, ''),
    ],
)
def test_a_map_is_offered_where_words_name_a_place_that_it_knows(place: str | None, asked: str) -> None:
    assert directions_to(place) == (f'{MAP}{asked}' if asked else '')


def test_an_address_on_a_record_and_the_place_of_an_appointment_lead_to_the_map(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('rep')
    here = {'street': '12 "Lê" & Con', 'province': 'Hà Nội'}
    company = site.create('rep', 'company', name='Gỗ Việt', address=here)
    there, room = (
        site.create('rep', 'appointment', title='Khảo sát', starts_at='2026-11-20T04:00:00Z', place=place)
        for place in ('88 Lê Duẩn, Đà Nẵng', 'Phòng Sen')
    )

    record = unescape(client.get(f'/company/{company}').text)
    event, indoors = (unescape(client.get(f'/calendar/appointment/{each}').text) for each in (there, room))

    assert f'href="{MAP}12+%22L%C3%AA%22+%26+Con%2C+H%C3%A0+N%E1%BB%99i" target="_blank" rel="noopener noreferrer"' in record
    assert f'{MAP}88+L%C3%AA+Du%E1%BA%A9n' in event
    assert MAP not in indoors
