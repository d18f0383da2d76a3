"""`make`'s front door: brings .venv, assets and translations up to date, then runs a target; standard library only."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from modules.ops.installing import (
    Workshop,
    build_assets,
    compile_project,
    compile_translations,
    install_packages,
    install_project,
    make_environment,
    system_node,
)
from modules.ops.preflight import Refusal, home_folder, require_python, require_writable

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
COUNTS_BRANCHES = (3, 14)  # from here on coverage needs no trace function
Target = Callable[[Workshop, list[str]], None]


def main(arguments: list[str]) -> int:
    """Run one target; 0, or 1 after one line that says what to do."""
    shop = Workshop(ROOT, say)
    target, rest = TARGETS[arguments[0]], arguments[1:]
    try:
        require_python()
        os.chdir(ROOT)
        target(shop, rest)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201 - the one line for the person at the keyboard
        return 1
    except KeyboardInterrupt:
        print('Stopped; the next run goes on from here.', file=sys.stderr)  # noqa: T201 - as above
        return 130
    except OSError as error:
        print(f'{error.filename or ROOT}: {error.strerror or error}', file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - progress


def prepare(shop: Workshop, *extras: str) -> None:
    """Everything a target stands on. Quick when nothing changed. What needs none of the packages is made while they come."""
    require_writable(ROOT, 'move the checkout to a folder you own.')
    make_environment(shop)
    with ThreadPoolExecutor(1) as beside:
        apart = (build_assets, compile_project) if system_node() else (compile_project,)
        begun = [beside.submit(step, shop) for step in apart]
        install_packages(shop, extras)
        install_project(shop)
        compile_translations(shop)
        for each in begun:
            each.result()
    if build_assets not in apart:
        build_assets(shop)


def prepare_tests(shop: Workshop) -> None:
    """The same with the tools of tests; Chromium comes while the packages do."""
    with ThreadPoolExecutor(1) as beside:
        browser = beside.submit(ensure_chromium)
        prepare(shop, 'test')
        browser.result()


def install(shop: Workshop, arguments: list[str]) -> None:
    prepare(shop, *arguments)
    say('Trellis is installed; start it with: make run')


def run(shop: Workshop, arguments: list[str]) -> None:
    """Start `trellis up --demo` in place of this process, so that Ctrl-C reaches it and nothing stands between."""
    require_writable(home_folder(os.environ), 'set TRELLIS_HOME to a folder you own.')
    prepare(shop)
    sys.stdout.flush()
    os.execv(shop.python, [str(shop.python), '-m', 'modules.ops.launch', 'up', '--demo', *arguments])


def test(shop: Workshop, arguments: list[str]) -> None:
    """The suite, with branch coverage where Python counts branches by itself: tracing would take half as long again.

    Files are shared out between processes, each with servers of its own; `-n 0` keeps all in one. There is one process more
    than there are processors, as tests wait for browsers and servers a quarter of their time. The report goes to
    .coverage-report.txt, so that pytest's summary is the last line.
    """
    prepare_tests(shop)
    shared = ('-n', str(min(max(os.cpu_count() or 2, 2), 4) + 1), '--dist', 'loadscope', '--no-loadscope-reorder')
    suite = ('pytest', '-m', 'not soak', '-rs', *shared, *arguments)
    sys.exit(measured(shop, suite) if sys.version_info >= COUNTS_BRANCHES else call(shop, *suite))


def measured(shop: Workshop, suite: tuple[str, ...]) -> int:
    """Run a suite with branch coverage and write the report; the suite's exit code."""
    status = call(shop, 'coverage', 'run', '-m', *suite)
    subprocess.run([shop.python, '-m', 'coverage', 'combine', '--quiet'], cwd=ROOT, capture_output=True)
    with (ROOT / '.coverage-report.txt').open('wb') as report:
        subprocess.run([shop.python, '-m', 'coverage', 'report', '--skip-covered'], cwd=ROOT, stdout=report)
    return status


def lint(shop: Workshop, arguments: list[str]) -> None:
    prepare(shop, 'test')
    checks = (('ruff', 'check', '.'), ('ruff', 'format', '--check', '.'), ('mypy',))
    sys.exit(max([call(shop, *check, *arguments) for check in checks]))


def bench(shop: Workshop, arguments: list[str]) -> None:
    """Every bench/*.py in turn, or those named."""
    prepare(shop, 'test')
    names = arguments or sorted(path.stem for path in (ROOT / 'bench').glob('*.py') if path.stem[0] != '_')
    if not names:
        raise Refusal('bench/ holds no measurement yet: add one as bench/<name>.py.')
    sys.exit(max([call(shop, f'bench.{name}') for name in names]))


def soak(shop: Workshop, arguments: list[str]) -> None:
    """The long runs, and every property with many more examples."""
    prepare_tests(shop)
    sys.exit(measured(shop, ('pytest', '-m', 'soak or hypothesis', '--hypothesis-profile', 'soak', *arguments)))


def screenshots(shop: Workshop, arguments: list[str]) -> None:
    """The pictures of the README in docs/images/, those of every page in build/screenshots/."""
    prepare_tests(shop)
    sys.exit(call(shop, 'docs.screenshots', *arguments))


def call(shop: Workshop, *command: str) -> int:
    """Run a module of .venv in the foreground; its exit code. What one of its processes compiles is there for the others."""
    sys.stdout.flush()
    environ = {name: value for name, value in os.environ.items() if name != 'PYTHONDONTWRITEBYTECODE'}
    child = subprocess.Popen([shop.python, '-m', *command], cwd=ROOT, env=environ)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the child had the same Ctrl-C and is ending by itself


def ensure_chromium() -> None:
    """Install Chromium and its driver where this user may; else say what will be skipped."""
    if any(map(shutil.which, CHROMIUM_NAMES)) and shutil.which('chromedriver'):
        return
    if platform.system() == 'Linux' and os.geteuid() == 0 and shutil.which('apt-get'):
        say('Installing Chromium for the browser tests …')
        install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium', 'chromium-driver']
        for command in (['apt-get', 'update', '-qq'], install):
            subprocess.run(command, capture_output=True, env={**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'})
    if not shutil.which('chromedriver'):
        say('Chromium or its driver is missing, so browser tests are skipped: sudo apt install chromium chromium-driver')


TARGETS: dict[str, Target] = {
    'install': install,
    'run': run,
    'test': test,
    'lint': lint,
    'bench': bench,
    'soak': soak,
    'screenshots': screenshots,
}

if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
