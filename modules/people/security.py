"""FAB's security manager with the product's own pages for users and roles and its own check of passwords."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, request
from flask_login import LoginManager

from modules.people.doors import doors_of
from modules.people.pages import (
    ResetMyPasswordView,
    ResetPasswordView,
    RoleModelView,
    UserDBModelView,
    UserInfoEditView,
)
from modules.people.signing import sign_in_user
from modules.runtime import Runtime
from permissions.fab import TrellisSecurityManager
from schema.base.sealing import TWO_STEP, Seal


class PeopleSecurityManager(TrellisSecurityManager):
    """Pages keep FAB's addresses; groups, statistics and permission tables have none, as teams and Studio take their place."""

    userdbmodelview = UserDBModelView
    rolemodelview = RoleModelView
    resetpasswordview = ResetPasswordView
    resetmypasswordview = ResetMyPasswordView
    userinfoeditview = UserInfoEditView
    userstatschartview = None

    def create_login_manager(self, app: Flask) -> LoginManager:
        """Without Flask-Login's template variable: it would read the user through FAB's session for every page, and on SQLite
        that session waits for whoever writes."""
        manager = LoginManager()
        manager.init_app(app, add_context_processor=False)
        manager.login_view = 'login'
        manager.user_loader(self.load_user)
        return manager

    def register_views(self) -> None:
        add = self.appbuilder.add_view_no_menu
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.authdbview()
        add(self.auth_view)
        self.user_view = add(self.userdbmodelview)
        for view in (self.rolemodelview, self.resetpasswordview, self.resetmypasswordview, self.userinfoeditview):
            add(view)

    def auth_user_db(self, username: str | None, password: str | None) -> Any:
        """The user whose password this is, or None, also when a code is missing; for what of FAB asks."""
        runtime: Runtime = current_app.extensions['trellis']
        if not username or not password:
            return None
        seal = Seal(runtime.settings.secret_key, TWO_STEP)
        doors, now = doors_of(runtime, g.catalog, g.installation), runtime.clock.now()
        checked = sign_in_user(runtime.database, seal, username, password, request.remote_addr or '', now, doors=doors)
        return self.get_user_by_id(checked.user_id) if checked.opens else None

    def auth_user_ldap(self, username: str | None, password: str | None) -> Any:
        """The same: the directory is asked beside the passwords kept here."""
        return self.auth_user_db(username, password)
