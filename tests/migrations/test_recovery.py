"""A publish cut off at any point is completed or undone; nobody's save is lost meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.heartbeats import beat, laggards, leave
from migrations.journal import Journal
from migrations.plans import StoredPlan
from migrations.recovery import recover
from migrations.steps.activate import Activate
from migrations.steps.adopt import AwaitAdoption
from migrations.tables import schema_publish
from modules.packs.first_start import prepare_runtime
from schema.base.database import share_fence
from schema.base.errors import Stale, Unavailable
from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.versions import load_version, read_state
from tests.migrations.conftest import ADA, Shop, label
from tests.migrations.mixed import plan_everything, require_after, require_before, rich_shop
from tests.migrations.mixed import require_whole as whole
from tests.support.site import Site

__all__ = ['rich_shop']


class Killed(BaseException):
    """The process ends here; nothing may be caught and tidied."""


def everything(shop: Shop) -> StoredPlan:
    """One plan with every kind of step."""
    fair = shop.contact.fields['source'].definition.options[1].ref
    return shop.plan(
        entities={
            'visit': {
                'x-label': label('Visit'),
                'x-title-field': 'name',
                'properties': {
                    'name': {'x-type': 'text', 'x-label': label('Name')},
                    'contact': {'x-type': 'link', 'x-target': 'contact', 'x-label': label('Contact'), 'x-on-delete': 'clear'},
                },
            },
            'contact': {
                'properties': {
                    'size': {'x-type': 'integer'},
                    'full_name': {'x-unique': True},
                    'born_on': {'x-type': 'date', 'x-label': label('Born')},
                },
                'x-indexes': [['born_on']],
            },
        },
        remove=['/entities/contact/properties/source/x-options/fair', '/entities/contact/properties/company'],
        remap={fair: 'web'},
    )


def require_whole(shop: Shop) -> None:
    """Tables, version row and publish row agree."""
    physical, catalog = shop.physical, shop.catalog
    for entity in catalog.entities.values():
        assert physical.columns[entity.table.name] >= set(entity.table.c.keys())
        assert physical.indexes[entity.table.name] >= {str(each.name) for each in entity.table.indexes}
    with shop.database.reading() as connection:
        states = connection.execute(sa.select(schema_publish.c.state, schema_publish.c.version)).all()
    assert {state for state, _ in states} <= {'done', 'undone'}
    assert max(version for state, version in states if state == 'done') == catalog.number


def kill_at(monkeypatch: pytest.MonkeyPatch, place: int, *, after: bool) -> Callable[[], bool]:
    """The process dies before or after its n-th journal note; the answer tells whether it came so far."""
    note, count, died = Journal.note, 0, False

    def dying(self: Journal, *arguments: Any) -> None:
        nonlocal count, died
        count += 1
        if after:
            note(self, *arguments)
        if count == place:
            died = True
            raise Killed
        if not after:
            note(self, *arguments)

    monkeypatch.setattr(Journal, 'note', dying)
    return lambda: died


@pytest.mark.parametrize(
    ('shop', 'after'),
    [pytest.param('postgresql', False, id='postgresql-before the note'),
     pytest.param('sqlite', True, id='sqlite-after the note'),
     pytest.param('postgresql', True, id='postgresql-after the note', marks=pytest.mark.soak),
     pytest.param('sqlite', False, id='sqlite-before the note', marks=pytest.mark.soak)],
    indirect=['shop'],
)  # fmt: skip
def test_a_kill_at_any_step_is_recovered(shop: Shop, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    shop.insert(full_name='An', size='10', source=shop.contact.fields['source'].definition.options[1].ref)
    steps = len(everything(shop).steps)
    for place in range(1 if after else 2, 2 * steps + 1, 2):  # the notes between say the same: nothing is half done there
        version = shop.catalog.number
        plan = everything(shop)
        with monkeypatch.context() as patch:
            died = kill_at(patch, place, after=after)
            try:
                shop.apply(plan)
            except Killed:
                assert died()
        if not died():
            break

        recover(shop.database, shop.clock)

        require_whole(shop)
        assert shop.catalog.number == version + 1
        assert shop.values('size') == [10]
        shop.roll_back(1)
        assert shop.values('size') == ['10']
        assert shop.contact.fields['source'].wire(shop.values('source')[0]) == 'fair'


def test_recovery_finishes_an_undo_that_was_cut_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.insert(full_name='An')
    plan = everything(shop)
    shop.insert(full_name='an')
    note = Journal.note

    def dying(self: Journal, publish_id: str, number: int, kind: str, state: str) -> None:
        if state == 'undone':
            raise Killed
        note(self, publish_id, number, kind, state)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Journal, 'note', dying)
        shop.apply(plan)

    (publish,) = recover(shop.database, shop.clock)

    assert publish.state == 'undone'
    assert shop.catalog.number == 1
    require_whole(shop)
    assert 'x_visit' not in shop.physical.columns


def test_records_that_moved_before_a_switch_that_failed_move_back(rich_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        assert rich_shop.contact.fields['step'].wire(rich_shop.values('step')[0]) == 'new'
        raise Unavailable.of('MIG-E018', step='')

    plan = plan_everything(rich_shop)
    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(Activate, 'forward', fail)
        rich_shop.apply(plan)

    assert rich_shop.catalog.number == 2
    whole(rich_shop)
    require_before(rich_shop)
    rich_shop.apply(plan_everything(rich_shop))
    require_after(rich_shop)


def test_the_next_publish_finishes_an_interrupted_one_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = everything(shop)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_at(patch, 3, after=True)
        shop.apply(plan)
    other = shop.plan(entities={'contact': {'properties': {'a': {'x-type': 'text'}}}})

    with pytest.raises(Stale):
        shop.apply(other)

    assert shop.catalog.number == 2
    require_whole(shop)


def test_the_schedulers_tick_and_the_next_start_complete_what_a_killed_process_began(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, admin = sqlite_site.runtime, sqlite_site.actor('admin')
    recoveries: dict[str, Callable[[], object]] = {
        'tick': lambda: runtime.registries.ticks.get('recovery')(runtime),
        'start': lambda: prepare_runtime(runtime, demo=False, say=lambda line: None),
    }
    for key, recovered in recoveries.items():
        part = {key: {'x-type': 'text', 'x-label': label(key)}}
        plan = runtime.publisher.plan({'entities': {'contact': {'properties': part}}}, admin)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            kill_at(patch, 1, after=True)
            runtime.publisher.apply(plan.plan_id, admin)
        assert key not in runtime.catalogs.current().entity('contact').fields

        recovered()

        assert key in runtime.catalogs.current().entity('contact').fields


def save(shop: Shop, catalog: Catalog, name: str) -> None:
    """One write as the store does it: fence, compare, write."""
    with shop.database.session() as session:
        share_fence(session)
        state = read_state(session)
        if state is None or catalog.number < state.min_writer:
            raise Stale.of('MIG-E007', base=catalog.number, active=state.active if state else 0)
        entity = catalog.entity('contact')
        now = shop.clock.now()
        size = entity.fields['size']
        values = {'uid': name.rjust(36, '0'), 'created_at': now, 'changed_at': now} | entity.fields['full_name'].to_columns(
            name
        )
        values |= size.to_columns('7' if size.type.key == 'text' else 7)
        session.execute(entity.table.insert().values(values))


def test_no_save_fails_or_is_lost_while_a_type_changes(shop: Shop) -> None:
    for number in range(700):
        shop.insert(full_name=f'before {number}', size='7')
    plan = shop.plan(entities={'contact': {'properties': {'size': {'x-type': 'integer'}}}})
    stop, failures, saved, replayed = threading.Event(), [], [], []

    def write() -> None:
        with shop.database.reading() as connection:
            catalog = compile_catalog(load_version(connection, 1))
        while not stop.is_set():
            name = f'during {len(saved)}'
            try:
                save(shop, catalog, name)
            except Stale:
                replayed.append(name)
                catalog = shop.catalogs.current()
                save(shop, catalog, name)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is the test's answer
                failures.append(error)
                return
            saved.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    publish = shop.apply(plan)
    while not replayed and writer.is_alive():
        stop.wait(0.01)
    stop.set()
    writer.join()

    assert failures == []
    assert publish.state == 'done'
    assert len(replayed) == 1
    (walk,) = shop.publisher.walks(publish)
    assert walk.title['en'] == f'Turn “Size” from Text into Whole number in {walk.total} contact'
    assert (walk.state, walk.total >= 700, walk.seen >= walk.total) == ('done', True, True)
    sizes = shop.values('size')
    assert len(sizes) == 700 + len(saved)
    assert set(sizes) == {7}


def test_the_publisher_waits_for_processes_that_have_not_followed(shop: Shop) -> None:
    beat(shop.database, 'web-1', 'web', 1, shop.clock)
    beat(shop.database, 'worker-1', 'worker', None, shop.clock)
    assert laggards(shop.database, 2, shop.clock) == ['web-1']

    leave(shop.database, 'web-1')
    assert laggards(shop.database, 2, shop.clock) == []


def test_a_process_that_never_follows_delays_a_publish_but_does_not_stop_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('migrations.steps.adopt.PATIENCE_SECONDS', 0.1)
    beat(shop.database, 'web-1', 'web', 1, shop.clock)

    publish = shop.publish(remove=['/entities/contact/properties/size'])

    assert publish.state == 'done'
    assert AwaitAdoption(2).describe('en') == 'Wait for all processes'


def test_a_publish_in_the_background_answers_at_once_and_ends_done(shop: Shop) -> None:
    plan = everything(shop)

    begun = shop.publisher.apply(plan.plan_id, ADA, in_background=True)
    for thread in threading.enumerate():
        if thread.name == f'publish-{begun.id}':
            thread.join()

    assert begun.state == 'running'
    assert shop.publisher.publish_state(begun.id).as_wire()['progress'] == 1
    require_whole(shop)
