"""What Studio's templates show: the tree, fields as rows, the live preview, a reviewed plan, versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from migrations.plans import StoredPlan
from migrations.service import Publisher
from modules.studio import forms
from modules.studio.service import Workshop, used_in
from modules.web.presenting import FieldView, form_rows
from schema.base.actor import Actor
from schema.base.findings import Finding
from schema.catalog import Entity
from schema.changes import TYPE_WORDS
from schema.definitions import Document, in_locale
from schema.fieldtypes.base import Reading
from schema.fieldtypes.dates import DateTime
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import bare

ICONS = (
    'user', 'users', 'building', 'briefcase', 'target', 'inbox', 'package', 'phone', 'mail', 'calendar', 'checkbox', 'school',
    'car', 'home', 'file-invoice', 'lifebuoy', 'folder', 'tools', 'receipt', 'truck', 'star', 'heart', 'map-pin', 'coin',
)  # fmt: skip
SAMPLE_ROWS = 10
RISKS = {'safe': 'ok', 'careful': 'warn', 'loss': 'bad'}


class Bench:
    """A workshop with the words of the person who sits at it."""

    def __init__(self, workshop: Workshop, actor: Actor) -> None:
        self.workshop = workshop
        self.actor = actor
        self.locale = actor.locale
        self.reading = Reading(actor.locale, actor.zone)

    def context(self, entity_key: str, part: str) -> dict[str, Any]:
        """What every page of Studio needs."""
        shop = self.workshop
        document = shop.entity(entity_key) if entity_key else {}
        return {
            'part': part, 'entity_key': entity_key, 'document': document, 'tree': self.tree(entity_key),
            'entity_label': self.label(document, entity_key), 'draft_count': shop.count,
            'saved_at': self._clock_text(shop.saved_at),
            'problems': self.problem_texts(shop.findings), 'rows': self.field_rows(entity_key) if entity_key else [],
            'preview': self.preview(entity_key) if entity_key else None, 'types': self.types(), 'icons': ICONS,
            'currencies': forms.CURRENCY_CHOICES, 'comparisons': self.comparisons(),
            'entities': [{'key': key, 'label': self.label(each, key)} for (kind, key), each in shop.documents.items()
                         if kind == 'entity'],
            'label_in': lambda texts: in_locale(texts or {}, self.locale),
        }  # fmt: skip

    def label(self, document: Mapping[str, Any], key: str) -> str:
        return in_locale(document.get('x-label', {}), self.locale) or key

    def tree(self, chosen: str) -> list[dict[str, Any]]:
        shop = self.workshop
        entries = []
        for (kind, key), document in shop.documents.items():
            if kind != 'entity':
                continue
            stages = sum(len(each.get('stages', ())) for each in document.get('x-pipelines', ()))
            entries.append({
                'key': key, 'label': self.label(document, key), 'icon': document.get('x-icon', 'folder'),
                'order': document.get('x-order', 1000), 'open': key == chosen, 'fields': len(document.get('properties', {})),
                'stages': stages, 'duplicates': len(document.get('x-duplicates', ())),
                'changed': shop.changed_at(f'/entities/{key}') or key in shop.request.get('entities', {}),
            })  # fmt: skip
        return sorted(entries, key=lambda entry: entry['order'])

    def types(self) -> list[dict[str, str]]:
        return [
            {'key': key, 'label': in_locale(TYPE_WORDS.get(key, {}), self.locale) or key, 'icon': FIELD_TYPES.get(key).icon}
            for key in forms.TYPES
        ]

    def comparisons(self) -> list[dict[str, str]]:
        words = {'exact': _('exactly the same'), 'email': _('same e-mail address'), 'phone': _('same phone in any spelling'),
                 'name': _('same name, accents ignored'), 'company_name': _('same company, legal forms ignored')}  # fmt: skip
        return [{'key': key, 'label': words[key]} for key in forms.COMPARISONS]

    def field_rows(self, entity_key: str) -> list[dict[str, Any]]:
        """Fields of the draft in order, then those it takes away."""
        shop = self.workshop
        document = shop.entity(entity_key)
        live = shop.base.get(('entity', entity_key), {}).get('properties', {})
        by_ref = {part.get('x-ref'): (key, part) for key, part in live.items()}
        required = set(document.get('required', ()))
        rows = []
        for key, part in document.get('properties', {}).items():
            old_key, old = by_ref.get(part.get('x-ref'), (None, None)) if part.get('x-ref') else (None, None)
            rows.append(self._field_row(key, part, required, self._state(entity_key, key, part, old_key, old)))
        return rows + self._removed_rows(document, live)

    def _field_row(self, key: str, part: Document, required: set[str], state: str) -> dict[str, Any]:
        kind = part.get('x-type', '')
        notes = [_('Required')] if key in required else []
        if options := part.get('x-options'):
            notes.append(_('%(number)s options', number=len(options)))
        type_of = FIELD_TYPES.find(kind)
        return {
            'key': key, 'label': self.label(part, key),
            'type_label': in_locale(TYPE_WORDS.get(kind, {}), self.locale) or kind,
            'icon': type_of.icon if type_of else 'forms', 'state': state, 'required': key in required,
            'note': ' · '.join(notes), 'part': part, 'removed': False,
        }  # fmt: skip

    def _removed_rows(self, document: Document, live: Mapping[str, Any]) -> list[dict[str, Any]]:
        kept = {part.get('x-ref') for part in document.get('properties', {}).values()}
        rows = []
        for key, part in live.items():
            if part['x-ref'] not in kept:
                rows.append({**self._field_row(key, part, set(), _('Removed')), 'removed': True})
        return rows

    def _state(self, entity_key: str, key: str, part: Document, old_key: str | None, old: Document | None) -> str:
        if old is None:
            return _('New')
        if old.get('x-type') != part.get('x-type'):
            return _('Type changed')
        if old_key != key:
            return _('Renamed')
        live = self.workshop.base.get(('entity', entity_key), {})
        mine = self.workshop.entity(entity_key)
        needed = (key in live.get('required', ())) != (key in mine.get('required', ()))
        return _('Changed') if needed or dict(old) != dict(part) else ''

    def opened(self, entity_key: str, args: Mapping[str, str]) -> dict[str, Any] | None:
        """The field that is open in the editor, or a new one when `?new=1`."""
        if args.get('new'):
            return {'key': '', 'part': {'x-type': args.get('type', 'text')}, 'required': False, 'is_new': True, 'used': []}
        key = args.get('field', '')
        document = self.workshop.entity(entity_key)
        part = document.get('properties', {}).get(key)
        if part is None:
            return None
        chosen = args.get('type') or part['x-type']
        return {
            'key': key, 'part': {**part, 'x-type': chosen}, 'required': key in document.get('required', ()), 'is_new': False,
            'used': self._used_words(used_in(self.workshop.documents, entity_key, key)),
            'was': in_locale(TYPE_WORDS.get(part['x-type'], {}), self.locale) if chosen != part['x-type'] else '',
        }  # fmt: skip

    def _used_words(self, places: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
        words = {
            'list': ('layout-list', _('List'), _('column')), 'card': ('layout-kanban', _('Board card'), _('shown')),
            'quick': ('bolt', _('Quick create'), _('asked')), 'form': ('forms', _('Form'), _('field')),
            'gate': ('lock-open', _('Stage'), _('required')), 'duplicates': ('copy', _('Duplicate rule'), _('compared')),
            'index': ('database', _('Index'), _('order')), 'role': ('shield-lock', _('Role'), _('right')),
            'workflow': ('bolt', _('Workflow'), _('condition')), 'template': ('mail', _('Template'), _('printed')),
        }  # fmt: skip
        found = []
        for place in places:
            icon, noun, how = words[place['kind']]
            found.append({'icon': icon, 'text': f'{noun} {place["name"]}'.strip(), 'how': how})
        return found

    def preview(self, entity_key: str) -> dict[str, Any] | None:
        """The form the draft would give, rendered by the real macros; None while the draft has findings."""
        catalog = self.workshop.preview
        entity: Entity | None = catalog.find_entity(entity_key) if catalog else None
        if catalog is None or entity is None:
            return None
        sections = []
        for section in entity.definition.layouts.form:
            fields = [
                FieldView(entity.fields[key], catalog, self.locale) for key in section.fields if not entity.fields[key].system
            ]
            if fields:
                sections.append({'label': in_locale(section.label, self.locale), 'rows': form_rows(fields), 'folded': False})
        label = entity.definition.label_in(self.locale).lower()
        return {'sections': sections, 'title': _('Add %(entity)s', entity=label), 'save': _('Save %(entity)s', entity=label)}

    def problem_texts(self, findings: Iterable[Finding]) -> list[dict[str, str]]:
        return [
            {'code': each.code, 'text': each.text(self.locale), 'hint': each.hint_text(self.locale), 'pointer': each.pointer}
            for each in findings
        ]

    def refused(self, findings: Sequence[Finding]) -> dict[str, Any]:
        """A review of a draft that cannot be planned: only what is wrong."""
        return {
            'plan_id': '',
            'groups': [],
            'problems': self.problem_texts(findings),
            'impacts': [],
            'confirm': None,
            'remaps': [],
        }

    def reviewed(self, plan: StoredPlan) -> dict[str, Any]:
        """A plan in words: changes, what they mean for live records, what must be decided, what must be typed."""
        impacts = [
            {'text': each.finding.text(self.locale), 'hint': each.finding.hint_text(self.locale), 'count': each.count,
             'samples': each.samples[:SAMPLE_ROWS], 'more': max(len(each.samples) - SAMPLE_ROWS, 0),
             'level': each.finding.level, 'code': each.finding.code, 'entity': _entity_of(each.finding.pointer)}
            for each in plan.impact
        ]  # fmt: skip
        lost = sum(int(each.finding.params.get('failed', 0)) for each in plan.impact)
        everything = [*plan.findings, *(each.finding for each in plan.impact)]
        return {
            'plan_id': plan.plan_id, 'base': plan.base_version, 'next': plan.base_version + 1,
            'changes': [in_locale(each, self.locale) for each in plan.changes],
            'steps': [{'text': step.describe(self.locale), 'risk': RISKS.get(step.risk, 'ok')} for step in plan.steps],
            'risk': plan.risk, 'risk_kind': RISKS.get(plan.risk, 'ok'), 'impacts': impacts,
            'problems': self.problem_texts(plan.findings), 'blocked': any(each.level == 'error' for each in everything),
            'touched': sum(each.count for each in plan.impact), 'lost': lost, 'confirm': lost or None,
            'remaps': self._remaps(plan), 'note': plan.note,
        }  # fmt: skip

    def _remaps(self, plan: StoredPlan) -> list[dict[str, Any]]:
        """Dropped options and stages that live records hold, with the keys they may move to."""
        asked = []
        for each in plan.impact:
            ref = each.finding.params.get('ref')
            if not ref or each.finding.code not in {'MIG-E014', 'MIG-W005'}:
                continue
            asked.append({
                'ref': ref, 'text': each.finding.text(self.locale), 'count': each.count,
                'choices': each.finding.params.get('choices', ()), 'chosen': plan.remap.get(ref),
            })  # fmt: skip
        return asked

    def versions(self, publisher: Publisher) -> list[dict[str, Any]]:
        return [
            {'number': each.number, 'note': each.note, 'author': each.author, 'at': self._clock_text(each.created_at),
             'changes': [in_locale(text, self.locale) for text in each.summary], 'active': each.is_active, 'base': each.base}
            for each in publisher.versions()
        ]  # fmt: skip

    def json_text(self, entity_key: str) -> str:
        return json.dumps(bare(self.workshop.entity(entity_key)), ensure_ascii=False, indent=2)

    def _clock_text(self, at: Any) -> str:
        return DateTime().text(None, at, self.reading) if at else ''  # type: ignore[arg-type]


def _entity_of(pointer: str) -> str:
    parts = pointer.split('/')
    return parts[2] if len(parts) > 2 and parts[1] == 'entities' else ''
