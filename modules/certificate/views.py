"""The page of leak certificates, for administrators: the matrix of ways and roles, what failed, and drawing up another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.certificate import service
from modules.certificate.report import RED_LETTERS, WORDS, Report
from modules.certificate.service import Certificate
from modules.web.failures import locale
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.definitions import in_locale

blueprint = Blueprint('certificate', __name__, template_folder='templates')
TONES = {'green': 'ok', 'red': 'bad', 'untried': 'warn', 'failed': 'bad', 'waiting': 'new', 'running': 'new'}


@blueprint.get('/certificate/')
def index() -> ResponseReturnValue:
    """The newest certificate, and the list of those before."""
    _require()
    found = service.listed(g.runtime)
    newest = next((each for each in found if each.over), None)
    chosen = service.get(g.runtime, newest.id) if newest is not None else None
    return _page(chosen, found)


@blueprint.get('/certificate/<string:run_id>')
def show(run_id: str) -> ResponseReturnValue:
    _require()
    return _page(service.get(g.runtime, run_id), service.listed(g.runtime))


@blueprint.post('/certificate/')
def start() -> ResponseReturnValue:
    """Ask the worker for another; it begins within a second."""
    actor = _require()
    service.ask(g.runtime, actor)
    return redirect('/certificate/', 303)


@blueprint.get('/certificate/<string:run_id>.json')
def as_json(run_id: str) -> ResponseReturnValue:
    _require()
    found = service.get(g.runtime, run_id)
    return jsonify({
        'id': found.id, 'version': found.version, 'state': found.state, 'engine': found.engine, 'requests': found.requests,
        'cells': found.report.cells, 'red': found.report.red, **found.report.as_json(), 'faults': found.report.faults,
    })  # fmt: skip


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    if not policy.can_admin:
        return None
    return {'key': 'certificate', 'label': _('Leak certificate'), 'href': '/certificate/', 'icon': 'shield-check'}


def _require() -> Any:
    actor = require_actor()
    g.policy.require_admin()
    return actor


def _page(chosen: Certificate | None, listed: list[Certificate]) -> str:
    report = chosen.report if chosen is not None else Report()
    entity = request.args.get('entity', '')
    entity = entity if entity in report.entities else ''
    role, way = request.args.get('role', ''), request.args.get('way', '')
    faults = [
        each for each in report.faults
        if (not entity or each['entity'] == entity) and (not role or each['role'] == role) and (not way or each['way'] == way)
    ]  # fmt: skip
    return render_template(
        'certificate/certificate.html', chosen=chosen, report=report, listed=listed, tones=TONES, states=_states(),
        rows=_rows(report, entity, only_red=request.args.get('red') == '1'), roles=_labels(report.roles), entity=entity,
        entities=_labels(report.entities), close=_close(report, role, way), faults=[_fault(report, each) for each in faults],
        waiting=next((each for each in listed if not each.over), None), live=g.catalog.number, zone=g.actor.zone,
        only_red=request.args.get('red') == '1', labels=_labels(report.ways),
        untried={way: ', '.join(addresses) for way, addresses in report.untried.items()},
    )  # fmt: skip


def _rows(report: Report, entity: str, *, only_red: bool) -> list[dict[str, Any]]:
    rows = []
    for way, label in report.ways.items():
        cells = [{'role': role, **report.tally(role, way, entity)} for role in report.verdicts]
        red, untried = sum(each.get('red', 0) for each in cells), way in report.untried
        if not only_red or red or untried:
            rows.append({'key': way, 'label': in_locale(label, locale()), 'cells': cells, 'red': red, 'untried': untried})
    return rows


def _close(report: Report, role: str, way: str) -> dict[str, Any] | None:
    """One role and one way: every field of every entity with its verdict."""
    found = report.verdicts.get(role, {}).get(way)
    if found is None:
        return None
    words = _verdicts()
    return {
        'role': in_locale(report.roles[role], locale()), 'way': in_locale(report.ways[way], locale()),
        'entities': [
            {'label': in_locale(report.entities[key], locale()),
             'fields': [{'label': in_locale(label, locale()) or name, 'word': words[WORDS[letter]],
                         'red': letter in RED_LETTERS, 'verdict': WORDS[letter]}
                        for (name, label), letter in zip(report.fields[key].items(), letters, strict=True)]}
            for key, letters in found.items()
        ],
    }  # fmt: skip


def _fault(report: Report, fault: Any) -> dict[str, str]:
    spoken = locale()
    names = report.fields.get(fault['entity'], {}).get(fault['field'])
    return {
        'role': in_locale(report.roles.get(fault['role'], {}), spoken), 'way': in_locale(report.ways[fault['way']], spoken),
        'entity': in_locale(report.entities.get(fault['entity'], {}), spoken),
        'field': in_locale(names, spoken) if names else _('the whole record'), 'request': fault['request'],
        'found': fault['found'],
    }  # fmt: skip


def _labels(texts: Any) -> dict[str, str]:
    return {key: in_locale(label, locale()) or key for key, label in texts.items()}


def _states() -> dict[str, str]:
    return {
        'green': _('green'), 'red': _('red'), 'untried': _('not tried whole'), 'failed': _('failed'),
        'waiting': _('waiting'), 'running': _('running'),
    }  # fmt: skip


def _verdicts() -> dict[str, str]:
    return {
        'shown': _('shown, as the role may read it'), 'kept': _('nothing out of reach got out'), 'none': _('not for this role'),
        'leak': _('leaks'), 'missing': _('readable, but it did not appear'),
    }  # fmt: skip
