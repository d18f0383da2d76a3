"""Files in a real browser: chosen, dropped, refused, taken out, saved; and what a blind person is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.files.kept import picture
from tests.web.desk import Desk

pytestmark = pytest.mark.browser
DROP = """
const [box, name, text] = arguments;
const files = new DataTransfer();
files.items.add(new File([text], name));
for (const type of ['dragenter', 'dragover', 'drop']) {
  box.dispatchEvent(new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
}
"""


@pytest.fixture(scope='module')
def filed(desks: dict[str, Desk]) -> Desk:
    """The admin's desk, where companies hold papers and a logo."""
    desk = desks['admin']
    publisher, admin = desk.site.runtime.publisher, desk.site.actor('admin')
    parts = {
        'papers': {'x-type': 'file', 'x-many': True, 'x-max-size': 1, 'x-label': {'en': 'Papers', 'vi': 'Giấy tờ'}},
        'logo': {'x-type': 'image', 'x-label': {'en': 'Logo', 'vi': 'Logo'}},
    }
    plan = publisher.plan({'entities': {'company': {'properties': parts}}}, admin)
    publisher.apply(plan.plan_id, admin)
    return desk


@pytest.fixture
def desk(filed: Desk) -> Iterator[Desk]:
    filed.allowed = ['status of 422']
    yield filed
    assert filed.complaints() == []


def names(desk: Desk, key: str) -> list[str]:
    return [each.text for each in desk.all(f'[data-upload="{key}"] [data-upload-file] a')]


def test_files_are_chosen_dropped_and_saved(desk: Desk, tmp_path: Path) -> None:
    paper, logo = tmp_path / 'Hợp đồng.txt', tmp_path / 'Logo.png'
    paper.write_text('xin chào')
    logo.write_bytes(picture('PNG', (300, 200)))
    desk.go('/company/new')
    desk.see('#f-name').send_keys('Công ty Tệp')

    desk.browser.find_element(By.ID, 'f-papers').send_keys(str(paper))
    desk.until(lambda: names(desk, 'papers') == ['Hợp đồng.txt'], 'the file to be there')
    desk.browser.execute_script(DROP, desk.see('[data-upload="papers"]'), 'Phụ lục.txt', 'thêm')
    desk.until(lambda: names(desk, 'papers') == ['Hợp đồng.txt', 'Phụ lục.txt'], 'the dropped file to be there')
    desk.browser.find_element(By.ID, 'f-logo').send_keys(str(logo))
    desk.see('[data-upload="logo"] img.t-thumb')
    assert desk.faults() == []
    desk.browser.execute_script("document.getElementById('record-form').requestSubmit()")

    desk.see('.t-facts .t-pictures img')
    uid = desk.browser.current_url.rsplit('/', 1)[1]
    assert [each['name'] for each in desk.field('company', uid, 'papers')] == ['Hợp đồng.txt', 'Phụ lục.txt']
    assert desk.field('company', uid, 'logo')['name'] == 'Logo.png'
    desk.until(
        lambda: desk.browser.execute_script("return document.querySelector('.t-pictures img').naturalWidth") == 300,
        'the small picture',
    )


def test_a_file_is_taken_out_and_another_refused_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    wrong, large = tmp_path / 'anh.pdf', tmp_path / 'lon.txt'
    wrong.write_bytes(picture('PNG'))
    large.write_text('x' * (1024 * 1024 + 1))
    desk.go('/company/new')
    upload = desk.browser.find_element(By.ID, 'f-papers')
    error = '[data-upload="papers"] [data-upload-error]'

    upload.send_keys(str(wrong))
    desk.read('is not what its name says', error)
    upload.send_keys(str(large))
    desk.read('larger than 1 MB', error)
    assert names(desk, 'papers') == []

    desk.browser.execute_script(DROP, desk.see('[data-upload="papers"]'), 'a.txt', 'a')
    desk.until(lambda: names(desk, 'papers') == ['a.txt'], 'the file to be there')
    desk.see('[data-upload="papers"] [data-upload-remove]').click()
    assert names(desk, 'papers') == []


def test_the_settings_page_is_open_to_everybody_who_administers(desk: Desk) -> None:
    desk.go('/settings/installation')
    desk.see('#f-history_days')

    assert desk.faults() == []
