"""The tabs over a list or board: everything, one's own, saved views; how many records each has, asked for after the page."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.model import Count, ListQuery
from modules.saved_views import service
from modules.saved_views.model import ALL
from modules.web.pages import viewing
from modules.web.pages.context import Desk, address, desk_for
from modules.web.pages.viewing import Opened
from schema.base.errors import TrellisError

MINE = {'all': [{'field': 'owner', 'op': 'eq', 'value': {'me': True}}]}
MOST, SECONDS = 999, 0.25
"""Tabs count no further, and no further tab once counting took so long: what a tab holds is a hint."""


def view_tabs(desk: Desk, opened: Opened, path: str, query: ListQuery) -> list[dict[str, Any]]:
    """Tabs: everything, one's own, what one opened lately, saved views in the person's order, the recycle bin; on boards no
    more than a board can show. `counted` is what a count is for."""
    entity, policy, is_list = desk.entity, desk.reader.policy, path.endswith('/')
    is_seen = is_list and viewing.is_seen()
    is_mine = opened.view is None and query.filter == MINE
    everything = ALL if opened.default else ''
    tabs: list[dict[str, Any]] = [
        {'label': _('All'), 'href': address(path, {'view': everything}),
         'active': opened.view is None and not (query.deleted or is_mine or is_seen)},
    ]  # fmt: skip
    if _has_mine(desk):
        mine = address(path, {'filter': json.dumps(MINE)})
        tabs.append({'label': _('Mine'), 'href': mine, 'active': is_mine, 'counted': 'mine'})
    if is_list:
        tabs.append({'label': _('Seen lately'), 'href': address(path, {'seen': 'yes'}), 'active': is_seen})
    for each in opened.views:
        if viewing.usable(each, entity) or each is opened.view:
            icon = {'team': 'users', 'public': 'world'}.get(each.audience, '')
            tabs.append({'label': each.name, 'href': address(path, {'view': each.uid}), 'icon': icon, 'counted': each.uid,
                         'active': opened.view is each and not query.deleted})  # fmt: skip
    if is_list and policy.scope('delete', entity.key) != 'none':
        tabs.append({'label': _('Recycle bin'), 'href': f'{path}?bin=1', 'active': query.deleted})
    return tabs


def view_state(desk: Desk, opened: Opened, params: Mapping[str, str], at: str = '') -> dict[str, Any]:
    """What may be done with the view that is open, or with the address that is none yet; `at` is `board` on a board, which is
    where one then goes on."""
    within = {name: value for name, value in params.items() if value}
    own = opened.view is not None and service.may_change(desk.reader.policy, opened.view)
    says = any(within.get(name) for name in ('filter', 'sort', 'cols'))
    base, shown = f'/views/{desk.entity.key}', urlencode({**within, 'at': at} if at else within)
    return {
        'save_url': f'{base}/{opened.view.uid}/save?{shown}' if own and opened.changed and opened.view else '',
        'new_url': f'{base}/new?{shown}' if (opened.view is None and says) or opened.changed else '',
        'always_new_url': f'{base}/new?{shown}',
        'manage_url': address(f'{base}/manage', {'view': opened.token, 'at': at}),
        'back_url': f'/{desk.entity.key}/{at}?view={opened.view.uid}' if opened.view and opened.changed else '',
    }


def counts(entity: str) -> ResponseReturnValue:
    """How many records the tabs hold, in the order of tabs, as far as that is known soon."""
    with desk_for(entity) as desk:
        return render_template('web/tab_counts.html', counts=_counted(desk))


def count_text(count: Count | None) -> str:
    if count is None:
        return ''
    number = f'{count.value:,}'.replace(',', '.') if g.actor.locale == 'vi' else f'{count.value:,}'
    return number if count.exact else _('more than %(number)s', number=number)


def _counted(desk: Desk) -> dict[str, str]:
    found, begun = {}, time.monotonic()
    for name, condition in _filters(desk).items():
        if time.monotonic() - begun > SECONDS:
            break
        try:
            count = desk.reader.count(desk.entity.key, ListQuery(filter=condition), MOST)
        except TrellisError:  # a view that asks for what is gone, or not for the person; the page itself says so
            continue
        found[name] = str(count.value) if count.exact else f'{MOST}+'
    return found


def _filters(desk: Desk) -> dict[str, Mapping[str, Any] | None]:
    """By what tabs are called in `counted`."""
    found: dict[str, Mapping[str, Any] | None] = {'mine': MINE} if _has_mine(desk) else {}
    opened = viewing.open_view(desk.entity, desk.reader.session)
    return found | {each.uid: each.filter for each in opened.views if viewing.usable(each, desk.entity)}


def _has_mine(desk: Desk) -> bool:
    policy, key = desk.reader.policy, desk.entity.key
    return 'owner' in policy.readable(key) and policy.scope('read', key) != 'own'
