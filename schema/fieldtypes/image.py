"""Pictures, of which small ones are shown in lists and on records."""

from __future__ import annotations

from schema.base.findings import Finding, finding
from schema.definitions import FieldDef
from schema.fieldtypes.attached import AttachedType
from schema.values import PICTURES

EXTENSIONS = ('.jpg', '.jpeg', '.png', '.gif', '.webp', '.avif')


class ImageType(AttachedType):
    """Photographs and logos. Drawings that hold scripts, such as SVG, are files and no images here."""

    key = 'image'
    widget = 'image'
    icon = 'photo'
    accepted = PICTURES

    def accepts(self, field: FieldDef) -> tuple[str, ...]:
        """`image/*` means the pictures that can be shown."""
        chosen = super().accepts(field)
        return PICTURES if 'image/*' in chosen else chosen

    def check_definition(self, field: FieldDef) -> list[Finding]:
        return super().check_definition(field) + [
            finding('SCH-E110', f'/x-accept/{number}', value=entry, choices=', '.join(EXTENSIONS))
            for number, entry in enumerate(field.document.get('x-accept', ()))
            if entry not in ('image/*', *PICTURES, *EXTENSIONS)
        ]
