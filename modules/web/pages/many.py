"""What is done with several picked records of a list at once, in one transaction."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import flash, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from modules.web.failures import wants_json
from modules.web.pages.context import desk_for
from schema.base.errors import BadRequest

MOST = 200
UNDONE_BY_ADDRESS = 80
"""More uids than this do not fit an address, and are brought back from the recycle bin instead."""


def delete(entity: str) -> ResponseReturnValue:
    """Move the picked records to the recycle bin, all or none. Raises: BadRequest REC-E035; as `Store.delete`."""
    with desk_for(entity) as desk:
        key, uids = desk.entity.key, _uids()
        desk.runtime.write(g.actor, lambda store: [store.delete(key, uid) for uid in uids], catalog=g.catalog)
    text = ngettext('%(num)s record moved to the recycle bin', '%(num)s records moved to the recycle bin', len(uids))
    undo = f'/{key}/restore?uids={",".join(uids)}' if len(uids) <= UNDONE_BY_ADDRESS else ''
    flash(text, f'undo:{undo}' if undo else 'ok')
    return redirect(_back(key), 303)


def restore(entity: str) -> ResponseReturnValue:
    """Bring the picked records back, all or none. Raises: BadRequest REC-E035; as `Store.restore`."""
    with desk_for(entity) as desk:
        key, uids = desk.entity.key, _uids()
        desk.runtime.write(g.actor, lambda store: [store.restore(key, uid) for uid in uids], catalog=g.catalog)
    text = ngettext('%(num)s record is back', '%(num)s records are back', len(uids))
    flash(text, 'ok')
    if wants_json():
        return jsonify({'text': text, 'reload': True})
    return redirect(_back(key), 303)


def _uids() -> list[str]:
    found = [uid for part in request.values.getlist('uids') + request.form.getlist('uid') for uid in part.split(',') if uid]
    if not found or len(found) > MOST:
        raise BadRequest.of('REC-E035', '/uids', value=len(found))
    return list(dict.fromkeys(found))


def _back(key: str) -> str:
    """The list as it was, when the request came from it."""
    came = urlsplit(request.headers.get('Referer', ''))
    return f'{came.path}?{came.query}'.rstrip('?') if came.path == f'/{key}/' else f'/{key}/'
