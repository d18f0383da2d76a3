"""Former keys over HTTP: old names work everywhere and are counted; reports of a publish are read and downloaded."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.site import Site


@pytest.fixture
def renamed(sqlite_site: Site) -> Site:
    """The job title of contacts is now `position`, contacts are `customer`."""
    site, admin = sqlite_site, sqlite_site.actor('admin')
    contact = site.runtime.catalogs.current().entity('contact')
    request = {
        'entities': {'customer': {'x-ref': contact.ref, 'properties': {'position': {'x-ref': contact.fields['job_title'].ref}}}}
    }
    plan = site.runtime.publisher.plan(request, admin)
    site.runtime.publisher.apply(plan.plan_id, admin)
    return site


def uses(client: FlaskClient) -> dict[str, Any]:
    return {each['alias']: each['count'] for each in client.get('/api/v1/schema/aliases').get_json()['result']}


def test_old_addresses_lead_to_the_new_ones_with_their_filters(renamed: Site) -> None:
    client = renamed.client('admin')
    uid = renamed.create('admin', 'customer', full_name='An', position='Giám đốc')

    page = client.get('/contact/?search=An')
    record = client.get(f'/contact/{uid}')

    assert (page.status_code, page.location) == (308, '/customer/?search=An')
    assert (record.status_code, record.location) == (308, f'/customer/{uid}')
    assert client.get(page.location).status_code == 200
    assert uses(client)['contact'] == 2


def test_old_names_are_taken_by_api_and_saved_filters_and_counted(renamed: Site) -> None:
    client = renamed.client('admin')
    uid = renamed.create('admin', 'contact', full_name='An', job_title='Giám đốc')
    kept = json.dumps({'field': 'job_title', 'op': 'eq', 'value': 'Giám đốc'})

    found = client.get('/customer/', query_string={'filter': kept})
    listed = client.get('/api/v1/contact/?q=(filters:!((col:job_title,opr:eq,value:%27Giám đốc%27)))').get_json()

    assert uid in found.get_data(as_text=True)
    assert [each['position'] for each in listed['result']] == ['Giám đốc']
    counted = uses(client)
    assert counted['contact'] >= 2
    assert counted['job_title'] >= 3


def test_unread_values_are_answered_with_links_and_downloaded(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('admin')
    uid = site.create('admin', 'contact', full_name='An', job_title='=chief')
    site.create('admin', 'contact', full_name='Bình', job_title='12')
    admin = site.actor('admin')
    plan = site.runtime.publisher.plan({'entities': {'contact': {'properties': {'job_title': {'x-type': 'integer'}}}}}, admin)
    publish = site.runtime.publisher.apply(plan.plan_id, admin)

    answer = client.get(f'/api/v1/schema/publishes/{publish.id}/unread').get_json()
    download = client.get(f'/api/v1/schema/publishes/{publish.id}/unread?format=csv')

    (row,) = answer['result']
    assert (row['title'], row['value'], row['link']) == ('An', '=chief', f'/contact/{uid}')
    assert client.get(row['link']).status_code == 200
    (line,) = csv.DictReader(io.StringIO(download.get_data(as_text=True).removeprefix('\ufeff')))
    assert (line['uid'], line['value']) == (uid, "'=chief")
    assert download.headers['Content-Disposition'].startswith('attachment')


def test_where_used_names_layouts_and_templates(sqlite_site: Site) -> None:
    client = sqlite_site.client('admin')

    found = client.get('/api/v1/schema/used?entity=contact&field=full_name').get_json()['result']

    assert {'layout', 'template'} <= {each['noun'] for each in found}
    assert client.get('/api/v1/schema/used?entity=nothing').status_code == 404


@pytest.mark.parametrize('path', ['aliases', 'used?entity=contact', 'publishes/0/unread'])
def test_only_those_who_may_edit_the_schema_read_these(sqlite_site: Site, path: str) -> None:
    assert sqlite_site.client('rep').get(f'/api/v1/schema/{path}').status_code == 403
