"""axe finds nothing against WCAG 2.2 A and AA on the pages people work with, in both themes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.site import PASSWORD, Site
from tests.web.desk import Desk

pytestmark = pytest.mark.browser
PAGES = (
    '/', '/opportunity/', '{deal}', '{deal}/edit', '/contact/new', '/opportunity/board?pipeline=deal', '/search/?q=ban',
    '/studio/company/fields', '/studio/review', '/users/list/', '/roles/list/', '/opportunity/import', '/workflows/',
    '/operations/', '/settings', '/nowhere/', '/notices/?show=all', '/notices/choices',
    '/deliveries/', '/settings/secrets', '/settings/messaging',
)  # fmt: skip


@pytest.fixture(scope='module')
def deal(served: tuple[Site, str]) -> str:
    """The address of a record with something in every part of its page."""
    site, _address = served
    company = site.create('manager', 'company', name='Nội thất Bàn Tròn', phone='02838220011', email='lien.he@bantron.example')
    uid = site.create('manager', 'opportunity', title='Bàn họp', company=company, stage='survey', owner='manager')
    about = {'entity': 'opportunity', 'uid': uid}
    site.create('manager', 'activity', subject='Gọi lần đầu', kind='call', regarding=about, body='Khách hẹn gọi lại.')
    return f'/opportunity/{uid}'


@pytest.mark.parametrize('theme', ['light', 'dark'])
def test_no_page_is_closed_to_anybody(desks: dict[str, Desk], deal: str, theme: str) -> None:
    desk = desks['admin']
    desk.theme(theme)
    found = {}

    for address in PAGES:
        desk.go(address.format(deal=deal))
        assert desk.all(f'html[data-bs-theme={theme}]'), address
        if faults := desk.faults():
            found[address] = faults

    assert found == {}


def test_the_sign_in_page_is_open_to_everybody(served: tuple[Site, str], open_browser: object, tmp_path: Path) -> None:
    site, address = served
    visitor = Desk(open_browser(width=390, height=844), address, site)  # type: ignore[operator]

    for theme in ('light', 'dark'):
        visitor.go('/login/')
        visitor.theme(theme)
        visitor.go('/login/')
        visitor.fill('#username', 'manager')
        visitor.fill('#password', f'not {PASSWORD}')
        visitor.leave(lambda: visitor.press('Sign in'))
        visitor.see(f'html[data-bs-theme={theme}] #password-error')
        assert visitor.faults() == [], theme
