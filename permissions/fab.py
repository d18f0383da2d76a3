"""Our security manager for FAB: its login, users and role names stand, its questions are answered by the policy."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_appbuilder.security.sqla.manager import SecurityManager

from permissions.policy import Policy
from permissions.sync import ROWS, sync_permissions
from schema.catalog import Catalog

__all__ = ['TrellisSecurityManager', 'sync_permissions']

OWN_PAGES = frozenset({'AuthDBView', 'ResetMyPasswordView', 'UserInfoEditView', 'UserDBModelView:can_userinfo'})
"""Views every signed-in person may use; all other views of FAB are for administrators."""


class TrellisSecurityManager(SecurityManager):  # type: ignore[misc]
    """Rights come from the pinned catalog (`g.policy`), without a statement; nothing is created when the application starts."""

    def create_db(self) -> None:
        """Tables come from `migrations.system`, roles from `sync_permissions`."""

    def add_permissions_view(self, base_permissions: Any, view_menu: str) -> None:
        """Permission rows are written by the publisher alone."""

    def add_permissions_menu(self, view_menu_name: str) -> None:
        """The menu is made from the catalog."""

    def security_cleanup(self, baseviews: Any, menus: Any) -> None:
        """Rows that FAB does not know are ours."""

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        return False

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether the person of this request may use a view; an entity's view goes by the name of its table."""
        policy: Policy | None = g.get('policy')
        if policy is None:
            return False
        entity_key = _entity_of(policy.catalog, view_name)
        if entity_key is not None:
            action = ROWS.get(permission_name, '')
            return bool(action) and policy.scope(action, entity_key) != 'none'
        if view_name in OWN_PAGES or f'{view_name}:{permission_name}' in OWN_PAGES:
            return True
        return policy.can_admin

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """FAB's own menu is not shown; what it asks for is answered all the same."""
        return {name for name in menu_names or () if self.has_access('menu_access', name)}


def _entity_of(catalog: Catalog, table_name: str) -> str | None:
    found = catalog.tables.get(table_name)
    return next((key for key, entity in catalog.entities.items() if entity.table is found), None) if found is not None else None
