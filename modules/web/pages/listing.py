"""The list of an entity: search, filter as a sentence, columns, order, pages, the recycle bin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.records.model import PAGE_SIZE, Count, ListQuery, Page, Record, Sort
from modules.web.pages.context import Desk, address, desk_for, filter_document, whole_number
from modules.web.presenting import FieldView, card_hue
from schema import conditions
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.catalog import Entity

SIZES = (25, 50, 100, 200)
SYSTEM_CHOICES = ('owner', 'team', 'created_at', 'changed_at', 'created_by', 'changed_by')


def show(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        query = read_query(desk.entity)
        columns = shown_columns(desk)
        page = desk.reader.list_page(desk.entity.key, replace(query, columns=tuple(field.key for field in columns)))
        return render_template('web/list.html', **_context(desk, query, columns, page))


def read_query(entity: Entity) -> ListQuery:
    """The list's address as a query. Raises: BadRequest REC-E035, API-E401."""
    return ListQuery(
        filter=filter_document(request.args.get('filter', '')),
        search=request.args.get('q', '')[:200],
        sort=read_sort(request.args.get('sort', '')),
        size=whole_number('size', PAGE_SIZE),
        number=whole_number('page', 1),
        cursor=request.args.get('after') or None,
        deleted=request.args.get('bin') == '1',
    )


def read_sort(raw: str) -> tuple[Sort, ...]:
    """`-amount,name` is: amount falling, then name rising."""
    return tuple(Sort(part.lstrip('-'), part.startswith('-')) for part in raw.split(',')[:5] if part.strip('-'))


def shown_columns(desk: Desk) -> list[FieldView]:
    """Columns from the address, else as the person last chose, else as the layout says. Title first, always."""
    entity, readable = desk.entity, desk.reader.policy.readable(desk.entity.key)
    asked = [key for key in request.args.get('cols', '').split(',') if key]
    for key in asked:
        if key not in entity.fields or key not in readable:
            raise BadRequest.of('REC-E036', '/cols', value=key[:80], hint=nearest(key, readable))
    chosen = session.setdefault('columns', {})
    if asked:
        chosen[entity.key] = asked
        session.modified = True
    keys = asked or [key for key in chosen.get(entity.key, ()) if key in entity.fields] or list(entity.definition.layouts.list)
    title = entity.title.key
    ordered = [title, *(key for key in keys if key != title)] if not entity.title.system else keys
    return desk.presenter.fields(entity, ordered)


def count_text(count: Count | None) -> str:
    if count is None:
        return ''
    number = f'{count.value:,}'.replace(',', '.') if g.actor.locale == 'vi' else f'{count.value:,}'
    return number if count.exact else _('more than %(number)s', number=number)


def _context(desk: Desk, query: ListQuery, columns: Sequence[FieldView], page: Page) -> dict[str, Any]:
    entity, policy = desk.entity, desk.reader.policy
    locale = desk.presenter.locale
    params = {name: value for name, value in request.args.items() if name not in {'page', 'after', 'cols'}}
    path = f'/{entity.key}/'
    return {
        'entity': entity,
        'title': entity.definition.plural_in(locale),
        'singular': entity.definition.label_in(locale).lower(),
        'columns': columns,
        'rows': [_row(desk, record, columns) for record in page.records],
        'query': query,
        'total': page.total,
        'total_text': count_text(page.total),
        'pager': _pager(path, params, query, page),
        'sort_links': {field.key: _sort_link(path, params, query, field) for field in columns if field.sortable},
        'chips': filter_chips(desk, query, path, params),
        'params': params,
        'path': path,
        'views': _views(desk, path, query),
        'column_choices': _column_choices(desk, columns),
        'has_board': entity.stage is not None and entity.stage.key in policy.readable(entity.key),
        'can': {
            action: policy.scope(action, entity.key) != 'none' for action in ('create', 'update', 'delete', 'import', 'export')
        },
        'links_more': [link for make in desk.runtime.registries.list_links if (link := make(policy, entity))],
        'query_string': request.query_string.decode(),
    }


def _row(desk: Desk, record: Record, columns: Sequence[FieldView]) -> dict[str, Any]:
    return {
        'uid': record.uid, 'revision': record.revision, 'title': record.title, 'hue': card_hue(record),
        'values': desk.presenter.record(record), 'href': f'/{desk.entity.key}/{record.uid}',
    }  # fmt: skip


def _sort_link(path: str, params: dict[str, str], query: ListQuery, field: FieldView) -> dict[str, str]:
    """The address that sorts by a column, and how it is sorted now: '', 'ascending', 'descending'."""
    now = next((each for each in query.sort if each.key == field.key), None)
    state = '' if now is None else 'descending' if now.descending else 'ascending'
    following = {'': field.key, 'ascending': f'-{field.key}', 'descending': ''}[state]
    return {'href': address(path, {**params, 'sort': following}), 'state': state}


def _pager(path: str, params: dict[str, str], query: ListQuery, page: Page) -> dict[str, Any]:
    number, size = query.number, query.size
    first = (number - 1) * size + 1
    urls: dict[str, str] = {}
    if number > 1:
        urls['first'] = address(path, params)
        urls['previous'] = address(path, {**params, 'page': number - 1})
    if page.next:
        urls['next'] = address(path, {**params, 'page': number + 1})
        if page.total and page.total.exact:
            urls['last'] = address(path, {**params, 'page': -(-page.total.value // size)})
    return {'first': first if page.records else 0, 'last': first + len(page.records) - 1 if page.records else 0, 'urls': urls}


def filter_chips(desk: Desk, query: ListQuery, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
    """The filter as a sentence; each part can be taken out."""
    if not query.filter:
        return []
    parts = query.filter.get('all') if set(query.filter) == {'all'} else None
    chips = []
    for number, leaf in enumerate(parts if parts is not None else [query.filter]):
        rest = [each for place, each in enumerate(parts or []) if place != number]
        following = json.dumps({'all': rest}, ensure_ascii=False) if rest else ''
        for place, chip in enumerate(conditions.describe(leaf, desk.entity, desk.presenter.catalog, desk.presenter.locale)):
            chips.append(
                {
                    'before': f'{_("and")} {chip.before}'
                    if number and not place
                    else ' '.join((chip.joiner, chip.before)).strip(),
                    'text': f' {chip.between} '.join(chip.values),
                    'remove_url': address(path, {**params, 'filter': following}) if not place else '',
                }
            )
    return chips


def _views(desk: Desk, path: str, query: ListQuery) -> list[dict[str, Any]]:
    """Tabs every entity has: all, mine, recycle bin."""
    mine = {'all': [{'field': 'owner', 'op': 'eq', 'value': {'me': True}}]}
    is_mine = query.filter == mine
    readable = desk.reader.policy.readable(desk.entity.key)
    tabs = [{'label': _('All'), 'href': path, 'active': not query.deleted and not is_mine}]
    if 'owner' in readable and desk.reader.policy.scope('read', desk.entity.key) != 'own':
        tabs.append({'label': _('Mine'), 'href': address(path, {'filter': json.dumps(mine)}), 'active': is_mine})
    if desk.reader.policy.scope('delete', desk.entity.key) != 'none':
        tabs.append(
            {'label': _('Recycle bin'), 'href': address(path, {'bin': 'yes'}).replace('yes', '1'), 'active': query.deleted}
        )
    return tabs


def _column_choices(desk: Desk, columns: Sequence[FieldView]) -> list[dict[str, Any]]:
    chosen = {field.key for field in columns}
    own = [field.key for field in desk.entity.own_fields]
    fields = desk.presenter.fields(desk.entity, [*own, *SYSTEM_CHOICES])
    return [
        {'key': field.key, 'label': field.label, 'on': field.key in chosen, 'fixed': field.key == desk.entity.title.key}
        for field in fields
    ]


def removed_text(count: int) -> str:
    return ngettext('%(num)s record moved to the recycle bin', '%(num)s records moved to the recycle bin', count)
