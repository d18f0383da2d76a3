"""Options, words and yes or no that become the stages of a pipeline: with a map, with a log that begins, and back again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.unread import stream_unread
from schema.base.stage_log import stage_log
from schema.fieldtypes.stage import SINCE
from tests.migrations.conftest import NOW, Shop, label
from tests.migrations.test_link_changes import during_backfill, left_over

SOURCE = '/entities/contact/properties/source'
STAGES = [
    {'key': key, 'label': label(text), 'category': category}
    for key, text, category in (('web', 'Came', 'open'), ('met', 'Met', 'open'), ('lost', 'Lost', 'lost'))
]
WAY: dict[str, Any] = {'x-pipelines': [{'key': 'way', 'label': label('Way'), 'stages': STAGES}]}
REQUEST: dict[str, Any] = {'contact': {**WAY, 'properties': {'source': {'x-type': 'stage'}}}}
TYPED: dict[str, Any] = {'contact': {**WAY, 'properties': {'size': {'x-type': 'stage'}}}}
LATER = timedelta(days=2)


def stages(shop: Shop, key: str = 'source') -> list[Any]:
    each = shop.contact.fields[key]
    return [None if value is None else each.wire(value) for value in shop.values(key)]


def since(shop: Shop, key: str = 'source') -> list[datetime | None]:
    name = shop.contact.fields[key].definition.column + SINCE
    table = shop.contact.table
    with shop.database.reading() as connection:
        return list(connection.execute(sa.select(table.c[name]).order_by(table.c.id)).scalars())


def log(shop: Shop) -> list[tuple[int, str, datetime, datetime | None]]:
    """Contact, stage, entered and left, in the order of contacts."""
    keys = {each.ref: each.key for each in shop.contact.definition.stages}
    table = shop.contact.table
    query = sa.select(table.c.id, stage_log).join(stage_log, stage_log.c.record_uid == table.c.uid)
    with shop.database.reading() as connection:
        return [
            (row[0], keys[row.stage_ref], row.entered_at, row.left_at)
            for row in connection.execute(query.order_by(table.c.id, stage_log.c.id))
        ]


def held(shop: Shop) -> dict[str, str]:
    """Refs of the options of the source, by key."""
    return {each.key: each.ref for each in shop.contact.fields['source'].definition.options}


@pytest.fixture
def sourced(shop: Shop) -> Shop:
    """An came by web, Binh from a fair, Chi from nowhere."""
    options = held(shop)
    for name, key in (('An', 'web'), ('Binh', 'fair'), ('Chi', None)):
        shop.insert(full_name=name, source=key and options[key])
    return shop


def test_options_become_stages_by_label_or_key_and_by_the_answers(sourced: Shop) -> None:
    plan = sourced.plan(entities=REQUEST)
    assert [(each.finding.code, each.finding.params['converted'], each.finding.params['failed']) for each in plan.impact] == [
        ('MIG-W003', 1, 1)
    ]  # fmt: skip
    assert [(each['title'], each['value']) for each in plan.impact[0].samples] == [('Binh', 'Fair vi')]
    assert 'Note when records of x_contact entered their stage' in [step.describe('en') for step in plan.steps]

    mapped = sourced.plan(entities=REQUEST, answers={SOURCE: {'map': {'Fair vi': 'Met vi'}}})
    assert mapped.impact[0].finding.params['failed'] == 0
    sourced.apply(mapped)

    assert stages(sourced) == ['web', 'met', None]
    assert since(sourced) == [NOW, NOW, None]
    assert log(sourced) == [(1, 'web', NOW, None), (2, 'met', NOW, None)]
    assert left_over(sourced) == []


def test_a_word_that_stages_of_two_pipelines_share_names_none(shop: Shop) -> None:
    ways = [
        {'key': way, 'label': label(way), 'stages': [{'key': f'{way}_new', 'label': label('New'), 'category': 'open'}]}
        for way in ('sales', 'service')
    ]
    shop.insert(full_name='An', size='New')
    request = {'contact': {'x-pipelines': ways, 'properties': {'size': {'x-type': 'stage'}}}}
    answers = {'/entities/contact/properties/size': {'map': {'New': 'service_new'}}}

    assert shop.plan(entities=request).impact[0].finding.params['failed'] == 1
    shop.publish(entities=request, answers=answers)

    assert stages(shop, 'size') == ['service_new']


def test_words_written_during_the_backfill_are_not_lost_and_unread_ones_are_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (('An', 'met'), ('Binh', 'some day'), ('Chi', 'Lost')):
        shop.insert(full_name=name, size=size)

    def write() -> None:
        shop.update(1, size='lost')
        shop.update(3, size=None)
        shop.insert(full_name='Dung', size='Came')

    with monkeypatch.context() as patch:
        during_backfill(patch, write)
        shop.publish(entities=TYPED)

    assert stages(shop, 'size') == ['lost', None, None, 'web']
    assert [(each.title, each.value) for each in stream_unread(shop.database, 2)] == [('Binh', 'some day')]
    assert log(shop) == [(1, 'lost', NOW, None), (4, 'web', NOW, None)]


def test_the_way_back_gives_the_options_that_were_there_and_forth_again_continues_the_stays(sourced: Shop) -> None:
    answers = {SOURCE: {'map': {'Fair vi': 'met'}}}
    sourced.publish(entities=REQUEST, answers=answers)
    options = sourced.contact.fields['source'].definition.options
    sourced.update(1, source=options[2].ref)  # Lost: no option is called so

    sourced.clock.move(LATER)
    sourced.roll_back(1)
    kept = held(sourced)
    assert sourced.values('source') == [None, kept['fair'], None]
    assert [each.value for each in stream_unread(sourced.database, 3)] == ['Lost vi']
    sourced.update(3, source=kept['web'])

    sourced.clock.move(LATER)
    sourced.roll_back(2)
    assert stages(sourced) == ['lost', 'met', 'web']
    assert since(sourced) == [NOW, NOW, NOW + 2 * LATER]
    assert [each for each in log(sourced) if each[3] is None] == [
        (1, 'web', NOW, None), (2, 'met', NOW, None), (3, 'web', NOW + 2 * LATER, None)
    ]  # fmt: skip


def test_yes_and_no_become_stages_as_they_are_mapped(shop: Shop) -> None:
    shop.field('won', {'x-type': 'boolean', 'x-label': label('Won')})
    for value in (True, False, None):
        shop.insert(full_name='An', won=value)
    request = {'contact': {**WAY, 'properties': {'won': {'x-type': 'stage'}}}}

    shop.publish(entities=request, answers={'/entities/contact/properties/won': {'map': {'Có': 'met', 'Không': 'lost'}}})

    assert stages(shop, 'won') == ['met', 'lost', None]
    assert [row[1] for row in log(shop)] == ['met', 'lost']
