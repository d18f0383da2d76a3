"""Studio's forms to fragments of definitions. What cannot be read is left for the checks, which name the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from schema.base.ids import key_from
from schema.base.money import CURRENCIES
from schema.definitions import Document
from schema.fieldtypes.registry import FIELD_TYPES

Form = MultiDict[str, str]
LOCALES = ('vi', 'en')
TYPES = tuple(key for key in FIELD_TYPES.keys() if key != 'stage')  # noqa: SIM118 - a registry iterates over its entries
CURRENCY_CHOICES = CURRENCIES
CATEGORIES = ('open', 'won', 'lost')
COMPARISONS = ('exact', 'email', 'phone', 'name', 'company_name')


def texts(form: Form, name: str) -> dict[str, str]:
    """`<name>.vi` and `<name>.en`; a blank language is left out."""
    return {locale: text for locale in LOCALES if (text := form.get(f'{name}.{locale}', '').strip())}


def new_key(form: Form, taken: Mapping[str, Any]) -> str:
    """The key typed, else one made from a label and not taken yet."""
    typed = form.get('key', '').strip()
    if typed:
        return typed
    label = texts(form, 'label')
    stem = key_from(label.get('en') or label.get('vi') or '') or 'field'
    key, count = stem, 1
    while key in taken:
        count += 1
        key = f'{stem}_{count}'
    return key


def field_part(form: Form, former: Document) -> dict[str, Any]:
    """The keywords of a property from the field editor; keywords the editor does not show are kept by the merge."""
    kind = form.get('type', former.get('x-type', 'text'))
    part: dict[str, Any] = {'x-type': kind, 'x-label': texts(form, 'label')}
    if help_texts := texts(form, 'help'):
        part['x-help'] = help_texts
    for keyword in ('x-search', 'x-unique'):
        if form.get(keyword) == '1' or keyword in former:
            part[keyword] = form.get(keyword) == '1'
    part.update(_type_keywords(kind, form, former))
    return part


def _type_keywords(kind: str, form: Form, former: Document) -> dict[str, Any]:
    if kind == 'money':
        return {'x-currency': form.get('currency') or former.get('x-currency', 'VND')}
    if kind == 'link':
        return {'x-target': form.get('target') or former.get('x-target', '')}
    if kind == 'link_any':
        return {'x-targets': form.getlist('targets') or list(former.get('x-targets', ()))}
    if kind in {'picklist', 'multi_picklist'}:
        return {'x-options': option_parts(form)}
    if kind in {'text', 'long_text'} and (length := form.get('max_length', '').strip()):
        return {'maxLength': _number(length)}
    return {}


def option_parts(form: Form) -> list[dict[str, Any]]:
    """Rows `option.key`, `option.vi`, `option.en`, `option.hue`, `option.ref`; rows without any label are left out."""
    rows = zip(*(form.getlist(f'option.{name}') for name in ('ref', 'key', 'vi', 'en', 'hue')), strict=False)
    options: list[dict[str, Any]] = []
    for ref, key, vi, en, hue in rows:
        label = {locale: text.strip() for locale, text in (('vi', vi), ('en', en)) if text.strip()}
        if not label:
            continue
        taken = {option['key']: option for option in options}
        made = {'key': key.strip() or _free(key_from(label.get('en') or label['vi']) or 'option', taken), 'label': label}
        if ref:
            made['ref'] = ref
        if hue.isdigit() and hue != '0':
            made['hue'] = int(hue)
        options.append(made)
    return options


def stage_parts(form: Form) -> list[dict[str, Any]]:
    """Rows of the stage editor, in order."""
    names = ('ref', 'key', 'vi', 'en', 'group', 'category', 'probability', 'hue', 'rotting_days')
    stages: list[dict[str, Any]] = []
    for number, values in enumerate(zip(*(form.getlist(f'stage.{name}') for name in names), strict=False)):
        row = dict(zip(names, values, strict=True))
        label = {locale: row[locale].strip() for locale in ('vi', 'en') if row[locale].strip()}
        if not label:
            continue
        taken = {stage['key']: stage for stage in stages}
        stage = {
            'key': row['key'].strip() or _free(key_from(label.get('en') or label['vi']) or 'stage', taken), 'label': label,
            'group': row['group'], 'category': row['category'], 'probability': _number(row['probability'] or '0'),
        }  # fmt: skip
        if needs := form.getlist(f'stage.requires.{number}'):
            stage['requires'] = needs
        if row['ref']:
            stage['ref'] = row['ref']
        if row['hue'].isdigit() and row['hue'] != '0':
            stage['hue'] = int(row['hue'])
        if row['rotting_days'].strip():
            stage['rotting_days'] = _number(row['rotting_days'])
        stages.append(stage)
    return stages


def rules_with(rules: Sequence[Document], form: Form) -> list[Document]:
    """The rules with the one in the editor changed in its place, added at the end, or taken out."""
    former = form.get('former', '')
    if form.get('then') == 'remove':
        return [rule for rule in rules if rule['key'] != former]
    put = rule_part(form, {rule['key']: rule for rule in rules if rule['key'] != former})
    if former and any(rule['key'] == former for rule in rules):
        return [{**rule, **put} if rule['key'] == former else rule for rule in rules]
    return [*rules, put]


def rule_part(form: Form, taken: Mapping[str, Any]) -> dict[str, Any]:
    """One duplicate rule."""
    tests = zip(form.getlist('match.field'), form.getlist('match.compare'), strict=False)
    label = texts(form, 'label')
    rule: dict[str, Any] = {
        'key': form.get('key') or _free(key_from(label.get('en') or label.get('vi') or '') or 'rule', taken),
        'label': label,
        'action': form.get('action', 'warn'),
        'match': [{'field': field, 'compare': compare} for field, compare in tests if field],
    }
    if ref := form.get('ref'):
        rule['ref'] = ref
    return rule


def first_pipeline() -> tuple[dict[str, str], dict[str, Any]]:
    """The label of a stage field and a pipeline to begin with: open, won, lost."""
    rows = (
        ('new', {'vi': 'Mới', 'en': 'New'}, 'open', 10, 1),
        ('working', {'vi': 'Đang làm', 'en': 'Working on it'}, 'open', 50, 3),
        ('done', {'vi': 'Xong', 'en': 'Done'}, 'won', 100, 4),
        ('dropped', {'vi': 'Bỏ', 'en': 'Dropped'}, 'lost', 0, 8),
    )
    stages = [
        {'key': key, 'label': label, 'group': 'open' if category == 'open' else 'closed', 'category': category,
         'probability': chance, 'hue': hue}
        for key, label, category, chance, hue in rows
    ]  # fmt: skip
    groups = [
        {'key': 'open', 'label': {'vi': 'Đang mở', 'en': 'Open'}},
        {'key': 'closed', 'label': {'vi': 'Đã đóng', 'en': 'Closed'}},
    ]
    pipeline = {'key': 'main', 'label': {'vi': 'Các bước', 'en': 'Steps'}, 'groups': groups, 'stages': stages}
    return {'vi': 'Giai đoạn', 'en': 'Stage'}, pipeline


def entity_part(form: Form) -> dict[str, Any]:
    """The entity's own words, its icon and which fields lists, cards and quick create show."""
    part: dict[str, Any] = {'x-label': texts(form, 'label'), 'x-plural': texts(form, 'plural')}
    if icon := form.get('icon'):
        part['x-icon'] = icon
    if group := form.get('group'):
        part['x-group'] = group
    layouts = {name: form.getlist(f'layout.{name}') for name in ('list', 'card', 'quick') if form.get(f'layout.{name}.sent')}
    if layouts:
        part['x-layouts'] = layouts
    if subtitle := form.get('subtitle'):
        part['x-subtitle-field'] = subtitle
    return part


def new_entity(form: Form, key: str) -> dict[str, Any]:
    """A first document: its name field and nothing else."""
    return {
        '$schema': 'https://json-schema.org/draft/2020-12/schema',
        'x-format': 1,
        **entity_part(form),
        'x-title-field': 'name',
        'type': 'object',
        'required': ['name'],
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}, 'maxLength': 200, 'x-search': True},
        },
    }


def _free(stem: str, taken: Mapping[str, Any]) -> str:
    key, count = stem, 1
    while key in taken:
        count += 1
        key = f'{stem}_{count}'
    return key


def _number(text: str) -> Any:
    """A whole number, or the text as typed, which the checks then refuse at its place."""
    stripped = text.strip()
    return int(stripped) if stripped.lstrip('-').isdigit() and len(stripped) < 10 else stripped
