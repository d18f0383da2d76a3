"""FAB's permission names and roles brought in line with a catalog, in a fixed number of statements. Called by the publisher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from permissions.actors import bump_rights
from permissions.fab_tables import permission_views, permissions, role_permissions, roles, view_menus
from permissions.grants import rights_of
from schema.catalog import Catalog
from schema.loading import TABLE_PREFIX

ACTION_OF: Mapping[str, str] = {
    'can_list': 'read',
    'can_show': 'read',
    'can_get': 'read',
    'can_info': 'read',
    'can_add': 'create',
    'can_post': 'create',
    'can_edit': 'update',
    'can_put': 'update',
    'can_delete': 'delete',
    'can_import': 'import',
    'can_export': 'export',
    'can_assign': 'assign',
    'can_merge': 'merge',
}
"""`{FAB permission name: action}` of entity views; a view's name is the entity's table name, which never changes."""
ROWS: Mapping[str, str] = {**ACTION_OF, 'menu_access': 'read'}
"""What FAB keeps rows of: the actions, and the entry of the menu."""
PUBLIC_ROLE = 'Public'


def sync_permissions(connection: sa.Connection, catalog: Catalog) -> None:
    """Make FAB's rows say what the catalog's roles grant on its entities, and move `rights_epoch`.

    Rows of entity views that are gone are removed; rows of other views and roles without a document stay. Does not commit;
    running it twice changes nothing but the epoch.
    """
    role_ids = _ensure_names(connection, roles, [*catalog.roles, PUBLIC_ROLE])
    permission_ids = _ensure_names(connection, permissions, ROWS)
    _remove_stale_views(connection, catalog)
    menu_ids = _ensure_names(connection, view_menus, [entity.table.name for entity in catalog.entities.values()])
    pair_ids = _ensure_pairs(connection, permission_ids, menu_ids)
    wanted = {
        (pair_ids[permission_ids[name], menu_ids[entity.table.name]], role_ids[role])
        for role in catalog.roles
        for key, entity in catalog.entities.items()
        for name, action in ROWS.items()
        if rights_of(catalog, frozenset({role})).entities[key].scopes[action] != 'none'
    }
    _match_grants(connection, wanted, set(pair_ids.values()))
    bump_rights(connection)


def _ensure_names(connection: sa.Connection, table: sa.Table, names: Iterable[str]) -> dict[str, int]:
    """`{name: id}` of all rows, after adding the names that are missing."""
    read = sa.select(table.c.name, table.c.id)
    known: dict[str, int] = {row.name: row.id for row in connection.execute(read)}
    missing = [name for name in names if name not in known]
    if missing:
        connection.execute(table.insert(), [{'name': name} for name in missing])
        known = {row.name: row.id for row in connection.execute(read)}
    return known


def _ensure_pairs(
    connection: sa.Connection, permission_ids: Mapping[str, int], menu_ids: Mapping[str, int]
) -> dict[tuple[int, int], int]:
    """`{(permission id, view id): pair id}` of the entity views."""
    read = (
        sa.select(permission_views.c.permission_id, permission_views.c.view_menu_id, permission_views.c.id)
        .join(view_menus, view_menus.c.id == permission_views.c.view_menu_id)
        .where(_is_entity_view())
    )

    def read_pairs() -> dict[tuple[int, int], int]:
        return {(row.permission_id, row.view_menu_id): row.id for row in connection.execute(read)}

    known = read_pairs()
    views = [view_id for name, view_id in menu_ids.items() if name.startswith(TABLE_PREFIX)]
    missing = [
        {'permission_id': permission_ids[name], 'view_menu_id': view_id}
        for view_id in views
        for name in ROWS
        if (permission_ids[name], view_id) not in known
    ]
    if missing:
        connection.execute(permission_views.insert(), missing)
        known = read_pairs()
    return known


def _match_grants(connection: sa.Connection, wanted: set[tuple[int, int]], pairs: set[int]) -> None:
    rows: list[Any] = list(
        connection.execute(
            sa.select(role_permissions.c.id, role_permissions.c.permission_view_id, role_permissions.c.role_id)
            .join(permission_views, permission_views.c.id == role_permissions.c.permission_view_id)
            .join(view_menus, view_menus.c.id == permission_views.c.view_menu_id)
            .where(_is_entity_view())
        )
    )
    present = {(row.permission_view_id, row.role_id): row.id for row in rows if row.permission_view_id in pairs}
    surplus = [{'gone': row_id} for pair, row_id in present.items() if pair not in wanted]
    if surplus:
        connection.execute(role_permissions.delete().where(role_permissions.c.id == sa.bindparam('gone')), surplus)
    missing = [{'permission_view_id': pair, 'role_id': role} for pair, role in sorted(wanted - present.keys())]
    if missing:
        connection.execute(role_permissions.insert(), missing)


def _remove_stale_views(connection: sa.Connection, catalog: Catalog) -> None:
    """Associations first: SQLite checks the foreign keys, and FAB's tables do not cascade everywhere."""
    present = [entity.table.name for entity in catalog.entities.values()]
    stale = sa.select(view_menus.c.id).where(_is_entity_view(), view_menus.c.name.not_in(present))
    stale_ids = list(connection.execute(stale).scalars())
    if not stale_ids:
        return
    pairs = sa.select(permission_views.c.id).where(permission_views.c.view_menu_id.in_(stale_ids))
    connection.execute(role_permissions.delete().where(role_permissions.c.permission_view_id.in_(pairs)))
    connection.execute(permission_views.delete().where(permission_views.c.view_menu_id.in_(stale_ids)))
    connection.execute(view_menus.delete().where(view_menus.c.id.in_(stale_ids)))


def _is_entity_view() -> sa.ColumnElement[bool]:
    return view_menus.c.name.startswith(TABLE_PREFIX, autoescape=True)
