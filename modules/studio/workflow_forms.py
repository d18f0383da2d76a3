"""Reads the forms of triggers and steps, input by input, by the table of shapes. Refuses nothing: that is the checks' work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from modules.studio.answering import wire_of
from modules.studio.forms import Form, condition, kept_texts, number, rows
from modules.studio.workflow_shapes import Input
from schema.base.text import fold
from schema.definitions import Document
from schema.fieldtypes.days import parse_time

UNITS = ('minutes', 'hours', 'days', 'working_hours', 'working_days')
Properties = Mapping[str, Document]
"""The fields that values of a step are written to, by key."""
Reader = Callable[[Form, Input, Any], Any]


def keywords_of(form: Form, inputs: Iterable[Input], former: Document, properties: Properties) -> dict[str, Any]:
    """What the form says of each input; None for one that is left blank. Inputs that the form does not show stay away."""
    made: dict[str, Any] = {}
    for each in inputs:
        if f'{each.name}.sent' not in form:
            continue
        if each.kind in {'values', 'values_sent'}:
            made[each.name] = values_part(form, each.name, properties)
        elif each.kind == 'cases':
            made[each.name] = cases_part(form, former.get('cases', ()))
        else:
            made[each.name] = READERS.get(each.kind, _text)(form, each, former.get(each.name))
    return made


def values_part(form: Form, name: str, properties: Properties) -> dict[str, Any] | None:
    """Rows `field`, `how`, `said`: a constant as it is typed, `from` a field, or so many days from today."""
    made: dict[str, Any] = {}
    for row in rows(form, name, ('field', 'how', 'said', 'source')):
        if not row['field']:
            continue
        if row['how'] == 'from':
            made[row['field']] = {'from': row['source']}
        elif row['how'] == 'today':
            made[row['field']] = {'today': number(row['said']) or 0}
        else:
            made[row['field']] = constant(properties.get(row['field'], {}), row['said'])
    return made or None


def constant(part: Document, typed: str) -> Any:
    """A typed text as the wire value of a field; JSON where the field holds more than one thing."""
    text, kind = typed.strip(), part.get('x-type')
    if text[:1] in '[{' and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    if kind == 'tags':
        return _words_of(text)
    return wire_of(part, text)


def cases_part(form: Form, former: Any) -> list[dict[str, Any]]:
    """The ways of a branch with what they are called and when they are taken; their steps stay."""
    made = []
    for place, case in enumerate(former):
        label = kept_texts(form, f'case.{place}.label', case.get('label'))
        changed = {**case, 'condition': condition(form.get(f'case.{place}.condition', '')) or {'all': []}}
        made.append({**changed, 'label': label} if label else {name: part for name, part in changed.items() if name != 'label'})
    return made


def _text(form: Form, each: Input, former: Any) -> Any:
    return form.get(each.name, '').strip() or None


def _time(form: Form, each: Input, former: Any) -> Any:
    text = form.get(each.name, '').strip()
    return parse_time(text) or text or None


def _number(form: Form, each: Input, former: Any) -> Any:
    return number(form.get(each.name, ''))


def _switch(form: Form, each: Input, former: Any) -> Any:
    return True if form.get(each.name) == '1' else (False if former is False else None)


def _switch_on(form: Form, each: Input, former: Any) -> Any:
    return (True if former is True else None) if form.get(each.name) == '1' else False


def _texts(form: Form, each: Input, former: Any) -> Any:
    return kept_texts(form, each.name, former)


def _list(form: Form, each: Input, former: Any) -> Any:
    return [chosen for chosen in form.getlist(each.name) if chosen] or None


def _words(form: Form, each: Input, former: Any) -> Any:
    return _words_of(form.get(each.name, '')) or None


def _condition(form: Form, each: Input, former: Any) -> Any:
    return condition(form.get(each.name, ''))


def _recipient(form: Form, each: Input, former: Any) -> Any:
    """`field:email`, `user:owner`, `role:manager`, `team:team` or `people:`."""
    kind, _, chosen = form.get(each.name, '').partition(':')
    if kind == 'people':
        return {'people': _picked(form, f'{each.name}.people')}
    return {kind: chosen} if kind and chosen else None


def _sharers(form: Form, each: Input, former: Any) -> Any:
    user = form.get(f'{each.name}.user', '')
    if user:
        return {'user': user}
    named = {part: _picked(form, f'{each.name}.{part}') for part in ('users', 'teams')}
    return {part: names for part, names in named.items() if names} or None


def _names(form: Form, each: Input, former: Any) -> Any:
    return _picked(form, each.name) or None


def _picked(form: Form, name: str) -> list[str]:
    """What is chosen in a select of several, in its order."""
    return list(dict.fromkeys(chosen for each in form.getlist(name) if (chosen := each.strip())))


def _assignee(form: Form, each: Input, former: Any) -> Any:
    kind, _, chosen = form.get(each.name, '').partition(':')
    return (chosen if kind == 'name' else {'user': chosen}) if chosen else None


def _duration(form: Form, each: Input, former: Any) -> Any:
    given = {unit: number(form.get(f'{each.name}.{unit}', '')) for unit in UNITS}
    return {unit: count for unit, count in given.items() if count is not None} or None


def _until(form: Form, each: Input, former: Any) -> Any:
    chosen, minutes = form.get(each.name, ''), number(form.get(f'{each.name}.minutes', ''))
    return {'field': chosen, **({'offset_minutes': minutes} if minutes else {})} if chosen else None


def _minutes(form: Form, each: Input, former: Any) -> Any:
    chosen = form.get(f'{each.name}.field', '')
    if chosen:
        return {'field': chosen, **({'before': True} if form.get(f'{each.name}.before') == '1' else {})}
    return number(form.get(each.name, ''))


def _when(form: Form, each: Input, former: Any) -> Any:
    """Days from now or from a date of the record, at an hour."""
    days, source, at = (form.get(f'{each.name}.{part}', '').strip() for part in ('days', 'from', 'at'))
    made = {'from': source or None, 'days': number(days), 'at': parse_time(at) or at or None}
    return {part: said for part, said in made.items() if said is not None} or None


def _related(form: Form, each: Input, former: Any) -> Any:
    """`task.deal` for tasks whose field deal points here, `.contacts` for a field of the record's own."""
    entity, _, chosen = form.get(each.name, '').partition('.')
    return {**({'entity': entity} if entity else {}), 'field': chosen} if chosen else None


def _related_value(form: Form, each: Input, former: Any) -> Any:
    chosen, uid = form.get(each.name, ''), form.get(f'{each.name}.uid', '').strip()
    return {'from': chosen} if chosen else uid or None


def _attachments(form: Form, each: Input, former: Any) -> Any:
    return [{'field': chosen} for chosen in form.getlist(each.name) if chosen] or None


def _zone(form: Form, each: Input, former: Any) -> Any:
    kind, _, chosen = form.get(each.name, '').partition(':')
    return {'field': chosen} if kind == 'field' and chosen else kind or None


def _pairs(form: Form, each: Input, former: Any) -> Any:
    return {row['name'].strip(): row['said'] for row in rows(form, each.name, ('name', 'said')) if row['name'].strip()} or None


def _params(form: Form, each: Input, former: Any) -> Any:
    made = {}
    for row in rows(form, each.name, ('name', 'said', 'source')):
        if row['name'].strip():
            made[row['name'].strip()] = {'from': row['source']} if row['source'] else row['said']
    return made or None


def _json(form: Form, each: Input, former: Any) -> Any:
    return condition(form.get(each.name, ''))  # what is no JSON stays a text, which the checks refuse


def _words_of(typed: str) -> list[str]:
    words: dict[str, str] = {}
    for word in typed.replace('\n', ',').split(','):
        if word.strip():
            words.setdefault(fold(word.strip()), word.strip())
    return list(words.values())


READERS: Mapping[str, Reader] = {
    'number': _number, 'switch': _switch, 'switch_on': _switch_on, 'title': _texts, 'long_texts': _texts, 'fields': _list,
    'stages': _list, 'roles': _list, 'ticks': _list, 'words': _words, 'users': _names, 'teams': _names, 'condition': _condition,
    'recipient': _recipient, 'people': _recipient, 'sharers': _sharers, 'assignee': _assignee, 'duration': _duration,
    'until': _until, 'minutes': _minutes, 'when': _when, 'related': _related, 'related_value': _related_value,
    'attachments': _attachments, 'zone': _zone, 'pairs': _pairs, 'params': _params, 'json': _json, 'time': _time,
}  # fmt: skip
"""Readers by kind of input; any other kind is one text."""
