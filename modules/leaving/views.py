"""`/leaving/<user>`: the review of what hangs on a person, who would get how many, and the handover itself. Decides nothing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.assignment import forms
from modules.assignment.model import Strategy
from modules.assignment.service import names_of, read_strategy
from modules.leaving import service
from modules.leaving.model import PlannedPart, Review, Rule, Wanted
from modules.leaving.portions import Place
from modules.people.pages import require_admin, tongue
from modules.runtime import Runtime
from modules.web import transfer
from modules.web.conditions import builder_words
from modules.web.pages.context import filter_document
from permissions.actors import full_name
from permissions.tables import ab_user
from schema.base.errors import Conflict, Invalid
from schema.base.findings import Finding
from schema.conditions import words as condition_words
from schema.definitions import in_locale

blueprint = Blueprint('leaving', __name__, template_folder='templates')
KINDS = ('person', 'even', 'round_robin', 'by_load')


@blueprint.get('/leaving/<int:user_id>')
def show(user_id: int) -> ResponseReturnValue:
    """Everything that hangs on the person, and who is to take over."""
    runtime = require_admin()
    return _page(runtime, service.review(runtime, g.actor, user_id), ())


@blueprint.post('/leaving/<int:user_id>/plan')
def foresee(user_id: int) -> ResponseReturnValue:
    """Who would get how many of each kind, as a part of the page."""
    runtime = require_admin()
    try:
        parts = service.plan(runtime, g.actor, _wanted(runtime, user_id))
    except (Invalid, Conflict) as error:
        return render_template('leaving/_plan.html', problems=forms.problem_texts(error.findings, tongue()))
    rows = [
        {'label': each.entity.definition.plural_in(tongue()), 'icon': each.entity.definition.icon, 'count': each.count,
         'shares': each.shares, 'rule': _rule_words(each)}
        for each in parts
    ]  # fmt: skip
    return render_template('leaving/_plan.html', problems=[], context_parts=rows)


@blueprint.post('/leaving/<int:user_id>')
def hand_over(user_id: int) -> ResponseReturnValue:
    """Do it. What is refused is told on the same page, before anything was touched."""
    runtime = require_admin()
    try:
        made = service.run_handover(runtime, g.actor, _wanted(runtime, user_id))
    except (Invalid, Conflict) as error:
        return _page(runtime, service.review(runtime, g.actor, user_id), error.findings), error.status
    flash(_('Handed over') if made.over else _('The handover goes on in the background'), 'ok')
    return redirect(f'/operations/{made.id}', 303)


def _wanted(runtime: Runtime, user_id: int) -> Wanted:
    """What the form asks for. Raises: Invalid ASG-*, LEA-E002; BadRequest SHR-E006."""
    form, catalog = request.form, g.catalog
    with Session(runtime.database.read_engine) as session:
        default = _strategy(session, 'give')
        by_entity = {
            key: strategy for key in catalog.entities if (strategy := _strategy(session, f'way.{key}', key)) is not None
        }  # fmt: skip
        rules = tuple(
            Rule(key, where, strategy)
            for key in catalog.entities
            if (where := filter_document(form.get(f'rule.{key}.where', ''), f'/{key}'))
            and (strategy := _strategy(session, f'rule.{key}', key)) is not None
        )
        name = form.get('successor', '')
        successor = session.execute(sa.select(ab_user.c.id).where(ab_user.c.username == name)).scalar() if name else None
    if default is None:
        raise Invalid.of('LEA-E002', '/to')
    keep, names = '1' in form.getlist('keep_active'), '1' in form.getlist('names')
    return Wanted(user_id, default, by_entity, successor, keep, rules, names, transfer.chosen())


def _strategy(session: Session, prefix: str, entity_key: str = '') -> Strategy | None:
    wire = forms.read_way(request.form, prefix)
    if wire is None:
        return None
    entity = g.catalog.entity(entity_key or next(iter(g.catalog.entities)))
    return read_strategy(session, wire, entity, pointer=f'/{prefix}')


def _page(runtime: Runtime, found: Review, findings: tuple[Finding, ...]) -> str:
    locale = tongue()
    with Session(runtime.database.read_engine) as session:
        first = next(iter(g.catalog.entities.values()))
        give = forms.shown_way(
            session,
            g.catalog,
            first,
            forms.read_way(request.form) or {'kind': 'even', 'skip_absent': False},
            locale,
            kinds=KINDS,
        )
        ways, rules = (
            {
                each.entity.key: forms.shown_way(
                    session, g.catalog, each.entity,
                    forms.read_way(request.form, f'{stem}.{each.entity.key}') or {'kind': usual},
                    locale, kinds=KINDS, prefix=f'{stem}.{each.entity.key}',
                )
                for each in found.owned
            }
            for stem, usual in (('way', 'person'), ('rule', 'even'))
        )  # fmt: skip
        people = _receivers(session, found.leaver_id)
        names = names_of(session, [found.leaver_id])
    return render_template(
        'leaving/handover.html', found=found, give=give, ways=ways, people=people, name=names.get(found.leaver_id, ''),
        problems=forms.problem_texts(findings, locale), locale=locale, owned=[_owned(each, locale) for each in found.owned],
        named=[_named(each, locale) for each in found.named], typed=request.form, rules=rules, words=builder_words(locale),
        transfer={**(transfer.asked() or {}), 'name': _('while the account stays open')},
    )  # fmt: skip


def _owned(each: Any, locale: str) -> dict[str, Any]:
    definition = each.entity.definition
    return {
        'key': each.entity.key, 'label': definition.plural_in(locale), 'icon': definition.icon, 'count': each.count,
        'open': each.open if each.entity.stage is not None else None, 'short': each.count - each.reached,
        'typed': bool(request.form.get(f'way.{each.entity.key}.kind')),
        'ruled': request.form.get(f'rule.{each.entity.key}.where'),
    }  # fmt: skip


def _named(each: tuple[Place, int], locale: str) -> dict[str, Any]:
    place, count = each
    return {
        'label': place.entity.definition.plural_in(locale),
        'field': place.label.definition.label_in(locale),
        'count': count,
    }


def _rule_words(part: PlannedPart) -> str:
    """The condition of a part in words; blank for what is left."""
    told = condition_words.told(part.where, part.entity, g.catalog)
    return in_locale(told, tongue()) if told else ''


def _receivers(session: Session, leaver_id: int) -> list[tuple[str, str]]:
    columns = (ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
    rows = session.execute(
        sa.select(*columns)
        .where(ab_user.c.active.is_(sa.true()), ab_user.c.id != leaver_id)
        .order_by(ab_user.c.last_name, ab_user.c.first_name)
        .limit(500)
    )
    return [(row.username, full_name(row.first_name, row.last_name) or row.username) for row in rows]
