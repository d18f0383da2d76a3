"""Addresses of files: upload and description under `/api/v1/files/`, stable addresses for pages, and signed contents."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify, redirect, request, send_file
from flask.typing import ResponseReturnValue

from modules.files import links
from modules.files.naming import UNKNOWN
from modules.files.queries import readable_file
from modules.files.service import Uploads
from modules.files.storage import FileStore
from modules.files.thumbnails import thumbnail
from modules.runtime import Runtime
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest, Invalid, NotFound
from schema.base.findings import nearest
from schema.catalog import Field
from schema.fieldtypes.attached import AttachedType
from schema.values import PICTURES, StoredFile

files = Blueprint('files', __name__)
SEE_OTHER = 303
PLAIN = frozenset({*PICTURES, 'application/pdf', 'application/zip', 'text/csv', 'audio/mpeg', 'video/mp4'})
"""Types that are named to browsers; anything that a browser might run is answered as bytes without a type."""
OFFICE = ('application/vnd.openxmlformats-officedocument.', 'application/vnd.oasis.opendocument.')


@files.post('/api/v1/files/')
def upload() -> ResponseReturnValue:
    """Take one file in: multipart with `file`, and `entity` and `field` when it is known where it will hang."""
    actor, runtime = require_actor(), _runtime()
    sent = request.files.get('file')
    if sent is None or not sent.filename:
        raise BadRequest.of('REC-E068', '/file')
    try:
        kept = Uploads(runtime.database, runtime.clock, _store(runtime)).take(actor, sent.stream, sent.filename, _field())
    finally:
        request.close()  # large parts wait in temporary files, which nobody else would close
    return jsonify(_described(kept)), 201


@files.get('/api/v1/files/<uid>')
def describe(uid: str) -> ResponseReturnValue:
    """Name, size and type, with links that are good for a minute and for this person."""
    found = _readable(uid)
    answer = {**_described(found), 'href': _content(found, small=False), 'expires_in': links.LIFE_SECONDS}
    if found.is_picture:
        answer['thumbnail'] = _content(found, small=True)
    return jsonify(answer)


@files.get('/files/<uid>')
def download(uid: str) -> ResponseReturnValue:
    """The address that pages carry: it outlives the signed link, for rights are asked for anew each time."""
    return redirect(_content(_readable(uid), small=False), SEE_OTHER)


@files.get('/files/<uid>/thumbnail')
def small(uid: str) -> ResponseReturnValue:
    return redirect(_content(_readable(uid), small=True), SEE_OTHER)


@files.get('/files/content/<token>')
def content(token: str) -> ResponseReturnValue:
    """The bytes. A link that was handed on, has run out or whose record was closed meanwhile gives nothing."""
    actor, runtime = require_actor(), _runtime()
    ticket = links.read(runtime.settings.secret_key, token, actor.user_id, runtime.clock.now())
    found, store = _readable(ticket.uid), _store(runtime)
    path = thumbnail(store, found.uid, found.name) if ticket.small and found.is_picture else store.path(found.uid)
    if path is None or (ticket.small and not found.is_picture) or not path.exists():
        raise NotFound.of('REC-E062', label={'en': 'File', 'vi': 'Tệp'})
    if ticket.small:
        return _guarded(send_file(path, 'image/webp', conditional=True))
    return _guarded(send_file(path, _media(found), as_attachment=True, download_name=found.name, conditional=True))


def _guarded(response: Response) -> Response:
    response.headers['X-Content-Type-Options'] = 'nosniff'
    response.headers['Content-Security-Policy'] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response.headers['Cross-Origin-Resource-Policy'] = 'same-origin'
    response.headers['Cache-Control'] = 'private, no-store'
    return response


def _media(found: StoredFile) -> str:
    return found.media if found.media in PLAIN or found.media.startswith(OFFICE) else UNKNOWN


def _content(found: StoredFile, *, small: bool) -> str:
    runtime = _runtime()
    ticket = links.Ticket(found.uid, int(g.actor.user_id or 0), small)
    return f'/files/content/{links.sign(runtime.settings.secret_key, ticket, runtime.clock.now())}'


def _readable(uid: str) -> StoredFile:
    require_actor()
    with _runtime().database.reading() as connection:
        return readable_file(connection, g.policy, uid[:36].lower())


def _field() -> Field | None:
    """The field that the upload is meant for. Raises: NotFound REC-E029; Invalid REC-E036 unknown, out of reach or no file."""
    entity_key, field_key = request.form.get('entity', ''), request.form.get('field', '')
    if not entity_key:
        return None
    entity = g.catalog.entity(entity_key[:80])
    field = entity.find_field(field_key[:80])
    writable = g.policy.writable(entity.key)
    if field is None or field.key not in writable or not isinstance(field.type, AttachedType):
        fitting = [key for key in writable if isinstance(entity.fields[key].type, AttachedType)]
        raise Invalid.of('REC-E036', '/field', value=field_key[:80], hint=nearest(field_key[:80], fitting))
    return field


def _described(found: StoredFile) -> dict[str, Any]:
    return {'uid': found.uid, 'name': found.name, 'size': found.size, 'type': found.media}


def _runtime() -> Runtime:
    runtime: Runtime = g.runtime
    return runtime


def _store(runtime: Runtime) -> FileStore:
    return FileStore.at(runtime.settings.files_url)
