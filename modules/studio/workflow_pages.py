"""Studio's pages of workflows: which there are, new ones, what starts one and its steps. All of it goes into the draft."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.studio import forms, workflow_editing, workflow_forms
from modules.studio.editing import Schema, on
from modules.studio.views import bench, count_text, kept, pages, show
from modules.studio.workflow_panes import TRIGGER, allowed, pane
from modules.studio.workflow_people import read_roster
from modules.studio.workflow_shapes import TRIGGERS, Input, known_inputs
from modules.studio.workflow_starters import STARTERS, TEMPLATE, blank, fitting
from modules.studio.workflow_views import RuleDesk, differs, shape_of
from schema.base.errors import NotFound
from schema.base.ids import is_key, key_from
from schema.base.numbers import whole
from schema.catalog import SYSTEM_FACES
from schema.checks.metaschema import load_metaschemas
from schema.definitions import Document
from schema.loading import Documents, bare

KIND = 'workflow'
FACT_DAYS = 30
CONDITION, NAME = '@condition', '@name'


def rule_desk(*, facts: bool = False) -> RuleDesk:
    runtime, told = g.runtime, {}
    if facts:
        for tell in runtime.registries.rule_facts:
            told.update(tell(runtime, runtime.clock.now() - timedelta(days=FACT_DAYS)))
    return RuleDesk(bench(), g.catalog, runtime.registries.actions.keys(), told, lambda: read_roster(runtime.database))


def _show(name: str, desk: RuleDesk, **more: Any) -> str:
    return show(name, desk.bench, '', 'workflows', **more)


@pages.get('/workflows/')
def workflows() -> ResponseReturnValue:
    desk = rule_desk(facts=True)
    entries = [{**each, 'trigger': desk.trigger_words(each['document'])} for each in desk.entries(KIND)]
    return _show('workflows', desk, entries=entries, gone_rules=desk.gone(KIND), days=FACT_DAYS)


@pages.route('/workflows/new', methods=['GET', 'POST'])
def add_workflow() -> ResponseReturnValue:
    """From a starter that fits an entity, or from nothing."""
    desk = rule_desk()
    if request.method == 'GET':
        starters = [
            {'key': each.key, 'label': each.label, 'about': each.about, 'icon': each.icon,
             'entities': [{'key': key, 'label': desk.entity_label(key)} for key in fitting(each, desk.documents)]}
            for each in STARTERS
        ]  # fmt: skip
        return _show('workflow_new', desk, starters=[each for each in starters if each['entities']], values={}, errors={})
    entity, chosen = request.form.get('entity', ''), request.form.get('starter', '')
    desk.bench.workshop.entity(entity)
    starter = next((each for each in STARTERS if each.key == chosen and entity in fitting(each, desk.documents)), None)
    label = forms.texts(request.form, 'label')
    if starter is None and not label:
        return _show('workflow_new', desk, starters=[], values=request.form, errors={'label': _('Give it a name.')}), 422
    made, template = starter.make(desk.documents, entity, desk.actions) if starter else (blank(entity, label), None)
    made = {**made, 'x-label': label or made['x-label']}
    key = forms.free(key_from(made['x-label'].get('en') or made['x-label'].get('vi') or '') or 'workflow', _taken(desk, KIND))
    desk.bench.workshop.rework(lambda schema: _begin(schema, key, made, template))
    return redirect(url_for('studio.workflow', rule=key, step=TRIGGER), 303)


def _begin(schema: Documents, key: str, made: dict[str, Any], template: dict[str, Any] | None) -> Schema:
    """The workflow with the template that it sends."""
    if template is not None:
        taken = {name for kind, name in schema if kind == 'template'}
        stem = key_from(template['x-label'].get('en') or '')[:40].strip('_') or key
        named = forms.free(stem, taken)
        schema = workflow_editing.put_document(schema, ('template', named), {**template, 'entity': made['entity']})
        for found in workflow_editing.walk(made):
            if found.step.get('template') == TEMPLATE:
                found.step['template'] = named
    return workflow_editing.put_document(schema, (KIND, key), made)


def _taken(desk: RuleDesk, kind: str) -> set[str]:
    return {key for each, key in desk.documents if each == kind}


@pages.get('/workflows/<rule>')
def workflow(rule: str) -> ResponseReturnValue:
    """The flow; beside it what starts it, its condition, a step, or the steps that may be added at a place."""
    return _page(rule_desk(), rule)


def _page(desk: RuleDesk, rule: str, *, step: str = '', typed: str | None = None, wrong: str = '') -> str:
    document = desk.document((KIND, rule))
    problems = desk.problems_of(KIND, rule)
    chosen = step or request.values.get('step', '') or ('' if request.values.get('at') else TRIGGER)
    live = desk.live((KIND, rule))
    entity = str(document.get('entity', ''))
    return _show(
        'workflow', desk, rule=document, rule_key=rule, rule_label=desk.bench.label(document, rule), live=live,
        rule_changed=live is not None and differs(live, document), rule_touched=live is None or differs(live, document),
        rule_entity=entity, rule_entity_label=desk.entity_label(entity), rule_keywords=load_metaschemas()[KIND]['properties'],
        rule_links=[link(live['x-key']) for link in g.runtime.registries.rule_links] if live else [], rings=desk.rings_of(rule),
        trigger=desk.trigger_words(document), when=desk.condition_words(document.get('condition'), entity),
        flow=desk.flow(document, problems, chosen), chosen=chosen, at=request.values.get('at', ''),
        moving=request.values.get('move', ''), rule_problems=problems,
        pane=pane(desk, document, chosen, problems, request.values.get('type', '')),
        runners=desk.folk.offer_people(document.get('run_as')) if chosen == NAME else [],
        kinds=desk.kinds, used_by=[each for each in workflow_editing.users_of(desk.documents, (KIND, rule)) if each[0] != rule],
        trigger_icon=TRIGGERS.get(str(document.get('trigger', {}).get('type', '')), TRIGGERS['created']), json_typed=typed,
        json_wrong=wrong, about={place: [each for each in problems if desk.step_at(document, each['pointer']) == place]
                                 for place in ('', TRIGGER, CONDITION)},
    )  # fmt: skip


def _edit(desk: RuleDesk, rule: str, edit: Callable[[dict[str, Any]], Any]) -> Any:
    """Change one workflow of the draft; what the edit answered, and the workshop after it in `desk.after`."""
    answers: list[Any] = []
    desk.document((KIND, rule))
    desk.bench.workshop.rework(
        lambda schema: workflow_editing.on_workflow(schema, rule, lambda document: answers.append(edit(document)))
    )
    return answers[-1]


@pages.post('/workflows/<rule>/trigger')
def keep_trigger(rule: str) -> ResponseReturnValue:
    desk = rule_desk()
    document = desk.document((KIND, rule))
    kind, former = request.form.get('type', 'created'), document.get('trigger', {})
    shape = TRIGGERS.get(kind, TRIGGERS['created'])
    properties = desk.documents.get(('entity', str(document.get('entity'))), {}).get('properties', {})
    part = workflow_forms.keywords_of(request.form, known_inputs(shape, allowed('trigger')), former, properties)
    shown = {each.name for each in shape.inputs}
    base = {name: said for name, said in former.items() if kind == former.get('type') and name not in shown}
    trigger = {**base, 'type': kind, **{name: said for name, said in part.items() if said is not None}}
    desk.bench.workshop.rework(on(workflow_editing.put_document, (KIND, rule), {'trigger': trigger}))
    kept()
    return redirect(url_for('studio.workflow', rule=rule, step=TRIGGER), 303)


@pages.post('/workflows/<rule>/condition')
def keep_condition(rule: str) -> ResponseReturnValue:
    desk = rule_desk()
    desk.document((KIND, rule))
    put = {'condition': forms.condition(request.form.get('condition', ''))}
    desk.bench.workshop.rework(on(workflow_editing.put_document, (KIND, rule), put))
    kept()
    return redirect(url_for('studio.workflow', rule=rule, step=CONDITION), 303)


@pages.post('/workflows/<rule>/about')
def keep_rule(rule: str) -> ResponseReturnValue:
    """Name, help, key, under whose rights it runs, how many mails a day."""
    desk, form = rule_desk(), request.form
    document = desk.document((KIND, rule))
    label, key = forms.kept_texts(form, 'label', document.get('x-label')), form.get('key', '').strip() or rule
    if not label or not is_key(key) or (key != rule and (KIND, key) in desk.documents):
        flash(_('Give it a name, and a key that no other workflow has.'), 'bad')
        return redirect(url_for('studio.workflow', rule=rule, step=NAME), 303)
    put = {'x-label': label, 'x-help': forms.kept_texts(form, 'help', document.get('x-help')),
           'run_as': form.get('run_as', '').strip() or None}  # fmt: skip
    if 'daily_cap' in form:
        put['daily_cap'] = forms.number(form['daily_cap'])
        put['over_cap'] = 'leave_out' if form.get('over_cap') == 'leave_out' else None

    def edit(schema: Documents) -> Schema:
        made = workflow_editing.put_document(schema, (KIND, rule), put)
        return workflow_editing.rename_document(made, (KIND, rule), key) if key != rule else made

    desk.bench.workshop.rework(edit)
    kept()
    return redirect(url_for('studio.workflow', rule=key, step=NAME), 303)


@pages.post('/workflows/<rule>/switch')
def switch_workflow(rule: str) -> ResponseReturnValue:
    """On or off, once the draft is published."""
    desk = rule_desk()
    enabled = request.form.get('enabled') == '1'
    desk.document((KIND, rule))
    desk.bench.workshop.rework(on(workflow_editing.put_document, (KIND, rule), {'enabled': enabled}))
    flash(_('It runs once you publish.') if enabled else _('It stops once you publish.'), 'ok')
    listed = request.form.get('back') == 'list'
    return redirect(url_for('studio.workflows') if listed else url_for('studio.workflow', rule=rule), 303)


@pages.post('/workflows/<rule>/steps')
def add_step(rule: str) -> ResponseReturnValue:
    desk, kind = rule_desk(), request.form.get('type', '')
    if kind not in desk.actions:
        raise NotFound.of('REC-E029', value=kind[:80], hint='')
    step = {'type': kind, **shape_of(kind).begins}
    key = _edit(desk, rule, lambda document: workflow_editing.add_step(document, request.form.get('at', ''), step))
    return redirect(url_for('studio.workflow', rule=rule, step=key, _anchor=f'step-{key}'), 303)


@pages.post('/workflows/<rule>/steps/<step>')
def keep_step(rule: str, step: str) -> ResponseReturnValue:
    """What one step says; `then` adds or takes a way of a branch."""
    desk, form = rule_desk(), request.form
    document = desk.document((KIND, rule))
    found = workflow_editing.find(document, step)
    if found is None:
        raise NotFound.of('REC-E029', value=step[:80], hint='')
    if 'json' in form:
        return _keep_json(desk, rule, step, form['json'])
    inputs = known_inputs(shape_of(str(found.step.get('type'))), allowed('step'))
    part = workflow_forms.keywords_of(form, inputs, found.step, _written(desk, document, step, inputs))
    part['label'] = forms.kept_texts(form, 'label', found.step.get('label'))
    then, _colon, place = form.get('then', '').partition(':')
    number = whole(place)

    def edit(made: dict[str, Any]) -> None:
        workflow_editing.put_step(made, step, part)
        if then == 'add_case':
            workflow_editing.add_case(made, step)
        elif then == 'remove_case' and number is not None:
            workflow_editing.remove_case(made, step, number)

    _edit(desk, rule, edit)
    kept()
    return redirect(url_for('studio.workflow', rule=rule, step=step), 303)


def _written(desk: RuleDesk, document: Document, step: str, inputs: tuple[Input, ...]) -> dict[str, Any]:
    """The fields that the step writes: of the entity that its form chooses, else of its own record."""
    own = any(each.kind == 'entity' for each in inputs)
    entity = request.form.get('entity', '') if own else desk.entity_at(document, step)
    known: dict[str, Any] = desk.documents.get(('entity', entity), {}).get('properties', {})
    return {**{key: {'x-type': kind} for key, (kind, _label) in SYSTEM_FACES.items()}, **known}


def _keep_json(desk: RuleDesk, rule: str, step: str, text: str) -> ResponseReturnValue:
    """A step as JSON. What cannot be read comes back as it was typed, with the line."""
    try:
        made = json.loads(text)
    except ValueError as error:
        line = getattr(error, 'lineno', 1)
        return _page(desk, rule, step=step, typed=text, wrong=_('Line %(line)s: this is no JSON.', line=line)), 422
    if not isinstance(made, dict) or not isinstance(made.get('type'), str):
        return _page(desk, rule, step=step, typed=text, wrong=_('A step is an object with a type.')), 422
    key = made['key'] if is_key(str(made.get('key', ''))) else step
    _edit(desk, rule, lambda document: workflow_editing.replace_step(document, step, {**made, 'key': key}))
    kept()
    return redirect(url_for('studio.workflow', rule=rule, step=key), 303)


@pages.post('/workflows/<rule>/steps/<step>/<any(move, up, down, copy, remove):act>')
def change_step(rule: str, step: str, act: str) -> ResponseReturnValue:
    """Put a step elsewhere, make a copy, take it out; scripts get the count of changes instead of the page."""
    desk, place = rule_desk(), request.form.get('at', '')
    acts: dict[str, Callable[[dict[str, Any]], Any]] = {
        'move': lambda document: workflow_editing.move_step(document, step, place),
        'up': lambda document: workflow_editing.nudge_step(document, step, -1),
        'down': lambda document: workflow_editing.nudge_step(document, step, 1),
        'copy': lambda document: workflow_editing.copy_step(document, step),
        'remove': lambda document: workflow_editing.remove_step(document, step),
    }
    answer = _edit(desk, rule, acts[act])
    if request.headers.get('X-Requested-With') == 'fetch':
        return jsonify(text=count_text(bench().workshop), moved=bool(answer))
    if answer is False:
        flash(_('It cannot go there.'), 'bad')
    chosen = answer if act == 'copy' else None if act == 'remove' else step
    return redirect(url_for('studio.workflow', rule=rule, step=chosen, _anchor=f'step-{chosen}' if chosen else None), 303)


@pages.post('/workflows/<rule>/copy')
def copy_workflow(rule: str) -> ResponseReturnValue:
    desk = rule_desk()
    document = desk.document((KIND, rule))
    said = {'vi': '{} (bản sao)', 'en': '{} (copy)'}
    label = {locale: said.get(locale, '{}').format(text)[:200] for locale, text in document.get('x-label', {}).items()}
    key = forms.free(rule, _taken(desk, KIND))
    desk.bench.workshop.rework(on(workflow_editing.copy_document, (KIND, rule), key, label))
    return redirect(url_for('studio.workflow', rule=key, step=NAME), 303)


@pages.post('/workflows/<rule>/remove')
def remove_workflow(rule: str) -> ResponseReturnValue:
    desk = rule_desk()
    desk.document((KIND, rule))
    desk.bench.workshop.rework(on(workflow_editing.remove_document, (KIND, rule)))
    flash(_('The workflow goes when you publish.'), 'ok')
    return redirect(url_for('studio.workflows'), 303)


@pages.post('/workflows/<rule>/keep')
def keep_workflow(rule: str) -> ResponseReturnValue:
    """Take back everything that the draft says of a workflow, its removal included."""
    desk = rule_desk()
    return take_back(desk, (KIND, rule), 'studio.workflows')


def take_back(desk: RuleDesk, name: tuple[str, str], back: str) -> ResponseReturnValue:
    """Undo what the draft says of a workflow or template, and go to the page `back`."""
    live = desk.live(name)
    if live is None:
        desk.document(name)
        desk.bench.workshop.rework(on(workflow_editing.remove_document, name))
    else:
        desk.bench.workshop.edit(lambda draft: workflow_editing.forget_document(draft, live, name[0]))
    return redirect(url_for(back), 303)


@pages.get('/workflows/<rule>/json')
def workflow_json(rule: str) -> ResponseReturnValue:
    desk = rule_desk()
    document = desk.document((KIND, rule))
    text = json.dumps(bare(document), ensure_ascii=False, indent=2)
    return _show('document_json', desk, text=text, title=desk.bench.label(document, rule), back=f'/studio/workflows/{rule}')
