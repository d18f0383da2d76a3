"""What every page's template may use: menu made from the catalog, icons, assets, the person, theme and language."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, current_app, g, get_flashed_messages, request
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from modules.runtime import Runtime
from modules.web.assets_manifest import AssetManifest
from modules.web.failures import locale
from modules.web.guard import csp_nonce, events_url
from modules.web.pinning import opens_page
from permissions.policy import Policy
from schema.base.text import begun, in_sentence, initials
from schema.catalog import Catalog
from schema.definitions import in_locale

THEMES = ('auto', 'light', 'dark')
PROFILE = 'people_pages.settings'
KEPT_PARTS = 500
GROUPS = {'sales': _l('Sales'), 'work': _l('Work'), 'catalogue': _l('Catalogue'), 'service': _l('Service'), '': _l('More')}


def install(app: Flask) -> None:
    manifest = AssetManifest.read()
    app.jinja_env.globals.update(asset=manifest.url, icon=manifest.icon, csp_nonce=csp_nonce, in_locale=in_locale)
    app.jinja_env.globals.update(told_now=told_now, kept_part=Kept(app))
    app.jinja_env.filters.update(in_sentence=in_sentence, begun=begun)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_context)


class Kept:
    """Parts that are the same on page after page, such as the menu: drawn once for each language and what they are given, which
    is all that they may show. What they are given is told apart by its `repr`."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._drawn: dict[tuple[str, str, str], Markup] = {}

    def __call__(self, name: str, /, **given: Any) -> Markup:
        place = (str(get_locale()), name, repr(given))
        if (found := self._drawn.get(place)) is None:
            if len(self._drawn) >= KEPT_PARTS:
                self._drawn.clear()
            found = self._drawn[place] = Markup(self._app.jinja_env.get_template(name).render(given))
        return found


def told_now() -> list[Any]:
    """`(kind, text)` of what the person is to be told on the page that opens. A page that a script fetches, as the worker does
    to keep forms at hand, is seen by nobody and leaves it for the next one."""
    if not opens_page() and 'HX-Request' not in request.headers:
        return []
    return list(get_flashed_messages(with_categories=True))


def _context() -> dict[str, Any]:
    runtime: Runtime = current_app.extensions['trellis']
    policy: Policy | None = g.get('policy')
    catalog: Catalog | None = g.get('catalog')
    context: dict[str, Any] = {
        'locale': locale(),
        'theme': theme(),
        'company_name': g.installation.name_in(locale()) if catalog else 'Trellis',
        'menu': list,
        'current_actor': None,
        'can_studio': False,
        'can_admin': False,
        'viewing': g.get('viewing'),
        'scripts': list(runtime.registries.scripts),
        'schema_version': catalog.number if catalog else None,
        'links': {'language': '/language/'},
    }
    if policy is None or catalog is None:
        return context
    actor = policy.actor
    has_account = PROFILE in current_app.view_functions
    context.update(
        current_actor={
            'name': actor.name, 'username': actor.username, 'initials': initials(actor.name), 'hue': hue_of(actor.username),
            'locale': actor.locale, 'timezone': actor.timezone,
        },
        menu=partial(places, runtime, catalog, policy),  # parts of pages show none
        bell=None if g.get('viewing') else _bell(runtime),
        can_studio=policy.can_studio,
        can_admin=policy.can_admin,
        links={'language': '/language/', 'profile': '/settings' if has_account and not g.get('viewing') else ''},
    )  # fmt: skip
    return context


def places(runtime: Runtime, catalog: Catalog, policy: Policy) -> list[dict[str, Any]]:
    """`[{label, items}]`: entities the person may read, by group, then what modules add. Asks the database nothing."""
    here = request.path
    tongue = locale()
    groups: dict[str, list[dict[str, Any]]] = {}
    for key in policy.entities('read'):
        definition = catalog.entities[key].definition
        groups.setdefault(definition.group, []).append(
            {'key': key, 'label': definition.plural_in(tongue), 'icon': definition.icon, 'href': f'/{key}/',
             'active': here.startswith(f'/{key}/'), 'new_label': definition.label_in(tongue),
             'new_href': f'/{key}/new' if policy.scope('create', key) != 'none' else ''}
        )  # fmt: skip
    home = {'key': 'home', 'label': gettext('Today'), 'icon': 'home', 'href': '/', 'active': here == '/', 'goto': 'h'}
    menu: list[dict[str, Any]] = [{'label': '', 'items': [home]}]
    menu += [{'label': str(GROUPS.get(group) or group.capitalize()), 'items': entries} for group, entries in groups.items()]
    extra = [made for entry in runtime.registries.menu if (made := entry(policy))]
    for each in extra:
        each.setdefault('active', here.startswith(each['href']))
    menu[0]['items'] += [each for each in extra if each.get('first')]
    extra = [each for each in extra if not each.get('first')]
    if extra:
        menu.append({'label': gettext('Administration') if policy.can_admin else gettext('More'), 'items': extra})
    return menu


def _bell(runtime: Runtime) -> dict[str, Any]:
    """The way to the person's notices; how many are unread its script asks for after the page is there."""
    return {'events': events_url(runtime.settings), 'active': request.path.startswith('/notices/')}


def theme() -> str:
    chosen = request.cookies.get('theme', 'auto')
    return chosen if chosen in THEMES else 'auto'


def hue_of(name: str) -> int:
    """A stage hue from 1 to 10 that stays with a name."""
    return sum(map(ord, name)) % 10 + 1
