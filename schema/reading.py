"""Documents to definitions. Expects documents that `schema.checks` passed and `schema.loading` settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from schema.definitions import (
    Document,
    DuplicateRuleDef,
    EntityDef,
    FieldDef,
    GroupDef,
    LayoutsDef,
    MatchDef,
    OptionDef,
    PipelineDef,
    RelatedDef,
    RoleDef,
    SectionDef,
    StageDef,
    TemplateDef,
    Texts,
    WorkflowDef,
)

TITLE_TYPES = ('text', 'email', 'phone', 'url')


def read_entity(document: Document) -> EntityDef:
    key = document['x-key']
    pipelines = tuple(_pipeline(part) for part in document.get('x-pipelines', ()))
    stages = tuple(stage for pipeline in pipelines for stage in pipeline.stages)
    required = frozenset(document.get('required', ()))
    fields = tuple(_field(name, part, stages, required) for name, part in document.get('properties', {}).items())
    label = document.get('x-label') or {'en': document.get('title', key)}
    return EntityDef(
        ref=document['x-ref'],
        key=key,
        label=label,
        plural=document.get('x-plural') or label,
        table=document['x-table'],
        icon=document.get('x-icon', 'folder'),
        hue=document.get('x-hue', 1),
        group=document.get('x-group', ''),
        order=document.get('x-order', 1000),
        title_field=document.get('x-title-field') or _first_title(fields),
        subtitle_field=document.get('x-subtitle-field'),
        fields=fields,
        pipelines=pipelines,
        duplicates=tuple(_duplicate_rule(part) for part in document.get('x-duplicates', ())),
        layouts=_layouts(document.get('x-layouts', {}), fields),
        indexes=tuple(tuple(index) for index in document.get('x-indexes', ())),
        document=document,
        aliases=tuple(document.get('x-aliases', ())),
    )


def read_role(document: Document) -> RoleDef:
    return RoleDef(
        ref=document['x-ref'],
        key=document['x-key'],
        label=document.get('x-label', {}),
        order=document.get('x-order', 1000),
        grants=document.get('grants', {}),
        fields=document.get('fields', {}),
        studio=document.get('studio', False),
        admin=document.get('admin', False),
        document=document,
    )


def read_workflow(document: Document) -> WorkflowDef:
    return WorkflowDef(
        ref=document['x-ref'],
        key=document['x-key'],
        label=document.get('x-label', {}),
        entity=document['entity'],
        enabled=document.get('enabled', False),
        trigger=document['trigger'],
        condition=document.get('condition'),
        steps=tuple(document.get('steps', ())),
        document=document,
    )


def read_template(document: Document) -> TemplateDef:
    return TemplateDef(
        ref=document['x-ref'],
        key=document['x-key'],
        label=document.get('x-label', {}),
        entity=document['entity'],
        subject=document.get('subject', {}),
        html=document.get('html', {}),
        text=document.get('text', {}),
        document=document,
    )


def _field(key: str, part: Document, stages: tuple[StageDef, ...], required: frozenset[str]) -> FieldDef:
    kind = part['x-type']
    options: tuple[OptionDef | StageDef, ...] = stages if kind == 'stage' else tuple(map(_option, part.get('x-options', ())))
    target = part.get('x-target')
    return FieldDef(
        ref=part['x-ref'],
        key=key,
        type=kind,
        label=part.get('x-label') or {'en': part.get('title') or key.replace('_', ' ').capitalize()},
        column=part['x-column'],
        document=part,
        help=part.get('x-help') or ({'en': part['description']} if part.get('description') else {}),
        aliases=tuple(part.get('x-aliases', ())),
        required=key in required,
        unique=part.get('x-unique', False),
        searched=part.get('x-search', False),
        read_only=part.get('readOnly', False),
        options=options,
        targets=(target,) if target else tuple(part.get('x-targets', ())),
        default=part.get('x-default', part.get('default')),
    )


def _option(part: Document) -> OptionDef:
    return OptionDef(part['ref'], part['key'], _label(part), part.get('hue', 0), part.get('retired', False))


def _pipeline(part: Document) -> PipelineDef:
    return PipelineDef(
        ref=part['ref'],
        key=part['key'],
        label=_label(part),
        groups=tuple(GroupDef(group['key'], _label(group)) for group in part.get('groups', ())),
        stages=tuple(_stage(stage, number) for number, stage in enumerate(part.get('stages', ()))),
    )


def _stage(part: Document, number: int) -> StageDef:
    moves = part.get('moves')
    return StageDef(
        ref=part['ref'],
        key=part['key'],
        label=_label(part),
        group=part.get('group', ''),
        category=part.get('category', 'open'),
        probability=part.get('probability', 0),
        hue=part.get('hue') or number % 10 + 1,
        rotting_days=part.get('rotting_days'),
        requires=tuple(part.get('requires', ())),
        moves=None if moves is None else tuple(moves),
    )


def _duplicate_rule(part: Document) -> DuplicateRuleDef:
    match = tuple(MatchDef(test['field'], test.get('compare', 'exact')) for test in part['match'])
    return DuplicateRuleDef(part['ref'], part['key'], _label(part), part.get('action', 'warn'), match)


def _layouts(part: Document, fields: Iterable[FieldDef]) -> LayoutsDef:
    """Layouts as written; what a document leaves out follows the order of its fields; keys that are gone are skipped."""
    keys = [each.key for each in fields]
    known = frozenset(keys) | {'owner', 'team', 'created_at', 'changed_at', 'created_by', 'changed_by'}

    def chosen(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in known)

    form = tuple(SectionDef(_label(section), chosen(section.get('fields', ()))) for section in part.get('form', ()))
    placed = {name for section in form for name in section.fields}
    rest = tuple(key for key in keys if key not in placed)
    if rest:  # a new field must never be out of reach because nobody placed it
        form = (*form, SectionDef({}, rest)) if form else (SectionDef({}, rest),)
    return LayoutsDef(
        list=chosen(part.get('list', keys[:6])),
        card=chosen(part.get('card', keys[1:4])),
        quick=chosen(part.get('quick', keys[:4])),
        form=form,
        related=tuple(RelatedDef(each['entity'], each['field']) for each in part.get('related', ())),
    )


def _label(part: Mapping[str, Any]) -> Texts:
    label: Texts = part.get('label') or part.get('x-label') or {'en': str(part.get('key', '')).replace('_', ' ').capitalize()}
    return label


def _first_title(fields: tuple[FieldDef, ...]) -> str:
    return next((each.key for each in fields if each.type in TITLE_TYPES), 'uid')
