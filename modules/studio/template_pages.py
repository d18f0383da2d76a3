"""Studio's pages of mail templates: writing them by language, trying them on a real record, a test mail to oneself."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.mail.composing import clean_address
from modules.mail.previewing import Tried, try_template
from modules.mail.rendering import PARTS
from modules.mail.server import default_sender, mail_server
from modules.mail.service import Draft, add_message
from modules.records.model import Record
from modules.records.queries import Reader
from modules.studio import forms, workflow_editing
from modules.studio.editing import Schema, on
from modules.studio.template_views import conditions, language_fields, lists, merge_groups
from modules.studio.views import kept, pages, show
from modules.studio.workflow_pages import rule_desk, take_back
from modules.studio.workflow_views import RuleDesk, differs
from permissions.tables import ab_user
from schema.base.errors import Forbidden, NotFound, TrellisError
from schema.base.ids import is_key, is_uid, key_from, new_uid
from schema.catalog import Entity
from schema.definitions import TemplateDef
from schema.fieldtypes.base import Reading
from schema.loading import Documents, bare

KIND = 'template'
OFFERED = 20


def _show(name: str, desk: RuleDesk, **more: Any) -> str:
    return show(name, desk.bench, '', 'templates', **more)


@pages.get('/templates/')
def templates() -> ResponseReturnValue:
    desk = rule_desk()
    used: dict[str, int] = {}
    for (kind, _key), document in desk.documents.items():
        for found in workflow_editing.walk(document) if kind == 'workflow' else ():
            used[str(found.step.get('template'))] = used.get(str(found.step.get('template')), 0) + 1
    entries = [{**each, 'uses': used.get(each['key'], 0)} for each in desk.entries(KIND)]
    return _show('templates', desk, entries=entries, gone_mails=desk.gone(KIND))


@pages.route('/templates/new', methods=['GET', 'POST'])
def add_template() -> ResponseReturnValue:
    desk = rule_desk()
    if request.method == 'GET':
        return _show('template_new', desk, values=request.args, errors={})
    entity, label = request.form.get('entity', ''), forms.texts(request.form, 'label')
    document = desk.bench.workshop.entity(entity)
    if not label:
        return _show('template_new', desk, values=request.form, errors={'label': _('Give it a name.')}), 422
    key = forms.free(key_from(label.get('en') or label.get('vi') or '') or 'template', _taken(desk))
    title = f'{{{{ record.{document.get("x-title-field", "name")} }}}}'
    first = {'vi': f'<p>Kính gửi {title},</p>\n<p></p>', 'en': f'<p>Dear {title},</p>\n<p></p>'}
    made = {'x-label': label, 'entity': entity, 'subject': dict(label), 'html': {locale: first[locale] for locale in label}}
    desk.bench.workshop.rework(on(workflow_editing.put_document, (KIND, key), made))
    return redirect(url_for('studio.template', mail=key), 303)


def _taken(desk: RuleDesk) -> set[str]:
    return {key for kind, key in desk.documents if kind == KIND}


@pages.route('/templates/<mail>', methods=['GET', 'POST'])
def template(mail: str) -> ResponseReturnValue:
    """Subject, HTML and text in one language at a time, with the picker and the preview beside them."""
    desk = rule_desk()
    document = desk.document((KIND, mail))
    locale = _language(document)
    if request.method == 'POST':
        put = _typed(document, locale)
        desk.bench.workshop.rework(on(workflow_editing.put_document, (KIND, mail), put))
        kept()
        return redirect(url_for('studio.template', mail=mail, locale=locale, record=request.form.get('record') or None), 303)
    entity, live = str(document.get('entity', '')), desk.live((KIND, mail))
    problems = desk.problems_of(KIND, mail)
    return _show(
        'template', desk, mail=document, mail_key=mail, mail_label=desk.bench.label(document, mail), mail_entity=entity,
        mail_entity_label=desk.entity_label(entity), live=live, mail_touched=live is None or differs(live, document),
        locale=locale, languages=_languages(document), groups_of_fields=merge_groups(desk, entity), lists=lists(desk, entity),
        asks=conditions(desk, entity), language_fields=language_fields(desk, entity), records=_records(desk, entity),
        wrong={each['pointer'].split('/')[3]: each for each in problems if each['pointer'].count('/') > 2},
        used_by=workflow_editing.users_of(desk.documents, (KIND, mail)), record=request.args.get('record', ''),
        find=request.args.get('find', ''), my_address=_my_address(),
    )  # fmt: skip


def _languages(document: dict[str, Any]) -> list[str]:
    named = [locale for part in PARTS for locale in document.get(part, {})]
    return list(dict.fromkeys([*forms.LOCALES, *named]))


def _language(document: dict[str, Any]) -> str:
    asked = request.values.get('locale', '')
    known = _languages(document)
    written = [locale for locale in known if document.get('subject', {}).get(locale)]
    return asked if asked in known else g.actor.locale if g.actor.locale in written or not written else written[0]


def _typed(document: dict[str, Any], locale: str) -> dict[str, Any]:
    """The parts with what the form says in one language; the other languages stay."""
    put: dict[str, Any] = {'locale_field': request.form.get('locale_field') or None}
    for part in PARTS:
        text = request.form.get(part, '').replace('\r\n', '\n')
        texts = {**document.get(part, {}), locale: text if part != 'subject' else ' '.join(text.split())}
        put[part] = {each: said for each, said in texts.items() if said.strip()} or None
    return put


def _entity(desk: RuleDesk, key: str) -> Entity | None:
    """The entity as it is live, also under a key that the draft changes."""
    ref = desk.documents.get(('entity', key), {}).get('x-ref')
    return g.catalog.by_ref.get(ref) if ref else None


def _records(desk: RuleDesk, key: str) -> list[dict[str, str]]:
    """Records to try it on, as far as the person reads them; those that were asked for by words first."""
    entity = _entity(desk, key)
    if entity is None or g.policy.scope('read', entity.key) == 'none':
        return []
    with g.runtime.reader(g.actor, g.catalog) as reader:
        found = reader.choices(entity.key, request.args.get('find', '')[:80], OFFERED)
    return [{'key': link.uid, 'label': ' · '.join(filter(None, (link.label, subtitle)))} for link, subtitle in found]


@pages.post('/templates/<mail>/preview')
def template_preview(mail: str) -> ResponseReturnValue:
    """What the typed text makes of a record: `{subject, from, html, text, problems: [{part, text}]}`."""
    desk = rule_desk()
    document = desk.document((KIND, mail))
    locale = _language(document)
    try:
        tried, record = _try(desk, {**document, **_typed(document, locale)}, locale)
    except TrellisError as error:
        texts = [{'part': '', 'text': each.text(g.actor.locale)} for each in error.findings]
        return jsonify(subject='', html='', text='', problems=texts)
    return jsonify(
        subject=tried.rendered.subject, html=tried.rendered.html, text=tried.rendered.text, problems=_problem_texts(tried),
        **{'from': record.title},
    )  # fmt: skip


def _problem_texts(tried: Tried) -> list[dict[str, str]]:
    locale = g.actor.locale
    return [{'part': part, 'text': f'{each.text(locale)} {each.hint_text(locale)}'} for part, each in tried.problems]


def _try(desk: RuleDesk, document: dict[str, Any], locale: str) -> tuple[Tried, Record]:
    """Raises: NotFound REC-E028, REC-E029 without a record within reach."""
    uid, key = request.form.get('record', ''), str(document.get('entity', ''))
    entity = _entity(desk, key)
    if entity is None or not is_uid(uid):
        raise NotFound.of('REC-E029', value=uid[:80] or key[:80], hint='')
    texts = {part: document.get(part) or {} for part in PARTS}
    made = TemplateDef(ref='', key=str(document['x-key']), label={}, entity=entity.key, document=document, **texts)
    reading = Reading(locale, g.actor.zone, g.runtime.clock.now())
    with g.runtime.reader(g.actor, g.catalog) as reader:
        record = reader.get(entity.key, uid)
        return _tried(reader, record, made, reading), record


def _tried(reader: Reader, record: Record, made: TemplateDef, reading: Reading) -> Tried:
    return try_template(reader, record, made, g.installation, g.runtime.settings.base_url, reading)


@pages.post('/templates/<mail>/test')
def template_test(mail: str) -> ResponseReturnValue:
    """A mail to oneself, as the draft has the template, filled from the chosen record."""
    desk = rule_desk()
    document = desk.document((KIND, mail))
    locale, uid = _language(document), request.form.get('record', '')
    back = redirect(url_for('studio.template', mail=mail, locale=locale, record=uid or None), 303)
    address = _my_address()
    if not address:
        flash(_('Your account has no usable e-mail address.'), 'bad')
        return back
    try:
        tried, _record = _try(desk, document, locale)
    except (NotFound, Forbidden):
        flash(_('Choose a record first.'), 'bad')
        return back
    if tried.problems:
        flash(' '.join(each['text'] for each in _problem_texts(tried)), 'bad')
        return back
    held = _store_test(tried, address)
    told = (
        _('The test mail waits: no mail server is set.') if held else _('The test mail goes to %(address)s.', address=address)
    )
    flash(told, 'warn' if held else 'ok')
    return back


def _store_test(tried: Tried, address: str) -> bool:
    """True when it is held back."""
    runtime, rendered, server = g.runtime, tried.rendered, mail_server(g.runtime.settings)
    sender = g.installation.mail_address or (server.sender if server else default_sender(runtime.settings))
    draft = Draft(
        recipient=address, sender=sender, sender_name=g.installation.name_in(rendered.locale),
        subject=_('[Test] %(subject)s', subject=rendered.subject), html=rendered.html, text=rendered.text,
        locale=rendered.locale, about={},
    )  # fmt: skip
    key = request.form.get('once', '')
    with runtime.database.session() as session:
        once = key if is_uid(key) else new_uid()
        add_message(session, draft, key=f'test:{g.actor.user_id}:{once}', at=runtime.clock.now(), held=server is None)
    return server is None


def _my_address() -> str:
    with g.runtime.database.reading() as connection:
        row = connection.execute(ab_user.select().where(ab_user.c.id == g.actor.user_id)).first()
    try:
        return clean_address(row.email) if row and row.email else ''
    except TrellisError:
        return ''


@pages.post('/templates/<mail>/about')
def keep_template(mail: str) -> ResponseReturnValue:
    """Name and key."""
    desk, form = rule_desk(), request.form
    document = desk.document((KIND, mail))
    label, key = forms.kept_texts(form, 'label', document.get('x-label')), form.get('key', '').strip() or mail
    if not label or not is_key(key) or (key != mail and key in _taken(desk)):
        flash(_('Give it a name, and a key that no other template has.'), 'bad')
        return redirect(url_for('studio.template', mail=mail), 303)

    def edit(schema: Documents) -> Schema:
        made = workflow_editing.put_document(schema, (KIND, mail), {'x-label': label})
        return workflow_editing.rename_document(made, (KIND, mail), key) if key != mail else made

    desk.bench.workshop.rework(edit)
    kept()
    return redirect(url_for('studio.template', mail=key), 303)


@pages.post('/templates/<mail>/<any(copy, remove, keep):act>')
def change_template(mail: str, act: str) -> ResponseReturnValue:
    """A copy of it, its end, or all changes of the draft taken back."""
    desk = rule_desk()
    if act == 'keep':
        return take_back(desk, (KIND, mail), 'studio.templates')
    document = desk.document((KIND, mail))
    if act == 'remove':
        desk.bench.workshop.rework(on(workflow_editing.remove_document, (KIND, mail)))
        flash(_('The template goes when you publish.'), 'ok')
        return redirect(url_for('studio.templates'), 303)
    key = forms.free(mail, _taken(desk))
    said = {'vi': '{} (bản sao)', 'en': '{} (copy)'}
    label = {locale: said.get(locale, '{}').format(text)[:200] for locale, text in document.get('x-label', {}).items()}
    desk.bench.workshop.rework(on(workflow_editing.copy_document, (KIND, mail), key, label))
    return redirect(url_for('studio.template', mail=key), 303)


@pages.get('/templates/<mail>/json')
def template_json(mail: str) -> ResponseReturnValue:
    desk = rule_desk()
    document = desk.document((KIND, mail))
    text = json.dumps(bare(document), ensure_ascii=False, indent=2)
    return _show('document_json', desk, text=text, title=desk.bench.label(document, mail), back=f'/studio/templates/{mail}')
