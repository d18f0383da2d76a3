"""What each input of a trigger or step offers, from the documents of a draft. Knows no form and draws nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from modules.studio.answering import typed_of
from modules.studio.workflow_shapes import Input
from modules.studio.workflow_views import RuleDesk
from schema.catalog import SYSTEM_FACES
from schema.definitions import Document

Choice = dict[str, Any]
READ_ONLY = frozenset({'formula', 'rollup', 'through', 'autonumber'})
USERS, TEAMS = ('user',), ('team',)


def drawn(desk: RuleDesk, inputs: tuple[Input, ...], part: Document, entity: str) -> list[dict[str, Any]]:
    """`{input, kind, name, value, choices, …}` of each input as the macros of `studio/_inputs.html` take it."""
    found = []
    for each in inputs:
        value = part.get(each.name)
        offer = OFFERS.get(each.kind)
        written = str(part.get('entity') or entity) if each.kind in {'values', 'values_sent'} else entity
        found.append({
            'kind': each.kind, 'name': each.name, 'label': each.label, 'hint': each.hint, 'needed': each.needed, 'value': value,
            'chosen': chosen_of(each, value), 'choices': list(offer(desk, each, entity)) if offer else [],
            'written': fields(desk, written, writable=True) if each.kind in {'values', 'values_sent'} else [],
            **rosters_of(desk, each.kind, value),
            'rows': rows_of(value) if each.kind in {'values', 'values_sent', 'params', 'pairs'} else [],
            'over': desk.looped(part, entity) if part.get('type') == 'for_each' else entity,
            'text': json.dumps(value, ensure_ascii=False, indent=2) if each.kind == 'json' and value is not None else '',
        })  # fmt: skip
    return found


def chosen_of(each: Input, value: Any) -> str:
    """What the select of an input holds, for inputs whose value is more than a text."""
    if each.kind in {'recipient', 'people', 'zone', 'assignee'}:
        if isinstance(value, Mapping):
            kind, named = next(iter(value.items()), ('', ''))
            return f'{kind}:{"" if kind == "people" else named}'
        return f'name:{value}' if value and each.kind == 'assignee' else str(value or '')
    if each.kind == 'related' and isinstance(value, Mapping):
        return f'{value.get("entity", "")}.{value.get("field", "")}'
    if each.kind == 'related_value' and isinstance(value, Mapping):
        return str(value.get('from', ''))
    return value if isinstance(value, str) else ''


def rosters_of(desk: RuleDesk, kind: str, value: Any) -> dict[str, list[Choice]]:
    """`people` and `teams` to choose from, as far as an input takes any, with those that its value names."""
    parts = value if isinstance(value, Mapping) else {}
    people = {'people': parts.get('people'), 'sharers': parts.get('users'), 'users': value, 'assignee': value}
    teams = {'sharers': parts.get('teams'), 'teams': value}
    return {
        'people': desk.folk.offer_people(people[kind]) if kind in people else [],
        'teams': desk.folk.offer_teams(teams[kind]) if kind in teams else [],
    }


def rows_of(value: Any) -> list[dict[str, Any]]:
    """Rows of a mapping of values: `{field, how, said, source}`."""
    made = []
    for key, said in (value if isinstance(value, Mapping) else {}).items():
        row: dict[str, Any] = {'field': key, 'how': '', 'said': '', 'source': ''}
        if isinstance(said, Mapping) and set(said) == {'from'}:
            row |= {'how': 'from', 'source': str(said['from'])}
        elif isinstance(said, Mapping) and set(said) == {'today'}:
            row |= {'how': 'today', 'said': str(said['today'])}
        elif isinstance(said, Mapping) and 'amount' not in said:
            row['said'] = json.dumps(said, ensure_ascii=False)
        else:
            row['said'] = typed_of(said)
        made.append(row)
    return made


def fields(desk: RuleDesk, entity: str, kinds: tuple[str, ...] = (), *, writable: bool = False) -> list[Choice]:
    """Fields of an entity, the system's own behind them; of some types, or those that a step may write."""
    found = []
    for key, part in desk.documents.get(('entity', entity), {}).get('properties', {}).items():
        kind = str(part.get('x-type', ''))
        if (not kinds or kind in kinds) and not (writable and (kind in READ_ONLY or part.get('readOnly'))):
            found.append({'key': key, 'label': desk.field_label(entity, key), 'type': kind})
    for key, (kind, _label) in SYSTEM_FACES.items():
        if (not kinds or kind in kinds) and (not writable or key in {'owner', 'team'}):
            found.append({'key': key, 'label': desk.field_label(entity, key), 'type': kind})
    return found


def related(desk: RuleDesk, entity: str) -> Iterator[Choice]:
    """What a loop may go over: records elsewhere that point here, and those in links of one's own."""
    for (kind, key), document in desk.documents.items():
        for name, part in document.get('properties', {}).items() if kind == 'entity' else ():
            if part.get('x-type') in {'link', 'links'} and part.get('x-target') == entity:
                label = f'{desk.entity_label(key, plural=True)} ({desk.field_label(key, name)})'
                yield {'key': f'{key}.{name}', 'label': label}
    for each in fields(desk, entity, ('link', 'links')):
        yield {'key': f'.{each["key"]}', 'label': each['label']}


def stages(desk: RuleDesk, entity: str) -> Iterator[Choice]:
    lines = desk.documents.get(('entity', entity), {}).get('x-pipelines', ())
    for line in lines:
        before = f'{desk.say(line.get("label")) or line["key"]}: ' if len(lines) > 1 else ''
        for stage in line.get('stages', ()):
            if not stage.get('retired'):
                yield {'key': stage['key'], 'label': before + (desk.say(stage.get('label')) or stage['key'])}


def _of_kind(kind: str, *, own: bool = False) -> Callable[[RuleDesk, Input, str], Iterator[Choice]]:
    def offer(desk: RuleDesk, each: Input, entity: str) -> Iterator[Choice]:
        for (other, key), document in desk.documents.items():
            if other == kind and (not own or document.get('entity') == entity):
                yield {'key': key, 'label': desk.bench.label(document, key)}

    return offer


def _recipients(desk: RuleDesk, each: Input, entity: str) -> Iterator[Choice]:
    for found in fields(desk, entity, each.of):
        yield {'key': f'field:{found["key"]}', 'label': found['label']}
    for found in fields(desk, entity, USERS):
        yield {'key': f'user:{found["key"]}', 'label': _('%(field)s (the person)', field=found['label'])}


def _people(desk: RuleDesk, each: Input, entity: str) -> Iterator[Choice]:
    for found in fields(desk, entity, USERS):
        yield {'key': f'user:{found["key"]}', 'label': _('%(field)s (the person)', field=found['label'])}
    for found in fields(desk, entity, TEAMS):
        yield {'key': f'team:{found["key"]}', 'label': _('Everybody in %(field)s', field=found['label'])}
    for role in desk.bench.roles():
        yield {'key': f'role:{role["key"]}', 'label': _('Everybody with the role %(role)s', role=role['label'])}
    yield {'key': 'people:', 'label': _('People by name')}


def _assignees(desk: RuleDesk, each: Input, entity: str) -> Iterator[Choice]:
    for found in fields(desk, entity, USERS):
        yield {'key': f'user:{found["key"]}', 'label': _('%(field)s (the person)', field=found['label'])}


def _zones(desk: RuleDesk, each: Input, entity: str) -> Iterator[Choice]:
    yield {'key': 'company', 'label': _('of the company')}
    yield {'key': 'owner', 'label': _('of the owner')}
    for found in fields(desk, entity, ('text', 'picklist')):
        yield {'key': f'field:{found["key"]}', 'label': found['label']}


def _sources(desk: RuleDesk, each: Input, entity: str) -> list[Choice]:
    return [{'key': 'uid', 'label': _('this record itself')}, *fields(desk, entity)]


OFFERS: Mapping[str, Callable[[RuleDesk, Input, str], Any]] = {
    'choice': lambda desk, each, entity: ({'key': key, 'label': label} for key, label in each.of),
    'ticks': lambda desk, each, entity: ({'key': key, 'label': label} for key, label in each.of),
    'field': lambda desk, each, entity: fields(desk, entity, each.of),
    'fields': lambda desk, each, entity: fields(desk, entity, writable=True),
    'attachments': lambda desk, each, entity: fields(desk, entity, each.of),
    'until': lambda desk, each, entity: fields(desk, entity, each.of),
    'when': lambda desk, each, entity: fields(desk, entity, ('date', 'datetime')),
    'minutes': lambda desk, each, entity: fields(desk, entity, ('integer',)),
    'sharers': lambda desk, each, entity: fields(desk, entity, USERS),
    'related': lambda desk, each, entity: related(desk, entity),
    'related_value': lambda desk, each, entity: [
        {'key': 'uid', 'label': _('this record itself')}, *fields(desk, entity, ('link', 'links'))],
    'stage': lambda desk, each, entity: stages(desk, entity),
    'stages': lambda desk, each, entity: stages(desk, entity),
    'roles': lambda desk, each, entity: desk.bench.roles(),
    'entity': _of_kind('entity'), 'workflow': _of_kind('workflow', own=True), 'template': _of_kind('template', own=True),
    'recipient': _recipients, 'people': _people, 'assignee': _assignees, 'zone': _zones,
    'values': _sources, 'values_sent': _sources, 'params': _sources,
}  # fmt: skip
"""What the selects of an input offer; an input without an entry is typed."""
