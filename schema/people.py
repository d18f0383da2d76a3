"""People of the installation as conditions see them: what an option filter of a user field may compare. Reads no table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from schema.catalog import Catalog, Entity, RecordRow
from schema.definitions import EntityDef, FieldDef, LayoutsDef, OptionDef, Texts
from schema.values import USER

LABEL: Texts = {'en': 'Person', 'vi': 'Người dùng'}
FIELDS: Mapping[str, tuple[str, Texts]] = {
    'name': ('text', {'en': 'Name', 'vi': 'Họ tên'}), 'username': ('text', {'en': 'User name', 'vi': 'Tên đăng nhập'}),
    'email': ('email', {'en': 'E-mail', 'vi': 'E-mail'}), 'team': ('team', {'en': 'Team', 'vi': 'Nhóm'}),
    'role': ('picklist', {'en': 'Role', 'vi': 'Vai trò'}),
}  # fmt: skip
"""`{key: (field type, label)}`. Somebody with several teams or roles is asked once for each pair of them."""


def people_definition(roles: Iterable[tuple[str, Texts]]) -> EntityDef:
    """An entity called `@user`; `roles` are keys and labels of the roles that people may hold."""
    options = tuple(OptionDef(key, key, label) for key, label in roles)
    fields = tuple(
        FieldDef(f'people_{key}', key, kind, label, key, document={}, help={}, options=options if kind == 'picklist' else ())
        for key, (kind, label) in FIELDS.items()
    )
    return EntityDef(
        ref=USER, key=USER, label=LABEL, plural=LABEL, table='', icon='user-circle', hue=0, group='', order=0,
        title_field='name', subtitle_field=None, fields=fields, pipelines=(), duplicates=(),
        layouts=LayoutsDef((), (), (), (), ()), indexes=(), document={},
    )  # fmt: skip


def people_of(catalog: Catalog) -> Entity:
    """For conditions that are decided in Python; there is no table of records behind it."""
    found: Any = catalog.kept.get(people_of)
    if found is None:
        definition = people_definition((role.key, role.label) for role in catalog.roles.values())
        found = catalog.kept[people_of] = Entity(definition, catalog.users, RecordRow, {}, catalog.number)
    made: Entity = found
    return made
