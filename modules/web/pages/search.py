"""Search from anywhere: the best records of every entity that the person may read, what was seen last, what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.queries import Reader
from modules.runtime import Runtime
from modules.saved_views import recent
from modules.web.marking import marked
from modules.web.pinning import require_actor
from modules.web.shell import hue_of, places
from permissions.policy import Policy
from schema.base.text import fold, in_sentence
from schema.catalog import Catalog

EACH_IN_PALETTE, EACH_ON_PAGE, RECENT = 4, 20, 8
LOOKED_AT = 24
"""So many of an entity are read, so that those whose name fits best stand first."""
LONGEST = 200
MOST_TO_DO = 5
"""So many of them stand beside what was found."""
DOING = '>'
"""A text that begins with it looks among things to do alone."""


def show() -> ResponseReturnValue:
    """A page; for the search dialogue only its rows. Without a word: what was seen last, and what may be done."""
    actor = require_actor()
    runtime: Runtime = g.runtime
    asked = request.args.get('q', '').strip()[:LONGEST]
    small = bool(request.headers.get('HX-Request'))
    text = '' if asked.startswith(DOING) else asked
    with runtime.reader(actor, g.catalog) as reader:
        groups = found_records(reader, text, EACH_IN_PALETTE if small else EACH_ON_PAGE) if text else []
        if not asked:
            groups += seen_lately(reader)
        groups += to_do(reader, g.catalog, asked)
    return render_template('web/search_rows.html' if small else 'web/search.html', groups=groups, text=asked)


def found_records(reader: Reader, text: str, limit: int) -> list[dict[str, Any]]:
    """Records by entity, the entity with the nearest name first; one statement for all entities that have none, two at most for
    each that has some, whatever is stored."""
    groups = []
    for entity, found in reader.look_up(reader.policy.entities('read'), text, max(limit, LOOKED_AT)):
        definition, key = entity.definition, entity.key
        near = sorted(found, key=lambda each: _nearness(each.link.label, text))
        rows: list[dict[str, Any]] = [
            {'href': f'/{key}/{each.link.uid}', 'label': each.link.label, 'parts': marked(each.link.label, text),
             'sub': marked(each.told_by or each.subtitle, text), 'icon': definition.icon, 'hue': hue_of(each.link.uid)}
            for each in near[:limit]
        ]  # fmt: skip
        label, nearest = definition.plural_in(reader.reading.locale), _nearness(near[0].link.label, text)
        groups.append(
            {'label': label, 'icon': definition.icon, 'key': key, 'rows': rows, 'more': len(near) > limit, 'near': nearest}
        )
    return sorted(groups, key=lambda group: group['near'])


def seen_lately(reader: Reader) -> list[dict[str, Any]]:
    """What the person opened last."""
    locale = reader.reading.locale
    rows = [
        {'href': f'/{entity.key}/{link.uid}', 'label': link.label,
         'parts': [(link.label, False)], 'sub': [(entity.definition.label_in(locale), False)],
         'icon': entity.definition.icon, 'hue': hue_of(link.uid)}
        for link in (seen.link for seen in recent.latest(reader, RECENT))
        for entity in (reader.catalog.entities[link.entity],)
    ]  # fmt: skip
    return [{'label': _('Seen lately'), 'icon': 'history', 'key': '', 'rows': rows}] if rows else []


def to_do(reader: Reader, catalog: Catalog, asked: str) -> list[dict[str, Any]]:
    """Places to go and records to add whose words begin with what was typed; all of them behind `>` alone."""
    text = asked.removeprefix(DOING).strip()
    records, others = _entries(reader.policy, catalog)
    words = fold(text).split()
    fitting = [each for each in (records + others if asked else records) if _begins(each['label'], words)]
    most = MOST_TO_DO if asked and not asked.startswith(DOING) else None
    rows = [{**each, 'parts': marked(each['label'], text), 'sub': [], 'hue': 0} for each in fitting[:most]]
    return [{'label': _('Do'), 'icon': 'bolt', 'key': '', 'rows': rows}] if rows else []


def _entries(policy: Policy, catalog: Catalog) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The first page and what concerns records; then every other place of the menus."""
    records: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for each in (entry for group in places(g.runtime, catalog, policy) for entry in group['items']):
        entity = catalog.entities.get(each['key']) if 'new_href' in each else None
        if entity is None:
            (records if each['key'] == 'home' else others).append({name: each[name] for name in ('href', 'label', 'icon')})
            continue
        plural, label = in_sentence(each['label']), in_sentence(each['new_label'])
        records.append({'href': each['href'], 'label': _('Go to %(entities)s', entities=plural), 'icon': each['icon']})
        if each['new_href']:
            added.append({'href': each['new_href'], 'label': _('Add %(entity)s', entity=label), 'icon': 'plus'})
        if entity.stage is not None:
            board = {'href': f'/{entity.key}/board', 'label': _('Board of %(entities)s', entities=plural)}
            others.append({**board, 'icon': 'layout-kanban'})
    if policy.can_studio:
        others.append({'href': '/studio/', 'label': 'Studio', 'icon': 'adjustments-horizontal'})
    own = (('/notices/', _('Notices'), 'bell'), ('/settings', _('My account'), 'user-circle'), ('/help', _('Help'), 'help'))
    others += [{'href': href, 'label': label, 'icon': icon} for href, label, icon in (own[-1:] if g.get('viewing') else own)]
    return records + added, others


def _begins(label: str, words: Sequence[str]) -> bool:
    there = fold(label).split()
    return all(any(each.startswith(word) for each in there) for word in words)


def _nearness(label: str, text: str) -> int:
    """0 when the name begins with what was typed, 1 when all of its words begin words of it, else 2."""
    name, wanted = fold(label), fold(text)
    if name.startswith(wanted):
        return 0
    return 1 if _begins(label, wanted.split()) else 2
