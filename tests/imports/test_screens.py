"""The pages of an import and the downloads of an export, as a browser gets them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from modules.imports import jobs, views
from tests.support.site import Site
from tests.web.pages import token_of

FILE = 'Họ tên,Thư điện tử,Ngày sinh\nAn,an@example.vn,2/5/1990\nBình,hỏng,31/02/1985\n'


@pytest.fixture
def client(sqlite_site: Site) -> FlaskClient:
    client = sqlite_site.client('leader')
    client.environ_base['HTTP_X_CSRFTOKEN'] = token_of(client.get('/contact/import').get_data(as_text=True))
    return client


def send(client: FlaskClient, text: str = FILE, name: str = 'khách.csv') -> Any:
    return client.post('/contact/import', data={'file': (io.BytesIO(text.encode()), name)}, content_type='multipart/form-data')


def test_a_file_goes_through_columns_and_check_to_its_result(sqlite_site: Site, client: FlaskClient) -> None:
    where = send(client).headers['Location']
    columns = client.get(where).get_data(as_text=True)
    form = {'column.0': 'full_name', 'column.1': 'email', 'column.2': 'birthday', 'duplicates': 'skip', 'key': ''}

    assert re.search(r'value="email" selected', columns)
    assert client.post(f'{where}/columns', data=form).status_code == 303
    check = client.get(where).get_data(as_text=True)
    assert check.count('is-problem') == 2
    assert 'Import 1 rows, leave out 1' in check
    assert client.post(f'{where}/run').status_code == 303
    assert 'Download the rows left out' in client.get(where).get_data(as_text=True)
    left = client.get(f'{where}/left-out')
    assert 'Bình' in left.get_data(as_text=True)
    left.close()
    assert 'An' in client.get('/contact/').get_data(as_text=True)


def test_a_file_that_cannot_be_read_is_told_on_the_same_page(client: FlaskClient) -> None:
    answer = send(client, '')

    assert answer.status_code == 422
    assert 'The file holds no row.' in answer.get_data(as_text=True)


def test_an_import_belongs_to_who_began_it(sqlite_site: Site, client: FlaskClient) -> None:
    where = send(client).headers['Location']

    assert sqlite_site.client('manager').get(where).status_code == 404
    assert sqlite_site.client('rep').get('/contact/import').status_code == 403


def test_a_large_file_is_worked_on_in_the_background(
    sqlite_site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, 'INLINE_BYTES', 0)
    monkeypatch.setattr(views, 'INLINE_ROWS', 0)
    where = send(client).headers['Location']
    form = {'column.0': 'full_name', 'column.1': '', 'column.2': '', 'duplicates': 'skip', 'key': ''}

    client.post(f'{where}/columns', data=form)
    waiting = client.get(where).get_data(as_text=True)
    checked = jobs.drain(sqlite_site.runtime)
    client.post(f'{where}/run')
    ran = jobs.drain(sqlite_site.runtime)

    assert 'The rows are being checked.' in waiting
    assert (checked, ran, jobs.drain(sqlite_site.runtime)) == (1, 1, 0)
    assert '<b>2</b>' in client.get(where).get_data(as_text=True)


def test_a_list_is_downloaded_under_its_own_filter(sqlite_site: Site, client: FlaskClient) -> None:
    sqlite_site.create('rep', 'contact', full_name='Đặng Thị Yến')
    sqlite_site.create('rep', 'contact', full_name='Ai khác')

    sheet = client.get('/contact/export.csv?q=yen&cols=full_name')
    book = client.get('/contact/export.xlsx')

    assert sheet.get_data().decode('utf-8-sig').splitlines() == ['Full name', 'Đặng Thị Yến']
    assert book.get_data()[:2] == b'PK'
    assert client.get('/contact/export.pdf').status_code == 422
    assert sqlite_site.client('rep').get('/contact/export.csv').status_code == 403
    book.close()


def test_a_download_has_the_columns_that_the_dialogue_chose(sqlite_site: Site, client: FlaskClient) -> None:
    sqlite_site.create('rep', 'contact', full_name='Đặng Thị Yến')

    chosen = client.get('/contact/export.csv?cols=full_name&cols=status').get_data()
    whole = client.get('/contact/export.csv?cols=default').get_data()

    assert chosen.decode('utf-8-sig').splitlines()[0] == 'Full name,Status'
    assert whole.decode('utf-8-sig').splitlines()[0].startswith('Salutation,Full name,Job title')
