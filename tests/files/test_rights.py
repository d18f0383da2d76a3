"""Who may read and attach a file: by record, by field, by link. Each refusal stands beside its permitted twin."""

from __future__ import annotations

from datetime import timedelta

import pytest

from modules.files import links
from schema.base.ids import new_uid
from tests.files.conftest import PDF, Cabinet
from tests.files.kept import picture

OPEN, SHUT = (200, 303, 303), (404, 404, 404)


def test_a_fresh_upload_is_its_uploaders_alone(cabinet: Cabinet) -> None:
    uid = cabinet.uploaded('rep')

    assert cabinet.statuses('rep', uid) == OPEN
    assert [cabinet.statuses(who, uid) for who in ('rep2', 'leader', 'admin')] == [SHUT] * 3


def test_a_file_is_read_by_whoever_reads_the_record(cabinet: Cabinet) -> None:
    _, uid = cabinet.holding('rep')

    assert [cabinet.statuses(who, uid) for who in ('rep', 'leader', 'admin')] == [OPEN] * 3
    assert cabinet.statuses('rep2', uid) == SHUT
    assert cabinet.content('leader', uid).data == PDF


def test_a_field_that_a_role_may_not_see_shuts_its_files(cabinet: Cabinet) -> None:
    uid = cabinet.uploaded('admin')
    lead = cabinet.site.create('admin', 'lead', full_name='Trần Thị Bình', secret=uid, owner='rep')

    assert cabinet.send('rep', 'GET', f'/api/v1/lead/{lead}').status_code == 200
    assert cabinet.statuses('rep', uid) == SHUT
    assert cabinet.statuses('manager', uid) == OPEN


def test_an_uploader_who_lost_the_record_lost_the_file(cabinet: Cabinet) -> None:
    record, uid = cabinet.holding('rep')
    assert cabinet.statuses('rep', uid) == OPEN

    moved = cabinet.send('admin', 'PUT', f'/api/v1/contact/{record}?old_owner=drop', json={'owner': 'rep2'})

    assert moved.status_code == 200
    assert cabinet.statuses('rep', uid) == SHUT
    assert cabinet.statuses('rep2', uid) == OPEN


@pytest.mark.parametrize(('who', 'status'), [('rep', 201), ('rep2', 422)], ids=['own upload', "other's upload"])
def test_only_an_own_upload_is_attached(cabinet: Cabinet, who: str, status: int) -> None:
    uid = cabinet.uploaded('rep')

    answer = cabinet.send(who, 'POST', '/api/v1/contact/', json={'full_name': 'Lê Văn Cường', 'contracts': [uid]})

    assert answer.status_code == status
    assert status == 201 or cabinet.codes(answer) == ['REC-E062']


@pytest.mark.parametrize(('who', 'status'), [('leader', 201), ('rep2', 422)], ids=['reads the record', 'does not'])
def test_a_file_of_another_record_is_attached_by_who_may_read_it(cabinet: Cabinet, who: str, status: int) -> None:
    _, uid = cabinet.holding('rep')

    answer = cabinet.send(who, 'POST', '/api/v1/contact/', json={'full_name': 'Lê Văn Cường', 'contracts': [uid]})

    assert answer.status_code == status


def test_a_file_that_nobody_knows_looks_like_one_out_of_reach(cabinet: Cabinet) -> None:
    _, uid = cabinet.holding('rep')

    known = cabinet.send('rep2', 'GET', f'/api/v1/files/{uid}').get_json()
    unknown = cabinet.send('rep2', 'GET', f'/api/v1/files/{new_uid()}').get_json()

    assert known['errors'] == unknown['errors']


def test_somebody_who_is_not_signed_in_gets_nothing(cabinet: Cabinet) -> None:
    _, uid = cabinet.holding('rep')
    link = cabinet.send('rep', 'GET', f'/files/{uid}').headers['Location']
    stranger = cabinet.site.app.test_client()

    assert stranger.get(link).status_code in {302, 401}
    assert stranger.get(f'/api/v1/files/{uid}').status_code == 401
    assert stranger.post('/api/v1/files/', data={}).status_code in {400, 401}


def test_a_link_is_good_for_its_person_and_for_a_minute(cabinet: Cabinet) -> None:
    _, uid = cabinet.holding('rep')
    runtime = cabinet.site.runtime
    now, secret = runtime.clock.now(), runtime.settings.secret_key
    rep, leader = (cabinet.site.actor(who).user_id or 0 for who in ('rep', 'leader'))

    def status(who: str, token: str) -> int:
        return cabinet.send(who, 'GET', f'/files/content/{token}').status_code

    good = links.sign(secret, links.Ticket(uid, rep, False), now)
    old = links.sign(secret, links.Ticket(uid, rep, False), now - timedelta(seconds=links.LIFE_SECONDS + 2))
    forged = links.sign('another secret key of somebody', links.Ticket(uid, rep, False), now)
    assert links.LIFE_SECONDS <= 60
    assert status('rep', good) == 200
    assert (status('leader', good), status('rep', old), status('rep', forged), status('rep', good[:-2])) == (403, 403, 403, 403)
    assert status('leader', links.sign(secret, links.Ticket(uid, leader, False), now)) == 200


def test_a_signed_link_still_asks_for_rights(cabinet: Cabinet) -> None:
    record, uid = cabinet.holding('rep', 'ảnh.png', picture('PNG'))
    runtime = cabinet.site.runtime
    rep = cabinet.site.actor('rep').user_id or 0
    tokens = [
        links.sign(runtime.settings.secret_key, links.Ticket(uid, rep, small), runtime.clock.now()) for small in (False, True)
    ]
    assert [cabinet.send('rep', 'GET', f'/files/content/{token}').status_code for token in tokens] == [200, 200]

    cabinet.send('admin', 'PUT', f'/api/v1/contact/{record}?old_owner=drop', json={'owner': 'rep2'})

    assert [cabinet.send('rep', 'GET', f'/files/content/{token}').status_code for token in tokens] == [404, 404]


def test_a_cookie_alone_uploads_nothing(cabinet: Cabinet) -> None:
    """Another site could make a browser send it."""
    assert cabinet.site.client('rep').post('/api/v1/files/', data={}).status_code == 400
