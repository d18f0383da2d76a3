"""Studio's pages of roles: who has them, what they reach, their fields, names and end. All of it goes into the draft."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from migrations.role_people import holders
from modules.studio import editing, forms, role_editing, role_forms
from modules.studio.editing import on
from modules.studio.requesting import request_to
from modules.studio.role_views import RoleDesk, action_words, home_rows, level_words, scope_choices, short
from modules.studio.views import bench, kept, pages, show
from schema.base.errors import NotFound
from schema.base.ids import is_key, key_from
from schema.definitions import ACTIONS
from schema.role_changes import EVERY, granted

NOBODY = '@none'


def role_desk() -> RoleDesk:
    with g.runtime.database.reading() as connection:
        return RoleDesk(bench(), holders(connection))


def _show(name: str, desk: RoleDesk, key: str, tab: str, **more: Any) -> str:
    role = desk.role(key) if key else None
    about = {'role_key': key, 'role_label': desk.bench.label(role, key), 'holders': desk.holders(key),
             'role_is_new': desk.live(key) is None} if role else {}  # fmt: skip
    return show(name, desk.bench, '', 'roles', roles=desk.entries(), gone_roles=desk.gone(), role=role, role_tab=tab,
                scopes=scope_choices(), actions=action_words(), can_admin=g.policy.can_admin, **about, **more)  # fmt: skip


@pages.get('/roles/')
def roles() -> ResponseReturnValue:
    return _show('roles', role_desk(), '', 'list')


@pages.route('/roles/new', methods=['GET', 'POST'])
def add_role() -> ResponseReturnValue:
    """A role of its own, or one that begins as a copy of another."""
    desk = role_desk()
    if request.method == 'GET':
        return _show('role_new', desk, '', 'new', values=request.args, errors={})
    label = forms.texts(request.form, 'label')
    key = request.form.get('key', '').strip() or key_from(label.get('en') or label.get('vi') or '')
    if errors := _key_errors(desk, label, key):
        return _show('role_new', desk, '', 'new', values=request.form, errors=errors), 422
    source = request.form.get('source', '')
    if source:
        desk.role(source)
        desk.bench.workshop.rework(on(role_editing.copy_role, source, key, label))
    else:
        blank = {'x-label': label, 'grants': {EVERY: dict.fromkeys(ACTIONS, 'none')}}
        desk.bench.workshop.rework(on(role_editing.put_role, key, blank))
    return redirect(url_for('studio.role_rights', role=key), 303)


def _key_errors(desk: RoleDesk, label: dict[str, str], key: str) -> dict[str, str]:
    if not label:
        return {'label': _('Give it a name.')}
    if not is_key(key):
        return {'key': _('A key is lower-case Latin letters, digits and underscores, and begins with a letter.')}
    return {'key': _('There is one with this key already.')} if ('role', key) in desk.documents else {}


@pages.route('/roles/<role>/rights', methods=['GET', 'POST'])
def role_rights(role: str) -> ResponseReturnValue:
    """The matrix of entities and actions, and what the role opens beside records."""
    desk = role_desk()
    document = desk.role(role)
    if request.method == 'GET':
        return _show('role_rights', desk, role, 'rights', matrix=desk.matrix(role))
    names = [each['key'] for each in desk.bench.tree('')]
    grants, asked = role_forms.grants(request.form, document, names)
    desk.bench.workshop.rework(on(role_editing.put_grants, role, grants, role_forms.switches(request.form)))
    if asked is not None:
        return redirect(url_for('studio.role_condition', role=role, entity=asked[0], action=asked[1]), 303)
    kept()
    return redirect(url_for('studio.role_rights', role=role), 303)


@pages.route('/roles/<role>/rights/<entity>/<action>', methods=['GET', 'POST'])
def role_condition(role: str, entity: str, action: str) -> ResponseReturnValue:
    """One cell whose records are told by a condition."""
    desk = role_desk()
    document = desk.role(role)
    if action not in ACTIONS or (entity != EVERY and ('entity', entity) not in desk.documents):
        raise NotFound.of('REC-E029', value=f'{entity} {action}'[:80], hint='')
    if request.method == 'POST':
        grant = role_forms.condition_grant(request.form)
        row = document.get('grants', {}).get(EVERY, {})
        desk.bench.workshop.rework(on(role_editing.put_grant, role, (entity, action), grant, row))
        kept()
        return redirect(url_for('studio.role_rights', role=role, _anchor=f'row-{entity}'), 303)
    grant = granted(document, entity)[action]
    tree = grant if isinstance(grant, dict) else {'scope': grant if grant != 'none' else 'all'}
    return _show('role_condition', desk, role, 'rights', chosen=entity, action=action, grant=tree,
                 about_entity=desk.entity_label(entity), own=entity in document.get('grants', {}), short=short)  # fmt: skip


@pages.route('/roles/<role>/fields', methods=['GET', 'POST'])
def role_fields(role: str) -> ResponseReturnValue:
    """What the role may see and change of the fields of one entity."""
    desk = role_desk()
    document = desk.role(role)
    known = [each['key'] for each in desk.bench.tree('')]
    narrowed = [key for key in known if key in document.get('fields', {})]
    entity = request.values.get('entity') or next(iter([*narrowed, *known]), '')
    if entity not in known:
        raise NotFound.of('REC-E029', value=entity[:80], hint='')
    groups = desk.field_groups(role, entity)
    if request.method == 'GET':
        counts = {key: len(part) for key, part in document.get('fields', {}).items()}
        reads = granted(document, entity)['read'] != 'none'
        return _show('role_fields', desk, role, 'fields', chosen=entity, field_groups=groups, narrowed=counts, reads=reads,
                     levels=level_words(), about_entity=desk.entity_label(entity))  # fmt: skip
    levels = role_forms.field_levels(request.form, [row['key'] for group in groups for row in group['rows']])
    desk.bench.workshop.rework(on(role_editing.put_field_levels, role, entity, levels))
    kept()
    return redirect(url_for('studio.role_fields', role=role, entity=entity), 303)


@pages.route('/roles/<role>/home', methods=['GET', 'POST'])
def role_home(role: str) -> ResponseReturnValue:
    """What the first page of its people holds, in order."""
    desk = role_desk()
    document = desk.role(role)
    if request.method == 'GET':
        wrong = [each for each in desk.bench.problems if each['pointer'].startswith(f'/roles/{role}/{role_forms.HOME}')]
        return _show('role_home', desk, role, 'home', home_rows=home_rows(document), own=role_forms.HOME in document,
                     home_problems=wrong)  # fmt: skip
    put = {role_forms.HOME: role_forms.home(request.form, document)}
    desk.bench.workshop.rework(on(role_editing.put_role, role, put))
    kept()
    return redirect(url_for('studio.role_home', role=role), 303)


@pages.route('/roles/<role>/about', methods=['GET', 'POST'])
def role_about(role: str) -> ResponseReturnValue:
    """Name, help, order and key; the people; the role's end."""
    desk = role_desk()
    document = desk.role(role)
    page = partial(_show, 'role_about', desk, role, 'about', layouts=desk.layouts(role), everyone=desk.everyone(role))
    if request.method == 'GET':
        return page(errors={}, typed={})
    part, key = role_forms.about(request.form, document), request.form.get('key', '').strip() or role
    errors = _key_errors(desk, part['x-label'] or {}, key)
    if key == role and 'label' not in errors:
        errors = {}
    if errors:
        return page(errors=errors, typed={**part, 'key': key}), 422
    edit = partial(role_editing.put_role, key=role, keywords=part)
    desk.bench.workshop.rework(
        lambda schema: role_editing.rename_role(edit(schema), role, key) if key != role else edit(schema)
    )
    kept()
    return redirect(url_for('studio.role_about', role=key), 303)


@pages.post('/roles/<role>/remove')
def remove_role(role: str) -> ResponseReturnValue:
    """Take a role out; whoever has it gets the one that is named instead, or none when that is said."""
    desk = role_desk()
    document, heir = desk.role(role), request.form.get('heir', '')
    asked = desk.everyone(role) > 0
    if asked and (heir != NOBODY and (heir == role or ('role', heir) not in desk.documents)):
        flash(_('Say first what the people with this role get instead.'), 'bad')
        return redirect(url_for('studio.role_about', role=role, _anchor='end'), 303)
    shop = desk.bench.workshop

    def edit(draft: editing.Request) -> dict[str, Any]:
        made = request_to(shop.base, role_editing.remove_role(shop.documents, role), draft)
        return editing.put_remap(made, document['x-ref'], None if heir == NOBODY else heir) if asked else made

    shop.edit(edit)
    flash(_('The role goes when you publish.'), 'ok')
    return redirect(url_for('studio.roles'), 303)


@pages.post('/roles/<role>/keep')
def keep_role(role: str) -> ResponseReturnValue:
    """Take back everything that the draft says of a role, its removal included."""
    desk = role_desk()
    live = desk.live(role)
    if live is None:
        if ('role', role) not in desk.documents:
            raise NotFound.of('REC-E029', value=role[:80], hint='')
        desk.bench.workshop.rework(on(role_editing.remove_role, role))
        return redirect(url_for('studio.roles'), 303)
    desk.bench.workshop.edit(lambda draft: role_editing.forget_role(draft, live, role))
    return redirect(url_for('studio.role_rights', role=live['x-key']), 303)
