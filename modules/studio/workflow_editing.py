"""Edits of workflows and templates an admin is drafting, as pure functions; none checks them. Knows no form and no page.

A step stands in a list of steps, a *way*: `''` is the outermost, `<step key>/<name>` one inside a step (`ask/cases/0`,
`ask/otherwise`). A *place* is `<way>:<number>`: before the step that has this number now.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations.references import Moves
from modules.studio.editing import Request, Schema, rekeyed
from modules.studio.forms import free
from schema.base.findings import escape_pointer
from schema.definitions import Document
from schema.loading import PLURALS, Documents, bare

OPTIONAL_WAYS = ('otherwise', 'on_timeout')
WAYS = (*OPTIONAL_WAYS, 'steps')
NAMED_BY = {'workflow': 'workflow', 'template': 'template'}
"""The keyword of a step that names a document of each kind."""


@dataclass(frozen=True)
class Found:
    """A step with the list it stands in. `pointer` leads from the workflow to it."""

    step: dict[str, Any]
    steps: list[Any]
    way: str
    number: int
    pointer: str


def ways_of(step: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    """`(name, pointer within the step, steps)` of every way inside a step that is written down."""
    for number, case in enumerate(_listed(step, 'cases')):
        if isinstance(case, dict):
            yield f'cases/{number}', f'cases/{number}/steps', _listed(case, 'steps')
    for name in WAYS:
        if isinstance(step.get(name), list):
            yield name, name, step[name]


def walk(document: Mapping[str, Any]) -> Iterator[Found]:
    """All steps of a workflow, those inside others behind the one that holds them."""
    yield from _walk(_listed(document, 'steps'), '', '/steps')


def find(document: Mapping[str, Any], key: str) -> Found | None:
    return next((each for each in walk(document) if each.step.get('key') == key), None)


def keys_of(document: Mapping[str, Any]) -> set[str]:
    return {str(each.step.get('key')) for each in walk(document)}


def inside(step: Mapping[str, Any]) -> set[str]:
    """The keys of a step and of all that it holds."""
    return {str(step.get('key')), *keys_of({'steps': [step]})}


def put_document(documents: Documents, name: tuple[str, str], keywords: Mapping[str, Any]) -> Schema:
    """Set keywords of a workflow or template, made when there is none; a keyword that is None goes."""
    made = _copy(documents)
    document = made.setdefault(name, {})
    for keyword, value in keywords.items():
        if value is None:
            document.pop(keyword, None)
        else:
            document[keyword] = value
    return made


def copy_document(documents: Documents, name: tuple[str, str], key: str, label: Mapping[str, str]) -> Schema:
    """The same under another key; a workflow's copy is switched off."""
    made = _copy(documents)
    taken = copy.deepcopy(bare(documents[name]))
    copied = {keyword: part for keyword, part in taken.items() if keyword not in ('x-key', 'x-ref', 'x-aliases')}
    made[name[0], key] = {**copied, 'x-label': dict(label), **({'enabled': False} if name[0] == 'workflow' else {})}
    return made


def remove_document(documents: Documents, name: tuple[str, str]) -> Schema:
    """Take it out; what named it is left for the checks to show."""
    made = _copy(documents)
    del made[name]
    return made


def rename_document(documents: Documents, name: tuple[str, str], new_key: str) -> Schema:
    """Another key; the steps that name it follow."""
    kind, key = name
    made = rekeyed(documents, kind, Moves(), key, new_key)
    for (each_kind, _), document in made.items():
        for found in walk(document) if each_kind == 'workflow' else ():
            if found.step.get(NAMED_BY[kind]) == key:
                found.step[NAMED_BY[kind]] = new_key
    return made


def users_of(documents: Documents, name: tuple[str, str]) -> list[tuple[str, str]]:
    """`(workflow key, step key)` of the steps that name a workflow or template."""
    kind, key = name
    return [
        (workflow, str(found.step.get('key', '')))
        for (each_kind, workflow), document in documents.items()
        if each_kind == 'workflow'
        for found in walk(document)
        if found.step.get(NAMED_BY[kind]) == key
    ]


def on_workflow(documents: Documents, key: str, edit: Callable[[dict[str, Any]], None]) -> Schema:
    """The documents with one workflow changed by `edit`, which gets a copy to write into."""
    made = _copy(documents)
    edit(made['workflow', key])
    return made


def add_step(document: dict[str, Any], place: str, step: Mapping[str, Any]) -> str:
    """Put a new step in at a place; the key that it got."""
    steps, number = _at(document, place)
    key = free(str(step['type']).rpartition('.')[2], keys_of(document))  # of `acme.send_fax` what stands behind the dot
    steps.insert(number, {'key': key, **copy.deepcopy(dict(step))})
    return key


def put_step(document: dict[str, Any], key: str, keywords: Mapping[str, Any]) -> None:
    """Set keywords of a step; one that is None goes."""
    found = find(document, key)
    step = found.step if found else {}
    for keyword, value in keywords.items():
        if value is None:
            step.pop(keyword, None)
        else:
            step[keyword] = value


def replace_step(document: dict[str, Any], key: str, step: Mapping[str, Any]) -> None:
    """Another step in the place of this one, whose key it keeps unless it brings one."""
    found = find(document, key)
    if found:
        found.steps[found.number] = {'key': key, **copy.deepcopy(dict(step))}


def remove_step(document: dict[str, Any], key: str) -> None:
    """Take a step out with all that it holds."""
    found = find(document, key)
    if found:
        del found.steps[found.number]
        _prune(document)


def copy_step(document: dict[str, Any], key: str) -> str:
    """The same step once more behind itself, with keys of its own; the key of the copy."""
    found = find(document, key)
    if found is None:
        return ''
    twin, taken = _without_refs(found.step), keys_of(document)
    for each in walk({'steps': [twin]}):
        each.step['key'] = free(str(each.step.get('type', 'step')).rpartition('.')[2], taken)
        taken.add(each.step['key'])
    found.steps.insert(found.number + 1, twin)
    return str(twin['key'])


def move_step(document: dict[str, Any], key: str, place: str) -> bool:
    """Put a step at another place; False when that lies inside itself or does not exist."""
    found, holder = find(document, key), place.partition('/')[0] if '/' in place else ''
    if found is None or (holder and holder in inside(found.step)) or (holder and find(document, holder) is None):
        return False
    steps, number = _at(document, place)
    if steps is found.steps and number > found.number:
        number -= 1
    del found.steps[found.number]
    steps.insert(number, found.step)
    _prune(document)
    return True


def nudge_step(document: dict[str, Any], key: str, by: int) -> bool:
    """One place up (-1) or down (1): past a neighbour, or out of the way it stands in; False at either end of all steps."""
    found = find(document, key)
    if found is None:
        return False
    target = found.number + (by if by < 0 else by + 1)
    if 0 <= target <= len(found.steps):
        return move_step(document, key, f'{found.way}:{target}')
    holder = find(document, found.way.partition('/')[0]) if found.way else None
    return holder is not None and move_step(document, key, f'{holder.way}:{holder.number + (by > 0)}')


def add_case(document: dict[str, Any], key: str) -> None:
    """One more way of a branch, without condition and steps yet."""
    found = find(document, key)
    if found:
        found.step.setdefault('cases', []).append({'condition': {'all': []}, 'steps': []})


def remove_case(document: dict[str, Any], key: str, number: int) -> None:
    """Take a way of a branch out with its steps."""
    found = find(document, key)
    if found and 0 <= number < len(found.step.get('cases', ())):
        del found.step['cases'][number]


def forget_document(request: Request, live: Document, kind: str) -> dict[str, Any]:
    """Undo what the draft says of a published workflow or template, its removal and its new key included."""
    made, section = copy.deepcopy(dict(request)), PLURALS[kind]
    named = {key for key, part in made.get(section, {}).items() if key == live['x-key'] or part.get('x-ref') == live['x-ref']}
    for key in named:
        del made[section][key]
    pointer = f'/{section}/{escape_pointer(live["x-key"])}'
    if 'remove' in made:
        made['remove'] = [each for each in made['remove'] if each != pointer and not each.startswith(f'{pointer}/')]
    return made


def _walk(steps: Sequence[Any], way: str, pointer: str) -> Iterator[Found]:
    for number, step in enumerate(steps):
        if not isinstance(step, dict):
            continue
        place = f'{pointer}/{number}'
        yield Found(step, steps if isinstance(steps, list) else list(steps), way, number, place)
        for name, inner, held in ways_of(step):
            yield from _walk(held, f'{step.get("key", "")}/{name}', f'{place}/{inner}')


def _at(document: dict[str, Any], place: str) -> tuple[list[Any], int]:
    """The list and number that a place names; the end of all steps when there is no such place."""
    way, _, number = place.rpartition(':')
    holder, _, name = way.partition('/')
    steps: list[Any] = document.setdefault('steps', [])
    found = find(document, holder) if holder else None
    if found is not None:
        case = name.removeprefix('cases/')
        if name.startswith('cases/') and case.isdecimal() and int(case) < len(found.step.get('cases', ())):
            steps = found.step['cases'][int(case)].setdefault('steps', [])
        elif name in WAYS:
            steps = found.step.setdefault(name, [])
    return steps, min(int(number), len(steps)) if number.isdecimal() else len(steps)


def _prune(document: dict[str, Any]) -> None:
    """Ways that need no step go when they have none left."""
    for found in list(walk(document)):
        for name in OPTIONAL_WAYS:
            if found.step.get(name) == []:
                del found.step[name]


def _without_refs(step: Mapping[str, Any]) -> dict[str, Any]:
    twin = copy.deepcopy(dict(step))
    for each in walk({'steps': [twin]}):
        each.step.pop('ref', None)
    return twin


def _listed(node: Mapping[str, Any], keyword: str) -> list[Any]:
    found = node.get(keyword)
    return found if isinstance(found, list) else []


def _copy(documents: Documents) -> Schema:
    return {name: copy.deepcopy(dict(document)) for name, document in documents.items()}
