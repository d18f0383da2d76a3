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
        groups = found_records(reader, g.catalog, text, EACH_IN_PALETTE if small else EACH_ON_PAGE) if text else []
        if not asked:
            groups += seen_lately(reader)
        groups += to_do(reader, g.catalog, asked)
    return render_template('web/search_rows.html' if small else 'web/search.html', groups=groups, text=asked)


def found_records(reader: Reader, catalog: Catalog, text: str, limit: int) -> list[dict[str, Any]]:
    """Records by entity, the entity with the nearest name first; two statements for each entity whatever is stored."""
    groups = []
    for key in reader.policy.entities('read'):
        definition = catalog.entities[key].definition
        found = reader.choices(key, text, max(limit, LOOKED_AT))
        if found:
            rows: list[dict[str, Any]] = [
                {'href': f'/{key}/{link.uid}', 'label': link.label, 'parts': marked(link.label, text), 'sub': sub,
                 'icon': definition.icon, 'hue': hue_of(link.uid), 'near': _nearness(link.label, text)}
                for link, sub in found
            ]  # fmt: skip
            rows.sort(key=lambda row: row['near'])
            label, more = definition.plural_in(reader.reading.locale), len(rows) > limit
            groups.append({'label': label, 'icon': definition.icon, 'key': key, 'rows': rows[:limit], 'more': more})
    return sorted(groups, key=lambda group: min(row['near'] for row in group['rows']))


def seen_lately(reader: Reader) -> list[dict[str, Any]]:
    """What the person opened last."""
    locale = reader.reading.locale
    rows = [
        {'href': f'/{seen.record.entity.key}/{seen.record.uid}', 'label': seen.record.title,
         'parts': [(seen.record.title, False)], 'sub': seen.record.entity.definition.label_in(locale),
         'icon': seen.record.entity.definition.icon, 'hue': hue_of(seen.record.uid)}
        for seen in recent.latest(reader, RECENT)
    ]  # fmt: skip
    return [{'label': _('Seen lately'), 'icon': 'history', 'key': '', 'rows': rows}] if rows else []


def to_do(reader: Reader, catalog: Catalog, asked: str) -> list[dict[str, Any]]:
    """Places to go and records to add whose words begin with what was typed; all of them behind `>` alone."""
    text = asked.removeprefix(DOING).strip()
    records, others = _entries(reader.policy, catalog)
    words = fold(text).split()
    fitting = [each for each in (records + others if asked else records) if _begins(each['label'], words)]
    most = MOST_TO_DO if asked and not asked.startswith(DOING) else None
    rows = [{**each, 'parts': marked(each['label'], text), 'sub': '', 'hue': 0} for each in fitting[:most]]
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


def marked(label: str, text: str) -> list[tuple[str, bool]]:
    """The label in parts, those that were typed marked; whole where folding changes its length."""
    folded = fold(label)
    if len(folded) != len(label):
        return [(label, False)]
    hit = [False] * len(label)
    for word in fold(text).split():
        start = folded.find(f' {word}') + 1 if not folded.startswith(word) else 0
        place = start if folded.startswith(word, start) else folded.find(word) if len(word) > 2 else -1
        if place >= 0:
            hit[place : place + len(word)] = [True] * len(word)
    parts: list[tuple[str, bool]] = []
    for letter, on in zip(label, hit, strict=True):
        if parts and parts[-1][1] == on:
            parts[-1] = (parts[-1][0] + letter, on)
        else:
            parts.append((letter, on))
    return parts
