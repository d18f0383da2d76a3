"""Documents to definitions. Expects documents that `schema.checks` passed and `schema.loading` settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from schema.definitions import (
    CalendarDef,
    Document,
    DuplicateRuleDef,
    EntityDef,
    FieldDef,
    GrantDef,
    GroupDef,
    MatchDef,
    OptionDef,
    PipelineDef,
    RoleDef,
    RuleDef,
    Scope,
    StageDef,
    TemplateDef,
    Texts,
    UniqueKeyDef,
    WorkflowDef,
)
from schema.layouts import read_layouts

TITLE_TYPES = ('text', 'email', 'phone', 'url', 'autonumber')


def read_entity(document: Document) -> EntityDef:
    key = document['x-key']
    pipelines = tuple(_pipeline(part) for part in document.get('x-pipelines', ()))
    stages = tuple(stage for pipeline in pipelines for stage in pipeline.stages)
    required = frozenset(document.get('required', ()))
    fields = tuple(_field(key, name, part, stages, required) for name, part in document.get('properties', {}).items())
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
        layouts=read_layouts(document.get('x-layouts', {}), fields),
        indexes=tuple(tuple(index) for index in document.get('x-indexes', ())),
        document=document,
        aliases=tuple(document.get('x-aliases', ())),
        rules=tuple(_rule(part) for part in document.get('x-rules', ())),
        unique_keys=tuple(_unique_key(part) for part in document.get('x-unique-keys', ())),
        calendar=_calendar(document.get('x-calendar')),
    )


def read_role(document: Document) -> RoleDef:
    return RoleDef(
        ref=document['x-ref'],
        key=document['x-key'],
        label=document.get('x-label', {}),
        order=document.get('x-order', 1000),
        grants={
            entity: {action: _grant(part) for action, part in entry.items()}
            for entity, entry in document.get('grants', {}).items()
        },
        fields=document.get('fields', {}),
        studio=document.get('studio', False),
        admin=document.get('admin', False),
        document=document,
    )


def _grant(part: Any) -> GrantDef:
    """A scope word, or a tree."""
    if isinstance(part, str):
        return GrantDef(cast(Scope, part))
    return GrantDef(part.get('scope', 'all'), part.get('where'))


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


def _field(entity_key: str, key: str, part: Document, stages: tuple[StageDef, ...], required: frozenset[str]) -> FieldDef:
    kind = part['x-type']
    options: tuple[OptionDef | StageDef, ...] = stages if kind == 'stage' else tuple(map(_option, part.get('x-options', ())))
    target = part.get('x-target')
    return FieldDef(
        ref=part['x-ref'],
        key=key,
        type=kind,
        label=part.get('x-label') or {'en': part.get('title') or key.replace('_', ' ').capitalize()},
        column=part.get('x-column', ''),
        document=part,
        help=part.get('x-help') or ({'en': part['description']} if part.get('description') else {}),
        aliases=tuple(part.get('x-aliases', ())),
        former_labels=tuple(part.get('x-former-labels', ())),
        required=key in required,
        unique=part.get('x-unique', kind == 'autonumber'),
        searched=part.get('x-search', False),
        read_only=part.get('readOnly', False),
        options=options,
        targets=(target,) if target else tuple(part.get('x-targets', ())),
        default=part.get('x-default', part.get('default')),
        table=part.get('x-table', ''),
        lines=_lines(entity_key, key, part) if kind == 'lines' else None,
    )


def _lines(entity_key: str, key: str, part: Document) -> EntityDef:
    """A line as an entity of its own, called `quote.items`; it has the identity of its field."""
    lines = part['x-lines']
    label = part.get('x-label') or {'en': part.get('title') or key.replace('_', ' ').capitalize()}
    required = frozenset(lines.get('required', ()))
    fields = tuple(_field(entity_key, name, each, (), required) for name, each in lines.get('properties', {}).items())
    return EntityDef(
        ref=part['x-ref'],
        key=f'{entity_key}.{key}',
        label=lines.get('label') or label,
        plural=label,
        table=part['x-table'],
        icon='list-details',
        hue=0,
        group='',
        order=0,
        title_field=_first_title(fields),
        subtitle_field=None,
        fields=fields,
        pipelines=(),
        duplicates=(),
        layouts=read_layouts({}, fields),
        indexes=(),
        document=lines,
    )


def _option(part: Document) -> OptionDef:
    return OptionDef(
        part['ref'], part['key'], _label(part), part.get('hue', 0), part.get('retired', False), part.get('if'),
        tuple(part.get('x-aliases', ())), tuple(part.get('x-former-labels', ())),
    )  # fmt: skip


def _pipeline(part: Document) -> PipelineDef:
    return PipelineDef(
        ref=part['ref'],
        key=part['key'],
        label=_label(part),
        groups=tuple(GroupDef(group['key'], _label(group)) for group in part.get('groups', ())),
        stages=tuple(_stage(stage, number) for number, stage in enumerate(part.get('stages', ()))),
        maps=part.get('maps', {}),
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
        gate=part.get('gate'),
        gate_message=part.get('gate_message', {}),
        aliases=tuple(part.get('x-aliases', ())),
        former_labels=tuple(part.get('x-former-labels', ())),
    )


def _rule(part: Document) -> RuleDef:
    return RuleDef(part['ref'], part['key'], _label(part), part['refuse_when'], part['message'], part.get('field'))


def _unique_key(part: Document) -> UniqueKeyDef:
    return UniqueKeyDef(part['ref'], part['key'], _label(part), tuple(part['fields']))


def _calendar(part: Document | None) -> CalendarDef | None:
    if part is None:
        return None
    lists = {name: tuple(part.get(name, ())) for name in ('done', 'cancelled')}
    return CalendarDef(**{**part, **lists})


def _duplicate_rule(part: Document) -> DuplicateRuleDef:
    match = tuple(MatchDef(test['field'], test.get('compare', 'exact')) for test in part['match'])
    return DuplicateRuleDef(part['ref'], part['key'], _label(part), part.get('action', 'warn'), match)


def _label(part: Mapping[str, Any]) -> Texts:
    label: Texts = part.get('label') or part.get('x-label') or {'en': str(part.get('key', '')).replace('_', ' ').capitalize()}
    return label


def _first_title(fields: tuple[FieldDef, ...]) -> str:
    return next((each.key for each in fields if each.type in TITLE_TYPES), 'uid')
