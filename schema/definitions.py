"""What an admin declares, as frozen values. Made by `schema.loading` from documents; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schema.values import USER

Texts = Mapping[str, str]
Document = Mapping[str, Any]
Category = Literal['open', 'won', 'lost']
KINDS = ('entity', 'role', 'workflow', 'template', 'view', 'report')
FORMAT = 1


def in_locale(texts: Texts, locale: str) -> str:
    """The text in a locale, falling back to English and then to any; empty when there is none."""
    return texts.get(locale) or texts.get('en') or next(iter(texts.values()), '')


@dataclass(frozen=True)
class OptionDef:
    """One entry of a picklist. Rows store `ref`; a retired option stays readable but cannot be chosen. `condition` over the
    own record says when it may be chosen; None is always."""

    ref: str
    key: str
    label: Texts
    hue: int = 0
    retired: bool = False
    condition: Document | None = None
    aliases: tuple[str, ...] = ()
    former_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageDef:
    """A step of a pipeline; `requires` lists field keys that must be filled to enter it, `gate` is the condition that must be
    true of the record then, `gate_message` what people are told when it is not; `probability` is in percent."""

    ref: str
    key: str
    label: Texts
    group: str
    category: Category
    probability: int
    hue: int = 0
    rotting_days: int | None = None
    requires: tuple[str, ...] = ()
    moves: tuple[str, ...] | None = None
    gate: Document | None = None
    gate_message: Texts = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    former_labels: tuple[str, ...] = ()

    @property
    def retired(self) -> bool:
        return False


@dataclass(frozen=True)
class GroupDef:
    key: str
    label: Texts


@dataclass(frozen=True)
class PipelineDef:
    """`maps` proposes where records go that change pipelines: `{pipeline key: {stage key here: stage key there}}`."""

    ref: str
    key: str
    label: Texts
    groups: tuple[GroupDef, ...]
    stages: tuple[StageDef, ...]
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class MatchDef:
    """One test of a duplicate rule: the field and how it is compared."""

    field: str
    compare: str


@dataclass(frozen=True)
class DuplicateRuleDef:
    """All `match` tests must hold; blank values never match. `action` is warn or block."""

    ref: str
    key: str
    label: Texts
    action: Literal['warn', 'block']
    match: tuple[MatchDef, ...]


@dataclass(frozen=True)
class RuleDef:
    """A record that `refuse_when` is true of is not saved; unknown lets it pass. `field` is where people see the message."""

    ref: str
    key: str
    label: Texts
    refuse_when: Document
    message: Texts
    field: str | None = None


@dataclass(frozen=True)
class UniqueKeyDef:
    """Fields whose values together name one live record; a record with any of them blank collides with none."""

    ref: str
    key: str
    label: Texts
    fields: tuple[str, ...]


@dataclass(frozen=True)
class SectionDef:
    """Fields under one heading, in one to three `columns`; `tab` is the key of the tab it stands in."""

    label: Texts
    fields: tuple[str, ...]
    columns: int = 2
    tab: str = ''
    collapsed: bool = False


@dataclass(frozen=True)
class TabDef:
    key: str
    label: Texts


@dataclass(frozen=True)
class RelatedDef:
    """A related list: records of `entity` whose link `field` points here."""

    entity: str
    field: str


@dataclass(frozen=True)
class LayoutsDef:
    """Where fields stand. `roles` holds whole layouts by role key; `schema.layouts.layouts_for` chooses a person's."""

    list: tuple[str, ...]
    card: tuple[str, ...]
    quick: tuple[str, ...]
    form: tuple[SectionDef, ...]
    related: tuple[RelatedDef, ...]
    tabs: tuple[TabDef, ...] = ()
    roles: Mapping[str, LayoutsDef] = field(default_factory=dict)


@dataclass(frozen=True)
class CalendarDef:
    """How records stand in the calendar. All but `kind`, `done` and `cancelled` (option keys of `status`) are field keys, empty
    where nothing says so. `participants` are lines with a user or links, `guests` links, `repeat` a text with an RFC 5545 rule.
    """

    kind: Literal['appointment', 'task']
    start: str
    end: str = ''
    all_day: str = ''
    status: str = ''
    place: str = ''
    participants: str = ''
    guests: str = ''
    repeat: str = ''
    remind_minutes: str = ''
    remind_by: str = ''
    done: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldDef:
    """A declared property. `column` is its physical name (the type may add columns that start with it); `document` holds
    the keywords of its type. `options` are its picklist entries in order."""

    ref: str
    key: str
    type: str
    label: Texts
    column: str
    document: Document
    help: Texts
    aliases: tuple[str, ...] = ()
    former_labels: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False
    searched: bool = False
    read_only: bool = False
    options: tuple[OptionDef | StageDef, ...] = ()
    targets: tuple[str, ...] = ()
    default: Any = None
    table: str = ''
    """Of links and lines: the table that holds them."""
    lines: EntityDef | None = None
    """What one line is made of."""

    def label_in(self, locale: str) -> str:
        return in_locale(self.label, locale) or self.key

    @property
    def required_if(self) -> Document | None:
        return self.document.get('x-required-if')

    @property
    def visible_if(self) -> Document | None:
        return self.document.get('x-visible-if')

    @property
    def read_only_if(self) -> Document | None:
        return self.document.get('x-read-only-if')

    @property
    def option_filters(self) -> Mapping[str, Document]:
        """`{entity key, or @user: what may be chosen of it}`; what is not named is free."""
        if self.type == 'link_any':
            filters: Mapping[str, Document] = self.document.get('x-option-filters', {})
            return filters
        about = USER if self.type == 'user' else next(iter(self.targets), '')
        return {about: self.document['x-option-filter']} if 'x-option-filter' in self.document else {}


@dataclass(frozen=True)
class EntityDef:
    """A kind of record. `document` is the stored document, complete with refs and physical names."""

    ref: str
    key: str
    label: Texts
    plural: Texts
    table: str
    icon: str
    hue: int
    group: str
    order: int
    title_field: str
    subtitle_field: str | None
    fields: tuple[FieldDef, ...]
    pipelines: tuple[PipelineDef, ...]
    duplicates: tuple[DuplicateRuleDef, ...]
    layouts: LayoutsDef
    indexes: tuple[tuple[str, ...], ...]
    document: Document
    aliases: tuple[str, ...] = ()
    rules: tuple[RuleDef, ...] = ()
    unique_keys: tuple[UniqueKeyDef, ...] = ()
    calendar: CalendarDef | None = None
    ends: frozenset[tuple[str, ...]] = frozenset()
    """`(link, field, …)` of which the records behind the link keep the smallest, largest or average value; behind them whatever
    else an average looks at."""

    def label_in(self, locale: str) -> str:
        return in_locale(self.label, locale) or self.key

    def plural_in(self, locale: str) -> str:
        return in_locale(self.plural, locale) or self.label_in(locale)

    @property
    def no_contact(self) -> str:
        """The key of the field that says "do not contact", empty when none does."""
        return str(self.document.get('x-no-contact', ''))

    @property
    def birthday(self) -> str:
        """The key of the field that says when somebody was born, empty when none is named."""
        return str(self.document.get('x-birthday', ''))

    @property
    def stages(self) -> Iterator[StageDef]:
        for pipeline in self.pipelines:
            yield from pipeline.stages


Scope = Literal['none', 'own', 'team', 'team_below', 'all']
ACTIONS = ('read', 'create', 'update', 'delete', 'import', 'export', 'assign', 'merge')
SCOPES: tuple[Scope, ...] = ('none', 'own', 'team', 'team_below', 'all')
"""Narrow to wide: each reaches what those before it do."""


@dataclass(frozen=True, eq=False)
class GrantDef:
    """What a role grants of one action on one entity: records in a scope that satisfy a condition, when there is one."""

    scope: Scope
    where: Document | None = None


@dataclass(frozen=True)
class RoleDef:
    """`grants`: `{entity key or '*': {action: grant}}`, as written; `fields`: `{entity key: {field key: none|read|write}}`."""

    ref: str
    key: str
    label: Texts
    order: int
    grants: Mapping[str, Mapping[str, GrantDef]]
    fields: Mapping[str, Mapping[str, str]]
    studio: bool
    admin: bool
    document: Document


@dataclass(frozen=True)
class WorkflowDef:
    """Trigger, condition and steps stay documents here; `workflows` compiles them."""

    ref: str
    key: str
    label: Texts
    entity: str
    enabled: bool
    trigger: Document
    condition: Document | None
    steps: tuple[Document, ...]
    document: Document


@dataclass(frozen=True)
class TemplateDef:
    ref: str
    key: str
    label: Texts
    entity: str
    subject: Texts
    html: Texts
    text: Texts
    document: Document
