"""Workflows in words and as a flow of steps, as a draft has them, with what is wrong beside each step. Knows no form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_babel import gettext as _

from modules.studio import workflow_editing as editing
from modules.studio.presenting import Bench
from modules.studio.workflow_people import Roster
from modules.studio.workflow_shapes import GROUPS, STEPS, TRIGGERS, Shape
from schema.base.errors import NotFound
from schema.base.findings import nearest
from schema.base.text import in_sentence
from schema.catalog import SYSTEM_FACES, Catalog
from schema.checks.metaschema import load_metaschemas
from schema.checks.rings import rings
from schema.conditions import describe, sentence
from schema.definitions import Document, in_locale

HEADS = {'trigger': 'trigger', 'condition': 'condition', 'steps': 'steps'}
Problem = Mapping[str, str]


@dataclass(frozen=True)
class RuleDesk:
    """The workflows of a draft for one person. `catalog` is live, `actions` are the kinds of steps that are installed, `facts`
    says how runs went, by ref; `roster` reads whom steps may name."""

    bench: Bench
    catalog: Catalog
    actions: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    roster: Callable[[], Roster] = Roster

    @cached_property
    def folk(self) -> Roster:
        return self.roster()

    @property
    def documents(self) -> Mapping[tuple[str, str], Document]:
        return self.bench.workshop.documents

    def document(self, name: tuple[str, str]) -> dict[str, Any]:
        """Raises: NotFound REC-E029 when the draft has no such workflow or template."""
        found = self.documents.get(name)
        if found is None:
            known = [key for kind, key in self.documents if kind == name[0]]
            raise NotFound.of('REC-E029', value=name[1][:80], hint=nearest(name[1], known))
        return {**found, 'x-key': name[1]}

    def live(self, name: tuple[str, str]) -> Document | None:
        """The document as it is published, also under a key that the draft changes."""
        base, ref = self.bench.workshop.base, self.documents.get(name, {}).get('x-ref')
        if ref is None:
            return base.get(name)
        return next((each for (kind, _), each in base.items() if kind == name[0] and each['x-ref'] == ref), None)

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """All workflows or templates by name, with how they stand in the draft."""
        found = []
        for (each, key), document in self.documents.items():
            if each != kind:
                continue
            live = self.live((kind, key))
            found.append({
                'key': key, 'label': self.bench.label(document, key), 'help': self.say(document.get('x-help')),
                'entity': self.entity_label(str(document.get('entity', ''))), 'is_new': live is None,
                'changed': live is not None and differs(live, document), 'document': document,
                'problems': len(self.problems_of(kind, key)), 'facts': self.facts.get(str(document.get('x-ref', ''))),
                'order': document.get('x-order', 1000),
            })  # fmt: skip
        return sorted(found, key=lambda entry: (entry['order'], entry['label'].casefold()))

    def gone(self, kind: str) -> list[dict[str, str]]:
        """Published ones that the draft takes out."""
        there = {each.get('x-ref') for (other, _), each in self.documents.items() if other == kind}
        return [
            {'key': key, 'label': self.bench.label(document, key)}
            for (other, key), document in self.bench.workshop.base.items()
            if other == kind and document['x-ref'] not in there
        ]

    def problems_of(self, kind: str, key: str) -> list[Problem]:
        start = f'/{kind}s/{key}'
        return [each for each in self.bench.problems if each['pointer'] == start or each['pointer'].startswith(f'{start}/')]

    def rings_of(self, key: str) -> list[str]:
        """Workflows that might start each other for ever once this one is on, as a chain of labels; none while the draft has
        findings, for then nobody knows what it does."""
        if self.bench.problems:
            return []
        on = {name: {**each, 'enabled': True} if name == ('workflow', key) else each for name, each in self.documents.items()}
        labels = {name: self.bench.label(each, name) for (kind, name), each in on.items() if kind == 'workflow'}
        found = [ring.workflows for ring in rings(on) if key in ring.workflows]
        return [' → '.join(labels.get(each, each) for each in (*ring, ring[0])) for ring in found]

    # --- words -------------------------------------------------------------------------------------------------------

    def say(self, texts: Any) -> str:
        return in_locale(texts, self.bench.locale) if isinstance(texts, Mapping) else ''

    def entity_label(self, key: str, *, plural: bool = False) -> str:
        document = self.documents.get(('entity', key), {})
        return (self.say(document.get('x-plural')) if plural else '') or self.bench.label(document, key)

    def field_label(self, entity: str, key: str) -> str:
        part = self.documents.get(('entity', entity), {}).get('properties', {}).get(key)
        if part is None and key in SYSTEM_FACES:
            return in_locale(SYSTEM_FACES[key][1], self.bench.locale)
        return self.say((part or {}).get('x-label')) or key

    def stage_label(self, entity: str, key: str) -> str:
        for line in self.documents.get(('entity', entity), {}).get('x-pipelines', ()):
            for stage in line.get('stages', ()):
                if stage['key'] == key:
                    return self.say(stage.get('label')) or key
        return key

    def condition_words(self, document: Any, entity: str) -> str:
        """A condition as a sentence of the live fields; blank for none, or when it names what is not live yet."""
        known = self.catalog.find_entity(entity)
        if not isinstance(document, Mapping) or known is None:
            return ''
        chips = describe(document, known, self.catalog, self.bench.locale)
        return '' if any(chip.broken for chip in chips) else sentence(chips)

    def trigger_words(self, document: Document) -> tuple[str, str]:
        """What starts it, and the circumstances."""
        trigger, entity = document.get('trigger', {}), str(document.get('entity', ''))
        kind = str(trigger.get('type', ''))
        shape = TRIGGERS.get(kind)
        if kind == 'date' and trigger.get('field'):
            title = _('%(field)s of %(entity)s', field=self.field_label(entity, trigger['field']),
                      entity=self.entity_label(entity))  # fmt: skip
        else:
            title = str(shape.label) if shape else kind
        return title, ' · '.join([self.entity_label(entity, plural=True), *self._circumstances(trigger, entity)])

    def _circumstances(self, trigger: Mapping[str, Any], entity: str) -> Iterator[str]:
        if trigger.get('yearly'):
            yield _('every year')
        if days := trigger.get('offset_days'):
            yield _('%(num)s days before', num=-days) if days < 0 else _('%(num)s days after', num=days)
        minutes = trigger.get('offset_minutes')
        if isinstance(minutes, int) and minutes:
            yield _('%(num)s minutes before', num=-minutes) if minutes < 0 else _('%(num)s minutes after', num=minutes)
        if trigger.get('days'):
            yield _('for %(num)s days', num=trigger['days'])
        stages = [self.stage_label(entity, each) for each in trigger.get('stages') or ()]
        fields = [self.field_label(entity, each) for each in trigger.get('fields') or ()]
        if named := ', '.join([*stages, *fields]):
            yield named
        if trigger.get('cron'):
            yield str(trigger['cron'])
        if trigger.get('at'):
            yield _('at %(time)s', time=trigger['at'])

    def step_words(self, step: Mapping[str, Any], entity: str) -> str:
        """The main thing that a step says beside its kind."""
        kind = str(step.get('type', ''))
        speak = SPEAKERS.get(kind)
        return speak(self, step, entity) if speak else ''

    # --- the flow ----------------------------------------------------------------------------------------------------

    def entity_at(self, document: Document, key: str) -> str:
        """The entity whose record a step is carried out on: inside loops that of the related records."""
        found = editing.find(document, key)
        return self._entity_of_way(document, found.way) if found else str(document.get('entity', ''))

    def _entity_of_way(self, document: Document, way: str) -> str:
        if not way:
            return str(document.get('entity', ''))
        holder = editing.find(document, way.partition('/')[0])
        if holder is None:
            return str(document.get('entity', ''))
        outer = self._entity_of_way(document, holder.way)
        return self.looped(holder.step, outer) if holder.step.get('type') == 'for_each' else outer

    def looped(self, step: Mapping[str, Any], entity: str) -> str:
        """The entity of the records that a loop goes over; its own when that cannot be told."""
        related = step.get('related')
        if not isinstance(related, Mapping):
            return entity
        if related.get('entity'):
            return str(related['entity'])
        part = self.documents.get(('entity', entity), {}).get('properties', {}).get(str(related.get('field')), {})
        return str(part.get('x-target') or entity)

    def flow(self, document: Document, problems: Iterable[Problem], chosen: str) -> list[dict[str, Any]]:
        """The cards of the outermost steps, with those of their ways inside."""
        by_step: dict[str, list[Problem]] = {}
        for each in problems:
            by_step.setdefault(self.step_at(document, each['pointer']), []).append(each)
        return self._cards(document.get('steps', ()), '', str(document.get('entity', '')), (by_step, chosen))

    def _cards(self, steps: Any, way: str, entity: str, about: tuple[Mapping[str, Any], str]) -> list[dict[str, Any]]:
        by_step, chosen = about
        cards = []
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            key, kind = str(step.get('key', '')), str(step.get('type', ''))
            shape = shape_of(kind)
            cards.append({
                'key': key, 'type': kind, 'icon': shape.icon, 'hue': shape.hue, 'word': shape.word,
                'title': self.say(step.get('label')) or str(shape.label), 'text': self.step_words(step, entity),
                'problems': by_step.get(key, ()), 'place': f'{way}:{number}', 'is_on': key == chosen,
                'ways': self._ways(step, entity, about),
            })  # fmt: skip
        return cards

    def _ways(self, step: Mapping[str, Any], entity: str, about: Any) -> list[dict[str, Any]]:
        """The ways that a step may have, those that hold nothing yet included."""
        kind, key, ways = step.get('type'), step.get('key', ''), []
        inside = self.looped(step, entity) if kind == 'for_each' else entity
        for number, case in enumerate(step.get('cases') or ()):
            label = self.say(case.get('label')) or self.condition_words(case.get('condition'), entity)
            ways.append((f'cases/{number}', label or _('Case %(num)s', num=number + 1), 'ok', case.get('steps') or []))
        if kind == 'branch':
            ways.append(('otherwise', _('Otherwise'), 'warn', step.get('otherwise') or []))
        elif kind == 'wait' and (step.get('condition') or step.get('on_timeout')):
            ways.append(('on_timeout', _('When the time is up'), 'warn', step.get('on_timeout') or []))
        elif kind == 'for_each':
            each = in_sentence(self.entity_label(inside))
            ways.append(('steps', _('On each %(entity)s', entity=each), 'new', step.get('steps') or []))
        return [
            {'name': name, 'label': label, 'kind': tone, 'way': f'{key}/{name}',
             'steps': self._cards(steps, f'{key}/{name}', inside, about)}
            for name, label, tone, steps in ways
        ]  # fmt: skip

    def step_at(self, document: Document, pointer: str) -> str:
        """The step that a finding is about; `@trigger`, `@condition` or blank when it is about none."""
        inner = '/' + '/'.join(pointer.split('/')[3:])
        inmost = [each for each in editing.walk(document) if inner == each.pointer or inner.startswith(f'{each.pointer}/')]
        if inmost:
            return str(inmost[-1].step.get('key', ''))
        head = inner.split('/')[1] if inner != '/' else ''
        return f'@{head}' if head in ('trigger', 'condition') else ''

    @cached_property
    def kinds(self) -> list[dict[str, Any]]:
        """Kinds of steps that may be added, by group."""
        allowed = load_metaschemas()['workflow']['$defs']['step']['properties']['type'].get('enum')
        names = [each for each in STEPS if each in self.actions] + [each for each in self.actions if each not in STEPS]
        groups: dict[str, list[dict[str, Any]]] = {}
        for name in names:
            if allowed is None or name in allowed or name not in STEPS:
                shape = shape_of(name)
                groups.setdefault(shape.group, []).append(
                    {'key': name, 'label': str(shape.label), 'icon': shape.icon, 'hue': shape.hue}
                )
        return [{'label': str(word), 'kinds': groups[name]} for name, word in GROUPS.items() if name in groups]


def shape_of(kind: str) -> Shape:
    """The shape of a step type; one that the table does not know is edited as JSON."""
    return STEPS.get(kind) or Shape(kind.rpartition('.')[2].replace('_', ' ').capitalize(), 'puzzle', 3, group='other')


def _mail(desk: RuleDesk, step: Mapping[str, Any], entity: str) -> str:
    template = desk.documents.get(('template', str(step.get('template'))), {})
    return ' → '.join(filter(None, (desk.bench.label(template, str(step.get('template', ''))), _to(desk, step, entity))))


def _to(desk: RuleDesk, step: Mapping[str, Any], entity: str) -> str:
    to = step.get('to') or {}
    if to.get('people'):
        return ', '.join(map(desk.folk.say, to['people']))
    if to.get('role'):
        return desk.bench.label(desk.documents.get(('role', to['role']), {}), to['role'])
    named = to.get('field') or to.get('user') or to.get('team')
    return desk.field_label(entity, str(named)) if named else ''


def _said(desk: RuleDesk, step: Mapping[str, Any], entity: str) -> str:
    text = desk.say(step.get('text'))
    return ' · '.join(filter(None, (_to(desk, step, entity), text[:80])))


def _values(desk: RuleDesk, step: Mapping[str, Any], entity: str) -> str:
    written = str(step.get('entity') or entity)
    names = ', '.join(desk.field_label(written, key) for key in step.get('values') or ())
    return ': '.join(filter(None, (desk.entity_label(written) if step.get('entity') else '', names)))


def _wait(desk: RuleDesk, step: Mapping[str, Any], entity: str) -> str:
    units = {'minutes': _('minutes'), 'hours': _('hours'), 'days': _('days'), 'working_hours': _('working hours'),
             'working_days': _('working days')}  # fmt: skip
    long = ', '.join(f'{count} {units.get(unit, unit)}' for unit, count in (step.get('for') or {}).items())
    until = step.get('until') or {}
    if until.get('field'):
        return str(_('Until %(field)s', field=desk.field_label(entity, until['field'])))
    if step.get('condition'):
        held = desk.condition_words(step['condition'], entity)
        return ' · '.join(filter(None, (_('Until: %(condition)s', condition=held) if held else '', long)))
    return long


def _tagged(desk: RuleDesk, step: Mapping[str, Any], entity: str) -> str:
    words = []
    for name, sign in (('add', '+'), ('remove', '−')):
        listed = step.get(name)
        words += [f'{sign} {word}' for word in listed] if isinstance(listed, list) else []
    return ', '.join(words)


SPEAKERS: Mapping[str, Any] = {
    'send_mail': _mail, 'notify': _said, 'send_sms': _said, 'send_zns': _to, 'wait': _wait, 'tag': _tagged,
    'create_record': _values, 'update_record': _values,
    'move_stage': lambda desk, step, entity: desk.stage_label(entity, str(step.get('stage', ''))),
    'create_task': lambda desk, step, entity: desk.say(step.get('title')),
    'create_appointment': lambda desk, step, entity: desk.say(step.get('title')),
    'relate': lambda desk, step, entity: desk.field_label(entity, str(step.get('field', ''))),
    'start_workflow': lambda desk, step, entity: desk.bench.label(
        desk.documents.get(('workflow', str(step.get('workflow'))), {}), str(step.get('workflow', ''))),
    'for_each': lambda desk, step, entity: desk.condition_words(step.get('condition'), desk.looped(step, entity)),
    'webhook': lambda desk, step, entity: str(step.get('url', ''))[:80],
}  # fmt: skip


def differs(live: Document, document: Document) -> bool:
    """Whether a draft changes a document."""
    return any(live.get(name) != document.get(name) for name in {*live, *document} - {'x-aliases'})
