"""The pages of help and of what is new; a cookie remembers up to which version somebody has read."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from modules.help.content import releases, topic_at, topics
from modules.web.dated import day_text

blueprint = Blueprint('help', __name__, template_folder='templates')
READ = 'news_read'
COOKIE_SECONDS = 2 * 365 * 24 * 3600


@blueprint.app_context_processor
def _help() -> dict[str, object]:
    key = topic_at(request.endpoint or '')
    return {
        'has_news': request.cookies.get(READ) != releases()[0].version,
        'help_href': f'/help#about-{key}' if key else '/help',
    }


@blueprint.get('/help')
def index() -> ResponseReturnValue:
    """What each part of the screens is for, as far as the person has it."""
    policy = g.policy
    audiences = {'all', *(['studio'] if policy.can_studio else []), *(['admin'] if policy.can_admin else [])}
    return render_template('help/index.html', topics=[each for each in topics() if each.audience in audiences])


@blueprint.get('/help/changes')
def changes() -> ResponseReturnValue:
    told = [(each, day_text(date.fromisoformat(each.day))) for each in releases()]
    page = make_response(render_template('help/changes.html', releases=told))
    secure = request.is_secure
    page.set_cookie(READ, releases()[0].version, max_age=COOKIE_SECONDS, httponly=True, samesite='Lax', secure=secure)
    return page
