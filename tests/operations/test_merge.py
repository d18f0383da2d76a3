"""Merging records is one operation; undoing it brings the others back with everything that pointed to them."""

from __future__ import annotations

import pytest

from modules.duplicates.merging import merge
from modules.operations import keeping, service
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound
from tests.support.site import Site


def test_a_merge_moves_links_bins_the_others_and_is_undone_whole(site: Site) -> None:
    kept = site.create('manager', 'company', name='Gỗ Việt')
    other = site.create('manager', 'company', name='Công ty Gỗ Việt', phone='02438256789')
    person = site.create('manager', 'contact', full_name='Ngô Hải Hà', company=other)
    actor = site.actor('manager')

    done = merge(site.runtime, actor, 'company', kept, [other], {'phone': '024 3825 6789'})

    with site.runtime.reader(actor) as reader:
        assert reader.get('contact', person).values['company'].uid == kept
        assert reader.get('company', other).deleted_at is not None
        assert reader.get('company', kept).values['phone'] == '+842438256789'
    assert done.title['en'] == 'Merge 2 companies into “Gỗ Việt”'
    undone = service.undo(site.runtime, actor, done.id)
    with site.runtime.reader(actor) as reader:
        assert reader.get('contact', person).values['company'].uid == other
        assert reader.get('company', other).deleted_at is None
        assert reader.get('company', kept).values['phone'] is None
    assert undone.reasons == []
    assert keeping.read(site.runtime, done.id).state == 'undone'


def test_a_merge_that_is_not_allowed_writes_nothing(sqlite_site: Site) -> None:
    kept = sqlite_site.create('rep', 'company', name='Gỗ Việt')
    other = sqlite_site.create('rep2', 'company', name='Công ty Gỗ Việt')

    with pytest.raises(Invalid):
        merge(sqlite_site.runtime, sqlite_site.actor('rep'), 'company', kept, [kept], {})
    with pytest.raises((Conflict, Forbidden, NotFound)):
        merge(sqlite_site.runtime, sqlite_site.actor('rep'), 'company', kept, [other], {})

    with sqlite_site.runtime.reader(sqlite_site.actor('admin')) as reader:
        assert reader.get('company', other).deleted_at is None
