"""Fields of files under changes of the schema: their type, a rename, a drop; and records under undo and restore."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from modules.files.tables import file_attachment
from modules.records import reverting
from tests.files.conftest import Cabinet
from tests.files.kept import keep_files, kept_file, picture
from tests.support.site import Site

PHOTO = kept_file('01900000-0000-7000-8000-00000000c001', 'Ảnh.png', picture('PNG'), 'image/png')


@pytest.fixture
def filed(site: Site) -> Site:
    keep_files(site, [PHOTO])
    publish(site, {'x-type': 'file', 'x-label': {'en': 'Papers', 'vi': 'Giấy tờ'}})
    return site


def publish(site: Site, part: dict[str, Any], key: str = 'papers', **request: Any) -> None:
    publisher, admin = site.runtime.publisher, site.actor('admin')
    asked = {'entities': {'contact': {'properties': {key: part}}} if part else {}, **request}
    publisher.apply(publisher.plan(asked, admin).plan_id, admin)


def value(site: Site, record: str, key: str = 'papers') -> Any:
    with site.runtime.reader(site.actor('admin')) as reader:
        return reader.get('contact', record).wire()[key]


def test_a_file_becomes_an_image_and_back_without_moving(filed: Site) -> None:
    record = filed.create('admin', 'contact', full_name='An', papers=PHOTO.uid)
    entity = filed.runtime.catalogs.current().entity('contact')

    publish(filed, {'x-type': 'image'})
    assert value(filed, record) == PHOTO.wire
    assert filed.client('admin').get(f'/files/{PHOTO.uid}').status_code == 303
    publish(filed, {'x-type': 'file'})

    assert value(filed, record) == PHOTO.wire
    fresh = filed.runtime.catalogs.current().entity('contact')
    assert fresh.fields['papers'].definition.column == entity.fields['papers'].definition.column


def test_a_file_becomes_its_name_and_a_rollback_brings_it_back(filed: Site) -> None:
    record = filed.create('admin', 'contact', full_name='An', papers=PHOTO.uid)
    publisher, admin = filed.runtime.publisher, filed.actor('admin')
    before = filed.runtime.catalogs.current().number

    publish(filed, {'x-type': 'text'})
    assert value(filed, record) == 'Ảnh.png'
    publisher.apply(publisher.rollback_plan(before, admin).plan_id, admin)

    assert value(filed, record) == PHOTO.wire
    assert filed.client('admin').get(f'/files/{PHOTO.uid}').status_code == 303


def test_one_file_becomes_several(filed: Site) -> None:
    record = filed.create('admin', 'contact', full_name='An', papers=PHOTO.uid)

    publish(filed, {'x-many': True})

    assert value(filed, record) == [PHOTO.wire]


def test_a_renamed_field_keeps_its_files(filed: Site) -> None:
    record = filed.create('admin', 'contact', full_name='An', papers=PHOTO.uid)
    ref = filed.runtime.catalogs.current().entity('contact').fields['papers'].ref

    publish(filed, {'x-ref': ref}, 'documents')

    assert value(filed, record, 'documents') == PHOTO.wire
    assert filed.client('admin').get(f'/files/{PHOTO.uid}').status_code == 303


def test_a_binned_record_keeps_its_files(filed: Site) -> None:
    record = filed.create('admin', 'contact', full_name='An', papers=PHOTO.uid)
    admin = filed.actor('admin')

    filed.runtime.write(admin, lambda store: store.delete('contact', record))
    assert filed.client('admin').get(f'/files/{PHOTO.uid}').status_code == 303
    filed.runtime.write(admin, lambda store: store.restore('contact', record))

    assert value(filed, record) == PHOTO.wire


def test_a_page_keeps_the_uploads_of_a_refused_form(one_cabinet: Cabinet) -> None:
    uid = one_cabinet.uploaded('rep')
    client = one_cabinet.site.client('rep')
    token = client.get('/').text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]

    refused = client.post(
        '/contact/new',
        data={'csrf_token': token, 'full_name': '', 'contracts': ['', uid], 'contracts.name': ['Hợp đồng.pdf']},
    )

    assert refused.status_code == 422
    assert f'name="contracts" value="{uid}"' in refused.text and 'Hợp đồng.pdf' in refused.text


def test_a_revert_brings_a_replaced_file_back(filed: Site) -> None:
    other = kept_file('01900000-0000-7000-8000-00000000c002', 'Khác.txt', b'khac', 'text/plain')
    keep_files(filed, [other])
    record = filed.create('admin', 'contact', full_name='An', papers=PHOTO.uid)
    admin = filed.actor('admin')
    filed.runtime.write(admin, lambda store: store.update('contact', record, {'papers': other.uid}))

    filed.runtime.write(admin, lambda store: reverting.take_back(store, 'contact', record, 2))

    assert value(filed, record) == PHOTO.wire
    assert filed.client('admin').get(f'/files/{other.uid}').status_code == 303
    with filed.runtime.database.reading() as connection:
        held = connection.execute(sa.select(file_attachment.c.file_uid, file_attachment.c.until.is_(None))).all()
    assert {(uid, bool(now)) for uid, now in held} == {(PHOTO.uid, True), (other.uid, False)}
