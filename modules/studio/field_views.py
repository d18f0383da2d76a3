"""Fields of the draft as rows, and the one that is open in the editor. Knows no request of the browser but its form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from migrations.mentions import Mention
from modules.studio import editing, field_forms
from modules.studio.forms import Form
from modules.studio.places import place_of
from modules.studio.service import Workshop, uses_in
from modules.web.conditions import faces_of, value_kind
from schema.base.findings import escape_pointer
from schema.changes import TYPE_WORDS
from schema.checks.fields import SEARCHED_TYPES
from schema.definitions import Document, in_locale
from schema.fieldtypes.registry import FIELD_TYPES
from schema.formulas import FUNCTIONS

USE_ICONS: Mapping[str, str] = {
    'required': 'asterisk', 'title': 'letter-case', 'duplicate_rule': 'copy', 'stage': 'lock-open', 'rule': 'checks',
    'unique_key': 'fingerprint', 'index': 'database', 'layout': 'layout-list', 'related': 'list-details', 'link': 'link',
    'condition': 'filter', 'option_filter': 'filter', 'formula': 'math-function', 'default': 'pencil-plus', 'rollup': 'sum',
    'through': 'link', 'role': 'shield-lock', 'workflow': 'bolt', 'template': 'mail', 'view': 'layout-list',
    'report': 'chart-bar', 'pool': 'inbox', 'assignment': 'users', 'saved_view': 'bookmark',
    'cards': 'layout-kanban', 'columns': 'table', 'pack': 'package',
}  # fmt: skip
UNIQUE_TYPES = ('text', 'email', 'phone', 'url', 'integer', 'date', 'decimal')
NO_DEFAULT = frozenset({'lines', 'links', 'file', 'image', 'formula', 'rollup', 'through', 'autonumber', 'link_any', 'address'})


class FieldRows:
    """The fields of one entity, in the order of its form."""

    def __init__(self, workshop: Workshop, entity_key: str, locale: str, problems: Sequence[Mapping[str, str]]) -> None:
        self._shop, self._key, self._locale, self._problems = workshop, entity_key, locale, problems
        self._document = workshop.entity(entity_key)
        self._live = workshop.live(entity_key) or {}

    @cached_property
    def _uses(self) -> Mapping[str | None, Sequence[Mention]]:
        return uses_in(self._shop, self._key)

    def rows(self) -> list[dict[str, Any]]:
        """Fields of the draft in order, then those it takes away."""
        by_ref = {part.get('x-ref'): (key, part) for key, part in self._live.get('properties', {}).items()}
        fields, rows = self._document.get('properties', {}), []
        for key in form_order(self._document):
            part = fields[key]
            old_key, old = by_ref.get(part['x-ref'], (None, None)) if part.get('x-ref') else (None, None)
            row = self._row(key, part, self._state(key, part, old_key, old))
            row['used'] = len(self._uses.get(key, ()))
            row['wrong'] = any(inside(each['pointer'], self._place(key)) for each in self._problems)
            rows.append(row)
        kept = {part.get('x-ref') for part in fields.values()}
        removed = [(key, part) for key, part in self._live.get('properties', {}).items() if part['x-ref'] not in kept]
        return rows + [{**self._row(key, part, _('Removed')), 'removed': True} for key, part in removed]

    def _named(self, part: Document, key: str) -> str:
        return in_locale(part.get('x-label', {}), self._locale) or key

    def _place(self, key: str) -> str:
        return f'/entities/{escape_pointer(self._key)}/properties/{escape_pointer(key)}'

    def _row(self, key: str, part: Document, state: str) -> dict[str, Any]:
        kind, required = part.get('x-type', ''), key in self._document.get('required', ())
        notes = [_('Required')] if required else [_('Required at times')] if part.get('x-required-if') else []
        if part.get('x-visible-if'):
            notes.append(_('Shown at times'))
        if options := part.get('x-options'):
            notes.append(ngettext('%(num)s option', '%(num)s options', len(options)))
        if lines := part.get('x-lines', {}).get('properties'):
            notes.append(ngettext('%(num)s column', '%(num)s columns', len(lines)))
        type_of = FIELD_TYPES.find(kind)
        return {
            'key': key, 'label': self._named(part, key),
            'type_label': self.type_word(kind, self._locale), 'icon': type_of.icon if type_of else 'forms', 'state': state,
            'required': required, 'note': ' · '.join(notes), 'part': part, 'removed': False, 'used': 0, 'wrong': False,
        }  # fmt: skip

    def _state(self, key: str, part: Document, old_key: str | None, old: Document | None) -> str:
        if old is None:
            return _('New')
        if old.get('x-type') != part.get('x-type'):
            return _('Type changed')
        if old_key != key:
            return _('Renamed')
        needed = (key in self._live.get('required', ())) != (key in self._document.get('required', ()))
        return _('Changed') if needed or dict(old) != dict(part) else ''

    def opened(self, args: Form, errors: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """The field that is open in the editor, or a new one when `new` is given; `line` names a column of its lines. What was
        typed stays, also when only the type was changed or something was refused."""
        key = '' if args.get('new') else args.get('field', '')
        holder = self._document.get('properties', {}).get(key, {})
        line = args.get('line', '')
        former = holder.get('x-lines', {}).get('properties', {}).get(line, {}) if line else holder
        if not former and not args.get('new'):
            return None
        typed = 'type' in args
        part = without_blanks(editing.changed_part(former, field_forms.field_part(args, former))) if typed else dict(former)
        part = part or {'x-type': 'text'}
        own = line or key
        owner = holder.get('x-lines', {}) if line else self._document
        place = self._place(key) + (f'/x-lines/properties/{escape_pointer(line)}' if line else '')
        problems = [each for each in self._problems if key and inside(each['pointer'], place)]
        default = default_view(part)
        if typed and 'default.kind' in args and args['default.kind'] != 'kept':
            default['kind'] = args['default.kind']
        return {
            'key': key, 'line': line, 'holder': self._named(holder, key), 'part': part,
            'holds': f'{self._key}.{key}' if line else self._key,
            'typed_key': args.get('key', own) if typed else own, 'is_new': not former, 'errors': dict(errors or {}),
            'required': args.get('required') == '1' if typed else own in owner.get('required', ()),
            'is_title': not line and key == self._document.get('x-title-field'), 'problems': problems, 'typed': typed,
            'was': self.type_word(former['x-type'], self._locale) if former and part['x-type'] != former['x-type'] else '',
            'used': self._used_words(self._uses.get(key, ())) if former and not line else [],
            'at': {each['pointer'].removeprefix(f'{place}/').split('/')[0]: each for each in problems},
            'aliases': list(part.get('x-aliases', ())), 'default': default, **self.settings(part, holder),
        }  # fmt: skip

    def settings(self, part: Document, holder: Document) -> dict[str, Any]:
        """What the settings of a type need to be chosen from."""
        kind, known = part.get('x-type', ''), FIELD_TYPES.find(part.get('x-type', ''))
        keywords = known.keywords if known else frozenset()
        return {
            'kind': kind, 'keywords': keywords, 'computed': bool(known and known.computed),
            'can_search': kind in SEARCHED_TYPES,
            'can_unique': kind in UNIQUE_TYPES,
            'may_default': kind not in NO_DEFAULT, 'result_choices': self._kinds(field_forms.RESULTS),
            'sources': self.rollup_sources() if kind == 'rollup' else [],
            'links': self.link_choices() if kind == 'through' else [],
            'line_kinds': field_forms.LINE_TYPES, 'line_choices': self._line_choices(),
            'formula_fields': self.formula_fields(holder) if kind == 'formula' else [],
            'formula_functions': formula_functions(self._locale) if kind == 'formula' else [],
        }  # fmt: skip

    def _kinds(self, kinds: Iterable[str]) -> list[dict[str, str]]:
        return [{'key': each, 'label': self.type_word(each, self._locale)} for each in kinds]

    def _line_choices(self) -> list[dict[str, str]]:
        return self._kinds(
            each for _group, kinds in field_forms.field_types() for each in kinds if each in field_forms.LINE_TYPES
        )

    def formula_fields(self, holder: Document) -> list[dict[str, str]]:
        """Names that a formula may use: own fields and those one link away; of a column of lines, the columns beside it."""
        owner = holder.get('x-lines') or self._document
        found = []
        for key, part in owner.get('properties', {}).items():
            label = self._named(part, key)
            found.append({'key': key, 'label': label})
            target = self._shop.documents.get(('entity', part.get('x-target', ''))) if part.get('x-type') == 'link' else None
            for name, each in (target or {}).get('properties', {}).items():
                inner = self._named(each, name)
                found.append({'key': f'{key}.{name}', 'label': f'{label} › {inner}'})
        return found

    def rollup_sources(self) -> list[dict[str, Any]]:
        """`{key: 'lines:items' or 'entity:opportunity.company', label, of: numeric or dated fields, entity}`."""
        found = []
        for key, part in self._document.get('properties', {}).items():
            if part.get('x-type') == 'lines':
                label = self._named(part, key)
                found.append(
                    {
                        'key': f'lines:{key}',
                        'label': label,
                        'entity': f'{self._key}.{key}',
                        'of': self._summable(part.get('x-lines', {})),
                    }
                )
        faces = faces_of(self._shop.documents, self._key, self._locale)
        for each in faces['related'] if faces else ():
            document = self._shop.documents['entity', each['entity']]
            found.append({'key': f'entity:{each["entity"]}.{each["field"]}', 'label': each['label'], 'entity': each['entity'],
                          'of': self._summable(document)})  # fmt: skip
        return found

    def _summable(self, document: Document) -> list[dict[str, str]]:
        fields = document.get('properties', {}).items()
        kinds = ('integer', 'decimal', 'money', 'percent', 'rating', 'duration', 'date', 'datetime')
        return [{'key': key, 'label': self._named(part, key)} for key, part in fields
                if value_kind(self._shop.documents, document, part) in kinds]  # fmt: skip

    def link_choices(self) -> list[dict[str, Any]]:
        """Own links with the fields that can be read through each."""
        found = []
        for key, part in self._document.get('properties', {}).items():
            target = self._shop.documents.get(('entity', part.get('x-target', '')))
            if part.get('x-type') == 'link' and target is not None:
                fields = [
                    {'key': name, 'label': self._named(each, name)}
                    for name, each in target['properties'].items()
                    if each.get('x-type') not in ('lines', 'links')
                ]
                found.append({'key': key, 'label': self._named(part, key), 'fields': fields})
        return found

    @staticmethod
    def type_word(kind: str, locale: str) -> str:
        return in_locale(TYPE_WORDS.get(kind, {}), locale) or kind

    def _used_words(self, mentions: Iterable[Mention]) -> list[dict[str, str]]:
        """`{icon, text, href}` of each part that names the field."""
        found = []
        for each in mentions:
            text = each.describe(self._locale)
            href = place_of(self._shop.documents, each.pointer, self._locale)['href']
            found.append({'icon': USE_ICONS.get(each.noun, 'link'), 'text': text[:1].upper() + text[1:], 'href': href})
        return found


def formula_functions(locale: str) -> list[dict[str, str]]:
    """What a formula may call, each ready to be put in, with what it does."""
    own = {
        'a ? b : c': _('if a, then b, else c'),
        'coalesce(a, b)': _('the first that is filled'),
        'blank(a)': _('whether it is blank'),
    }
    listed = {each.example: in_locale(each.texts, locale) for each in FUNCTIONS.values()}
    return [{'text': text, 'label': label} for text, label in {**own, **listed}.items()]


def form_order(document: Document) -> list[str]:
    """Keys of the fields as the form has them; those it places nowhere follow."""
    fields = document.get('properties', {})
    placed = [key for section in document.get('x-layouts', {}).get('form', ()) for key in section.get('fields', ())]
    ordered = list(dict.fromkeys(key for key in placed if key in fields))
    return ordered + [key for key in fields if key not in ordered]


def default_view(part: Document) -> dict[str, Any]:
    """How the default is chosen: `{kind, value, values, formula}`."""
    default = part.get('x-default')
    view: dict[str, Any] = {'kind': '', 'value': '', 'values': [], 'formula': '', 'kept': ''}
    if default is None:
        return view
    if isinstance(default, Mapping) and len(default) == 1 and (word := next(iter(default))) in {'today', 'now', 'me'}:
        return {**view, 'kind': word}
    if isinstance(default, Mapping) and set(default) == {'formula'}:
        return {**view, 'kind': 'formula', 'formula': default['formula']}
    if isinstance(default, Mapping) and set(default) <= {'amount', 'currency'}:
        return {**view, 'kind': 'constant', 'value': str(default.get('amount', ''))}
    if isinstance(default, bool):
        return {**view, 'kind': 'constant', 'value': 'true' if default else 'false'}
    if isinstance(default, list):
        return {**view, 'kind': 'constant', 'values': default, 'value': ', '.join(map(str, default))}
    if isinstance(default, Mapping):
        return {**view, 'kind': 'kept', 'kept': default}
    return {**view, 'kind': 'constant', 'value': str(default)}


def without_blanks(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def inside(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(f'{place}/')
