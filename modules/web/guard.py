"""What keeps pages safe: headers of every answer (content security policy with a nonce, no sniffing, no framing, no stale
pages), and the names under which the installation answers at all."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from modules.ops.settings import Settings
from schema.base.errors import BadRequest

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'{events}; worker-src 'self'; manifest-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
STATIC_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
BARE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS = {
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Permitted-Cross-Domain-Policies': 'none',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
}
HSTS = 'max-age=31536000; includeSubDomains'
PROBES = ('ops.healthz', 'ops.readyz', 'ops.metrics')
"""Probes name a machine by its address in the network, which nobody could list beforehand."""
STATIC = ('static', 'appbuilder.static')
LOOPBACK = ('127.0.0.1', 'localhost', '::1')


def csp_nonce() -> str:
    """The nonce of this response; made on first use."""
    if 'csp_nonce' not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def install(app: Flask, settings: Settings) -> None:
    secure = settings.base_url.startswith('https://')

    @app.before_request
    def know_host() -> None:
        if request.endpoint not in PROBES and not is_own_host(request.headers.get('Host', ''), settings):
            raise BadRequest.of('PRM-E066', value=request.headers.get('Host', '')[:80])

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        for name, value in ALWAYS.items():
            headers.setdefault(name, value)
        if secure:
            headers['Strict-Transport-Security'] = HSTS
        _add_policy(response)
        if request.endpoint in STATIC and response.status_code < 400:
            headers['Cache-Control'] = 'public, max-age=31536000, immutable'
        else:
            headers.setdefault('Cache-Control', 'no-store')
        return response


def is_own_host(asked: str, settings: Settings) -> bool:
    """Whether a Host header names this installation: its address, a name that the operator listed, or this machine itself.

    As long as nobody said what the address is, numbers are fine too: a site that points its name at this server can lead
    browsers here, but only under that name.
    """
    try:
        name = (urlsplit(f'//{asked}').hostname or '').rstrip('.')
    except ValueError:
        return False
    if name in LOOPBACK or name == urlsplit(settings.base_url).hostname or name in settings.allowed_hosts:
        return True
    return not settings.base_url_given and _is_number(name)


def _add_policy(response: Response) -> None:
    """Pages get the strict policy. What else has one of its own, as contents of files do, keeps it."""
    if response.mimetype == 'text/html':
        response.headers['Content-Security-Policy'] = POLICY.format(nonce=csp_nonce(), events=_events_origin())
    else:
        bare = STATIC_POLICY if request.endpoint in STATIC else BARE_POLICY
        response.headers.setdefault('Content-Security-Policy', bare)


def events_url(settings: Settings) -> str:
    """Where this page's browser reaches `trellis events`; blank when it does not, and then pages poll.

    Started by the supervisor on this host it is reached on its own port, as long as nothing stands in front of the server.
    """
    if settings.events_url:
        return settings.events_url
    direct = settings.events_port and not settings.proxies and not settings.base_url_given
    name = urlsplit(f'//{request.host}').hostname if direct else None
    if not name:
        return ''
    return f'http://{f"[{name}]" if ":" in name else name}:{settings.events_port}/'


def _events_origin() -> str:
    found = urlsplit(events_url(current_app.extensions['trellis'].settings))
    return f' {found.scheme}://{found.netloc}' if found.netloc else ''


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_secure() -> bool:
    """Whether people reach the installation by HTTPS, so that its cookies may ask for it."""
    return bool(current_app.config['SESSION_COOKIE_SECURE'])
