"""Roles in words and as rows of a matrix, as a draft has them. Reads documents; knows no form and no page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from migrations.role_people import Holder
from modules.studio.presenting import Bench
from modules.studio.role_forms import CONDITION, FOLLOWING, FOLLOWS, HOME
from modules.web.pages.home_parts import MAIN, SIDE, USUAL
from schema.base.errors import NotFound
from schema.base.findings import nearest
from schema.catalog import SYSTEM_FACES
from schema.definitions import ACTIONS, SCOPES, Document, in_locale
from schema.role_changes import ACTION_WORDS, EVERY, LEVELS, granted

SYSTEM_FIELDS = ('owner', 'team', 'created_at', 'created_by', 'changed_at', 'changed_by')
Summary = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class RoleDesk:
    """The roles of a draft for one person. `people` are the holders by the key that is live."""

    bench: Bench
    people: Mapping[str, Sequence[Holder]]

    @property
    def documents(self) -> Mapping[tuple[str, str], Document]:
        return self.bench.workshop.documents

    def role(self, key: str) -> Document:
        """Raises: NotFound REC-E029 when the draft has no such role."""
        found = self.documents.get(('role', key))
        if found is None:
            known = [name for kind, name in self.documents if kind == 'role']
            raise NotFound.of('REC-E029', value=key[:80], hint=nearest(key, known))
        return {**found, 'x-key': key}

    def live(self, key: str) -> Document | None:
        """The role as it is published, also under a key that the draft changes."""
        base, ref = self.bench.workshop.base, self.documents.get(('role', key), {}).get('x-ref')
        if ref is None:
            return base.get(('role', key))
        return next((each for (kind, _), each in base.items() if kind == 'role' and each['x-ref'] == ref), None)

    def holders(self, key: str) -> list[Holder]:
        """Who has the role today and can sign in."""
        live = self.live(key)
        return [each for each in self.people.get(live['x-key'], ()) if each.active] if live else []

    def everyone(self, key: str) -> int:
        """How many have the role, those who are shut out included."""
        live = self.live(key)
        return len(self.people.get(live['x-key'], ())) if live else 0

    def entries(self) -> list[dict[str, Any]]:
        """All roles in their order, with the number of people, what they reach in words and how they stand in the draft."""
        found = []
        for each in self.bench.roles():
            document, live = self.documents['role', each['key']], self.live(each['key'])
            found.append({
                **each, 'help': in_locale(document.get('x-help', {}), self.bench.locale),
                'people': len(self.holders(each['key'])), 'reach': self.reach(document),
                'studio': document.get('studio') is True, 'admin': document.get('admin') is True,
                'is_new': live is None, 'changed': live is not None and _differs(live, document),
            })  # fmt: skip
        return found

    def gone(self) -> list[dict[str, Any]]:
        """Published roles that the draft takes out."""
        there = {each.get('x-ref') for (kind, _), each in self.documents.items() if kind == 'role'}
        return [
            {'key': key, 'label': self.bench.label(document, key), 'people': len(self.people.get(key, ()))}
            for (kind, key), document in self.bench.workshop.base.items()
            if kind == 'role' and document['x-ref'] not in there
        ]

    def reach(self, document: Document) -> str:
        """What the general row reaches, in one sentence, and which entities have a row of their own."""
        row = granted(document, EVERY)
        groups: dict[str, list[str]] = {}
        for action in ACTIONS:
            groups.setdefault(short(row[action]), []).append(in_locale(ACTION_WORDS[action], self.bench.locale))
        said = '; '.join(f'{", ".join(names)}: {reach.lower()}' for reach, names in groups.items())
        own = [self.entity_label(key) for key in document.get('grants', {}) if key != EVERY]
        return f'{said[:1].upper()}{said[1:]}. ' + (_('Of their own: %(entities)s.', entities=', '.join(own)) if own else '')

    def matrix(self, key: str) -> list[dict[str, Any]]:
        """One row for all other records and one for each entity."""
        role, live = self.role(key), self.live(key)
        names = [EVERY, *(each['key'] for each in self.bench.tree(''))]
        return [self._row(role, live, name) for name in names]

    def _row(self, role: Document, live: Document | None, entity: str) -> dict[str, Any]:
        own = entity == EVERY or entity in role.get('grants', {})
        written = role.get('grants', {}).get(entity if own else EVERY, {})
        now, before = granted(role, entity), granted(live, entity) if live else None
        cells = []
        for action in ACTIONS:
            follows = action in FOLLOWING and action not in written
            grant = now[action]
            cells.append({
                'action': action, 'grant': grant, 'value': FOLLOWS if follows else value_of(grant), 'width': width(grant),
                'changed': before is not None and before[action] != grant, 'follows': short(grant),
                'conditional': isinstance(grant, Mapping) and bool(grant.get('where')),
            })  # fmt: skip
        return {'key': entity, 'label': self.entity_label(entity), 'own': own, 'cells': cells,
                'fields': len(role.get('fields', {}).get(entity, {}))}  # fmt: skip

    def entity_label(self, key: str) -> str:
        return _('All other records') if key == EVERY else self.bench.label(self.documents.get(('entity', key), {}), key)

    def field_groups(self, key: str, entity: str) -> list[dict[str, Any]]:
        """Fields with the right the role has on each, by section of the form."""
        role, live = self.role(key), self.live(key)
        document = self.bench.workshop.entity(entity)
        levels = role.get('fields', {}).get(entity, {})
        before = (live or {}).get('fields', {}).get(entity, {})
        rows = {
            name: {'key': name, 'label': self.bench.label(part, name), 'level': levels.get(name, 'write'),
                   'type': self.bench.type_word(str(part.get('x-type', ''))),
                   'changed': live is not None and levels.get(name) != before.get(name)}
            for name, part in self._fields(document).items()
        }  # fmt: skip
        groups, placed = [], set()
        for number, section in enumerate(document.get('x-layouts', {}).get('form', ())):
            names = [name for name in section.get('fields', ()) if name in rows and name not in placed]
            placed |= set(names)
            label = in_locale(section.get('label', {}), self.bench.locale) or _('Form')
            groups.append({'id': f'g{number}', 'label': label, 'rows': [rows[name] for name in names]})
        rest = [row for name, row in rows.items() if name not in placed and name not in SYSTEM_FIELDS]
        groups += [{'id': 'rest', 'label': _('Other fields'), 'rows': rest}]
        groups += [{'id': 'system', 'label': _('Kept by Trellis'), 'rows': [rows[name] for name in SYSTEM_FIELDS]}]
        return [group for group in groups if group['rows']]

    def _fields(self, document: Document) -> dict[str, Any]:
        system = {name: {'x-type': SYSTEM_FACES[name][0], 'x-label': SYSTEM_FACES[name][1]} for name in SYSTEM_FIELDS}
        return {**document.get('properties', {}), **system}

    def layouts(self, key: str) -> list[dict[str, str]]:
        """Entities where the role has a layout of its own."""
        return [
            {'key': name, 'label': self.bench.label(document, name)}
            for (kind, name), document in self.documents.items()
            if kind == 'entity' and key in document.get('x-layouts', {}).get('roles', {})
        ]


def home_rows(role: Document) -> list[dict[str, Any]]:
    """`{key, label, column, on}` of every part of the first page: those that it has in their order, the others behind them."""
    written = role.get(HOME)
    shown = [str(each) for each in (written if isinstance(written, list) else USUAL)]
    words = home_words()
    return [
        {'key': key, 'label': words.get(key, key), 'on': key in shown,
         'column': _('left') if key in MAIN else _('right') if key in SIDE else ''}
        for key in dict.fromkeys([*shown, *MAIN, *SIDE])
    ]  # fmt: skip


def home_words() -> dict[str, str]:
    return {
        'agenda': _('Appointments and tasks of the day'), 'overdue': _('Overdue tasks'),
        'waiting': _('Deals that stand longer than usual'), 'given': _('Given to you'), 'mentions': _('Mentions of you'),
        'pipeline': _('Own deals by stage'), 'team_pipeline': _('All deals within reach by stage'),
        'birthdays': _('Birthdays this week'), 'recent': _('Opened lately'),
    }  # fmt: skip


def value_of(grant: Any) -> str:
    """What the select of a cell holds."""
    if isinstance(grant, Mapping):
        return CONDITION if grant.get('where') else str(grant.get('scope', 'all'))
    return str(grant)


def width(grant: Any) -> int:
    """0 for none to 4 for all."""
    scope = grant.get('scope', 'all') if isinstance(grant, Mapping) else grant
    return SCOPES.index(scope) if scope in SCOPES else 0


def short(grant: Any) -> str:
    """A cell in one or two words."""
    if isinstance(grant, Mapping) and grant.get('where'):
        return _('Condition')
    scope = grant.get('scope', 'all') if isinstance(grant, Mapping) else grant
    return scope_choices().get(str(scope), str(scope))


def scope_choices() -> dict[str, str]:
    return {'none': _('None'), 'own': _('Own'), 'team': _('Team'), 'team_below': _('Branch'), 'all': _('All')}


def action_words() -> dict[str, tuple[str, str]]:
    """`{action: (word, what it is)}`, in the order of the columns."""
    return {
        'read': (_('See'), _('Which records they see at all')),
        'create': (_('Create'), _('Whether they may add records')),
        'update': (_('Change'), _('Which of the records they see they may change')),
        'delete': (_('Delete'), _('Which of the records they see they may delete')),
        'import': (_('Import'), _('Whether they may bring records in by file')),
        'export': (_('Export'), _('Which of the records they see they may take out as a file')),
        'assign': (
            _('Assign'),
            _('Which records they may give to another person or team; as change, when nothing else is said'),
        ),
        'merge': (
            _('Merge'),
            _('Which duplicates they may merge; what they may both change and delete, when nothing else is said'),
        ),
    }


def level_words() -> dict[str, str]:
    words = {'none': _('Hidden'), 'read': _('See'), 'write': _('Change')}
    return {level: words[level] for level in LEVELS}


def _differs(live: Document, document: Document) -> bool:
    names: Iterable[str] = {*live, *document} - {'x-aliases'}
    return any(live.get(name) != document.get(name) for name in names)
