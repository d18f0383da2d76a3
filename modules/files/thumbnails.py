"""Small pictures of pictures: made when first asked for, kept beside the contents, without what the camera noted."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from modules.files.inspecting import FORMATS, check_points
from modules.files.storage import FileStore
from schema.base.errors import Invalid
from schema.base.ids import new_uid

EDGE = 480  # twice the side at which a record shows it, for sharp screens


def thumbnail(store: FileStore, uid: str, name: str) -> Path | None:
    """The path of the small picture; None when none can be made."""
    place = store.thumbnail_path(uid)
    if place.exists():
        return place
    draft = place.with_name(f'{new_uid()}.part')
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(store.path(uid), draft, name)
        draft.replace(place)  # two requests at once write the same picture, and the later one wins
    except (OSError, SyntaxError, ValueError, Invalid):
        draft.unlink(missing_ok=True)
        return None
    return place


def _write(source: Path, target: Path, name: str) -> None:
    with Image.open(source, formats=list(FORMATS)) as picture:
        check_points(picture, name)
        picture.draft('RGB', (EDGE, EDGE))  # a JPEG is unpacked at the size that is needed
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((EDGE, EDGE))
        bare = upright.convert('RGBA' if 'A' in upright.getbands() or 'transparency' in upright.info else 'RGB')
        bare.info.clear()
        bare.save(target, 'WEBP', quality=82)
