"""The set of documents under check, read tolerantly: what has the wrong shape is left out here and reported elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding, nearest
from schema.definitions import Document, EntityDef, FieldDef, LayoutsDef, OptionDef
from schema.fieldtypes.base import FieldType
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import PLURALS, settle
from schema.reading import read_entity

SYSTEM_TYPES = {
    'uid': 'text',
    'owner': 'user',
    'team': 'team',
    'created_at': 'datetime',
    'created_by': 'user',
    'changed_at': 'datetime',
    'changed_by': 'user',
    'revision': 'integer',
}


def mapping(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def numbered(node: Any) -> Iterator[tuple[int, Any]]:
    """Members of a list with their places; nothing when it is no list."""
    return enumerate(node) if isinstance(node, list) else iter(())


def numbered_texts(node: Any) -> Iterator[tuple[int, str]]:
    return ((place, each) for place, each in numbered(node) if isinstance(each, str))


def numbered_parts(node: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((place, each) for place, each in numbered(node) if isinstance(each, dict))


def shown(value: Any) -> str:
    """A value as quoted in a finding; long ones are cut."""
    text = str(value)
    return text if len(text) <= 60 else f'{text[:57]}…'


class Hints:
    """Nearest names, for the first misses of one check only: searching them costs more than all else."""

    def __init__(self, count: int = 200) -> None:
        self._left = count

    def nearest(self, word: str, names: Iterable[str]) -> Mapping[str, str]:
        if self._left <= 0:
            return {}
        self._left -= 1
        return nearest(word[:60], names)


@dataclass(frozen=True, eq=False)
class EntityView:
    """One entity document. `properties` holds its fields by key; a field that is no JSON object is an empty one."""

    key: str
    pointer: str
    document: dict[str, Any]
    hints: Hints

    @cached_property
    def properties(self) -> dict[str, dict[str, Any]]:
        return {key: mapping(part) for key, part in mapping(self.document.get('properties')).items()}

    @property
    def has_fields(self) -> bool:
        return isinstance(self.document.get('properties'), dict)

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(name for _, name in numbered_texts(self.document.get('required')))

    @cached_property
    def pipelines(self) -> list[tuple[str, dict[str, Any]]]:
        """Pipelines with their pointers."""
        return [
            (f'{self.pointer}/x-pipelines/{place}', each) for place, each in numbered_parts(self.document.get('x-pipelines'))
        ]

    @cached_property
    def stages(self) -> list[tuple[str, dict[str, Any]]]:
        """Stages of all pipelines with their pointers."""
        return [
            (f'{pointer}/stages/{place}', stage)
            for pointer, pipeline in self.pipelines
            for place, stage in numbered_parts(pipeline.get('stages'))
        ]

    def at(self, name: str) -> str:
        """The pointer of a field."""
        return f'{self.pointer}/properties/{escape_pointer(name)}'

    def type_key(self, name: str) -> str | None:
        """The field type as written, of own and system fields; None when it is not known."""
        kind = self.properties[name].get('x-type') if name in self.properties else SYSTEM_TYPES.get(name)
        return kind if isinstance(kind, str) and kind in FIELD_TYPES else None

    def type_of(self, name: str) -> FieldType | None:
        kind = self.type_key(name)
        return FIELD_TYPES.find(kind) if kind else None

    def targets(self, name: str) -> tuple[str, ...]:
        """Entities that a link field names; empty for other types."""
        part = self.properties.get(name, {})
        if part.get('x-type') in ('link', 'links'):
            return (part['x-target'],) if isinstance(part.get('x-target'), str) else ()
        if part.get('x-type') == 'link_any':
            return tuple(each for _, each in numbered_texts(part.get('x-targets')))
        return ()

    def lines(self, name: str) -> EntityView | None:
        """The lines of a lines field, seen as an entity called `quote.items`."""
        part = self.properties.get(name, {})
        if part.get('x-type') != 'lines' or not isinstance(part.get('x-lines'), dict):
            return None
        return EntityView(f'{self.key}.{name}', f'{self.at(name)}/x-lines', part['x-lines'], self.hints)

    def has(self, name: str) -> bool:
        return name in self.properties or name in SYSTEM_TYPES

    def unknown(self, name: Any, pointer: str) -> list[Finding]:
        """A finding when a text names no field; what is no text is reported by the metaschema."""
        if not isinstance(name, str) or self.has(name) or not self.has_fields:
            return []
        renamed = [
            {'en': f"It is now called '{key}'.", 'vi': f"Tên bây giờ là '{key}'."}
            for key, part in self.properties.items()
            if name in _aliases(part)
        ]
        hint = renamed[0] if renamed else self.hints.nearest(name, (*self.properties, *SYSTEM_TYPES))
        return [finding('SCH-E032', pointer, value=shown(name), entity=shown(self.key), hint=hint)]

    def definition(self, name: str) -> FieldDef:
        """The field as its type sees it, before it is stored."""
        part = self.properties[name]
        label = part.get('x-label')
        entries = (
            (stage for _, stage in self.stages)
            if part.get('x-type') == 'stage'
            else (option for _, option in numbered_parts(part.get('x-options')))
        )
        return FieldDef(
            ref=name,
            key=name,
            type=str(part.get('x-type')),
            label={k: v for k, v in mapping(label).items() if isinstance(v, str)} or {'en': name},
            column=name,
            document=part,
            help={},
            required=name in self.required,
            options=tuple(_options(entries)),
            targets=self.targets(name),
            lines=_definition_of(lines) if (lines := self.lines(name)) else None,
        )


def _definition_of(lines: EntityView) -> EntityDef:
    label = {'en': lines.key}
    return EntityDef(
        ref=lines.key, key=lines.key, label=label, plural=label, table='', icon='', hue=0, group='', order=0,
        title_field='uid', subtitle_field=None, fields=tuple(map(lines.definition, lines.properties)), pipelines=(),
        duplicates=(), layouts=LayoutsDef((), (), (), (), ()), indexes=(), document=lines.document,
    )  # fmt: skip


def _aliases(part: dict[str, Any]) -> list[Any]:
    aliases = part.get('x-aliases')
    return aliases if isinstance(aliases, list) else []


def _options(entries: Iterable[dict[str, Any]]) -> Iterator[OptionDef]:
    for entry in entries:
        if isinstance(entry.get('key'), str):
            former = tuple(each for each in _aliases(entry) if isinstance(each, str))
            yield OptionDef(entry['key'], entry['key'], {}, retired=entry.get('retired') is True, aliases=former)


@dataclass(frozen=True, eq=False)
class Target:
    """`documents` are those whose JSON is sound, by kind and key; `names` are all keys by kind, the unsound ones included."""

    documents: Mapping[tuple[str, str], Document]
    names: Mapping[str, frozenset[str]]
    hints: Hints

    @cached_property
    def entities(self) -> dict[str, EntityView]:
        return {
            key: EntityView(key, place('entity', key), document, self.hints)
            for (kind, key), document in self.documents.items()
            if kind == 'entity' and isinstance(document, dict)
        }

    @cached_property
    def definitions(self) -> dict[str, EntityDef]:
        """All entities as they would be stored. Only for documents that have no finding."""
        stored = settle({('entity', key): entity.document for key, entity in self.entities.items()}, {})
        return {key: read_entity(document) for (_, key), document in stored.items()}

    def of_kind(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Key, pointer and document of every document of a kind that is a JSON object."""
        for (each, key), document in self.documents.items():
            if each == kind and isinstance(document, dict):
                yield key, place(kind, key), document

    def unknown(self, kind: str, name: Any, pointer: str) -> list[Finding]:
        """A finding when a text names no document of the kind."""
        known = self.names.get(kind, frozenset())
        if not isinstance(name, str) or name in known:
            return []
        return [finding(_UNKNOWN[kind], pointer, value=shown(name), hint=self.hints.nearest(name, known))]


_UNKNOWN = {'entity': 'SCH-E050', 'template': 'SCH-E092', 'workflow': 'SCH-E095', 'role': 'SCH-E143'}


def place(kind: str, key: str) -> str:
    return f'/{PLURALS.get(kind, escape_pointer(kind))}/{escape_pointer(key)}'
