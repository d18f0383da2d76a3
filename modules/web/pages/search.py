"""Search from anywhere: the best records of every entity the person may read, by name, phone, e-mail or code."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from modules.runtime import Runtime
from modules.web.pinning import require_actor
from modules.web.shell import hue_of

EACH_IN_PALETTE, EACH_ON_PAGE = 4, 20
LONGEST = 200


def show() -> ResponseReturnValue:
    """A page; for the search dialogue only its rows."""
    actor = require_actor()
    runtime: Runtime = g.runtime
    text = request.args.get('q', '').strip()[:LONGEST]
    small = bool(request.headers.get('HX-Request'))
    groups: list[dict[str, Any]] = []
    with runtime.reader(actor, g.catalog) as reader:
        for key in reader.policy.entities('read') if text else ():
            definition = g.catalog.entities[key].definition
            found = reader.choices(key, text, EACH_IN_PALETTE if small else EACH_ON_PAGE)
            if found:
                groups.append({
                    'label': definition.plural_in(reader.reading.locale), 'icon': definition.icon, 'key': key,
                    'rows': [{'href': f'/{key}/{link.uid}', 'label': link.label, 'sub': sub, 'hue': hue_of(link.uid)}
                             for link, sub in found],
                })  # fmt: skip
    return render_template('web/search_rows.html' if small else 'web/search.html', groups=groups, text=text)
