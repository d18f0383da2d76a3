"""The list of an entity: search, filter as a sentence, columns, order, pages, the recycle bin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import g, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.labels import full_name
from modules.records.model import Count, ListQuery, Page, Record, Sort
from modules.web.collections import SHOWN_IN_LIST
from modules.web.pages.context import Desk, address, deciding_columns, desk_for, filter_document, reached, whole_number
from modules.web.presenting import FieldView, card_hue
from schema import conditions
from schema.base.errors import BadRequest, TrellisError
from schema.base.findings import nearest
from schema.base.text import in_sentence
from schema.catalog import Entity
from schema.values import USER

LABELLED = 8
SYSTEM_CHOICES = ('owner', 'team', 'created_at', 'changed_at', 'created_by', 'changed_by')


def show(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        query = read_query(desk.entity)
        columns = shown_columns(desk)
        read = dict.fromkeys([*(field.key for field in columns), *deciding_columns(desk)])
        page = desk.reader.list_page(desk.entity.key, replace(query, columns=tuple(read), most=SHOWN_IN_LIST))
        return render_template('web/list.html', **_context(desk, query, columns, page))


def read_query(entity: Entity) -> ListQuery:
    """The list's address as a query. Raises: BadRequest REC-E035, API-E401."""
    return ListQuery(
        filter=filter_document(request.args.get('filter', '')),
        search=request.args.get('q', '')[:200],
        sort=read_sort(request.args.get('sort', '')),
        size=whole_number('size', g.installation.page_size),
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
    asked = [key for part in request.args.getlist('cols') for key in part.split(',') if key]
    chosen = session.setdefault('columns', {})
    if asked == ['default']:
        asked = []
        chosen.pop(entity.key, None)
        session.modified = True
    for key in asked:
        if key not in entity.fields or key not in readable:
            raise BadRequest.of('REC-E036', '/cols', value=key[:80], hint=nearest(key, readable))
    if asked:
        chosen[entity.key] = asked
        session.modified = True
    keys = asked or [key for key in chosen.get(entity.key, ()) if key in entity.fields] or list(desk.layouts.list)
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
    changeable = reached(desk, 'update', page.records)
    return {
        'entity': entity,
        'title': entity.definition.plural_in(locale),
        'singular': in_sentence(entity.definition.label_in(locale)),
        'columns': columns,
        'rows': [_row(desk, record, columns, editable=record.id in changeable) for record in page.records],
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
            action: policy.scope(action, entity.key) != 'none'
            for action in ('create', 'update', 'delete', 'import', 'export', 'assign')
        },
        'links_more': [link for make in desk.runtime.registries.list_links if (link := make(policy, entity))],
        'picked_more': [link for make in desk.runtime.registries.picked_links if (link := make(policy, entity))],
        'query_string': request.query_string.decode(),
    }


def _row(desk: Desk, record: Record, columns: Sequence[FieldView], *, editable: bool) -> dict[str, Any]:
    return {
        'uid': record.uid, 'revision': record.revision, 'title': record.title, 'hue': card_hue(record),
        'values': desk.presenter.record(record), 'href': f'/{desk.entity.key}/{record.uid}',
        'editable': not record.deleted_at and editable,
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
    found = conditions.describe(
        query.filter, desk.entity, desk.presenter.catalog, desk.presenter.locale, link_labels(desk, query.filter)
    )
    chips = []
    for chip in found:
        before = chip.before if not chip.joiner else f'{chip.joiner} {chip.before[:1].lower()}{chip.before[1:]}'
        text = f' {chip.between} '.join(chip.values)
        following = address(path, {**params, 'filter': without(query.filter, chip.pointer)})
        chips.append({'before': before if text else '', 'text': text or before, 'remove_url': following})
    return chips


def without(document: Mapping[str, Any], pointer: str) -> str:
    """A filter as the address has it, with the part at a pointer such as `/all/1` taken out; empty when nothing is left."""
    _root, *steps = pointer.split('/')
    parts = document.get('all')
    if len(steps) < 2 or steps[0] != 'all' or not isinstance(parts, list) or not steps[1].isdigit():
        return ''
    rest = [part for number, part in enumerate(parts) if number != int(steps[1])]
    return json.dumps({'all': rest}, ensure_ascii=False) if rest else ''


def link_labels(desk: Desk, document: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Names of the records and people that a filter points to, as far as the person may see them."""
    named: dict[tuple[str, str], str] = {}
    parts = document.get('all')
    for leaf in parts if isinstance(parts, list) else [document]:
        field = desk.entity.find_field(str(leaf.get('field', ''))) if isinstance(leaf, Mapping) else None
        linking = field is not None and (field.is_link or field.type.key == 'links')
        wanted = leaf.get('value') if linking else None
        for uid in wanted if isinstance(wanted, list) else [wanted]:
            target = field.definition.targets[0] if field is not None and field.definition.targets else ''
            if isinstance(uid, str) and len(named) < LABELLED:
                named.update(_label(desk, field.type.key if field is not None else '', target, uid))
    return named


def _label(desk: Desk, kind: str, target: str, uid: str) -> dict[tuple[str, str], str]:
    if kind == 'user':
        users = desk.presenter.catalog.users
        row = desk.reader.session.execute(
            sa.select(users.c.first_name, users.c.last_name).where(users.c.username == uid[:80])
        ).first()
        return {(USER, uid): full_name(row.first_name, row.last_name)} if row else {}
    if kind in {'link', 'links'}:
        try:
            return {(target, uid): desk.reader.get(target, uid, columns=()).title}
        except TrellisError:
            return {}
    return {}


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
    rest = [field.key for field in desk.entity.own_fields if field.key not in chosen]
    more = [key for key in SYSTEM_CHOICES if key not in chosen]
    fields = desk.presenter.fields(desk.entity, [*(field.key for field in columns), *rest, *more])
    return [
        {'key': field.key, 'label': field.label, 'on': field.key in chosen, 'fixed': field.key == desk.entity.title.key}
        for field in fields
    ]
