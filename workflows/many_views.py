"""The dialogue by which people start a workflow for the picked records of a list. Decides no right."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.operations import service
from modules.operations.service import Order
from modules.web.failures import locale
from modules.web.pages.context import desk_for
from modules.web.pages.many import answer_many, carried, picked
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.errors import Forbidden, Invalid, NotFound
from schema.base.findings import Finding
from schema.catalog import Entity
from workflows import control

blueprint = Blueprint('workflow_many', __name__, template_folder='templates')


@blueprint.post('/<ekey:entity>/workflows')
def ask(entity: str) -> ResponseReturnValue:
    """The dialogue with the workflows that this person may start for what was picked."""
    require_actor()
    return _dialogue(entity, ())


@blueprint.post('/<ekey:entity>/workflows/start')
def start(entity: str) -> ResponseReturnValue:
    """One run for each picked record, as one operation."""
    actor, key = require_actor(), request.form.get('workflow', '')[:60]
    with desk_for(entity) as desk:
        entity_key, runtime = desk.entity.key, desk.runtime
    try:
        made = service.start(runtime, actor, Order('workflow', entity_key, picked(), {'workflow': key}))
    except (Invalid, Forbidden, NotFound) as error:
        return _dialogue(entity, error.findings), error.status
    return answer_many(made, entity_key)


def picked_link(policy: Policy, entity: Entity) -> dict[str, Any] | None:
    """For the bar of picked records, where a workflow has a button on lists."""
    if not control.offered(policy.catalog, policy, entity, place='list'):
        return None
    return {'label': _('Run a workflow'), 'icon': 'route', 'url': f'/{entity.key}/workflows'}


def _dialogue(entity: str, findings: tuple[Finding, ...]) -> str:
    with desk_for(entity) as desk:
        rules = control.offered(g.catalog, g.policy, desk.entity, place='list')
        errors = [f'{each.text(locale())} {each.hint_text(locale())}'.strip() for each in findings]
        return render_template('workflows/press_many.html', entity=desk.entity, rules=rules, carried=carried(), errors=errors)
