"""`trellis certificate`: try every role, field and way out, for people and for a build that must fail on a leak."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from modules.certificate import service
from modules.certificate.report import Report, State
from modules.runtime import Runtime
from schema.base.actor import system_actor
from schema.base.errors import TrellisError

TOLD = 100
EXITS: Mapping[State, int] = {'green': 0, 'red': 1, 'untried': 3}


@click.group('certificate')
def certificate_group() -> None:
    """Leak certificates: every role × field × way out, tried with planted values on a throw-away copy of the schema."""


@certificate_group.command('run')
@click.option('--role', 'roles', multiple=True, metavar='ROLE', help='Only this role; may be given several times.')
@click.option('--json', 'as_json', is_flag=True, help='Write the whole report as JSON.')
@click.option('--no-keep', is_flag=True, help='Do not store the certificate with the installation.')
@click.pass_obj
def run_command(entry: Any, /, roles: tuple[str, ...], *, as_json: bool, no_keep: bool) -> None:
    """Draw up a certificate of the present schema. Ends with 1 when anything leaks, 2 when it cannot be drawn up, 3 when
    nothing leaks but an address could not be tried."""
    runtime: Runtime = entry.runtime
    try:
        unknown = set(roles) - set(runtime.catalogs.current().roles)
        if unknown:
            raise click.UsageError(f'--role: there is no role {", ".join(sorted(unknown))}')
        report, engine, requests = service.examine(runtime, roles=roles or None)
        if not no_keep and not roles:
            service.keep(runtime, system_actor('certificate'), report, engine, requests)
    except TrellisError as error:
        click.echo('\n'.join(map(str, error.findings)), err=True)
        sys.exit(2)
    if as_json:
        told = {'state': report.state, 'green': report.state == 'green', 'engine': engine, 'requests': requests}
        counts = {'cells': report.cells, 'red': report.red}
        click.echo(json.dumps({**told, **counts, **report.as_json(), 'faults': report.faults}, ensure_ascii=False))
    else:
        _tell(report, engine, requests)
    sys.exit(EXITS[report.state])


def _tell(report: Report, engine: str, requests: int) -> None:
    for way, label in report.ways.items():
        marks = []
        for role in report.verdicts:
            tally = report.tally(role, way)
            good = 'untried' if way in report.untried else 'ok'
            marks.append(f'{role} {tally["red"]} RED' if tally['red'] else f'{role} {good}')
        click.echo(f'{label["en"]:28} {" · ".join(marks)}')
    places = {f'{each["role"]} / {each["way"]} / {each["entity"]}.{each["field"]}': each for each in reversed(report.faults)}
    for place, each in list(reversed(places.items()))[:TOLD]:
        click.echo(f'{place}: {each["found"]}\n    {each["request"]}', err=True)
    for way, endpoints in report.untried.items():
        click.echo(f'not tried: {report.ways[way]["en"]}: {", ".join(endpoints)}', err=True)
    click.echo(f'{report.state.upper()}: {report.cells} cells, {report.red} red, {requests} requests, {engine}')
