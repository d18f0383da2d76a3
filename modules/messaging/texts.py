"""Texts of messages with merge fields, as plain words of one language. Reads no table."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import TemplateError

from modules.mail.rendering import MergeValues
from modules.mail.sandbox import READING, UnknownName, compile_text
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.definitions import Texts
from schema.fieldtypes.base import Reading

LONGEST = 1000
"""Letters of an SMS, about six parts without accents."""


def fill(texts: Texts, values: MergeValues, reading: Reading) -> str:
    """The text in the reading's language, or in the nearest there is, with single blanks.

    Raises: Invalid WFL-E101…E103 located in the text, MSG-E011, MSG-E012.
    """
    locale = next((each for each in (reading.locale, 'vi', 'en', *texts) if texts.get(each)), None)
    if locale is None:
        raise Invalid.of('MSG-E011', '/text')
    pointer = f'/text/{locale}'
    names: Mapping[str, object] = {
        'record': values.record, 'owner': values.owner, 'company_name': values.company_name, 'link': values.link,
        READING: reading,
    }  # fmt: skip
    compiled = compile_text(texts[locale], html=False, pointer=pointer)
    pieces, length = [], 0
    try:
        for piece in compiled.generate(names):
            length += len(piece)
            if length > 10 * LONGEST:
                break
            pieces.append(piece)
    except UnknownName as error:
        raise Invalid(finding('WFL-E101', pointer, value=error.name, line=1, hint='')) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise Invalid(finding('WFL-E102', pointer, line=1, reason=str(error)[:200])) from error
    text = ' '.join(''.join(pieces).split())
    if not text:
        raise Invalid.of('MSG-E011', pointer)
    if len(text) > LONGEST:
        raise Invalid.of('MSG-E012', pointer, count=len(text), limit=LONGEST)
    return text
