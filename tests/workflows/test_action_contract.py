"""One contract for every action there is: a new one without a sample fails, and so does one that breaks a promise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from app import make_registries
from modules.records.store import Store
from modules.sharing.service import find_receivers, share_one
from permissions.tables import user_preference
from schema.base.actor import Actor
from schema.base.clock import FrozenClock
from schema.base.errors import NotFound, TrellisError
from schema.base.ids import new_uid
from schema.base.tables import metadata
from schema.checks import check_documents
from schema.reading import read_workflow
from tests.support.databases import ENGINES, Databases
from tests.support.site import NOW, Site, copied_site
from tests.workflows.samples import SAMPLES, Sample
from workflows.actions.base import Action, Call, Done, Skipped
from workflows.definitions import compile_workflow
from workflows.runs import rule_actor

ACTIONS = make_registries().actions.keys()
RESTLESS = frozenset({'process_heartbeat', 'web_session', user_preference.name})
"""What other parts of the product write while a step is carried out."""

COUNTS = ('message_count',)
"""Messages counted against a day's bound: a step that was rolled back counted nothing, and no step is committed twice."""


class Withheld(Exception):
    """Rolls a unit of work back."""


@dataclass
class Stage:
    """A site whose clock stands, and the calls of steps on its records."""

    site: Site

    def record(self, sample: Sample) -> str:
        """A new record for a step, of the person `rep`, which `rep2` may see but not change."""
        fixed: Mapping[str, Any] = {'contact': {'full_name': 'Lê Văn Tám', 'birthday': '1990-05-04'}}.get(sample.entity, {})
        wire = {**fixed, **sample.values}
        if sample.entity == 'contact':
            wire['email'] = f'{new_uid()}@vd.vn'
        if sample.entity == 'appointment':
            wire['contact'] = self.site.create('rep', 'contact', full_name='Khách', email=f'{new_uid()}@vd.vn')
            guest = self.site.create('rep', 'contact', full_name='Khách mời', email=f'{new_uid()}@vd.vn')
            wire['guests'] = [guest]
        if sample.entity == 'opportunity':
            wire['company'] = self.site.create('rep', 'company', name=f'Công ty {new_uid()}')
        return self.site.create('rep', sample.entity, **wire)

    def call(self, name: str, uid: str, actor: Actor | None = None, *, gone: bool = False, key: str = '') -> Call:
        runtime, sample = self.site.runtime, SAMPLES[name]
        catalog = runtime.catalogs.current()
        definition = read_workflow(workflow(name, sample.step))
        rule, findings = compile_workflow(definition, catalog)
        assert rule is not None, findings
        actor = actor or rule_actor(runtime, rule)
        record = None
        if not gone:
            try:
                with runtime.reader(actor, catalog) as reader:
                    record = reader.get(sample.entity, uid)
            except NotFound:
                record = None
        step = rule.flow.steps[0]
        key = key or f'{new_uid()}/{step.key}'
        return Call(runtime, catalog, actor, rule, step, rule.entity, record, uid, key.partition('/')[0], key, runtime.clock)

    def perform(self, call: Call, *, commit: bool = True) -> Done:
        """As the runner does it: preview first, then the effect in a unit of work."""
        action: Action = self.site.runtime.registries.actions.get(call.step.type)
        effect, done = action.preview(call), []

        def write(store: Store) -> None:
            done.append(action.perform(call, effect, store))
            if not commit:
                raise Withheld

        try:
            self.site.runtime.write(call.actor, write, cause=(call.run_id,))
        except Withheld:
            assert not commit
        return done[-1]

    def let_see(self, entity: str, uid: str) -> None:
        """`rep2` sees the record from now on and may not change it."""
        with self.site.runtime.database.session() as session:
            receivers = find_receivers(session, ['rep2'], [])
        owner = self.site.actor('rep')
        self.site.runtime.write(owner, lambda store: share_one(store, entity, uid, receivers, 'view'))

    def everything(self) -> dict[str, list[str]]:
        """Every row of every table, those of entities included."""
        tables = [*metadata.sorted_tables, *(each.table for each in self.site.runtime.catalogs.current().entities.values())]
        with self.site.runtime.database.reading() as connection:
            names = set(sa.inspect(connection).get_table_names())
            return {
                table.name: sorted(map(str, connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')))
                for table in tables
                if table.name in names and table.name not in RESTLESS
            }


def type_of(name: str) -> str:
    """The action that a sample is of: a form of it stands behind a blank."""
    return name.partition(' ')[0]


def workflow(name: str, step: Mapping[str, Any]) -> dict[str, Any]:
    key = f'tries_{name.replace(".", "_").replace(" ", "_")}'
    return {
        'x-format': 1, 'x-kind': 'workflow', 'x-key': key, 'x-ref': f'{key}_r3f9aa', 'x-label': {'en': key}, 'enabled': True,
        'entity': SAMPLES[name].entity, 'trigger': {'type': 'created'},
        'steps': [{'key': 'only', 'type': type_of(name), **step}],
    }  # fmt: skip


@pytest.fixture(scope='module', params=ENGINES)
def stage(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:  # fmt: skip
    """One site for all actions, on each engine."""
    with copied_site(databases, request.param, tmp_path_factory.mktemp('contract') / 'home') as site:
        site.runtime.clock = FrozenClock(NOW)
        for each in SAMPLES.values():
            if each.prepare is not None:
                each.prepare(site)
        yield Stage(site)


@pytest.fixture(scope='module')
def refusals(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """`(pointer, code)` of everything wrong with a schema that holds the broken step of every action."""
    with copied_site(databases, 'sqlite', tmp_path_factory.mktemp('broken') / 'home') as site:
        documents = dict(site.runtime.catalogs.current().documents)
    for name, sample in SAMPLES.items():
        document = workflow(name, sample.broken)
        documents['workflow', document['x-key']] = document
    return [(each.pointer, each.code) for each in check_documents(documents) if each.level == 'error']


def test_every_action_has_a_sample() -> None:
    assert sorted({type_of(name) for name in SAMPLES}) == sorted(ACTIONS)


@pytest.mark.parametrize('name', sorted(SAMPLES))
def test_broken_step_is_refused_at_its_place(name: str, refusals: list[tuple[str, str]], stage: Stage) -> None:
    sample = SAMPLES[name]
    place = f'/workflows/{workflow(name, {})["x-key"]}/steps/0'
    catalog = stage.site.runtime.catalogs.current()
    action: Action = stage.site.runtime.registries.actions.get(type_of(name))

    refused = [pointer for pointer, _code in refusals if pointer.startswith(place)]
    own = action.check({'key': 'only', 'type': type_of(name), **sample.broken}, catalog.entity(sample.entity), catalog)
    fine = action.check({'key': 'only', 'type': type_of(name), **sample.step}, catalog.entity(sample.entity), catalog)

    assert any(pointer.startswith(place + sample.pointer) or pointer == place for pointer in refused), (refused, refusals)
    assert bool(own) == sample.own_check and all(each.pointer.startswith('/') for each in own)
    assert fine == []


@pytest.mark.parametrize('name', sorted(SAMPLES))
def test_effect_comes_once_or_not_at_all_and_is_told_in_json(name: str, stage: Stage) -> None:
    sample, action = SAMPLES[name], stage.site.runtime.registries.actions.get(type_of(name))
    uid = stage.record(sample)
    call = stage.call(name, uid)
    before = stage.everything()

    told = action.preview(call).describe()
    previewed = stage.everything()
    stage.perform(call, commit=False)
    withheld = stage.everything()
    done = stage.perform(call)
    performed = stage.everything()
    repeated = _again(stage, name, uid, call.key)

    assert json.loads(json.dumps(told)) == told and json.loads(json.dumps(dict(done.result))) == dict(done.result)
    assert previewed == before
    assert withheld == before
    assert (performed != before) == sample.effect
    assert {**repeated, **dict.fromkeys(COUNTS)} == {**performed, **dict.fromkeys(COUNTS)}


def _again(stage: Stage, name: str, uid: str, key: str) -> dict[str, list[str]]:
    """Everything after the same step was carried out once more under its key."""
    with suppress(Skipped):  # a deleted record is gone
        stage.perform(stage.call(name, uid, key=key))
    return stage.everything()


@pytest.mark.parametrize('name', sorted(SAMPLES))
def test_record_that_is_gone_is_skipped_and_rights_of_a_personal_run_hold(name: str, stage: Stage) -> None:
    sample = SAMPLES[name]
    uid = stage.record(sample)
    looker = stage.site.actor('rep2')
    stage.let_see(sample.entity, uid)
    before = stage.everything()

    if not sample.lonely:
        with pytest.raises(Skipped):
            stage.perform(stage.call(name, uid, gone=True))
    if sample.changes:
        with pytest.raises((TrellisError, Skipped)):
            stage.perform(stage.call(name, uid, looker))

    assert stage.everything() == before
