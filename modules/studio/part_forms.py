"""Forms of an entity's parts, its fields apart: words, pipelines, rules, unique keys, duplicate rules, layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.studio.forms import REMEMBERED, Form, condition, free, given, hue, kept_texts, key_of, number, pair, rows, texts
from schema.definitions import Document

CATEGORIES = ('open', 'won', 'lost')
COMPARISONS = ('exact', 'email', 'phone', 'name', 'company_name')
STAGE_COLUMNS = ('ref', 'key', 'vi', 'en', 'group', 'category', 'probability', 'hue', 'rotting_days')
LISTS = ('list', 'card', 'quick')
LAYOUTS = ('form', *LISTS, 'related')


def entity_part(form: Form, former: Document) -> dict[str, Any]:
    """The entity's own words, icon, colour and place in the menu; None for what is left blank."""
    part: dict[str, Any] = {
        'x-label': kept_texts(form, 'label', former.get('x-label')) or {},
        'x-plural': kept_texts(form, 'plural', former.get('x-plural')),
    }  # fmt: skip
    if 'help.vi' in form:
        part['x-help'] = kept_texts(form, 'help', former.get('x-help'))
    if icon := form.get('icon'):
        part['x-icon'] = icon
    if 'hue' in form:
        part['x-hue'] = hue(form['hue'])
    for keyword, name in (('x-group', 'group'), ('x-title-field', 'title'), ('x-subtitle-field', 'subtitle')):
        if name in form:
            part[keyword] = form[name].strip() or None
    if 'order' in form:
        part['x-order'] = number(form['order'])
    return part


def new_entity(form: Form) -> dict[str, Any]:
    """A first document: its name field and nothing else."""
    return {
        '$schema': 'https://json-schema.org/draft/2020-12/schema',
        'x-format': 1,
        **given(**entity_part(form, {})),
        'x-title-field': 'name',
        'type': 'object',
        'required': ['name'],
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}, 'maxLength': 200, 'x-search': True},
        },
    }


def first_pipeline(taken: Sequence[str] = (), label: Mapping[str, str] | None = None) -> tuple[dict[str, str], dict[str, Any]]:
    """The label of a stage field and a pipeline to begin with: open, won, lost."""
    rows_of = (
        ('new', {'vi': 'Mới', 'en': 'New'}, 'open', 10, 1),
        ('working', {'vi': 'Đang làm', 'en': 'Working on it'}, 'open', 50, 3),
        ('done', {'vi': 'Xong', 'en': 'Done'}, 'won', 100, 4),
        ('dropped', {'vi': 'Bỏ', 'en': 'Dropped'}, 'lost', 0, 8),
    )
    named = dict(label or {'vi': 'Các bước', 'en': 'Steps'})
    key = free('main', taken) if not label else key_of(named, taken, 'main')
    stem = f'{key}_' if taken else ''
    stages = [
        {'key': stem + name, 'label': words, 'group': 'open' if category == 'open' else 'closed', 'category': category,
         'probability': chance, 'hue': colour}
        for name, words, category, chance, colour in rows_of
    ]  # fmt: skip
    groups = [
        {'key': 'open', 'label': {'vi': 'Đang mở', 'en': 'Open'}},
        {'key': 'closed', 'label': {'vi': 'Đã đóng', 'en': 'Closed'}},
    ]
    return {'vi': 'Giai đoạn', 'en': 'Stage'}, {'key': key, 'label': named, 'groups': groups, 'stages': stages}


def pipeline_of(part: Document) -> dict[str, Any]:
    """A pipeline whose stages are the options of a field; which of them end a record's way is said afterwards."""
    _, pipeline = first_pipeline(label=part.get('x-label'))
    options = [{**each, 'category': 'open', 'group': 'open'} for each in part['x-options']]
    kept = ('key', 'label', 'hue', 'category', 'group')
    return {**pipeline, 'stages': [{name: each[name] for name in kept if name in each} for each in options]}


def pipeline_part(form: Form, pipeline: Document, taken: Sequence[str]) -> dict[str, Any]:
    """What the pipeline page says: label, groups, stages in order, maps. `taken` are stage keys of other pipelines."""
    part: dict[str, Any] = {'stages': stage_parts(form, pipeline, taken)}
    if 'label.vi' in form:
        part['label'] = kept_texts(form, 'label', pipeline.get('label')) or {}
    if 'group.key' in form:
        part['groups'] = group_parts(form, pipeline.get('groups', ()))
    if form.get('maps.sent'):
        part['maps'] = map_parts(form)
    return part


def group_parts(form: Form, former: Sequence[Document]) -> list[dict[str, Any]]:
    before = {each['key']: each for each in former}
    groups: list[dict[str, Any]] = []
    for row in rows(form, 'group', ('key', 'vi', 'en')):
        label = pair(row['vi'], row['en'])
        if label:
            key = row['key'] or key_of(label, {each['key'] for each in groups} | before.keys(), 'group')
            groups.append({**before.get(key, {}), 'key': key, 'label': label})
    return groups


def stage_parts(form: Form, pipeline: Document, taken: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of the stage editor, in order. A row's own token ties its fields, moves and gate to it."""
    before = {each.get('ref') or each['key']: each for each in pipeline.get('stages', ())}
    tokens = form.getlist('stage.row')
    stages: list[dict[str, Any]] = []
    for place, row in enumerate(rows(form, 'stage', STAGE_COLUMNS)):
        label = pair(row['vi'], row['en'])
        if not label:
            continue
        old = before.get(row['ref'] or row['key'], {})
        keys = {stage['key'] for stage in stages} | set(taken)
        others = {name: text for name, text in old.get('label', {}).items() if name not in ('vi', 'en')}
        stages.append({
            **given(ref=row['ref'] or None), 'key': row['key'].strip() or key_of(label, keys, 'stage'),
            'label': {**label, **others}, **_weight(row, old),
            **given(group=row['group'] or None, hue=hue(row['hue']), rotting_days=number(row['rotting_days'])),
            **{keyword: old[keyword] for keyword in REMEMBERED if old.get(keyword)},
            **_gate(form, tokens[place] if place < len(tokens) else str(place), old),
        })  # fmt: skip
    return stages


def _weight(row: Mapping[str, str], former: Document) -> dict[str, Any]:
    """What a stage means and its chance; what is not written down stays so while nothing else is chosen."""
    usual: dict[str, Any] = {'category': 'open', 'probability': 0}
    told = {'category': row['category'], 'probability': number(row['probability'] or '0')}
    return {name: each for name, each in told.items() if not former or name in former or each != usual[name]}


def _gate(form: Form, token: str, former: Document) -> dict[str, Any]:
    """What a stage asks before a record enters it, and where a record may go from it."""
    moves = former.get('moves')
    if form.get(f'stage.moves.{token}.sent'):
        moves = form.getlist(f'stage.moves.{token}') if form.get(f'stage.moves.{token}.some') == '1' else None
    gate = condition(form[f'stage.gate.{token}']) if f'stage.gate.{token}' in form else former.get('gate')
    message = former.get('gate_message')
    if f'stage.message.{token}.vi' in form:
        message = kept_texts(form, f'stage.message.{token}', message)
    return given(requires=form.getlist(f'stage.requires.{token}') or None, moves=moves, gate=gate, gate_message=message)


def map_parts(form: Form) -> dict[str, dict[str, str]] | None:
    """`map.<other pipeline>.<stage here>` to the proposal for moving records over."""
    maps: dict[str, dict[str, str]] = {}
    for name, target in form.items():
        head, _, rest = name.partition('.')
        other, _, stage = rest.partition('.')
        if head == 'map' and other and stage and target:
            maps.setdefault(other, {})[stage] = target
    return maps or None


def rule_part(form: Form, taken: Mapping[str, Any]) -> dict[str, Any]:
    """One validation rule; None for what is left blank."""
    label = texts(form, 'label')
    return {
        'key': form.get('key', '').strip() or key_of(label, taken, 'rule'), 'label': label,
        'refuse_when': condition(form.get('refuse_when', '')) or {'all': []}, 'message': texts(form, 'message'),
        'field': form.get('field') or None,
    }  # fmt: skip


def unique_part(form: Form, taken: Mapping[str, Any]) -> dict[str, Any]:
    """One key over several fields, in the order that they were chosen."""
    label = texts(form, 'label')
    return {'key': form.get('key', '').strip() or key_of(label, taken, 'unique'), 'label': label,
            'fields': [each for each in form.getlist('fields') if each]}  # fmt: skip


def duplicate_part(form: Form, taken: Mapping[str, Any]) -> dict[str, Any]:
    """One duplicate rule."""
    label = texts(form, 'label')
    tests = rows(form, 'match', ('field', 'compare'))
    return {
        'key': form.get('key', '').strip() or key_of(label, taken, 'rule'), 'label': label,
        'action': form.get('action', 'warn'),
        'match': [{'field': each['field'], 'compare': each['compare']} for each in tests if each['field']],
    }  # fmt: skip


def layout_part(form: Form, name: str) -> Any:
    """One layout as its page sends it: keys in order, related lists, or the sections of the form."""
    if name == 'form':
        return section_parts(form)
    chosen = form.getlist('chosen')
    if name == 'related':
        return [{'entity': entity, 'field': field} for entity, _, field in (each.partition('.') for each in chosen)]
    return chosen


def section_parts(form: Form) -> list[dict[str, Any]]:
    """`place` comes in the order of the page: `s:<token>` begins a section, `f:<key>` is a field in it; the section without a
    token holds fields that are placed nowhere."""
    sections: list[dict[str, Any]] = []
    fields: list[str] = []
    for place in form.getlist('place'):
        kind, _, name = place.partition(':')
        if kind == 's':
            fields = []
            if name:
                sections.append({**_section(form, name), 'fields': fields})
        else:
            fields.append(name)
    return sections


def _section(form: Form, token: str) -> dict[str, Any]:
    columns = number(form.get(f'section.{token}.columns', ''))
    return given(
        label=texts(form, f'section.{token}') or None, columns=columns if columns in (1, 2, 3) else None,
        tab=form.get(f'section.{token}.tab') or None, collapsed=True if form.get(f'section.{token}.collapsed') == '1' else None,
    )  # fmt: skip


def tab_parts(form: Form) -> list[dict[str, Any]] | None:
    """The tabs of the form, in order; None when there are none."""
    tabs: list[dict[str, Any]] = []
    for row in rows(form, 'tab', ('key', 'vi', 'en')):
        label = pair(row['vi'], row['en'])
        if label:
            tabs.append({'key': row['key'] or key_of(label, {each['key'] for each in tabs}, 'tab'), 'label': label})
    return tabs or None
