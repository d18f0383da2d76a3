"""How many statements a request costs, authentication included; and that rows do not add to them."""

from __future__ import annotations

from tests.api.conftest import World


def test_lists_and_single_records_stay_within_their_statements(world: World) -> None:
    rep, uid = world.as_('rep'), ''
    for number in range(30):
        company = rep.post('/company/', {'name': f'Công ty {number}'}).get_json()['id']
        uid = rep.post('/contact/', {'full_name': f'Khách {number}', 'company': company}).get_json()['id']
    rep.get('/contact/?page_size=25')

    with world.statements() as listed:
        page = rep.get('/contact/?page_size=25&keys=none').get_json()
    with world.statements() as short:
        rep.get('/contact/?page_size=2&keys=none')
    with world.statements() as read:
        one = rep.get(f'/contact/{uid}').get_json()['result']

    assert len(page['result']) == 25
    assert page['result'][0]['company']['label'] == 'Công ty 29' == one['company']['label']
    assert len(listed) <= 5, listed  # one of them asks for records given one by one
    assert len(short) == len(listed)
    assert len(read) <= 4, read


def test_the_faces_and_the_openapi_document_cost_the_sign_in_alone(world: World) -> None:
    rep = world.as_('rep')
    rep.get('/_openapi')

    for path in ('/schema/', '/schema/contact', '/schema/contact?for=write', '/_openapi', '/contact/_info', '/me'):
        with world.statements() as seen:
            assert rep.get(path).status_code == 200
        assert len(seen) == 1, (path, seen)
