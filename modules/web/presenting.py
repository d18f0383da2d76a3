"""View-models: a compiled field and a value in the shape that templates take. Formats for people; decides no right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from babel.numbers import format_decimal

from modules.records.model import Record
from modules.web.attachments import is_attached, limits, shown_files
from modules.web.collections import ROW, ShownLinks, shown_lines, shown_links
from modules.web.shell import hue_of
from permissions.policy import Policy
from schema.base.money import Money
from schema.base.text import in_sentence
from schema.catalog import Catalog, Entity, Field
from schema.definitions import StageDef, in_locale
from schema.entity_rules import record_names, rules_of
from schema.fieldtypes.base import Reading
from schema.fieldtypes.days import day_text, short_day_text
from schema.fieldtypes.money import MoneyType
from schema.fieldtypes.text import Text
from schema.values import TEAM, USER, Address, Lines, Link, Links


class Shown(str):
    """A wire value with the text people read."""

    __slots__ = ('short', 'shown')
    shown: str
    short: str

    @classmethod
    def of(cls, wire: Any, shown: str, short: str = '') -> Shown:
        made = cls(wire)
        made.shown, made.short = shown, short
        return made


class ShownMoney(dict[str, Any]):
    """A money wire value with the texts people read, each made when it is asked for: it takes the tables of a locale."""

    def __init__(self, wire: Mapping[str, Any], text: Callable[[], str], short: Callable[[], str]) -> None:
        super().__init__(wire)
        self._text, self._short = text, short

    @cached_property
    def shown(self) -> str:
        return self._text()

    @cached_property
    def short(self) -> str:
        return self._short()


class ShownPlace(dict[str, str]):
    """The parts of an address with the line people read."""

    shown: str = ''


def short_text(value: Any) -> str:
    """The text of a presented value where room is scarce: money in millions, dates without their year."""
    return getattr(value, 'short', '') or value_text(None, value)


def short_money(amount: Any, currency: str, locale: str) -> str:
    """`1,13 tỷ`, `145 tr`; in English `₫1.13B`, `₫145M`. Small sums stand in full."""
    units = (('tỷ', 'B', 10**9), ('tr', 'M', 10**6))
    sign = {'VND': '₫', 'USD': '$', 'EUR': '€'}.get(currency, f'{currency} ')
    number = Decimal(amount)
    for word, letter, size in units:
        if abs(number) >= size:
            places = Decimal('0.01') if number < 100 * size else Decimal(1)
            figure = format_decimal((number / size).quantize(places), locale=locale)
            if locale == 'vi':
                return f'{figure} {word}' if currency == 'VND' else f'{figure} {word} {sign.strip()}'
            return f'{sign}{figure}{letter}'
    return (
        format_decimal(number, locale=locale)
        if locale == 'vi' and currency == 'VND'
        else f'{sign}{format_decimal(number, locale=locale)}'
    )


def short_sums(totals: Mapping[str, Any], own: str, locale: str) -> str:
    """Sums of several currencies beside each other, that of the field first; blank where nothing is summed."""
    shown = sorted(((code, amount) for code, amount in totals.items() if amount), key=lambda pair: (pair[0] != own, pair[0]))
    return ' + '.join(short_money(amount, code, locale) for code, amount in shown)


def value_text(_field: Any, value: Any) -> str:
    """The text of a presented value; templates call it."""
    shown: str = getattr(value, 'shown', '') or str(value)
    return shown


@dataclass(frozen=True)
class FieldView:
    """A field as templates see it; see web/macros/fields.html."""

    field: Field
    catalog: Catalog
    locale: str
    writable: bool = True
    creatable: frozenset[str] | None = None
    """Kinds of records that the person may make on the way; None where nobody asked."""
    required_now: bool | None = None
    ruled: bool = False
    """Whether rules decide about it; `hidden`, `locked` and `offered` say how it stands in the record being edited."""
    hidden: bool = False
    locked: bool = False
    offered: frozenset[str] | None = None
    kept_options: frozenset[str] = frozenset()
    """Refs of options that have a condition."""
    record_uid: str = ''
    record_fields: tuple[str, ...] = ()
    """Fields of the record being edited that decide which records may be linked."""
    row_rules: Mapping[str, Any] | None = None
    """Of lines in a form: what the browser needs to go on by itself in each row."""

    @property
    def key(self) -> str:
        return self.field.key

    @cached_property
    def label(self) -> str:
        return self.field.definition.label_in(self.locale)

    @property
    def help(self) -> str:
        return in_locale(self.field.definition.help, self.locale)

    @property
    def required(self) -> bool:
        return self.field.definition.required if self.required_now is None else self.required_now

    @property
    def read_only(self) -> bool:
        return not self.writable

    @property
    def standing(self) -> bool:
        """Whether forms only show it: computed, or never set by hand."""
        return not self.field.writable

    @property
    def computed(self) -> bool:
        return self.field.type.computed

    @property
    def type_key(self) -> str:
        return self.field.type.key

    @property
    def widget(self) -> str:
        return self.field.type.widget

    @property
    def numeric(self) -> bool:
        return self.field.type.numeric

    @property
    def sortable(self) -> bool:
        return self.field.type.sortable

    @cached_property
    def options(self) -> list[dict[str, Any]]:
        return [
            {'key': option.key, 'label': in_locale(option.label, self.locale) or option.key, 'hue': option.hue,
             'retired': option.retired, 'offered': option.ref not in self.kept_options or option.ref in (self.offered or ())}
            for option in self.field.definition.options
        ]  # fmt: skip

    @property
    def max_length(self) -> int | None:
        kind = self.field.type
        return int(self.field.definition.document.get('maxLength', kind.longest)) if isinstance(kind, Text) else None

    @property
    def scale(self) -> int | None:
        kind = self.field.type
        if isinstance(kind, MoneyType):
            return kind.places(self.field.definition)
        return self.field.definition.document.get('x-scale', 2) if kind.key in {'decimal', 'percent'} else None

    @property
    def uploads(self) -> Mapping[str, Any]:
        """Limits of a field of files; empty for others."""
        found = limits(self.field)
        return {**found, 'entity': self.field.entity_key} if found else {}

    @property
    def currency(self) -> str:
        return str(self.field.definition.document.get('x-currency', 'VND'))

    currencies = None
    placeholder = ''
    inputs: Mapping[str, str] | None = None

    @property
    def target(self) -> str:
        return self.field.definition.targets[0] if self.field.definition.targets else ''

    @property
    def targets(self) -> list[dict[str, str]]:
        return [
            {
                'key': target, 'label': self.catalog.entities[target].definition.label_in(self.locale),
                'remote_url': f'/{target}/choices{self._narrowed(target)}', 'create_url': self._create_url(target),
            }
            for target in self.field.definition.targets
            if target in self.catalog.entities
        ]  # fmt: skip

    def _narrowed(self, target: str) -> str:
        """What an address of choices ends with where not every record or person may be chosen."""
        return f'?for={self.field.entity_key}.{self.key}' if target in self.field.definition.option_filters else ''

    @property
    def remote_url(self) -> str:
        kind = self.field.type.key
        if kind in {'user', 'team'}:
            return f'/people/{kind}s/choices{self._narrowed(USER)}'
        return f'/{self.target}/choices{self._narrowed(self.target)}' if kind in {'link', 'links'} else ''

    @property
    def create_url(self) -> str:
        return self._create_url(self.target) if self.field.type.key in {'link', 'links'} else ''

    def _create_url(self, target: str) -> str:
        return f'/{target}/quick' if self.creatable is None or target in self.creatable else ''

    @property
    def create_label(self) -> str:
        target = self.catalog.entities.get(self.target)
        return in_sentence(target.definition.label_in(self.locale)) if target else ''

    @cached_property
    def columns(self) -> list[FieldView]:
        """The fields of a line, in a form as its rules say."""
        lines = self.field.lines
        if lines is None:
            return []
        views = [
            FieldView(each, self.catalog, self.locale, writable=each.writable, creatable=self.creatable)
            for each in lines.own_fields
        ]
        if self.row_rules is None:
            return views
        rules = rules_of(lines, self.catalog)
        narrowed = {key: tuple(sorted(record_names(*each.values()))) for key, each in rules.filters.items()}
        return [
            replace(
                each, ruled=each.key in rules.on_fields, record_fields=narrowed.get(each.key, ()), record_uid=self.record_uid
            )
            for each in views
        ]  # fmt: skip

    def row(self, mark: str) -> list[RowField]:
        """The fields of a line, named for one row of a form."""
        return [RowField(each, f'{self.key}.{mark}.{each.key}') for each in self.columns]

    @property
    def blank_line(self) -> dict[str, Any]:
        """The row that scripts copy: constants among the defaults stand in it."""
        defaults = {each.key: each.field.definition.default for each in self.columns}
        values = {key: default for key, default in defaults.items() if not isinstance(default, (Mapping, type(None)))}
        return {'uid': '', 'mark': ROW, 'values': values, 'errors': {}}

    @property
    def line_label(self) -> str:
        return self.field.lines.definition.label_in(self.locale) if self.field.lines else ''


class RowField:
    """A field of a line under the name that it has in one row of a form; `plain` is its own key."""

    def __init__(self, view: FieldView, name: str) -> None:
        self._view, self.key, self.plain = view, name, view.key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)


class Presenter:
    """Presents fields and records of one catalog to one person."""

    def __init__(self, catalog: Catalog, policy: Policy, reading: Reading) -> None:
        self.catalog, self.policy, self.reading = catalog, policy, reading
        self.locale = reading.locale
        self._views: dict[tuple[str, str], FieldView] = {}

    def field(self, entity: Entity, key: str) -> FieldView:
        """Made once: a page shows the same field again and again."""
        if (found := self._views.get((entity.key, key))) is None:
            field, writable = entity.fields[key], key in self.policy.writable(entity.key)
            found = FieldView(field, self.catalog, self.locale, writable=writable, creatable=self._creatable(field))
            self._views[entity.key, key] = found
        return found

    def _creatable(self, field: Field) -> frozenset[str]:
        parts = field.lines.own_fields if field.lines is not None else (field,)
        targets = {target for part in parts for target in part.definition.targets}
        return frozenset(target for target in targets if self.policy.scope('create', target) != 'none')

    def fields(self, entity: Entity, keys: Iterable[str]) -> list[FieldView]:
        """Those of the keys that exist and that the person may read, in order."""
        readable = self.policy.readable(entity.key)
        return [self.field(entity, key) for key in keys if key in entity.fields and key in readable]

    def value(self, field: Field, value: Any) -> Any:
        """A value for the display macros."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Link):
            return self.link(value)
        if is_attached(field):
            return shown_files(value, self.locale)
        if isinstance(value, (Links, Lines)):
            return self._collection(field, value, self.value)
        wire = field.wire(value)
        if isinstance(value, Money):
            return ShownMoney(
                wire, partial(field.type.text, field.definition, value, self.reading),
                partial(short_money, value.amount, value.currency, self.locale),
            )  # fmt: skip
        if isinstance(value, Address):
            place = ShownPlace(wire)
            place.shown = field.type.text(field.definition, value, self.reading)
            return place
        if isinstance(wire, (list, dict)) or field.type.key in {'picklist', 'stage'}:
            return wire
        text = field.type.text(field.definition, value, self.reading)
        return Shown.of(wire, text, self._short_date(value) if isinstance(value, date) else '')

    def _short_date(self, value: date) -> str:
        day = value.astimezone(self.reading.zone).date() if isinstance(value, datetime) else value
        here = self.reading.now.astimezone(self.reading.zone).year if self.reading.now else 0
        if day.year == here:
            return short_day_text(day, self.locale)
        return f'{short_day_text(day, "vi")}/{day.year % 100:02}' if self.locale == 'vi' else day_text(day, self.locale)

    def _collection(self, field: Field, value: Links | Lines, show: Any) -> Any:
        if isinstance(value, Links):
            return shown_links(value, self.link)
        kind: Any = field.type
        return shown_lines(field, value, show, lambda line: kind.line_text(field.definition, line, self.reading))

    def link(self, link: Link) -> dict[str, Any]:
        if link.hidden:
            return {'hidden': True}
        person = link.entity in {USER, TEAM}
        return {
            'uid': link.uid,
            'label': link.label or '…',
            'target': link.entity,
            'href': '' if person else f'/{link.entity}/{link.uid}',
            'hue': hue_of(link.uid or link.label),
            'deleted': link.deleted,
        }

    def record(self, record: Record) -> dict[str, Any]:
        """`{field key: presented value}`."""
        fields = record.entity.fields
        return {key: self.value(fields[key], value) for key, value in record.values.items()}

    def inputs(self, record: Record) -> dict[str, Any]:
        """`{field key: value for the input macros}`: wire values, instants local to the person."""
        return {key: self.input_value(record.entity.fields[key], value) for key, value in record.values.items()}

    def input_value(self, field: Field, value: Any) -> Any:
        if isinstance(value, Link):
            return self.link(value)
        if isinstance(value, datetime):
            local = value.astimezone(self.reading.zone)
            return local.strftime('%Y-%m-%dT%H:%M:%S' if local.second else '%Y-%m-%dT%H:%M')
        if field.type.key in {'phone', 'duration'}:
            return field.type.text(field.definition, value, self.reading)
        if value is not None and is_attached(field):
            return shown_files(value, self.locale)
        if field.is_collection and field.key not in self.policy.writable(field.entity_key):
            return self.value(field, value)
        if field.type.key == 'links':
            chosen = shown_links(value, self.link) if value is not None else ShownLinks()
            chosen.was = ' '.join(each['uid'] for each in chosen)
            return chosen
        if isinstance(value, Lines):
            return self._collection(field, value, self._cell_value)
        return field.wire(value)

    def _cell_value(self, field: Field, value: Any) -> Any:
        """Of a line in a form: computed cells are only shown."""
        return self.input_value(field, value) if field.writable else self.value(field, value)


def card_hue(record: Record) -> int:
    return hue_of(record.uid[-6:])


def stage_view(stage: StageDef, locale: str) -> dict[str, Any]:
    """A stage for paths, boards and menus."""
    return {
        'key': stage.key, 'ref': stage.ref, 'label': in_locale(stage.label, locale) or stage.key, 'hue': stage.hue or 1,
        'category': stage.category, 'probability': stage.probability, 'group': stage.group,
        'rotting_days': stage.rotting_days,
    }  # fmt: skip


def form_rows(fields: Sequence[FieldView], columns: int = 2) -> list[list[FieldView]]:
    """Short fields beside each other, so many to a row; long ones alone."""
    rows: list[list[FieldView]] = []
    waiting: list[FieldView] = []
    for field in fields:
        alone = field.widget in {
            'long_text',
            'rich_text',
            'address',
            'tags',
            'link_any',
            'multi_picklist',
            'file',
            'image',
            'links',
            'lines',
        }
        if alone:
            rows += [waiting] if waiting else []
            rows.append([field])
            waiting = []
        else:
            waiting = [*waiting, field]
            if len(waiting) == columns:
                rows.append(waiting)
                waiting = []
    return rows + ([waiting] if waiting else [])
