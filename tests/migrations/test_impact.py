"""What a plan tells of live records: counts, the first of them with links, costs, and what an admin may answer."""

from __future__ import annotations

import pytest

from schema.base.errors import Invalid
from tests.migrations.conftest import Shop, label
from tests.migrations.mixed import plan_everything, rich_shop

__all__ = ['rich_shop']
SIZE = '/entities/contact/properties/size'


def test_blanks_of_a_newly_required_field_are_listed_with_links_and_filled_by_the_default(shop: Shop) -> None:
    shop.insert(full_name='An', size='1')
    for name in ('Binh', 'Chi'):
        shop.insert(full_name=name)
    request = {'entities': {'contact': {'required': ['full_name', 'size']}}}

    (impact,) = shop.plan(**request).as_wire('en')['impact']
    plan = shop.plan(**request, answers={SIZE: {'default': '0'}})
    shop.apply(plan)

    assert (impact['code'], impact['count'], impact['answers']) == ('MIG-W002', 2, ['default', 'leave'])
    assert [each['title'] for each in impact['samples']] == ['Binh', 'Chi']
    assert all(each['href'] == f'/contact/{each["uid"]}' for each in impact['samples'])
    assert 'fill_blank' in [step.kind for step in plan.steps]
    assert shop.values('size') == ['1', '0', '0']


def test_values_that_cannot_be_read_become_what_the_admin_says(shop: Shop) -> None:
    for size in ('10', 'ten', 'a dozen', 'many'):
        shop.insert(full_name=size, size=size)

    plan = shop.plan(
        entities={'contact': {'properties': {'size': {'x-type': 'integer'}}}},
        answers={SIZE: {'map': {'ten': 10, 'many': None}, 'default': 12}},
    )
    assert [(each.finding.params['converted'], each.finding.params['failed']) for each in plan.impact] == [(4, 0)]
    shop.apply(plan)

    assert shop.values('size') == [10, 10, 12, None]
    shop.roll_back(1)
    assert shop.values('size') == ['10', 'ten', 'a dozen', 'many']


@pytest.mark.parametrize(
    ('answers', 'code'),
    [
        ({SIZE: {'default': 'many'}}, 'REC-'),
        ({SIZE: {'elsewhere': 1}}, 'MIG-E019'),
        ({'/entities/contact/properties/nothing': {'default': 1}}, 'MIG-E019'),
        ({'nonsense': {'default': 1}}, 'MIG-E019'),
    ],
)
def test_answers_that_fit_nothing_block_the_plan(shop: Shop, answers: dict[str, object], code: str) -> None:
    plan = shop.plan(entities={'contact': {'properties': {'size': {'x-type': 'integer'}}}}, answers=answers)

    assert next(each.code for each in plan.findings).startswith(code)
    with pytest.raises(Invalid):
        shop.apply(plan)


def test_what_could_not_be_read_is_kept_as_a_report_with_the_version(shop: Shop) -> None:
    for number in range(3):
        shop.insert(full_name=f'Ann {number}', size=f'about {number}')
    shop.insert(full_name='Fine', size='7')

    publish = shop.publish(entities={'contact': {'properties': {'size': {'x-type': 'integer'}}}})

    found = list(shop.publisher.unread(publish.version))
    assert [(each.title, each.value) for each in found] == [(f'Ann {n}', f'about {n}') for n in range(3)]
    assert {each.field_ref for each in found} == {shop.contact.fields['size'].ref}
    assert shop.publisher.count_unread(publish.version) == 3
    shop.roll_back(1)
    assert shop.publisher.count_unread(publish.version) == 3
    assert list(shop.publisher.unread(publish.version + 1)) == []


def test_values_that_a_stricter_field_refuses_are_counted_and_stay(shop: Shop) -> None:
    for size in ('1', '12345', '123456'):
        shop.insert(full_name=size, size=size)

    plan = shop.plan(entities={'contact': {'properties': {'size': {'maxLength': 4}}}})
    shop.apply(plan)

    (impact,) = plan.impact
    assert (impact.finding.code, impact.count) == ('MIG-W008', 2)
    assert [each['value'] for each in impact.samples] == ['12345', '123456']
    assert shop.values('size') == ['1', '12345', '123456']


def test_every_step_says_its_rows_who_waits_and_about_how_long(rich_shop: Shop) -> None:
    plan = plan_everything(rich_shop)

    wire = rich_shop.publisher.get_plan(plan.plan_id).as_wire('vi')

    by_kind = {each['kind']: each for each in wire['steps']}
    assert by_kind['convert_field']['rows'] in {1, 3}
    assert by_kind['convert_field']['lock'] == 'rows'
    assert by_kind['create_table']['lock_text'] == 'không ai phải chờ'
    assert all(each['seconds'] > 0 and each['duration_text'] == 'dưới một giây' for each in wire['steps'])
    waits = 'writers' if rich_shop.database.is_sqlite else 'none'
    assert by_kind['add_index']['lock'] == waits


def test_a_multiple_choice_gets_its_option_back_where_nobody_chose_anew(shop: Shop) -> None:
    options = [{'key': key, 'label': label(key)} for key in ('a', 'b', 'c')]
    shop.field('kinds', {'x-type': 'multi_picklist', 'x-label': label('Kinds'), 'x-options': options})
    a, b, c = (each.ref for each in shop.contact.fields['kinds'].definition.options)
    before = [[c, a], [a, c, b], [c], [b], [c, a]]
    rows = [shop.insert(full_name=f'{number}', kinds=kinds) for number, kinds in enumerate(before)]

    shop.publish(remove=['/entities/contact/properties/kinds/x-options/c'], remap={c: 'b'})
    moved = shop.values('kinds')
    shop.update(rows[0], kinds=[b])
    shop.update(rows[4], kinds=[a])
    shop.roll_back(2)

    assert [set(each) for each in moved] == [{a, b}, {a, b}, {b}, {b}, {a, b}]
    after = shop.values('kinds')
    assert [list(each) for each in after[1:4]] == [[a, c, b], [c], [b]]
    assert (list(after[0]), list(after[4])) == ([c], [a])  # still the replacement; chosen anew without it
