"""One line of text, and what every kind of text shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import re2
import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.base.text import fold, tidy
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, FOLD, ORDER, WORDS, FieldType, Reading, refuse_unless

SHORT, LONG = 255, 100_000
PATTERN_LENGTH = 500
_BYTEWISE = sa.Text(collation='C')


class Text(FieldType):
    """One line of text, with a fold column for search, order, uniqueness and matching."""

    key = 'text'
    widget = 'text'
    icon = 'letter-case'
    operators: ClassVar[tuple[str, ...]] = EQUALITY + ORDER + BLANK + WORDS
    keywords = frozenset({'minLength', 'maxLength', 'pattern', 'type'})
    longest = SHORT

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Text(), field.column + FOLD: sa.Text().with_variant(_BYTEWISE, 'postgresql')}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {field.column: value, field.column + FOLD: self.comparable(field, value)}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        if wire is None:
            return None
        refuse_unless(isinstance(wire, str), 'REC-E002')
        text = self._clean(wire)
        if not text:
            return None
        rules = field.document
        refuse_unless(len(text) <= self._longest(field), 'REC-E003', limit=self._longest(field), length=len(text))
        refuse_unless(len(text) >= rules.get('minLength', 0), 'REC-E016', limit=rules.get('minLength', 0))
        if pattern := rules.get('pattern'):
            refuse_unless(re2.search(pattern, text) is not None, 'REC-E004', pattern=pattern)
        return text

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        schema: dict[str, Any] = {'type': 'string', 'maxLength': self._longest(field)}
        for keyword in ('minLength', 'pattern'):
            if keyword in field.document:
                schema[keyword] = field.document[keyword]
        return schema

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return columns[field.column + FOLD]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else fold(value)[: self._longest(field) * 2]

    def check_definition(self, field: FieldDef) -> list[Finding]:
        findings = []
        longest = field.document.get('maxLength', self.longest)
        if not isinstance(longest, int) or isinstance(longest, bool) or not 1 <= longest <= LONG:
            findings.append(finding('SCH-E040', '/maxLength', value=longest, limit=LONG))
        if (pattern := field.document.get('pattern')) is not None:
            findings += _check_pattern(pattern)
        return findings

    def _longest(self, field: FieldDef) -> int:
        return int(field.document.get('maxLength', self.longest))

    def _clean(self, text: str) -> str:
        return ' '.join(tidy(text).split())


def _check_pattern(pattern: Any) -> list[Finding]:
    if not isinstance(pattern, str) or len(pattern) > PATTERN_LENGTH:
        return [finding('SCH-E041', '/pattern', value=str(pattern)[:60], limit=PATTERN_LENGTH)]
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        return [finding('SCH-E042', '/pattern', value=pattern, reason=reason)]
    return []
