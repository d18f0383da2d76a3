"""Texts of messages with merge fields, as plain words of one language. Reads no table."""

from __future__ import annotations

from collections.abc import Mapping

from modules.mail.filling import fill as fill_text
from modules.mail.rendering import MergeValues
from modules.mail.sandbox import READING
from schema.base.errors import Invalid
from schema.definitions import Texts
from schema.fieldtypes.base import Reading

LONGEST = 1000
"""Letters of an SMS, about six parts without accents."""


def fill(texts: Texts, values: MergeValues, reading: Reading) -> str:
    """The text in the reading's language, or in the nearest there is, with single blanks.

    Raises: Invalid WFL-E101…E104 located in the text, MSG-E011, MSG-E012.
    """
    locale = next((each for each in (reading.locale, 'vi', 'en', *texts) if texts.get(each)), None)
    if locale is None:
        raise Invalid.of('MSG-E011', '/text')
    pointer = f'/text/{locale}'
    names: Mapping[str, object] = {
        'record': values.record, 'owner': values.owner, 'company_name': values.company_name, 'link': values.link,
        READING: reading,
    }  # fmt: skip
    text = ' '.join(fill_text(texts[locale], names, pointer).split())
    if not text:
        raise Invalid.of('MSG-E011', pointer)
    if len(text) > LONGEST:
        raise Invalid.of('MSG-E012', pointer, count=len(text), limit=LONGEST)
    return text
