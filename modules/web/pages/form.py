"""Creating and editing: the full form, quick create in a dialog, one cell of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import abort, flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.model import Record, Saved
from modules.records.store import Store
from modules.web import form_state, forms, transfer
from modules.web.attachments import is_attached
from modules.web.pages import conflicts, derived, gates, gone, moving
from modules.web.pages.context import Desk, desk_for, reached
from modules.web.pages.matching import candidates
from modules.web.pages.typed import typed_again
from modules.web.presenting import FieldView, form_rows
from schema.base.errors import Conflict, Invalid
from schema.base.findings import Finding
from schema.base.ids import new_uid
from schema.base.text import begun, in_sentence
from schema.definitions import SectionDef, in_locale
from schema.values import USER, Link

GIVEN = ('owner', 'team')


def new(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        desk.reader.policy.require('create', desk.entity.key)
        if request.method == 'GET':
            return _render(desk, None, _prefilled(desk), uid=new_uid())
        uid = request.form.get('uid') or new_uid()
        if _is_draft():
            return _drafted(desk, None, uid)
        return _save(desk, None, uid)


def edit(entity: str, uid: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        record = gone.record_of_form(desk, uid)
        if record is None or gone.chosen() == gone.NEW:
            return _drafted(desk, None, new_uid()), 409
        if request.method == 'GET' and record.deleted_at is not None:
            return redirect(f'/{desk.entity.key}/{uid}')  # which tells of it, and brings it back
        if request.method == 'GET':
            return _render(desk, record, desk.presenter.inputs(record), uid=uid)
        return _drafted(desk, record, uid) if _is_draft() else _save(desk, record, uid)


def _is_draft() -> bool:
    """Whether what was sent is only to be drawn: a draft, or a form that came too late to be believed."""
    return bool(request.form.get('draft') or g.get('stale_form'))


def _drafted(desk: Desk, record: Record | None, uid: str) -> str:
    """The form with what was typed once and never saved; what others changed since shows when it is saved."""
    shown = desk.presenter.inputs(record) if record else {}
    shown.update(typed_again(desk, [field.key for field in _all_fields(desk, record)]))
    return _render(desk, record, shown if record else gone.as_new(shown), uid=uid)


def quick(entity: str) -> ResponseReturnValue:
    """A dialog with the few fields of the quick layout; answers a new link choice, or the record's page."""
    with desk_for(entity) as desk:
        desk.reader.policy.require('create', desk.entity.key)
        fields = _quick_fields(desk)
        if request.method == 'GET':
            typed = request.args.get('text', '')
            values = {**_prefilled(desk), **({desk.entity.title.key: typed} if typed else {})}
            return _render_quick(desk, fields, values, new_uid(), {})
        uid = request.form.get('uid') or new_uid()
        try:
            saved = _write(desk, None, uid, _accepted())
        except (Invalid, Conflict) as error:
            errors = forms.errors_by_field(error.findings, desk.presenter.locale)
            shown = typed_again(desk, [field.key for field in fields], error.findings)
            return _render_quick(desk, fields, shown, uid, errors, candidates(desk, error.findings)), error.status
        return _after_quick(desk, saved)


def cell(entity: str, uid: str) -> ResponseReturnValue:
    """One value edited in place: GET gives its input, POST saves it and answers the cell as shown."""
    with desk_for(entity) as desk:
        key = request.values.get('field', '')
        fields = desk.presenter.fields(desk.entity, [key])
        if not fields:
            abort(404)
        record = desk.reader.get(desk.entity.key, uid)
        fields = form_state.ruled(desk, fields, form_state.standings(desk, record, {}), record)
        value = desk.presenter.inputs(record).get(key)
        if request.args.get('shown'):
            shown_value = desk.presenter.record(record).get(key)
            return render_template('web/cell_shown.html', field=fields[0], value=shown_value, record=record, entity=desk.entity)
        if request.method == 'GET':
            return render_template(
                'web/cell.html',
                field=fields[0],
                value=value,
                record=record,
                entity=desk.entity,
                errors=[],
                transfer=_moves(key, record),
            )
        if asked := gone.asked(desk, record, [(fields[0], _as_typed(desk, key))]):
            return asked
        try:
            saved = _write(desk, record, uid, 'all', whole=False)
        except (Invalid, Conflict) as error:
            errors = forms.errors_by_field(error.findings, desk.presenter.locale)
            texts = [text for found in errors.values() for text in found]
            shown = typed_again(desk, [key], error.findings).get(key)
            if dialogue := _asked_in_dialogue(desk, record, key, shown, error):
                return dialogue, error.status, {'HX-Retarget': '#layer', 'HX-Reswap': 'innerHTML'}
            page = render_template(
                'web/cell.html', field=fields[0], value=shown, record=record, entity=desk.entity, errors=texts,
                transfer=_moves(key, record),
            )  # fmt: skip
            return page, error.status, gone.beside(f'#cell-{uid}-{key}')
        if record.deleted_at is not None:
            return gone.back_again(_('%(field)s saved: %(title)s', field=fields[0].label, title=record.title))
        if request.form.get('place') == 'title':
            return make_response('', 204, {'HX-Refresh': 'true'})
    with desk_for(entity) as fresh:
        record = fresh.reader.get(fresh.entity.key, uid)
        values = fresh.presenter.record(record)
        page = render_template(
            'web/cell_shown.html', field=fields[0], value=values.get(key), record=record, entity=fresh.entity, saved=saved
        )
        return page, {
            'HX-Trigger': json.dumps({'record-changed': True, 'close-dialog': True, **_told(record, fields[0], saved)})
        }


def _as_typed(desk: Desk, key: str) -> Any:
    """The value of a cell that was sent, as pages show it."""
    return conflicts.as_sent(desk, key, _sent(desk), typed_again(desk, [key]))


def _told(record: Record, field: FieldView, saved: Saved) -> dict[str, Any]:
    """The toast of a cell of a list, with the way back; a record's own page has its time line for that."""
    if not saved.changed or request.values.get('place') == 'fact':
        return {}
    text = _('%(field)s saved: %(title)s', field=field.label, title=record.title)
    undo = moving.undo_url(record.entity.key, record.uid, saved.revision)
    return {'toast': {'kind': 'ok', 'text': text, 'undo': undo, 'group': 'cell'}}


def _asked_in_dialogue(desk: Desk, record: Record, key: str, shown: Any, error: Invalid | Conflict) -> str:
    """What a cell cannot ask for itself: which value to keep when somebody else changed it meanwhile, and what a stage needs.
    Blank for other refusals."""
    clashing = conflicts.conflicts(desk, record, _sent(desk), {key: shown}, error.findings)
    if clashing:
        sent = [
            (name, value)
            for name, values in request.form.lists()
            for value in values
            if name not in {'revision', 'csrf_token'} and not name.startswith('keep.')
        ]
        return render_template('web/conflict.html', entity=desk.entity, record=record, key=key, conflicts=clashing, sent=sent)
    stage = desk.entity.stage
    if stage is not None and key == stage.key and gates.is_asked(desk.entity, error.findings):
        return gates.dialogue(desk, record.uid, moving.stage_of(desk, request.form.get(key, '')))
    return ''


def _moves(key: str, record: Record) -> dict[str, Any] | None:
    """The choice that goes with the owner's own cell."""
    return transfer.asked(record) if key == 'owner' else None


def _save(desk: Desk, record: Record | None, uid: str) -> ResponseReturnValue:
    locale = desk.presenter.locale
    if record is not None and record.deleted_at is not None and gone.chosen() != gone.BACK:
        return _drafted(desk, record, uid), 409
    try:
        saved = _write(desk, record, uid, _accepted())
    except (Invalid, Conflict) as error:
        shown = desk.presenter.inputs(record) if record else {}
        shown.update(typed_again(desk, [field.key for field in _all_fields(desk, record)], error.findings))
        page = _render(desk, record, shown, uid=uid, findings=error.findings)
        return page, error.status
    label = desk.entity.definition.label_in(locale)
    told = begun(_('%(entity)s saved', entity=in_sentence(label)))
    flash(told if saved.changed or record is None else _('Nothing was changed'), 'ok')
    if request.form.get('then') == 'again':
        return redirect(f'/{desk.entity.key}/new', 303)
    if _went_away(desk, saved, is_new=record is None):
        flash(_gone(), 'ok')
        return redirect(f'/{desk.entity.key}/', 303)
    return redirect(f'/{desk.entity.key}/{saved.uid}', 303)


def _went_away(desk: Desk, saved: Saved, *, is_new: bool) -> bool:
    """Whether a record left its writer's sight by being saved: a pool took it, or somebody else looks after it now."""
    if desk.reader.policy.scope('read', desk.entity.key) == 'all' or not (is_new or {'owner', 'team'} & {*saved.changed}):
        return False
    with desk_for(desk.entity.key) as fresh:
        return saved.uid not in fresh.reader.titles(desk.entity.key, [saved.uid])


def _gone() -> str:
    """Said beside what was saved."""
    return str(_('It is with others now, so you do not see it any more.'))


def _write(desk: Desk, record: Record | None, uid: str, accept: Any, *, whole: bool = True) -> Saved:
    """`whole`: a form was sent, of which the person need not have changed everything."""
    entity_key = desk.entity.key
    wire = conflicts.without_theirs(_sent(desk))
    if record is None:
        return desk.runtime.write(
            g.actor, lambda store: store.create(entity_key, wire, uid=uid, accept=accept), catalog=g.catalog
        )
    base = conflicts.seen() if whole else conflicts.seen_revision()

    def change(store: Store) -> Saved:
        if record.deleted_at is not None and (whole or gone.chosen() == gone.BACK):
            store.restore(entity_key, uid)
        return store.update(entity_key, uid, wire, base_revision=base, accept=accept)

    return desk.runtime.write(g.actor, change, catalog=g.catalog, old_owner=transfer.chosen())


def _sent(desk: Desk) -> dict[str, Any]:
    """Wire values of what the form sent and the person may set."""
    return forms.read_form(desk.entity, request.form, desk.reader.policy.writable(desk.entity.key), desk.reader.reading)


def _accepted() -> list[str]:
    return request.form.getlist('accept')


def _all_fields(desk: Desk, record: Record | None) -> list[FieldView]:
    """What the layout has, computed fields too. Owner and team are asked of those alone who may give the record to others."""
    keys = [key for section in desk.layouts.form for key in section.fields]
    extra = [key for key in GIVEN if key not in keys]
    if not _may_give(desk, record):
        keys, extra = [key for key in keys if key not in GIVEN], []
    return desk.presenter.fields(desk.entity, [*keys, *extra])


def _may_give(desk: Desk, record: Record | None) -> bool:
    if record is None:
        return desk.reader.policy.scope('assign', desk.entity.key) != 'none'
    return record.id in reached(desk, 'assign', [record])


def _quick_fields(desk: Desk) -> list[FieldView]:
    """Those of the layout, what a record cannot be without, the links and the stage that the asker wants it to have, and what
    that stage asks for."""
    keys = list(desk.layouts.quick)
    stage, named = desk.entity.stage, [field for field in desk.entity.own_fields if field.key in request.values]
    keys += [field.key for field in named if field.definition.targets or field is stage]
    if stage in named:
        asked = request.values[stage.key]
        keys += [key for each in desk.entity.definition.stages if each.key == asked for key in each.requires]
    keys = list(dict.fromkeys(keys))
    needed = [field.key for field in desk.entity.own_fields if field.definition.required and field.key not in keys]
    return [field for field in desk.presenter.fields(desk.entity, [*keys, *needed]) if field.writable]


def _prefilled(desk: Desk) -> dict[str, Any]:
    """Values from the address (`?company=<uid>`) or of the record it is to be like, defaults, and the person as owner."""
    values: dict[str, Any] = _copied(desk, request.args['like']) if request.args.get('like') else {}
    actor = g.actor
    for field in desk.entity.own_fields:
        default = field.definition.default
        if field.key in values:
            continue
        if default is not None and not isinstance(default, Mapping):
            values[field.key] = default
        elif field.type.key == 'boolean':
            values[field.key] = False  # a new record's switch that is left alone means no
        if field.is_link and (raw := request.args.get(field.key)):
            target, _mark, uid = raw.rpartition(':')
            target = target or field.definition.targets[0]
            if target in field.definition.targets:
                linked = desk.reader.get(target, uid, columns=())
                values[field.key] = {'uid': linked.uid, 'label': linked.title, 'target': target}
        elif field.type.key == 'links' and (raw := request.args.get(field.key)):
            linked = desk.reader.get(field.definition.targets[0], raw, columns=())
            values[field.key] = [{'uid': linked.uid, 'label': linked.title, 'target': field.definition.targets[0]}]
        elif field.type.key == 'stage' and (stage := request.args.get(field.key)):
            values[field.key] = stage
        elif field.type.key in {'date', 'datetime'} and (moment := request.args.get(field.key)):
            values[field.key] = moment[:16]
    values.setdefault('owner', desk.presenter.link(Link(USER, actor.username, actor.user_id, actor.name)))
    return values


def _copied(desk: Desk, uid: str) -> dict[str, Any]:
    """What a new record takes over of another one: what people set there, but for its stage, its files, and what no two
    records share. Raises: NotFound."""
    record, writable = desk.reader.get(desk.entity.key, uid), desk.reader.policy.writable(desk.entity.key)
    taken = {
        field.key for field in desk.entity.own_fields
        if field.key in writable and field.writable and not field.definition.unique
        and field.type.key != 'stage' and not is_attached(field)
    }  # fmt: skip
    return gone.as_new({key: value for key, value in desk.presenter.inputs(record).items() if key in taken})


def _render(
    desk: Desk, record: Record | None, values: dict[str, Any], *, uid: str, findings: tuple[Finding, ...] = ()
) -> str:  # fmt: skip
    entity, locale = desk.entity, desk.presenter.locale
    state = _state(desk, record, values)
    fields = form_state.ruled(desk, _all_fields(desk, record), state, record)
    errors = forms.errors_by_field([each for each in findings if not each.code.startswith('DUP-')], locale)
    by_key = {field.key: field for field in fields}
    values = {**values, **derived.shown(desk, record, fields)}
    sections = []
    placed: set[str] = set()
    for section in desk.layouts.form:
        chosen = [by_key[key] for key in section.fields if key in by_key]
        placed |= {field.key for field in chosen}
        if chosen:
            sections.append(_section(in_locale(section.label, locale), chosen, section))
    rest = [field for field in fields if field.key not in placed]
    if rest:
        sections.append(_section(_('Who looks after it'), rest, desk.layouts.form[-1]))
    label = entity.definition.label_in(locale)
    sent = request.method == 'POST'
    clashing = conflicts.conflicts(desk, record, _sent(desk), values, findings) if findings else []
    drafted = _is_draft()
    revision = (conflicts.seen_revision() if sent else None) or (record.revision if record else '')
    return render_template(
        'web/form.html', entity=entity, record=record, uid=uid, revision=revision, sections=sections, values=values,
        drafted=drafted, operands=derived.operands(desk, fields),
        tabs=_tabs(desk, sections, errors), rules=form_state.payload(desk, record, fields, state),
        errors=errors, error_entries=forms.error_entries(errors, fields) if not clashing else [], conflicts=clashing,
        candidates=candidates(desk, findings, record), stale=bool(g.get('stale_form')), gone=gone.gone(desk, record),
        moved=record is None and request.endpoint == 'entity.edit',
        new_label=_('Save as a new %(entity)s', entity=in_sentence(label)),
        title=_('Edit %(entity)s', entity=in_sentence(label)) if record else _('Add %(entity)s', entity=in_sentence(label)),
        save_label=_('Save %(entity)s', entity=in_sentence(label)),
        again_label='' if record else _('Save and add another'),
        cancel_href=f'/{entity.key}/{uid if record else request.args.get("like", "")}',
        transfer=transfer.asked(record) if record and 'owner' in by_key else None,
    )  # fmt: skip


def _section(label: str, fields: list[FieldView], section: SectionDef) -> dict[str, Any]:
    return {
        'label': label, 'rows': form_rows(fields, section.columns), 'folded': section.collapsed, 'tab': section.tab,
        'hidden': all(field.hidden for field in fields),
    }  # fmt: skip


def _tabs(desk: Desk, sections: list[dict[str, Any]], errors: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Tabs that hold sections, with the number of their errors; the first with any is open, else the first."""
    tabs = []
    for tab in desk.layouts.tabs:
        rows = [row for section in sections if section['tab'] == tab.key for row in section['rows']]
        if rows:
            faults = sum(len(errors.get(field.key, ())) for row in rows for field in row)
            tabs.append({'key': tab.key, 'label': in_locale(tab.label, desk.presenter.locale), 'faults': faults, 'on': False})
    if tabs:
        next((tab for tab in tabs if tab['faults']), tabs[0])['on'] = True
    return tabs if len(tabs) > 1 else []


def _state(desk: Desk, record: Record | None, values: Mapping[str, Any]) -> form_state.Standings:
    """How the fields stand in a form that is drawn: as sent, or as a new record starts."""
    if request.method == 'POST':
        return form_state.standings(desk, record, form_state.typed_values(desk, _sent(desk)))
    return form_state.standings(desk, record, {} if record else form_state.input_values(desk, values))


def rules(entity: str) -> ResponseReturnValue:
    """How the fields of a form stand with what is typed, or with `?computed=1` what its computed fields will hold: for the
    browser, where it cannot tell. Writes nothing."""
    with desk_for(entity) as desk:
        uid = request.form.get('record', '')
        columns = None if request.args.get('computed') else ()
        record = desk.reader.get(desk.entity.key, uid, columns=columns) if uid else None
        desk.reader.policy.require('update' if record else 'create', desk.entity.key)
        if request.args.get('computed'):
            return jsonify(derived.texts(desk, record, _all_fields(desk, record)))
        return jsonify(form_state.as_answer(desk, _state(desk, record, {})))


def _render_quick(
    desk: Desk, fields: list[FieldView], values: dict[str, Any], uid: str, errors: dict[str, list[str]],
    found: list[dict[str, Any]] | None = None,
) -> str:  # fmt: skip
    label = in_sentence(desk.entity.definition.label_in(desk.presenter.locale))
    state = _state(desk, None, values)
    fields = form_state.ruled(desk, fields, state)
    return render_template(
        'web/quick.html', entity=desk.entity, values=values, rules=form_state.payload(desk, None, fields, state),
        sections=[{'label': '', 'rows': form_rows(fields), 'folded': False, 'hidden': False}],
        errors=errors, error_entries=forms.error_entries(errors, fields), uid=uid, candidates=found or [],
        title=_('Add %(entity)s', entity=label), save_label=_('Save %(entity)s', entity=label),
        select=request.values.get('select', ''), stay=request.values.get('stay', ''),
    )  # fmt: skip


def _after_quick(desk: Desk, saved: Saved) -> ResponseReturnValue:
    """For a select: the new choice as an event. From a related list: draw the page again. Else: go to the record."""
    response = make_response('', 204)
    if _went_away(desk, saved, is_new=True):
        label = desk.entity.definition.label_in(desk.presenter.locale)
        flash(f'{begun(_("%(entity)s saved", entity=in_sentence(label)))}. {_gone()}', 'ok')
        response.headers['HX-Refresh'] = 'true'
        return response
    with desk_for(desk.entity.key) as fresh:
        record = fresh.reader.get(desk.entity.key, saved.uid, columns=())
    if select := request.form.get('select'):
        chosen = {'uid': saved.uid, 'label': record.title, 'select': select}
        response.headers['HX-Trigger'] = json.dumps({'record-created': chosen})
    elif request.form.get('stay'):
        label = desk.entity.definition.label_in(desk.presenter.locale)
        flash(begun(_('%(entity)s saved', entity=in_sentence(label))), 'ok')
        response.headers['HX-Refresh'] = 'true'
    else:
        response.headers['HX-Redirect'] = f'/{desk.entity.key}/{saved.uid}'
    return response
