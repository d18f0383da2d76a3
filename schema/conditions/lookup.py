"""Finding entities and fields by name, in a compiled catalog or among plain definitions. Knows no operator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from schema.catalog import Catalog, Entity, line_field_faces, system_field_faces
from schema.conditions.tree import FieldFace
from schema.definitions import EntityDef
from schema.derived import complete
from schema.fieldtypes.registry import FIELD_TYPES
from schema.former import FormerKeys
from schema.people import people_of
from schema.values import USER

Source = Catalog | Mapping[str, EntityDef]


@dataclass(frozen=True)
class EntityFace:
    """An entity as conditions see it, system fields included."""

    definition: EntityDef
    fields: Mapping[str, FieldFace]
    entity: Entity | None = None
    line_keys: FormerKeys | None = None
    """Of lines: where uses of former keys are counted, as the entity of lines is no catalog's own."""

    @property
    def key(self) -> str:
        return self.definition.key

    def find(self, name: str) -> FieldFace | None:
        """By key, or by a former key, whose use is counted where there is a catalog."""
        if found := self.fields.get(name):
            return found
        if self.entity is not None and (former := self.entity.find_field(name)):
            if self.line_keys is not None:
                self.line_keys.used(former.ref, name)
            return self.fields.get(former.key)
        return next((each for each in self.fields.values() if name in each.definition.aliases), None)


class Lookup:
    """One view on both kinds of source; fields of a type that this product does not have are left out."""

    def __init__(self, source: Source) -> None:
        self._source = source if isinstance(source, Catalog) else {each.key: each for each in complete(source.values())}
        self._faces: dict[str, EntityFace] = {}

    def find(self, name: str) -> EntityFace | None:
        """By key or by a former key."""
        if name not in self._faces:
            face = self._make(name)
            if face is None:
                return None
            self._faces[name] = face
        return self._faces[name]

    def used(self, ref: str, key: str) -> None:
        """A former key was met; counted where there is a catalog."""
        if isinstance(self._source, Catalog):
            self._source.former_keys.used(ref, key)

    def keys(self) -> Iterable[str]:
        return self._source.entities if isinstance(self._source, Catalog) else self._source

    def _make(self, name: str) -> EntityFace | None:
        owner, _, lines = name.partition('.')
        if name == USER:
            return self._people()
        if lines:
            return self._lines(owner, lines)
        if isinstance(self._source, Catalog):
            entity = self._source.find_entity(name)
            return _of_entity(entity) if entity else None
        definition = self._source.get(name) or next((each for each in self._source.values() if name in each.aliases), None)
        return _of_definition(definition) if definition else None

    def _people(self) -> EntityFace | None:
        """People, where the source knows their roles."""
        if isinstance(self._source, Catalog):
            entity = people_of(self._source)
            return EntityFace(entity.definition, _own(entity.definition), entity)
        definition = self._source.get(USER)
        return None if definition is None else EntityFace(definition, _own(definition))

    def _lines(self, owner: str, name: str) -> EntityFace | None:
        entity = self.find(owner)
        field = entity.find(name) if entity is not None else None
        if field is None or field.definition.lines is None:
            return None
        if isinstance(self._source, Catalog):
            return replace(_of_entity(self._source.holder(f'{owner}.{name}')), line_keys=self._source.former_keys)
        return _of_definition(field.definition.lines, lines=True)


def _of_entity(entity: Entity) -> EntityFace:
    faces = {each.key: FieldFace(each.definition, each.type) for each in entity.fields.values()}
    return EntityFace(entity.definition, faces, entity)


def _of_definition(definition: EntityDef, *, lines: bool = False) -> EntityFace:
    own = line_field_faces() if lines else system_field_faces(definition)
    fields = {each.key: FieldFace(each, field_type) for each, field_type in own}
    return EntityFace(definition, {**fields, **_own(definition)})


def _own(definition: EntityDef) -> dict[str, FieldFace]:
    known = ((each, FIELD_TYPES.find(each.type)) for each in definition.fields)
    return {each.key: FieldFace(each, kind.face(each)) for each, kind in known if kind is not None}
