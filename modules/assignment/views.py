"""`/assignment/…`: saved rules and absences for administrators, and the log of who got what for everybody who may see it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.assignment import forms, log, presence, rules
from modules.assignment.log import Filter
from modules.assignment.rules import Rule, Wanted
from modules.assignment.service import names_of, read_strategy
from modules.people.pages import require_admin, tongue
from modules.records.model import Record
from modules.runtime import Runtime
from modules.web.conditions import builder_words, faces_of
from modules.web.pages.context import filter_document, whole_number
from modules.web.pinning import require_actor
from modules.web.typed_values import typed_day, typed_moment
from permissions.actors import full_name
from permissions.policy import Policy
from permissions.tables import ab_user
from schema.base.clock import today
from schema.base.errors import BadRequest, Conflict, Invalid, NotFound
from schema.base.findings import Finding
from schema.base.ids import is_uid
from schema.base.numbers import whole
from schema.catalog import Entity
from schema.fieldtypes.days import moment_text

blueprint = Blueprint('assignment', __name__, template_folder='templates')
RULE_KINDS = ('round_robin', 'by_load', 'person', 'returning')
SAVED = 303


@blueprint.get('/assignment/')
def index() -> ResponseReturnValue:
    """Saved rules by entity, in the order in which they are asked."""
    runtime = require_admin()
    with Session(runtime.database.read_engine) as session:
        found = rules.list_rules(session)
        groups = [
            {'entity': entity, 'label': entity.definition.plural_in(tongue()), 'icon': entity.definition.icon,
             'rules': [_rule_row(session, each) for each in found if each.entity_ref == entity.ref]}
            for entity in g.catalog.entities.values()
        ]  # fmt: skip
    entities = [(key, entity.definition.plural_in(tongue())) for key, entity in g.catalog.entities.items()]
    return render_template('assignment/rules.html', groups=[each for each in groups if each['rules']], entities=entities)


@blueprint.route('/assignment/rules/new', methods=['GET', 'POST'])
def new_rule() -> ResponseReturnValue:
    """A rule for the entity that the address names. A page that is drawn anew for another way of giving saves nothing."""
    runtime = require_admin()
    entity: Entity = g.catalog.entity(request.values.get('entity', ''))
    if request.method == 'POST' and not request.form.get('redraw'):
        return _saved(runtime, entity, None)
    return _rule_page(runtime, entity, None)


@blueprint.route('/assignment/rules/<string:uid>', methods=['GET', 'POST'])
def rule(uid: str) -> ResponseReturnValue:
    runtime = require_admin()
    with runtime.database.reading() as connection:
        found = rules.get_rule(connection, uid)
    entity = g.catalog.by_ref.get(found.entity_ref)
    if entity is None:
        raise NotFound.of('ASG-E015')
    if request.method == 'POST' and not request.form.get('redraw'):
        return _saved(runtime, entity, found)
    return _rule_page(runtime, entity, found)


@blueprint.post('/assignment/rules/<string:uid>/remove')
def remove_rule(uid: str) -> ResponseReturnValue:
    runtime = require_admin()
    with runtime.database.session() as session:
        found = rules.drop_rule(session, g.catalog, uid, g.actor, runtime.clock.now())
    flash(_('Rule “%(name)s” removed', name=found.name), 'ok')
    return redirect('/assignment/', SAVED)


@blueprint.post('/assignment/rules/<string:uid>/move')
def move_rule(uid: str) -> ResponseReturnValue:
    runtime = require_admin()
    with runtime.database.session() as session:
        step = -1 if request.form.get('to') == 'up' else 1
        rules.move_rule(session, g.catalog, uid, step, g.actor, runtime.clock.now())
    return redirect('/assignment/', SAVED)


@blueprint.get('/assignment/faces/<string:entity>')
def faces(entity: str) -> ResponseReturnValue:
    """What the condition builder asks about an entity."""
    runtime = require_admin()
    found = faces_of(runtime.publisher.documents(), entity, tongue())
    return jsonify(found) if found else abort(404)


@blueprint.get('/assignment/log')
def show_log() -> ResponseReturnValue:
    """Who got what and why, of records that the reader may see, by the filters of the address."""
    actor = require_actor()
    typed = {name: request.args.get(name, '')[:80] for name in ('entity', 'record', 'person', 'way', 'since', 'until')}
    asked, number = _asked(typed), max(whole_number('page', 1), 1)
    with g.runtime.reader(actor, g.catalog) as reader:
        found = log.entries(reader, g.catalog, asked, number=number)
        rows = _log_rows(reader, found[: log.PAGE])
    kept = {name: value for name, value in typed.items() if value}
    context = {
        'rows': rows, 'typed': typed, 'number': number, 'more': len(found) > log.PAGE,
        'query': urlencode(kept), 'ways': forms.way_labels(), 'people': _people(), 'admin': g.policy.can_admin,
        'entities': [(key, g.catalog.entities[key].definition.plural_in(tongue())) for key in g.policy.entities('read')],
    }  # fmt: skip
    if request.headers.get('HX-Request') and asked.record_uid:
        return render_template('assignment/history.html', **context)
    return render_template('assignment/log.html', **context)


@blueprint.route('/assignment/absences', methods=['GET', 'POST'])
def absences() -> ResponseReturnValue:
    """Who is away now, and everybody's planned absences."""
    runtime = require_admin()
    if request.method == 'GET':
        return _absences_page(runtime, ())
    try:
        with runtime.database.session() as session:
            person = request.form.get('person', '')
            user_id = session.execute(sa.select(ab_user.c.id).where(ab_user.c.username == person)).scalar()
            if user_id is None:
                raise Invalid.of('ASG-E006', '/person', value=person[:80])
            _plan_absence(session, runtime, user_id)
    except Invalid as error:
        return _absences_page(runtime, error.findings), error.status
    flash(_('Absence saved'), 'ok')
    return redirect('/assignment/absences', SAVED)


@blueprint.post('/assignment/absences/<int:absence_id>/remove')
def remove_absence(absence_id: int) -> ResponseReturnValue:
    runtime = require_admin()
    with runtime.database.session() as session:
        presence.drop_absence(session, absence_id, by=g.actor, now=runtime.clock.now())
    flash(_('Absence removed'), 'ok')
    return redirect('/assignment/absences', SAVED)


@blueprint.route('/away', methods=['GET', 'POST'])
def away() -> ResponseReturnValue:
    """What the person says of being away, and their own planned absences."""
    actor, runtime = require_actor(), g.runtime
    if request.method == 'GET':
        return _away_page(runtime, ())
    user_id, act = int(actor.user_id or 0), request.form.get('act', 'away')
    try:
        with runtime.database.session() as session:
            if act == 'back':
                presence.come_back(session, user_id)
            elif act == 'absence':
                _plan_absence(session, runtime, user_id)
            elif act.startswith('drop:'):
                presence.drop_absence(session, whole(act[5:]) or 0, user_id, by=actor, now=runtime.clock.now())
            else:
                presence.go_away(session, user_id, _until(), request.form.get('note', ''), runtime.clock.now())
    except Invalid as error:
        return _away_page(runtime, error.findings), error.status
    texts = {'back': _('You are back'), 'absence': _('Absence saved')}
    flash(texts.get(act) or (_('Absence removed') if act.startswith('drop:') else _('You are away')), 'ok')
    return redirect('/away', SAVED)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Rules for administrators; the log for others who may give records to somebody."""
    if policy.can_admin:
        return {'key': 'assignment', 'label': _('Assignment'), 'href': '/assignment/', 'icon': 'user-share'}
    if policy.entities('update'):
        return {'key': 'assignment', 'label': _('Assignment log'), 'href': '/assignment/log', 'icon': 'user-share'}
    return None


def record_link(policy: Policy, record: Record) -> dict[str, Any] | None:
    """The entry in a record's menu."""
    if 'owner' not in policy.readable(record.entity.key):
        return None
    href = f'/assignment/log?entity={record.entity.key}&record={record.uid}'
    attrs = {'hx-get': href, 'hx-target': '#layer'}
    return {'label': _('Who looked after it'), 'href': href, 'icon': 'user-share', 'attrs': attrs}


def _saved(runtime: Runtime, entity: Entity, found: Rule | None) -> ResponseReturnValue:
    form = request.form
    try:
        with runtime.database.session() as session:
            strategy = read_strategy(session, forms.read_way(form) or {'kind': ''}, entity)
            wanted = Wanted(
                entity, form.get('name', ''), strategy, filter_document(form.get('condition', ''), '/condition') or None,
                '1' in form.getlist('active'), form.get('unchosen', '1') == '1',
            )  # fmt: skip
            rules.save_rule(session, g.catalog, wanted, g.actor, runtime.clock.now(), found.uid if found else None)
    except (Invalid, Conflict, BadRequest) as error:
        return _rule_page(runtime, entity, found, error.findings), error.status
    flash(_('Rule saved'), 'ok')
    return redirect('/assignment/', SAVED)


def _rule_page(runtime: Runtime, entity: Entity, found: Rule | None, findings: tuple[Finding, ...] = ()) -> str:
    form, typed = request.form, request.method == 'POST'
    with Session(runtime.database.read_engine) as session:
        wire = forms.read_way(form, fresh=True) if typed else forms.wire_of(session, found.strategy if found else None)
        give = forms.shown_way(session, g.catalog, entity, wire, tongue(), kinds=RULE_KINDS)
    values = {
        'name': form.get('name', '') if typed else (found.name if found else ''),
        'active': '1' in form.getlist('active') if typed else (found.active if found else True),
        'unchosen': form.get('unchosen') == '1' if typed else (found.unchosen if found else True),
        'condition': form.get('condition', '') if typed else (found.condition if found else None),
    }
    return render_template(
        'assignment/rule.html', entity=entity, plural=entity.definition.plural_in(tongue()), rule=found, give=give,
        values=values, problems=forms.problem_texts(findings, tongue()), words=builder_words(tongue()),
        here=f'/assignment/rules/{found.uid}' if found else f'/assignment/rules/new?entity={entity.key}',
    )  # fmt: skip


def _rule_row(session: Session, found: Rule) -> dict[str, Any]:
    return {
        'uid': found.uid, 'name': found.name, 'active': found.active, 'conditional': found.condition is not None,
        'unchosen': found.unchosen, 'words': forms.words_of(session, found.strategy, tongue()),
    }  # fmt: skip


def _asked(typed: dict[str, str]) -> Filter:
    """Raises: NotFound REC-E029, BadRequest REC-E035."""
    entity = g.catalog.entity(typed['entity']) if typed['entity'] else None
    if typed['record'] and not is_uid(typed['record']):
        raise BadRequest.of('REC-E035', '/record', value=typed['record'][:40])
    user_id = None
    if typed['person']:
        with g.runtime.database.reading() as connection:
            user_id = connection.execute(sa.select(ab_user.c.id).where(ab_user.c.username == typed['person'])).scalar() or 0
    since, until = _day(typed['since']), _day(typed['until'])
    zone = g.actor.zone
    return Filter(
        entity, typed['record'], user_id, typed['way'],
        datetime.combine(since, time.min, zone) if since else None,
        datetime.combine(until + timedelta(days=1), time.min, zone) if until else None,
    )  # fmt: skip


def _day(raw: str) -> date | None:
    if not raw:
        return None
    try:
        return typed_day(raw)
    except ValueError as error:
        raise BadRequest.of('REC-E035', '/day', value=raw[:40]) from error


def _log_rows(reader: Any, found: list[log.Entry]) -> list[dict[str, Any]]:
    locale, zone, ways = tongue(), g.actor.zone, forms.way_labels()
    titles: dict[str, str] = {}
    for ref in {each.entity_ref for each in found}:
        titles |= reader.titles(g.catalog.by_ref[ref].key, [each.record_uid for each in found if each.entity_ref == ref])
    rows = []
    for each in found:
        entity, at = g.catalog.by_ref[each.entity_ref], each.at.astimezone(zone)
        rows.append({
            'title': titles.get(each.record_uid, ''), 'href': f'/{entity.key}/{each.record_uid}',
            'entity': entity.definition.label_in(locale), 'from': each.from_name, 'to': each.to_name, 'to_id': each.to_id or 0,
            'way': ways.get(each.strategy, each.strategy), 'why': each.reason.text(locale), 'rule': each.rule, 'by': each.by,
            'at': each.at, 'at_text': moment_text(at, locale),
            'operation': each.operation_id,
        })  # fmt: skip
    return rows


def _people() -> list[tuple[str, str]]:
    columns = (ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
    with g.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(*columns).order_by(ab_user.c.last_name, ab_user.c.first_name).limit(500))
        return [(row.username, full_name(row.first_name, row.last_name) or row.username) for row in rows]


def _plan_absence(session: Session, runtime: Runtime, user_id: int) -> None:
    form = request.form
    from_on, to_on = _typed_day(form.get('from', ''), '/from'), _typed_day(form.get('to', '') or form.get('from', ''), '/to')
    note, now = form.get('note', ''), runtime.clock.now()
    presence.plan_absence(session, user_id, from_on, to_on, note=note, by=g.actor, now=now)


def _typed_day(raw: str, pointer: str) -> date:
    try:
        return typed_day(raw)
    except ValueError as error:
        raise Invalid.of('ASG-E011', pointer) from error


def _until() -> datetime | None:
    """The local moment of the form. Raises: Invalid ASG-E010."""
    raw = request.form.get('until', '')
    if not raw:
        return None
    try:
        return typed_moment(raw)
    except ValueError as error:
        raise Invalid.of('ASG-E010', '/until') from error


def _absences_page(runtime: Runtime, findings: tuple[Finding, ...]) -> str:
    now, day = runtime.clock.now(), today(runtime.clock, runtime.clock.zone)
    with Session(runtime.database.read_engine) as session:
        planned = presence.list_absences(session, day)
        gone = presence.everybody_away(session, now)
        names = names_of(session, [*(each.user_id for each in planned), *gone])
    return render_template(
        'assignment/absences.html', planned=planned, gone=gone, names=names, people=_people(), day=day, zone=g.actor.zone,
        problems=forms.problem_texts(findings, tongue()), typed=request.form,
    )  # fmt: skip


def _away_page(runtime: Runtime, findings: tuple[Finding, ...]) -> str:
    now, day, user_id = runtime.clock.now(), today(runtime.clock, runtime.clock.zone), int(g.actor.user_id or 0)
    with Session(runtime.database.read_engine) as session:
        said = presence.away_of(session, user_id, now)
        planned = presence.list_absences(session, day, user_id)
    template = 'assignment/away.html'
    return render_template(
        template, said=said, planned=planned, day=day, zone=g.actor.zone, typed=request.form,
        problems=forms.problem_texts(findings, tongue()),
    )  # fmt: skip
