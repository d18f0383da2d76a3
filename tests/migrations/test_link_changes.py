"""A link that becomes several, and several that become one: copied while people write, told beforehand, and back again."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.convert import ConvertField
from migrations.tables import schema_touched
from migrations.unread import stream_unread
from modules.records.deltas import inverse
from schema.base.errors import Unavailable
from schema.base.ids import new_uid
from schema.base.text import fold
from schema.catalog import Field
from schema.definitions import FieldDef
from schema.fieldtypes.base import Refused
from schema.fieldtypes.link import LinkType
from schema.fieldtypes.links import LinksType
from schema.values import Link, Links
from tests.migrations.conftest import ADA, NOW, Shop, label

SEVERAL: dict[str, Any] = {'contact': {'properties': {'company': {'x-type': 'links'}}}}
ONE: dict[str, Any] = {'contact': {'properties': {'firms': {'x-type': 'link'}}}}
FIRMS: dict[str, Any] = {'x-type': 'links', 'x-target': 'company', 'x-label': label('Firms')}


def add_firm(shop: Shop, name: str) -> int:
    table = shop.catalog.entity('company').table
    row = {'uid': new_uid(), 'created_at': NOW, 'changed_at': NOW, 'revision': 1, 'name': name, 'name__fold': fold(name)}
    with shop.database.writing() as connection:
        return int(connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one())


def set_links(shop: Shop, key: str, contact: int, *firms: int) -> None:
    table = shop.contact.fields[key].table
    assert table is not None
    with shop.database.writing() as connection:
        connection.execute(table.delete().where(table.c.source_id == contact))
        for place, firm in enumerate(firms):
            connection.execute(table.insert().values(source_id=contact, target_id=firm, position=place))


def links(shop: Shop, key: str) -> dict[int, list[int]]:
    """Targets in order by the contact that holds them."""
    table = shop.contact.fields[key].table
    assert table is not None
    found: dict[int, list[int]] = {}
    with shop.database.reading() as connection:
        for row in connection.execute(sa.select(table).order_by(table.c.source_id, table.c.position)):
            found.setdefault(row.source_id, []).append(row.target_id)
    return found


def one_link(shop: Shop, key: str) -> list[int | None]:
    return [None if each is None else each.id for each in shop.values(key)]


def of(firm: int | None) -> Link | None:
    return None if firm is None else Link('company', '', firm)


def during_backfill(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Call `act` once, when the backfill has passed all rows and the switch has not come."""
    forward = ConvertField.forward

    def filled(self: ConvertField, site: Site) -> None:
        forward(self, site)
        act()

    monkeypatch.setattr(ConvertField, 'forward', filled)


def left_over(shop: Shop) -> list[Any]:
    with shop.database.reading() as connection:
        query = {
            'sqlite': "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trellis_%'",
            'postgresql': "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'trellis_%'",
        }[connection.dialect.name]
        return [*connection.execute(sa.text(query)), *connection.execute(sa.select(schema_touched))]


@pytest.fixture
def firms(shop: Shop) -> list[int]:
    return [add_firm(shop, name) for name in ('Hoa Sen', 'FPT', 'Viettel')]


@pytest.fixture
def several(shop: Shop, firms: list[int]) -> Shop:
    """Version 2: contact 1 has two firms, contact 2 one, contact 3 none."""
    shop.publish(entities={'contact': {'properties': {'firms': FIRMS}}})
    for name in ('An', 'Binh', 'Chi'):
        shop.insert(full_name=name)
    set_links(shop, 'firms', 1, firms[1], firms[0])
    set_links(shop, 'firms', 2, firms[2])
    return shop


def test_a_link_becomes_several_and_a_rollback_brings_what_was_entered_since(shop: Shop, firms: list[int]) -> None:
    for firm in (firms[0], firms[1], None):
        shop.insert(full_name='An', company=of(firm))

    plan = shop.plan(entities=SEVERAL)
    told = [(each.finding.code, each.finding.params['converted'], each.finding.params['failed']) for each in plan.impact]
    assert (told, plan.findings) == ([('MIG-W003', 2, 0)], [])
    assert 'Copy each link in x_contact to x_contact_company' in [step.describe('en') for step in plan.steps]
    shop.apply(plan)
    assert links(shop, 'company') == {1: [firms[0]], 2: [firms[1]]}
    assert left_over(shop) == []

    set_links(shop, 'company', 1, firms[0], firms[2])
    set_links(shop, 'company', 2, firms[2])
    set_links(shop, 'company', 3, firms[1])
    shop.roll_back(1)
    assert one_link(shop, 'company') == [firms[0], firms[2], firms[1]]
    assert [each.value for each in stream_unread(shop.database, 3)] == ['Hoa Sen, Viettel']

    shop.update(2, company=None)
    shop.roll_back(2)
    assert links(shop, 'company') == {1: [firms[0], firms[2]], 3: [firms[1]]}
    assert left_over(shop) == []


def test_of_several_links_the_first_stays_and_the_others_return_with_a_rollback(several: Shop, firms: list[int]) -> None:
    plan = several.plan(entities=ONE)
    assert [(each.finding.code, each.count) for each in plan.impact] == [('MIG-W003', 1), ('MIG-W009', 1)]
    assert [(each['title'], each['value']) for each in plan.impact[1].samples] == [('An', 'FPT, Hoa Sen')]
    several.apply(plan)

    assert one_link(several, 'firms') == [firms[1], firms[2], None]
    assert [(each.title, each.value) for each in stream_unread(several.database, 3)] == [('An', 'FPT, Hoa Sen')]
    several.update(3, firms=of(firms[0]))
    several.roll_back(2)
    assert links(several, 'firms') == {1: [firms[1], firms[0]], 2: [firms[2]], 3: [firms[0]]}

    several.roll_back(3)
    assert one_link(several, 'firms') == [firms[1], firms[2], firms[0]]


def test_a_linked_record_in_the_bin_does_not_stand_for_the_others(several: Shop, firms: list[int]) -> None:
    company = several.catalog.entity('company').table
    with several.database.writing() as connection:
        connection.execute(company.update().where(company.c.id == firms[1]).values(deleted_at=NOW))

    plan = several.plan(entities=ONE)
    assert [(each.finding.code, each.count) for each in plan.impact] == [('MIG-W003', 2)]
    several.apply(plan)

    assert one_link(several, 'firms') == [firms[0], firms[2], None]
    several.roll_back(2)
    assert links(several, 'firms') == {1: [firms[1], firms[0]], 2: [firms[2]]}


def test_links_written_during_the_backfill_are_not_lost(
    several: Shop, firms: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        set_links(several, 'firms', 1, firms[0])
        set_links(several, 'firms', 2)
        set_links(several, 'firms', 3, firms[2], firms[0])

    with monkeypatch.context() as patch:
        during_backfill(patch, write)
        several.publish(entities=ONE)

    assert one_link(several, 'firms') == [firms[0], None, firms[2]]
    assert [each.value for each in stream_unread(several.database, 3)] == ['Viettel, Hoa Sen']
    assert left_over(several) == []


def test_a_link_written_during_the_backfill_is_not_lost(shop: Shop, firms: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for firm in (firms[0], firms[1]):
        shop.insert(full_name='An', company=of(firm))

    def write() -> None:
        shop.update(1, company=of(firms[2]))
        shop.update(2, company=None)
        shop.insert(full_name='New', company=of(firms[1]))

    with monkeypatch.context() as patch:
        during_backfill(patch, write)
        shop.publish(entities=SEVERAL)

    assert links(shop, 'company') == {1: [firms[2]], 3: [firms[1]]}


def test_a_failure_before_the_switch_leaves_the_links_as_they_were(
    several: Shop, firms: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise Unavailable.of('MIG-E018', step='')

    with monkeypatch.context() as patch:
        during_backfill(patch, fail)
        with pytest.raises(Unavailable):
            several.publish(entities=ONE)

    assert links(several, 'firms') == {1: [firms[1], firms[0]], 2: [firms[2]]}
    assert (left_over(several), several.publisher.count_unread(3)) == ([], 0)
    several.publish(entities=ONE)
    assert one_link(several, 'firms') == [firms[1], firms[2], None]


def test_links_to_another_kind_of_record_go_by_name(several: Shop, firms: list[int]) -> None:
    named = several.insert(full_name='Viettel')
    plan = several.plan(entities={'contact': {'properties': {'firms': {'x-type': 'link', 'x-target': 'contact'}}}})
    assert [(each.finding.code, each.finding.params['converted'], each.finding.params['failed']) for each in plan.impact] == [
        ('MIG-W003', 1, 1)
    ]  # fmt: skip
    several.apply(plan)

    assert one_link(several, 'firms') == [None, named, None, None]
    assert [each.value for each in stream_unread(several.database, 3)] == ['FPT, Hoa Sen']
    several.roll_back(2)
    assert links(several, 'firms') == {1: [firms[1], firms[0]], 2: [firms[2]]}


def test_a_link_to_one_of_several_tells_whose_links_go_with_a_kind_and_gives_them_back(shop: Shop) -> None:
    part = {'x-type': 'link_any', 'x-targets': ['company', 'contact'], 'x-label': label('About')}
    shop.field('about', part)
    firm, first = add_firm(shop, 'Phú Thịnh'), shop.insert(full_name='An')
    shop.insert(full_name='Binh', about=Link('company', '', firm))
    shop.insert(full_name='Chi', about=Link('contact', '', first))
    before = shop.values('about')

    plan = shop.plan(entities={'contact': {'properties': {'about': {'x-targets': ['contact']}}}})
    shop.apply(plan)

    (impact,) = plan.as_wire('en')['impact']
    assert (impact['code'], impact['count'], [each['title'] for each in impact['samples']]) == ('MIG-W010', 1, ['Binh'])
    assert impact['samples'][0]['href'].startswith('/contact/')
    assert [each and each.entity for each in shop.values('about')] == [None, None, 'contact']
    back = shop.publisher.rollback_plan(2, ADA)
    shop.apply(back)
    assert shop.values('about') == before and back.impact == []


def test_a_link_learns_to_lead_to_other_kinds_and_forgets_it_again(shop: Shop) -> None:
    def about(kind: str, **targets: Any) -> dict[str, Any]:
        return {'entities': {'contact': {'properties': {'company': {'x-type': kind, **targets}}}}}

    firm = add_firm(shop, 'Phú Thịnh')
    first = shop.insert(full_name='An', company=Link('company', '', firm))
    shop.publish(**about('link_any', **{'x-targets': ['company', 'contact']}))
    assert [(each.entity, each.id) for each in shop.values('company')] == [('company', firm)]
    shop.insert(full_name='Binh', company=Link('contact', '', first))
    several = shop.values('company')

    plan = shop.plan(**about('link', **{'x-target': 'company'}))
    shop.apply(plan)

    (impact,) = plan.impact
    assert [impact.finding.params[each] for each in ('converted', 'failed')] == [1, 1]
    assert [each['title'] for each in impact.samples] == ['Binh']
    assert one_link(shop, 'company') == [firm, None]
    assert [each.title for each in stream_unread(shop.database, 3)] == ['Binh']
    shop.roll_back(2)
    assert shop.values('company') == several
    shop.roll_back(1)
    assert one_link(shop, 'company') == [firm, None]
    shop.roll_back(2)
    assert shop.values('company') == several


def test_history_from_before_is_read_and_taken_back() -> None:
    link = {'entity': 'company', 'uid': 'a', 'id': 1}
    one, many = (FieldDef(kind, kind, kind, {}, '', document={}, help={}) for kind in ('link', 'links'))

    assert LinksType().thaw(many, link) == Links((Link('company', 'a'),), 1)
    field: Any = Field('contact', many, LinksType(), {})
    assert inverse(field, link, None) == {'add': ['a'], 'remove': []}
    with pytest.raises(Refused):
        LinkType().thaw(one, {'links': [link]})
