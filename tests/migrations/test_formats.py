"""Definitions of an older format go on working when the format moves on. The next format is made up here and nowhere else.

In format 2 a field's name stands in `x-label` alone, no longer in `title`; and hues count from 2, so that a document which was
brought up to date twice, or not at all, would show.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.service import Publisher
from schema.base.errors import BadRequest, Conflict, Invalid, Unavailable
from schema.catalog import Catalog
from schema.catalogs import Catalogs
from schema.definitions import FORMAT, Document
from schema.loading import read_folder
from schema.upgraders.registry import FORMATS
from schema.versions import document_hash, load_version, schema_document
from tests.migrations.conftest import ADA, Shop
from tests.support.site import Site
from workflows.definitions import pinned_rule

NEXT = FORMAT + 1
OLD = {
    'x-hue': 3,
    'x-label': {'en': 'Case'},
    'x-title-field': 'subject',
    'properties': {
        'subject': {'x-type': 'text', 'title': 'What it is about'},
        'size': {'x-type': 'text', 'title': 'How large'},
    },
}
MoveOn = Callable[[], None]


def upgraded(document: Document) -> dict[str, Any]:
    fields = {key: _named(part) for key, part in document.get('properties', {}).items()}
    made = {**document, **({'properties': fields} if 'properties' in document else {})}
    return {**made, 'x-hue': document['x-hue'] % 10 + 1} if 'x-hue' in document else made


def _named(part: Document) -> dict[str, Any]:
    rest = {name: value for name, value in part.items() if name != 'title'}
    return {**rest, 'x-label': {'en': part['title'], **part.get('x-label', {})}} if 'title' in part else rest


@pytest.fixture
def move_on(monkeypatch: pytest.MonkeyPatch) -> MoveOn:
    """Call it when Trellis is upgraded to the next format."""

    def moved() -> None:
        monkeypatch.setattr(FORMATS, 'current', NEXT)
        monkeypatch.setitem(FORMATS.steps, ('entity', FORMAT), upgraded)

    return moved


def upgrade_trellis(shop: Shop, move_on: MoveOn) -> None:
    """The processes of the older product end; those of the newer one begin."""
    move_on()
    shop.catalogs = Catalogs(shop.database)
    shop.publisher = Publisher(shop.database, shop.catalogs, shop.clock)


def seen(catalog: Catalog) -> tuple[int, dict[str, str]]:
    entity = catalog.entity('case').definition
    return entity.hue, {each.key: each.label_in('en') for each in entity.fields}


def formats(shop: Shop) -> set[tuple[int, int]]:
    """What is stored for cases: the format noted beside a document and the one it names."""
    with shop.database.reading() as connection:
        rows = connection.execute(sa.select(schema_document).where(schema_document.c.key == 'case'))
        return {(row.format, row.body['x-format']) for row in rows}


BOTH = {'subject': 'What it is about', 'size': 'How large'}


def test_what_was_published_in_an_older_format_loads_in_todays(shop: Shop, move_on: MoveOn) -> None:
    shop.publish(entities={'case': OLD})
    assert seen(shop.catalog) == (3, BOTH)

    upgrade_trellis(shop, move_on)

    assert seen(shop.catalog) == (4, BOTH)
    fields = shop.publisher.documents()['entity', 'case']['properties'].values()
    assert all('title' not in part for part in fields)
    assert formats(shop) == {(FORMAT, FORMAT)}


def test_an_older_version_is_rolled_back_to_with_its_data(shop: Shop, move_on: MoveOn) -> None:
    first = shop.publish(entities={'case': OLD}).version
    entity = shop.catalog.entity('case')
    values = {'uid': '0' * 36, 'created_at': shop.clock.now(), 'changed_at': shop.clock.now(), 'size': 'large'}
    with shop.database.writing() as connection:
        connection.execute(entity.table.insert().values(values))
    second = shop.publish(remove=['/entities/case/properties/size']).version
    upgrade_trellis(shop, move_on)
    third = shop.publish(entities={'case': {'properties': {'note': {'x-type': 'text', 'x-label': {'en': 'Note'}}}}}).version
    assert seen(shop.catalog) == (4, {'subject': BOTH['subject'], 'note': 'Note'})
    assert formats(shop) == {(FORMAT, FORMAT), (NEXT, NEXT)}

    shop.roll_back(first)

    assert seen(shop.catalog) == (4, BOTH)
    with shop.database.reading() as connection:
        assert connection.execute(sa.select(shop.catalog.entity('case').table.c.size)).scalar_one() == 'large'
    shop.roll_back(second)
    assert seen(shop.catalog) == (4, {'subject': BOTH['subject']})
    shop.roll_back(third)
    assert seen(shop.catalog) == (4, {'subject': BOTH['subject'], 'note': 'Note'})


def test_moving_on_changes_nothing_by_itself(shop: Shop, move_on: MoveOn) -> None:
    shop.publish(entities={'case': OLD})
    upgrade_trellis(shop, move_on)

    with pytest.raises(Conflict) as refused:
        shop.plan(entities={'case': {'x-hue': 4}})

    assert [each.code for each in refused.value.findings] == ['MIG-E006']


def test_a_plan_of_before_is_applied_after(shop: Shop, move_on: MoveOn) -> None:
    plan = shop.plan(entities={'case': OLD})
    upgrade_trellis(shop, move_on)

    shop.apply(plan)

    assert seen(shop.catalog) == (4, BOTH)
    assert formats(shop) == {(NEXT, NEXT)}


def test_a_draft_of_before_goes_on_after(shop: Shop, move_on: MoveOn) -> None:
    shop.publisher.save_draft(ADA, {'entities': {'case': OLD}})
    upgrade_trellis(shop, move_on)

    draft = shop.publisher.draft(ADA)
    shop.publisher.save_draft(ADA, draft.request)
    again = shop.publisher.draft(ADA)
    shop.apply(shop.publisher.plan(again.request, ADA))

    assert seen(shop.catalog) == (4, BOTH)
    assert draft.changes == again.changes
    assert not draft.is_empty
    shop.publisher.save_draft(ADA, {})
    assert shop.publisher.draft(ADA).is_empty


@pytest.mark.parametrize(
    'request_of',
    [
        lambda: {'entities': {'case': {'x-format': FORMAT, **OLD}}},
        lambda: {'x-format': FORMAT, 'entities': {'case': OLD}},
        lambda: {'x-format': FORMAT, 'entities': {'case': {'x-format': NEXT, **upgraded(OLD)}}},
        lambda: {'entities': {'case': upgraded(OLD)}},
    ],
    ids=['the document names it', 'the request names it', 'the document knows better', 'nobody names it'],
)
def test_a_request_may_be_written_in_an_older_format(
    shop: Shop, move_on: MoveOn, request_of: Callable[[], dict[str, Any]]
) -> None:
    upgrade_trellis(shop, move_on)

    shop.publish(**request_of())

    assert seen(shop.catalog) == (4, BOTH)


def test_a_fragment_in_an_older_format_touches_only_what_it_names(shop: Shop, move_on: MoveOn) -> None:
    shop.publish(entities={'case': OLD})
    upgrade_trellis(shop, move_on)

    shop.publish(entities={'case': {'x-format': FORMAT, 'properties': {'size': {'title': 'How big'}}}})

    assert seen(shop.catalog) == (4, {**BOTH, 'size': 'How big'})


def test_a_pack_of_an_older_format_is_read(tmp_path: Path, move_on: MoveOn) -> None:
    (tmp_path / 'entities').mkdir()
    (tmp_path / 'pack.json').write_text(json.dumps({'x-format': FORMAT, 'name': 'old'}))
    (tmp_path / 'entities' / 'case.json').write_text(json.dumps(OLD))
    (tmp_path / 'entities' / 'new.json').write_text(json.dumps({'x-format': NEXT, **upgraded(OLD)}))
    move_on()

    documents = read_folder(tmp_path)

    assert {key: (each['x-hue'], each['x-format']) for (_, key), each in documents.items()} == {
        'case': (4, NEXT),
        'new': (4, NEXT),
    }


def test_a_document_of_a_newer_format_is_refused_where_it_says_so(shop: Shop) -> None:
    with pytest.raises(Invalid) as in_document:
        shop.plan(entities={'case': {**OLD, 'x-format': NEXT}})
    with pytest.raises(BadRequest) as in_request:
        shop.plan(**{'x-format': NEXT, 'entities': {}})

    assert [(each.code, each.pointer) for each in in_document.value.findings] == [('SCH-E111', '/entities/case/x-format')]
    assert [(each.code, each.pointer) for each in in_request.value.findings] == [('SCH-E111', '/x-format')]
    assert in_document.value.findings[0].params == {'value': str(NEXT), 'limit': FORMAT}


def test_an_older_trellis_does_not_touch_what_a_newer_one_wrote(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(FORMATS, 'current', NEXT)
        shop.publish(entities={'case': upgraded(OLD)})

    with pytest.raises(Unavailable) as refused, shop.database.reading() as connection:
        load_version(connection, 2)

    assert ('SCH-E111', '/entities/case/x-format') in [(each.code, each.pointer) for each in refused.value.findings]


def test_a_run_goes_on_with_the_rule_it_began_with(site: Site, move_on: MoveOn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run pins its document by hash, whatever its format."""
    catalog = site.runtime.catalogs.current()
    written = dict(catalog.documents['workflow', 'birthday_mail'])
    written |= {'x-label': {'en': 'As it was'}, 'runs': written.pop('enabled')}
    with site.runtime.database.writing() as connection:
        digest = document_hash(written)
        connection.execute(
            schema_document.insert().values(hash=digest, kind='workflow', key='birthday_mail', format=FORMAT, body=written)
        )

    def renamed(document: Document) -> dict[str, Any]:
        return {name if name != 'runs' else 'enabled': part for name, part in document.items()}

    monkeypatch.setitem(FORMATS.steps, ('workflow', FORMAT), renamed)
    move_on()
    with site.runtime.database.reading() as connection:
        rule = pinned_rule(connection, Catalogs(site.runtime.database).current(), digest)

    assert (
        rule.definition.label_in('en') if hasattr(rule.definition, 'label_in') else rule.definition.label['en']
    ) == 'As it was'
    assert rule.definition.enabled
