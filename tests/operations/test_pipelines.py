"""Pipelines, the log of stages, and going back to a revision, on both databases."""

from __future__ import annotations

import importlib
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from modules.operations import keeping, service
from modules.operations.mapping import propose
from modules.operations.service import Order
from modules.records import reverting
from modules.runtime import Runtime
from schema.base.clock import FrozenClock
from schema.base.errors import Conflict, Invalid
from schema.base.stage_log import stage_log
from tests.support.site import Site
from tests.web.pages import token_of

MORNING = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


def at(site: Site, moment: datetime) -> Runtime:
    """The same site at another time."""
    runtime = site.runtime
    return Runtime(runtime.settings, runtime.registries, clock=FrozenClock(moment), database=runtime.database)


def deal(site: Site, runtime: Runtime, **wire: object) -> str:
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    wire = {'title': 'Nội thất tầng 12', 'company': company, 'stage': 'survey', **wire}
    return runtime.write(site.actor('manager'), lambda store: store.create('opportunity', wire)).uid


def move(site: Site, runtime: Runtime, uid: str, stage: str) -> int:
    return runtime.write(site.actor('manager'), lambda store: store.update('opportunity', uid, {'stage': stage})).revision


def stays(site: Site, runtime: Runtime, uid: str) -> list[tuple[str, int]]:
    """`(stage key, whole days)` of each stay, oldest first."""
    with runtime.reader(site.actor('manager')) as reader:
        record = reader.get('opportunity', uid)
        found = reader.stays('opportunity', record)
        now = reader.clock.now()
    return [(stay.stage.key if stay.stage else '', stay.length(now).days) for stay in found]


def test_each_stay_in_a_stage_is_logged_with_its_length(site: Site) -> None:
    uid = deal(site, at(site, MORNING))
    move(site, at(site, MORNING + timedelta(days=3)), uid, 'quote')

    assert stays(site, at(site, MORNING + timedelta(days=8)), uid) == [('survey', 3), ('quote', 5)]


def test_a_record_that_stands_longer_than_its_stage_allows_is_marked_on_the_board_and_its_page(sqlite_site: Site) -> None:
    old = deal(sqlite_site, at(sqlite_site, MORNING), title='Để lâu', stage='quote')
    new = deal(sqlite_site, at(sqlite_site, sqlite_site.runtime.clock.now()), title='Mới vào', stage='quote')
    client = sqlite_site.client('manager')

    board = client.get('/opportunity/board').text
    cards = {uid: board.split(f'data-uid="{uid}"')[1].split('</article>')[0] for uid in (old, new)}

    assert 'In this stage for' in cards[old]
    assert 'In this stage for' not in cards[new]
    assert re.search(r'days? late', client.get(f'/opportunity/{old}').text)
    assert not re.search(r'days? late', client.get(f'/opportunity/{new}').text)


def test_a_record_from_before_the_log_has_the_stay_that_its_row_tells_of(site: Site) -> None:
    uid = deal(site, at(site, MORNING))
    with site.runtime.database.writing() as connection:
        connection.execute(stage_log.delete())
    assert stays(site, at(site, MORNING + timedelta(days=2)), uid) == [('survey', 2)]

    move(site, at(site, MORNING + timedelta(days=3)), uid, 'quote')

    assert stays(site, at(site, MORNING + timedelta(days=4)), uid) == [('survey', 3), ('quote', 1)]


def test_a_move_taken_back_goes_on_with_the_stay_before_it(site: Site) -> None:
    uid = deal(site, at(site, MORNING))
    revision = move(site, at(site, MORNING + timedelta(days=3)), uid, 'quote')
    later = at(site, MORNING + timedelta(days=4))

    later.write(site.actor('manager'), lambda store: reverting.take_back(store, 'opportunity', uid, revision))

    assert stays(site, later, uid) == [('survey', 4)]
    with later.reader(site.actor('manager')) as reader:
        assert reader.get('opportunity', uid).stage_since == MORNING


def test_a_move_that_somebody_followed_with_another_is_not_taken_back(site: Site) -> None:
    uid = deal(site, site.runtime)
    revision = move(site, site.runtime, uid, 'quote')
    move(site, site.runtime, uid, 'survey')

    with pytest.raises(Conflict):
        site.runtime.write(
            site.actor('manager'), lambda store: reverting.take_back(store, 'opportunity', uid, revision)
        )  # fmt: skip


def test_records_change_pipelines_by_a_map_with_the_gates_asked_and_undo_takes_them_back(site: Site) -> None:
    ready = deal(site, site.runtime, amount={'amount': '1000000', 'currency': 'VND'})
    poor = deal(site, site.runtime)
    stages = {'survey': 'advise'}  # which needs a contact
    actor = site.actor('manager')
    person = site.create('manager', 'contact', full_name='Ngô Hải Hà')
    site.runtime.write(actor, lambda store: store.update('opportunity', ready, {'contact': person}))

    done = service.start(site.runtime, actor, Order('pipeline', 'opportunity', {'uids': [ready, poor]}, stages=stages))

    assert (done.counts['done'], done.counts['failed']) == (1, 1)
    assert [each.uid for each in done.reasons] == [poor]
    assert [key for key, _ in stays(site, site.runtime, ready)] == ['survey', 'advise']
    service.undo(site.runtime, actor, done.id)
    assert [key for key, _ in stays(site, site.runtime, ready)] == ['survey']
    assert keeping.read(site.runtime, done.id).state == 'undone'


def test_a_pipeline_proposes_stages_by_name_category_and_place(sqlite_site: Site) -> None:
    pipelines = {each.key: each for each in sqlite_site.runtime.catalogs.current().entity('opportunity').definition.pipelines}

    proposed = propose(pipelines['deal'], pipelines['lead'])

    assert proposed == {
        'survey': 'potential', 'quote': 'potential', 'negotiate': 'explore', 'contract': 'advise', 'won': 'advise',
        'lost': 'dropped',
    }  # fmt: skip


def test_a_record_goes_back_to_a_revision_and_what_speaks_against_it_is_told_first(site: Site) -> None:
    company = site.create('manager', 'company', name='Gỗ Việt')
    uid = site.create('manager', 'contact', full_name='Ngô Hải Hà', job_title='Kế toán', company=company)
    actor = site.actor('manager')

    def change(**wire: object) -> None:
        site.runtime.write(actor, lambda store: store.update('contact', uid, wire))

    change(job_title='Kế toán trưởng', phone='0912 345 678')
    change(job_title='Giám đốc', company=None)
    found, foreseen = site.runtime.write(actor, lambda store: reverting.foresee(store, 'contact', uid, 1))
    assert (found.wire, foreseen.findings) == ({'job_title': 'Kế toán', 'company': company, 'phone': None}, [])

    site.runtime.write(actor, lambda store: store.update('contact', uid, found.wire))
    with site.runtime.reader(actor) as reader:
        record = reader.get('contact', uid)
        assert (record.values['job_title'], record.values['phone'], record.values['company'].uid) == ('Kế toán', None, company)

    site.runtime.write(site.actor('admin'), lambda store: store.delete('company', company))
    change(job_title='Giám đốc', company=None)
    _found, refused = site.runtime.write(actor, lambda store: reverting.foresee(store, 'contact', uid, 1))
    assert [each.code for each in refused.findings] == ['REC-E027']


def test_the_dialogue_shows_the_difference_and_one_click_goes_back(sqlite_site: Site) -> None:
    uid = sqlite_site.create('manager', 'contact', full_name='Ngô Hải Hà', job_title='Kế toán')
    sqlite_site.runtime.write(
        sqlite_site.actor('manager'), lambda store: store.update('contact', uid, {'job_title': 'Giám đốc'})
    )  # fmt: skip
    client = sqlite_site.client('manager')
    page = client.get(f'/contact/{uid}').text
    assert f'/contact/{uid}/revision/1' in page

    dialog = client.get(f'/contact/{uid}/revision/1').text
    answer = client.post(
        f'/contact/{uid}/revision/1', headers={'X-CSRFToken': token_of(page), 'HX-Request': 'true'}, data={'revision': '2'}
    )  # fmt: skip

    assert 'Giám đốc' in dialog and 'Kế toán' in dialog
    assert answer.status_code == 204
    with sqlite_site.runtime.reader(sqlite_site.actor('manager')) as reader:
        assert reader.get('contact', uid).values['job_title'] == 'Kế toán'
    assert client.get(f'/contact/{uid}/revision/9').status_code == 404


def test_a_board_move_answers_where_its_undo_goes(sqlite_site: Site) -> None:
    uid = deal(sqlite_site, sqlite_site.runtime)
    client = sqlite_site.client('manager')
    signed = {'X-CSRFToken': token_of(client.get('/offline').text), 'Accept': 'application/json'}

    answer = client.post(f'/opportunity/board/{uid}/move', headers=signed, data={'stage': 'quote'}).get_json()
    back = client.post(answer['undo'], headers=signed)

    assert back.get_json()['moved'] == uid
    assert [key for key, _ in stays(sqlite_site, sqlite_site.runtime, uid)] == ['survey']


def test_bulk_dialogue_refuses_wrong_values_and_then_changes_the_records(sqlite_site: Site) -> None:
    uids = [sqlite_site.create('manager', 'contact', full_name=f'Khách {number}') for number in range(2)]
    client = sqlite_site.client('manager')
    signed = {'X-CSRFToken': token_of(client.get('/offline').text), 'HX-Request': 'true'}
    form = {'kind': 'edit', 'uids': ','.join(uids)}

    asked = client.post('/contact/many/ask', headers=signed, data=form)
    field = client.post('/contact/many/field', headers=signed, data={**form, 'field': 'phone'})
    refused = client.post('/contact/many', headers=signed, data={**form, 'phone': '12'})
    done = client.post('/contact/many', headers=signed, data={**form, 'phone': '0912 345 678'})

    assert 'Change 2 contacts' in asked.text and 'name="phone"' in field.text
    assert refused.status_code == 422 and 'value="12"' in refused.text
    assert (done.status_code, done.headers['HX-Redirect']) == (204, '/contact/')
    with sqlite_site.runtime.reader(sqlite_site.actor('manager')) as reader:
        assert [reader.get('contact', uid).values['phone'] for uid in uids] == ['+84912345678'] * 2


def test_a_map_with_unknown_stages_is_refused(sqlite_site: Site) -> None:
    uid = deal(sqlite_site, sqlite_site.runtime)
    order = Order('pipeline', 'opportunity', {'uids': [uid]}, stages={'survey': 'nowhere'})

    with pytest.raises(Invalid) as refusal:
        service.start(sqlite_site.runtime, sqlite_site.actor('manager'), order)

    assert [(each.code, each.pointer) for each in refusal.value.findings] == [('OPN-E011', '/stages/survey')]


def test_log_of_stages_is_filled_from_history_at_the_upgrade(sqlite_site: Site) -> None:
    uid = deal(sqlite_site, at(sqlite_site, MORNING))
    move(sqlite_site, at(sqlite_site, MORNING + timedelta(days=3)), uid, 'quote')
    with sqlite_site.runtime.database.writing() as connection:
        connection.execute(stage_log.delete())
        _fill_again(connection)

    assert stays(sqlite_site, at(sqlite_site, MORNING + timedelta(days=4)), uid) == [('survey', 3), ('quote', 1)]


def _fill_again(connection: sa.Connection) -> None:
    revision = importlib.import_module('migrations.system.versions.0003_operations')
    for document in revision._staged_entities(connection):
        revision._fill(connection, document)


def test_the_log_survives_the_removal_of_a_stage_and_still_names_it(site: Site) -> None:
    uid = deal(site, at(site, MORNING))
    move(site, at(site, MORNING + timedelta(days=3)), uid, 'quote')
    documents = site.runtime.publisher.documents()
    pipelines = documents['entity', 'opportunity']['x-pipelines']
    quote = next(stage['ref'] for pipeline in pipelines for stage in pipeline['stages'] if stage['key'] == 'quote')
    request = {'remove': ['/entities/opportunity/x-pipelines/deal/stages/quote'], 'remap': {quote: 'negotiate'}}

    plan = site.runtime.publisher.plan(request, site.actor('admin'))
    site.runtime.publisher.apply(plan.plan_id, site.actor('admin'))

    with site.runtime.reader(site.actor('manager')) as reader:
        found = reader.stays('opportunity', reader.get('opportunity', uid))
    assert [(stay.stage.key if stay.stage else None, stay.label['en'], stay.left_at is None) for stay in found] == [
        ('survey', 'Survey', False), (None, 'Quote sent', False), ('negotiate', 'Negotiating', True),
    ]  # fmt: skip
