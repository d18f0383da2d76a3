"""`trellis schema`: the whole path from files to a live version and back."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from migrations.cli import schema_commands
from migrations.lock import acquire
from migrations.looking import Looking
from migrations.steps.convert import ConvertField
from migrations.telling import carried, looked, telling
from schema.texts import load_all
from tests.migrations.conftest import Shop, label


@pytest.fixture
def run(shop: Shop, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    load_all()
    monkeypatch.setattr('migrations.telling.PATIENCE_SECONDS', 600)  # what takes long on a busy machine tells no more than else
    runtime = SimpleNamespace(database=shop.database, catalogs=shop.catalogs, clock=shop.clock, publisher=shop.publisher)

    def call(*words: str) -> Result:
        return CliRunner().invoke(schema_commands, list(words), obj=SimpleNamespace(runtime=runtime))

    return call


def test_a_file_is_planned_applied_and_rolled_back(run, shop: Shop, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / 'change.json'
    part = {'x-type': 'date', 'x-label': label('Approved')}
    source.write_text(json.dumps({'entities': {'contact': {'properties': {'approved_on': part}}}}))

    planned = run('plan', str(source), '--note', 'Approval')
    plan_id = planned.output.rstrip().splitlines()[-1].split()[1]
    applied = run('apply', plan_id)

    assert 'Contact: add field Approved, type Date' in planned.output
    assert applied.output == 'Version 2 is live.\n'
    assert 'Approval' in run('history').output
    assert run('rollback', '1', '--apply').output == 'Version 3 is live.\n'
    assert 'approved_on' not in shop.contact.fields


def test_answers_of_a_file_hold_for_a_plan_and_for_the_way_back(run, shop: Shop, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    change, answers, wrong = (tmp_path / name for name in ('change.json', 'answers.json', 'wrong.json'))
    change.write_text(json.dumps({'entities': {'contact': {'properties': {'size': {'x-type': 'integer'}}}}}))
    answers.write_text(json.dumps({'/entities/contact/properties/size': {'map': {'ten': 10, 'eleven': 11}}}))
    wrong.write_text('[]')
    shop.insert(full_name='An', size='ten')

    planned = run('plan', str(change), '--answers', str(answers))
    run('apply', planned.output.rstrip().splitlines()[-1].split()[1])
    assert shop.values('size') == [10]
    assert run('rollback', '1', '--apply').output == 'Version 3 is live.\n'
    shop.update(1, size='eleven')
    assert run('rollback', '2', '--answers', str(answers), '--apply').output == 'Version 4 is live.\n'
    assert shop.values('size') == [11]
    refused = run('rollback', '1', '--answers', str(wrong))
    assert (refused.exit_code, refused.output) == (
        1,
        'Error: wrong.json holds no answers: {POINTER: {"map": …, "default": …}}.\n',
    )


def test_long_work_tells_how_far_it_came(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('migrations.telling.PATIENCE_SECONDS', 0.001)
    looking, told = Looking(), threading.Event()

    def line() -> str:
        if looking.seen and said == [looked(looking)]:
            told.set()
        said[:] = [looked(looking)]
        return said[0]

    said: list[str] = []
    with telling(line):
        looking.expect(1_000_000)
        looking.pass_by(120_000)
        assert told.wait(60)
    assert '120,000 of 1,000,000 values looked at\n' in capsys.readouterr().err

    shop.insert(full_name='An', size='10')
    plan = shop.plan(entities={'contact': {'properties': {'size': {'x-type': 'integer'}}}})
    lines: list[str] = []
    fill = ConvertField._fill

    def filling(*given: Any) -> None:
        course = shop.publisher.course_of(plan.plan_id)
        assert course is not None
        lines.append(carried(course, shop.publisher.walks(course)))
        fill(*given)

    monkeypatch.setattr(ConvertField, '_fill', filling)
    shop.apply(plan)

    assert lines == [f'1 of {len(plan.steps)} steps done; Turn “Size” from Text into Whole number in 1 contact: 0 of 1 records']
    assert carried(shop.publisher.course_of(plan.plan_id), []) == ''


def test_an_exported_schema_with_refs_planned_again_changes_nothing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert '3 definitions' in run('export', str(tmp_path / 'out'), '--refs').output

    again = run('plan', str(tmp_path / 'out'))

    assert again.exit_code == 1
    assert 'MIG-E006' in again.output
    assert run('validate', str(tmp_path / 'out')).output == 'Nothing is wrong.\n'
    assert run('validate').output == 'Nothing is wrong.\n'


def test_a_folder_of_few_definitions_changes_them_and_leaves_the_others(run, shop: Shop, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run('export', str(tmp_path))
    (tmp_path / 'entities' / 'company.json').unlink()
    (tmp_path / 'roles' / 'admin.json').unlink()
    path = tmp_path / 'entities' / 'contact.json'
    contact = json.loads(path.read_text())
    contact['properties']['nickname'] = {'x-type': 'text', 'x-label': label('Nickname')}
    path.write_text(json.dumps(contact))

    assert 'company' in run('validate', str(tmp_path)).output  # by itself it links to what it does not hold
    assert run('validate', str(tmp_path), '--live').output == 'Nothing is wrong.\n'
    planned = run('plan', str(tmp_path)).output
    assert planned.splitlines()[0].strip() == 'Contact: add field Nickname, type Text'
    assert run('apply', planned.rstrip().splitlines()[-1].split()[1]).output == 'Version 2 is live.\n'
    assert {'company', 'contact'} <= shop.catalog.entities.keys() and 'admin' in shop.catalog.roles
    (tmp_path / 'empty').mkdir()
    assert 'entities/*.json' in run('plan', str(tmp_path / 'empty')).output


def test_errors_are_one_located_line_each_and_a_failing_exit(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    broken = tmp_path / 'broken.json'
    broken.write_text('{"entities": ')
    wrong = tmp_path / 'wrong.json'
    wrong.write_text(json.dumps({'entities': {'contact': {'properties': {'a': {'x-type': 'curency'}}}}}))

    for words, code in (
        (('plan', str(broken)), 'SCH-E001'),
        (('validate', str(wrong)), '/entities/contact/properties/a'),
        (('apply', 'nope'), 'MIG-E004'),
        (('rollback', '77'), 'MIG-E010'),
        (('show', 'contakt'), 'REC-E029'),
    ):
        result = run(*words)
        assert result.exit_code == 1, words
        assert code in result.output


def test_a_plan_is_refused_while_somebody_publishes_and_after_its_base_moved(run, shop: Shop) -> None:  # type: ignore[no-untyped-def]
    plan = shop.plan(entities={'contact': {'properties': {'a': {'x-type': 'text', 'x-label': label('A')}}}})
    lock = acquire(shop.database, shop.clock)

    busy = run('apply', plan.plan_id)
    lock.release()
    shop.field('b', {'x-type': 'text', 'x-label': label('B')})
    moved = run('apply', plan.plan_id)

    assert (busy.exit_code, moved.exit_code) == (1, 1)
    assert 'MIG-E003' in busy.output
    assert 'MIG-E007' in moved.output
    assert 'a' not in shop.contact.fields


def test_show_lists_entities_and_roles_and_prints_a_definition(run) -> None:  # type: ignore[no-untyped-def]
    assert 'contact' in run('show').output and 'roles/admin' in run('show').output
    assert json.loads(run('show', 'contact').output)['x-key'] == 'contact'
    assert json.loads(run('show', 'roles/admin').output)['admin'] is True
