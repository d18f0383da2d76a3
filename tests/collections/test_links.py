"""Links: what people ask for, what is stored, and what nobody may see."""

from __future__ import annotations

import pytest

from schema.base.errors import Conflict, Invalid
from tests.collections.conftest import change, deal, person, read
from tests.support.site import Site


def labels(site: Site, who: str, uid: str) -> list[str]:
    return [each.get('label', 'hidden') for each in read(site, who, uid, 'people')['people'] or []]


def test_links_keep_the_order_they_were_sent_in_and_drop_repeats(shop: Site) -> None:
    an, binh, chi = (person(shop, name) for name in ('An', 'Bình', 'Chi'))

    uid = deal(shop, people=[chi, an, {'uid': chi}, binh])

    assert read(shop, 'admin', uid)['people'] == [
        {'uid': chi, 'label': 'Chi'}, {'uid': an, 'label': 'An'}, {'uid': binh, 'label': 'Bình'}
    ]  # fmt: skip


def test_a_delta_adds_removes_and_reorders(shop: Site) -> None:
    an, binh, chi, dung = (person(shop, name) for name in ('An', 'Bình', 'Chi', 'Dung'))
    uid = deal(shop, people=[an, binh, chi])

    change(shop, 'admin', uid, people={'add': [dung, an], 'remove': [binh]})
    assert labels(shop, 'admin', uid) == ['An', 'Chi', 'Dung']

    change(shop, 'admin', uid, people={'order': [dung, chi]})
    assert labels(shop, 'admin', uid) == ['An', 'Dung', 'Chi']


def test_a_list_leaves_what_the_person_cannot_see_in_its_place(shop: Site) -> None:
    mine, theirs, other = person(shop, 'Mine', 'rep'), person(shop, 'Theirs', 'rep2'), person(shop, 'Other', 'rep')
    uid = deal(shop, 'rep', people=[mine])
    change(shop, 'admin', uid, people=[mine, theirs, other])
    assert read(shop, 'rep', uid)['people'] == [
        {'uid': mine, 'label': 'Mine'}, {'hidden': True}, {'uid': other, 'label': 'Other'}
    ]  # fmt: skip

    change(shop, 'rep', uid, people=[other, {'hidden': True}, mine])
    assert labels(shop, 'admin', uid) == ['Other', 'Theirs', 'Mine']

    change(shop, 'rep', uid, people=[])
    assert labels(shop, 'admin', uid) == ['Theirs']

    change(shop, 'rep', uid, people={'remove': [theirs]})
    assert labels(shop, 'admin', uid) == ['Theirs']


def test_only_records_that_the_person_sees_can_be_added(shop: Site) -> None:
    theirs = person(shop, 'Theirs', 'rep2')
    uid = deal(shop, 'rep')

    with pytest.raises(Invalid) as refused:
        change(shop, 'rep', uid, people={'add': [theirs]})

    assert [(each.code, each.pointer) for each in refused.value.findings] == [('REC-E027', '/people')]


def test_deleting_a_target_takes_it_out_and_restoring_it_puts_it_back(shop: Site) -> None:
    an, binh = person(shop, 'An'), person(shop, 'Bình')
    uid = deal(shop, people=[an, binh])

    shop.runtime.write(shop.actor('admin'), lambda store: store.delete('contact', an))
    assert labels(shop, 'admin', uid) == ['Bình']

    change(shop, 'admin', uid, people=[binh])
    shop.runtime.write(shop.actor('admin'), lambda store: store.restore('contact', an))
    assert labels(shop, 'admin', uid) == ['An', 'Bình']


def test_a_list_conflicts_with_what_somebody_changed_since_and_a_delta_does_not(shop: Site) -> None:
    an, binh = person(shop, 'An'), person(shop, 'Bình')
    uid = deal(shop)
    change(shop, 'manager', uid, people={'add': [an]})

    with pytest.raises(Conflict) as refused:
        change(shop, 'admin', uid, 1, people=[binh])
    change(shop, 'admin', uid, 1, people={'add': [binh]})

    assert [(each.code, each.pointer) for each in refused.value.findings] == [('REC-E019', '/people')]
    assert labels(shop, 'admin', uid) == ['An', 'Bình']


def test_history_tells_what_came_and_what_went(shop: Site) -> None:
    an, binh = person(shop, 'An'), person(shop, 'Bình')
    uid = deal(shop, people=[an])

    change(shop, 'admin', uid, people=[binh])

    with shop.runtime.reader(shop.actor('admin')) as reader:
        old, new = reader.timeline('opportunity', uid)[0].changes['people']
    assert [[link.label for link in side.links] for side in (old, new)] == [['An'], ['Bình']]


def test_a_change_of_nothing_makes_no_revision(shop: Site) -> None:
    an = person(shop, 'An')
    uid = deal(shop, people=[an])

    assert change(shop, 'admin', uid, people={'add': [an], 'remove': [uid]}) == 1
    assert change(shop, 'admin', uid, people=[an]) == 1
