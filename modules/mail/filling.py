"""Filling in one text: what may go wrong in it becomes a located finding. Reads no table."""

from __future__ import annotations

from collections.abc import Mapping
from traceback import walk_tb
from typing import Any

from jinja2 import Template, TemplateError

from modules.mail.sandbox import Fields, UnknownName, compile_text, pieces_of
from schema.base.errors import Invalid
from schema.base.findings import Finding, finding, nearest
from schema.definitions import Texts

LONGEST_PART = 1_000_000
UNFILLABLE = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError, MemoryError)
"""What a text that could be read may still meet on one record's values."""


def check_texts(texts: Texts, pointer: str) -> list[Finding]:
    """What makes plain texts with merge fields unreadable, in each language; `pointer` is where they stand."""
    found: list[Finding] = []
    for locale, text in texts.items():
        try:
            compile_text(text, html=False, pointer=f'{pointer}/{locale}')
        except Invalid as error:
            found += error.findings
    return found


def fill(source: str, names: Mapping[str, Any], pointer: str, *, html: bool = False) -> str:
    """The text with its merge fields. Raises: Invalid WFL-E101…E104, located at `pointer`."""
    compiled = compile_text(source, html=html, pointer=pointer)
    return _fill(compiled, names, pointer)


def _fill(compiled: Template, names: Mapping[str, Any], pointer: str) -> str:
    pieces, length = [], 0
    try:
        for piece in pieces_of(compiled, dict(names)):
            length += len(piece)
            if length > LONGEST_PART:
                raise Invalid(finding('WFL-E104', pointer, limit=LONGEST_PART))
            pieces.append(piece)
    except UnknownName as error:
        hint = nearest(error.name, error.known or _known(names))
        raise Invalid(finding('WFL-E101', pointer, value=error.name, line=_line(error), hint=hint)) from error
    except UNFILLABLE as error:
        raise Invalid(finding('WFL-E102', pointer, line=_line(error), reason=str(error)[:200])) from error
    return ''.join(pieces)


def _known(names: Mapping[str, Any]) -> list[str]:
    record = names.get('record')
    return list(record._values) if isinstance(record, Fields) else []


def _line(error: BaseException) -> int:
    """The template's line: Jinja rewrites the frames of its compiled code."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == '<template>']
    return lines[-1] if lines else 1
