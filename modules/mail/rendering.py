"""Templates and merge fields to a subject, an HTML part with its styles inlined, and a text part. Reads no table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import css_inline

from modules.mail.filling import fill
from modules.mail.sandbox import READING, Fields, Shown
from modules.records.model import Record
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.definitions import TemplateDef, Texts
from schema.fieldtypes.base import Reading

LONGEST_SUBJECT = 500
PARTS = ('subject', 'html', 'text')
SHELL = (Path(__file__).parent / 'shell.html').read_text(encoding='utf-8')
_INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Rendered:
    """A mail's content in one locale."""

    subject: str
    html: str
    text: str
    locale: str


@dataclass(frozen=True)
class MergeValues:
    """What templates may name: `record.<field>`, `owner.name|email`, `company_name`, `link` (the record's page),
    `related.<entity>.<field>` (records elsewhere that point here)."""

    record: Fields
    owner: Fields
    company_name: str
    link: str
    related: Fields = field(default_factory=lambda: Fields({}))


def merge_values(
    record: Record, owner: Mapping[str, str], company_name: str, link: str, reading: Reading,
    further: Mapping[str, Any] | None = None,
) -> MergeValues:  # fmt: skip
    """Every field of the record as its reader sees it; blank fields are empty texts. `further` is what
    `modules.mail.gathering.gather` read for the template."""
    fields = record.entity.fields
    shown = {key: Shown.of(fields[key].definition, fields[key].type, value, reading) for key, value in record.values.items()}
    more = dict(further or {})
    related = more.pop('related', None) or Fields({})
    shown |= {fields_key: each for name, each in more.items() if (fields_key := _key_of(record, name)) in shown}
    former = {
        alias: shown[key] for key, each in fields.items() for alias in each.definition.aliases if key in shown
    }  # a rule that runs on may pin a text with former keys
    people = Fields({'name': '', 'email': '', **owner})
    return MergeValues(Fields({**former, **shown}), people, company_name, link, related)


def _key_of(record: Record, name: str) -> str:
    found = record.entity.find_field(name)
    return found.key if found else name


def render(template: TemplateDef, values: MergeValues, reading: Reading) -> Rendered:
    """The mail in the reading's locale, or in the nearest that the template has.

    Raises: Invalid WFL-E102…E105, located inside the template's document.
    """
    subject, body, text = (fill_part(template, part, values, reading) for part in PARTS)
    subject = ' '.join(subject.split())[:LONGEST_SUBJECT]
    if not subject:
        raise Invalid(finding('WFL-E105', f'/template/{template.key}/subject'))
    return Rendered(subject, in_shell(body, reading.locale), text or text_of(body), reading.locale)


def in_shell(body: str, locale: str) -> str:
    """The HTML part with its styles inlined; empty for an empty body."""
    return _INLINER.inline(SHELL.format(locale=locale, body=body)) if body else ''


def fill_part(template: TemplateDef, part: str, values: MergeValues, reading: Reading) -> str:
    """Subject, html or text alone, as `render` fills it. Raises: Invalid WFL-E101…E104."""
    names = {
        'record': values.record, 'owner': values.owner, 'company_name': values.company_name, 'link': values.link,
        'related': values.related, READING: reading,
    }  # fmt: skip
    return _part(template, part, names, reading.locale)


def _part(template: TemplateDef, part: str, names: Mapping[str, Any], wanted: str) -> str:
    texts: Texts = getattr(template, part)
    locale = next((each for each in (wanted, 'en', *texts) if texts.get(each)), None)
    if locale is None:
        return ''
    pointer = f'/template/{template.key}/{part}/{locale}'
    return fill(texts[locale], names, pointer, html=part == 'html')


class _TextOf(HTMLParser):
    """The words of an HTML body, a line for each block."""

    BLOCKS = frozenset({'p', 'div', 'br', 'hr', 'tr', 'li', 'h1', 'h2', 'h3', 'table', 'ul', 'ol'})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self.pieces.append('\n')

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.pieces.append('\n')

    def handle_data(self, data: str) -> None:
        self.pieces.append(' '.join(data.split()) + ' ' if data.strip() else '')


def text_of(html: str) -> str:
    """A text part for mails that were written in HTML alone."""
    reader = _TextOf()
    reader.feed(html)
    lines = (' '.join(line.split()) for line in ''.join(reader.pieces).splitlines())
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return '\n'.join(kept).strip() + '\n' if kept else ''
