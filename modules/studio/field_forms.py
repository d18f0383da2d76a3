"""The field editor's form to the keywords of a property, type by type. What is left blank comes as None: it is meant to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import g, has_request_context

from modules.studio.forms import REMEMBERED, Form, condition, given, hue, kept_texts, key_of, number, pair, rows, texts
from modules.web.failures import locale
from schema.definitions import Document
from schema.fieldtypes.days import parse_day, parse_moment, parse_time
from schema.fieldtypes.lines import UNFIT
from schema.fieldtypes.numeric import parse_number
from schema.fieldtypes.registry import FIELD_TYPES

SWITCHES = ('x-search', 'x-unique', 'readOnly')
LOGIC = ('x-required-if', 'x-visible-if', 'x-read-only-if')
NUMBERS = ('minLength', 'maxLength', 'minimum', 'maximum', 'x-scale', 'x-max', 'x-max-size')
COMPUTED = frozenset({'formula', 'rollup', 'through', 'autonumber'})
LAYOUTS = ('list', 'card', 'quick', 'form')
RESULTS = ('text', 'integer', 'decimal', 'money', 'percent', 'boolean', 'date', 'datetime')
FUNCTIONS = ('count', 'sum', 'min', 'max', 'avg')
GROUPS: Mapping[str, tuple[str, ...]] = {
    'text': ('text', 'long_text', 'rich_text', 'email', 'phone', 'url', 'address'),
    'number': ('integer', 'decimal', 'money', 'percent', 'rating', 'duration'),
    'choice': ('picklist', 'multi_picklist', 'tags', 'boolean'),
    'time': ('date', 'datetime', 'time'),
    'link': ('link', 'links', 'link_any', 'lines', 'user', 'team'),
    'file': ('file', 'image'),
    'computed': ('autonumber', 'formula', 'rollup', 'through'),
}
"""Field types by the heading under which Studio offers them; those of no group come last."""
WHEN: Mapping[str, Callable[[str], str | None]] = {'date': parse_day, 'datetime': parse_moment, 'time': parse_time}
LINE_TYPES = frozenset(FIELD_TYPES.keys()) - UNFIT


def field_types() -> list[tuple[str, tuple[str, ...]]]:
    """`(group, types)` of what this product has, stages apart: they come with pipelines."""
    there = [kind for kind in FIELD_TYPES.keys() if kind != 'stage']  # noqa: SIM118 - a registry iterates over its entries
    grouped = [(name, tuple(kind for kind in kinds if kind in there)) for name, kinds in GROUPS.items()]
    others = tuple(kind for kind in there if not any(kind in kinds for kinds in GROUPS.values()))
    return [each for each in [*grouped, ('other', others)] if each[1]]


def field_part(form: Form, former: Document) -> dict[str, Any]:
    """The keywords that the editor shows for the type chosen; None for one that is left blank."""
    kind = form.get('type', former.get('x-type', 'text'))
    part: dict[str, Any] = {
        'x-type': kind, 'x-label': kept_texts(form, 'label', former.get('x-label')) or {},
        'x-help': kept_texts(form, 'help', former.get('x-help')),
    }  # fmt: skip
    for keyword in SWITCHES:
        part[keyword] = True if form.get(keyword) == '1' else (False if former.get(keyword) is False else None)
    for keyword in LOGIC:
        if keyword in form:
            part[keyword] = condition(form[keyword])
    if form.get('hidden_in.sent'):
        part['x-hidden-in'] = [name for name in LAYOUTS if name in form.getlist('hidden_in')] or None
    part.update(_settings(kind, form, former))
    if form.get('default.kind') is not None and kind not in COMPUTED:
        part['x-default'] = default_part(kind, form)
    return part


def _settings(kind: str, form: Form, former: Document) -> dict[str, Any]:
    part: dict[str, Any] = {}
    for keyword in NUMBERS:
        if keyword in form:
            part[keyword] = number(_plain(form[keyword]))
    if 'pattern' in form:
        part['pattern'] = form['pattern'].strip() or None
    for own in (kind, str(form.get('result', '')) if kind == 'formula' else ''):
        if reader := READERS.get(own):
            part.update(reader(form, former))
    return part


def _money(form: Form, former: Document) -> dict[str, Any]:
    usual = g.installation.default_currency if has_request_context() else 'VND'
    return {'x-currency': form.get('currency') or former.get('x-currency') or usual}


def _link(form: Form, former: Document) -> dict[str, Any]:
    part = {'x-target': form.get('target') or former.get('x-target', '')}
    if 'on_delete' in form:
        part['x-on-delete'] = form['on_delete'] or None
    return {**part, **_option_filter(form)}


def _option_filter(form: Form, former: Document | None = None) -> dict[str, Any]:
    return {'x-option-filter': condition(form['x-option-filter'])} if 'x-option-filter' in form else {}


def _link_any(form: Form, former: Document) -> dict[str, Any]:
    targets = form.getlist('targets') or list(former.get('x-targets', ()))
    filters = dict(former.get('x-option-filters', {}))
    for target in targets:
        if (typed := form.get(f'x-option-filters.{target}')) is not None:
            filters[target] = condition(typed)
    kept = {target: filters[target] for target in targets if filters.get(target)}
    part: dict[str, Any] = {'x-targets': targets, 'x-option-filters': kept or None}
    return {**part, 'x-on-delete': form['on_delete'] or None} if 'on_delete' in form else part


def _options(form: Form, former: Document) -> dict[str, Any]:
    return {'x-options': option_parts(form, former.get('x-options', ()))}


def option_parts(form: Form, former: Any = ()) -> list[dict[str, Any]]:
    """Rows `option.ref`, `.key`, `.vi`, `.en`, `.hue`, `.retired`, `.if`, then one for each pasted line that is not there yet
    (`Tiếng Việt | English`). Rows without any label are left out."""
    by_ref = {each.get('ref'): each for each in former if each.get('ref')}
    options: list[dict[str, Any]] = []
    for row in rows(form, 'option', ('ref', 'key', 'vi', 'en', 'hue', 'retired', 'if')) or rows(
        form, 'option', ('ref', 'key', 'vi', 'en', 'hue')
    ):
        label = pair(row['vi'], row['en'])
        if not label:
            continue
        others = {name: text for name, text in by_ref.get(row['ref'], {}).get('label', {}).items() if name not in ('vi', 'en')}
        made = given(
            key=row['key'].strip() or key_of(label, {each['key'] for each in options}, 'option'), label={**label, **others},
            ref=row['ref'] or None, hue=hue(row['hue']), retired=True if row.get('retired') == '1' else None,
        )  # fmt: skip
        if limit := condition(row.get('if', '')):
            made['if'] = limit
        made |= {keyword: each for keyword in REMEMBERED if (each := by_ref.get(row['ref'], {}).get(keyword))}
        options.append(made)
    return [*options, *_pasted(form.get('paste', ''), options)]


def _pasted(text: str, there: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {word.casefold() for option in there for word in option['label'].values()}
    taken = {option['key'] for option in there}
    made = []
    for line in text.splitlines():
        vi, _, en = (part.strip() for part in line.replace('\t', '|').partition('|'))
        label = pair(vi, en or vi)
        if not label or vi.casefold() in known:
            continue
        key = key_of(label, taken, 'option')
        taken.add(key)
        known.add(vi.casefold())
        made.append({'key': key, 'label': label, 'hue': (len(there) + len(made)) % 10 + 1})
    return made


def _autonumber(form: Form, former: Document) -> dict[str, Any]:
    return {'x-pattern': form.get('x-pattern', '').strip() or None}


def _formula(form: Form, former: Document) -> dict[str, Any]:
    return {'x-formula': form.get('x-formula', '').strip(), 'x-result': form.get('result') or former.get('x-result', 'text')}


def _rollup(form: Form, former: Document) -> dict[str, Any]:
    kind, _, place = form.get('rollup.from', '').partition(':')
    rollup: dict[str, Any] = {'function': form.get('rollup.function', 'count')}
    if kind == 'lines':
        rollup = {'lines': place, **rollup}
    else:
        entity, _, field = place.partition('.')
        rollup = {'entity': entity, 'field': field, **rollup}
    if rollup['function'] != 'count' and form.get('rollup.of'):
        rollup['of'] = form['rollup.of']
    if limit := condition(form.get('rollup.condition', '')):
        rollup['condition'] = limit
    return {'x-rollup': rollup, 'x-currency': form.get('currency') or None}


def _through(form: Form, former: Document) -> dict[str, Any]:
    return {'x-through': {'link': form.get('through.link', ''), 'field': form.get('through.field', '')}}


def _file(form: Form, former: Document) -> dict[str, Any]:
    accepted = [each.strip() for each in form.get('x-accept', '').replace('\n', ',').split(',') if each.strip()]
    return {'x-accept': accepted or None, 'x-many': True if form.get('x-many') == '1' else None}


def _lines(form: Form, former: Document) -> dict[str, Any]:
    lines = dict(former.get('x-lines', {}))
    before: dict[str, Any] = dict(lines.get('properties', {}))
    fields: dict[str, Any] = {}
    for row in rows(form, 'line', ('former', 'vi', 'en', 'type')):
        label = pair(row['vi'], row['en'])
        if not label:
            continue
        old = before.get(row['former'], {})
        key = row['former'] or key_of(label, {*fields, *before}, 'column')
        kept = old if old.get('x-type', row['type']) == row['type'] else {'x-ref': old['x-ref']} if 'x-ref' in old else {}
        fields[key] = {**_line_start(row['type']), **kept, 'x-type': row['type'], 'x-label': label}
    required = [key for key in fields if key in form.getlist('line.required') or key in _typed_required(form, fields)]
    label = texts(form, 'line_label') or lines.get('label')
    return {'x-lines': {**given(label=label), 'properties': fields, **({'required': required} if required else {})}}


def _typed_required(form: Form, fields: Mapping[str, Any]) -> list[str]:
    """Required rows that had no key yet come by their number."""
    keys = list(fields)
    return [keys[int(each[1:])] for each in form.getlist('line.required') if each.startswith('@') and int(each[1:]) < len(keys)]


def _line_start(kind: str) -> dict[str, Any]:
    """What a new column of lines begins with, so that it is whole at once where that is possible."""
    return {'money': {'x-currency': 'VND'}, 'decimal': {'x-scale': 2}}.get(kind, {})


Reader = Callable[[Form, Document], dict[str, Any]]
READERS: Mapping[str, Reader] = {
    'money': _money, 'link': _link, 'links': _link, 'link_any': _link_any, 'user': lambda form, former: _option_filter(form),
    'picklist': _options, 'multi_picklist': _options, 'autonumber': _autonumber, 'formula': _formula, 'rollup': _rollup,
    'through': _through, 'file': _file, 'image': _file, 'lines': _lines,
}  # fmt: skip


def default_part(kind: str, form: Form) -> Any:
    """What a new record starts with; None for nothing."""
    chosen = form.get('default.kind', '')
    if chosen in {'today', 'now', 'me'}:
        return {chosen: True}
    if chosen == 'formula':
        return {'formula': form.get('default.formula', '').strip()}
    if chosen == 'kept':
        return condition(form.get('default.kept', ''))
    if chosen != 'constant':
        return None
    if kind in {'multi_picklist', 'tags'}:
        return form.getlist('default.values') or [
            each.strip() for each in form.get('default.value', '').split(',') if each.strip()
        ]
    typed = form.get('default.value', '').strip()
    if kind == 'boolean':
        return typed == 'true'
    if kind == 'money':
        return {'amount': _plain(typed), 'currency': form.get('currency') or 'VND'} if typed else None
    if kind in WHEN:
        return WHEN[kind](typed) or typed or None
    if kind in {'integer', 'rating'}:
        return number(_plain(typed))
    return (_plain(typed) if kind in {'decimal', 'percent'} else typed) or None


def _plain(text: str) -> str:
    """A number with the marks of the page's language as a plain decimal; what is none as it was typed."""
    return parse_number(text.strip(), locale() if has_request_context() else 'vi')
