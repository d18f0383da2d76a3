"""Trying what is being written on records as they are: how many a condition finds, what a formula gives. Changes nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.records.model import ListQuery
from modules.studio.forms import condition as condition_of
from modules.studio.views import bench, pages
from schema.conditions.condition import read


@pages.post('/<entity>/matching')
def matching(entity: str) -> ResponseReturnValue:
    """How many live records a condition finds, with the way to them. A condition over what is not live yet finds none."""
    desk = bench()
    live = desk.workshop.live(entity)
    document = condition_of(request.form.get('condition', ''))
    if live is None or g.catalog.find_entity(live['x-key']) is None:
        return jsonify(text=_('There are no records yet.'), href='')
    if document is None:
        return jsonify(text=_('Add a condition first.'), href='')
    key = live['x-key']
    _root, findings = read(document, key, g.catalog)
    if findings:
        texts = ' '.join(dict.fromkeys(each.text(desk.locale) for each in findings[:3]))
        return jsonify(text=_('This cannot be tried on today’s records: %(why)s', why=texts), href='')
    with g.runtime.reader(g.actor, g.catalog) as reader:
        count = reader.count(key, ListQuery(filter=document)).value
    href = f'/{key}/?{urlencode({"filter": json.dumps(document)})}' if count else ''
    text = ngettext('%(num)s record right now.', '%(num)s records right now.', count) if count else _('None right now.')
    return jsonify(text=text, href=href, see=_('See them'))


def answer(problems: list[str], text: str = '', samples: list[dict[str, Any]] | None = None) -> ResponseReturnValue:
    """What trying a formula says: problems, or what it is and what it gives for a few records."""
    return jsonify(problems=problems, text=text, samples=samples or [])
