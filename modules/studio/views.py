"""Studio's pages for editing a draft. Only those whose role grants Studio come here; nothing live changes by them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from modules.studio import editing, forms
from modules.studio.presenting import Bench
from modules.studio.service import Workshop
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest, NotFound
from schema.base.ids import is_key, key_from
from schema.definitions import Document

pages = Blueprint('studio', __name__, url_prefix='/studio', template_folder='templates')


@pages.before_request
def only_for_studio() -> None:
    require_actor()
    g.policy.require_studio()


def bench() -> Bench:
    return Bench(Workshop(g.runtime.publisher, g.actor), g.actor)


def show(name: str, desk: Bench, entity: str, part: str, **more: Any) -> str:
    return render_template(f'studio/{name}.html', **desk.context(entity, part), **more)


@pages.get('/')
def home() -> ResponseReturnValue:
    return show('home', bench(), '', 'home')


@pages.route('/new', methods=['GET', 'POST'])
def add_entity() -> ResponseReturnValue:
    desk = bench()
    if request.method == 'GET':
        return show('new_entity', desk, '', 'new', values={}, errors={})
    label = forms.texts(request.form, 'label')
    key = request.form.get('key', '').strip() or key_from(label.get('en') or label.get('vi') or '')
    errors = {}
    if not label:
        errors['label'] = _('Give it a name.')
    elif not is_key(key):
        errors['key'] = _('A key is lower-case Latin letters, digits and underscores, and begins with a letter.')
    elif ('entity', key) in desk.workshop.documents:
        errors['key'] = _('There is one with this key already.')
    if errors:
        return show('new_entity', desk, '', 'new', values=request.form, errors=errors), 422
    desk.workshop.edit(lambda draft: editing.put_entity(draft, key, forms.new_entity(request.form, key)))
    return redirect(url_for('studio.fields', entity=key), 303)


@pages.route('/<entity>/entity', methods=['GET', 'POST'])
def entity(entity: str) -> ResponseReturnValue:
    desk = bench()
    desk.workshop.entity(entity)
    if request.method == 'POST':
        part = forms.entity_part(request.form)
        desk.workshop.edit(lambda draft: editing.put_entity(draft, entity, part))
        flash(_('Kept in your draft'), 'ok')
        return redirect(url_for('studio.entity', entity=entity), 303)
    return show('entity', desk, entity, 'entity')


@pages.post('/<entity>/remove')
def remove_entity(entity: str) -> ResponseReturnValue:
    desk = bench()
    desk.workshop.entity(entity)
    desk.workshop.edit(lambda draft: editing.remove_entity(draft, desk.workshop.live(entity), entity))
    flash(_('It goes when you publish; its records stay restorable.'), 'ok')
    return redirect(url_for('studio.home'), 303)


@pages.post('/<entity>/keep')
def keep_entity(entity: str) -> ResponseReturnValue:
    """Take back the removal of an entity, with everything else the draft says of it."""
    desk = bench()
    if desk.workshop.live(entity) is None:
        raise NotFound.of('REC-E029', value=entity[:80], hint='')
    desk.workshop.edit(lambda draft: editing.forget(draft, entity))
    return redirect(url_for('studio.fields', entity=entity), 303)


@pages.get('/<entity>/fields')
def fields(entity: str) -> ResponseReturnValue:
    desk = bench()
    return show('fields', desk, entity, 'fields', open=desk.opened(entity, request.args))


@pages.post('/<entity>/fields')
def add_field(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    present = document.get('properties', {})
    former = (desk.workshop.live(entity) or {}).get('properties', {})
    key = forms.new_key(request.form, {**former, **present})
    if errors := _key_errors(key, present):
        return _refused(desk, entity, {'new': '1'}, errors)
    part = forms.field_part(request.form, {})
    return _put_field(desk, document, None, key, part)


@pages.post('/<entity>/fields/<field>')
def change_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    present = document.get('properties', {})
    former = _present(document, field)
    key = request.form.get('key', '').strip() or field
    if errors := _key_errors(key, {} if key == field else present):
        return _refused(desk, entity, {'field': field}, errors)
    return _put_field(desk, document, field, key, forms.field_part(request.form, former))


def _present(document: Document, field: str) -> Document:
    former: Document | None = document.get('properties', {}).get(field)
    if former is None:
        raise BadRequest.of('REC-E036', f'/{field}', value=field[:80], hint='')
    return former


def _key_errors(key: str, taken: Document) -> dict[str, str]:
    errors = {}
    if not forms.texts(request.form, 'label'):
        errors['label'] = _('Give the field a label.')
    if not is_key(key):
        errors['key'] = _('A key is lower-case Latin letters, digits and underscores, and begins with a letter.')
    elif key in taken:
        errors['key'] = _('Another field has this key.')
    return errors


def _refused(desk: Bench, entity: str, named: dict[str, str], errors: dict[str, str]) -> ResponseReturnValue:
    """The editor again with what was typed, and what is wrong at its place."""
    typed: MultiDict[str, str] = MultiDict(request.form)
    typed.update(named)
    return show('fields', desk, entity, 'fields', open=desk.opened(entity, typed, errors)), 422


def _put_field(desk: Bench, document: Document, former: str | None, key: str, part: dict[str, Any]) -> ResponseReturnValue:
    entity, required = document['x-key'], request.form.get('required') == '1'
    live = desk.workshop.live(entity)
    after = desk.workshop.edit(
        lambda draft: editing.put_field(draft, live, document, former, key, part, required=required)
    )  # fmt: skip
    place = f'/entities/{entity}/properties/{key}'
    if any(each.pointer == place or each.pointer.startswith(f'{place}/') for each in after.findings):
        return redirect(url_for('studio.fields', entity=entity, field=key, _anchor=f'field-{key}'), 303)
    flash(_('Kept in your draft'), 'ok')
    return redirect(url_for('studio.fields', entity=entity, _anchor=f'field-{key}'), 303)


@pages.post('/<entity>/fields/<field>/remove')
def remove_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    _present(document, field)
    desk.workshop.edit(lambda draft: editing.remove_field(draft, desk.workshop.live(entity), document, field))
    return redirect(url_for('studio.fields', entity=entity), 303)


@pages.post('/<entity>/fields/<field>/forget')
def forget_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    desk.workshop.edit(lambda draft: editing.forget_field(draft, desk.workshop.live(entity), document, field))
    return redirect(url_for('studio.fields', entity=entity), 303)


@pages.route('/<entity>/stages', methods=['GET', 'POST'])
def stages(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    pipelines = {each['key']: each for each in document.get('x-pipelines', ())}
    chosen = request.values.get('pipeline') or next(iter(pipelines), '')
    if request.method == 'GET':
        return show('stages', desk, entity, 'stages', pipeline=pipelines.get(chosen))
    live = desk.workshop.live(entity)
    if request.form.get('then') == 'forget':
        desk.workshop.edit(lambda draft: editing.forget_list(draft, entity, 'x-pipelines'))
    elif request.form.get('then') == 'begin' and not pipelines:
        label, first = forms.first_pipeline()
        desk.workshop.edit(lambda draft: editing.begin_stages(draft, entity, label, first))
    elif chosen not in pipelines:
        raise BadRequest.of('API-E404', '/pipeline', value=chosen[:60])
    else:
        parts = forms.stage_parts(request.form)
        desk.workshop.edit(lambda draft: editing.put_stages(draft, live, document, chosen, parts))
        flash(_('Kept in your draft'), 'ok')
    return redirect(url_for('studio.stages', entity=entity, pipeline=chosen or None), 303)


@pages.route('/<entity>/duplicates', methods=['GET', 'POST'])
def duplicates(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    rules = list(document.get('x-duplicates', ()))
    if request.method == 'GET':
        return show('duplicates', desk, entity, 'duplicates', rules=rules, opened=request.args.get('rule', ''))
    live = desk.workshop.live(entity)
    if request.form.get('then') == 'forget':
        desk.workshop.edit(lambda draft: editing.forget_list(draft, entity, 'x-duplicates'))
    else:
        put = forms.rules_with(rules, request.form)
        desk.workshop.edit(lambda draft: editing.put_duplicates(draft, live, document, put))
        flash(_('Kept in your draft'), 'ok')
    return redirect(url_for('studio.duplicates', entity=entity), 303)


@pages.get('/<entity>/json')
def as_json(entity: str) -> ResponseReturnValue:
    desk = bench()
    return show('json', desk, entity, 'json', text=desk.json_text(entity))


@pages.post('/discard')
def discard() -> ResponseReturnValue:
    g.runtime.publisher.discard_draft(g.actor)
    flash(_('The draft is gone; nothing live was changed.'), 'ok')
    return redirect(url_for('studio.home'), 303)
