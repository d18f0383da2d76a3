"""Publishing a formula or a rollup fills the rows that are there, says how many, and can be taken back."""

from __future__ import annotations

import pytest

from schema.base.errors import Invalid
from tests.deriving.conftest import change, publish, read, vnd
from tests.support.site import Site


def test_a_new_formula_and_a_new_rollup_are_filled_for_rows_that_are_there(shop: Site) -> None:
    firms = [shop.create('admin', 'firm', name=f'Hãng {number}', rate='5') for number in range(2)]
    for number in range(3):
        shop.create('admin', 'sale', title=str(number), firm=firms[0], quantity=number, price=vnd(10))
    formula = {'x-type': 'formula', 'x-result': 'decimal', 'x-formula': 'firm.rate * quantity'}
    rollup = {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': 'sum', 'of': 'fee'}}

    plan = publish(
        shop, entities={'sale': {'properties': {'fee': formula}}, 'firm': {'properties': {'fees': rollup}}}
    )  # fmt: skip

    assert [step.kind for step in plan.steps if step.kind == 'compute_field'] == ['compute_field'] * 2
    assert [(each.finding.code, each.count) for each in plan.impact] == [('MIG-W030', 3), ('MIG-W030', 2)]
    assert [read(shop, 'firm', firm, 'fees') for firm in firms] == ['15.00', None]
    shop.create('admin', 'sale', title='new', firm=firms[1], quantity=3)
    assert read(shop, 'firm', firms[1], 'fees') == '15.00'


def test_the_plan_names_records_whose_formula_has_no_result(shop: Site) -> None:
    shop.create('admin', 'sale', title='none', quantity=0)
    shop.create('admin', 'sale', title='one', quantity=1)
    formula = {'x-type': 'formula', 'x-result': 'decimal', 'x-formula': '100 / quantity'}

    plan = publish(shop, entities={'sale': {'properties': {'part': formula}}})

    failing = next(each for each in plan.impact if each.finding.code == 'MIG-W031')
    assert (failing.count, [each['title'] for each in failing.samples]) == (1, ['none'])


def test_a_changed_formula_is_computed_anew_with_all_that_depends_on_it(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu')
    sale = shop.create('admin', 'sale', title='A', firm=firm, quantity=2, price=vnd(100))

    publish(shop, entities={'sale': {'properties': {'net': {'x-formula': 'quantity * price * 2'}}}})

    assert read(shop, 'sale', sale, 'net', 'gross', 'whole') == (vnd(400), vnd(400), vnd(400))
    assert read(shop, 'firm', firm, 'total', 'share') == (vnd(400), '400.00')
    publisher = shop.runtime.publisher
    back = publisher.rollback_plan(publisher.versions()[1].number, shop.actor('admin'))
    publisher.apply(back.plan_id, shop.actor('admin'))
    assert read(shop, 'firm', firm, 'total') == vnd(200)


def test_another_label_computes_nothing(light: Site) -> None:
    light.create('admin', 'sale', title='A', quantity=2, price=vnd(100))

    plan = publish(light, entities={'sale': {'properties': {'net': {'x-label': {'en': 'Net', 'vi': 'Thực thu'}}}}})

    assert [step.kind for step in plan.steps if step.kind == 'compute_field'] == []


def test_a_result_of_another_type_gets_a_column_of_its_own(shop: Site) -> None:
    sale = shop.create('admin', 'sale', title='A', quantity=2, price=vnd(100))

    publish(
        shop, entities={'sale': {'properties': {'ratio': {'x-result': 'text', 'x-formula': "text(quantity) + ' cái'"}}}},
        remove=['/entities/sale/properties/ratio/x-scale'],
    )  # fmt: skip

    assert read(shop, 'sale', sale, 'ratio') == '2 cái'
    change(shop, 'sale', sale, quantity=7)
    assert read(shop, 'sale', sale, 'ratio') == '7 cái'


def test_a_ring_is_refused_by_name(light: Site) -> None:
    ring = {'x-type': 'formula', 'x-result': 'money', 'x-formula': 'firm.total * 2'}

    with pytest.raises(Invalid) as refusal:
        publish(light, entities={'sale': {'properties': {'net': ring}}})

    assert [(each.code, each.pointer, each.params['path']) for each in refusal.value.findings] == [
        ('SCH-E330', '/entities/firm/properties/total', 'firm.total → sale.net → firm.total')
    ]
