"""Response headers that keep pages safe: content security policy with a nonce, no sniffing, no framing, no stale pages."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def csp_nonce() -> str:
    """The nonce of this response; made on first use."""
    if 'csp_nonce' not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def install(app: Flask) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault('X-Content-Type-Options', 'nosniff')
        headers.setdefault('Referrer-Policy', 'same-origin')
        headers.setdefault('X-Frame-Options', 'DENY')
        headers.setdefault('Cross-Origin-Opener-Policy', 'same-origin')
        if response.mimetype == 'text/html':
            headers['Content-Security-Policy'] = POLICY.format(nonce=csp_nonce())
        if request.endpoint == 'static':
            headers['Cache-Control'] = 'public, max-age=31536000, immutable'
        else:
            headers.setdefault('Cache-Control', 'no-store')
        return response
