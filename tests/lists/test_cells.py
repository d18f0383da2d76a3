"""Cells of a list edited in place: which ones, and what a refusal and a change by somebody else look like there."""

from __future__ import annotations

import re
from typing import Any

from tests.support.site import Site
from tests.web.pages import token_of


def test_cells_of_most_kinds_are_edited_in_place_and_refusals_stay_at_the_cell(sqlite_site: Site) -> None:
    client, other = sqlite_site.client('manager'), sqlite_site.client('admin')
    uid = sqlite_site.create('manager', 'contact', full_name='Đặng Yến', tags=['VIP'])
    keys = ('job_title', 'email', 'phone', 'company', 'status', 'birthday', 'tags', 'description', 'owner', 'do_not_contact')
    page = client.get('/contact/', query_string={'cols': ','.join(keys)}).text
    offered = set(re.findall(r'/cell\?field=(\w+)"', page))
    token, cell = token_of(page), f'/contact/{uid}/cell'

    def save(who: Any, field: str, revision: int, **values: Any) -> Any:
        return who.post(
            f'{cell}?field={field}', data={'csrf_token': token_of(who.get('/contact/').text), 'revision': revision, **values}
        )

    assert token and set(keys) - offered <= {'do_not_contact'}
    assert '<textarea' in client.get(f'{cell}?field=description').text
    wrong = save(client, 'email', 1, email='không phải thư')
    first = save(other, 'job_title', 1, job_title='Giám đốc')
    beside = save(client, 'email', 1, email='yen@example.com')
    late = save(client, 'job_title', 1, job_title='Kế toán')
    again = save(client, 'job_title', 2, job_title='Kế toán')
    gone = client.get(f'{cell}?field=nothing')

    assert wrong.status_code == 422 and 'value="không phải thư"' in wrong.text and 't-error' in wrong.text
    assert first.status_code == 200 and beside.status_code == 200
    assert late.status_code == 409 and 'Kế toán' in late.text and 'Giám đốc' in late.text
    assert again.status_code == 200 and 'Kế toán' in again.text
    assert gone.status_code == 404
