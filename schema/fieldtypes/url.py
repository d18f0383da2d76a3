"""Web addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, refuse_unless
from schema.fieldtypes.text import Text


class Url(Text):
    """An http or https address; `https://` is added when somebody types a bare host. Other schemes are refused."""

    key = 'url'
    widget = 'url'
    icon = 'world'
    keywords = frozenset({'type', 'format', 'maxLength'})
    longest = 2000

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        text = super().normalise(field, wire, reading)
        if text is None:
            return None
        address = text if '://' in text else f'https://{text}'
        try:
            parts = urlsplit(address)
            host = parts.hostname or ''
        except ValueError:
            parts, host = None, ''
        refuse_unless(
            parts is not None and parts.scheme in {'http', 'https'} and '.' in host and ' ' not in address,
            'REC-E009',
            value=text,
        )
        return address

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'uri', 'maxLength': self.longest}
