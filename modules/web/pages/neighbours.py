"""The records before and after one in the list that a person came from. Reads ids and order alone, through the reader."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from flask import g, request

from modules.records.model import ListQuery, Record
from modules.saved_views import service
from modules.web.pages.context import Desk, filter_document
from modules.web.pages.sorting import read_sort
from schema.base.errors import TrellisError

LONGEST = 8_000


def neighbours(desk: Desk, record: Record) -> dict[str, Any] | None:
    """`{previous, next, list, place, total}`: addresses, blank at an end, and which one of how many, 0 where nobody counted;
    None for who came from no list, or from one that is gone since."""
    raw = request.args.get('in')
    if raw is None and urlsplit(request.referrer or '').path == f'/{desk.entity.key}/':
        raw = ''  # the plain list names itself in no link
    if raw is None or len(raw) > LONGEST:
        return None
    if parse_qs(raw).get('seen'):  # opening one turns that list round: nothing stays before or after it
        return {'previous': '', 'next': '', 'list': f'/{desk.entity.key}/?{raw}', 'in': raw, 'place': 0, 'total': 0}
    try:
        beside = desk.reader.beside(desk.entity.key, record, _query(desk, raw))
    except TrellisError:  # the list's view, a field of its filter or its order is no longer there, or not for the person
        return None
    path = f'/{desk.entity.key}/'
    return {
        'previous': f'{path}{beside.before}?{urlencode({"in": raw})}' if beside.before else '',
        'next': f'{path}{beside.after}?{urlencode({"in": raw})}' if beside.after else '',
        'list': f'{path}?{raw}' if raw else path, 'in': raw, 'place': beside.place, 'total': beside.total,
    }  # fmt: skip


def _query(desk: Desk, raw: str) -> ListQuery:
    """The list's address as a query, its saved view included. Raises: NotFound VIE-E001, BadRequest API-E013."""
    said = dict(parse_qsl(raw, keep_blank_values=True)[:20])
    uid = said.get('view', '')
    view = service.view(desk.reader.session, g.actor, desk.entity, uid) if uid not in {'', 'all', 'board'} else None
    condition = filter_document(said['filter']) if 'filter' in said else view.filter if view is not None else None
    order = said['sort'] if 'sort' in said else ','.join(view.document.get('sort', ())) if view is not None else ''
    return ListQuery(
        filter=condition, search=said.get('q', '')[:200], sort=read_sort(order), columns=(), deleted=said.get('bin') == '1',
        counted=False,
    )  # fmt: skip
