"""Every place of a schema where one part names an entity, a field or a role: read for where-used, rewritten when a key moves.

The one home of this knowledge: a new keyword that names a field is added here and nowhere else. Documents may be of any shape,
for the checks come later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrations.naming import Moves, Namer, Place
from schema.base.findings import escape_pointer
from schema.conditions.tree import PARENT
from schema.formulas import fields_of, rename
from schema.loading import PLURALS
from schema.merging import Renaming
from schema.values import USER

Renames = Mapping[str, str | None]
CONDITIONS = ('x-required-if', 'x-visible-if', 'x-read-only-if')
BODIES = ('subject', 'html', 'text')
LAYOUT_LISTS = ('list', 'card', 'quick')
PLANNED = {'create_task': 'task', 'create_appointment': 'appointment'}
CALENDAR = (
    'start', 'end', 'all_day', 'status', 'place', 'participants', 'guests', 'repeat', 'remind_minutes', 'remind_by',
)  # fmt: skip

__all__ = ['Moves', 'Namer', 'Place', 'Walk', 'follow', 'walk']


def follow(documents: dict[tuple[str, str], Any], moves: Moves) -> None:
    """Rewrite in place what names a moved key. A removed name goes from lists and rights; where a part cannot do without it,
    it is left, and the checks show it to the admin.
    """
    if not moves.entities and not moves.fields and not moves.roles:
        return
    roles = {old: new for old, new in moves.roles.items() if new is not None or ('role', old) not in documents}
    given = set(moves.entities.values())
    gone = {old: each for old, each in moves.entities.items() if each or old in given or ('entity', old) not in documents}
    fields = {entity: _still_gone(renames, documents.get(('entity', entity))) for entity, renames in moves.fields.items()}
    walk(documents, _Follower(gone, fields, roles))


def _still_gone(renames: Renames, document: Any) -> dict[str, str | None]:
    """A removed key that a new part took over in the same request is there again; one that a renamed part took is not."""
    kept = document.get('properties') if isinstance(document, dict) else None
    there = (kept if isinstance(kept, dict) else {}).keys() - set(renames.values())
    return {old: new for old, new in renames.items() if new is not None or old not in there}


@dataclass(frozen=True)
class _Follower:
    entities: Renames
    fields: Mapping[str, Renames]
    roles: Renames

    def entity(self, key: str, place: Place) -> str | None:
        return self.entities.get(key, key)

    def field(self, entity: str, key: str, place: Place) -> str | None:
        return self.fields.get(entity, {}).get(key, key)

    def role(self, key: str, place: Place) -> str | None:
        return self.roles.get(key, key)


def walk(documents: Mapping[tuple[str, str], Any], namer: Namer) -> None:
    """Show the namer every name, entities' targets first, and write its answers where they differ."""
    Walk(documents, namer).run()


class Walk:
    """One pass over all names. `choices` and `words` are for those who look at values too: here a value names nothing."""

    def __init__(self, documents: Mapping[tuple[str, str], Any], namer: Namer) -> None:
        self._documents, self._namer = documents, namer

    def run(self) -> None:
        for place, _, document in self._of_kind('entity'):
            for name, part in _mapping(document.get('properties')).items():
                self._targets(_mapping(part), place / 'properties' / name)
        for place, key, document in self._of_kind('entity'):
            self._entity(document, key, place)
        for place, _, document in self._of_kind('role'):
            self._role(document, place)
        for kind in ('workflow', 'template', 'view', 'report'):
            for place, _, document in self._of_kind(kind):
                self._one_entity(document, 'entity', place / 'entity')
                if isinstance(entity := document.get('entity'), str):
                    self._by_record(kind, document, entity, place)

    def _of_kind(self, kind: str) -> Iterator[tuple[Place, str, dict[str, Any]]]:
        for (each, key), document in self._documents.items():
            if each == kind and isinstance(document, dict):
                label = document.get('x-label')
                named = label if isinstance(label, dict) and label else {'en': key}
                yield Place(f'/{PLURALS[kind]}/{escape_pointer(key)}', kind, named), key, document

    def choices(self, part: Any, keyword: Any, entity: str, path: str) -> None:
        """A value, or a list of values, of the field at the path."""

    def words(self, part: dict[str, Any], keyword: str, entity: str) -> None:
        """A formula over records of the entity."""

    # names ---------------------------------------------------------------------------------------------------------------

    def _put(self, part: Any, keyword: Any, new: str | None, *, drops: bool = False) -> None:
        if new is None and drops:
            del part[keyword]
        elif new is not None and new != part[keyword]:
            part[keyword] = new

    def _one_entity(self, part: dict[str, Any], keyword: str, place: Place) -> None:
        if isinstance(name := part.get(keyword), str):
            self._put(part, keyword, self._namer.entity(name, place))

    def _one_field(self, part: dict[str, Any], keyword: str, entity: str, place: Place, *, drops: bool = False) -> None:
        if isinstance(name := part.get(keyword), str):
            self._put(part, keyword, self._path(name, entity, place), drops=drops)

    def _many(self, part: dict[str, Any], keyword: str, name_of: Callable[[str, Place], str | None], place: Place) -> None:
        """A list of names; what is gone goes."""
        names = part.get(keyword)
        if isinstance(names, list):
            moved = [name_of(each, place / n) if isinstance(each, str) else each for n, each in enumerate(names)]
            if moved != names:
                part[keyword] = [each for each in moved if each is not None]

    def _fields(self, part: dict[str, Any], keyword: str, entity: str, place: Place) -> None:
        self._many(part, keyword, lambda name, at: self._path(name, entity, at), place / keyword)

    def _path(self, path: str, entity: str, place: Place) -> str | None:
        """A key, or a dotted path that starts with a link; None when its head is gone."""
        head, dot, rest = path.partition('.')
        around = dot and head == PARENT and '.' in entity  # of a line, the record that holds it
        new = head if around else self._namer.field(entity, head, place)
        if not dot or new is None:
            return new
        target = self._target(entity, new)
        return f'{new}.{(self._path(rest, target, place) or rest) if target else rest}'

    def _target(self, entity: str, name: str) -> str | None:
        owner, _, lines = entity.partition('.')
        if lines and name == PARENT:
            return owner
        fields = _mapping(_mapping(self._documents.get(('entity', owner))).get('properties'))
        if lines:
            fields = _mapping(_mapping(_mapping(fields.get(lines)).get('x-lines')).get('properties'))
        part = _mapping(fields.get(name))
        target = part.get('x-target')
        return target if isinstance(target, str) else None

    # entities ------------------------------------------------------------------------------------------------------------

    def _targets(self, part: dict[str, Any], place: Place) -> None:
        place = place.of('link', part)
        self._one_entity(part, 'x-target', place / 'x-target')
        self._many(part, 'x-targets', self._namer.entity, place / 'x-targets')
        if isinstance(columns := part.get('x-columns'), dict):
            moved = {self._namer.entity(key, place / 'x-columns') or key: name for key, name in columns.items()}
            if moved != columns:
                part['x-columns'] = moved
        for key, child in _mapping(_mapping(part.get('x-lines')).get('properties')).items():
            self._targets(_mapping(child), place / 'x-lines' / 'properties' / key)

    def _entity(self, document: dict[str, Any], key: str, place: Place) -> None:
        self._fields(document, 'required', key, place.of('required'))
        self._one_field(document, 'x-title-field', key, (place / 'x-title-field').of('title'))
        self._one_field(document, 'x-no-contact', key, (place / 'x-no-contact').of('title'), drops=True)
        self._one_field(document, 'x-birthday', key, (place / 'x-birthday').of('title'), drops=True)
        self._one_field(document, 'x-subtitle-field', key, (place / 'x-subtitle-field').of('title'), drops=True)
        for at, rule in _parts(document, 'x-duplicates', place, 'duplicate_rule'):
            for spot, test in _parts(rule, 'match', at):
                self._one_field(test, 'field', key, spot / 'field')
            self._condition(rule.get('condition'), key, at / 'condition')
        for at, pipeline in _parts(document, 'x-pipelines', place):
            self._stage_maps(_mapping(pipeline.get('maps')), key)
            for spot, stage in _parts(pipeline, 'stages', at, 'stage'):
                self._fields(stage, 'requires', key, spot)
                self._condition(stage.get('gate'), key, spot / 'gate')
        for at, rule in _parts(document, 'x-rules', place, 'rule'):
            self._condition(rule.get('refuse_when'), key, at / 'refuse_when')
            self._one_field(rule, 'field', key, at / 'field')
        for at, unique in _parts(document, 'x-unique-keys', place, 'unique_key'):
            self._fields(unique, 'fields', key, at)
        self._indexes(document, key, place.of('index'))
        self._calendar(_mapping(document.get('x-calendar')), key, (place / 'x-calendar').of('calendar'))
        self._layouts(_mapping(document.get('x-layouts')), key, (place / 'x-layouts').of('layout'))
        for name, part in _mapping(document.get('properties')).items():
            self._field(_mapping(part), key, place / 'properties' / name)

    def _stage_maps(self, maps: dict[str, Any], key: str) -> None:
        for name, stages in maps.items():
            if isinstance(stages, dict):
                here = {'from': list(stages), 'to': list(stages.values())}
                self.choices(here, 'from', key, self._stage_of(key))
                self.choices(here, 'to', key, self._stage_of(key))
                maps[name] = dict(zip(here['from'], here['to'], strict=True))

    def _stage_of(self, entity: str) -> str:
        """The key of the entity's stage field, '' without one."""
        fields = _mapping(_mapping(self._documents.get(('entity', entity))).get('properties'))
        return next((key for key, part in fields.items() if _mapping(part).get('x-type') == 'stage'), '')

    def _calendar(self, part: dict[str, Any], key: str, place: Place) -> None:
        for name in CALENDAR:
            self._one_field(part, name, key, place / name, drops=name != 'start')
        for name in ('done', 'cancelled'):
            self.choices(part, name, key, str(part.get('status')))

    def _indexes(self, document: dict[str, Any], key: str, place: Place) -> None:
        indexes = document.get('x-indexes')
        if isinstance(indexes, list):
            holder = {str(number): each for number, each in enumerate(indexes)}
            for number in holder:
                self._fields(holder, number, key, place / 'x-indexes')
            if (moved := [each for each in holder.values() if each]) != indexes:
                document['x-indexes'] = moved

    def _layouts(self, layouts: dict[str, Any], key: str, place: Place) -> None:
        for name in LAYOUT_LISTS:
            self._fields(layouts, name, key, place)
        for at, section in _parts(layouts, 'form', place):
            self._fields(section, 'fields', key, at)
        for number, each in reversed(list(enumerate(listed if isinstance(listed := layouts.get('related'), list) else []))):
            if isinstance(each, dict) and not self._related(each, (place / 'related' / number).of('related')):
                del layouts['related'][number]
        if isinstance(own := layouts.get('roles'), dict):
            moved = self._keys(own, lambda role: self._namer.role(role, place / 'roles' / role))
            if list(moved) != list(own):
                layouts['roles'] = own = moved
            if not own:
                del layouts['roles']
            for role, part in own.items():
                self._layouts(_mapping(part), key, place / 'roles' / role)

    def _related(self, part: dict[str, Any], place: Place) -> bool:
        """False when what it lists is gone."""
        if not (isinstance(part.get('entity'), str) and isinstance(part.get('field'), str)):
            return True
        entity = self._namer.entity(part['entity'], place / 'entity')
        name = self._path(part['field'], entity, place / 'field') if entity else None
        if entity is None or name is None:
            return False
        self._put(part, 'entity', entity)
        self._put(part, 'field', name)
        return True

    def _field(self, part: dict[str, Any], entity: str, place: Place) -> None:
        """What one field names of its own record and of others; `entity` may be that of lines."""
        for keyword in CONDITIONS:
            self._condition(part.get(keyword), entity, (place / keyword).of('condition', part))
        for at, option in _parts(part, 'x-options', place.of('condition', part)):
            self._condition(option.get('if'), entity, at / 'if')
        self._formula(part, 'x-formula', entity, (place / 'x-formula').of('formula', part))
        self.choices(part, 'x-default', entity, place.pointer.rsplit('/', 1)[-1])
        default = _mapping(part.get('x-default'))
        self._formula(default, 'formula', entity, (place / 'x-default' / 'formula').of('default', part))
        self._option_filters(part, entity, place)
        self._rollup(_mapping(part.get('x-rollup')), entity, (place / 'x-rollup').of('rollup', part))
        self._through(_mapping(part.get('x-through')), entity, (place / 'x-through').of('through', part))
        lines, name = _mapping(part.get('x-lines')), place.pointer.rsplit('/', 1)[-1]
        self._fields(lines, 'required', f'{entity}.{name}', place / 'x-lines')
        for key, child in _mapping(lines.get('properties')).items():
            self._field(_mapping(child), f'{entity}.{name}', place / 'x-lines' / 'properties' / key)

    def _option_filters(self, part: dict[str, Any], entity: str, place: Place) -> None:
        target = USER if part.get('x-type') == 'user' else part.get('x-target')
        at = (place / 'x-option-filter').of('option_filter', part)
        self._condition(part.get('x-option-filter'), target if isinstance(target, str) else '', at, entity)
        if isinstance(filters := part.get('x-option-filters'), dict):
            at = (place / 'x-option-filters').of('option_filter', part)
            filters = self._keys(filters, lambda key: self._namer.entity(key, at / key))
            if list(filters) != list(part['x-option-filters']):
                part['x-option-filters'] = filters
            for key, condition in filters.items():
                self._condition(condition, key, at / key, entity)

    def _rollup(self, part: dict[str, Any], entity: str, place: Place) -> None:
        if isinstance(lines := part.get('lines'), str):
            self._one_field(part, 'lines', entity, place / 'lines')
            source = f'{entity}.{part.get("lines", lines)}'
        else:
            self._one_entity(part, 'entity', place / 'entity')
            source = str(part.get('entity', ''))
            self._one_field(part, 'field', source, place / 'field')
        self._one_field(part, 'of', source, place / 'of')
        self._condition(part.get('condition'), source, place / 'condition')

    def _through(self, part: dict[str, Any], entity: str, place: Place) -> None:
        self._one_field(part, 'link', entity, place / 'link')
        target = self._target(entity, str(part.get('link', '')))
        if target:
            self._one_field(part, 'field', target, place / 'field')

    # what holds names inside ---------------------------------------------------------------------------------------------

    def _condition(self, node: Any, entity: str, place: Place, record: str | None = None) -> None:
        """`record` is the entity of the record that a `{"record": key}` value names, when it is another."""
        if isinstance(node, list):
            for number, each in enumerate(node):
                self._condition(each, entity, place / number, record)
        if not isinstance(node, dict):
            return
        if entity == USER and node.get('field') == 'role':
            self._roles(node, place / 'value')
        if isinstance(node.get('field'), str):
            self._one_field(node, 'field', entity, place / 'field')
            self.choices(node, 'value', entity, str(node.get('field')))
        values = node.get('value')
        for value in values if isinstance(values, list) else [values]:
            self._one_field(_mapping(value), 'record', record or entity, place / 'value')
        for head, part in node.items():
            if head in {'all', 'any', 'not'}:
                self._condition(part, entity, place / head, record)
            elif head.endswith('_related') and isinstance(part, dict):
                source = self._relation(part, entity, place / head)
                self._one_field(node, 'of', source, place / 'of')
                self._condition(node.get('where'), source, place / 'where', record or entity)

    def _roles(self, node: dict[str, Any], place: Place) -> None:
        """Roles that a condition about people compares with."""
        if isinstance(value := node.get('value'), str):
            self._put(node, 'value', self._namer.role(value, place))
        self._many(node, 'value', self._namer.role, place)

    def _relation(self, part: dict[str, Any], entity: str, place: Place) -> str:
        """Where a relation leads: along own links or lines, or back along a link of another entity."""
        for keyword in ('links', 'lines'):
            if isinstance(name := part.get(keyword), str):
                self._one_field(part, keyword, entity, place / keyword)
                name = str(part.get(keyword, name))
                return f'{entity}.{name}' if keyword == 'lines' else self._target(entity, name) or ''
        self._one_entity(part, 'entity', place / 'entity')
        source = str(part.get('entity', ''))
        self._one_field(part, 'field', source, place / 'field')
        return source

    def _formula(self, part: dict[str, Any], keyword: str, entity: str, place: Place) -> None:
        expression = part.get(keyword)
        if not isinstance(expression, str):
            return
        names = {name: self._path(name, entity, place) for name in fields_of(expression)}
        moved = {old: new for old, new in names.items() if new is not None and new != old}
        if moved:
            part[keyword] = rename(expression, moved)
        self.words(part, keyword, entity)

    def _template(self, part: dict[str, Any], keyword: str, entity: str, place: Place) -> None:
        """Paths between braces: `record.<field>`, `related.<entity>.<field>`, fields of what a loop goes over."""
        if isinstance(text := part.get(keyword), str):
            renaming = Renaming(
                lambda owner, path: self._path(path, owner, place) or path,
                lambda key: self._namer.entity(key, place) or key,
                self._listed,
            )
            self._put(part, keyword, renaming.text(text, entity))

    def _listed(self, entity: str, name: str) -> str | None:
        """The entity of the records in a field; of lines that of the lines themselves."""
        part = _mapping(_mapping(_mapping(self._documents.get(('entity', entity))).get('properties')).get(name))
        return f'{entity}.{name}' if 'x-lines' in part else self._target(entity, name)

    # documents that read records -----------------------------------------------------------------------------------------

    def _role(self, document: dict[str, Any], place: Place) -> None:
        for part in ('grants', 'fields'):
            if isinstance(rights := document.get(part), dict):
                document[part] = self._keys(rights, lambda key: key if key == '*' else self._namer.entity(key, place))
        for entity, grant in _mapping(document.get('grants')).items():
            for action, tree in _mapping(grant).items():
                self._condition(_mapping(tree).get('where'), entity, place / 'grants' / entity / action / 'where')
        for entity, rights in _mapping(document.get('fields')).items():
            if isinstance(rights, dict):
                at = place / 'fields' / entity
                document['fields'][entity] = self._keys(rights, lambda key, e=entity, p=at: self._namer.field(e, key, p / key))  # type: ignore[misc]

    def _keys(self, rights: dict[str, Any], name_of: Callable[[str], str | None]) -> dict[str, Any]:
        moved = {name_of(key): value for key, value in rights.items()}
        return {key: value for key, value in moved.items() if key is not None}

    def _by_record(self, kind: str, document: dict[str, Any], entity: str, place: Place) -> None:
        if kind == 'template':
            self._one_field(document, 'locale_field', entity, place / 'locale_field', drops=True)
            for part in BODIES:
                for locale in _mapping(document.get(part)):
                    self._template(document[part], locale, entity, place / part / locale)
            return
        for keyword in ('condition', 'filter'):
            self._condition(document.get(keyword), entity, place / keyword)
        for keyword in ('columns', 'sort', 'group_by'):
            self._fields(document, keyword, entity, place)
        if kind == 'workflow':
            self._rule_part(document.get('trigger'), entity, place / 'trigger')
            self._many(_mapping(document.get('trigger')), 'roles', self._namer.role, place / 'trigger' / 'roles')
            self._set_by_call(_mapping(document.get('trigger')), entity, place / 'trigger' / 'values')
            self.choices(_mapping(document.get('trigger')), 'stages', entity, self._stage_of(entity))
            self._steps(document, 'steps', entity, place)

    def _rule_part(self, node: Any, entity: str, place: Place) -> None:
        """Triggers and recipients: `field`, `user` and `from` name a field, `fields` several."""
        if isinstance(node, list):
            for number, each in enumerate(node):
                self._rule_part(each, entity, place / number)
        if isinstance(node, dict):
            for keyword in ('field', 'user'):
                self._one_field(node, keyword, entity, place / keyword)
            self._fields(node, 'fields', entity, place)
            for keyword, each in node.items():
                if keyword in {'condition', 'where', 'was'}:
                    self._condition(each, entity, place / keyword)
                elif keyword not in {'field', 'user', 'fields', 'values'}:
                    self._rule_part(each, entity, place / keyword)

    def _steps(self, part: dict[str, Any], keyword: str, entity: str, place: Place) -> None:
        for at, step in _parts(part, keyword, place):
            self._step(step, entity, at)

    def _step(self, step: dict[str, Any], entity: str, place: Place) -> None:
        self._one_entity(step, 'entity', place / 'entity')
        self._one_field(step, 'field', entity, place / 'field')
        self.choices(step, 'stage', entity, self._stage_of(entity))
        written = step['entity'] if isinstance(step.get('entity'), str) else self._planned(step) or entity
        inside = self._looped(step, entity, place / 'related')
        for at, case in _parts(step, 'cases', place):
            self._condition(case.get('condition'), entity, at / 'condition')
            self._steps(case, 'steps', entity, at)
        for keyword in ('otherwise', 'on_timeout', 'steps'):
            self._steps(step, keyword, inside, place)
        self._condition(step.get('condition'), inside, place / 'condition')
        for keyword in ('attachments', 'to', 'until', 'with', 'add', 'remove'):
            self._rule_part(step.get(keyword), entity, place / keyword)
        self._told(step, entity, place)
        for name, value in _mapping(step.get('params')).items():
            self._one_field(_mapping(value), 'from', entity, place / 'params' / name / 'from')
        values = step.get('values')
        if isinstance(values, dict):
            for key, value in values.items():
                self._one_field(_mapping(value), 'from', entity, place / 'values')
                self.choices(values, key, written, key)
            if step.get('type') == 'webhook':
                return  # names that the other side reads
            moved = {self._path(key, written, place / 'values' / key) or key: value for key, value in values.items()}
            if list(moved) != list(values):
                step['values'] = moved

    def _set_by_call(self, trigger: dict[str, Any], entity: str, place: Place) -> None:
        """Fields that a call from outside sets; where their values stand in it is no matter of ours."""
        if isinstance(values := trigger.get('values'), dict):
            trigger['values'] = {self._path(key, entity, place / key) or key: value for key, value in values.items()}

    def _told(self, step: dict[str, Any], entity: str, place: Place) -> None:
        """Whom a step tells by role or team field, where links are taken from, and merge fields of its words."""
        to = _mapping(step.get('to'))
        self._one_field(to, 'team', entity, place / 'to' / 'team')
        if isinstance(role := to.get('role'), str):
            self._put(to, 'role', self._namer.role(role, place / 'to' / 'role'))
        for keyword in ('add', 'remove'):
            self._one_field(_mapping(step.get(keyword)), 'from', entity, place / keyword / 'from')
        for keyword in ('text', 'title'):
            for locale in _mapping(step.get(keyword)):
                self._template(step[keyword], locale, entity, place / keyword / locale)
        for keyword in ('due', 'start'):
            self._one_field(_mapping(step.get(keyword)), 'from', entity, place / keyword / 'from')
        self._one_field(_mapping(step.get('assign')), 'user', entity, place / 'assign' / 'user')

    def _planned(self, step: dict[str, Any]) -> str | None:
        """The entity of the calendar that a step adds to."""
        kind = PLANNED.get(str(step.get('type')))
        found = [key for _, key, each in self._of_kind('entity') if _mapping(each.get('x-calendar')).get('kind') == kind]
        return next((key for key in found if key == kind), found[0] if found else None) if kind else None

    def _looped(self, step: dict[str, Any], entity: str, place: Place) -> str:
        """The entity that the steps inside a step are about: that of its related records, or its own."""
        related = step.get('related')
        if not isinstance(related, dict):
            return entity
        if 'entity' in related:
            self._one_entity(related, 'entity', place / 'entity')
            self._one_field(related, 'field', str(related['entity']), place / 'field')
            return str(related['entity'])
        self._one_field(related, 'field', entity, place / 'field')
        return self._target(entity, str(related.get('field'))) or entity


def _mapping(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def _parts(node: Any, keyword: str, place: Place, noun: str = '') -> Iterator[tuple[Place, dict[str, Any]]]:
    """Members of a list that are mappings, with their places; `noun` makes each the part that names."""
    listed = node.get(keyword) if isinstance(node, dict) else None
    for number, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            at = place / keyword / number
            yield at.of(noun, each) if noun else at, each
