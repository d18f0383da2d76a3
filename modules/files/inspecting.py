"""Whether a content is what its name says, and whether a picture can be shown. Trusts neither the name nor the sender."""

from __future__ import annotations

import zipfile
from pathlib import Path

import puremagic
from PIL import Image

from modules.files.naming import ending_of, media_of
from schema.base.errors import Invalid
from schema.values import PICTURES

MOST_POINTS = 50_000_000
TEXTS = frozenset({
    '.txt', '.csv', '.tsv', '.md', '.json', '.xml', '.html', '.htm', '.svg', '.log', '.eml', '.ics', '.vcf', '.yaml', '.yml',
    '.ini', '.srt', '.rtf', '.css', '.sql', '.tex',
})  # fmt: skip
MARKUP = frozenset({'.html', '.htm', '.svg', '.xhtml'})
RUNS = frozenset({
    '.exe', '.dll', '.msi', '.com', '.scr', '.bat', '.cmd', '.ps1', '.vbs', '.vbe', '.js', '.jse', '.wsf', '.wsh', '.hta',
    '.lnk', '.jar', '.apk', '.app', '.cpl', '.reg', '.sh', '.elf',
})  # fmt: skip
"""Programs: nobody keeps them in a CRM, and everybody who opens one by mistake regrets it."""
PACKED = {'.docx': 'word/', '.xlsx': 'xl/', '.pptx': 'ppt/', '.docm': 'word/', '.xlsm': 'xl/', '.pptm': 'ppt/'}
ZIPPED = frozenset(
    {*PACKED, '.zip', '.odt', '.ods', '.odp', '.odg', '.epub', '.kmz', '.vsdx', '.xlsb', '.dotx', '.xltx', '.potx'}
)
SIGNED = frozenset({
    '.pdf', '.doc', '.xls', '.ppt', '.bmp', '.tif', '.tiff', '.heic', '.mp4', '.mov', '.mp3', '.wav', '.gz', '.7z', '.rar',
    '.psd', '.ogg', '.webm', '.flac', *ZIPPED,
})  # fmt: skip
"""Types that always bear a sign, so that a content without it is something else."""
FORMATS = {'JPEG': 'image/jpeg', 'PNG': 'image/png', 'GIF': 'image/gif', 'WEBP': 'image/webp', 'AVIF': 'image/avif'}
Image.MAX_IMAGE_PIXELS = None  # Pillow would warn and go on; `check_points` refuses before anything is unpacked


def inspect(path: Path, name: str) -> str:
    """The media type of the content. Raises: Invalid REC-E064 a program, REC-E065 not what the name says, REC-E066 a picture
    that cannot be shown."""
    ending, media = ending_of(name), media_of(name)
    if ending in RUNS:
        raise Invalid.of('REC-E064', '/file', name=name, type=media, choices=_DOCUMENTS)
    if media in PICTURES:
        _check_picture(path, name, media)
    elif not _is_what_it_says(path, ending):
        raise Invalid.of('REC-E065', '/file', name=name)
    return media


_DOCUMENTS = {'en': 'documents, pictures, archives', 'vi': 'tài liệu, hình ảnh, tệp nén'}


def check_points(picture: Image.Image, name: str) -> None:
    """Raises: Invalid REC-E066 when unpacking it would fill the memory."""
    width, height = picture.size
    if not 0 < width * height <= MOST_POINTS:
        raise Invalid.of('REC-E066', '/file', name=name, limit=MOST_POINTS // 1_000_000)


def _check_picture(path: Path, name: str, media: str) -> None:
    try:
        with Image.open(path, formats=list(FORMATS)) as picture:
            found = FORMATS[picture.format or '']
            check_points(picture, name)
            picture.verify()
    except (OSError, SyntaxError, ValueError, KeyError) as error:  # what Pillow raises for broken pictures
        code = 'REC-E066' if _signs_of(path) & _endings_of(media) else 'REC-E065'
        raise Invalid.of(code, '/file', name=name, limit=MOST_POINTS // 1_000_000) from error
    if found != media:
        raise Invalid.of('REC-E065', '/file', name=name)


def _is_what_it_says(path: Path, ending: str) -> bool:
    signs = _signs_of(path)
    if signs & RUNS and ending not in signs:
        return False
    if ending in TEXTS:
        return _is_text(path) and (ending in MARKUP or not signs & MARKUP)
    if _is_zip(path):
        return ending in ZIPPED and _holds(path, PACKED.get(ending))
    if ending in signs:
        return True
    # A type without a sign of its own may hold anything but what is plainly something else.
    return ending not in SIGNED and not signs & (MARKUP | RUNS)


def _signs_of(path: Path) -> frozenset[str]:
    """Endings of the types whose signs the content bears."""
    try:
        with path.open('rb') as content:
            return frozenset(match.extension.lower() for match in puremagic.magic_stream(content) if match.extension)
    except (puremagic.PureError, ValueError):
        return frozenset()


def _endings_of(media: str) -> frozenset[str]:
    return frozenset({'.jpg', '.jpeg', '.jfif', '.jpe'}) if media == 'image/jpeg' else frozenset({f'.{media.split("/")[1]}'})


def _is_text(path: Path) -> bool:
    """UTF-8 or marked UTF-16 without control characters, or a single-byte text of old programs; looks at the first 64 KB."""
    with path.open('rb') as content:
        head = content.read(65_536)
    if head.startswith((b'\xff\xfe', b'\xfe\xff')):
        return True
    return b'\x00' not in head and sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head) == 0


def _is_zip(path: Path) -> bool:
    with path.open('rb') as content:
        return content.read(4) in (b'PK\x03\x04', b'PK\x05\x06')


def _holds(path: Path, folder: str | None) -> bool:
    """Whether an office document has the folder that its kind has; only names are read, nothing is unpacked."""
    if folder is None:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(each.startswith(folder) for each in archive.namelist()[:5000])
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False
