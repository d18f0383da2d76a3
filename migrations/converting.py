"""Turning a stored value of one field type into another's: pure, value by value. Which pairs make sense is told here.

What a linked record is called, and which record a text names, comes from `migrations.neighbours`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from functools import cached_property
from typing import Any

from migrations.neighbours import LEADING, LISTING, NOBODY, POINTING, RECORDS, Neighbours, names_in, tables_of
from schema.base.money import Money
from schema.catalog import Field
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.duration import as_iso
from schema.fieldtypes.options import alike, find_option
from schema.fieldtypes.stage import SINCE

TEXTS = frozenset({'text', 'long_text', 'email', 'phone', 'url'})
NUMBERS = frozenset({'integer', 'decimal', 'percent', 'money'})
DAYS = frozenset({'date', 'datetime'})
LISTS = frozenset({'picklist', 'multi_picklist'})
CHOSEN = LISTS | {'stage'}
PLAIN = NUMBERS | {'rating'}
WORDY = frozenset({'text', 'long_text'})
SHORT = WORDY | LISTS | {'tags'}
"""What a few plain words can become."""
UNIT_SECONDS: Mapping[str, int] = {'integer': 60, 'decimal': 3600}
"""What numbers count that become lengths of time, and back: whole ones minutes, others hours, as formulas read them."""
FROM_TEXT = TEXTS | NUMBERS | DAYS | CHOSEN | {'boolean', 'rich_text', 'address', 'tags', 'time', 'duration', 'rating'}
LINKED = frozenset({'link', 'links'})
BECOMES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(WORDY, FROM_TEXT | LEADING | {'autonumber'}),
    'email': WORDY | LINKED | {'rich_text', 'tags', 'user'},
    'phone': WORDY | LINKED | {'rich_text', 'tags'},
    'url': WORDY | LINKED | {'rich_text', 'tags'},
    **dict.fromkeys(NUMBERS, NUMBERS | SHORT),
    **dict.fromkeys(DAYS, DAYS | WORDY),
    'picklist': SHORT | NUMBERS | LINKED | {'boolean', 'rating', 'duration', 'time', 'user', 'team', 'stage'},
    'multi_picklist': SHORT | LINKED | {'stage'},
    'integer': NUMBERS | SHORT | {'rating', 'duration', 'boolean', 'phone', 'link', 'stage'},
    'decimal': NUMBERS | SHORT | {'rating', 'duration'},
    'datetime': DAYS | WORDY | {'time'},
    'boolean': SHORT | {'integer', 'stage'},
    'stage': SHORT,
    'rich_text': WORDY,
    'address': WORDY,
    'autonumber': WORDY | {'integer'},
    'time': SHORT | {'duration'},
    'duration': SHORT | {'integer', 'decimal', 'time'},
    'rating': SHORT | {'integer', 'decimal'},
    'tags': SHORT | LINKED | {'stage'},
    'link': SHORT | RECORDS | {'user', 'team', 'stage'},
    'link_any': SHORT | RECORDS,
    'user': SHORT | LINKED,
    'team': SHORT | {'link'},
    'links': SHORT | RECORDS,
    'file': WORDY | {'image'},
    'image': WORDY | {'file'},
}


def can_become(old: str, new: str) -> bool:
    """Also into itself: with other decimals, another target, or no longer computed."""
    return new in BECOMES.get(old, frozenset()) or old == new != 'lines'


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
        return self.old.type.text(self.old.definition, self.neighbours.value(self.old, row), self.reading)

    def former(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a row holds before, in the shape that `row` gives, but for the instant at which a stage was entered: no value
        tells it."""
        if self.old.is_collection:
            return {self.old.home: tuple(self.neighbours.pairs.get(row['id'], ()))}
        return {name: row[name] for name in self.old.columns if not name.endswith(SINCE)}

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The new field's columns for one row, of several links their ids by the name of the table; a blank stays blank. The
        admin's answers come first.

        Raises: Refused when neither rule nor answer fits.
        """
        value = self.neighbours.value(self.old, row)
        if value is None:
            return blank(self.new)
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
        if self._is_relinked:
            return self._relinked(value, row)
        if old in POINTING and not value.label:
            raise Refused('REC-E027')
        wire = names_in(self.old, value) if new in LEADING else _wire(self.old, self.new, value, self.reading)
        found = as_value(self.new, wire, self.reading, self.neighbours)
        if not _is_exact(old, new, value, found):
            raise Refused('REC-E011', value=self.old.type.text(self.old.definition, value, self.reading))
        return _placed(self.new, found)

    @cached_property
    def _is_relinked(self) -> bool:
        return bool(tables_of(self.old) & tables_of(self.new))

    def _relinked(self, value: Any, row: Mapping[str, Any]) -> dict[str, Any]:
        """The same records, where links lead to their table, whatever the entity is called by now."""
        if self.old.is_collection:
            (table,), ids = tables_of(self.old), self.former(row)[self.old.home]
        else:
            name = next(name for name in self.old.columns if row[name] is not None)
            table, ids = _table(self.old, name), (row[name],)
        if self.new.is_collection and table in tables_of(self.new):
            return {self.new.home: ids}
        place = next((each for each in self.new.columns if _table(self.new, each) == table), None)
        if place is None:
            raise Refused('REC-E026', value=table, choices=', '.join(self.new.definition.targets))
        if len(ids) > 1:
            raise Refused('REC-E014', value=self.old.type.text(self.old.definition, value, self.reading), choices='')
        return {**blank(self.new), place: ids[0]}


def _table(field: Field, name: str) -> str:
    return str(next(iter(field.columns[name].foreign_keys)).column.table.name)


def _is_exact(old: str, new: str, value: Any, found: Any) -> bool:
    """Nothing is rounded by the way: who holds more places than the new field takes is told."""
    if {old, new} <= NUMBERS:
        return _amount(found) == _amount(value)
    return old != 'duration' or new not in UNIT_SECONDS or bool(found * UNIT_SECONDS[new] == value)


def _amount(value: Any) -> Decimal:
    return Decimal(value.amount if isinstance(value, Money) else value)


def returns(back: Conversion, row: Mapping[str, Any], former: Mapping[str, Any]) -> bool:
    """Whether a column that comes back holds what the present value, `former`, was once made from: then nobody has changed it
    since.

    `back` is that former conversion, from the column that returns, with the answers of its publish.
    """
    try:
        made = back.row(row)
    except Refused:
        made = blank(back.new)
    return holds(made, former)


def holds(made: Mapping[str, Any], former: Mapping[str, Any]) -> bool:
    """Whether what a conversion made is what `Conversion.former` tells of the same field."""
    return all(made[name] == value for name, value in former.items())


def columns_for(new: Field, wire: Any, reading: Reading, neighbours: Neighbours = NOBODY) -> dict[str, Any]:
    """A field's columns for a wire value, None for blank. Raises: Refused."""
    return _placed(new, None if wire is None else as_value(new, wire, reading, neighbours))


def as_value(new: Field, wire: Any, reading: Reading, neighbours: Neighbours) -> Any:
    """A wire value as the field keeps it; one that points to a record with that record's id, several links as their ids.
    Raises: Refused."""
    if new.type.key == 'links':
        return neighbours.find_all(wire) or None
    if new.type.key not in POINTING:
        return new.type.normalise(new.definition, wire, reading)
    if isinstance(wire, list) and len(wire) > 1:
        raise Refused('REC-E014', value=', '.join(map(str, wire))[:60], choices='')
    return neighbours.find(wire[0] if isinstance(wire, list) and wire else wire)


def blank(field: Field) -> dict[str, Any]:
    """No value, in the shape that `Conversion.row` gives."""
    return {field.home: ()} if field.is_collection else dict.fromkeys(field.columns)


def _placed(new: Field, value: Any) -> dict[str, Any]:
    if value is None:
        return blank(new)
    return {new.home: value} if new.is_collection else {**blank(new), **new.to_columns(value)}


def _wire(old: Field, new: Field, value: Any, reading: Reading) -> Any:
    """What a person would have entered for it in the new field."""
    kind, source = new.type.key, old.type.key
    if source == kind:
        return old.wire(value)
    if source in NUMBERS and kind in NUMBERS | {'rating'}:
        amount = value.amount if isinstance(value, Money) else value
        if kind == 'money':
            return {'amount': f'{amount}', **({'currency': value.currency} if isinstance(value, Money) else {})}
        return str(amount)
    if source in DAYS:
        return _day_wire(old, kind, value, reading)
    if 'duration' in {source, kind} and (unit := UNIT_SECONDS.get(source) or UNIT_SECONDS.get(kind)):
        return _length(value * unit) if kind == 'duration' else str(Decimal(value) / unit)
    if {source, kind} == {'duration', 'time'}:
        return _length(_seconds(value)) if kind == 'duration' else _clock(value)
    if source == 'boolean' and kind == 'integer':
        return int(value)
    if kind in CHOSEN and source not in WORDY:
        chosen = [_key(new, spelled) for spelled in _words(old, value, reading)]
        if kind != 'multi_picklist' and len(chosen) > 1:
            raise Refused('REC-E014', value=old.type.text(old.definition, value, reading), choices='')
        return chosen if kind == 'multi_picklist' else chosen[0]
    if kind == 'tags' and source not in WORDY:
        return [spelled[0] for spelled in _words(old, value, reading)]
    text = _plainly(value) if source in PLAIN else old.type.text(old.definition, value, reading)
    return new.type.parse(new.definition, text, reading)


def _length(seconds: Any) -> str:
    if seconds < 0 or seconds != int(seconds):
        raise Refused('REC-E057', value=f'{seconds}')
    return as_iso(int(seconds))


def _seconds(value: time) -> int:
    return value.hour * 3600 + value.minute * 60 + value.second


def _clock(seconds: int) -> str:
    """A time of day for a length of less than a day."""
    if seconds >= 86_400:
        raise Refused('REC-E056', value=as_iso(seconds))
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60).isoformat()


def _words(old: Field, value: Any, reading: Reading) -> list[list[str]]:
    """What is chosen, one by one, each in the ways in which people spell it, the plainest first; an option's key comes last."""
    kind = old.type.key
    if kind == 'multi_picklist':
        return [list(pair) for pair in zip(names_in(old, value), old.wire(value), strict=True)]
    if kind in LEADING | LISTING:
        named = names_in(old, value)
        return [[name] for name in (named if isinstance(named, list) else [named])]
    said = [old.type.text(old.definition, value, each).replace('\N{NO-BREAK SPACE}', ' ') for each in (reading, Reading('en'))]
    if kind in CHOSEN:
        return [[*said, old.wire(value)]]
    if kind not in PLAIN:
        return [said]
    number = _plainly(value.amount if isinstance(value, Money) else value)
    return [[_plainly(value), number, number.rstrip('0').rstrip('.') if '.' in number else number, *said]]


def _plainly(value: Any) -> str:
    """A number without marks between its digits; stars as their number, for 4/5 would be read as a fraction or a day."""
    if isinstance(value, Money):
        return f'{value.amount:f} {value.currency}'
    return f'{value:f}' if isinstance(value, Decimal) else str(value)


def _key(new: Field, spelled: Sequence[str]) -> str:
    """The key of the option that one of these words names; where none does, the first of them, to be refused. A word of several
    names none."""
    plain = (word for word in spelled if not alike(new.definition, word))
    found = (find_option(new.definition, word) for word in plain)
    return next((option.key for option in found if option is not None), spelled[0])


def _day_wire(old: Field, kind: str, value: Any, reading: Reading) -> Any:
    if kind == 'date':
        return value.astimezone(reading.zone).date().isoformat()
    if kind == 'datetime':
        return value.isoformat()
    if kind == 'time':
        return value.astimezone(reading.zone).strftime('%H:%M')
    return old.wire(value)
