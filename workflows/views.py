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
from workflows.missed import count_asked
from workflows.runs import read_stored, ring_named
from workflows.service import last_runs, list_workflows, titles_of
from workflows.stuck import count_failed
from workflows.wording import KINDS, run_words

blueprint = Blueprint('workflows', __name__, template_folder='templates')


@blueprint.get('/workflows/')
def overview() -> str:
    actor = require_actor()
    g.policy.require_admin()
    runtime: Runtime = g.runtime
    catalog: Catalog = g.catalog
    rows = last_runs(runtime, catalog)
    with runtime.database.reading() as connection:
        asked, failed = count_asked(connection), count_failed(connection)
    with runtime.reader(actor, catalog) as reader:
        titles = titles_of(reader, rows)
    return render_template(
        'workflows/overview.html',
        workflows=list_workflows(runtime, catalog),
        runs=[_shown(catalog, row, titles) for row in rows],
        entities={key: each.definition.plural_in(locale()) for key, each in catalog.entities.items()},
        asked={each.key: asked[each.ref] for each in catalog.workflows.values() if each.ref in asked},
        failed=failed,
        states=run_words(),
        kinds=KINDS,
        zone=actor.zone,
    )


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Workflows, for administrators."""
    return {'key': 'workflows', 'label': _('Workflows'), 'href': '/workflows/', 'icon': 'route'} if policy.can_admin else None


def _shown(catalog: Catalog, row: Any, titles: dict[str, str]) -> dict[str, Any]:
    entity, found = catalog.by_ref.get(row.entity_ref), ring_named(read_stored(row.error), catalog)
    names = {each.ref: each.label for each in catalog.workflows.values()}
    return {
        'workflow': names.get(row.rule_ref, {}),
        'href': f'/workflows/runs/{row.id}',
        'title': titles.get(row.record_uid, ''),
        'record_href': f'/{entity.key}/{row.record_uid}' if entity and row.record_uid in titles else '',
        'state': row.state,
        'at': row.started_at,
        'reason': f'{found.text(locale())} {found.hint_text(locale())}' if found else '',
    }
