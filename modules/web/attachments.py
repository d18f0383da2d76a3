"""Files and images on pages: how they are shown, and what a form sends of them. Decides no right; reads no content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from babel.numbers import format_decimal
from werkzeug.datastructures import MultiDict

from schema.catalog import Field
from schema.fieldtypes.attached import AttachedType
from schema.values import StoredFile

ICONS = (
    ('image/', 'photo'), ('application/pdf', 'file-type-pdf'), ('text/csv', 'table'), ('audio/', 'music'),
    ('application/vnd.openxmlformats-officedocument.spreadsheetml', 'table'), ('application/vnd.ms-excel', 'table'),
)  # fmt: skip


class ShownFiles(list[dict[str, Any]]):
    """Files in the shape that templates take, with their names as the text people read."""

    shown: str = ''
    short: str = ''


def is_attached(field: Field) -> bool:
    return isinstance(field.type, AttachedType)


def shown_files(files: Iterable[StoredFile], locale: str) -> ShownFiles:
    """`[{uid, name, size, size_text, href, thumbnail, icon}]`; the addresses ask for rights anew each time."""
    made = ShownFiles(
        {
            'uid': each.uid,
            'name': each.name,
            'size': each.size,
            'size_text': size_text(each.size, locale),
            'href': f'/files/{each.uid}',
            'thumbnail': f'/files/{each.uid}/thumbnail' if each.is_picture else '',
            'icon': _icon(each.media),
        }
        for each in files
    )
    made.shown = ', '.join(each['name'] for each in made)
    return made


def size_text(size: int, locale: str) -> str:
    """`340 KB`, `1,2 MB`."""
    if size < 1024 * 1024:
        return f'{format_decimal(max(1, round(size / 1024)), locale=locale)} KB'
    return f'{format_decimal(round(size / 1024 / 1024, 1), locale=locale)} MB'


def read_files(field: Field, form: MultiDict[str, str]) -> Any:
    """The uids that a form sent, as the field's wire value."""
    uids = [uid for uid in form.getlist(field.key) if uid]
    if not uids:
        return None
    kind = field.type
    return uids if isinstance(kind, AttachedType) and kind.takes_many(field.definition) else uids[-1]


def typed_files(key: str, form: MultiDict[str, str]) -> list[dict[str, Any]]:
    """What stood in the form, so that a refused form loses no upload."""
    uids, names = [uid for uid in form.getlist(key) if uid], form.getlist(f'{key}.name')
    return [
        {'uid': uid, 'name': name, 'size_text': '', 'href': f'/files/{uid}', 'thumbnail': '', 'icon': 'file'}
        for uid, name in zip(uids, [*names, *uids[len(names) :]], strict=False)
    ]


def limits(field: Field) -> Mapping[str, Any]:
    """What the input tells the browser: `{many, accept, largest, megabytes}`."""
    kind = field.type
    if not isinstance(kind, AttachedType):
        return {}
    definition = field.definition
    largest = kind.largest_bytes(definition)
    return {
        'many': kind.takes_many(definition), 'accept': ','.join(kind.accepts(definition)), 'largest': largest,
        'megabytes': largest // (1024 * 1024),
    }  # fmt: skip


def _icon(media: str) -> str:
    return next((name for start, name in ICONS if media.startswith(start)), 'file')
