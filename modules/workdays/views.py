"""`/settings/workdays`: the working calendar of a year, and what the company decides about single days."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from modules.installation.declared import BY_KEY
from modules.installation.service import read_installation
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import require_admin, tongue
from modules.runtime import Runtime
from modules.web.pages.context import whole_number
from modules.web.typed_values import typed_day
from modules.workdays.service import FIRST_YEAR, LAST_YEAR, Override, Told, clear_day, list_year, read_calendar, set_day
from permissions.policy import Policy
from schema.base.errors import Invalid, NotFound
from schema.base.findings import finding
from schema.definitions import in_locale
from schema.fieldtypes.days import day_text

workdays = Blueprint('workdays', __name__, template_folder='templates')
SAVED = 303


@workdays.route('/settings/workdays', methods=['GET', 'POST'])
def calendar() -> ResponseReturnValue:
    """`?year=`; a post decides about one day."""
    runtime = require_admin()
    if request.method == 'GET':
        return _page(runtime, NO_ERRORS)
    try:
        day = _day(request.form.get('day', ''))
        override = Override(request.form.get('kind') == 'working', request.form.get('name', ''))
        with runtime.database.session() as session:
            set_day(session, day, override, g.actor, runtime.clock.now())
    except Invalid as error:
        return _page(runtime, errors_of(error.findings, _inputs(), tongue())), error.status
    flash(_('Day saved'), 'ok')
    return redirect(f'/settings/workdays?year={day.year}', SAVED)


@workdays.post('/settings/workdays/remove')
def remove() -> ResponseReturnValue:
    """The public calendar speaks again."""
    runtime = require_admin()
    day = _day(request.form.get('day', ''))
    try:
        with runtime.database.session() as session:
            clear_day(session, day, g.actor, runtime.clock.now())
    except NotFound as error:
        flash(error.findings[0].text(tongue()), 'bad')
    else:
        flash(_('Day removed'), 'ok')
    return redirect(f'/settings/workdays?year={day.year}', SAVED)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    if not policy.can_admin:
        return None
    return {'key': 'workdays', 'label': _('Working calendar'), 'href': '/settings/workdays', 'icon': 'calendar-event'}


def _page(runtime: Runtime, errors: Errors) -> str:
    this_year = runtime.clock.now().astimezone(runtime.settings.timezone).year
    year = min(max(whole_number('year', this_year), FIRST_YEAR), LAST_YEAR)
    with runtime.database.reading() as connection:
        company = read_installation(connection)
        known = read_calendar(connection, company)
    week = in_locale(BY_KEY['work_days'].choice_labels[company.work_days], tongue())
    return render_template(
        'workdays/calendar.html', year=year, years=range(this_year - 1, this_year + 3), errors=errors, inputs=_inputs(),
        values=request.form or {'kind': 'off'}, rows=[_shown(each) for each in list_year(known, year, tongue())],
        week=f'{week}, {company.work_from}–{company.work_to}', zone=runtime.settings.timezone,
    )  # fmt: skip


def _shown(told: Told) -> dict[str, Any]:
    return {
        'day': told.day.isoformat(),
        'date': day_text(told.day, tongue()),
        'weekday': format_date(told.day, 'EEEE'),
        'working': told.working,
        'name': told.name or _('worked in exchange for a day off'),
        'own': told.source == 'own',
    }


def _inputs() -> list[Input]:
    kinds = [
        {'key': key, 'label': label, 'hue': 0, 'retired': False}
        for key, label in (('off', _('day off')), ('working', _('working day')))
    ]
    return [
        Input('day', _('Day'), 'date', required=True),
        Input('kind', _('Is a'), 'picklist', required=True, options=kinds),
        Input('name', _('Name'), required=True, max_length=120),
    ]


def _day(text: str) -> date:
    try:
        return typed_day(text.strip())
    except ValueError as error:
        raise Invalid(finding('WDY-E004', '/day', value=text[:40])) from error
