"""What every page of Studio shows: the tree, the live preview, problems with their places, versions. Knows no single field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from migrations.service import Publisher
from modules.studio import field_forms
from modules.studio.field_views import FieldRows
from modules.studio.places import place_of
from modules.studio.service import Workshop
from modules.web.conditions import builder_words
from modules.web.presenting import FieldView, form_rows
from schema.base.actor import Actor
from schema.base.findings import Finding
from schema.base.money import CURRENCIES
from schema.base.text import in_sentence
from schema.catalog import Entity
from schema.definitions import Document, in_locale
from schema.fieldtypes.base import Reading
from schema.fieldtypes.datetime import DateTime
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import bare
from schema.system_names import actor_text, note_text

ICONS = {
    'user': _l('Person'), 'users': _l('People'), 'building': _l('Building'), 'briefcase': _l('Briefcase'),
    'target': _l('Target'), 'inbox': _l('In-tray'), 'package': _l('Parcel'), 'phone': _l('Telephone'), 'mail': _l('Letter'),
    'calendar': _l('Calendar'), 'checkbox': _l('Tick'), 'school': _l('School'),
    'car': _l('Car'), 'home': _l('House'), 'file-invoice': _l('Invoice'),
    'lifebuoy': _l('Lifebuoy'), 'folder': _l('Folder'), 'tools': _l('Tools'), 'receipt': _l('Receipt'), 'truck': _l('Lorry'),
    'star': _l('Star'), 'heart': _l('Heart'), 'map-pin': _l('Place'), 'coin': _l('Coin'),
}  # fmt: skip
"""What stands for an entity, with its name."""
LISTED = {'stages': ('x-pipelines',), 'duplicates': ('x-duplicates',), 'rules': ('x-rules', 'x-unique-keys'),
          'layouts': ('x-layouts',), 'calendar': ('x-calendar',)}  # fmt: skip


class Bench:
    """A workshop with the words of the person who sits at it."""

    def __init__(self, workshop: Workshop, actor: Actor, *, preview_locale: str = '') -> None:
        self.workshop = workshop
        self.actor = actor
        self.locale = actor.locale
        self.preview_locale = preview_locale or actor.locale
        self.reading = Reading(actor.locale, actor.zone)

    def context(self, entity_key: str, part: str, role: str = '') -> dict[str, Any]:
        """What every page of Studio needs; the preview is that of a person with `role`."""
        shop = self.workshop
        document = shop.entity(entity_key) if entity_key else {}
        rows = self.fields(entity_key).rows() if entity_key else []
        return {
            'part': part, 'entity_key': entity_key, 'document': document, 'tree': self.tree(entity_key),
            'entity_label': self.label(document, entity_key), 'draft_count': shop.count,
            'saved_at': self.clock_text(shop.draft.updated_at), 'counts': self._counts(document),
            'problems': self.problems, 'rows': rows,
            'preview': self.preview(entity_key, role) if entity_key else None, 'preview_locale': self.preview_locale,
            'types': field_forms.field_types(), 'type_word': self.type_word, 'type_icon': type_icon, 'icons': ICONS,
            'currencies': CURRENCIES, 'groups': self.menu_groups(),
            'entities': self.entities(), 'gone': self.gone(),
            'list_changed': self._list_changed(entity_key, part), 'changed_fields': sum(1 for row in rows if row['state']),
            'label_in': lambda texts: in_locale(texts or {}, self.locale), 'condition_texts': builder_words(self.locale),
        }  # fmt: skip

    def fields(self, entity_key: str) -> FieldRows:
        return FieldRows(self.workshop, entity_key, self.locale, self.problems)

    def label(self, document: Mapping[str, Any], key: str) -> str:
        return in_locale(document.get('x-label', {}), self.locale) or key

    def type_word(self, kind: str) -> str:
        return FieldRows.type_word(kind, self.locale)

    def entities(self) -> list[dict[str, str]]:
        return [{'key': key, 'label': self.label(each, key)} for (kind, key), each in self.workshop.documents.items()
                if kind == 'entity']  # fmt: skip

    def menu_groups(self) -> list[str]:
        return sorted({each['x-group'] for each in self.workshop.documents.values() if each.get('x-group')})

    def roles(self) -> list[dict[str, str]]:
        """Roles in their order, for layouts that differ by role."""
        found = [
            (each.get('x-order', 1000), key, each) for (kind, key), each in self.workshop.documents.items() if kind == 'role'
        ]
        return [
            {'key': key, 'label': self.label(each, key)} for _order, key, each in sorted(found, key=lambda entry: entry[:2])
        ]

    def tree(self, chosen: str) -> list[dict[str, Any]]:
        shop = self.workshop
        entries = []
        for (kind, key), document in shop.documents.items():
            if kind != 'entity':
                continue
            entries.append({
                'key': key, 'label': self.label(document, key), 'icon': document.get('x-icon', 'folder'),
                'order': document.get('x-order', 1000), 'open': key == chosen, **self._counts(document),
                'is_new': shop.live(key) is None,
                'changed': shop.changed_at(f'/entities/{key}') or key in shop.request.get('entities', {}),
            })  # fmt: skip
        return sorted(entries, key=lambda entry: entry['order'])

    def gone(self) -> list[dict[str, Any]]:
        """Published entities that the draft takes out."""
        there = {each.get('x-ref') for each in self.workshop.documents.values()}
        return [
            {'key': key, 'label': self.label(document, key), 'icon': document.get('x-icon', 'folder')}
            for (kind, key), document in self.workshop.base.items()
            if kind == 'entity' and document['x-ref'] not in there
        ]

    def _list_changed(self, entity_key: str, part: str) -> bool:
        """Whether the draft touches the stages, rules or layouts that the page shows."""
        live = self.workshop.live(entity_key) if entity_key else None
        if live is None:
            return False
        mine = self.workshop.entity(entity_key)
        return any(live.get(keyword) != mine.get(keyword) for keyword in LISTED.get(part, ()))

    def _counts(self, document: Document) -> dict[str, int]:
        """What the tabs of an entity count."""
        stages = sum(len(each.get('stages', ())) for each in document.get('x-pipelines', ()))
        return {
            'fields': len(document.get('properties', {})), 'stages': stages,
            'duplicates': len(document.get('x-duplicates', ())),
            'rules': len(document.get('x-rules', ())) + len(document.get('x-unique-keys', ())),
        }  # fmt: skip

    def preview(self, entity_key: str, role: str = '') -> dict[str, Any] | None:
        """The form the draft would give, rendered by the real macros; None while the draft has findings."""
        catalog = self.workshop.sketch(entity_key)
        entity: Entity | None = catalog.find_entity(entity_key) if catalog else None
        if catalog is None or entity is None:
            return None
        locale, sections = self.preview_locale, []
        layouts = entity.definition.layouts.roles.get(role, entity.definition.layouts)
        for section in layouts.form:
            shown = [entity.fields[key] for key in section.fields if entity.fields[key].writable]
            fields = [FieldView(field, catalog, locale) for field in shown if not field.system]
            if fields:
                rows = form_rows(fields, section.columns)
                sections.append({'label': in_locale(section.label, locale), 'rows': rows, 'folded': False, 'tab': section.tab})
        filled = {section['tab'] for section in sections}
        tabs = [{'key': tab.key, 'label': in_locale(tab.label, locale)} for tab in layouts.tabs if tab.key in filled]
        label = in_sentence(entity.definition.label_in(locale))
        return {
            'sections': sections, 'title': _('Add %(entity)s', entity=label), 'save': _('Save %(entity)s', entity=label),
            'tabs': [{**tab, 'on': tab is tabs[0]} for tab in tabs] if len(tabs) > 1 else [],
        }  # fmt: skip

    @cached_property
    def problems(self) -> list[dict[str, str]]:
        """What is wrong in the draft, each with its place in words and the input that mends it."""
        return self.problem_texts(self.workshop.findings)

    def problem_texts(self, findings: Iterable[Finding]) -> list[dict[str, str]]:
        return [
            {'code': each.code, 'text': each.text(self.locale), 'hint': each.hint_text(self.locale), 'pointer': each.pointer,
             **place_of(self.workshop.documents, each.pointer, self.locale)}
            for each in findings
        ]  # fmt: skip

    def versions(self, publisher: Publisher, unread: Mapping[int, int]) -> list[dict[str, Any]]:
        """Newest first; `unread` counts values that could not be read, by version."""
        return [
            {'number': each.number, 'note': note_text(each.note, self.locale),
             'author': actor_text(each.author, self.locale), 'at': self.clock_text(each.created_at),
             'changes': [in_locale(text, self.locale) for text in each.summary], 'active': each.is_active, 'base': each.base,
             'unread': unread.get(each.number, 0)}
            for each in publisher.versions()
        ]  # fmt: skip

    def json_text(self, entity_key: str) -> str:
        return json.dumps(bare(self.workshop.entity(entity_key)), ensure_ascii=False, indent=2)

    def clock_text(self, at: Any) -> str:
        return DateTime().text(None, at, self.reading) if at else ''  # type: ignore[arg-type]


def type_icon(kind: str) -> str:
    found = FIELD_TYPES.find(kind)
    return found.icon if found else 'forms'
