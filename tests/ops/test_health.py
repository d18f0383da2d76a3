"""The pages for machines tell the state of each part without giving anything away."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from modules.ops.doctor import check_assets, check_database
from modules.ops.views import make_blueprint

LEAK = 'could not connect with password hunter2'


def client_with(**checks: object) -> FlaskClient:
    app = Flask('health')
    app.register_blueprint(make_blueprint(checks))  # type: ignore[arg-type]
    return app.test_client()


def broken() -> None:
    raise ConnectionError(LEAK)


def test_a_living_process_is_healthy_whatever_its_parts_do() -> None:
    answer = client_with(database=broken).get('/healthz')

    assert (answer.status_code, answer.text) == (200, 'ok\n')


def test_readiness_names_each_part_and_looks_at_all_of_them() -> None:
    answer = client_with(database=broken, redis=lambda: None).get('/readyz')

    parts = {name: part['state'] for name, part in answer.json['parts'].items()}
    assert answer.status_code == 503
    assert answer.json['ready'] is False
    assert parts == {'database': 'ConnectionError', 'redis': 'ok'}
    assert 'hunter2' not in answer.text


def test_readiness_is_200_when_every_part_answers() -> None:
    answer = client_with(database=lambda: None).get('/readyz')

    assert (answer.status_code, answer.json['ready']) == (200, True)


def test_requests_are_counted_by_route_and_never_by_path() -> None:
    client = client_with()
    client.get('/no/such/page/nguyen')

    text = client.get('/metrics').text

    assert 'trellis_http_requests_total{endpoint="unknown",method="GET",status="404"}' in text
    assert 'nguyen' not in text


def test_a_request_that_is_refused_before_its_page_is_counted_too() -> None:
    app = Flask('refusing')
    app.before_request(lambda: ('no', 401))
    app.register_blueprint(make_blueprint({}))
    app.test_client().get('/readyz')

    text = client_with().get('/metrics').text

    assert 'trellis_http_requests_total{endpoint="ops.readyz",method="GET",status="401"} 1.0' in text


def test_doctor_does_not_make_a_missing_database(tmp_path: Path) -> None:
    verdict = check_database(f'sqlite:///{tmp_path}/none.sqlite')

    assert (verdict.ok, verdict.remedy) == (False, 'it is made by: trellis up')
    assert list(tmp_path.iterdir()) == []


def test_doctor_reaches_each_engine_and_hides_the_password(database_url: str, tmp_path: Path) -> None:
    (tmp_path / 'trellis.sqlite').touch()

    verdict = check_database(database_url.replace('trellis@', 'trellis:hunter2@'))

    assert verdict.ok
    assert 'hunter2' not in verdict.note


@pytest.mark.parametrize(
    ('manifest', 'note'),
    [('{"files": {"app.js": "app.1.js"}}', 'app.1.js and 0 more are missing'), ('{', 'Expecting property name')],
    ids=['a file is gone', 'broken'],
)
def test_doctor_asks_for_a_build_when_assets_are_missing(tmp_path: Path, manifest: str, note: str) -> None:
    (tmp_path / 'manifest.json').write_text(manifest)

    verdict = check_assets(tmp_path / 'manifest.json')

    assert (verdict.ok, verdict.remedy) == (False, 'build them with: make install')
    assert verdict.note.startswith(note)
