"""Publishing: what reflects, what is refused, what is planned."""

from __future__ import annotations

import pytest

from migrations.lock import acquire
from migrations.service import Publisher
from schema.base.errors import BadRequest, Conflict, Invalid, NotFound, Stale
from schema.versions import read_state
from tests.migrations.conftest import ADA, Shop, label

DATE = {'x-type': 'date', 'x-label': label('Approved')}


def codes(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.code for each in error.value.findings]


def test_an_added_field_is_a_column_with_its_words_in_the_plan(shop: Shop) -> None:
    plan = shop.plan(entities={'contact': {'properties': {'approved_on': DATE}}})
    publish = shop.apply(plan)

    assert (publish.state, publish.version) == ('done', 2)
    assert plan.as_wire('en')['changes'] == ['Contact: add field Approved, type Date']
    assert plan.as_wire('vi')['changes'] == ['Contact vi: thêm trường Approved vi, kiểu Ngày']
    assert shop.physical.columns['x_contact'] >= {'approved_on', 'approved_on__yearly'}
    assert shop.synced == []  # a field changes nobody's rights


def test_a_plan_whose_base_moved_is_refused(shop: Shop) -> None:
    first = shop.plan(entities={'contact': {'properties': {'a': DATE}}})
    shop.publish(entities={'contact': {'properties': {'b': DATE}}})

    with pytest.raises(Stale) as refused:
        shop.apply(first)
    assert codes(refused) == ['MIG-E007']
    assert shop.catalog.number == 2


def test_while_somebody_publishes_a_second_is_refused(shop: Shop) -> None:
    plan = shop.plan(entities={'contact': {'properties': {'a': DATE}}})
    lock = acquire(shop.database, shop.clock)

    with pytest.raises(Conflict) as refused:
        shop.apply(plan)
    lock.release()

    assert codes(refused) == ['MIG-E003']
    assert shop.apply(plan).state == 'done'


def test_unknown_plans_publishes_and_versions_are_not_found(shop: Shop) -> None:
    for act, code in (
        (lambda: shop.publisher.apply('nope', ADA), 'MIG-E004'),
        (lambda: shop.publisher.publish_state('nope'), 'MIG-E005'),
        (lambda: shop.publisher.rollback_plan(99, ADA), 'MIG-E010'),
    ):
        with pytest.raises(NotFound) as refused:
            act()
        assert codes(refused) == [code]


def test_a_request_that_points_to_nothing_names_every_wrong_pointer(shop: Shop) -> None:
    with pytest.raises(BadRequest) as refused:
        shop.plan(remove=['/entities/nothing', '/entities/contact/properties/x'], entities={})
    assert codes(refused) == ['MIG-E008', 'MIG-E008']
    with pytest.raises(BadRequest) as refused:
        shop.plan(entitys={})
    assert codes(refused) == ['MIG-E009']


def test_broken_documents_give_their_findings_and_change_nothing(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        shop.plan(entities={'contact': {'properties': {'a': {'x-type': 'curency'}, 'b': {'x-type': 'link', 'x-target': 'no'}}}})
    assert len(refused.value.findings) >= 2
    assert shop.catalog.number == 1


def test_a_new_unique_rule_lists_the_records_that_collide(shop: Shop) -> None:
    for name in ('An', 'án', 'Bình'):
        shop.insert(full_name=name)

    plan = shop.plan(entities={'contact': {'properties': {'full_name': {'x-unique': True}}}})

    assert [(each.code, each.params['count']) for each in plan.findings] == [('MIG-E016', 2)]
    with pytest.raises(Invalid):
        shop.apply(plan)


def test_a_step_that_fails_undoes_what_came_before_it(shop: Shop) -> None:
    shop.insert(full_name='An')
    plan = shop.plan(entities={'contact': {'properties': {'full_name': {'x-unique': True}, 'a': {'x-type': 'text'}}}})
    shop.insert(full_name='an')

    with pytest.raises(Invalid) as refused:
        shop.apply(plan)

    assert codes(refused) == ['MIG-E013']
    assert shop.catalog.number == 1
    assert not any(name.startswith('uq_') for name in shop.physical.indexes['x_contact'] if 'full_name' in name)
    assert shop.publish(entities={'contact': {'properties': {'a': {'x-type': 'text'}}}}).state == 'done'


def test_required_fields_tell_how_many_records_are_blank(shop: Shop) -> None:
    shop.insert(full_name='An', size='1')
    shop.insert(full_name='Binh')

    plan = shop.plan(entities={'contact': {'required': ['full_name', 'size']}})

    assert [(each.finding.code, each.count) for each in plan.impact] == [('MIG-W002', 1)]


def test_dropping_raises_the_writers_fence_and_adding_does_not(shop: Shop) -> None:
    def fence() -> int:
        with shop.database.reading() as connection:
            state = read_state(connection)
        assert state is not None
        return state.min_writer

    shop.publish(entities={'contact': {'properties': {'a': DATE}}})
    assert fence() == 1
    shop.publish(remove=['/entities/contact/properties/size'])
    assert fence() == 3


def test_a_draft_is_kept_per_author_until_discarded(shop: Shop) -> None:
    request = {'entities': {'contact': {'properties': {'a': DATE}}}, 'remove': ['/entities/contact/properties/size']}
    shop.publisher.save_draft(ADA, request)

    again = Publisher(shop.database, shop.catalogs, shop.clock)
    assert again.draft(ADA).request == request
    assert again.draft(ADA).base_version == 1

    again.discard_draft(ADA)
    assert again.draft(ADA).is_empty


def test_the_history_says_what_each_version_changed(shop: Shop) -> None:
    shop.publish(entities={'contact': {'properties': {'size': {'x-label': {'en': 'Headcount'}}}}}, note='Clearer')

    newest, first = shop.publisher.versions()

    assert (newest.number, newest.base, newest.note, newest.author, newest.is_active) == (2, 1, 'Clearer', 'Ada', True)
    assert newest.summary == [{'en': 'Contact: change label of Headcount', 'vi': 'Contact vi: đổi nhãn của Size vi'}]
    assert not first.is_active


def test_what_is_removed_and_given_again_under_its_key_is_told_to_be_the_same(shop: Shop) -> None:
    size, fresh = '/entities/contact/properties/size', {'x-type': 'text', 'x-label': label('Volume')}
    shop.insert(full_name='An', size='12')

    plan = shop.plan(remove=[size], entities={'contact': {'properties': {'size': fresh}}})
    assert [(each.finding.code, each.finding.pointer) for each in plan.impact] == [('MIG-W013', size)]
    renamed = {'volume': {'x-ref': shop.contact.fields['size'].ref}, 'size': fresh}
    assert shop.plan(entities={'contact': {'properties': renamed}}).impact == []
    shop.apply(plan)

    assert shop.values('size') == ['12']
