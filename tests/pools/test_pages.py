"""The pages of pools, for staff and administrators."""

from __future__ import annotations

from tests.pools.conftest import frozen, make_pool, owner_of, put_leads, user_id
from tests.support.site import Site


def test_try(sqlite_site: Site) -> None:
    site = sqlite_site
    frozen(site)
    pool = make_pool(site, daily_limit=3, return_days=2)
    uids = put_leads(site, pool, 4)
    rep = site.client('rep', locale='vi')
    for path in ('/pools/', f'/pools/{pool.uid}', f'/lead/{uids[0]}', '/lead/'):
        answer = rep.get(path)
        print(path, answer.status_code, len(answer.data))
        assert answer.status_code == 200, answer.text[-3000:]
    print(rep.get('/pools/').text[3000:12000])
    got = rep.post(f'/pools/{pool.uid}/claim', data={})
    print(got.status_code, got.headers.get('Location'))
    print(rep.get(got.headers['Location']).status_code)
    r = rep.get(f'/pools/{pool.uid}/release/{uids[0]}')
    print(r.status_code)
    r = rep.post(f'/pools/{pool.uid}/release/{uids[0]}', data={'reason': ''}); print(r.status_code)
    r = rep.post(f'/pools/{pool.uid}/release/{uids[0]}', data={'reason': 'Sai số'}); print(r.status_code, r.headers.get('Location'))
    assert owner_of(site, uids[0]) is None
    admin = site.client('admin')
    for path in ('/pools/setup/', '/pools/setup/new', f'/pools/setup/{pool.uid}', '/pools/setup/choices?q=', '/pools/setup/faces/lead','/pools/setup/source?entity=lead'):
        answer = admin.get(path)
        print(path, answer.status_code)
        assert answer.status_code == 200, answer.text[-3000:]
    print(admin.get('/pools/setup/choices?q=').json)
    manager = site.client('manager')
    print(manager.get('/pools/').status_code)
    m = manager.post(f'/pools/put/lead/ask', data={'uids': uids[1]}); print(m.status_code, m.text[:400])
