"""What a publish does to many records is an operation: on record in each of them, forecast and undone like any other."""

from __future__ import annotations

from typing import Any

import pytest

from modules.operations import keeping, service
from schema.base.errors import Conflict
from tests.support.site import Site

STAGES = '/entities/opportunity/x-pipelines/deal/stages'


def publish(site: Site, request: dict[str, Any]) -> None:
    publisher, actor = site.runtime.publisher, site.actor('admin')
    publisher.apply(publisher.plan(request, actor).plan_id, actor)


def deal(site: Site, **wire: Any) -> str:
    company = site.create('admin', 'company', name='Dệt may Phú Thịnh')
    return site.create('admin', 'opportunity', title='Nội thất', company=company, **wire)


def change(site: Site, uid: str, base_revision: int | None = None, **wire: Any) -> None:
    work = site.runtime.write
    work(site.actor('admin'), lambda store: store.update('opportunity', uid, wire, base_revision=base_revision))


def value(site: Site, uid: str, key: str) -> Any:
    with site.runtime.reader(site.actor('admin')) as reader:
        return reader.get('opportunity', uid).wire()[key]


def newest(site: Site, kind: str = 'publish') -> Any:
    return next(each for each in keeping.list_page(site.runtime, site.actor('admin'))[0] if each.kind == kind)


def test_records_that_a_removed_stage_moves_are_one_operation_and_so_is_their_return(site: Site) -> None:
    first, second, other = deal(site, stage='quote'), deal(site, stage='quote'), deal(site, stage='survey')
    with site.runtime.reader(site.actor('admin')) as reader:
        quote = next(each.ref for each in reader.catalog.entity('opportunity').definition.stages if each.key == 'quote')

    publish(site, {'remove': [f'{STAGES}/quote'], 'remap': {quote: 'negotiate'}})

    moved = newest(site)
    assert (moved.kind, moved.counts['done'], moved.undoable) == ('publish', 2, True)
    assert moved.title['vi'] == 'Thay “Gửi báo giá” bằng “Đàm phán” ở 2 cơ hội'
    with site.runtime.reader(site.actor('admin')) as reader:
        assert {uid for _entity, uid, _entry in reader.operation_entries(moved.id, limit=10)} == {first, second}
        entry = reader.timeline('opportunity', first)[0]
        assert (entry.revision, entry.kind, entry.actor) == (2, 'updated', site.actor('admin').name)
        assert entry.changes['stage'][0] == 'Quote sent'  # as it was called
        assert [each.revision for each in reader.timeline('opportunity', other)] == [1]
    client = site.client('admin', locale='vi')
    assert 'Gửi báo giá' in client.get(f'/opportunity/{first}/timeline').text
    assert 'Thay “Gửi báo giá” bằng “Đàm phán” ở 2 cơ hội' in client.get(f'/operations/{moved.id}').text
    with pytest.raises(Conflict):
        change(site, first, base_revision=1, stage='survey')
    foreseen = service.forecast(site.runtime, site.actor('admin'), moved.id)
    assert (foreseen.set, foreseen.kept) == (0, 2)  # the stage is gone

    change(site, second, stage='survey')
    back = site.runtime.publisher.rollback_plan(1, site.actor('admin'))
    site.runtime.publisher.apply(back.plan_id, site.actor('admin'))

    returned = newest(site)
    assert [value(site, uid, 'stage') for uid in (first, second)] == ['quote', 'survey']
    assert returned.title['vi'] == 'Trả lại “Gửi báo giá” cho 1 cơ hội'
    done = service.undo(site.runtime, site.actor('admin'), returned.id)
    assert (done.counts['done'], value(site, first, 'stage')) == (1, 'negotiate')


def test_blanks_that_a_publish_fills_are_emptied_again_by_undo(site: Site) -> None:
    blank, filled = deal(site), deal(site, next_step='Gọi lại')
    pointer = '/entities/opportunity/properties/next_step'

    publish(site, {'entities': {'opportunity': {'required': ['title', 'company', 'next_step']}},
                   'answers': {pointer: {'default': 'Hẹn gặp'}}})  # fmt: skip

    made = newest(site)
    assert [value(site, uid, 'next_step') for uid in (blank, filled)] == ['Hẹn gặp', 'Gọi lại']
    assert (made.kind, made.counts['done']) == ('publish', 1)
    service.undo(site.runtime, site.actor('admin'), made.id)
    assert [value(site, uid, 'next_step') for uid in (blank, filled)] == [None, 'Gọi lại']


def test_an_option_in_a_line_or_a_list_of_options_is_replaced_on_record(site: Site) -> None:
    options = [{'key': key, 'label': {'en': key, 'vi': key}} for key in ('red', 'green', 'blue')]
    colours = {'x-type': 'multi_picklist', 'x-label': {'en': 'Colours', 'vi': 'Màu'}, 'x-options': options}
    hue = {'x-type': 'picklist', 'x-label': {'en': 'Hue', 'vi': 'Sắc'}, 'x-options': options}
    parts = {'hue': hue, 'tints': {**colours, 'x-label': {'en': 'Tints', 'vi': 'Tông'}}}
    items = {'x-type': 'lines', 'x-label': {'en': 'Items', 'vi': 'Hàng'}, 'x-lines': {'properties': parts}}
    publish(site, {'entities': {'opportunity': {'properties': {'colours': colours, 'items': items}}}})
    uid = deal(site, colours=['red', 'blue'], items=[{'hue': 'red', 'tints': ['red', 'blue']}, {'hue': 'red'}, {'hue': 'blue'}])
    live = site.runtime.catalogs.current().entity('opportunity')
    lines = live.fields['items'].lines
    assert lines is not None
    refs = {
        place: each.definition.options[0].ref
        for place, each in (
            ('colours', live.fields['colours']),
            ('items/x-lines/properties/hue', lines.fields['hue']),
            ('items/x-lines/properties/tints', lines.fields['tints']),
        )
    }

    publish(site, {
        'remove': [f'/entities/opportunity/properties/{place}/x-options/red' for place in refs],
        'remap': dict.fromkeys(refs.values(), 'green'),
    })  # fmt: skip

    assert sorted(value(site, uid, 'colours')) == ['blue', 'green']
    assert [line['hue'] for line in value(site, uid, 'items')] == ['green', 'green', 'blue']
    with site.runtime.reader(site.actor('admin')) as reader:
        assert [entry.revision for entry in reader.timeline('opportunity', uid)] == [4, 3, 2, 1]
    made, _more = keeping.list_page(site.runtime, site.actor('admin'))
    assert [each.title['en'] for each in made if each.kind == 'publish'] == ['Replace “red” by “green” in 1 opportunity'] * 3
    back = site.runtime.publisher.rollback_plan(2, site.actor('admin'))
    site.runtime.publisher.apply(back.plan_id, site.actor('admin'))
    assert sorted(value(site, uid, 'colours')) == ['blue', 'red']
    assert [line['hue'] for line in value(site, uid, 'items')] == ['red', 'red', 'blue']
    assert sorted(value(site, uid, 'items')[0]['tints']) == ['blue', 'red']
    with site.runtime.reader(site.actor('admin')) as reader:
        entries = reader.timeline('opportunity', uid)
        assert [entry.revision for entry in entries] == [7, 6, 5, 4, 3, 2, 1]
    tinted = next(each for each in keeping.list_page(site.runtime, site.actor('admin'))[0] if '“Tints”' in each.title['en'])
    assert tinted.title['en'] == 'Give “Tints” back to 1 opportunity'
    service.undo(site.runtime, site.actor('admin'), tinted.id)
    assert sorted(value(site, uid, 'items')[0]['tints']) == ['blue', 'green']


def test_a_type_change_is_on_record_and_goes_back_with_its_version_alone(sqlite_site: Site) -> None:
    site, part = sqlite_site, {'x-type': 'text', 'x-label': {'en': 'Floors', 'vi': 'Số tầng'}}
    publish(site, {'entities': {'opportunity': {'properties': {'floors': part}}}})
    for words in ('12', 'many'):
        deal(site, floors=words)

    publish(site, {'entities': {'opportunity': {'properties': {'floors': {**part, 'x-type': 'integer'}}}}})

    made = newest(site, 'conversion')
    assert (made.state, made.undoable) == ('done', False)
    assert made.title['vi'] == 'Đổi “Số tầng” từ Văn bản sang Số nguyên ở 2 cơ hội'
    assert (made.counts['done'], made.counts['failed']) == (1, 1)
