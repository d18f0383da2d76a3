"""FAB's security tables, complete, for writing accounts and permissions without a Flask application."""

from __future__ import annotations

import sqlalchemy as sa
from flask_appbuilder.security.sqla import models

users: sa.Table = models.User.__table__
roles: sa.Table = models.Role.__table__
user_roles: sa.Table = models.assoc_user_role
permissions: sa.Table = models.Permission.__table__
view_menus: sa.Table = models.ViewMenu.__table__
permission_views: sa.Table = models.PermissionView.__table__
role_permissions: sa.Table = models.assoc_permissionview_role
