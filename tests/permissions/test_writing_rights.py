"""Rights on real records: giving away, merging, creating, conditions, rights to single records, roles edited meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modules.duplicates.merging import merge
from modules.records.changing import Change
from modules.records.model import ListQuery
from permissions.accounts import NewUser, create_user
from permissions.facts import facts_for
from permissions.granting import grant
from schema.base.actor import principal
from schema.base.errors import Forbidden, NotFound, TrellisError
from tests.support.site import PASSWORD, Site

OWN = dict.fromkeys(('read', 'create', 'update', 'delete'), 'own')


def publish(site: Site, **entry: Any) -> None:
    """The rep's grants on contacts."""
    admin, publisher = site.actor('admin'), site.runtime.publisher
    role = publisher.documents()['role', 'rep']
    plan = publisher.plan({'roles': {'rep': {'grants': {**role['grants'], 'contact': entry}}}}, admin)
    assert not [each for each in plan.findings if each.level == 'error'], plan.findings
    publisher.apply(plan.plan_id, admin)


def seen(site: Site, who: str) -> set[str]:
    with site.runtime.reader(site.actor(who)) as reader:
        return {
            str(each.values['full_name']) for each in reader.list_page('contact', ListQuery(columns=('full_name',))).records
        }


def refused(work: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(TrellisError) as met:
        work()
    assert isinstance(met.value, (Forbidden, NotFound))
    assert all(each.text(locale) for each in met.value.findings for locale in ('en', 'vi'))
    return [(each.code, each.pointer) for each in met.value.findings if not each.code.startswith('PRM-R')]


def test_giving_away_and_merging_ask_rights_of_their_own(site: Site) -> None:
    publish(site, **OWN, assign='none', merge='none')
    rep, write = site.actor('rep'), site.runtime.write
    mine, other = (site.create('rep', 'contact', full_name=name) for name in ('An', 'Bình'))

    assert refused(lambda: site.create('rep', 'contact', full_name='Cúc', owner='rep2')) == [
        ('PRM-E042', ''), ('PRM-E041', '/owner'),
    ]  # fmt: skip
    assert refused(lambda: write(rep, lambda store: store.update('contact', mine, {'owner': 'rep2', 'job_title': 'Y'}))) == [
        ('PRM-E040', '/owner')
    ]
    assert refused(lambda: write(rep, lambda store: store.update('contact', mine, {'owner': 'rep2'}))) == [
        ('PRM-E040', '/owner')
    ]
    entity = site.runtime.catalogs.current().entity('contact')
    batch = [Change(entity, mine, {'owner': 'rep2'}), Change(entity, other, {'job_title': 'X', 'owner': 'rep'})]
    saved = write(rep, lambda store: store.update_many('contact', batch))
    assert ([each.uid for each in saved], [each.code for each in batch[0].findings]) == ([other], ['PRM-E040'])
    assert refused(lambda: merge(site.runtime, rep, 'contact', mine, [other], {})) == [('PRM-E001', '')]

    none = dict.fromkeys(('create', 'update', 'delete'), 'none')
    publish(site, **none, read='own', assign='own', merge='own')  # these two are enough for what they name
    merge(site.runtime, rep, 'contact', mine, [other], {})
    assert refused(lambda: write(rep, lambda store: store.update('contact', mine, {'job_title': 'Z'}))) == [('PRM-E001', '')]
    write(rep, lambda store: store.update('contact', mine, {'owner': 'rep2'}))
    assert refused(lambda: write(rep, lambda store: store.update('contact', mine, {'owner': 'rep'}))) == [
        ('PRM-E001', '')
    ]  # still seen


def test_conditions_and_rights_to_single_records_reach_as_far_as_they_say(site: Site) -> None:
    where = {'field': 'company.name', 'op': 'eq', 'value': 'Sen'}
    reach = {'scope': 'all', 'where': where}
    publish(site, read=reach, update=reach, delete='all', create=reach)
    firms = [site.create('admin', 'company', name=name) for name in ('Sen', 'Khác')]
    inside, outside = (site.create('admin', 'contact', full_name=n, company=firm) for n, firm in zip('AB', firms, strict=True))
    rep, write = site.actor('rep'), site.runtime.write

    assert seen(site, 'rep') == {'A'}
    write(rep, lambda store: store.update('contact', inside, {'job_title': 'X'}))
    assert refused(lambda: write(rep, lambda store: store.update('contact', outside, {'job_title': 'X'}))) == [('REC-E028', '')]
    assert refused(lambda: site.create('rep', 'contact', full_name='C')) == [('PRM-E042', '')]
    with site.runtime.database.session() as session:
        entity = site.runtime.catalogs.current().entity('contact')
        with site.runtime.reader(site.actor('admin')) as reader:
            row_id = reader.get('contact', outside, ()).id
        me = principal('user', rep.user_id or 0)
        grant(session, entity, [row_id], me, level='view', source='share', by=None, now=site.runtime.clock.now())

    assert seen(site, 'rep') == {'A', 'B'}
    assert refused(lambda: write(rep, lambda store: store.update('contact', outside, {'job_title': 'X'}))) == [('PRM-E001', '')]
    with site.runtime.database.session() as session:
        grant(session, entity, [row_id], me, level='edit', source='share', by=None, now=site.runtime.clock.now())
    write(rep, lambda store: store.update('contact', outside, {'job_title': 'X'}))
    assert refused(lambda: write(rep, lambda store: store.delete('contact', outside))) == [('PRM-E001', '')]
    policy = site.runtime.policy(rep)
    with site.runtime.database.reading() as connection:
        rows = connection.execute(entity.table.select().where(entity.table.c.id == row_id)).mappings().all()
        trail = policy.trail('read', 'contact', facts_for(connection, policy, 'read', entity, rows, whole=True)[row_id])
    assert [(each.code, each.level) for each in trail] == [('PRM-R031', 'error'), ('PRM-R034', 'warning')]
    assert 'Khác' in trail[0].text('vi')


def test_a_role_edited_meanwhile_counts_from_the_next_request_on(sqlite_site: Site) -> None:
    sqlite_site.create('admin', 'contact', full_name='A')
    publish(sqlite_site, read='all')
    with sqlite_site.runtime.reader(sqlite_site.actor('rep')) as reader:
        before = reader.count('contact', ListQuery()).value
        publish(sqlite_site, read='own')
        still = reader.count('contact', ListQuery()).value

    assert (before, still, seen(sqlite_site, 'rep')) == (1, 1, set())


def test_somebody_without_any_role_sees_nothing_and_is_told_so(sqlite_site: Site) -> None:
    sqlite_site.create('admin', 'contact', full_name='A')
    with sqlite_site.runtime.database.session() as session:
        account = NewUser('noone', 'No', 'One', 'noone@example.com', PASSWORD, (), {})
        create_user(session, account, now=sqlite_site.runtime.clock.now())
    client = sqlite_site.client('noone')

    pages = {path: client.get(path) for path in ('/', '/contact/', '/contact/new', '/search/?q=A')}

    assert {path: page.status_code for path, page in pages.items()} == {
        '/': 200, '/contact/': 403, '/contact/new': 403, '/search/?q=A': 200,
    }  # fmt: skip
    assert 'No role of yours allows you to see' in pages['/contact/'].get_data(as_text=True)
