"""Names of files: made safe for every system they may be saved on, and what their endings promise. Reads no content."""

from __future__ import annotations

import mimetypes
import unicodedata

LONGEST = 150
_FORBIDDEN = str.maketrans(dict.fromkeys('/\\:*?"<>|', '_'))
_RESERVED = {'con', 'prn', 'aux', 'nul', *(f'{word}{number}' for word in ('com', 'lpt') for number in range(1, 10))}
_TYPES = mimetypes.MimeTypes()  # the standard table alone: what the machine has in /etc must not change what we answer
UNKNOWN = 'application/octet-stream'
_MORE = {
    '.avif': 'image/avif', '.webp': 'image/webp', '.heic': 'image/heic', '.md': 'text/markdown',
    '.7z': 'application/x-7z-compressed',
    '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    '.odt': 'application/vnd.oasis.opendocument.text', '.ods': 'application/vnd.oasis.opendocument.spreadsheet',
    '.odp': 'application/vnd.oasis.opendocument.presentation', '.rar': 'application/vnd.rar', '.eml': 'message/rfc822',
    '.msg': 'application/vnd.ms-outlook', '.log': 'text/plain', '.vcf': 'text/vcard', '.ics': 'text/calendar',
}  # fmt: skip


def safe_name(raw: str | None) -> str:
    """One path segment of at most 150 letters: no control characters, no marks that turn the reading direction.

    The ending is kept when the name must be cut.
    """
    last = (raw or '').replace('\\', '/').rsplit('/', 1)[-1]
    normal = unicodedata.normalize('NFC', last).translate(_FORBIDDEN)
    shown = ''.join(
        letter for letter in normal if unicodedata.category(letter) not in {'Cc', 'Cf', 'Cs', 'Co', 'Cn', 'Zl', 'Zp'}
    )
    name = ' '.join(shown.split()).strip('. ')
    stem, ending = split_name(name)
    if stem.lower() in _RESERVED:
        stem = f'_{stem}'
    return f'{stem[: LONGEST - len(ending)].rstrip()}{ending}' if stem else f'file{ending}'


def split_name(name: str) -> tuple[str, str]:
    """`('Hợp đồng', '.pdf')`; the ending is lower case where it is looked at, and at most 11 letters."""
    stem, point, ending = name.rpartition('.')
    if not point or not stem or not 0 < len(ending) <= 10 or not ending.isalnum():
        return name, ''
    return stem, f'.{ending}'


def ending_of(name: str) -> str:
    return split_name(name)[1].lower()


def media_of(name: str) -> str:
    """The media type that the name's ending stands for."""
    ending = ending_of(name)
    return _MORE.get(ending) or _TYPES.types_map[True].get(ending) or UNKNOWN
