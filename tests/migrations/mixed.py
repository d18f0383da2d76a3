"""One schema and one plan with every kind of step, and what must be true after it, however it went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.plans import StoredPlan
from migrations.tables import schema_publish, schema_touched
from schema.base.database import Database
from schema.base.stage_log import stage_log
from schema.values import Link
from tests.migrations.conftest import ENGINES, Databases, Shop, fill_shop, label

TOPICS = [{'key': key, 'label': label(key.title())} for key in ('price', 'support', 'other')]
STAGES = [{'key': key, 'label': label(key.title()), 'category': 'open'} for key in ('new', 'talk')]
RICH: dict[str, Any] = {
    'x-pipelines': [{'key': 'way', 'label': label('Way'), 'stages': STAGES}],
    'properties': {
        'step': {'x-type': 'stage', 'x-label': label('Step')},
        'topics': {'x-type': 'multi_picklist', 'x-label': label('Topics'), 'x-options': TOPICS},
        'calls': {
            'x-type': 'lines',
            'x-label': label('Calls'),
            'x-lines': {'properties': {'minutes': {'x-type': 'text', 'x-label': label('Minutes')}}},
        },
        'firms': {'x-type': 'links', 'x-target': 'company', 'x-label': label('Firms')},
        'peers': {'x-type': 'links', 'x-target': 'contact', 'x-label': label('Peers')},
        'boss': {'x-type': 'link', 'x-target': 'contact', 'x-label': label('Boss')},
        'helpers': {'x-type': 'links', 'x-target': 'contact', 'x-label': label('Helpers')},
        'circle': {'x-type': 'text', 'x-label': label('Circle')},
        'makers': {'x-type': 'links', 'x-target': 'company', 'x-label': label('Makers')},
        'note': {'x-type': 'text', 'x-label': label('Note')},
    },
}
KINDS = [{'key': key, 'label': label(key.title())} for key in ('buyer', 'maker')]
FIRM: dict[str, Any] = {
    'properties': {
        'code': {'x-type': 'text', 'x-label': label('Code')},
        'kind': {'x-type': 'picklist', 'x-label': label('Kind'), 'x-options': KINDS},
    },
}
NEW_FIRM: dict[str, Any] = {
    'x-pipelines': [{'key': 'kinds', 'label': label('Kinds'), 'stages': [{**each, 'category': 'open'} for each in KINDS]}],
    'properties': {'code': {'x-type': 'autonumber', 'x-pattern': 'HS-{00}'}, 'kind': {'x-type': 'stage'}},
}
NEW_CONTACT: dict[str, Any] = {
    'required': ['full_name', 'note', 'makers'],
    'x-indexes': [['born_on']],
    'properties': {
        'size': {'x-type': 'integer'},
        'peers': {'x-type': 'link'},
        'boss': {'x-type': 'links'},
        'helpers': {'x-type': 'text'},
        'circle': {'x-type': 'links', 'x-target': 'contact'},
        'full_name': {'x-unique': True},
        'note': {'x-search': True},
        'born_on': {'x-type': 'date', 'x-label': label('Born')},
        'friends': {'x-type': 'links', 'x-target': 'contact', 'x-label': label('Friends')},
        'calls': {'x-lines': {'properties': {'minutes': {'x-type': 'integer'}}}},
        'double': {'x-type': 'formula', 'x-label': label('Double'), 'x-result': 'integer', 'x-formula': 'size * 2'},
        'spent': {
            'x-type': 'rollup',
            'x-label': label('Spent'),
            'x-rollup': {'lines': 'calls', 'function': 'sum', 'of': 'minutes'},
        },
        'number': {'x-type': 'autonumber', 'x-label': label('Number'), 'x-pattern': 'KH-{000}'},
        'visits': {
            'x-type': 'lines',
            'x-label': label('Visits'),
            'x-lines': {'properties': {'place': {'x-type': 'text', 'x-label': label('Place')}}},
        },
    },
}
VISIT: dict[str, Any] = {
    'x-label': label('Visit'),
    'x-title-field': 'name',
    'properties': {
        'name': {'x-type': 'text', 'x-label': label('Name')},
        'contact': {'x-type': 'link', 'x-target': 'contact', 'x-label': label('Contact'), 'x-on-delete': 'clear'},
    },
}


def fill_rich(url: str) -> None:
    """Version 2, with three contacts: An has every value, Binh a size that is no number, Chi nothing. And two companies."""
    fill_shop(url)
    shop = Shop(Database(url))
    shop.publish(entities={'contact': RICH, 'company': FIRM})
    firm = shop.catalog.entity('company')
    with shop.database.writing() as connection:
        for number, (code, option) in enumerate(zip(('HS-07', None), firm.fields['kind'].definition.options, strict=True)):
            row = {'uid': f'{number:036}', 'created_at': shop.clock.now(), 'changed_at': shop.clock.now()}
            for key, value in (('name', f'Firm {number}'), ('code', code), ('kind', option.ref)):
                row |= firm.fields[key].to_columns(value)
            connection.execute(firm.table.insert().values(row))
    source, topics, steps = (shop.contact.fields[key].definition.options for key in ('source', 'topics', 'step'))
    first = shop.insert(
        full_name='An', size='10', source=source[1].ref, topics=[topics[2].ref, topics[0].ref], note='kept', step=steps[1].ref,
        circle='Chi; Binh',
    )  # fmt: skip
    shop.insert(full_name='Binh', size='about ten', topics=[topics[2].ref], boss=Link('contact', '', first))
    shop.insert(full_name='Chi')
    lines = shop.contact.fields['calls'].table
    pairs, helpers = (shop.contact.fields[key].table for key in ('peers', 'helpers'))
    assert lines is not None and pairs is not None and helpers is not None
    with shop.database.writing() as connection:
        for place, target in enumerate((3, 2)):
            connection.execute(pairs.insert().values(source_id=first, target_id=target, position=place))
            connection.execute(helpers.insert().values(source_id=first, target_id=target, position=1 - place))
        row = {
            'uid': '0' * 36,
            'parent_id': first,
            'position': 1,
            'changed_at': shop.clock.now(),
            'created_at': shop.clock.now(),
        }
        values = {**row, 'minutes': '15', 'minutes__fold': '15'}
        connection.execute(lines.insert().values({name: each for name, each in values.items() if name in lines.c}))
        contact = shop.contact
        uid = connection.execute(sa.select(contact.table.c.uid).where(contact.table.c.id == first)).scalar_one()
        connection.execute(stage_log.insert().values(
            entity_ref=contact.ref, record_uid=uid, pipeline_ref=contact.definition.pipelines[0].ref, stage_ref=steps[1].ref,
            entered_at=shop.clock.now(), actor_name='Ada',
        ))  # fmt: skip
    shop.database.dispose()


def fill_changed(url: str) -> None:
    """Version 3, the plan carried out."""
    fill_rich(url)
    shop = Shop(Database(url))
    shop.apply(plan_everything(shop))
    shop.database.dispose()


def successors(shop: Shop) -> dict[str, str | None]:
    """What takes the place of the options and the stage that the plan drops."""
    places = (('source', 1, 'web'), ('topics', 2, 'price'), ('step', 1, 'new'))
    return {shop.contact.fields[key].definition.options[place].ref: heir for key, place, heir in places}


def plan_everything(shop: Shop) -> StoredPlan:
    return shop.plan(
        entities={'visit': VISIT, 'contact': NEW_CONTACT, 'company': NEW_FIRM},
        remove=[
            '/entities/contact/properties/source/x-options/fair',
            '/entities/contact/properties/topics/x-options/other',
            '/entities/contact/x-pipelines/way/stages/talk',
            '/entities/contact/properties/company',
            '/entities/contact/properties/firms',
        ],
        remap=successors(shop),
        answers={
            '/entities/contact/properties/note': {'default': 'none'},
            '/entities/contact/properties/makers': {'default': 'Firm 0'},
        },
    )


def require_whole(shop: Shop) -> None:
    """Tables, version row, publish rows and journal agree, and nothing is left over from the way there."""
    physical, catalog = shop.physical, shop.catalog
    for table in catalog.tables.values():
        if table.name.startswith('x_'):
            assert physical.columns[table.name] >= set(table.c.keys())
            assert physical.indexes[table.name] >= {str(each.name) for each in table.indexes}
    with shop.database.reading() as connection:
        states = connection.execute(sa.select(schema_publish.c.state, schema_publish.c.version)).all()
        assert connection.execute(sa.select(schema_touched)).all() == []
        assert _triggers(connection) == []
    assert {state for state, _ in states} <= {'done', 'undone'}
    assert max(version for state, version in states if state == 'done') == catalog.number


def require_after(shop: Shop) -> None:
    """The contacts as the plan makes them."""
    assert shop.values('size') == [10, None, None]
    assert shop.values('double') == [20, None, None]
    assert shop.values('spent') == [15, None, None]
    assert shop.values('number') == ['KH-001', 'KH-002', 'KH-003']
    assert shop.values('note') == ['kept', 'none', 'none']
    assert [_keys(shop, value) for value in shop.values('topics')] == [['price'], ['price'], []]
    assert [shop.contact.fields['source'].wire(each) for each in shop.values('source')] == ['web', None, None]
    assert minutes(shop) == [15]
    assert [None if each is None else each.id for each in shop.values('peers')] == [3, None, None]
    assert pairs_of(shop, 'boss') == [(2, 1)]
    assert shop.values('helpers') == ['Binh, Chi', None, None]
    assert pairs_of(shop, 'circle') == [(1, 3), (1, 2)]
    assert [shop.contact.fields['step'].wire(each) for each in shop.values('step')] == ['new', None, None]
    assert stays(shop) == ['new']
    assert firms(shop, 'code') == ['HS-07', 'HS-08']
    assert firms(shop, 'kind') == ['buyer', 'maker']
    assert pairs_of(shop, 'makers') == [(1, 1), (2, 1), (3, 1)]
    assert stays(shop, 'company') == ['buyer', 'maker']


def require_before(shop: Shop) -> None:
    """The records as they were. What was filled in and numbered, where the plan was carried out, is kept as everything entered
    since is."""
    assert shop.values('size') == ['10', 'about ten', None]
    assert [_keys(shop, value) for value in shop.values('topics')] == [['other', 'price'], ['other'], []]
    assert [shop.contact.fields['source'].wire(each) for each in shop.values('source')] == ['fair', None, None]
    assert minutes(shop) == ['15']
    assert pairs_of(shop, 'peers') == [(1, 3), (1, 2)]
    assert pairs_of(shop, 'helpers') == [(1, 2), (1, 3)]
    assert shop.values('circle') == ['Chi; Binh', None, None]
    assert [None if each is None else each.id for each in shop.values('boss')] == [None, 1, None]
    assert [shop.contact.fields['step'].wire(each) for each in shop.values('step')] == ['talk', None, None]
    assert stays(shop) == ['talk']
    assert firms(shop, 'kind') == ['buyer', 'maker']
    entered = [('HS-07', None), []], [('HS-07', 'HS-08'), [(1, 1), (2, 1), (3, 1)]]
    assert [tuple(firms(shop, 'code')), pairs_of(shop, 'makers')] in entered


def firms(shop: Shop, key: str) -> list[Any]:
    """Wire values of both companies."""
    entity = shop.catalog.entity('company')
    with shop.database.reading() as connection:
        rows = connection.execute(sa.select(entity.table).order_by(entity.table.c.id)).mappings()
        return [entity.fields[key].wire(entity.fields[key].from_row(dict(row))) for row in rows]


def pairs_of(shop: Shop, key: str) -> list[tuple[int, int]]:
    table = shop.contact.fields[key].table
    assert table is not None
    with shop.database.reading() as connection:
        found = connection.execute(sa.select(table).order_by(table.c.source_id, table.c.position)).all()
    return [(row.source_id, row.target_id) for row in found]


def stays(shop: Shop, key: str = 'contact') -> list[str]:
    """The stages that records are in by the log, which names those that no definition does."""
    entity = shop.catalog.entity(key)
    stages = {each.ref: each.key for each in entity.definition.stages}
    query = sa.select(stage_log).where(stage_log.c.entity_ref == entity.ref)
    with shop.database.reading() as connection:
        rows = connection.execute(query.order_by(stage_log.c.record_uid, stage_log.c.id)).all()
    assert all(row.stage_ref in stages or row.stage_label for row in rows)
    return [stages[row.stage_ref] for row in rows if row.left_at is None]


def minutes(shop: Shop) -> list[Any]:
    table = shop.contact.fields['calls'].table
    assert table is not None
    with shop.database.reading() as connection:
        lines = shop.contact.fields['calls'].lines
        assert lines is not None
        return [lines.fields['minutes'].from_row(dict(row)) for row in connection.execute(sa.select(table)).mappings()]


def _keys(shop: Shop, value: Any) -> list[str]:
    field = shop.contact.fields['topics']
    return list(field.wire(value) or [])


def _triggers(connection: sa.Connection) -> list[str]:
    query = {
        'sqlite': "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trellis_%'",
        'postgresql': "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'trellis_touch%'",
    }[connection.dialect.name]
    return sorted(connection.execute(sa.text(query)).scalars())


@pytest.fixture(params=ENGINES)
def rich_shop(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Shop]:
    """Version 2 of the shop, with lists, lines, links and three contacts."""
    with databases.copied(request.param, 'rich', fill_rich) as url:
        database = Database(url)
        yield Shop(database)
        database.dispose()
