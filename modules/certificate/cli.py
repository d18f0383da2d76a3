"""`trellis certificate`: try every role, field and way out, for people and for a build that must fail on a leak."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from modules.certificate import service
from modules.certificate.report import Report
from modules.runtime import Runtime
from schema.base.actor import system_actor
from schema.base.errors import TrellisError

TOLD = 100


@click.group('certificate')
def certificate_group() -> None:
    """Leak certificates: every role × field × way out, tried with planted values on a throw-away copy of the schema."""


@certificate_group.command('run')
@click.option('--role', 'roles', multiple=True, metavar='ROLE', help='Only this role; may be given several times.')
@click.option('--json', 'as_json', is_flag=True, help='Write the whole report as JSON.')
@click.option('--no-keep', is_flag=True, help='Do not store the certificate with the installation.')
@click.pass_obj
def run_command(entry: Any, /, roles: tuple[str, ...], *, as_json: bool, no_keep: bool) -> None:
    """Draw up a certificate of the present schema. Ends with 1 when anything leaks, 2 when it cannot be drawn up."""
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
        told = {'green': report.green, 'engine': engine, 'requests': requests, 'cells': report.cells, 'red': report.red}
        click.echo(json.dumps({**told, **report.as_json(), 'faults': report.faults}, ensure_ascii=False))
    else:
        _tell(report, engine, requests)
    sys.exit(0 if report.green else 1)


def _tell(report: Report, engine: str, requests: int) -> None:
    for way, label in report.ways.items():
        marks = []
        for role in report.verdicts:
            tally = report.tally(role, way)
            marks.append(f'{role} {tally["red"]} RED' if tally['red'] else f'{role} ok')
        click.echo(f'{label["en"]:28} {" · ".join(marks)}')
    places = {f'{each["role"]} / {each["way"]} / {each["entity"]}.{each["field"]}': each for each in reversed(report.faults)}
    for place, each in list(reversed(places.items()))[:TOLD]:
        click.echo(f'{place}: {each["found"]}\n    {each["request"]}', err=True)
    for way, endpoints in report.untried.items():
        click.echo(f'not tried on this schema: {report.ways[way]["en"]}: {", ".join(endpoints)}')
    state = 'GREEN' if report.green else 'RED'
    click.echo(f'{state}: {report.cells} cells, {report.red} red, {requests} requests, {engine}')
