"""Turning a stored value of one field type into another's: pure, value by value. Which pairs make sense is told here.

What a linked record is called, and which record a text names, comes from `migrations.neighbours`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from migrations.neighbours import NOBODY, POINTING, Neighbours
from schema.base.money import Money
from schema.catalog import Field
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.duration import as_iso

TEXTS = frozenset({'text', 'long_text', 'email', 'phone', 'url'})
NUMBERS = frozenset({'integer', 'decimal', 'percent', 'money'})
DAYS = frozenset({'date', 'datetime'})
LISTS = frozenset({'picklist', 'multi_picklist'})
WORDY = frozenset({'text', 'long_text'})
LINKS = frozenset({'link', 'link_any'})
UNIT_SECONDS: Mapping[str, int] = {'integer': 60, 'decimal': 3600}
"""What numbers count that become lengths of time, and back: whole ones minutes, others hours, as formulas read them."""
FROM_TEXT = TEXTS | NUMBERS | DAYS | LISTS | {'boolean', 'rich_text', 'address', 'tags', 'time', 'duration', 'rating'}
BECOMES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(WORDY, FROM_TEXT | POINTING),
    'email': WORDY | {'rich_text', 'tags', 'link', 'user'},
    'phone': WORDY | {'rich_text', 'tags', 'link'},
    'url': WORDY | {'rich_text', 'tags'},
    **dict.fromkeys(NUMBERS, NUMBERS | WORDY),
    **dict.fromkeys(DAYS, DAYS | WORDY),
    'picklist': LISTS | WORDY | {'tags', 'boolean', 'link', 'user', 'team'},
    'multi_picklist': LISTS | WORDY | {'tags'},
    'integer': NUMBERS | WORDY | {'rating', 'duration', 'boolean'},
    'decimal': NUMBERS | WORDY | {'duration'},
    'datetime': DAYS | WORDY | {'time'},
    'boolean': WORDY | {'integer', 'picklist'},
    'stage': WORDY | {'picklist', 'tags'},
    'rich_text': WORDY,
    'address': WORDY,
    'autonumber': WORDY,
    'time': WORDY,
    'duration': WORDY | {'integer', 'decimal'},
    'rating': WORDY | {'integer', 'decimal'},
    'tags': LISTS | WORDY,
    'link': WORDY | {'links', 'link_any', 'picklist', 'tags'},
    'link_any': WORDY | {'link', 'tags'},
    'user': WORDY | {'picklist', 'tags'},
    'team': WORDY | {'picklist', 'tags'},
    'links': frozenset({'link'}),
    'file': WORDY | {'image'},
    'image': WORDY | {'file'},
}


def can_become(old: str, new: str) -> bool:
    return new in BECOMES.get(old, frozenset())


@dataclass(frozen=True)
class Answers:
    """What an admin decided about one field's values: `mapped` gives for a text as people read it the wire value that takes its
    place, None to clear; `default` stands for every other value that cannot be read, and for blanks of a newly required field.
    Where a field points to a record, a value may also be what exactly one is called.
    """

    mapped: Mapping[str, Any] = field(default_factory=dict)
    default: Any = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Answers:
        """From `{"map": {text: wire}, "default": wire}`."""
        return cls(stored.get('map') or {}, stored.get('default'))

    @property
    def wires(self) -> list[Any]:
        return [each for each in (self.default, *self.mapped.values()) if each is not None]


@dataclass(frozen=True)
class Conversion:
    """The values of a field on their way from its former type, `old`, into its new one."""

    old: Field
    new: Field
    answers: Answers = field(default_factory=Answers)
    neighbours: Neighbours = NOBODY
    reading: Reading = field(default_factory=lambda: Reading('vi'))

    def text(self, row: Mapping[str, Any]) -> str:
        """The former value as people read it."""
        return self.old.type.text(self.old.definition, self.neighbours.call(self.old.from_row(row)), self.reading)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The new field's columns for one row; a blank stays blank. The admin's answers come first.

        Raises: Refused when neither rule nor answer fits.
        """
        value = self.neighbours.call(self.old.from_row(row))
        if value is None:
            return _blank(self.new)
        text = self.old.type.text(self.old.definition, value, self.reading) if self.answers.mapped else ''
        if text in self.answers.mapped:
            return columns_for(self.new, self.answers.mapped[text], self.reading, self.neighbours)
        try:
            return self._converted(value, row)
        except Refused:
            if self.answers.default is None:
                raise
            return columns_for(self.new, self.answers.default, self.reading, self.neighbours)

    def _converted(self, value: Any, row: Mapping[str, Any]) -> dict[str, Any]:
        old, new = self.old.type.key, self.new.type.key
        if not can_become(old, new):
            raise Refused('MIG-E012')
        if {old, new} <= LINKS:
            return _relinked(self.old, self.new, row)
        if old in POINTING and not value.label:
            raise Refused('REC-E027')
        wire = _wire(self.old, self.new, value, self.reading)
        found = as_value(self.new, wire, self.reading, self.neighbours)
        if not _is_exact(old, new, value, found):
            raise Refused('REC-E011', value=self.old.type.text(self.old.definition, value, self.reading))
        return {**_blank(self.new), **self.new.to_columns(found)}


def _relinked(old: Field, new: Field, row: Mapping[str, Any]) -> dict[str, Any]:
    """The same record, in the column that leads to its table, whatever the entity is called by now."""
    name = next(name for name in old.columns if row[name] is not None)
    place = next((each for each in new.columns if _table(new, each) == _table(old, name)), None)
    if place is None:
        raise Refused('REC-E026', value=old.from_row(row).entity, choices=', '.join(new.definition.targets))
    return {**_blank(new), place: row[name]}


def _table(field: Field, name: str) -> str:
    return str(next(iter(field.columns[name].foreign_keys)).column.table.name)


def _is_exact(old: str, new: str, value: Any, found: Any) -> bool:
    """Nothing is rounded by the way: who holds more places than the new field takes is told."""
    if {old, new} <= NUMBERS:
        return _amount(found) == _amount(value)
    return old != 'duration' or new not in UNIT_SECONDS or bool(found * UNIT_SECONDS[new] == value)


def _amount(value: Any) -> Decimal:
    return Decimal(value.amount if isinstance(value, Money) else value)


def returns(back: Conversion, row: Mapping[str, Any]) -> bool:
    """Whether a column that comes back holds what the present value was once made from: then nobody has changed it since.

    `back` is that former conversion, from the column that returns, with the answers of its publish.
    """
    try:
        made = back.row(row)
    except Refused:
        made = _blank(back.new)
    return made == {name: row[name] for name in back.new.columns}


def columns_for(new: Field, wire: Any, reading: Reading, neighbours: Neighbours = NOBODY) -> dict[str, Any]:
    """A field's columns for a wire value, None for blank. Raises: Refused."""
    value = None if wire is None else as_value(new, wire, reading, neighbours)
    return _blank(new) if value is None else {**_blank(new), **new.to_columns(value)}


def as_value(new: Field, wire: Any, reading: Reading, neighbours: Neighbours) -> Any:
    """A wire value as the field keeps it; one that points to a record with that record's id. Raises: Refused."""
    if new.type.key in POINTING:
        return neighbours.find(new, wire)
    return new.type.normalise(new.definition, wire, reading)


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
    if 'duration' in {old.type.key, kind} and (unit := UNIT_SECONDS.get(old.type.key) or UNIT_SECONDS.get(kind)):
        return _length(value * unit) if kind == 'duration' else str(Decimal(value) / unit)
    if old.type.key in {'boolean', 'rating'} and kind not in {'picklist'}:
        return int(value) if kind in NUMBERS else new.type.parse(new.definition, _said(old, value, reading), reading)
    if kind == 'tags' and old.type.key in LISTS | POINTING | {'stage'}:
        return _labels(old, value, reading)
    if old.type.key in {'multi_picklist', 'tags'} and kind == 'picklist' and len(value) > 1:
        raise Refused('REC-E014', value=old.type.text(old.definition, value, reading), choices='')
    text = old.type.text(old.definition, value, reading)
    return new.type.parse(new.definition, text, reading)


def _length(seconds: Any) -> str:
    if seconds < 0 or seconds != int(seconds):
        raise Refused('REC-E057', value=f'{seconds}')
    return as_iso(int(seconds))


def _said(old: Field, value: Any, reading: Reading) -> str:
    """A rating becomes its number: 4/5 would be read as a fraction or a day."""
    return str(value) if old.type.key == 'rating' else old.type.text(old.definition, value, reading)


def _labels(old: Field, value: Any, reading: Reading) -> list[str]:
    """One word for each option that was chosen, or for the record, commas and all."""
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
