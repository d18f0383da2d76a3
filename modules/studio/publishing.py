"""Studio's pages from review to live: the plan in words, what must be decided, publishing, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from migrations.journal import Publish
from migrations.plans import StoredPlan
from modules.studio import editing
from modules.studio.presenting import Bench
from modules.studio.reviewing import Review
from modules.studio.service import Workshop, publish_of, unread_counts
from modules.studio.views import bench, pages
from schema.base.errors import BadRequest, Conflict, Invalid, Stale, TrellisError
from schema.base.numbers import whole
from schema.definitions import in_locale

__all__ = ['pages']

KINDS = ('role', 'workflow', 'template')
BLANK = '@blank'


@pages.get('/review')
def review() -> ResponseReturnValue:
    """Plan the draft and show what publishing would do."""
    desk = bench()
    if not desk.workshop.count:
        return redirect(url_for('studio.home'))
    return planned(desk, partial(g.runtime.publisher.plan, desk.workshop.request, g.actor), {})


@pages.get('/outlooks/<outlook_id>')
def outlook(outlook_id: str) -> ResponseReturnValue:
    """How far a plan has looked at live records; the review itself once it is there."""
    publisher, desk = g.runtime.publisher, bench()
    found = publisher.outlooks.get(outlook_id, g.actor)
    polls = 'HX-Request' in request.headers
    if found.state == 'running':
        told = _('%(done)s of %(total)s values', done=format_decimal(found.seen), total=format_decimal(found.total))
        return render_template(f'studio/{"_outlook" if polls else "outlook"}.html', outlook=found, told=told)
    if polls:
        return '', 200, {'HX-Redirect': url_for('studio.outlook', outlook_id=outlook_id)}
    if found.state == 'failed':
        return _page(desk, {**_nothing(desk), 'problems': desk.problem_texts(found.findings), **found.asked})
    plan = publisher.get_plan(found.plan_id)
    changed_at = desk.workshop.draft.updated_at
    if not found.asked and (changed_at is None or changed_at > plan.created_at):
        return redirect(url_for('studio.review'))
    return _page(desk, {**_view(desk, plan), **found.asked})


def planned(desk: Bench, make: Callable[..., StoredPlan], asked: dict[str, Any]) -> ResponseReturnValue:
    """The review of a plan that is made soon, else the page that tells how far it came."""
    try:
        made = g.runtime.publisher.outlooks.begin(g.actor, lambda looking: make(looking=looking), asked=asked)
    except (Invalid, BadRequest, Conflict) as error:
        return _page(desk, {**_refusal(desk, error), **asked}), error.status
    if isinstance(made, str):
        return redirect(url_for('studio.outlook', outlook_id=made), 303)
    return _page(desk, {**_view(desk, made), **asked})


@pages.post('/remap')
def remap() -> ResponseReturnValue:
    """Where records of removed options go; then back to the review."""
    places = chosen(request.form.to_dict())

    def put(draft: editing.Request) -> dict[str, Any]:
        made = dict(draft)
        for ref, key in places.items():
            made = editing.put_remap(made, ref, key)
        return made

    bench().workshop.edit(put)
    return redirect(url_for('studio.review'), 303)


@pages.post('/note')
def note() -> ResponseReturnValue:
    """The words that stand beside the version in the history."""
    text = request.form.get('note', '').strip()[:500]
    bench().workshop.edit(lambda draft: editing.put_note(draft, text))
    return redirect(url_for('studio.review'), 303)


def chosen(values: dict[str, str]) -> dict[str, str | None]:
    """`to.<ref>` to `{ref: key}`; a choice not made is left out, None leaves the records blank."""
    named = {name.removeprefix('to.'): key for name, key in values.items() if name.startswith('to.') and key}
    return {ref: None if key == BLANK else key for ref, key in named.items()}


@pages.post('/publish')
def publish() -> ResponseReturnValue:
    """Apply exactly the plan that was reviewed."""
    desk, publisher = bench(), g.runtime.publisher
    plan = publisher.get_plan(request.form.get('plan_id', ''))
    if running := publish_of(g.runtime.database, plan.plan_id):
        return redirect(url_for('studio.progress', publish_id=running), 303)
    view = _view(desk, plan)
    if view['confirm'] and request.form.get('confirm', '').strip() != str(view['confirm']):
        return _page(desk, {**view, 'wrong_confirm': True}), 422
    try:
        done = publisher.apply(plan.plan_id, g.actor, in_background=not plan.is_quick)
    except TrellisError as error:
        if running := publish_of(g.runtime.database, plan.plan_id):
            return redirect(url_for('studio.progress', publish_id=running), 303)
        view['problems'] = desk.problem_texts(error.findings)
        view['stale'] = isinstance(error, Stale)
        return _page(desk, view), error.status
    if done.is_open:
        return redirect(url_for('studio.progress', publish_id=done.id), 303)
    return _live(done)


def _live(done: Publish) -> ResponseReturnValue:
    Workshop(g.runtime.publisher, g.actor).tidy()
    flash(_('Version %(number)s is live', number=done.version), 'ok')
    return redirect(url_for('studio.history'), 303)


@pages.get('/publishes/<publish_id>')
def progress(publish_id: str) -> ResponseReturnValue:
    """How far a publish is; asks again by itself until it has ended."""
    state = g.runtime.publisher.publish_state(publish_id)
    if state.state == 'done' and not request.headers.get('HX-Request'):
        return _live(state)
    locale = g.actor.locale
    problems = [each.get(f'detail_{locale}') or each['detail'] for each in state.findings]
    name = '_progress' if request.headers.get('HX-Request') else 'progress'
    walks = [
        {'title': in_locale(each.title, locale), 'seen': each.seen, 'total': each.total,
         'told': _('%(done)s of %(total)s records', done=format_decimal(each.seen), total=format_decimal(each.total))}
        for each in (g.runtime.publisher.walks(state) if state.is_open else ())
        if each.state == 'running'
    ]  # fmt: skip
    return render_template(f'studio/{name}.html', publish=state, problems=problems, walks=walks)


@pages.get('/history')
def history() -> ResponseReturnValue:
    desk = bench()
    versions = desk.versions(g.runtime.publisher, unread_counts(g.runtime.database))
    return render_template('studio/history.html', versions=versions, draft_count=desk.workshop.count)


def included(values: Mapping[str, str]) -> list[str]:
    """What goes back beside the structure, as ticked."""
    return [kind for kind in KINDS if values.get(kind) == '1']


def _view(desk: Bench, plan: StoredPlan) -> dict[str, Any]:
    base = desk.workshop.publisher.documents(plan.base_version or None)
    view = Review(plan, base, g.actor.locale).context()
    back = whole(request.form.get('rollback_to', ''))
    return view if back is None else {**view, 'rollback_to': back, 'include': included(request.form)}


def _refusal(desk: Bench, error: TrellisError) -> dict[str, Any]:
    """A review of what cannot be planned: only what is wrong."""
    return {**_nothing(desk), 'problems': desk.problem_texts(error.findings)}


def _nothing(desk: Bench) -> dict[str, Any]:
    return {'plan_id': '', 'groups': [], 'problems': [], 'count': desk.workshop.count}


def _page(desk: Bench, view: dict[str, Any]) -> str:
    return render_template('studio/review.html', review=view, draft_count=desk.workshop.count)
