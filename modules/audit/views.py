"""`/audit/`: the audit log for administrators, with filters and as a file. Decides nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.audit import queries, words
from modules.audit.queries import Asked
from modules.exports.cells import neutral
from modules.exports.writers import csv_parts, write_xlsx
from modules.people.pages import require_admin, tongue
from modules.web.typed_values import typed_day
from schema.base.audit import audit_head, note
from schema.base.numbers import LARGEST_ID, whole
from schema.base.text import tidy
from schema.fieldtypes.days import day_text
from schema.system_names import actor_text

blueprint = Blueprint('audit', __name__, template_folder='templates')
MIMETYPES = {'csv': 'text/csv; charset=utf-8', 'xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'}
COLUMNS = ('datetime', 'text', 'text', 'text', 'text', 'text', 'integer', 'text')


@blueprint.get('/audit/')
def index() -> ResponseReturnValue:
    """One page, newest first."""
    runtime = require_admin()
    asked, typed = _asked()
    with runtime.database.reading() as connection:
        rows, following = queries.page(connection, asked, before=_number('before'))
        people = queries.actors(connection)
        head = connection.execute(audit_head.select()).first()
    kept = {key: value for key, value in typed.items() if value}
    sent, begun = urlencode(kept), _number('before')
    kinds = sorted(((key, words.kind_text(key, tongue())) for key in words.KIND_TEXTS), key=itemgetter(1))
    return render_template(
        'audit/list.html', rows=[_shown(row) for row in rows], typed=typed, people=people, head=head,
        kinds=kinds, begun=begun, next_url=f'/audit/?{urlencode({**kept, "before": following})}' if following else '',
        first_url=f'/audit/?{sent}', csv_url=f'/audit/export.csv?{sent}', xlsx_url=f'/audit/export.xlsx?{sent}',
    )  # fmt: skip


@blueprint.get('/audit/export.<string:kind>')
def download(kind: str) -> ResponseReturnValue:
    """Everything that the filters choose; taking it out is an entry itself."""
    runtime = require_admin()
    if kind not in MIMETYPES:
        abort(404)
    asked, typed = _asked()
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        note(connection, 'export', actor=g.actor, subject='audit', params={'format': kind, **_filled(typed)}, now=now)
    header = [_('When'), _('Who'), _('What'), _('About'), _('Details'), _('Address'), _('Entry'), _('Hash')]
    name = f'audit-{now.astimezone(g.actor.zone):%Y-%m-%d}.{kind}'
    with runtime.database.reading() as connection:
        if kind == 'xlsx':
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
            day = 'dd/mm/yyyy' if tongue() == 'vi' else 'yyyy-mm-dd'
            write_xlsx(file, header, COLUMNS, _cells(connection, asked, typed=True), day=day, title=_('Audit log'))
            file.seek(0)
            return send_file(file, MIMETYPES[kind], as_attachment=True, download_name=name)
        body = b''.join(csv_parts(header, _cells(connection, asked, typed=False)))
    return Response(body, content_type=MIMETYPES[kind], headers={'Content-Disposition': f'attachment; filename="{name}"'})


def _cells(connection: Any, asked: Asked, *, typed: bool) -> Iterator[list[list[Any]]]:
    locale, zone = tongue(), g.actor.zone
    speaker = words.Tongue(locale, zone)
    for rows in queries.stream(connection, asked):
        chunk = []
        for row in rows:
            at = row.at.astimezone(zone)
            texts = [
                _who(row), words.kind_text(row.kind, locale), row.subject,
                tidy(speaker.in_line(row.params)), row.address,
            ]  # fmt: skip
            place = row.position if typed else str(row.position or '')
            first: Any = at.replace(tzinfo=None) if typed else f'{at:%Y-%m-%d %H:%M:%S}'
            chunk.append([first, *(texts if typed else map(neutral, texts)), place, row.hash or ''])
        yield chunk


def _shown(row: Any) -> dict[str, Any]:
    locale, at = tongue(), row.at.astimezone(g.actor.zone)
    speaker = words.Tongue(locale, g.actor.zone)
    return {
        'id': row.id, 'at': row.at, 'when': f'{day_text(at, locale)} {at:%H:%M:%S}',
        'who': _who(row), 'actor_id': row.actor_id, 'kind': words.kind_text(row.kind, locale),
        'tone': words.TONES.get(row.kind, ''), 'subject': row.subject, 'told': list(speaker.told(row.params)),
        'line': speaker.in_line(row.params), 'address': row.address, 'position': row.position, 'hash': row.hash or '',
    }  # fmt: skip


def _who(row: Any) -> str:
    if row.actor_id is None:
        return actor_text(row.actor_name, tongue(), g.catalog.workflows) or _('nobody known')
    return str(row.actor_name)


def _asked() -> tuple[Asked, dict[str, str]]:
    """What the address asks for, and the same as typed. Days are days of the reader's zone."""
    typed = {key: request.args.get(key, '').strip()[:200] for key in ('q', 'person', 'kind', 'from', 'to')}
    first, last = _day(typed['from']), _day(typed['to'])
    asked = Asked(
        actor_id=_number('person'), kind=typed['kind'], text=typed['q'], since=_begins(first),
        until=_begins(last + timedelta(days=1)) if last and last < date.max else None,
    )  # fmt: skip
    return asked, typed


def _filled(typed: dict[str, str]) -> dict[str, Any]:
    chosen = {key: value for key, value in typed.items() if value}
    return {'filter': ' · '.join(f'{key}: {value}' for key, value in chosen.items())} if chosen else {}


def _begins(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, g.actor.zone) if day else None


def _day(raw: str) -> date | None:
    if not raw:
        return None
    try:
        return typed_day(raw)
    except ValueError:
        abort(400)


def _number(key: str) -> int | None:
    raw = request.args.get(key, '')
    if not raw:
        return None
    number = whole(raw, LARGEST_ID)
    return abort(400) if number is None else number
