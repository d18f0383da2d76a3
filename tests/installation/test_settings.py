"""The installation's settings: typed, for administrators alone, noted when they change, the same in every process."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from migrations.system import upgrade
from modules.installation.declared import SETTINGS, Installation
from modules.installation.service import installation_at, list_changes, read_installation, save_settings
from schema.base.database import Database
from schema.base.errors import Invalid
from schema.versions import read_state
from tests.studio.desk import Desk
from tests.support.site import Site
from tests.web.pages import token_of


def save(site: Site, **wished: Any) -> list[str]:
    with site.runtime.database.session() as session:
        return save_settings(session, wished, site.actor('admin'), site.runtime.clock.now())


def present(site: Site) -> Installation:
    with site.runtime.database.reading() as connection:
        return read_installation(connection)


def test_settings_begin_with_their_defaults_and_keep_what_is_set(site: Site) -> None:
    assert present(site) == Installation()

    assert save(site, company_name={'vi': ' Công ty  An Bình ', 'en': ''}, history_days='400', page_size=25) == [
        'company_name', 'history_days', 'page_size',
    ]  # fmt: skip

    assert present(site) == Installation(company_name={'vi': 'Công ty An Bình'}, history_days=400, page_size=25)
    assert save(site, history_days=400) == []
    assert save(site, history_days=None, mail_address='') == ['history_days']
    assert present(site).history_days == Installation().history_days


def test_every_process_sees_a_change_at_its_next_request(site: Site) -> None:
    database = site.runtime.database

    def now() -> Installation:
        with database.reading() as connection:
            state = read_state(connection)
        assert state is not None
        return installation_at(database, state.rights_epoch)

    assert now().page_size == 50
    save(site, page_size=20)

    assert now().page_size == 20


@pytest.mark.parametrize(
    ('wished', 'code', 'pointer'),
    [
        ({'colour': 'red'}, 'SET-E001', '/colour'),
        ({'page_size': '9'}, 'SET-E002', '/page_size'),
        ({'page_size': True}, 'SET-E002', '/page_size'),
        ({'history_days': -1}, 'SET-E002', '/history_days'),
        ({'history_days': '1e3'}, 'SET-E002', '/history_days'),
        ({'trace_days': 29}, 'SET-E002', '/trace_days'),
        ({'upload_days': 0}, 'SET-E002', '/upload_days'),
        ({'default_locale': 'fr'}, 'SET-E003', '/default_locale'),
        ({'mail_address': 'an at congty'}, 'SET-E004', '/mail_address'),
        ({'company_name': 'An Bình'}, 'SET-E005', '/company_name'),
        ({'company_name': {'vi': 'x' * 201}}, 'SET-E005', '/company_name'),
    ],
)
def test_what_a_setting_cannot_hold_is_told_with_its_place(
    sqlite_site: Site, wished: dict[str, Any], code: str, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(sqlite_site, **wished, outbox_days=3)

    assert [(each.code, each.pointer) for each in refused.value.findings] == [(code, pointer)]
    assert all(each.text(locale) and '…' not in each.text(locale) for each in refused.value.findings for locale in ('en', 'vi'))
    assert present(sqlite_site) == Installation()


def test_changes_are_noted_with_old_and_new(sqlite_site: Site) -> None:
    save(sqlite_site, page_size=20)
    save(sqlite_site, page_size=30, outbox_days=7)

    with sqlite_site.runtime.database.reading() as connection:
        changes = [(each.key, each.old, each.new, each.actor) for each in list_changes(connection)]
    name = sqlite_site.actor('admin').name
    assert changes == [('outbox_days', 14, 7, name), ('page_size', 20, 30, name), ('page_size', 50, 20, name)]


def test_every_setting_has_a_default_and_words_in_both_languages() -> None:
    assert {each.key for each in SETTINGS} == set(Installation.__dataclass_fields__)
    assert [
        each.key for each in SETTINGS if set(each.label) != {'en', 'vi'} or set(each.help) not in ({'en', 'vi'}, set())
    ] == []


@pytest.mark.parametrize(('who', 'status'), [('admin', 200), ('manager', 403)], ids=['admin', 'manager'])
def test_the_page_is_for_administrators(sqlite_site: Site, who: str, status: int) -> None:
    assert sqlite_site.client(who).get('/settings/installation').status_code == status


@pytest.mark.parametrize(('locale', 'label'), [('vi', 'Thời gian lưu giữ'), ('en', 'How long things are kept')])
def test_an_admin_changes_settings_on_the_page(sqlite_site: Site, locale: str, label: str) -> None:
    client = sqlite_site.client('admin', locale=locale)
    token = token_of(client.get('/offline').text)
    page = client.get('/settings/installation').text
    assert label in page

    sent = {'csrf_token': token, 'company_name.vi': 'Cơ khí Hòa Phát', 'history_days': '500'}
    saved = client.post('/settings/installation', data=sent)
    refused = client.post('/settings/installation', data={**sent, 'history_days': 'nhiều'})

    assert (saved.status_code, refused.status_code) == (303, 422)
    assert 'Cơ khí Hòa Phát' in client.get('/').text
    assert 'value="nhiều"' in refused.text and 'aria-invalid' in refused.text
    assert present(sqlite_site).history_days == 500


def test_defaults_of_the_installation_are_what_people_meet(sqlite_site: Site) -> None:
    for number in range(12):
        sqlite_site.create('admin', 'company', name=f'Công ty {number}')
    save(sqlite_site, page_size=10, default_currency='USD', default_locale='vi')

    desk = Desk(sqlite_site)
    assert '1–10' in desk.page('/company/')
    assert '<option selected>USD</option>' in desk.page('/studio/company/fields?new=1&type=money')
    desk.put('company', label__vi='Doanh thu', key='revenue', type='money')
    draft = sqlite_site.runtime.publisher.draft(sqlite_site.actor('admin'))
    stranger = sqlite_site.app.test_client().get('/login/')

    added = draft.changes['entities']['company']['properties'].values()
    assert [part['x-currency'] for part in added] == ['USD']
    assert '<html lang="vi"' in stranger.text


def test_an_older_database_brings_the_companys_name_along(database_url: str) -> None:
    database = Database(database_url)
    _migrate(database, '0003_operations')
    with database.writing() as connection:
        connection.execute(
            sa.text("INSERT INTO company_profile (id, name, mail_address) VALUES (1, :name, 'an@anbinh.vn')"),
            {'name': '{"vi":"An Bình"}'},
        )

    upgrade.upgrade_system(database)

    with database.reading() as connection:
        assert read_installation(connection) == Installation(company_name={'vi': 'An Bình'}, mail_address='an@anbinh.vn')
    database.dispose()


def _migrate(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option('script_location', 'migrations/system')
    config.set_main_option('path_separator', 'newline')
    with database.writing() as connection:
        config.attributes['connection'] = connection
        command.upgrade(config, revision)
