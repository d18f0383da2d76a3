"""The first page: what the person's day holds, from the entities they may read. Flask-AppBuilder's index view."""

from __future__ import annotations

from flask import g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.views import IndexView

from modules.web.faults import administrators
from modules.web.pages import today


class HomeView(IndexView):  # type: ignore[misc]
    """`/`: the sign-in page for strangers, the day for people."""

    @expose('/')
    def index(self) -> ResponseReturnValue:
        if g.get('actor') is None:
            return redirect('/login/')
        policy = g.policy
        if not policy.entities('read') and not policy.can_admin and not policy.can_studio:
            return render_template('web/no_role.html', administrators=administrators())
        return render_template('web/home.html', **today.context(g.actor))
