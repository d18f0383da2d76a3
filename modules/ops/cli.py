"""The operating commands of `trellis`: up, web, worker, scheduler, doctor. app.py adds them to its group.

app.py puts an `Entry` (modules/ops/roles.py; made by modules/ops/entry.py) into click's `ctx.obj`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from types import FrameType

import click

from modules.ops.doctor import examine, own_checks
from modules.ops.preflight import Refusal
from modules.ops.roles import Entry, Verdict, tell_running
from modules.ops.settings import Settings
from modules.ops.signals import set_soon
from modules.ops.up import run_up, web_server


class PortNumber(click.IntRange):
    name = 'port'


PORT = PortNumber(1, 65535)


def settings_of(entry: Entry, port: int | None = None) -> Settings:
    """The settings, with the port of the command line when one was given. Raises: click's error with the refusal's line."""
    try:
        settings = entry.settings()
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    if port is None or port == settings.port:
        return settings
    base_url = settings.base_url if os.environ.get('TRELLIS_BASE_URL') else f'http://127.0.0.1:{port}'
    return replace(settings, port=port, base_url=base_url)


@click.command()
@click.option('--demo', is_flag=True, help='Fill a new home with demonstration records and people.')
@click.option('--port', type=PORT, help='Port of the web pages [default: TRELLIS_PORT or 8000].')
@click.option('--host', default='127.0.0.1', show_default=True, help='Address to listen on; 0.0.0.0 for all.')
@click.pass_obj
def up(entry: Entry, demo: bool, port: int | None, host: str) -> None:
    """Run everything: database, queue, web, worker and scheduler. Ctrl-C stops it."""
    settings = settings_of(entry, port)
    try:
        run_up(settings, entry.prepare, host=host, demo=demo)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal


@click.command()
@click.option('--port', type=PORT, help='Port to listen on [default: TRELLIS_PORT or 8000].')
@click.option('--host', default='127.0.0.1', show_default=True, help='Address to listen on.')
@click.pass_obj
def web(entry: Entry, port: int | None, host: str) -> None:
    """Run the web pages and the API alone, under gunicorn."""
    settings = settings_of(entry, port)
    command, environ = web_server(host, settings.port)
    os.environ.update(environ)
    sys.stdout.flush()
    os.execv(command[0], command)


@click.command()
@click.pass_obj
def worker(entry: Entry) -> None:
    """Run the steps that are due: mail, reminders, imports."""
    run_role(entry, 'worker')


@click.command()
@click.pass_obj
def scheduler(entry: Entry) -> None:
    """Find what falls due by the calendar, and recover what was interrupted."""
    run_role(entry, 'scheduler')


def run_role(entry: Entry, name: str) -> None:
    """Run one process in the foreground until SIGTERM or Ctrl-C; it ends its present work first."""
    settings = settings_of(entry)
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        set_soon(stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    role = entry.role(name)
    tell_running(settings.home, name)
    role(stop)


@click.command()
@click.pass_obj
def doctor(entry: Entry) -> None:
    """Look at everything Trellis stands on: one line each, with what to do about it."""
    settings = settings_of(entry)
    verdicts = examine(own_checks(settings))
    if all(verdict.ok for verdict in verdicts if verdict.subject != 'redis'):
        verdicts += examine(entry.doctor_checks())
    for verdict in verdicts:
        click.echo(show(verdict))
    if not all(verdict.ok for verdict in verdicts):
        raise SystemExit(1)


def show(verdict: Verdict) -> str:
    if verdict.ok:
        return f'ok       {verdict.subject}: {verdict.note}'
    return ': '.join(filter(None, (f'problem  {verdict.subject}', verdict.note, verdict.remedy)))


ops_commands: list[click.Command] = [up, web, worker, scheduler, doctor]
