"""Tables of links and lines through every change of the schema: made, kept through renames, retired, found again."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from schema.base.errors import Invalid
from schema.base.ids import new_uid
from schema.base.record_log import record_history
from schema.catalog import Field
from tests.migrations.conftest import NOW, Shop, label

ITEMS = '/entities/contact/properties/items'
LINKS: dict[str, Any] = {'x-type': 'links', 'x-target': 'company', 'x-label': label('Firms')}
LINES: dict[str, Any] = {
    'x-type': 'lines',
    'x-label': label('Items'),
    'x-lines': {
        'required': ['title'],
        'properties': {
            'title': {'x-type': 'text', 'x-label': label('Title')},
            'size': {'x-type': 'text', 'x-label': label('Size')},
            'maker': {'x-type': 'link', 'x-target': 'company', 'x-label': label('Maker')},
        },
    },
}


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """Version 2 has a contact with one linked company and two lines."""
    shop.publish(entities={'contact': {'properties': {'firms': LINKS, 'items': LINES}}})
    contact = shop.insert(full_name='An')
    with shop.database.writing() as connection:
        company = shop.catalog.entity('company').table
        made = sa.insert(company).values(
            uid=new_uid(), created_at=NOW, changed_at=NOW, revision=1, name='Hoa Sen', name__fold='hoa sen'
        )
        firm = connection.execute(made.returning(company.c.id)).scalar_one()
        pairs, lines = field(shop, 'firms').table, field(shop, 'items').table
        assert pairs is not None and lines is not None
        connection.execute(pairs.insert().values(source_id=contact, target_id=firm, position=0))
        for place, (title, size) in enumerate((('Pen', '10'), ('Book', 'wide'))):
            row = {'uid': new_uid(), 'parent_id': contact, 'position': place, 'changed_at': NOW, 'title': title, 'size': size}
            connection.execute(lines.insert().values(title__fold=title.lower(), size__fold=size, maker=firm, **row))
    return shop


def field(shop: Shop, key: str) -> Field:
    return shop.contact.fields[key]


def rows(shop: Shop, key: str, *names: str) -> list[tuple[Any, ...]]:
    table = field(shop, key).table
    assert table is not None
    with shop.database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*(table.c[name] for name in names)).order_by(table.c.id))]


def test_links_and_lines_get_tables_of_their_own_with_guards(filled: Shop) -> None:
    with filled.database.reading() as connection:
        inspector = sa.inspect(connection)
        guards = {
            name: sorted(each['referred_table'] for each in inspector.get_foreign_keys(name))
            for name in ('x_contact_firms', 'x_contact_items')
        }

    assert guards == {'x_contact_firms': ['x_company', 'x_contact'], 'x_contact_items': ['x_company', 'x_contact']}


def test_renames_of_the_entity_the_field_and_the_target_keep_tables_and_rows(filled: Shop) -> None:
    contact, company = filled.contact, filled.catalog.entity('company')
    lines = contact.fields['items'].lines
    assert lines is not None

    filled.publish(
        entities={
            'person': {
                'x-ref': contact.ref,
                'properties': {
                    'goods': {
                        'x-ref': contact.fields['items'].ref,
                        'x-lines': {'properties': {'name': {'x-ref': lines.fields['title'].ref}}},
                    }
                },
            },
            'firm': {'x-ref': company.ref},
        }
    )

    person = filled.catalog.entity('person')
    goods = person.fields['goods'].lines
    assert person.fields['firms'].home == 'x_contact_firms'
    assert person.fields['firms'].definition.targets == ('firm',)
    assert goods is not None and goods.key == 'person.goods' and goods.table.name == 'x_contact_items'
    assert list(goods.fields['name'].columns) == ['title', 'title__fold']
    assert goods.fields['name'].definition.required
    assert goods.fields['maker'].definition.targets == ('firm',)
    with filled.database.reading() as connection:
        assert connection.execute(sa.select(goods.table.c.title).order_by(goods.table.c.id)).scalars().all() == ['Pen', 'Book']


def test_dropped_links_and_lines_come_back_with_their_rows(filled: Shop) -> None:
    filled.publish(remove=['/entities/contact/properties/firms', '/entities/contact/properties/items'])
    assert 'items' not in filled.contact.fields

    filled.roll_back(2)

    assert rows(filled, 'items', 'title', 'size') == [('Pen', '10'), ('Book', 'wide')]
    assert len(rows(filled, 'firms', 'id')) == 1


def test_a_dropped_entity_takes_its_tables_along_and_brings_them_back(filled: Shop) -> None:
    filled.publish(remove=['/entities/contact'])

    filled.roll_back(2)

    assert rows(filled, 'items', 'title') == [('Pen',), ('Book',)]
    assert len(rows(filled, 'firms', 'id')) == 1


def test_fields_of_lines_come_go_and_change_their_type_like_others(filled: Shop) -> None:
    changed = {'size': {'x-type': 'integer'}, 'colour': {'x-type': 'text', 'x-label': label('Colour')}}
    plan = filled.plan(entities={'contact': {'properties': {'items': {'x-lines': {'properties': changed}}}}})
    said = [each['en'] for each in plan.changes]
    filled.apply(plan)

    assert 'Contact, Items: add field Colour, type Text' in said
    assert 'Contact, Items: field Size turns from Text into Whole number' in said
    assert [each.finding.code for each in plan.impact if each.finding.code == 'MIG-W003'] == ['MIG-W003']
    lines = field(filled, 'items').lines
    assert lines is not None
    assert rows(filled, 'items', lines.fields['size'].definition.column) == [(10,), (None,)]

    filled.publish(remove=['/entities/contact/properties/items/x-lines/properties/colour'])
    filled.roll_back(2)
    assert rows(filled, 'items', 'size') == [('10',), ('wide',)]


def test_answers_reach_the_columns_of_lines(filled: Shop) -> None:
    column, size = f'{ITEMS}/x-lines/properties/colour', f'{ITEMS}/x-lines/properties/size'
    colours = {'x-type': 'text', 'x-label': label('Colour')}
    changed = {'required': ['title', 'colour'], 'properties': {'size': {'x-type': 'integer'}, 'colour': colours}}
    request = {'contact': {'properties': {'items': {'x-lines': changed}}}}

    plan = filled.plan(entities=request)
    assert {(each.finding.code, each.finding.pointer, each.count) for each in plan.impact} == {
        ('MIG-W003', f'{size}/x-type', 2), ('MIG-W002', column, 2)
    }  # fmt: skip
    wrong = filled.plan(entities=request, answers={size: {'map': {'wide': 'very'}}, f'{ITEMS}/x-lines/size': {'default': 1}})
    assert sorted(each.code for each in wrong.findings) == ['MIG-E019', 'REC-E005']
    filled.apply(filled.plan(entities=request, answers={size: {'map': {'wide': 99}}, column: {'default': 'red'}}))

    lines = field(filled, 'items').lines
    assert lines is not None
    names = [lines.fields[key].definition.column for key in ('size', 'colour')]
    assert rows(filled, 'items', *names) == [(10, 'red'), (99, 'red')]
    with filled.database.reading() as connection:
        (noted,) = connection.execute(sa.select(record_history.c.changes, record_history.c.revision)).all()
    (old, new) = noted.changes[field(filled, 'items').ref]
    ref = lines.fields['colour'].ref
    assert ([each['values'] for each in old['lines']], [each['values'] for each in new['lines']]) == (
        [{ref: None}] * 2, [{ref: 'red'}] * 2
    )  # fmt: skip
    filled.roll_back(2)
    assert rows(filled, 'items', 'size') == [('10',), ('wide',)]


def test_records_without_links_get_those_that_a_newly_required_field_is_given(filled: Shop) -> None:
    second = filled.insert(full_name='Binh')
    firms = '/entities/contact/properties/firms'
    request = {'contact': {'required': ['full_name', 'firms']}}

    told = filled.plan(entities=request).impact
    assert [(each.finding.code, each.finding.pointer, each.count) for each in told] == [('MIG-W002', firms, 1)]
    nobody = filled.plan(entities=request, answers={firms: {'default': 'Nobody'}})
    assert [(each.code, each.pointer) for each in nobody.findings] == [
        ('MIG-E020', '/answers/~1entities~1contact~1properties~1firms/default')
    ]  # fmt: skip
    filled.apply(filled.plan(entities=request, answers={firms: {'default': ['Hoa Sen']}}))

    assert rows(filled, 'firms', 'source_id', 'target_id', 'position') == [(1, 1, 0), (second, 1, 0)]
    with filled.database.reading() as connection:
        (noted,) = connection.execute(sa.select(record_history)).all()
        contact = filled.contact.table
        row = connection.execute(sa.select(contact.c.uid, contact.c.revision).where(contact.c.id == second)).one()
    old, new = noted.changes[field(filled, 'firms').ref]
    assert (noted.record_uid, noted.revision, old) == (row.uid, row.revision, None)
    assert [(each['entity'], each['id']) for each in new['links']] == [('company', 1)]


def test_the_plan_counts_records_with_links_or_lines_that_would_go(filled: Shop) -> None:
    plan = filled.plan(remove=['/entities/contact/properties/firms', '/entities/contact/properties/items'])

    told = sorted((each.finding.code, each.finding.pointer, each.count) for each in plan.impact)
    assert told == [
        ('MIG-W001', '/entities/contact/properties/firms', 1), ('MIG-W001', '/entities/contact/properties/items', 1)
    ]  # fmt: skip


def test_a_type_without_a_way_between_is_refused(filled: Shop) -> None:
    lines = {'properties': {'size': {'x-type': 'text', 'x-label': label('Size')}}}
    plan = filled.plan(entities={'contact': {'properties': {'size': {'x-type': 'lines', 'x-lines': lines}}}})

    assert [(each.code, each.pointer) for each in plan.findings] == [('MIG-E012', '/entities/contact/properties/size/x-type')]
    words = filled.plan(entities={'contact': {'properties': {'items': {'x-type': 'text'}}}})
    assert [(each.code, each.pointer) for each in words.findings] == [('MIG-E022', f'{ITEMS}/x-type')]


def test_broken_lines_are_refused_at_their_place(shop: Shop) -> None:
    bad = {
        'x-type': 'lines',
        'x-lines': {'properties': {
            **{kind: {'x-type': kind} for kind in ('autonumber', 'file', 'lines', 'rollup', 'stage', 'through')},
            'position': {'x-type': 'text', 'x-unique': True},
        }},
    }  # fmt: skip

    with pytest.raises(Invalid) as refused:
        shop.publish(entities={'contact': {'properties': {'items': bad}}})

    at = '/entities/contact/properties/items/x-lines/properties'
    assert [(each.code, each.pointer) for each in refused.value.findings] == [
        ('SCH-E120', f'{at}/autonumber/x-type'), ('SCH-E120', f'{at}/file/x-type'), ('SCH-E120', f'{at}/lines/x-type'),
        ('SCH-E022', f'{at}/position'), ('SCH-E121', f'{at}/position/x-unique'), ('SCH-E120', f'{at}/rollup/x-type'),
        ('SCH-E120', f'{at}/stage/x-type'), ('SCH-E120', f'{at}/through/x-type'),
    ]  # fmt: skip
    assert 'autonumber' in refused.value.findings[0].text('vi')


def test_columns_of_lines_stand_in_the_order_of_a_request_that_names_all_of_them(filled: Shop) -> None:
    """One that names some of them changes these where they are."""
    columns: dict[str, Any] = {'maker': {}, 'size': {'x-help': label('In centimetres')}, 'title': {}}
    filled.publish(entities={'contact': {'properties': {'items': {'x-lines': {'properties': columns}}}}})
    assert list(line_columns(filled)) == ['maker', 'size', 'title']
    assert rows(filled, 'items', 'title', 'size') == [('Pen', '10'), ('Book', 'wide')]

    columns = {'title': {'x-help': label('Short')}, 'note': {'x-type': 'text', 'x-label': label('Note')}}
    filled.publish(entities={'contact': {'properties': {'items': {'x-lines': {'properties': columns}}}}})
    assert list(line_columns(filled)) == ['maker', 'size', 'title', 'note']


def line_columns(shop: Shop) -> dict[str, Any]:
    columns: dict[str, Any] = shop.publisher.documents()['entity', 'contact']['properties']['items']['x-lines']['properties']
    return columns
