"""Choosing the language of the pages, for strangers and for people."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, redirect, request, session
from flask.typing import ResponseReturnValue

from modules.web.speaking import refresh
from schema.base.errors import NotFound


def choose(tongue: str) -> ResponseReturnValue:
    """Remember the language for this session and go back to the page. Raises: NotFound API-E404."""
    if tongue not in current_app.config['LANGUAGES']:
        raise NotFound.of('API-E404', value=request.path)
    session['locale'] = tongue
    session['locale_chosen'] = True
    refresh()
    came = urlsplit(request.headers.get('Referer', ''))
    here = came.netloc == request.host and came.path.startswith('/') and not came.path.startswith('//')
    return redirect(f'{came.path}?{came.query}'.rstrip('?') if here else '/')
