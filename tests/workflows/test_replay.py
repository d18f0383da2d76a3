"""The time machine: coming days without a trace, past days that equal what happened, and two editions compared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.workflows.conftest import EIGHT, EVE, Plant
from tests.workflows.test_events import publish
from tests.workflows.test_rehearsal import MAIL, checksums
from tests.workflows.test_steering import title, workflow
from workflows.editions import edition, edition_of
from workflows.machine import compare, preview, replay


def test_preview_of_coming_days_tells_who_when_and_what_and_leaves_no_trace(plant: Plant) -> None:
    born = plant.person()
    silent = plant.person('Không Thư', email=None, birthday='1991-05-10')
    plant.person('Sau Này', email='sau@congty.vn', birthday='1991-07-10')
    plant.tick()
    before = checksums(plant)

    live = edition(plant.runtime, plant.site.actor('admin'), 'birthday_mail')
    found = preview(plant.runtime, live, limit=1)
    rest = preview(plant.runtime, live, after=found.next, limit=5)

    assert checksums(plant) == before
    assert [(each.uid, each.at) for each in found.rows] == [(born, EIGHT)]
    assert found.rows[0].told.letters[0].recipient == 'tam@congty.vn'
    assert [(each.uid, each.told.first.state) for each in rest.rows] == [(silent, 'skipped')]
    assert [(each.type, each.label) for each in rest.rows[0].told.first.steps] == [
        (each.type, each.label) for each in found.rows[0].told.first.steps
    ]
    assert (found.fit + found.unfit, sum(found.days.values()), rest.next) == (2, 2, '')
    assert preview(plant.runtime, live, days=2).next == ''


def test_replay_of_a_story_equals_what_happened(plant: Plant) -> None:
    trigger = {'type': 'updated', 'fields': ['phone']}
    condition = {'field': 'job_title', 'op': 'eq', 'value': 'Giám đốc'}
    publish(plant, workflow('call', trigger, MAIL, condition=condition))  # fmt: skip
    first, second = plant.person(job_title='Giám đốc'), plant.person('Trần An', email='an@vd.vn', job_title='Kế toán')
    for step, (uid, wire) in enumerate([
        (first, {'phone': '0912345678'}), (second, {'phone': '0912345679'}), (second, {'job_title': 'Giám đốc'}),
        (second, {'phone': '0912345670'}), (first, {'job_title': 'Nghỉ'}), (first, {'phone': None}),
        (second, {'email': 'moi@vd.vn'}),
    ]):  # fmt: skip
        plant.at(EVE + timedelta(hours=step + 1)).edit('contact', uid, **wire)
        plant.tick()
    plant.runtime.write(
        plant.site.actor('rep'), lambda store: store.update('contact', second, {'phone': '0912345699'}), silent=True
    )
    happened = [(run.record_uid, run.state) for run in plant.runs]
    before = checksums(plant)

    live = edition(plant.runtime, plant.site.actor('admin'), 'call')
    page = replay(plant.runtime, live)

    assert checksums(plant) == before
    assert (
        [(each.uid, each.told.first.state) for each in reversed(page.rows)] == happened == [(first, 'done'), (second, 'done')]
    )
    assert [each.told.letters[0].recipient for each in page.rows] == ['an@vd.vn', 'tam@congty.vn']  # as it stood then
    assert [row.subject for row in plant.mails] == [each.told.letters[0].subject for each in reversed(page.rows)]


def test_links_are_those_of_then(plant: Plant) -> None:
    link = {'key': 'with', 'type': 'for_each', 'related': {'field': 'guests'}, 'steps': [title('set', 'Khách mời')]}
    publish(plant, workflow('invite', {'type': 'updated', 'fields': ['place']}, link, entity='appointment'))
    early, late, stays = (plant.person(name, email=f'{name.lower()}@vd.vn', birthday=None) for name in ('An', 'Ba', 'Chi'))
    uid = plant.appointment(guests=[early, stays], remind_by=[])
    plant.later(hours=1).edit('appointment', uid, place='Kho')
    plant.later(hours=1).edit('appointment', uid, guests={'add': [late], 'remove': [early]})
    before = checksums(plant)

    page = replay(plant.runtime, edition(plant.runtime, plant.site.actor('admin'), 'invite'))
    after = checksums(plant)
    shown = plant.site.client('admin').get('/workflows/invite/replay').text

    assert after == before
    assert sorted(run.uid for run in page.rows[0].told.runs[1:]) == sorted([early, stays])
    assert 'as it was then, with its links' in shown


def test_past_moments_of_moved_and_deleted_records_are_found_again(plant: Plant) -> None:
    moved, deleted, stays = plant.person(), plant.person('Bà Ba', email='ba@vd.vn'), plant.person('Cô Tư', email='tu@vd.vn')
    never = plant.person('Ông Năm', email='nam@vd.vn', birthday='1990-12-01')
    plant.at(EIGHT + timedelta(minutes=1)).tick()
    happened = sorted(row.record_uid for row in plant.mails)
    plant.later(hours=20).edit('contact', moved, birthday='1990-11-11')
    plant.edit('contact', never, birthday='1990-05-04')
    plant.runtime.write(plant.site.actor('rep'), lambda store: store.delete('contact', deleted))
    plant.later(days=10)

    page = replay(plant.runtime, edition(plant.runtime, plant.site.actor('admin'), 'birthday_mail'))

    assert happened == sorted([moved, deleted, stays])
    assert sorted(each.uid for each in page.rows if each.told.letters) == happened


def test_two_editions_differ_where_their_conditions_and_effects_do(plant: Plant) -> None:
    trigger: dict[str, Any] = {'type': 'updated', 'fields': ['phone']}
    publish(plant, workflow('call', trigger, title('set', 'Cũ'), condition={'field': 'email', 'op': 'is_not_empty'}))
    uids = {name: plant.person(name, **wire) for name, wire in {
        'both': {'email': 'a@vd.vn', 'address': 'x'}, 'old': {'email': 'b@vd.vn'}, 'new': {'email': None, 'address': 'x'},
    }.items()}  # fmt: skip
    for uid in uids.values():
        plant.edit('contact', uid, phone='0912345678')
    plant.tick()
    live = plant.runtime.catalogs.current()
    changed = {**live.documents['workflow', 'call'], 'condition': {'field': 'address', 'op': 'is_not_empty'}}
    changed['steps'] = [{**changed['steps'][0], 'values': {'job_title': 'Mới'}}]
    draft = edition_of(live, {**live.documents, ('workflow', 'call'): changed}, 'call', 'draft')

    found = compare(plant.runtime, edition(plant.runtime, plant.site.actor('admin'), 'call'), draft)

    assert [each.uid for each in found.ours] == [uids['old']]
    assert [each.uid for each in found.theirs] == [uids['new']]
    assert [(one.uid, two.uid) for one, two in found.different] == [(uids['both'],) * 2]
    assert (found.same, found.cut) == (0, False)
