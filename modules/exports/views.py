"""Downloads of a list as csv or xlsx: the same address parameters as the list. Decides nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, request, send_file, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.exports.service import Export, kind_of, open_export
from modules.records.model import ListQuery
from modules.web.pages.context import filter_document
from modules.web.pages.listing import read_query
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.catalog import Entity

blueprint = Blueprint('exports', __name__)
MIMETYPES = {'csv': 'text/csv; charset=utf-8', 'xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'}


@blueprint.route('/<string:entity>/export.<string:kind>', methods=['GET', 'POST'])
def download(entity: str, kind: str) -> ResponseReturnValue:
    """All records of the list, not one page, or those that were picked there (posted as `uid`); `cols` chooses columns, of a
    form `export.shown` where `export.columns` is `shown`."""
    actor = require_actor()
    ending = kind_of(f'.{kind}')
    found = g.catalog.entity(entity)
    with ExitStack() as stack:
        export = stack.enter_context(open_export(g.runtime, actor, found.key, _query(found), _columns(), kind=ending))
        name = f'{found.key}-{g.runtime.clock.now().astimezone(actor.zone):%Y-%m-%d}.{ending}'
        if ending == 'xlsx':
            return _workbook(export, name)
        parts = export.csv_parts()
        first = next(parts)  # what is wrong with the query is told before the download begins
        response = Response(stream_with_context(_all(first, parts, stack.pop_all())), content_type=MIMETYPES['csv'])
    response.headers.set('Content-Disposition', 'attachment', filename=name)
    return response


def _columns() -> list[str] | None:
    """Keys of fields in their order; None for all that the person may read."""
    if 'export.columns' in request.form:
        asked = [request.form.get('export.shown', '')] if request.form['export.columns'] == 'shown' else []
    else:
        asked = request.args.getlist('cols')
    keys = [key for part in asked for key in part.split(',') if key]
    return keys if keys and keys != ['default'] else None


def _query(entity: Entity) -> ListQuery:
    """The list of the address in its order; of a list where records were picked, or all that fit, these."""
    listed = read_query(entity)
    if request.form.get('all') == '1':
        return replace(listed, filter=filter_document(request.form.get('filter', '')), search=request.form.get('q', '')[:200])
    picked = request.form.getlist('uid')
    return replace(listed, filter={'field': 'uid', 'op': 'in', 'value': picked}, search='') if picked else listed


def list_link(policy: Policy, entity: Entity) -> dict[str, Any] | None:
    """The entry in the menu of a list, which opens what `web/_exporting.html` asks."""
    if policy.scope('export', entity.key) == 'none' or request.args.get('bin') == '1':
        return None
    return {'label': _('Export'), 'icon': 'table-export', 'attrs': {'data-dialog-open': '#export-list'}}


def _all(first: bytes, parts: Iterator[bytes], stack: ExitStack) -> Iterator[bytes]:
    with stack:
        yield first
        yield from parts


def _workbook(export: Export, name: str) -> ResponseReturnValue:
    with ExitStack() as stack:
        stream = stack.enter_context(tempfile.TemporaryFile())
        export.write_xlsx(stream)
        stack.pop_all()  # from here on the response closes it
    stream.seek(0)
    return send_file(stream, MIMETYPES['xlsx'], as_attachment=True, download_name=name)
