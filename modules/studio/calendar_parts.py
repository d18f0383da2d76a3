"""How records of an entity stand in the calendar: what its form offers, and the keyword that it makes.

Refuses nothing: that is the checks' work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from modules.studio.forms import Form
from modules.studio.presenting import Bench
from schema.base.findings import escape_pointer
from schema.checks.calendars import TYPES
from schema.definitions import Document

KEYWORD = 'x-calendar'
ENDS = ('done', 'cancelled')
Choice = dict[str, Any]


def calendar_part(form: Form, former: Any) -> dict[str, Any] | None:
    """The keyword as the form says it, None without a kind. What the form does not show stays as it was."""
    kind = form.get('kind', '')
    if not kind:
        return None
    made = dict(former) if isinstance(former, Mapping) else {}
    said: dict[str, Any] = {'kind': kind, **{name: form[name].strip() or None for name in TYPES if name in form}}
    status = said.get('status')
    if 'status' in form:
        said |= {end: _options(form.getlist(f'{end}.{status}'), made.get(end)) for end in ENDS}
    for name, value in said.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = value
    return made


def _options(picked: Sequence[str], former: Any) -> list[str] | None:
    """Those that were there in their order, new ones behind them."""
    before = [each for each in former if isinstance(each, str)] if isinstance(former, list) else []
    made = [*(key for key in before if key in picked), *(key for key in picked if key not in before)]
    return made or ([] if former == [] else None)


def calendar_view(desk: Bench, document: Document) -> dict[str, Any]:
    """`{kind, inputs, states, at}`: selects of fields, options of each field that may be the status, problems by keyword."""
    part = document.get(KEYWORD)
    part = part if isinstance(part, Mapping) else {}
    words = input_words()
    inputs = {
        name: {'name': name, 'label': words[name][0], 'hint': words[name][1], 'value': part.get(name, ''),
               'needed': name == 'start', 'choices': list(_choices(desk, document, name, part.get(name)))}
        for name in TYPES
    }  # fmt: skip
    states = [
        {'field': each['key'], 'label': each['label'], 'on': each['key'] == part.get('status'),
         'options': list(_states(desk, document, each['key'], part))}
        for each in inputs['status']['choices']
    ]  # fmt: skip
    start = f'/entities/{escape_pointer(document["x-key"])}/{KEYWORD}/'
    at: dict[str, Any] = {}
    for problem in desk.problems:
        if problem['pointer'].startswith(start):
            at.setdefault(problem['pointer'].removeprefix(start).split('/')[0], problem)
    return {'kind': part.get('kind', ''), 'inputs': inputs, 'states': states, 'at': at}


def _choices(desk: Bench, document: Document, name: str, chosen: Any) -> Iterator[Choice]:
    """Fields of a type that can play the part; the one that is chosen in any case."""
    fields = document.get('properties', {})
    for key, field in fields.items():
        kind = field.get('x-type')
        fits = kind in TYPES[name] and (kind != 'lines' or _has_people(field))
        if fits or key == chosen:
            yield {'key': key, 'label': desk.label(field, key)}
    if chosen and chosen not in fields:
        yield {'key': chosen, 'label': str(chosen)}


def _has_people(field: Document) -> bool:
    columns = field.get('x-lines', {}).get('properties', {})
    return any(each.get('x-type') == 'user' for each in columns.values())


def _states(desk: Bench, document: Document, field: str, part: Mapping[str, Any]) -> Iterator[Choice]:
    """Options of a field with what each of them means today; one that is named and not there comes last."""
    of = document.get('properties', {}).get(field, {})
    listed = list(of.get('x-options', ()))
    if of.get('x-type') == 'stage':
        listed = [stage for line in document.get('x-pipelines', ()) for stage in line.get('stages', ())]
    named = {end: part.get(end) or [] for end in ENDS} if field == part.get('status') else dict.fromkeys(ENDS, ())
    known = {each['key'] for each in listed}
    gone = [key for key in dict.fromkeys([*named['done'], *named['cancelled']]) if key not in known]
    for option in [*listed, *({'key': key} for key in gone)]:
        means = {end: option['key'] in named[end] for end in ENDS}
        if not option.get('retired') or any(means.values()):
            yield {'key': option['key'], 'label': desk.label({'x-label': option.get('label', {})}, option['key']), **means}


def kind_words() -> list[Choice]:
    return [
        {'key': '', 'label': _('They do not stand in the calendar')},
        {'key': 'appointment', 'label': _('As appointments, which take time')},
        {'key': 'task', 'label': _('As tasks, which are due')},
    ]


def input_words() -> dict[str, tuple[str, str]]:
    """`(label, hint)` of each select."""
    return {
        'start': (_('It begins, or is due'), ''),
        'end': (_('It ends'), _('Of the same type as the beginning.')),
        'all_day': (_('It lasts all day when this is ticked'), ''),
        'status': (_('How it stands'), ''),
        'place': (_('Where it takes place'), ''),
        'participants': (_('Colleagues who take part'), _('Lines with a person, or links.')),
        'guests': (_('Guests from outside'), ''),
        'repeat': (_('How it repeats'), _('A text that the calendar keeps the rule in.')),
        'remind_minutes': (_('Reminded so many minutes before'), ''),
        'remind_by': (_('Reminded by'), _('A field of several options: popup and email.')),
    }
