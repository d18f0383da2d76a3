"""How the field types compare: reading operands, binding them to a person and a moment, finding the column and its Python twin.

One family for types that compare alike; a type unknown here compares by its own `normalise` and `comparable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import sqlalchemy as sa

from schema.base.findings import nearest
from schema.base.ids import is_uid
from schema.base.money import CURRENCIES
from schema.base.text import fold, plain, tidy
from schema.conditions import relative
from schema.conditions.binding import ME, MY_TEAMS, Binding
from schema.conditions.operators import Column, PlainText, Shape
from schema.conditions.tree import FieldFace, Operand
from schema.fieldtypes.base import Reading, Refused, refuse_unless
from schema.fieldtypes.date import YEARLY, yearly
from schema.fieldtypes.link_any import LinkAny
from schema.fieldtypes.money import CURRENCY, DIGITS, SCALE
from schema.fieldtypes.numeric import to_decimal
from schema.fieldtypes.options import option_by_key
from schema.fieldtypes.phone import parse_phone
from schema.fieldtypes.rich_text import PLAIN, plain_text
from schema.fieldtypes.tags import read_tag
from schema.values import TEAM, USER, Link

LONGEST_TEXT = 2_000
NOBODY = 0  # rows count from 1
Columns = Mapping[str, Column]


class HasColumns(Protocol):
    @property
    def c(self) -> Any: ...


class Family:
    """Values that compare as the type's `comparable` does."""

    shape: Shape = 'value'
    more_operators: tuple[str, ...] = ()
    """Operators beyond those that the type lists."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        """One value of the operand as it will be compared. Raises: Refused."""
        value = field.type.normalise(_without_rules(field), wire, Reading())
        refuse_unless(value is not None, 'SCH-E214')
        return field.type.comparable(field.definition, value)

    def currency(self, field: FieldFace, wire: Any) -> str | None:
        """The currency that one value of the operand names."""
        return None

    def bind(self, field: FieldFace, op: str, operand: Operand, binding: Binding) -> Any:
        return operand.parts

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        """The columns that a form compares; all NULL when the field is blank."""
        return (field.type.comparable_column(field.definition, table.c),)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        """The Python twin of `cells`; None when the field is blank."""
        return None if held is None else field.type.comparable(field.definition, held)


class Identity(Family):
    """The record's own uid."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        refuse_unless(isinstance(wire, str) and is_uid(wire), 'REC-E025', value=str(wire)[:60])
        return wire


class Words(Family):
    """One line of text, e-mail and web addresses: by their fold column."""

    shape: Shape = 'prefix'

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        text = _text(wire)
        if field.type.key == 'url' and op in {'eq', 'ne', 'in', 'not_in'}:
            text = _address(field, text)
        folded = field.type.comparable(field.definition, text)
        refuse_unless(bool(folded), 'SCH-E218', value=text)
        return folded


class Names(Words):
    """Files, by the names they have."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        folded = fold(_text(wire))
        refuse_unless(bool(folded), 'SCH-E218', value=str(wire)[:60])
        return folded


class Prose(Family):
    """Long text: letter by letter, line breaks count; it has no fold column."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        return plain(_text(wire))

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        column = table.c[field.definition.column]
        return (column,) if op in {'is_empty', 'is_not_empty'} else (PlainText(column),)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return None if held is None else plain(held)


class Telephone(Family):
    """Stored in E.164: `0912 345 678` and `+84912345678` are one number, and beginnings are read the same way."""

    shape: Shape = 'prefix'

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        text = _text(wire)
        if op not in {'contains', 'starts_with'}:
            stored = parse_phone(text)
            refuse_unless(stored is not None, 'REC-E008', value=text[:60])
            return stored
        digits = ''.join(letter for letter in text if letter in '0123456789')
        refuse_unless(digits != '', 'SCH-E218', value=text[:60])
        if op == 'contains':
            return f'+{digits}' if text.startswith('+') else digits.removeprefix('0') or digits
        if text.startswith('+') or not digits.startswith('0'):
            return f'+{digits}'
        return f'+{digits[2:]}' if digits.startswith('00') else f'+84{digits[1:]}'


class Numbers(Family):
    """Whole numbers, decimals, percentages. An operand finer than the field is refused: rounding would change the answer."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        number = to_decimal(wire)
        refuse_unless(number is not None, 'SCH-E214')
        _require_scale(number, self.places(field))
        return super().read(field, op, wire)

    def places(self, field: FieldFace) -> int:
        scale: Callable[[Any], int] | None = getattr(field.type, 'scale', None)
        return scale(field.definition) if scale else 0


class Amounts(Family):
    """Money by amount. An operand that names its currency compares only with amounts in it; others count as blank."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        amount = to_decimal(wire.get('amount') if isinstance(wire, Mapping) else wire)
        refuse_unless(amount is not None, 'SCH-E214')
        assert amount is not None
        _require_scale(amount, SCALE)
        most = Decimal(10) ** (DIGITS - SCALE)
        refuse_unless(abs(amount) < most, 'REC-E006', value=str(amount), low='-10^14', high='10^14')
        return amount

    def currency(self, field: FieldFace, wire: Any) -> str | None:
        if not isinstance(wire, Mapping) or wire.get('currency') is None:
            return None
        refuse_unless(set(wire) <= {'amount', 'currency'}, 'REC-E015')
        code = wire['currency']
        refuse_unless(code in CURRENCIES, 'REC-E023', value=str(code)[:20], choices=', '.join(CURRENCIES[:8]))
        return str(code)

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        amount = table.c[field.definition.column]
        if operand.currency is None:
            return (amount,)
        own = field.definition.document.get('x-currency', 'VND')
        held = sa.func.coalesce(table.c[field.definition.column + CURRENCY], own)
        return (sa.case((held == operand.currency, amount)),)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return held.amount if held is not None and operand.currency in {None, held.currency} else None


class Options(Family):
    """Picklists and stages; operands are option keys, retired ones too."""

    shape: Shape = 'option'

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        refuse_unless(wire not in (None, ''), 'SCH-E214')
        option = option_by_key(field.definition, wire)
        keys = [each.key for each in field.definition.options]
        if option is None:
            raise Refused('SCH-E219', value=str(wire)[:60], choices=nearest(str(wire)[:60], keys))
        return option.ref

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return held


class Days(Family):
    """Calendar days; relative ones count from today in the zone of the binding."""

    shape: Shape = 'span'
    more_operators: tuple[str, ...] = ('within', 'anniversary_within')
    moments = False

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        refuse_unless(wire not in (None, ''), 'SCH-E214')
        if op in {'within', 'anniversary_within'}:
            return relative.read_span(wire)
        return relative.read_point(wire, moments=self.moments)

    def bind(self, field: FieldFace, op: str, operand: Operand, binding: Binding) -> Any:
        if op == 'anniversary_within':
            return relative.yearly_ranges(operand.parts[0], binding.today)
        return tuple(relative.days_of(part, binding.today) for part in operand.parts)

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        column = field.definition.column
        return (table.c[column + YEARLY if op == 'anniversary_within' else column],)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return yearly(held) if op == 'anniversary_within' and isinstance(held, date) else held


class Instants(Days):
    """Instants; a day, written or relative, stands for all of it in the zone of the binding."""

    more_operators: tuple[str, ...] = ('within',)
    moments = True

    def bind(self, field: FieldFace, op: str, operand: Operand, binding: Binding) -> Any:
        found = (binding.moments.get(part) for part in operand.parts)
        return tuple(
            named or relative.instants_of(part, binding.now, binding.zone)
            for part, named in zip(operand.parts, found, strict=True)
        )


class Links(Family):
    """Links, people and teams, by row id. What does not resolve equals nothing."""

    shape: Shape = 'ids'

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        if wire in ({'me': True}, {'my_teams': True}):
            target, word = (USER, ME) if 'me' in wire else (TEAM, MY_TEAMS)
            refuse_unless(field.type.key == {USER: 'user', TEAM: 'team'}[target], 'SCH-E220', value=next(iter(wire)))
            return word
        refuse_unless(wire not in (None, ''), 'SCH-E214')
        return field.type.normalise(field.definition, wire, Reading())

    def bind(self, field: FieldFace, op: str, operand: Operand, binding: Binding) -> Any:
        return frozenset(row_id for part in operand.parts for row_id in binding.ids_of(part))

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        return (table.c[field.definition.column],)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        if isinstance(held, Link):
            return NOBODY if held.id is None else held.id
        return held


class AnyLinks(Links):
    """A link to one of several entities: one column for each."""

    shape: Shape = 'any_ids'

    def bind(self, field: FieldFace, op: str, operand: Operand, binding: Binding) -> Any:
        return tuple(
            (target, frozenset(i for part in operand.parts if part.entity == target for i in binding.ids_of(part)))
            for target in field.definition.targets
        )

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        assert isinstance(field.type, LinkAny)
        return tuple(table.c[field.type.column_for(field.definition, target)] for target in field.definition.targets)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return None if held is None else (held.entity, NOBODY if held.id is None else held.id)


class RichProse(Prose):
    """Rich text: by its words, which stand beside it."""

    def cells(self, field: FieldFace, op: str, operand: Operand, table: HasColumns) -> Sequence[Column]:
        column = table.c[field.definition.column + PLAIN]
        return (column,) if op in {'is_empty', 'is_not_empty'} else (PlainText(column),)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return None if held is None else plain(plain_text(held))


class Places(Family):
    """Addresses: by their folded line, as people type a part of one."""

    shape: Shape = 'prefix'

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        folded = fold(_text(wire))
        refuse_unless(bool(folded), 'SCH-E218', value=str(wire)[:60])
        return folded


class TagWords(Family):
    """Tags: word by word, blind to accents and capitals."""

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        refuse_unless(wire not in (None, ''), 'SCH-E214')
        return fold(read_tag(wire))


class LinkLists(Links):
    """Several links, by the ids of what they lead to; `schema.conditions.collections` writes their SQL."""

    shape: Shape = 'value'

    def read(self, field: FieldFace, op: str, wire: Any) -> Any:
        uid = wire.get('uid') if isinstance(wire, Mapping) else wire
        refuse_unless(isinstance(uid, str) and is_uid(uid), 'REC-E025', value=str(wire)[:60])
        return Link(field.definition.targets[0], str(uid).lower())

    def bind(self, field: FieldFace, op: str, operand: Operand, binding: Binding) -> Any:
        return tuple(next(iter(binding.ids_of(part)), NOBODY) for part in operand.parts)

    def value(self, field: FieldFace, op: str, operand: Operand, held: Any) -> Any:
        return None if held is None else tuple(link.id for link in held.links)


_PLAIN, _NAMES = Family(), Names()
_NUMBERS, _WORDS, _OPTIONS, _LINKS = Numbers(), Words(), Options(), Links()
FAMILIES: Mapping[str, Family] = {
    'uid': Identity(),
    'text': _WORDS, 'email': _WORDS, 'url': _WORDS, 'long_text': Prose(), 'phone': Telephone(),
    'integer': _NUMBERS, 'decimal': _NUMBERS, 'percent': _NUMBERS, 'money': Amounts(),
    'picklist': _OPTIONS, 'stage': _OPTIONS, 'multi_picklist': _OPTIONS, 'date': Days(), 'datetime': Instants(),
    'link': _LINKS, 'user': _LINKS, 'team': _LINKS, 'link_any': AnyLinks(),
    'links': LinkLists(), 'lines': _PLAIN,
    'rich_text': RichProse(), 'address': Places(), 'tags': TagWords(), 'autonumber': _WORDS, 'rating': _NUMBERS,
    'file': _NAMES, 'image': _NAMES,
}  # fmt: skip


def family_of(field: FieldFace) -> Family:
    return FAMILIES.get(field.type.key, _PLAIN)


def operators_for(field: FieldFace) -> tuple[str, ...]:
    """The operators that this field can be tested with, in the order to offer them."""
    return field.type.operators + family_of(field).more_operators


def _text(wire: Any) -> str:
    refuse_unless(isinstance(wire, str), 'REC-E002')
    refuse_unless(len(wire) <= LONGEST_TEXT, 'REC-E003', limit=LONGEST_TEXT, length=len(wire))
    # half of a surrogate pair cannot be sent to a database
    text = tidy(''.join(letter for letter in wire if not '\ud800' <= letter <= '\udfff'))
    refuse_unless(text != '', 'SCH-E214')
    return text


def _address(field: FieldFace, text: str) -> str:
    """A bare host gets its `https://`, as in the store; what is no address is compared as it stands."""
    try:
        return str(field.type.normalise(_without_rules(field), text, Reading()))
    except Refused:
        return text


def _without_rules(field: FieldFace) -> Any:
    """The definition without limits on values: asking for more than the maximum is no mistake."""
    rules = {'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'pattern'}
    document = {name: part for name, part in field.definition.document.items() if name not in rules}
    return replace(field.definition, document=document)


def _require_scale(number: Decimal | None, places: int) -> None:
    exponent = number.normalize().as_tuple().exponent if number is not None else 0
    fits = isinstance(exponent, int) and -exponent <= places
    refuse_unless(fits, 'SCH-E221', value=str(number), places=places)
