"""Texts that some language lacks: a page of Studio, and a line of `trellis doctor`."""

from __future__ import annotations

from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue

from modules.runtime import Runtime
from modules.studio.views import pages
from modules.web.failures import locale
from schema.base.errors import Unavailable
from schema.labels import MissingText, missing_texts

TOLD = 20


@pages.get('/labels')
def labels() -> ResponseReturnValue:
    """Every missing text of the live version, with the place to write it."""
    rows = [_row(each) for each in missing_texts(g.catalog.documents)]
    return render_template('studio/labels.html', rows=rows)


def check_labels(runtime: Runtime) -> tuple[bool, str]:
    """Missing texts fall back to another language, so they are told and are no fault."""
    try:
        missing = missing_texts(runtime.catalogs.current().documents)
    except Unavailable:
        return True, 'nothing is published yet'
    if not missing:
        return True, 'every part has its texts in every language'
    told = [f'  {each.pointer}: {each.as_finding().text("en")}' for each in missing[:TOLD]]
    more = [f'  and {len(missing) - TOLD} more under /studio/labels'] if len(missing) > TOLD else []
    return True, '\n'.join([f'{len(missing)} texts are missing in a language:', *told, *more])


def _row(missing: MissingText) -> dict[str, Any]:
    tongue, tokens = locale(), missing.pointer.split('/')
    return {
        'place': missing.place(tongue), 'what': missing.what(tongue), 'language': missing.language(tongue),
        'shown': missing.shown, 'href': f'/studio/{tokens[2]}/{_page(tokens)}' if tokens[1] == 'entities' else '',
    }  # fmt: skip


def _page(tokens: list[str]) -> str:
    """The page of an entity where the text is written."""
    below = tokens[3] if len(tokens) > 3 else ''
    if below == 'properties':
        return f'fields?field={tokens[4]}'
    return {'x-pipelines': 'stages', 'x-duplicates': 'duplicates', 'x-layouts': 'layouts', 'x-rules': 'rules',
            'x-unique-keys': 'rules'}.get(below, 'entity')  # fmt: skip
