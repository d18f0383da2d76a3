"""Text with headings, lists, emphasis and links: HTML, cleaned before it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Any

import nh3
import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.base.text import tidy
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, WORDS, FieldType, Reading, refuse_unless

PLAIN = '__plain'
LONGEST, MOST = 50_000, 200_000
TAGS = {
    'p', 'br', 'h2', 'h3', 'strong', 'b', 'em', 'i', 'u', 's', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'a', 'hr', 'div',
}  # fmt: skip
_LINE_ENDS = re.compile(r'<br\s*/?>|</(?:p|div|h2|h3|li|blockquote|pre)>|<(?:ul|ol|hr)\s*/?>')
_ANY_TAG = re.compile(r'<[^>]*>')
_BLANKS = re.compile(r'[ \t\u00a0]+')


class RichText(FieldType):
    """Cleaned HTML, its words beside it for search and export. Wire HTML; what people may not write is left out silently."""

    key = 'rich_text'
    widget = 'rich_text'
    icon = 'file-text'
    operators = BLANK + WORDS
    sortable = False
    keywords = frozenset({'type', 'maxLength'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Text(), field.column + PLAIN: sa.Text()}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {field.column: value, field.column + PLAIN: None if value is None else plain_text(value)}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        if wire is None:
            return None
        refuse_unless(isinstance(wire, str), 'REC-E002')
        refuse_unless(len(wire) <= MOST, 'REC-E003', limit=self.longest(field), length=len(wire))
        html = clean_html(wire)
        if not plain_text(html):
            return None
        refuse_unless(len(html) <= self.longest(field), 'REC-E003', limit=self.longest(field), length=len(html))
        return html

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else plain_text(value)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        """Plain text to paragraphs; whoever has HTML hands it to `normalise` as it is."""
        return as_paragraphs(text) or None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'maxLength': self.longest(field), 'contentMediaType': 'text/html'}

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return columns[field.column + PLAIN]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else plain_text(value)

    def check_definition(self, field: FieldDef) -> list[Finding]:
        longest = field.document.get('maxLength', LONGEST)
        if not isinstance(longest, int) or isinstance(longest, bool) or not 1 <= longest <= MOST:
            return [finding('SCH-E040', '/maxLength', value=longest, limit=MOST)]
        return []

    def longest(self, field: FieldDef) -> int:
        return int(field.document.get('maxLength', LONGEST))


def clean_html(html: str) -> str:
    """What may be shown to colleagues: no script, style, image, form or event; links only to pages, mail and telephones."""
    return nh3.clean(
        tidy(html), tags=TAGS, attributes={'a': {'href'}}, url_schemes={'http', 'https', 'mailto', 'tel'},
        link_rel='noopener noreferrer nofollow', clean_content_tags={'script', 'style', 'title', 'template', 'textarea'},
    )  # fmt: skip


def plain_text(html: str) -> str:
    """The words of cleaned HTML, one line for each paragraph, item or heading."""
    bare = unescape(_ANY_TAG.sub('', _LINE_ENDS.sub('\n', html)))
    lines = (_BLANKS.sub(' ', line).strip() for line in bare.split('\n'))
    return '\n'.join(filter(None, lines))


def as_paragraphs(text: str) -> str:
    lines = (line.strip() for line in tidy(text).split('\n'))
    return ''.join(f'<p>{escape(line, quote=False)}</p>' for line in lines if line)
