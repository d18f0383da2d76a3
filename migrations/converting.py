"""Turning a stored value of one field type into another's: pure, value by value. Which pairs make sense is told here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schema.base.money import Money
from schema.catalog import Field
from schema.fieldtypes.base import Reading, Refused

TEXTS = frozenset({'text', 'long_text', 'email', 'phone', 'url'})
NUMBERS = frozenset({'integer', 'decimal', 'percent', 'money'})
DAYS = frozenset({'date', 'datetime'})
LISTS = frozenset({'picklist', 'multi_picklist'})
WORDY = frozenset({'text', 'long_text'})
LINKS = frozenset({'link', 'link_any'})
FROM_TEXT = TEXTS | NUMBERS | DAYS | LISTS | {'boolean', 'rich_text', 'address', 'tags', 'time', 'duration', 'rating'}
BECOMES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(WORDY, FROM_TEXT),
    **dict.fromkeys(TEXTS - WORDY, WORDY | {'rich_text', 'tags'}),
    **dict.fromkeys(NUMBERS, NUMBERS | WORDY),
    **dict.fromkeys(DAYS, DAYS | WORDY),
    **{kind: LISTS | WORDY | {'tags'} for kind in LISTS},
    'integer': NUMBERS | WORDY | {'rating', 'duration'},
    'datetime': DAYS | WORDY | {'time'},
    'boolean': WORDY | {'integer', 'picklist'},
    'stage': WORDY | {'picklist', 'tags'},
    'rich_text': WORDY,
    'address': WORDY,
    'autonumber': WORDY,
    'time': WORDY,
    'duration': WORDY,
    'rating': WORDY | {'integer', 'decimal'},
    'tags': LISTS | WORDY,
    'link': frozenset({'links', 'link_any'}),
    'link_any': frozenset({'link'}),
    'links': frozenset({'link'}),
    'file': WORDY | {'image'},
    'image': WORDY | {'file'},
}


def can_become(old: str, new: str) -> bool:
    return new in BECOMES.get(old, frozenset())


def convert_row(old: Field, new: Field, row: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """The new field's columns for one row; a blank stays blank. Raises: Refused when it cannot be read as the new type."""
    value = old.from_row(row)
    if value is None:
        return _blank(new)
    if {old.type.key, new.type.key} <= LINKS:
        return _relinked(old, new, row)
    found = new.type.normalise(new.definition, _wire(old, new, value, reading), reading)
    if {old.type.key, new.type.key} <= NUMBERS and _amount(found) != _amount(value):
        raise Refused('REC-E011', value=f'{_amount(value)}')
    return {**_blank(new), **new.to_columns(found)}


def _relinked(old: Field, new: Field, row: Mapping[str, Any]) -> dict[str, Any]:
    """The same record, in the column that leads to its table, whatever the entity is called by now."""
    name = next(name for name in old.columns if row[name] is not None)
    place = next((each for each in new.columns if _table(new, each) == _table(old, name)), None)
    if place is None:
        raise Refused('REC-E026', value=old.from_row(row).entity, choices=', '.join(new.definition.targets))
    return {**_blank(new), place: row[name]}


def _table(field: Field, name: str) -> str:
    return str(next(iter(field.columns[name].foreign_keys)).column.table.name)


def _amount(value: Any) -> Decimal:
    """A number is not rounded by the way: who holds more places than the new field takes is told."""
    return Decimal(value.amount if isinstance(value, Money) else value)


@dataclass(frozen=True)
class Answers:
    """What an admin decided about one field's values: `mapped` gives for a text as people read it the wire value that takes its
    place, None to clear; `default` stands for every other value that cannot be read, and for blanks of a newly required field.
    """

    mapped: Mapping[str, Any] = field(default_factory=dict)
    default: Any = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Answers:
        """From `{"map": {text: wire}, "default": wire}`."""
        return cls(stored.get('map') or {}, stored.get('default'))


def converted_row(old: Field, new: Field, row: Mapping[str, Any], reading: Reading, answers: Answers) -> dict[str, Any]:
    """As `convert_row`, with the admin's answers first. Raises: Refused when neither rule nor answer fits."""
    value = old.from_row(row)
    text = old.type.text(old.definition, value, reading) if value is not None and answers.mapped else ''
    if value is not None and text in answers.mapped:
        return columns_for(new, answers.mapped[text], reading)
    try:
        if value is not None and not can_become(old.type.key, new.type.key):
            raise Refused('MIG-E012')
        return convert_row(old, new, row, reading)
    except Refused:
        if answers.default is None:
            raise
        return columns_for(new, answers.default, reading)


def returns(old: Field, new: Field, row: Mapping[str, Any], reading: Reading, given: Answers) -> bool:
    """Whether a column that comes back holds what the present value was once made from: then nobody has changed it since.

    `given` are the answers of that former conversion.
    """
    try:
        made = converted_row(new, old, row, reading, given)
    except Refused:
        made = _blank(old)
    return made == {name: row[name] for name in old.columns}


def columns_for(new: Field, wire: Any, reading: Reading) -> dict[str, Any]:
    """A field's columns for a wire value, None for blank. Raises: Refused."""
    value = None if wire is None else new.type.normalise(new.definition, wire, reading)
    return _blank(new) if value is None else {**_blank(new), **new.to_columns(value)}


def _blank(field: Field) -> dict[str, Any]:
    return dict.fromkeys(field.columns)


def _wire(old: Field, new: Field, value: Any, reading: Reading) -> Any:
    """What a person would have entered for it in the new field."""
    kind = new.type.key
    if old.type.key in NUMBERS and kind in NUMBERS | {'rating'}:
        amount = value.amount if isinstance(value, Money) else value
        if kind == 'money':
            return {'amount': f'{amount}', **({'currency': value.currency} if isinstance(value, Money) else {})}
        return str(amount)
    if old.type.key in NUMBERS and kind in TEXTS:
        return f'{value.amount:f} {value.currency}' if isinstance(value, Money) else f'{value}'
    if old.type.key in DAYS:
        return _day_wire(old, kind, value, reading)
    if old.type.key in {'boolean', 'rating'} and kind not in {'picklist'}:
        return int(value) if kind in NUMBERS else new.type.parse(new.definition, _said(old, value, reading), reading)
    if kind == 'tags' and old.type.key in LISTS | {'stage'}:
        return _labels(old, value, reading)
    if old.type.key in {'multi_picklist', 'tags'} and kind == 'picklist' and len(value) > 1:
        raise Refused('REC-E014', value=old.type.text(old.definition, value, reading), choices='')
    text = old.type.text(old.definition, value, reading)
    return new.type.parse(new.definition, text, reading)


def _said(old: Field, value: Any, reading: Reading) -> str:
    """A rating becomes its number: 4/5 would be read as a fraction or a day."""
    return str(value) if old.type.key == 'rating' else old.type.text(old.definition, value, reading)


def _labels(old: Field, value: Any, reading: Reading) -> list[str]:
    """One word for each option that was chosen, commas and all."""
    parts = [(ref,) for ref in value] if old.type.key == 'multi_picklist' else [value]
    return [old.type.text(old.definition, part, reading) for part in parts]


def _day_wire(old: Field, kind: str, value: Any, reading: Reading) -> Any:
    if kind == 'date':
        return value.astimezone(reading.zone).date().isoformat()
    if kind == 'datetime':
        return value.isoformat()
    if kind == 'time':
        return value.astimezone(reading.zone).strftime('%H:%M')
    return old.wire(value)
