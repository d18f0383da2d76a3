"""Studio's pages for fields: the list, the editor of one field or of a column of its lines, order, undo."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from modules.studio import editing, field_forms, forms
from modules.studio.editing import on
from modules.studio.presenting import Bench
from modules.studio.views import bench, count_text, kept, pages, show
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.base.ids import is_key
from schema.definitions import Document


@pages.get('/<entity>/fields')
def fields(entity: str) -> ResponseReturnValue:
    desk = bench()
    return show('fields', desk, entity, 'fields', open=desk.fields(entity).opened(request.args))


@pages.post('/<entity>/settings')
def settings(entity: str) -> ResponseReturnValue:
    """The settings of the type chosen in the editor, with everything typed so far; changes nothing."""
    desk = bench()
    document = desk.workshop.entity(entity)
    opened = desk.fields(entity).opened(request.form)
    if opened is None:
        raise BadRequest.of('API-E404', '/field', value=request.form.get('field', '')[:60], hint='')
    return render_template('studio/_settings.html', open=opened, entity_key=entity, document=document, **_choices(desk, entity))


def _choices(desk: Bench, entity: str) -> dict[str, Any]:
    context = desk.context(entity, 'fields')
    names = ('entities', 'currencies', 'rows', 'type_word', 'label_in', 'entity_label')
    return {name: context[name] for name in names}


@pages.post('/<entity>/fields')
def add_field(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    present = document.get('properties', {})
    former = (desk.workshop.live(entity) or {}).get('properties', {})
    key = forms.new_key(request.form, {**former, **present})
    if errors := _key_errors(key, present, former):
        return _refused(desk, entity, {'new': '1'}, errors)
    return _put_field(desk, document, None, key, field_forms.field_part(request.form, {}))


@pages.post('/<entity>/fields/<field>')
def change_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    former = _present(document, field)
    if request.form.get('line') or request.form.get('line.new'):
        return _change_line(desk, document, field)
    present = document.get('properties', {})
    key = request.form.get('key', '').strip() or field
    live = (desk.workshop.live(entity) or {}).get('properties', {})
    others = {name for name, part in live.items() if part['x-ref'] != former.get('x-ref')}
    if errors := {} if key == field and _has_label() else _key_errors(key, {*present} - {field}, others):
        return _refused(desk, entity, {'field': field}, errors)
    return _put_field(desk, document, field, key, field_forms.field_part(request.form, former))


def _present(document: Document, field: str) -> Document:
    """The field of the draft. Raises: BadRequest API-E404."""
    fields = document.get('properties', {})
    if field not in fields:
        raise BadRequest.of('API-E404', '/field', value=field[:60], hint=nearest(field, fields))
    found: Document = fields[field]
    return found


def _has_label() -> bool:
    return bool(forms.texts(request.form, 'label'))


def _key_errors(key: str, taken: Container[str], published: Container[str] = ()) -> dict[str, str]:
    """`published` are keys that fields have until the draft is live, also those it removes or renames."""
    errors = {}
    if not _has_label():
        errors['label'] = _('Give the field a label.')
    if not is_key(key):
        errors['key'] = _('A key is lower-case Latin letters, digits and underscores, and begins with a letter.')
    elif key in taken:
        errors['key'] = _('Another field has this key.')
    elif key in published:
        errors['key'] = _('A published field has this key until the draft is live. Choose another one, or publish first.')
    return errors


def _refused(desk: Bench, entity: str, named: dict[str, str], errors: dict[str, str]) -> ResponseReturnValue:
    """The editor again with what was typed, and what is wrong at its place."""
    typed: MultiDict[str, str] = MultiDict(request.form)
    for name, value in named.items():
        typed[name] = value
    return show('fields', desk, entity, 'fields', open=desk.fields(entity).opened(typed, errors)), 422


def _put_field(desk: Bench, document: Document, former: str | None, key: str, part: dict[str, Any]) -> ResponseReturnValue:
    entity, required = document['x-key'], request.form.get('required') == '1'
    after = desk.workshop.rework(on(editing.put_field, entity, former, key, part, required=required))
    place = f'/entities/{entity}/properties/{key}'
    wrong = any(each.pointer == place or each.pointer.startswith(f'{place}/') for each in after.findings)
    stays = wrong or request.form.get('then') == 'stay' or (part['x-type'] == 'lines' and former is None)
    if not wrong:
        kept()
    if line := request.form.get('then_line'):
        return redirect(url_for('studio.fields', entity=entity, field=key, line=line, _anchor='field-editor'), 303)
    return redirect(url_for('studio.fields', entity=entity, field=key if stays else None, _anchor=f'field-{key}'), 303)


def _change_line(desk: Bench, document: Document, field: str) -> ResponseReturnValue:
    """Change one column of a field of lines."""
    entity, line = document['x-key'], request.form.get('line', '')
    lines = dict(document['properties'][field].get('x-lines', {}))
    columns = dict(lines.get('properties', {}))
    former = columns.get(line, {})
    key = request.form.get('key', '').strip() or line
    if errors := _key_errors(key, {} if key == line else columns):
        return _refused(desk, entity, {'field': field, 'line': line}, errors)
    part = editing.changed_part(former, field_forms.field_part(request.form, former))
    columns = {key if name == line else name: part if name == line else each for name, each in columns.items()}
    required = [name for name in lines.get('required', ()) if name != line]
    lines = {**lines, 'properties': columns, 'required': [*required, key] if request.form.get('required') == '1' else required}
    needed = field in document.get('required', ())
    desk.workshop.rework(on(editing.put_field, entity, field, field, {'x-lines': lines}, required=needed))
    kept()
    return redirect(url_for('studio.fields', entity=entity, field=field, _anchor='field-editor'), 303)


@pages.post('/<entity>/fields/<field>/move')
def move_field(entity: str, field: str) -> ResponseReturnValue:
    """Put a field behind another one, on the form as well."""
    desk = bench()
    document = desk.workshop.entity(entity)
    _present(document, field)
    after = request.form.get('after', '')
    if after:
        _present(document, after)
    changed = desk.workshop.rework(on(editing.move_field, entity, field, after))
    return jsonify(text=count_text(changed))


@pages.post('/<entity>/fields/<field>/remove')
def remove_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    part = _present(desk.workshop.entity(entity), field)
    live = (desk.workshop.live(entity) or {}).get('properties', {})
    stored = next((key for key, each in live.items() if each['x-ref'] == part.get('x-ref')), None)
    desk.workshop.rework(on(editing.remove_field, entity, field, stored))
    flash(_('It goes when you publish. Until then, “Keep it” brings it back.'), 'ok')
    return redirect(url_for('studio.fields', entity=entity), 303)


@pages.post('/<entity>/fields/<field>/forget')
def forget_field(entity: str, field: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    desk.workshop.edit(lambda draft: editing.forget_field(draft, desk.workshop.live(entity), document, field))
    return redirect(url_for('studio.fields', entity=entity), 303)
