"""Links and lines on pages: how they are shown, what a form sends of them, and how typed ones come back. Decides no right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from schema.base.findings import Finding
from schema.catalog import Field
from schema.values import Line, Lines, Links

SHOWN_IN_LIST = 3
ROW = '__row__'
"""Stands for a row's own mark in the blank row that scripts copy."""
Show = Callable[[Field, Any], Any]


class ShownLinks(list[dict[str, Any]]):
    """Links in the shape that templates take; `more` counts those that were not read, `closed` those out of reach."""

    shown: str = ''
    short: str = ''
    more: int = 0
    closed: int = 0
    was: str | None = None
    """In forms, the uids that stood there when the form was made."""


class ShownLines(list[dict[str, Any]]):
    """Lines as `[{uid, mark, values, errors}]`; `total` counts all, also those that were not read."""

    shown: str = ''
    short: str = ''
    total: int = 0


def shown_links(value: Links, show: Callable[[Any], dict[str, Any]]) -> ShownLinks:
    made = ShownLinks(show(link) for link in value.links if not link.hidden)
    made.closed = sum(link.hidden for link in value.links)
    made.more = value.total - len(value.links)
    rest = [f'+{made.more}'] if made.more else []
    made.shown = made.short = ', '.join([*(each['label'] for each in made), *rest])
    return made


def shown_lines(field: Field, value: Lines, show: Show, text: Callable[[Line], str]) -> ShownLines:
    """`show` presents one value of a line; `text` is a whole line as people read it."""
    assert field.lines is not None
    fields = field.lines.fields
    made = ShownLines(
        {
            'uid': line.uid, 'mark': f'r{place}', 'text': text(line), 'errors': {},
            'values': {key: show(fields[key], part) for key, part in line.values.items()},
        }
        for place, line in enumerate(value.lines)
    )  # fmt: skip
    made.total = value.total
    made.shown = '; '.join(each['text'] for each in made)
    return made


def read_links(field: Field, form: MultiDict[str, str]) -> Any:
    """The delta between what the form showed (`<key>.was`) and what is chosen now; a new record's whole list."""
    chosen = list(dict.fromkeys(uid for uid in form.getlist(field.key) if uid))
    if f'{field.key}.was' not in form:
        return chosen or None
    was = form.get(f'{field.key}.was', '').split()
    added = [uid for uid in chosen if uid not in was]
    removed = [uid for uid in was if uid not in chosen]
    kept = [uid for uid in was if uid in chosen]
    return {'add': added, 'remove': removed, **({'order': chosen} if chosen != [*kept, *added] else {})}


def read_lines(field: Field, form: MultiDict[str, str], read: Callable[[Field, MultiDict[str, str]], Any]) -> Any:
    """All lines in the order of their rows. A row that is blank throughout and new is left out."""
    return [line for _mark, line in sent_lines(field, form, read)] or None


def sent_lines(
    field: Field, form: MultiDict[str, str], read: Callable[[Field, MultiDict[str, str]], Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mark of a row and its line, of rows that are not left out."""
    assert field.lines is not None
    for mark in rows_of(field, form):
        part = row_form(field, mark, form)
        wire = {each.key: read(each, part) for each in field.lines.own_fields if each.writable and is_sent(each, part)}
        uid = part.get('uid')
        if uid or any(value not in (None, '', [], False) for value in wire.values()):
            yield mark, {**({'uid': uid} if uid else {}), **wire}


def typed_links(field: Field, form: MultiDict[str, str], labels: Mapping[str, str]) -> ShownLinks:
    """What was chosen, with the labels that are known."""
    made = ShownLinks(
        {'uid': uid, 'label': labels.get(uid, uid), 'target': field.definition.targets[0]}
        for uid in dict.fromkeys(form.getlist(field.key))
        if uid
    )
    made.was = form.get(f'{field.key}.was')
    return made


def typed_lines(field: Field, form: MultiDict[str, str], again: Callable[[Field, MultiDict[str, str]], Any]) -> ShownLines:
    """What was typed, row by row, so that a refused form loses nothing."""
    assert field.lines is not None
    made = ShownLines()
    for mark in rows_of(field, form):
        part = row_form(field, mark, form)
        values = {each.key: again(each, part) for each in field.lines.own_fields if is_sent(each, part)}
        made.append({'uid': part.get('uid', ''), 'mark': mark, 'text': '', 'errors': {}, 'values': values})
    made.total = len(made)
    return made


def place_errors(field: Field, rows: Any, findings: Iterable[Finding], locale: str) -> None:
    """Put what was found wrong in lines (`/items/2/quantity`) beside the cell it belongs to."""
    for each in findings:
        key, _, rest = each.pointer.strip('/').partition('/')
        number, _, name = rest.partition('/')
        if key == field.key and number.isdigit() and isinstance(rows, ShownLines) and int(number) < len(rows):
            text = ' '.join(filter(None, (each.text(locale), each.hint_text(locale))))
            rows[int(number)]['errors'].setdefault(name, []).append(text)


def rows_of(field: Field, form: MultiDict[str, str]) -> list[str]:
    """The marks of the rows that the form sent, in their order."""
    return [mark for mark in dict.fromkeys(form.getlist(field.key)) if mark and mark != ROW]


def row_form(field: Field, mark: str, form: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was sent of one row, by the names of the line's own fields."""
    prefix = f'{field.key}.{mark}.'
    return MultiDict((name.removeprefix(prefix), value) for name, value in form.items(multi=True) if name.startswith(prefix))


def is_sent(field: Field, form: MultiDict[str, str]) -> bool:
    return (f'{field.key}.amount' if field.type.key == 'money' else field.key) in form
