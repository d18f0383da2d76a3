"""Packs answers of text where the browser takes it. Streams, files that people keep, and what is small go as they are."""

from __future__ import annotations

import gzip
import io
import secrets
from functools import lru_cache

from flask import Flask, Response, request

TEXTS = frozenset({
    'text/html', 'text/css', 'text/javascript', 'text/plain', 'text/calendar', 'application/json', 'application/problem+json',
    'application/manifest+json', 'image/svg+xml',
})  # fmt: skip
LEAST_BYTES = 1_000
QUICK, THOROUGH = 2, 9
"""Levels: pages are packed while somebody waits, assets once in a process."""
MOST_PADDING = 100


def install(app: Flask) -> None:
    @app.after_request
    def pack(response: Response) -> Response:
        if response.mimetype not in TEXTS or response.status_code != 200 or 'Content-Encoding' in response.headers:
            return response
        asset = request.endpoint == 'static'
        if response.is_streamed and not asset:
            return response
        response.vary.add('Accept-Encoding')
        if request.method == 'GET' and request.accept_encodings.quality('gzip') > 0:
            _pack(response, asset=asset)
        return response


def _pack(response: Response, *, asset: bool) -> None:
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) < LEAST_BYTES:
        return
    etag, _weak = response.get_etag()
    response.set_data(_packed_once(content) if asset else packed(content))
    response.headers['Content-Encoding'] = 'gzip'
    if etag is not None:  # the same content, but no longer the same bytes
        response.set_etag(etag, weak=True)


def packed(content: bytes) -> bytes:
    """As gzip, of a length that tells nothing: a page holds both a secret and words of its address, and whoever watches the
    line could otherwise guess the one by the other (BREACH). The padding stands in the name of the file."""
    name = secrets.token_hex(MOST_PADDING)[: secrets.randbelow(MOST_PADDING)]
    made = io.BytesIO()
    with gzip.GzipFile(filename=name, mode='wb', compresslevel=QUICK, fileobj=made, mtime=0) as packing:
        packing.write(content)
    return made.getvalue()


@lru_cache(maxsize=64)
def _packed_once(content: bytes) -> bytes:
    """Assets have no secret; there are some thirty of them."""
    return gzip.compress(content, THOROUGH, mtime=0)
