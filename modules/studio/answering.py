"""What an admin decides in the review about values that cannot be read and about blanks: texts to values, and suggestions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal

from modules.studio.forms import Form, rows
from schema.base.errors import BadRequest
from schema.base.text import fold
from schema.definitions import Document
from schema.loading import Documents

UNITS: Mapping[str, int] = {
    'k': 1_000, 'nghin': 1_000, 'ngan': 1_000, 'tr': 1_000_000, 'trieu': 1_000_000, 'm': 1_000_000, 'million': 1_000_000,
    'ty': 1_000_000_000, 'ti': 1_000_000_000, 'b': 1_000_000_000, 'billion': 1_000_000_000,
}  # fmt: skip
NUMBER = re.compile(r'(\d+(?:[.,]\d+)*)\s*([a-z]+)?(?:\s*(\d))?')
NUMERIC = ('integer', 'decimal', 'money', 'percent', 'rating')
LENGTHS = (5, 8)  # of pointers to fields and to columns of lines
YES, NO = frozenset({'co', 'yes', 'y', 'x', 'dung', 'true', '1'}), frozenset({'khong', 'no', 'n', 'sai', 'false', '0'})


def answers_with(
    former: Mapping[str, Any], pointer: str, part: Document, form: Form, locale: str
) -> dict[str, Any]:  # fmt: skip
    """The answers with what the form says of one field, typed in a language: rows `text`, `value`, and `default` for all the
    rest; blank is none."""
    written = [row for row in rows(form, 'map', ('text', 'value')) if row['value'].strip()]
    mapped = {row['text']: wire_of(part, row['value'], locale) for row in written}
    default = wire_of(part, form.get('default', ''), locale)
    answer = {**({'map': mapped} if mapped else {}), **({'default': default} if default is not None else {})}
    others = {name: each for name, each in former.items() if name != pointer}
    return {**others, pointer: answer} if answer else others


def part_at(documents: Documents, pointer: str) -> Document:
    """The field that `/entities/<key>/properties/<key>` names, or with `/x-lines/properties/<key>` behind it a column of lines.
    Raises: BadRequest API-E404."""
    tokens = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')]
    node: Any = documents.get(('entity', tokens[2]), {}) if len(tokens) in LENGTHS else {}
    for token in tokens[3:]:
        node = node.get(token, {})
    if not node:
        raise BadRequest.of('API-E404', '/pointer', value=pointer[:80], hint='')
    found: Document = node
    return found


def with_stages(document: Document, part: Document) -> Document:
    """A field with what may be chosen in it as `x-options`, also where these are stages. Labels that several stages share are
    told apart by their keys."""
    if part.get('x-type') != 'stage':
        return part
    stages = [each for line in document.get('x-pipelines', ()) for each in line['stages']]
    met = Counter(word for each in stages for word in {*each.get('label', {}).values()})
    return {**part, 'x-options': [{**each, 'label': _told_apart(each, met)} for each in stages]}


def _told_apart(stage: Document, met: Mapping[str, int]) -> dict[str, str]:
    words = stage.get('label', {}).items()
    return {locale: f'{word} ({stage["key"]})' if met[word] > 1 else word for locale, word in words}


def wire_of(part: Document, typed: str, locale: str = 'vi') -> Any:
    """A text typed in a language as the field's wire value; None for a blank. The rest is sent as typed, for the plan to read
    or to refuse."""
    text, kind = typed.strip(), part.get('x-type')
    if not text:
        return None
    if kind == 'multi_picklist':
        return [_option(part, word) or word for each in re.split('[,;]', text) if (word := each.strip())]
    if kind in {'picklist', 'stage'}:
        return _option(part, text) or text
    if kind == 'boolean':
        return True if fold(text) in YES else False if fold(text) in NO else text
    if kind in NUMERIC:
        amount = amount_of(text) if (plain := _plain(text, locale)) is None else plain
        if amount is None:
            return text
        if kind == 'money':
            return {'amount': f'{amount:f}', 'currency': part.get('x-currency', 'VND')}
        return int(amount) if kind in {'integer', 'rating'} and amount == int(amount) else f'{amount:f}'
    return text


def _plain(text: str, locale: str) -> Decimal | None:
    """A number written by the rules of the language: `1,250` is a thousand or one and a quarter."""
    try:
        read = parse_decimal(text, locale=locale, strict=True)
    except NumberFormatError:
        return None
    return read if read.is_finite() else None


def typed_of(wire: Any) -> str:
    """A wire value as an admin would type it; blank for none."""
    if isinstance(wire, Mapping):
        return str(wire.get('amount', ''))
    if isinstance(wire, list):
        return ', '.join(map(str, wire))
    if isinstance(wire, bool):
        return 'true' if wire else 'false'
    return '' if wire is None else str(wire)


def suggestion(part: Document, text: str) -> str:
    """What a value that cannot be read most likely means, as an admin would type it; blank when nothing is likely."""
    kind = part.get('x-type')
    if kind in {'picklist', 'multi_picklist', 'stage'}:
        return _likely_option(part, text)
    if kind in NUMERIC:
        amount = amount_of(text)
        return '' if amount is None else f'{amount:f}'
    if kind == 'boolean':
        return 'true' if fold(text) in YES else 'false' if fold(text) in NO else ''
    return ''


def amount_of(text: str) -> Decimal | None:
    """A number as people write it: `1.200.000`, `85 triệu`, `1,2 tỷ`, `1 tỷ 2`; of a range its middle."""
    found = [each for match in NUMBER.finditer(fold(text)) if (each := _one(match)) is not None]
    units = [unit for match in NUMBER.finditer(fold(text)) if (unit := UNITS.get(match[2] or ''))]
    if not found or len(found) > 2:
        return None
    if len(found) == 2 and units and found[0] < units[-1] <= found[1]:
        found[0] *= units[-1]  # "500-700tr": the unit stands once, at the end
    middle = sum(found, Decimal()) / len(found)
    return middle.quantize(Decimal(1)) if middle == middle.to_integral_value() else middle


def _one(match: re.Match[str]) -> Decimal | None:
    plain = match[1]
    unit = UNITS.get(match[2] or '', 1)
    if re.fullmatch(r'\d{1,3}([.,]\d{3})+', plain):
        plain = re.sub('[.,]', '', plain)
    try:
        amount = Decimal(plain.replace(',', '.')) * unit
    except InvalidOperation:
        return None
    return amount + Decimal(match[3]) * unit / 10 if match[3] and unit > 1 else amount


def _option(part: Document, text: str) -> str:
    wanted = fold(text)
    for option in part.get('x-options', ()):
        if wanted in {fold(option['key']), *(fold(word) for word in option.get('label', {}).values())}:
            return str(option['key'])
    return ''


def _likely_option(part: Document, text: str) -> str:
    """The option whose words stand in the text, or the other way round."""
    wanted = fold(text)
    for option in part.get('x-options', ()):
        for word in option.get('label', {}).values():
            if wanted and (fold(word) in wanted or wanted in fold(word)):
                return str(word)
    return ''
