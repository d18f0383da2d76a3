"""Studio's pages. Only those whose role grants Studio come here; every change goes through the draft."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.studio import editing, forms
from modules.studio.presenting import Bench
from modules.studio.service import Workshop
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest, Conflict, Invalid, TrellisError
from schema.base.ids import is_key, key_from

pages = Blueprint('studio', __name__, url_prefix='/studio', template_folder='templates')


@pages.before_request
def only_for_studio() -> None:
    require_actor()
    g.policy.require_studio()


def bench() -> Bench:
    return Bench(Workshop(g.runtime.publisher, g.actor), g.actor)


@pages.get('/')
def home() -> ResponseReturnValue:
    return redirect(f'/studio/{bench().tree("")[0]["key"]}/fields')


@pages.route('/new', methods=['GET', 'POST'])
def add_entity() -> ResponseReturnValue:
    desk = bench()
    if request.method == 'GET':
        return render_template('studio/new_entity.html', **desk.context('', 'new'), values={}, errors={})
    label = forms.texts(request.form, 'label')
    key = request.form.get('key', '').strip() or key_from(label.get('en') or label.get('vi') or '')
    if not label or not is_key(key):
        errors = {'label': [_('Give the entity a name.')]} if not label else {'key': [_('A key is lower-case Latin letters.')]}
        return render_template('studio/new_entity.html', **desk.context('', 'new'), values=request.form, errors=errors), 422
    if ('entity', key) in desk.workshop.documents:
        errors = {'key': [_('There is an entity with this key already.')]}
        return render_template('studio/new_entity.html', **desk.context('', 'new'), values=request.form, errors=errors), 422
    desk.workshop.edit(lambda draft: editing.put_entity(draft, key, forms.new_entity(request.form, key)))
    return redirect(f'/studio/{key}/fields', 303)


@pages.route('/<entity>/entity', methods=['GET', 'POST'])
def entity(entity: str) -> ResponseReturnValue:
    desk = bench()
    desk.workshop.entity(entity)
    if request.method == 'POST':
        part = forms.entity_part(request.form)
        desk.workshop.edit(lambda draft: editing.put_entity(draft, entity, part))
        return redirect(f'/studio/{entity}/entity', 303)
    return render_template('studio/entity.html', **desk.context(entity, 'entity'))


@pages.post('/<entity>/remove')
def remove_entity(entity: str) -> ResponseReturnValue:
    desk = bench()
    desk.workshop.entity(entity)
    desk.workshop.edit(lambda draft: editing.remove_entity(draft, desk.workshop.base, entity))
    flash(_('The entity goes when you publish; its records stay restorable.'), 'ok')
    return redirect('/studio/', 303)


@pages.get('/<entity>/fields')
def fields(entity: str) -> ResponseReturnValue:
    desk = bench()
    return render_template('studio/fields.html', **desk.context(entity, 'fields'), open=desk.opened(entity, request.args))


@pages.post('/<entity>/fields')
def add_field(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    key = forms.new_key(request.form, document.get('properties', {}))
    part = forms.field_part(request.form, {})
    required = request.form.get('required') == '1'
    desk.workshop.edit(lambda draft: editing.put_field(draft, document, None, key, part, required=required))
    return redirect(f'/studio/{entity}/fields?field={key}', 303)


@pages.post('/<entity>/fields/<field>')
def change_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    former = document.get('properties', {}).get(field)
    if former is None:
        raise BadRequest.of('REC-E036', f'/{field}', value=field[:80], hint='')
    key = request.form.get('key', '').strip() or field
    part = forms.field_part(request.form, former)
    required = request.form.get('required') == '1'
    desk.workshop.edit(lambda draft: editing.put_field(draft, document, field, key, part, required=required))
    return redirect(f'/studio/{entity}/fields?field={key}', 303)


@pages.post('/<entity>/fields/<field>/remove')
def remove_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    desk.workshop.edit(lambda draft: editing.remove_field(draft, desk.workshop.base, document, field))
    return redirect(f'/studio/{entity}/fields', 303)


@pages.post('/<entity>/fields/<field>/forget')
def forget_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    desk.workshop.edit(lambda draft: editing.forget(draft, entity, field))
    return redirect(f'/studio/{entity}/fields', 303)


@pages.route('/<entity>/stages', methods=['GET', 'POST'])
def stages(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    pipelines = {each['key']: each for each in document.get('x-pipelines', ())}
    chosen = request.values.get('pipeline') or next(iter(pipelines), '')
    if request.method == 'POST':
        if chosen not in pipelines:
            raise BadRequest.of('API-E404', '/pipeline', value=chosen[:60])
        parts = forms.stage_parts(request.form)
        desk.workshop.edit(lambda draft: editing.put_stages(draft, document, chosen, parts))
        return redirect(f'/studio/{entity}/stages?pipeline={chosen}', 303)
    return render_template('studio/stages.html', **desk.context(entity, 'stages'), pipeline=pipelines.get(chosen))


@pages.route('/<entity>/duplicates', methods=['GET', 'POST'])
def duplicates(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    rules = {rule['key']: rule for rule in document.get('x-duplicates', ())}
    if request.method == 'POST':
        former = request.form.get('former', '')
        if request.form.get('then') == 'remove':
            rules.pop(former, None)
        else:
            rule = forms.rule_part(request.form, {key: value for key, value in rules.items() if key != former})
            kept = {key: value for key, value in rules.items() if key != former}
            rules = {**kept, rule['key']: {**rules.get(former, {}), **rule}}
        desk.workshop.edit(lambda draft: editing.put_duplicates(draft, document, list(rules.values())))
        return redirect(f'/studio/{entity}/duplicates', 303)
    return render_template(
        'studio/duplicates.html',
        **desk.context(entity, 'duplicates'),
        rules=list(rules.values()),
        opened=request.args.get('rule', ''),
    )


@pages.get('/<entity>/json')
def as_json(entity: str) -> ResponseReturnValue:
    desk = bench()
    return render_template('studio/json.html', **desk.context(entity, 'json'), text=desk.json_text(entity))


@pages.post('/discard')
def discard() -> ResponseReturnValue:
    g.runtime.publisher.discard_draft(g.actor)
    flash(_('The draft is gone; nothing live was changed.'), 'ok')
    return redirect('/studio/', 303)


@pages.get('/review')
def review() -> ResponseReturnValue:
    """Plan the draft and show what publishing would do."""
    desk = bench()
    if not desk.workshop.count:
        return redirect('/studio/')
    try:
        plan = g.runtime.publisher.plan(desk.workshop.request, g.actor)
    except (Invalid, BadRequest, Conflict) as error:
        return render_template('studio/review.html', **desk.context('', 'review'), review=desk.refused(error.findings))
    return render_template('studio/review.html', **desk.context('', 'review'), review=desk.reviewed(plan))


@pages.post('/remap')
def remap() -> ResponseReturnValue:
    """Where records of removed options go; then back to the review."""
    desk = bench()
    chosen = {name.removeprefix('to.'): key for name, key in request.form.items() if name.startswith('to.')}

    def put(draft: editing.Request) -> dict[str, Any]:
        made = dict(draft)
        for ref, key in chosen.items():
            made = editing.put_remap(made, ref, None if key == '@blank' else key)
        return made

    desk.workshop.edit(put)
    return redirect('/studio/review', 303)


@pages.post('/publish')
def publish() -> ResponseReturnValue:
    """Apply exactly the plan that was reviewed."""
    desk = bench()
    publisher = g.runtime.publisher
    plan = publisher.get_plan(request.form.get('plan_id', ''))
    view = desk.reviewed(plan)
    if view['confirm'] and request.form.get('confirm', '').strip() != str(view['confirm']):
        view['wrong_confirm'] = True
        return render_template('studio/review.html', **desk.context('', 'review'), review=view), 422
    try:
        done = publisher.apply(plan.plan_id, g.actor)
    except TrellisError as error:
        view['problems'] = [*desk.problem_texts(error.findings), *view['problems']]
        return render_template('studio/review.html', **desk.context('', 'review'), review=view), error.status
    if request.form.get('from_draft') == '1':
        publisher.discard_draft(g.actor)
    flash(_('Version %(number)s is live', number=done.version), 'ok')
    return redirect('/studio/history', 303)


@pages.get('/history')
def history() -> ResponseReturnValue:
    desk = bench()
    return render_template('studio/history.html', **desk.context('', 'history'), versions=desk.versions(g.runtime.publisher))


@pages.post('/rollback/<int:version>')
def rollback(version: int) -> ResponseReturnValue:
    """A plan back to a version, shown like any other before anything happens."""
    desk = bench()
    include = [kind for kind in ('role', 'workflow', 'template') if request.form.get(kind) == '1']
    try:
        plan = g.runtime.publisher.rollback_plan(version, g.actor, include=include)
    except (Invalid, Conflict) as error:
        view = desk.refused(error.findings)
        return render_template('studio/review.html', **desk.context('', 'review'), review=view), error.status
    view = desk.reviewed(plan)
    view['rollback_to'] = version
    return render_template('studio/review.html', **desk.context('', 'review'), review=view)
