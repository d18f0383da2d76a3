"""Studio's frame and the pages of entities. Only those whose role grants Studio come here; nothing live changes by them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.studio import editing, forms, part_forms
from modules.studio.editing import on
from modules.studio.others import drafts_of_others
from modules.studio.presenting import Bench
from modules.studio.service import Workshop
from modules.web.conditions import faces_of
from modules.web.pinning import require_actor
from schema.base.errors import NotFound
from schema.base.ids import is_key, key_from

pages = Blueprint('studio', __name__, url_prefix='/studio', template_folder='templates')


@pages.before_request
def only_for_studio() -> None:
    require_actor()
    g.policy.require_studio()


def bench() -> Bench:
    preview = request.args.get('preview', '')
    return Bench(Workshop(g.runtime.publisher, g.actor), g.actor, preview_locale=preview if preview in forms.LOCALES else '')


def show(name: str, desk: Bench, entity: str, part: str, **more: Any) -> str:
    draft = desk.workshop.draft
    moved = not draft.is_empty and draft.base_version != g.catalog.number
    others = drafts_of_others(g.runtime.database, g.catalog, g.actor)
    shown = [{'author': each.author, 'at': desk.clock_text(each.at), 'entities': _labels(desk, each.entities),
              'same': entity in each.entities} for each in others]  # fmt: skip
    previews = {locale: f'?{urlencode({**request.args.to_dict(), "preview": locale})}' for locale in forms.LOCALES}
    context = {
        **desk.context(entity, part, request.args.get('role', '')),
        'base_moved': moved,
        'others': shown,
        'preview_hrefs': previews,
    }
    return render_template(f'studio/{name}.html', **context, **more)


def _labels(desk: Bench, keys: tuple[str, ...]) -> list[str]:
    return [desk.label(desk.workshop.documents.get(('entity', key), {}), key) for key in keys]


def count_text(shop: Workshop) -> str:
    """How many changes the draft holds, for the bar at the foot."""
    return str(ngettext('%(num)s change', '%(num)s changes', shop.count))


def kept() -> None:
    flash(_('Kept in your draft'), 'ok')


@pages.get('/')
def home() -> ResponseReturnValue:
    return show('home', bench(), '', 'home')


@pages.get('/faces/<entity>')
def faces(entity: str) -> ResponseReturnValue:
    """What the condition builder offers for an entity as the draft has it."""
    desk = bench()
    found = faces_of(desk.workshop.documents, entity, desk.locale)
    if found is None:
        raise NotFound.of('REC-E029', value=entity[:80], hint='')
    return jsonify(found)


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
    desk.workshop.rework(on(editing.put_entity, key, part_forms.new_entity(request.form)))
    return redirect(url_for('studio.fields', entity=key), 303)


@pages.route('/<entity>/entity', methods=['GET', 'POST'])
def entity(entity: str) -> ResponseReturnValue:
    """Words, icon, colour, place in the menu and key of an entity."""
    desk = bench()
    document = desk.workshop.entity(entity)
    if request.method == 'GET':
        return show('entity', desk, entity, 'entity', errors={}, typed={})
    part, key = part_forms.entity_part(request.form, document), request.form.get('key', '').strip() or entity
    errors = {}
    if not part['x-label']:
        errors['label'] = _('Give it a name.')
    if key != entity and not is_key(key):
        errors['key'] = _('A key is lower-case Latin letters, digits and underscores, and begins with a letter.')
    elif key != entity and ('entity', key) in desk.workshop.documents:
        errors['key'] = _('There is one with this key already.')
    if errors:
        return show('entity', desk, entity, 'entity', errors=errors, typed={**part, 'key': key}), 422
    if key != entity:
        desk.workshop.rework(lambda schema: editing.rename_entity(editing.put_entity(schema, entity, part), entity, key))
    else:
        desk.workshop.rework(on(editing.put_entity, entity, part))
    kept()
    return redirect(url_for('studio.entity', entity=key), 303)


@pages.post('/order')
def order() -> ResponseReturnValue:
    """The entities in the order of the menu."""
    desk = bench()
    there = [key for key in request.form.getlist('entity') if ('entity', key) in desk.workshop.documents]

    def put(schema: Any) -> editing.Schema:
        for number, key in enumerate(there):
            schema = editing.put_entity(schema, key, {'x-order': (number + 1) * 10})
        return dict(schema)

    after = desk.workshop.rework(put)
    return jsonify(text=count_text(after))


@pages.post('/<entity>/remove')
def remove_entity(entity: str) -> ResponseReturnValue:
    desk = bench()
    desk.workshop.entity(entity)
    desk.workshop.rework(on(editing.remove_entity, entity))
    flash(_('It goes when you publish; its records stay restorable.'), 'ok')
    return redirect(url_for('studio.home'), 303)


@pages.post('/<entity>/keep')
def keep_entity(entity: str) -> ResponseReturnValue:
    """Take back everything that the draft says of an entity, its removal included."""
    desk = bench()
    live = desk.workshop.live(entity)
    if live is None:
        raise NotFound.of('REC-E029', value=entity[:80], hint='')
    desk.workshop.edit(lambda draft: editing.forget(draft, live, entity))
    return redirect(url_for('studio.fields', entity=live['x-key']), 303)


@pages.get('/<entity>/json')
def as_json(entity: str) -> ResponseReturnValue:
    desk = bench()
    return show('json', desk, entity, 'json', text=desk.json_text(entity))


@pages.post('/discard')
def discard() -> ResponseReturnValue:
    g.runtime.publisher.discard_draft(g.actor)
    flash(_('The draft is gone; nothing live was changed.'), 'ok')
    return redirect(url_for('studio.home'), 303)
