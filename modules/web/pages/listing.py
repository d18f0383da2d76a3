"""The list of an entity: search, filter as a sentence, columns, order, pages, the recycle bin; its count, asked for alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from modules.records.model import LARGEST_PAGE, Count, ListQuery, Page, Record
from modules.saved_views import recent
from modules.web.collections import SHOWN_IN_LIST
from modules.web.pages import viewing
from modules.web.pages.chips import EMPTIED, filter_chips
from modules.web.pages.columns import Columns, column_choices, shown_columns
from modules.web.pages.context import Desk, address, deciding_columns, desk_for, reached, whole_number
from modules.web.pages.rows import shows_people, table_rows
from modules.web.pages.sorting import read_sort, sort_link, sorts
from modules.web.pages.tabs import count_text, view_state, view_tabs
from modules.web.pages.viewing import Opened
from modules.web.presenting import card_hue
from schema.base.text import in_sentence
from schema.catalog import Entity

COUNTED = 1_000
NOBODY = '00000000-0000-0000-0000-000000000000'
"""The uid of no record."""
PLACE = ('page', 'after', 'before', 'last', 'at')
"""Parts of the address that say where in the list one is."""


def show(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        opened = viewing.open_view(desk.entity, desk.reader.session, implied=True)
        query = read_query(desk.entity)
        columns = shown_columns(desk, opened)
        keys = dict.fromkeys([*columns.keys, *deciding_columns(desk)])
        asked = replace(query, columns=tuple(keys), most=SHOWN_IN_LIST, counted=_is_counted_at_once(query))
        page = desk.reader.list_page(desk.entity.key, asked) if opened.problem is None else Page((), Count(0), 1, 1, None)
        page = _as_seen(desk.entity, page) if viewing.is_seen() and not query.sort else page
        shown = render_template('web/list.html', **_context(desk, opened, query, columns, _known(page, query)))
    return shown, 200 if opened.problem is None else 422


def count(entity: str) -> ResponseReturnValue:
    """How many records the list has, for a page that did not wait for it; a filter may meet one row in ten, so not far."""
    with desk_for(entity) as desk:
        query = read_query(desk.entity)
        total = desk.reader.count(desk.entity.key, query, COUNTED)
        size = whole_number('size', g.installation.page_size)
        return render_template('web/list_count.html', total_text=count_text(total), more=total.value > size or not total.exact)


def read_query(entity: Entity) -> ListQuery:
    """The list's address as a query, its saved view included.

    Raises: BadRequest REC-E035, API-E013, VIE-E004; NotFound VIE-E001.
    """
    opened = viewing.open_view(entity)
    if request.endpoint != 'entity.list':
        viewing.refuse(opened)
    return ListQuery(
        filter=_among(opened.filter, _seen(entity)) if viewing.is_seen() else opened.filter,
        search=request.args.get('q', '')[:200],
        sort=read_sort(opened.sort),
        size=whole_number('size', g.installation.page_size),
        number=whole_number('page', 1),
        cursor=request.args.get('after') or None,
        before=request.args.get('before') or None,
        from_end='last' in request.args,
        deleted=request.args.get('bin') == '1',
    )


def _seen(entity: Entity) -> list[str]:
    """The uids that fill one page, those opened last first; once in a request."""
    if 'seen_uids' not in g:
        with g.runtime.database.reading() as connection:
            size = min(LARGEST_PAGE, max(1, whole_number('size', g.installation.page_size)))
            g.seen_uids = recent.uids_of(connection, g.actor, entity, size)
    uids: list[str] = g.seen_uids
    return uids


def _among(condition: Mapping[str, Any] | None, uids: Sequence[str]) -> dict[str, Any]:
    chosen = {'field': 'uid', 'op': 'in', 'value': list(uids) or [NOBODY]}
    return {'all': [chosen, condition]} if condition else chosen


def _as_seen(entity: Entity, page: Page) -> Page:
    places = {uid: place for place, uid in enumerate(_seen(entity))}
    return replace(page, records=tuple(sorted(page.records, key=lambda record: places[record.uid])))


def list_params(opened: Opened) -> dict[str, str]:
    """The address of the list without the place in it; the open view is named even where it opened by itself."""
    params = {name: value for name, value in request.args.items() if name not in PLACE}
    if 'cols' in params:
        params['cols'] = ','.join(request.args.getlist('cols'))
    return {**params, 'view': opened.token}


def list_context(opened: Opened) -> str:
    """The list as `in=` of a record's link carries it, for going to the next one there; empty for the plain list."""
    names = ('view', 'filter', 'sort', 'q', 'bin', 'seen')
    return urlencode({name: value for name, value in list_params(opened).items() if name in names and value})


def _is_counted_at_once(query: ListQuery) -> bool:
    """The count of a whole list is cheap; what a filter or a search finds is counted after the page is there."""
    return not query.filter and not query.search.strip()


def _known(page: Page, query: ListQuery) -> Page:
    """A list that fits on its first page needs no counting."""
    if page.total is None and page.next is None and page.previous is None and query.number == 1:
        return replace(page, total=Count(len(page.records)))
    return page


def _context(desk: Desk, opened: Opened, query: ListQuery, columns: Columns, page: Page) -> dict[str, Any]:
    entity, policy = desk.entity, desk.reader.policy
    locale, params, path = desk.presenter.locale, list_params(opened), f'/{entity.key}/'
    g.list_query = urlencode({name: value for name, value in params.items() if value})
    changeable = reached(desk, 'update', page.records)
    within = list_context(opened)
    return {
        'entity': entity,
        'title': entity.definition.plural_in(locale),
        'singular': in_sentence(entity.definition.label_in(locale)),
        'columns': columns.fields,
        'has_people': shows_people(columns.fields),
        'table_rows': table_rows,
        'widths': columns.widths,
        'dropped': columns.dropped,
        'rows': [_row(desk, record, within, editable=record.id in changeable) for record in page.records],
        'query': query,
        'total': page.total,
        'total_text': count_text(page.total),
        'count_url': address(f'{path}count', {**params, 'cols': ''}) if page.total is None else '',
        'pager': _pager(path, params, query, page),
        'sort_links': {field.key: sort_link(path, params, query, field) for field in columns.fields if field.sortable},
        'sorts': sorts(desk, path, params, query),
        'seen': viewing.is_seen(),
        'chips': filter_chips(desk, replace(query, filter=opened.filter), path, params, emptied=EMPTIED if opened.view else ''),
        'opened': opened,
        'problem': opened.problem.text(locale) if opened.problem else '',
        'params': params,
        'filter_text': opened.filter_text,
        'path': path,
        'views': view_tabs(desk, opened, path, query),
        'tab_counts_url': f'{path}counts',
        'view_state': view_state(desk, opened, params),
        'column_choices': column_choices(desk, columns),
        'has_board': entity.stage is not None and entity.stage.key in policy.readable(entity.key),
        'board_url': address(f'{path}board', {'view': opened.token, 'filter': params.get('filter', ''), 'q': query.search}),
        'can': {
            action: policy.scope(action, entity.key) != 'none'
            for action in ('create', 'update', 'delete', 'import', 'export', 'assign')
        },
        'has_tags': any(field.type_key == 'tags' and field.writable for field in desk.presenter.fields(entity, entity.fields)),
        'links_more': [link for make in desk.runtime.registries.list_links if (link := make(policy, entity))],
        'picked_more': [link for make in desk.runtime.registries.picked_links if (link := make(policy, entity))],
        'query_string': g.list_query,
    }


def _row(desk: Desk, record: Record, within: str, *, editable: bool) -> dict[str, Any]:
    plain = f'/{desk.entity.key}/{record.uid}'
    return {
        'uid': record.uid, 'revision': record.revision, 'title': record.title, 'hue': card_hue(record),
        'values': desk.presenter.record(record), 'plain': plain,
        'href': f'{plain}?{urlencode({"in": within})}' if within else plain,
        'editable': not record.deleted_at and editable,
    }  # fmt: skip


def _pager(path: str, params: dict[str, str], query: ListQuery, page: Page) -> dict[str, Any]:
    """Where the shown rows stand, and the ways to the first, the one before, the next and the last page, all by cursor."""
    shown, size = len(page.records), query.size
    first = whole_number('at', 0) or ((query.number - 1) * size + 1 if not query.cursor and not query.backwards else 0)
    if query.from_end and page.total is not None and page.total.exact:
        first = page.total.value - shown + 1
    urls: dict[str, str] = {}
    if page.previous:
        urls['first'] = address(path, params)
        before = max(1, first - size) if first else ''
        urls['previous'] = urls['first'] if before == 1 else address(path, {**params, 'before': page.previous, 'at': before})
    if page.next:
        urls['next'] = address(path, {**params, 'after': page.next, 'at': first + shown if first else ''})
        urls['last'] = address(path, {**params, 'last': 'yes'})
    return {'first': first if shown else 0, 'last': first + shown - 1 if first and shown else 0, 'urls': urls, 'shown': shown}
