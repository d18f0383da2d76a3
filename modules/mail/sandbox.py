"""The language of mail templates: Jinja without calls, assignments or imports, so that no text can run away.

An admin's template can only read merge fields, choose, repeat and format. What it costs is bounded: lists have at most
`MOST_ROWS` entries, every turn of a loop yields a piece, and whoever fills a template counts pieces (`pieces_of`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.base.money import Money
from schema.definitions import FieldDef
from schema.fieldtypes.base import FieldType, Reading
from schema.fieldtypes.days import DAY_PATTERNS
from schema.merging import UNREADABLE

READING = '_reading'  # names with a leading underscore are out of a template's reach
DEEPEST_LOOP = 2
MOST_ROWS = 200
MOST_JOINED = 200
DEEPEST_NODE, MOST_DEPTH = 30, 40_000  # the compiler's time grows with the square of the depth of what it compiles
LONGEST_VALUE = 100_000
MOST_WORK, FEWEST_PIECES = 20_000_000, 1_000
PLAIN_FILTERS = ('capitalize', 'd', 'default', 'lower', 'title', 'trim', 'upper')
JINJAS_OWN = ('self', 'super', 'caller', 'varargs', 'kwargs')
LOOP_WORDS = ('index', 'index0', 'first', 'last', 'length')
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.CondExpr, nodes.For, nodes.Filter, nodes.Test, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand,
    nodes.Concat, nodes.List, nodes.Tuple, nodes.Neg, nodes.Keyword,
)  # fmt: skip


class UnknownName(Exception):
    """A template asks for a merge field that there is not. `known` are the names that stand in its place."""

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        super().__init__(name)
        self.name, self.known = name, known


class Fields:
    """Merge fields by name: `record.full_name`. Not a dict, whose methods would hide fields called `items` or `copy`."""

    __slots__ = ('_values',)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise UnknownName(name, tuple(self._values)) from None

    def __str__(self) -> str:
        raise TypeError('name one of its fields')


class Shown(str):
    """A field's text for its reader, which still knows the value for filters, and what stands behind a link or in a list."""

    _field: FieldDef
    _value: Any
    _behind: Fields | None = None
    _rows: Sequence[Fields] | None = None

    @classmethod
    def of(cls, field: FieldDef, field_type: FieldType, value: Any, reading: Reading) -> Shown:
        text = getattr(value, 'label', None)
        shown = cls((field_type.text(field, value, reading) if text is None else text)[:LONGEST_VALUE])
        shown._field, shown._value = field, value
        return shown

    @classmethod
    def listed(cls, rows: Sequence[Fields], text: str = '') -> Shown:
        """A list to be repeated; true when it has any rows."""
        shown = cls(text)
        shown._rows, shown._value = rows, None
        return shown

    def with_behind(self, behind: Fields) -> Shown:
        self._behind = behind
        return self

    def with_rows(self, rows: Sequence[Fields]) -> Shown:
        self._rows = rows
        return self

    def __bool__(self) -> bool:
        return bool(self._rows) if self._rows is not None else len(self) > 0


class MailEnvironment(ImmutableSandboxedEnvironment):
    """Nothing global, a dozen filters, names that must exist."""

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, undefined=StrictUndefined, keep_trailing_newline=True)
        self.globals = {}
        self.filters = {name: FILTERS[name] for name in PLAIN_FILTERS}
        self.filters.update(date=day, time=clock_time, datetime=moment, weekday=weekday, money=money, number=number)
        self.filters.update(length=length, count=length, first=first, last=last, _rows=rows)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False  # fields are items; attributes of Python's own types are nobody's business

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._read(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, int) and isinstance(obj, Shown) and obj._rows is not None and -1 <= argument < len(obj._rows):
            return obj._rows[argument]
        return self._read(obj, argument)

    def _read(self, holder: Any, name: Any) -> Any:
        """A merge field, one behind a link, or where a loop stands; never an attribute of anything else."""
        if isinstance(holder, Undefined):
            holder._fail_with_undefined_error()
        if isinstance(holder, Fields):
            return holder[str(name)]
        if isinstance(holder, Shown) and holder._behind is not None:
            return holder._behind[str(name)]
        if isinstance(holder, LoopContext) and name in LOOP_WORDS:
            return getattr(holder, name)
        raise UnknownName(str(name)[:60])


@lru_cache(maxsize=512)
def compile_text(source: str, *, html: bool, pointer: str = '') -> Template:
    """Raises: Invalid WFL-E102 when it cannot be read, WFL-E103 when it uses what mails may not."""
    environment = _HTML if html else _PLAIN
    try:
        tree = environment.parse(source)
        for line, name in (*_too_deep(tree), *_forbidden(tree, 0)):
            raise Invalid(finding('WFL-E103', pointer, line=line, name=name))
        most = _bound(tree)
        made = environment.from_string(tree)
    except Invalid:
        raise
    except UNREADABLE as error:
        raise Invalid(finding('WFL-E102', pointer, line=getattr(error, 'lineno', 1), reason=str(error)[:200])) from error
    made.most_pieces = most  # type: ignore[attr-defined]
    return made


def pieces_of(template: Template, names: dict[str, Any]) -> Iterator[str]:
    """The filled template piece by piece. Raises: OverflowError when it goes on for too long."""
    most: int = getattr(template, 'most_pieces', FEWEST_PIECES)
    for number, piece in enumerate(template.generate(names)):
        if number >= most:
            raise OverflowError('it repeats too much')
        yield piece


def _forbidden(node: nodes.Node, depth: int) -> Iterator[tuple[int, str]]:
    depth += isinstance(node, nodes.For)
    if not isinstance(node, ALLOWED) or _is_vast(node):
        yield node.lineno, type(node).__name__
    elif depth > DEEPEST_LOOP:
        yield node.lineno, 'For'
    elif isinstance(node, (nodes.Filter, nodes.Name)) and (node.name.startswith('_') or node.name in JINJAS_OWN):
        yield node.lineno, node.name[:60]
    else:
        for child in node.iter_child_nodes():
            yield from _forbidden(child, depth)


def _too_deep(tree: nodes.Template) -> list[tuple[int, str]]:
    """The first line on which expressions stand too deep in each other, or are too many together."""
    total = 0
    left: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while left:
        node, depth = left.pop()
        total += depth
        if depth > DEEPEST_NODE or total > MOST_DEPTH:
            return [(node.lineno, type(node).__name__)]
        left += [(child, depth + 1) for child in node.iter_child_nodes()]
    return []


def _is_vast(node: nodes.Node) -> bool:
    """Texts joined by the hundred, or a loop that calls itself."""
    if isinstance(node, nodes.Concat):
        return sum(len(each.nodes) for each in [node, *node.find_all(nodes.Concat)]) > MOST_JOINED
    return isinstance(node, nodes.For) and bool(node.recursive)


def _bound(tree: nodes.Template) -> int:
    """Make every loop count and end: it goes over a list of ours and yields a piece at each turn. The answer is how many pieces
    the template may have; the longer it is, the fewer."""
    weight = 1
    for node in tree.find_all(nodes.Node):
        weight += 1
        if isinstance(node, nodes.For):
            weight += MOST_ROWS * sum(1 for _ in node.test.find_all(nodes.Node)) if node.test else 0
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, '_rows', [], [], None, None, lineno=loop.lineno)
        loop.body.insert(0, nodes.Output([nodes.TemplateData('', lineno=loop.lineno)], lineno=loop.lineno))
    return max(MOST_WORK // weight, FEWEST_PIECES)


def rows(value: Any) -> list[Any]:
    """What a loop goes over: the rows of a merge field, or a short list that is written down. Raises: TypeError."""
    if isinstance(value, Shown) and value._rows is not None:
        return list(value._rows[:MOST_ROWS])
    if isinstance(value, (list, tuple)):
        return list(value[:MOST_ROWS])
    raise TypeError('only lists can be repeated')


def length(value: Any) -> int:
    return len(value._rows) if isinstance(value, Shown) and value._rows is not None else len(value)


def first(value: Any) -> Any:
    found = rows(value)
    return found[0] if found else ''


def last(value: Any) -> Any:
    found = rows(value)
    return found[-1] if found else ''


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


@pass_context
def money(context: Context, shown: Any, currency: str = 'VND') -> str:
    """`{{ record.amount | money }}` in the reader's way; a plain number takes the currency that is named."""
    value: Any = getattr(shown, '_value', shown)
    if isinstance(value, Money):
        currency, value = value.currency, value.amount
    amount = _amount(value)
    return format_currency(amount, str(currency)[:3], locale=context[READING].locale) if amount is not None else ''


@pass_context
def number(context: Context, shown: Any) -> str:
    """`{{ record.quantity | number }}` with the reader's separators."""
    value = getattr(shown, '_value', shown)
    amount = _amount(value.amount if isinstance(value, Money) else value)
    return format_decimal(amount, locale=context[READING].locale) if amount is not None else ''


def _amount(value: Any) -> Decimal | int | float | None:
    return value if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool) else None


def _moment_of(context: Context, shown: Any) -> tuple[date | None, Reading]:
    reading: Reading = context[READING]
    value = getattr(shown, '_value', None)
    if isinstance(value, datetime):
        return value.astimezone(reading.zone), reading
    return (value if isinstance(value, date) else None), reading


_HTML = MailEnvironment(autoescape=True)
_PLAIN = MailEnvironment(autoescape=False)
