"""`trellis up`: one command that prepares a home and runs every part of Trellis under one supervisor."""

from __future__ import annotations

import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from functools import partial
from pathlib import Path

from modules.ops.children import ChildSpec, trellis_command
from modules.ops.console import Console
from modules.ops.embedded import valkey_spec
from modules.ops.homelock import locked_home
from modules.ops.leash import Leash
from modules.ops.preflight import require_disk, require_port
from modules.ops.roles import FirstStart, Prepare, runs_for_me
from modules.ops.settings import Settings
from modules.ops.supervisor import Supervisor

NEEDED_MEGABYTES = 100
LAST_PORT = 65535
EVENTS = (sys.executable, '-m', 'modules.notices.cli')
"""`trellis events` without the rest of Trellis, which it does not need."""
DEMO_PEOPLE = 'admin, manager, leader, rep, rep2'


class StopAsked(Exception):
    """Ctrl-C came while the home was being prepared; what was not committed is undone by its own transaction."""


def run_up(settings: Settings, prepare: Prepare, *, host: str, demo: bool, console: Console | None = None) -> None:
    """Run until Ctrl-C or SIGTERM; then everything has stopped.

    Raises: Refusal, after stopping whatever had begun.
    """
    console = console or Console()
    begun = time.monotonic()
    address = f'http://{_for_browsers(host)}:{settings.port}'
    with locked_home(settings.home, address) as lock:
        require_disk(settings.home, NEEDED_MEGABYTES)
        require_port(host, settings.port)
        leash = Leash(lock)
        try:
            with Supervisor(console, leash) as supervisor, supervisor.stop_on_signals():
                with suppress(StopAsked):
                    first = _start(supervisor, settings, prepare, console, host=host, demo=demo)
                    announce(console, address, first, demo=demo, seconds=time.monotonic() - begun)
                    supervisor.watch()
                console.say('Stopping …')
                supervisor.stop_all()
                console.say('Trellis has stopped; all records are kept.')
        finally:
            leash.close()


def _start(
    supervisor: Supervisor, settings: Settings, prepare: Prepare, console: Console, *, host: str, demo: bool
) -> FirstStart:
    """Raises: StopAsked at the next line of progress once a stop was asked for."""

    def say(line: str) -> None:
        if supervisor.stopping.is_set():
            raise StopAsked
        console.say(line)

    say(f'Trellis home: {settings.home}')
    if settings.embedded_redis:
        say('Starting the embedded Valkey …')
        supervisor.start([valkey_spec(settings.home)])
    say('Checking the database …')
    first = prepare(settings, demo, say)
    say('Starting web, worker and scheduler …')
    supervisor.start(role_specs(settings, host))
    if supervisor.stopping.is_set():
        raise StopAsked
    return first


def role_specs(settings: Settings, host: str) -> list[ChildSpec]:
    """The processes of Trellis itself, each what an operator may run alone."""
    events_port = free_port(host, settings.port + 1)
    environ = {
        'TRELLIS_HOME': str(settings.home),
        'TRELLIS_PORT': str(settings.port),
        'TRELLIS_EVENTS_PORT': str(events_port),
        'PROMETHEUS_MULTIPROC_DIR': str(fresh_metrics_folder(settings.home)),
    }
    alive = f'http://{_for_browsers(host)}:{settings.port}/healthz'
    web, web_environ = web_server(host, settings.port)
    return [
        ChildSpec('web', web, {**environ, **web_environ}, is_ready=partial(responds, alive)),
        *(
            ChildSpec(name, trellis_command(name), environ, is_ready=partial(runs_for_me, settings.home, name))
            for name in ('worker', 'scheduler')
        ),
        ChildSpec('events', (*EVENTS, '--host', host, *events_ports(settings.port + 1, events_port)), environ),
    ]


def events_ports(wished: int, found: int) -> tuple[str, ...]:
    """Where `trellis events` listens. A wished port that is held is taken once it is free: a proxy may lead to it, and pages
    that were open before this start know no other. Till then they poll."""
    later = () if found == wished or wished > LAST_PORT else ('--later', str(wished))
    return ('--port', str(found), *later)


def web_server(host: str, port: int) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command of the web server, which `trellis web` becomes, and what it is told by its environment."""
    command = (sys.executable, '-m', 'gunicorn', '--config', 'python:modules.ops.gunicorn_conf', 'app:create_app()')
    return command, {'TRELLIS_PORT': str(port), 'TRELLIS_BIND': f'[{host}]:{port}' if ':' in host else f'{host}:{port}'}


def free_port(host: str, wished: int) -> int:
    """The wished port, or any other that nobody holds now."""
    for port in (wished, 0) if wished <= LAST_PORT else (0,):
        with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET) as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    return wished


def fresh_metrics_folder(home: Path) -> Path:
    """An empty folder for the counters that processes share; counters begin at nought with each start."""
    folder = home / 'metrics'
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob('*.db'):
        leftover.unlink()
    return folder


def responds(url: str) -> bool:
    """Whether /healthz itself answers within two seconds; another page, or another program's, does not count."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.read(10) == b'ok\n')
    except (urllib.error.URLError, OSError):
        return False


def announce(console: Console, address: str, first: FirstStart, *, demo: bool, seconds: float) -> None:
    """The lines a person waits for."""
    console.say()
    console.say(f'  Trellis is ready after {seconds:.0f} s:  {address}')
    if first.admin_password:
        console.say(f'  Sign in as admin with the password  {first.admin_password}')
        if demo:
            console.say(f'  The demo people ({DEMO_PEOPLE}) share this password.')
        console.say('  It is shown this once: keep it.')
    console.say('  Ctrl-C stops everything; records are kept.')
    console.say()


def _for_browsers(host: str) -> str:
    if host in ('0.0.0.0', '::', ''):
        return '127.0.0.1'
    return f'[{host}]' if ':' in host else host
