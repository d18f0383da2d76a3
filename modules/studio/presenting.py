"""What Studio's templates show: the tree, fields as rows, the live preview, a reviewed plan, versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from migrations.service import Publisher
from modules.studio import forms
from modules.studio.forms import Form
from modules.studio.service import Workshop, used_in
from modules.web.presenting import FieldView, form_rows
from schema.base.actor import Actor
from schema.base.findings import Finding
from schema.catalog import Entity
from schema.changes import TYPE_WORDS
from schema.definitions import Document, in_locale
from schema.fieldtypes.base import Reading
from schema.fieldtypes.datetime import DateTime
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import bare

ICONS = (
    'user', 'users', 'building', 'briefcase', 'target', 'inbox', 'package', 'phone', 'mail', 'calendar', 'checkbox', 'school',
    'car', 'home', 'file-invoice', 'lifebuoy', 'folder', 'tools', 'receipt', 'truck', 'star', 'heart', 'map-pin', 'coin',
)  # fmt: skip


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
        rows = self.field_rows(entity_key) if entity_key else []
        return {
            'part': part, 'entity_key': entity_key, 'document': document, 'tree': self.tree(entity_key),
            'entity_label': self.label(document, entity_key), 'draft_count': shop.count,
            'saved_at': self._clock_text(shop.draft.updated_at), 'counts': self._counts(document),
            'problems': self.problems, 'rows': rows,
            'preview': self.preview(entity_key) if entity_key else None, 'types': self.types(), 'icons': ICONS,
            'currencies': forms.CURRENCY_CHOICES, 'comparisons': self.comparisons(),
            'entities': [{'key': key, 'label': self.label(each, key)} for (kind, key), each in shop.documents.items()
                         if kind == 'entity'],
            'gone': self.gone(), 'list_changed': self._list_changed(entity_key, part),
            'changed_fields': sum(1 for row in rows if row['state']),
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
            entries.append({
                'key': key, 'label': self.label(document, key), 'icon': document.get('x-icon', 'folder'),
                'order': document.get('x-order', 1000), 'open': key == chosen, **self._counts(document),
                'is_new': (kind, key) not in shop.base,
                'changed': shop.changed_at(f'/entities/{key}') or key in shop.request.get('entities', {}),
            })  # fmt: skip
        return sorted(entries, key=lambda entry: entry['order'])

    def gone(self) -> list[dict[str, Any]]:
        """Published entities that the draft takes out."""
        shop = self.workshop
        return [
            {'key': key, 'label': self.label(document, key), 'icon': document.get('x-icon', 'folder')}
            for (kind, key), document in shop.base.items()
            if kind == 'entity' and (kind, key) not in shop.documents
        ]

    def _list_changed(self, entity_key: str, part: str) -> bool:
        """Whether the draft touches the stages or duplicate rules that the page shows."""
        keyword = {'stages': 'x-pipelines', 'duplicates': 'x-duplicates'}.get(part)
        live = self.workshop.live(entity_key)
        return bool(keyword and live and live.get(keyword) != self.workshop.entity(entity_key).get(keyword))

    def _counts(self, document: Document) -> dict[str, int]:
        """What the tabs of an entity count."""
        stages = sum(len(each.get('stages', ())) for each in document.get('x-pipelines', ()))
        return {'fields': len(document.get('properties', {})), 'stages': stages,
                'duplicates': len(document.get('x-duplicates', ()))}  # fmt: skip

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
            row = self._field_row(key, part, required, self._state(entity_key, key, part, old_key, old))
            row['used'] = len(used_in(shop.documents, entity_key, key))
            row['wrong'] = any(_inside(each['pointer'], f'/entities/{entity_key}/properties/{key}') for each in self.problems)
            rows.append(row)
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
            'note': ' · '.join(notes), 'part': part, 'removed': False, 'used': 0, 'wrong': False,
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

    def opened(self, entity_key: str, args: Form, errors: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """The field that is open in the editor, or a new one when `new` is given. What was typed stays, also when only the
        type was changed or something was refused."""
        document = self.workshop.entity(entity_key)
        key = '' if args.get('new') else args.get('field', '')
        former = document.get('properties', {}).get(key, {})
        if not former and not args.get('new'):
            return None
        part = {**former, **forms.field_part(args, former)} if 'type' in args else former or {'x-type': 'text'}
        typed = 'type' in args
        needed = args.get('required') == '1' if typed else key in document.get('required', ())
        place = f'/entities/{entity_key}/properties/{key}'
        return {
            'key': key, 'typed_key': args.get('key', key) if typed else key, 'part': part, 'required': needed,
            'is_new': not former, 'is_title': key == document.get('x-title-field'), 'errors': dict(errors or {}),
            'used': self._used_words(used_in(self.workshop.documents, entity_key, key)) if former else [],
            'was': self._type_word(former['x-type']) if former and part.get('x-type') != former.get('x-type') else '',
            'problems': [each for each in self.problems if key and _inside(each['pointer'], place)],
        }  # fmt: skip

    def _type_word(self, kind: str) -> str:
        return in_locale(TYPE_WORDS.get(kind, {}), self.locale) or kind

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
        catalog = self.workshop.sketch(entity_key)
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

    @cached_property
    def problems(self) -> list[dict[str, str]]:
        """What is wrong in the draft, each with its place in words and the page that mends it."""
        return self.problem_texts(self.workshop.findings)

    def problem_texts(self, findings: Iterable[Finding]) -> list[dict[str, str]]:
        return [
            {'code': each.code, 'text': each.text(self.locale), 'hint': each.hint_text(self.locale), 'pointer': each.pointer,
             **self._place(each.pointer)}
            for each in findings
        ]  # fmt: skip

    def _place(self, pointer: str) -> dict[str, str]:
        """`place` in words and `href` of the page that shows it; both may be empty."""
        tokens = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
        document = self.workshop.documents.get(('entity', tokens[1])) if len(tokens) > 1 and tokens[0] == 'entities' else None
        if document is None:
            return {'place': tokens[1] if len(tokens) > 1 else '', 'href': ''}
        words, page, extra = [self.label(document, tokens[1])], 'entity', {}
        if tokens[2:3] == ['properties'] and len(tokens) > 3:
            words.append(self.label(document.get('properties', {}).get(tokens[3], {}), tokens[3]))
            page, extra = 'fields', {'field': tokens[3]}
        elif tokens[2:3] == ['x-pipelines']:
            words += _named(document, tokens[2:], self.locale)
            page = 'stages'
        elif tokens[2:3] == ['x-duplicates']:
            words += _named(document, tokens[2:], self.locale)
            page = 'duplicates'
        return {'place': ' › '.join(words), 'href': url_for(f'studio.{page}', entity=tokens[1], **extra)}

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


def _inside(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(f'{place}/')


def _named(node: Any, tokens: Iterable[str], locale: str) -> list[str]:
    """Labels of the list entries that a pointer passes through."""
    words = []
    for token in tokens:
        if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
            node = node[int(token)]
            words.append(in_locale(node.get('label', {}), locale) or str(node.get('key', '')))
        elif isinstance(node, Mapping):
            node = node.get(token)
    return words
