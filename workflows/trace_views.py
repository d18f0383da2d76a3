"""Pages that look ahead, back and into one workflow: coming days, past days, versions compared, the check before it is on, why.

Coming and past days are for administrators; why a workflow did or did not start is for everybody who reads the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from modules.records.model import Record
from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pages.context import desk_for, whole_number
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.errors import Invalid, NotFound, TrellisError, Unavailable
from schema.conditions import describe, sentence
from schema.definitions import in_locale
from workflows.editions import DRAFT, LIVE, Edition, edition
from workflows.explaining import explain, explain_all
from workflows.flow import Step
from workflows.machine import NEXT_DAYS, PAST_DAYS, Preview, compare, looks_ahead, preview, replay
from workflows.preflight import check_edition
from workflows.showing import Showing
from workflows.story import Started
from workflows.ways import Ways, waiting_at, way_names, ways_taken
from workflows.wording import KINDS, event_words, run_words, step_words

blueprint = Blueprint('workflow_trace', __name__, template_folder='templates')
TABS = ('preview', 'replay', 'compare', 'check')
LONGEST = 60


@blueprint.get('/workflows/<string:key>/preview')
def show_preview(key: str) -> str:
    """The coming days of a rule that the calendar starts."""
    of = _edition(key)
    found = preview(g.runtime, of, after=request.args.get('after', '')[:LONGEST]) if looks_ahead(of) else None
    rows = _shown(of, found.rows) if found else []
    return _page('preview', of, rows=rows, found=found, chart=_chart(found) if found else [], days=NEXT_DAYS)


@blueprint.get('/workflows/<string:key>/replay')
def show_replay(key: str) -> str:
    """The past days, on the records as they were."""
    of = _edition(key)
    found = replay(g.runtime, of, days=_days(), after=request.args.get('after', '')[:LONGEST])
    return _page('replay', of, rows=_shown(of, found.rows), found=found, days=_days())


@blueprint.get('/workflows/<string:key>/ways')
def show_ways(key: str) -> str:
    """How many would go which way, for the editor; nothing about a workflow that cannot run as it stands."""
    try:
        of = _edition(key)
        found = ways_taken(g.runtime, of)
    except (Invalid, NotFound, Unavailable):
        return ''
    with g.runtime.database.reading() as connection:
        waiting = waiting_at(connection, of.rule.ref)
    ways = [
        {'id': f'{step.key}-{name}'.replace('/', '-'), 'turns': step.type == 'for_each',
         'taken': found.taken.get(f'{step.key}/{name}', 0), 'reached': found.reached.get(step.key, 0)}
        for step in of.rule.flow for name in way_names(step)
    ]  # fmt: skip
    here = {step.key: waiting[step.key] for step in of.rule.flow if step.key in waiting}
    chosen = of.rule.flow.find(request.args.get('step', '')[:LONGEST])
    bars = _bars(of, chosen, found) if chosen is not None and chosen.type == 'branch' else []
    return render_template('workflows/ways.html', found=found, ways=ways, waiting=here, bars=bars)


@blueprint.get('/workflows/<string:key>/compare')
def show_compare(key: str) -> str:
    """The past days by what is live and by another version."""
    ours, theirs = _edition(key, LIVE), _edition(key, request.args.get('version', DRAFT)[:LONGEST])
    found = compare(g.runtime, ours, theirs, days=_days())
    pairs = [(_shown(ours, [one]), _shown(theirs, [two])) for one, two in found.different[:20]]
    return _page(
        'compare', theirs, found=found, pairs=pairs, ours=_shown(ours, found.ours),
        theirs=_shown(theirs, found.theirs), days=_days(),
    )  # fmt: skip


@blueprint.route('/workflows/<string:key>/check', methods=['GET', 'POST'])
def show_check(key: str) -> str:
    """What is tried before the workflow is switched on; carried out on request, for it asks the mail server."""
    of = _edition(key)
    found = check_edition(g.runtime, of) if request.method == 'POST' else None
    return _page('check', of, findings=found)


@blueprint.get('/workflows/<string:key>/why')
def show_why(key: str) -> str:
    """Why it did or did not start on a record; without one it asks on which."""
    actor = require_actor()
    if not request.args.get('uid'):
        return _ask_record(key)
    told = explain(g.runtime, actor, key, request.args['uid'][:LONGEST])
    entity = g.catalog.entity(g.catalog.workflows[key].entity)
    with g.runtime.reader(actor, g.catalog) as reader:
        record = reader.get(entity.key, request.args['uid'][:LONGEST], columns=(entity.title.key,))
    return render_template('workflows/why.html', told=told, record=record, entity=entity, zone=actor.zone)


@blueprint.get('/<ekey:entity>/<uid:uid>/workflows/why')
def show_why_all(entity: str, uid: str) -> str:
    """Every workflow over a record, with the first thing that stood in its way."""
    actor = require_actor()
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid, columns=(desk.entity.title.key,))
        found = explain_all(g.runtime, actor, desk.entity.key, uid)
        return render_template('workflows/why_all.html', record=record, entity=desk.entity, found=found)


def why_link(policy: Policy, record: Record) -> dict[str, Any] | None:
    """Where there is any workflow over records of this kind."""
    entity = record.entity
    if not any(policy.catalog.find_entity(each.entity) is entity for each in policy.catalog.workflows.values()):
        return None
    return {'label': _('Workflows: why, why not?'), 'icon': 'route', 'href': f'/{entity.key}/{record.uid}/workflows/why'}


def check_link(key: str) -> dict[str, str]:
    """Beside the editor in Studio."""
    return {'label': _('Check first'), 'href': f'/workflows/{key}/check?version={DRAFT}'}


def compare_link(key: str) -> dict[str, str]:
    """Past days by what is live and by one's draft, for Studio."""
    return {'label': _('Compare versions'), 'href': f'/workflows/{key}/compare'}


def rule_why_link(key: str) -> dict[str, str]:
    """Why it did or did not start, for Studio; the page asks on which record."""
    return {'label': _('Why, why not?'), 'href': f'/workflows/{key}/why'}


# --- parts -----------------------------------------------------------------------------------------------------------


def _ask_record(key: str) -> str:
    """Raises: NotFound WFL-E014, also for workflows over kinds that the reader does not see."""
    definition = g.catalog.workflows.get(key)
    entity = g.catalog.find_entity(definition.entity) if definition is not None else None
    if definition is None or entity is None or g.policy.scope('read', entity.key) == 'none':
        raise NotFound.of('WFL-E014', value=key[:LONGEST], hint='')
    return render_template('workflows/why_record.html', rule=definition, entity=entity)


def _edition(key: str, name: str = '') -> Edition:
    """The version that the address names, for administrators."""
    actor = require_actor()
    g.policy.require_admin()
    return edition(g.runtime, actor, key, name or request.args.get('version', LIVE)[:LONGEST])


def _days() -> int:
    return whole_number('days', PAST_DAYS)


def _bars(of: Edition, step: Step, found: Ways) -> list[dict[str, Any]]:
    """The ways of one branch with how many would take each, as shares of all that come to it."""
    reached, bars = max(found.reached.get(step.key, 0), 1), []
    for number, name in enumerate(way_names(step)):
        label = _('Otherwise')
        if name in step.conditions:
            case = step.document['cases'][number]
            condition = step.conditions[name]
            words = sentence(describe(case['condition'], condition.entity, of.catalog, locale()))
            label = in_locale(case.get('label') or {}, locale()) or words
        taken = found.taken.get(f'{step.key}/{name}', 0)
        hue = 6 if name == 'otherwise' else 4
        bars.append({'label': label, 'taken': taken, 'share': round(100 * taken / reached), 'hue': hue})
    return bars


def _shown(of: Edition, rows: Sequence[Started]) -> list[dict[str, Any]]:
    actor, runtime = require_actor(), g.runtime
    with runtime.reader(actor, of.catalog) as reader:
        return Showing(reader, of.rule.entity, locale(), rows).rows()


def _page(tab: str, of: Edition, **context: Any) -> str:
    actor, key = require_actor(), of.rule.key
    chosen = '' if of.name == LIVE else f'?version={of.name}'
    labels = {
        'preview': _('Coming days'),
        'replay': _('Past days'),
        'compare': _('Compare versions'),
        'check': _('Check first'),
    }
    tabs = [
        {'label': labels[each], 'href': f'/workflows/{key}/{each}{chosen}', 'active': each == tab}
        for each in TABS
        if each != 'preview' or looks_ahead(of)
    ]
    return render_template(
        f'workflows/trace_{tab}.html', rule=of.rule, of=of, tab=tab, tabs=tabs, versions=_versions(of), zone=actor.zone,
        states=run_words(), kinds=KINDS, kinds_of_steps=step_words(), events=event_words(), names=_effect_words(),
        here=f'/workflows/{key}/{tab}', query=dict(request.args), **context,
    )  # fmt: skip


def _effect_words() -> Mapping[str, str]:
    """What the effects of steps that write no record are called, by the names that actions give them."""
    return {
        'to': _('To'), 'people': _('To'), 'phone': _('Phone'), 'subject': _('Subject'), 'text': _('Text'), 'url': _('Address'),
        'method': _('Method'), 'template': _('Template'), 'title': _('Title'), 'workflow': _('Workflow'), 'until': _('Until'),
        'records': _('Related records'), 'strategy': _('Strategy'), 'level': _('Right'),
    }  # fmt: skip


def _versions(of: Edition) -> list[tuple[str, str]]:
    """What may be looked at: what is live, one's own draft when it differs, and the last versions in which the rule differs."""
    runtime: Runtime = g.runtime
    found = [(LIVE, _('What is live'))]
    try:
        draft = edition(runtime, require_actor(), of.rule.key, DRAFT)
    except TrellisError:
        draft = None
    if draft is not None and _differs(draft):
        found.append((DRAFT, _('My draft')))
    numbers = [row.number for row in runtime.publisher.versions()[:20]]
    if of.name not in {LIVE, DRAFT} and int(of.name) not in numbers:
        numbers.append(int(of.name))
    return [*found, *((str(number), _('Version %(number)s', number=number)) for number in numbers)]


def _differs(draft: Edition) -> bool:
    """Whether a draft has another rule or other templates than what is live."""
    live = g.runtime.catalogs.current()
    known = live.workflows.get(draft.rule.key)
    same = known is not None and known.document == draft.rule.definition.document
    templates = {key: each.document for key, each in draft.catalog.templates.items()}
    return not same or templates != {key: each.document for key, each in live.templates.items()}


def _chart(found: Preview) -> list[dict[str, Any]]:
    """Bars of days, the tallest 100."""
    if not found.days:
        return []
    first, last, most = min(found.days), max(found.days), max(found.days.values())
    days = [first.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
    return [{'day': day, 'count': found.days.get(day, 0), 'height': round(100 * found.days.get(day, 0) / most)} for day in days]
