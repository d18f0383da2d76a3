"""The page of workflows: which are on, and how their last runs ended."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template
from flask_babel import gettext as _

from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.catalog import Catalog
from workflows.runs import read_stored
from workflows.service import last_runs, list_workflows

blueprint = Blueprint('workflows', __name__, template_folder='templates')
KINDS = {'done': 'ok', 'running': 'new', 'skipped': '', 'failed': 'bad', 'stopped': 'bad'}


@blueprint.get('/workflows/')
def overview() -> str:
    actor = require_actor()
    g.policy.require_admin()
    runtime: Runtime = g.runtime
    catalog: Catalog = g.catalog
    return render_template(
        'workflows/overview.html',
        workflows=list_workflows(runtime, catalog),
        runs=[_shown(catalog, row) for row in last_runs(runtime, catalog)],
        entities={key: each.definition.plural_in(locale()) for key, each in catalog.entities.items()},
        states=_words(),
        kinds=KINDS,
        zone=actor.zone,
    )


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Workflows, for administrators."""
    return {'key': 'workflows', 'label': _('Workflows'), 'href': '/workflows/', 'icon': 'route'} if policy.can_admin else None


def _shown(catalog: Catalog, row: Any) -> dict[str, Any]:
    entity, found = catalog.by_ref.get(row.entity_ref), read_stored(row.error)
    names = {each.ref: each.label for each in catalog.workflows.values()}
    return {
        'workflow': names.get(row.rule_ref, {}),
        'href': f'/{entity.key}/{row.record_uid}' if entity else '',
        'state': row.state,
        'at': row.started_at,
        'reason': f'{found.text(locale())} {found.hint_text(locale())}' if found else '',
    }


def _words() -> dict[str, str]:
    return {
        'done': _('done'), 'running': _('running'), 'skipped': _('skipped'), 'failed': _('failed'), 'stopped': _('stopped'),
    }  # fmt: skip
