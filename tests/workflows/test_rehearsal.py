"""Rehearsals: they tell what a run does, jump its waits, and leave nothing behind."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from tests.workflows.test_steering import named, title, workflow
from workflows.definitions import rules_of
from workflows.rehearsal import Rehearser
from workflows.story import Rehearsed

MAIL = {'key': 'send', 'type': 'send_mail', 'template': 'birthday', 'to': {'field': 'email'}}
REST = {'key': 'rest', 'type': 'wait', 'for': {'days': 2}}
NOTE = {'key': 'set', 'type': 'update_record', 'values': {'address': 'x'}}


def rehearse(plant: Plant, key: str, uid: str, **more: Any) -> Rehearsed:
    catalog = plant.runtime.catalogs.current()
    return Rehearser(plant.runtime, catalog).rehearse(rules_of(catalog).usable[key], uid, plant.clock.now(), **more)


def checksums(plant: Plant) -> dict[str, str]:
    """Of the contents of every table of the database; search indexes of SQLite are read by the tables that they write."""
    found = {}
    with plant.runtime.database.reading() as connection:
        indexes = set(connection.execute(sa.text('SELECT name FROM schema_search')).scalars())
        for name in sorted(set(sa.inspect(connection).get_table_names()) - indexes):
            rows = sorted(map(repr, connection.execute(sa.text(f'SELECT * FROM "{name}"'))))
            found[name] = f'{len(rows)} {hashlib.sha256("".join(rows).encode()).hexdigest()[:16]}'
    return found


def test_rehearsal_tells_mail_changes_waits_and_ways_and_leaves_every_table_as_it_was(plant: Plant) -> None:
    follow = {'key': 'note', 'type': 'create_record', 'entity': 'task', 'values': {'title': 'Gọi', 'contact': {'from': 'uid'}}}
    ways = {'cases': [{'condition': named('Lê Văn Tám'), 'steps': [title('eight', 'Tám')]}], 'otherwise': [title('no', 'Khác')]}
    publish(
        plant,
        workflow('tour', {'type': 'created'}, MAIL, REST, {'key': 'ways', 'type': 'branch', **ways}, follow),
        workflow('after', {'type': 'updated', 'fields': ['job_title']}, NOTE),
    )  # fmt: skip
    uid = plant.person()
    plant.tick()
    plant.edit('contact', uid, job_title=None)
    before = checksums(plant)

    statements: list[str] = []
    watched = plant.runtime.database.write_engine
    sa.event.listen(watched, 'before_cursor_execute', lambda *given: statements.append(given[2]))
    told = rehearse(plant, 'tour', uid)

    assert checksums(plant) == before
    assert [(step.key, step.state) for step in told.first.steps] == [
        (each, 'done') for each in ('send', 'rest', 'ways', 'eight', 'note')
    ]
    assert [step.type for run in told.runs[1:] for step in run.steps] == ['update_record']
    assert (told.letters[0].recipient, 'Tám' in told.letters[0].text) == ('tam@congty.vn', True)
    entity = plant.runtime.catalogs.current().entity('contact')
    changed = {each.kind: each.fields for each in told.changes}
    assert changed['created'] and [each.fields[entity.field('job_title').ref] for each in told.changes[:1]] == [(None, 'Tám')]
    assert told.ended_at - plant.clock.now() == timedelta(days=2)
    assert len(statements) < 30 * sum(len(run.steps) for run in told.runs)
