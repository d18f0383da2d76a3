"""E-mail addresses."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email

from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.text import Text


class Email(Text):
    """An address that mail can be sent to (RFC 5321 syntax; whether it exists is not asked)."""

    key = 'email'
    widget = 'email'
    icon = 'mail'
    keywords = frozenset({'type', 'format', 'maxLength'})
    longest = 254

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        text = super().normalise(field, wire, reading)
        if text is None:
            return None
        try:
            return validate_email(text, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise Refused('REC-E007', value=text) from None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'email', 'maxLength': self.longest}
