"""Studio's pages for an entity's pipelines, rules, unique keys, duplicate rules, layouts and place in the calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from migrations.converting import can_become
from modules.studio import calendar_parts, editing, forms, part_forms
from modules.studio.editing import on
from modules.studio.layout_views import layout_view
from modules.studio.presenting import Bench
from modules.studio.views import bench, kept, pages, show
from schema.base.errors import BadRequest
from schema.definitions import Document


@pages.route('/<entity>/stages', methods=['GET', 'POST'])
def stages(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    pipelines = {each['key']: each for each in document.get('x-pipelines', ())}
    chosen = request.values.get('pipeline') or next(iter(pipelines), '')
    if request.method == 'GET':
        return show('stages', desk, entity, 'stages', pipeline=pipelines.get(chosen), categories=part_forms.CATEGORIES,
                    sources=[] if pipelines else _sources(desk, document))  # fmt: skip
    then = request.form.get('then')
    if then == 'forget':
        _forget(desk, entity, 'x-pipelines')
    elif then == 'begin':
        chosen = _begin(desk, document, pipelines)
    elif chosen not in pipelines:
        raise BadRequest.of('API-E404', '/pipeline', value=chosen[:60], hint='')
    elif then == 'remove':
        desk.workshop.rework(on(editing.remove_pipeline, entity, chosen))
        chosen = ''
    else:
        others = [stage['key'] for key, each in pipelines.items() if key != chosen for stage in each['stages']]
        part = part_forms.pipeline_part(request.form, pipelines[chosen], others)
        desk.workshop.rework(on(editing.put_stages, entity, chosen, part))
        kept()
    return redirect(url_for('studio.stages', entity=entity, pipeline=chosen or None), 303)


def _sources(desk: Bench, document: Document) -> list[dict[str, str]]:
    """Fields whose values can become stages, those with options first."""
    fields = {key: part for key, part in document.get('properties', {}).items() if key != document.get('x-title-field')}
    able = [key for key, part in fields.items() if can_become(part.get('x-type', ''), 'stage')]
    able.sort(key=lambda key: 'x-options' not in fields[key])
    return [{'key': key, 'label': desk.label(fields[key], key)} for key in able]


def _begin(desk: Bench, document: Document, pipelines: Mapping[str, Any]) -> str:
    """Add a pipeline, of a field that becomes its stages when one is chosen; its key."""
    entity, field = document['x-key'], '' if pipelines else request.form.get('of', '')
    if field and field not in {each['key'] for each in _sources(desk, document)}:
        raise BadRequest.of('API-E404', '/of', value=field[:60], hint='')
    part = document['properties'][field] if field else {}
    label, first = part_forms.first_pipeline(list(pipelines), forms.texts(request.form, 'label') or part.get('x-label'))
    first = part_forms.pipeline_of(part) if part.get('x-options') else first
    desk.workshop.rework(on(editing.begin_stages, entity, label, first, field))
    return str(first['key'])


def _forget(desk: Bench, entity: str, *keywords: str) -> None:
    live = desk.workshop.live(entity)
    if live is None:
        return

    def undo(draft: editing.Request) -> dict[str, Any]:
        made = dict(draft)
        for keyword in keywords:
            made = editing.forget_keyword(made, live, entity, keyword)
        return made

    desk.workshop.edit(undo)


@pages.route('/<entity>/rules', methods=['GET', 'POST'])
def rules(entity: str) -> ResponseReturnValue:
    """Validation rules and unique keys."""
    desk = bench()
    document = desk.workshop.entity(entity)
    if request.method == 'GET':
        opened, unique = request.args.get('rule', ''), request.args.get('unique', '')
        return show('rules', desk, entity, 'rules', opened=opened, unique=unique, rules=document.get('x-rules', []),
                    uniques=document.get('x-unique-keys', []))  # fmt: skip
    if request.form.get('then') == 'forget':
        _forget(desk, entity, 'x-rules', 'x-unique-keys')
    elif request.form.get('kind') == 'unique':
        _put_listed(desk, document, 'x-unique-keys', part_forms.unique_part)
    else:
        _put_listed(desk, document, 'x-rules', part_forms.rule_part)
    return redirect(url_for('studio.rules', entity=entity), 303)


def _put_listed(
    desk: Bench, document: Document, keyword: str, read: Callable[[forms.Form, Mapping[str, Any]], dict[str, Any]]
) -> None:  # fmt: skip
    """Change, add or take out the entry that the form holds; `former` names it."""
    former, entity = request.form.get('former', ''), document['x-key']
    if request.form.get('then') == 'remove':
        desk.workshop.rework(on(editing.remove_part, entity, keyword, former))
        return
    taken = {each['key']: each for each in document.get(keyword, ()) if each['key'] != former}
    desk.workshop.rework(on(editing.put_part, entity, keyword, former, read(request.form, taken)))
    kept()


@pages.route('/<entity>/duplicates', methods=['GET', 'POST'])
def duplicates(entity: str) -> ResponseReturnValue:
    desk = bench()
    document = desk.workshop.entity(entity)
    if request.method == 'GET':
        found = list(document.get('x-duplicates', ()))
        return show('duplicates', desk, entity, 'duplicates', rules=found, opened=request.args.get('rule', ''),
                    comparisons=comparison_words())  # fmt: skip
    if request.form.get('then') == 'forget':
        _forget(desk, entity, 'x-duplicates')
    else:
        _put_listed(desk, document, 'x-duplicates', part_forms.duplicate_part)
    return redirect(url_for('studio.duplicates', entity=entity), 303)


def comparison_words() -> list[dict[str, str]]:
    words = {'exact': _('exactly the same'), 'email': _('same e-mail address'), 'phone': _('same phone in any spelling'),
             'name': _('same name, accents ignored'), 'company_name': _('same company, legal forms ignored')}  # fmt: skip
    return [{'key': key, 'label': words[key]} for key in part_forms.COMPARISONS]


@pages.route('/<entity>/layouts', methods=['GET', 'POST'])
def layouts(entity: str) -> ResponseReturnValue:
    """Where fields stand: on the form, lists, cards, quick create and related lists, for everybody or for one role."""
    desk = bench()
    document = desk.workshop.entity(entity)
    name, role = request.values.get('show', 'form'), request.values.get('role', '')
    if name not in part_forms.LAYOUTS:
        raise BadRequest.of('API-E404', '/show', value=name[:60], hint=', '.join(part_forms.LAYOUTS))
    if request.method == 'GET':
        return show('layouts', desk, entity, 'layouts', layout=layout_view(desk, document, name, role), roles=desk.roles())
    then = request.form.get('then')
    if then == 'forget':
        _forget(desk, entity, 'x-layouts')
    elif then == 'common':
        _drop_own(desk, entity, role, name)
    else:
        value = part_forms.layout_part(request.form, name)
        tabs = part_forms.tab_parts(request.form)

        def put(schema: Any) -> editing.Schema:
            made = editing.put_layout(schema, entity, role, name, value)
            return editing.put_layout(made, entity, role, 'tabs', tabs) if name == 'form' else made

        desk.workshop.rework(put)
        kept()
    return redirect(url_for('studio.layouts', entity=entity, show=name, role=role or None), 303)


def _drop_own(desk: Bench, entity: str, role: str, name: str) -> None:
    """Back to the common layout, or, for the common one, to the order of the fields."""

    def drop(schema: Any) -> editing.Schema:
        made = editing.put_layout(schema, entity, role, name, None)
        return editing.put_layout(made, entity, role, 'tabs', None) if name == 'form' else made

    desk.workshop.rework(drop)


@pages.route('/<entity>/calendar', methods=['GET', 'POST'])
def calendar(entity: str) -> ResponseReturnValue:
    """Which fields say when and how its records stand in the calendar."""
    desk = bench()
    document = desk.workshop.entity(entity)
    keyword = calendar_parts.KEYWORD
    if request.method == 'GET':
        view = calendar_parts.calendar_view(desk, document)
        return show('calendar', desk, entity, 'calendar', calendar=view, calendar_kinds=calendar_parts.kind_words())
    if request.form.get('then') == 'forget':
        _forget(desk, entity, keyword)
    else:
        put = {keyword: calendar_parts.calendar_part(request.form, document.get(keyword))}
        desk.workshop.rework(on(editing.put_entity, entity, put))
        kept()
    return redirect(url_for('studio.calendar', entity=entity), 303)
