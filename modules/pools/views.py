"""The staff's pages of pools: what waits, claiming, giving back, moving; putting picked records in. Decides no right."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.operations import jobs
from modules.operations.telling import done_text
from modules.pools import claiming, managing, queries, shown
from modules.pools.model import Pool
from modules.web.pages.context import desk_for, filter_document, whole_number
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.errors import BadRequest, Conflict, Forbidden, Invalid, NotFound, TrellisError
from schema.base.findings import Finding
from schema.base.text import in_sentence
from schema.catalog import Entity

blueprint = Blueprint('pools', __name__, template_folder='templates')
SAVED = 303
REFUSALS = (Conflict, Forbidden, Invalid, NotFound)


@blueprint.get('/pools/')
def index() -> ResponseReturnValue:
    """The person's pools, the first one open."""
    return _page('')


@blueprint.get('/pools/<uuid:pool>')
def show(pool: Any) -> ResponseReturnValue:
    return _page(str(pool))


@blueprint.post('/pools/<uuid:pool>/claim')
def claim(pool: Any) -> ResponseReturnValue:
    """Claim the next record or the named one; the way leads to it."""
    actor, wanted = require_actor(), request.form.get('record') or None
    try:
        made = claiming.claim(g.runtime, actor, str(pool), wanted)
    except REFUSALS as error:
        return _refused(error, f'/pools/{pool}')
    name = in_sentence(made.entity.definition.label_in(actor.locale))
    told = _('The %(entity)s is yours now', entity=name)
    if made.remaining is not None:
        told = f'{told} · {_left_text(made.remaining)}'
    flash(told, 'ok')
    return _go(f'/{made.entity.key}/{made.uid}')


@blueprint.get('/pools/<uuid:pool>/release/<uuid:record>')
def ask_release(pool: Any, record: Any) -> ResponseReturnValue:
    """The dialogue that asks for the reason."""
    return _release_dialog(str(pool), str(record), ())


@blueprint.post('/pools/<uuid:pool>/release/<uuid:record>')
def release(pool: Any, record: Any) -> ResponseReturnValue:
    actor = require_actor()
    try:
        claiming.release(g.runtime, actor, str(pool), str(record), request.form.get('reason', ''))
    except Invalid as error:
        if any(each.pointer == '/reason' for each in error.findings):
            return _release_dialog(str(pool), str(record), error.findings), error.status
        return _refused(error, f'/pools/{pool}')
    except (Conflict, Forbidden, NotFound) as error:
        return _refused(error, f'/pools/{pool}')
    flash(_('It waits in the pool again'), 'ok')
    return _go(f'/pools/{pool}')


@blueprint.post('/pools/<uuid:pool>/move')
def move(pool: Any) -> ResponseReturnValue:
    """Move picked records to another pool, or out of pools altogether when none is named."""
    actor, records, to = require_actor(), request.form.getlist('record'), request.form.get('to', '')
    try:
        if to:
            count = managing.move(g.runtime, actor, str(pool), records, to)
            flash(ngettext('%(num)s record moved', '%(num)s records moved', count), 'ok')
        else:
            count = managing.take_out(g.runtime, actor, str(pool), records)
            flash(ngettext('%(num)s record taken out of the pool', '%(num)s records taken out of the pool', count), 'ok')
    except REFUSALS as error:
        return _refused(error, f'/pools/{pool}')
    return _go(f'/pools/{pool}')


@blueprint.post('/pools/put/<entity>/ask')
def ask_put(entity: str) -> ResponseReturnValue:
    """The dialogue that asks which pool the picked records go into."""
    return _put_dialog(_entity(entity), ())


@blueprint.post('/pools/put/<entity>')
def put(entity: str) -> ResponseReturnValue:
    """Put them in, as one operation that can be undone."""
    actor, found = require_actor(), _entity(entity)
    try:
        made = managing.put(g.runtime, actor, request.form.get('pool', ''), _target())
    except REFUSALS as error:
        return _put_dialog(found, error.findings), error.status
    watch = f'/operations/{made.id}'
    if made.over:
        flash(done_text(made), f'undo:{watch}/undo' if made.undoable else 'ok')
    elif request.headers.get('HX-Request'):
        return jobs.started(made)
    return _go(f'/{found.key}/' if made.over and not made.counts.get('failed') else watch)


def picked_link(policy: Policy, entity: Entity) -> dict[str, Any] | None:
    """Beside the other things that are done with picked records, where there is a pool for them."""
    if policy.scope('assign', entity.key) == 'none' or not managing.offered_for(
        g.runtime, policy.actor, entity, g.rights_epoch
    ):
        return None
    return {'label': _('Into a pool'), 'icon': 'bucket', 'url': f'/pools/put/{entity.key}/ask'}


def _page(uid: str) -> ResponseReturnValue:
    actor, number = require_actor(), max(whole_number('page', 1), 1)
    with g.runtime.database.reading() as connection:
        pools = queries.mine(connection, actor, g.catalog, g.runtime.clock)
    here = next((each for each in pools if not uid or each.pool.uid == uid), None)
    if uid and here is None:
        raise NotFound.of('POL-E001')
    if here is None:
        return render_template('pools/none.html', admin=g.policy.can_admin)
    with desk_for(g.catalog.by_ref[here.pool.entity_ref].key) as desk:
        context = shown.page_of(desk, here, number)
    return render_template('pools/pool.html', pools=pools, here=here, number=number, left=_left(here.remaining), **context)


def _left(remaining: int | None) -> str:
    return '' if remaining is None else _left_text(remaining)


def _left_text(remaining: int) -> str:
    if not remaining:
        return _('none left to claim today')
    return ngettext('%(num)s more to claim today', '%(num)s more to claim today', remaining)


def _release_dialog(pool: str, record: str, findings: tuple[Finding, ...]) -> str:
    """Raises: NotFound REC-E028 for a record out of reach or in no pool."""
    actor = require_actor()
    with g.runtime.database.reading() as connection:
        found: Pool = queries.get_pool(connection, pool)
        belongs = g.policy.can_admin or found.id in queries.memberships(connection, actor)
    if found.entity_ref not in g.catalog.by_ref:
        raise NotFound.of('POL-E001')
    try:
        with desk_for(g.catalog.by_ref[found.entity_ref].key) as desk:
            title = desk.reader.get(desk.entity.key, record, columns=()).title
    except (Forbidden, NotFound) as error:
        if belongs:
            raise
        raise NotFound.of('POL-E001') from error
    return render_template(
        'pools/release.html', pool=found, record_uid=record, title=title, errors=_texts(findings),
        typed=request.form.get('reason', ''),
    )  # fmt: skip


def _put_dialog(entity: Entity, findings: tuple[Finding, ...]) -> str:
    actor, target = require_actor(), _target()
    pools = managing.offered_for(g.runtime, actor, entity)
    carried = [('uids', ','.join(target['uids']))] if 'uids' in target else [
        (name, request.values[name]) for name in ('all', 'filter', 'q', 'bin') if request.values.get(name)
    ]  # fmt: skip
    return render_template(
        'pools/put.html', entity=entity, pools=pools, carried=carried, errors=_texts(findings),
        count=len(target['uids']) if 'uids' in target else None, many=in_sentence(entity.definition.plural_in(actor.locale)),
        chosen=request.form.get('pool', ''),
    )  # fmt: skip


def _target() -> dict[str, Any]:
    """The picked uids, or everything that the list shows. Raises: BadRequest REC-E035."""
    if request.values.get('all') == '1':
        return {'filter': filter_document(request.values.get('filter', '')), 'search': request.values.get('q', '')[:200]}
    uids = [uid for part in request.values.getlist('uids') + request.form.getlist('uid') for uid in part.split(',') if uid]
    if not uids:
        raise BadRequest.of('REC-E035', '/uids', value=0)
    return {'uids': list(dict.fromkeys(uids))}


def _entity(key: str) -> Entity:
    require_actor()
    found: Entity = g.catalog.entity(key)
    g.policy.require('assign', found.key)
    return found


def _texts(findings: tuple[Finding, ...]) -> list[str]:
    locale = g.actor.locale
    return [' '.join(filter(None, (each.text(locale), each.hint_text(locale)))) for each in findings]


def _refused(error: TrellisError, back: str) -> ResponseReturnValue:
    """What stood in the way, as a message on the page that the person comes from; strangers learn nothing."""
    if isinstance(error, NotFound) and error.findings[0].code == 'POL-E001':
        raise error
    flash(' '.join(_texts(error.findings)), 'bad')
    return _go(back)


def _go(target: str) -> ResponseReturnValue:
    if request.headers.get('HX-Request'):
        response: Response = make_response('', 204)
        response.headers['HX-Redirect'] = target
        return response
    return redirect(target, SAVED)
