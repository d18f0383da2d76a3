"""Studio's pages over everything: words by language, former names and their use, unread values, versions compared."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.leftovers import readable_unread
from modules.studio import editing, labels
from modules.studio.answering import part_at
from modules.studio.editing import on
from modules.studio.presenting import Bench
from modules.studio.service import told_changes
from modules.studio.views import bench, kept, pages, show
from modules.studio.wording import Wording
from schema.base.errors import BadRequest, NotFound
from schema.base.numbers import whole
from schema.definitions import in_locale
from schema.labels import Text, texts_of
from schema.loading import Documents

SHOWN = 200
LONG = ('html', 'text')
"""Texts of several lines, whatever they say now."""
MOST_IN_LINE = 90


@pages.route('/labels', methods=['GET', 'POST'])
def words() -> ResponseReturnValue:
    """Every label in both languages, those that lack one first; edited in place."""
    desk = bench()
    entity = request.values.get('entity', '')
    every = request.values.get('show') == 'all'
    found = [each for each in texts_of(desk.workshop.documents) if not entity or _holder(each) == entity]
    if request.method == 'POST':
        typed = {each.pointer: labels.typed_texts(request.form, each) for each in found}
        changed = {each.pointer: typed[each.pointer] for each in found if typed[each.pointer] != labels.said(each)}
        desk.workshop.rework(lambda schema: labels.put_texts(schema, changed))
        kept()
        return redirect(url_for('studio.words', entity=entity or None, show='all' if every else None), 303)
    missing = [each for each in found if each.missing()]
    listed = found if every else missing
    rows = [{'text': each, 'shown': each.shown(desk.locale), 'place': each.place(desk.locale), 'what': each.what(desk.locale),
             'is_long': each.keyword in LONG or any(len(said) > MOST_IN_LINE or '\n' in said for said in each.texts.values())}
            for each in listed[:SHOWN]]  # fmt: skip
    sections = {f'{section}/': word for section, word in _sections().items()}
    return show('labels', desk, '', 'labels', entries=rows, missing=len(missing), every=every, chosen=entity,
                sections=sections, more=max(len(listed) - SHOWN, 0))  # fmt: skip


def _holder(text: Text) -> str:
    """The key of the entity it is in, or `roles/`, `workflows/`, `templates/`."""
    section, key = text.pointer.split('/')[1:3]
    return key.replace('~1', '/').replace('~0', '~') if section == 'entities' else f'{section}/'


@pages.get('/aliases')
def aliases() -> ResponseReturnValue:
    """Former names that still work, with how often they were used."""
    desk = bench()
    documents = desk.workshop.documents
    entries = [
        {'alias': each.alias, 'key': each.name_in(desk.locale), 'label': in_locale(each.label, desk.locale),
         'count': each.count, 'place': in_locale(each.place, desk.locale), 'last': desk.clock_text(each.last_used_at),
         'pointer': each.pointer,
         'entity': each.pointer.split('/')[2] if each.pointer.startswith('/entities/') else '',
         'goes': not any(each.alias in part.get(each.keyword, ()) for part in editing.parts_with(documents, each.part_ref))}
        for each in g.runtime.publisher.former_keys()
    ]  # fmt: skip
    return show('aliases', desk, '', 'aliases', entries=entries)


@pages.post('/aliases/retire')
def retire() -> ResponseReturnValue:
    """Put the end of a former name into the draft, or take it back."""
    desk = bench()
    pointer = request.form.get('pointer', '')
    found = next((each for each in g.runtime.publisher.former_keys() if each.pointer == pointer), None)
    if found is None:
        raise BadRequest.of('API-E404', '/pointer', value=pointer[:80], hint='')
    keep = request.form.get('then') == 'keep'
    desk.workshop.rework(on(editing.put_alias, found.part_ref, found.keyword, found.alias, keep=keep))
    kept()
    return redirect(url_for('studio.aliases'), 303)


@pages.get('/compare/<int:old>/<int:new>')
def compare(old: int, new: int) -> ResponseReturnValue:
    """What differs between two versions, in words."""
    publisher, locale = g.runtime.publisher, g.actor.locale
    before, after = publisher.documents(old), publisher.documents(new)
    wording = Wording(before, after, locale)
    groups: dict[str, list[Any]] = {}
    for change in told_changes(before, after):
        groups.setdefault(_owner(change.pointer, after, before, locale), []).append(wording.say(change))
    numbers = [each.number for each in publisher.versions()]
    return render_template('studio/compare.html', old=old, new=new, groups=groups, numbers=numbers)


@pages.get('/compare')
def choose_versions() -> ResponseReturnValue:
    """From the two selects to their comparison; of what is not said, the newest version and the one before."""
    numbers = [str(each.number) for each in g.runtime.publisher.versions()] or ['']
    new = request.args.get('new', '') or numbers[0]
    older = (each for each in numbers if (whole(each) or 0) < (whole(new) or 0))
    old = request.args.get('old', '') or next(older, new)
    if whole(old) is None or whole(new) is None:
        raise BadRequest.of('API-E404', '/old', value=old[:20], hint='')
    return redirect(url_for('studio.compare', old=whole(old), new=whole(new)))


def _sections() -> dict[str, str]:
    return {'roles': _('Roles'), 'workflows': _('Workflows'), 'templates': _('Templates')}


def _owner(pointer: str, after: Documents, before: Documents, locale: str) -> str:
    tokens = pointer.split('/')
    if tokens[1] != 'entities':
        return _sections().get(tokens[1], tokens[1])
    document: Mapping[str, Any] = after.get(('entity', tokens[2])) or before.get(('entity', tokens[2]), {})
    return in_locale(document.get('x-label', {}), locale) or tokens[2]


@pages.get('/unread/<int:version>')
def unread(version: int) -> ResponseReturnValue:
    """Values that could not be read as the new type when a version was published."""
    desk = bench()
    names = _named(desk)
    rows = []
    for each in readable_unread(g.runtime, g.actor, g.runtime.publisher.unread(version)):
        entity, field = names.get(each.entity_ref, ('', '')), names.get(each.field_ref, ('', ''))
        rows.append({'entity': entity[0], 'uid': each.uid, 'title': each.title, 'field': field[1], 'value': each.value})
        if len(rows) >= SHOWN and request.args.get('as') != 'csv':
            break
    if request.args.get('as') == 'csv':
        return _as_csv(rows, version)
    if not rows:
        raise NotFound.of('MIG-E010', value=version)
    return render_template('studio/unread.html', rows=rows, version=version, total=g.runtime.publisher.count_unread(version))


def _named(desk: Bench) -> dict[str, tuple[str, str]]:
    """`{ref: (entity key, label)}` of entities and fields, as they are live."""
    found = {}
    for (kind, key), document in desk.workshop.base.items():
        if kind == 'entity':
            found[document['x-ref']] = (key, desk.label(document, key))
            found |= {part['x-ref']: (key, desk.label(part, name)) for name, part in document['properties'].items()}
    return found


def _as_csv(rows: list[dict[str, str]], version: int) -> Response:
    """A file that spreadsheets open with its accents; cells that look like formulas are quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_('Record'), _('Field'), _('Value'), 'uid'])
    for row in rows:
        writer.writerow([_harmless(row[name]) for name in ('title', 'field', 'value', 'uid')])
    headers = {'Content-Disposition': f'attachment; filename="version-{version}.csv"'}
    return Response('\ufeff' + text.getvalue(), mimetype='text/csv', headers=headers)


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ('=', '+', '-', '@', '\t', '\r') else text


@pages.post('/answers')
def answers() -> ResponseReturnValue:
    """What becomes of values that cannot be read, and of blanks; then back to the review."""
    desk = bench()
    pointer = request.form.get('pointer', '')
    part = part_at(desk.workshop.documents, pointer)
    desk.workshop.edit(lambda draft: editing.put_answers(draft, pointer, part, request.form, desk.locale))
    flash(_('Decided. The review has been counted again.'), 'ok')
    return redirect(url_for('studio.review'), 303)
