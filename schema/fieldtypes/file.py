"""Files of any type."""

from __future__ import annotations

from schema.fieldtypes.attached import AttachedType


class FileType(AttachedType):
    """Documents that people hang on a record: contracts, quotations, spreadsheets."""

    key = 'file'
    widget = 'file'
    icon = 'paperclip'
