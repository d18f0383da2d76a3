"""What a browser needs to install Trellis and to go on without the network: manifest, icons, worker, the page of what waits."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, g, jsonify, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.offline.icons import SIZES, mark
from modules.web.assets_manifest import VENDOR, AssetManifest
from modules.web.failures import locale

blueprint = Blueprint('offline', __name__, template_folder='templates')
BRAND = '#0b6681'
POLICY = "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@blueprint.get('/offline')
def index() -> ResponseReturnValue:
    """Saves that wait for the network, and pages that can be read without it; the browser itself knows both."""
    page = make_response(render_template('offline/index.html'))
    page.content_language.add(locale())
    return page


@blueprint.get('/manifest.webmanifest')
def manifest() -> ResponseReturnValue:
    installation = g.get('installation')
    name = installation.name_in(locale()) if installation else 'Trellis'
    icons = [
        {'src': f'/icon-{size}.png', 'sizes': f'{size}x{size}', 'type': 'image/png', 'purpose': purpose}
        for size in SIZES
        for purpose in ('any', 'maskable')
    ]
    described = jsonify({
        'id': '/', 'name': f'{name} · Trellis' if name != 'Trellis' else name, 'short_name': name[:12], 'lang': locale(),
        'start_url': '/', 'scope': '/', 'display': 'standalone', 'theme_color': BRAND, 'background_color': '#ffffff',
        'icons': icons, 'shortcuts': [{'name': _('Calendar'), 'url': '/calendar'}, {'name': _('Search'), 'url': '/search/'}],
    })  # fmt: skip
    described.mimetype = 'application/manifest+json'
    return described


@blueprint.get('/icon-<int:size>.png')
def icon(size: int) -> ResponseReturnValue:
    if size not in SIZES:
        abort(404)
    headers = {'Cache-Control': 'public, max-age=86400'}
    return current_app.response_class(mark(size), mimetype='image/png', headers=headers)


@blueprint.get('/worker.js')
def worker() -> ResponseReturnValue:
    """The worker's script, at an address that covers all pages and never changes; browsers ask for it again by themselves."""
    name = AssetManifest.read().files['offline/worker.js']
    headers = {'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY}
    return current_app.response_class((VENDOR / name).read_bytes(), mimetype='text/javascript', headers=headers)
