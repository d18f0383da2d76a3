"""The language of mail templates: Jinja without calls, assignments or imports, so that no text can run away.

An admin's template can only read merge fields, choose, repeat and format; what it costs is bounded by its own length.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_datetime, format_time
from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.definitions import FieldDef
from schema.fieldtypes.base import FieldType, Reading
from schema.fieldtypes.days import DAY_PATTERNS

READING = '_reading'  # names with a leading underscore are out of a template's reach
DEEPEST_LOOP = 2
PLAIN_FILTERS = ('capitalize', 'd', 'default', 'first', 'last', 'length', 'lower', 'title', 'trim', 'upper')
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.CondExpr, nodes.For, nodes.Filter, nodes.Test, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand,
    nodes.Concat, nodes.List, nodes.Tuple, nodes.Neg, nodes.Keyword,
)  # fmt: skip


class UnknownName(Exception):
    """A template asks for a merge field that there is not."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Shown(str):
    """A field's text for its reader, which still knows the value for filters."""

    _field: FieldDef
    _value: Any

    @classmethod
    def of(cls, field: FieldDef, field_type: FieldType, value: Any, reading: Reading) -> Shown:
        text = getattr(value, 'label', None)
        shown = cls(field_type.text(field, value, reading) if text is None else text)
        shown._field, shown._value = field, value
        return shown


class Fields:
    """Merge fields by name: `record.full_name`. Not a dict, whose methods would hide fields called `items` or `copy`."""

    __slots__ = ('_values',)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise UnknownName(name) from None


class MailEnvironment(ImmutableSandboxedEnvironment):
    """Nothing global, a dozen filters, names that must exist."""

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, undefined=StrictUndefined, keep_trailing_newline=True)
        self.globals = {}
        self.filters = {name: FILTERS[name] for name in PLAIN_FILTERS}
        self.filters.update(date=day, time=clock_time, datetime=moment, weekday=weekday)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False  # fields are items; attributes of Python's own types are nobody's business


@lru_cache(maxsize=512)
def compile_text(source: str, *, html: bool, pointer: str = '') -> Template:
    """Raises: Invalid WFL-E102 when it cannot be read, WFL-E103 when it uses what mails may not."""
    environment = _HTML if html else _PLAIN
    try:
        tree = environment.parse(source)
        for line, name in _forbidden(tree, 0):
            raise Invalid(finding('WFL-E103', pointer, line=line, name=name))
        return environment.from_string(tree)
    except Invalid:
        raise
    except Exception as error:
        raise Invalid(finding('WFL-E102', pointer, line=getattr(error, 'lineno', 1), reason=str(error)[:200])) from error


def _forbidden(node: nodes.Node, depth: int) -> Iterator[tuple[int, str]]:
    depth += isinstance(node, nodes.For)
    if not isinstance(node, ALLOWED):
        yield node.lineno, type(node).__name__
    elif depth > DEEPEST_LOOP:
        yield node.lineno, 'For'
    else:
        for child in node.iter_child_nodes():
            yield from _forbidden(child, depth)


@pass_context
def day(context: Context, shown: Any) -> str:
    """`{{ record.starts_at | date }}`: the calendar day for the reader."""
    value, reading = _moment_of(context, shown)
    pattern = DAY_PATTERNS.get(reading.locale, 'medium')
    return format_date(value, pattern, locale=reading.locale) if value is not None else ''


@pass_context
def clock_time(context: Context, shown: Any) -> str:
    """Hours and minutes; empty for a value without a time of day."""
    value, reading = _moment_of(context, shown)
    return format_time(value, 'HH:mm', locale=reading.locale) if isinstance(value, datetime) else ''


@pass_context
def moment(context: Context, shown: Any) -> str:
    value, reading = _moment_of(context, shown)
    if not isinstance(value, datetime):
        return format_date(value, DAY_PATTERNS.get(reading.locale, 'medium'), locale=reading.locale) if value else ''
    return format_datetime(value, f'{DAY_PATTERNS.get(reading.locale, "dd/MM/yyyy")} HH:mm', locale=reading.locale)


@pass_context
def weekday(context: Context, shown: Any) -> str:
    """`Thứ Hai`, `Monday`."""
    value, reading = _moment_of(context, shown)
    return format_date(value, 'EEEE', locale=reading.locale) if value is not None else ''


def _moment_of(context: Context, shown: Any) -> tuple[date | None, Reading]:
    reading: Reading = context[READING]
    value = getattr(shown, '_value', None)
    if isinstance(value, datetime):
        return value.astimezone(reading.zone), reading
    return (value if isinstance(value, date) else None), reading


_HTML = MailEnvironment(autoescape=True)
_PLAIN = MailEnvironment(autoescape=False)
