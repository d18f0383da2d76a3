"""What a refused form held, ready to be shown again: names of linked records, and errors beside the cells of lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request

from modules.records.model import LARGEST_PAGE, ListQuery
from modules.web import forms
from modules.web.collections import place_errors
from modules.web.pages.context import Desk
from schema.base.errors import TrellisError
from schema.base.findings import Finding
from schema.base.ids import is_uid


def typed_again(desk: Desk, keys: Iterable[str], findings: Sequence[Finding] = ()) -> dict[str, Any]:
    """`{field key: value for the input macros}` of what was sent."""
    values = forms.shown_again(desk.entity, request.form, keys, labels_of(desk, forms.linked(desk.entity, request.form)))
    for field in desk.entity.collections:
        place_errors(field, values.get(field.key), findings, desk.presenter.locale)
    return values


def labels_of(desk: Desk, linked: dict[str, set[str]]) -> dict[str, str]:
    """`{uid: title}` of records that the person may see; one statement for each target."""
    labels: dict[str, str] = {}
    for target, uids in linked.items():
        wanted = sorted(uid for uid in uids if is_uid(uid))[:LARGEST_PAGE]
        if not wanted:
            continue
        query = ListQuery(filter={'field': 'uid', 'op': 'in', 'value': wanted}, columns=(), size=LARGEST_PAGE, counted=False)
        try:
            page = desk.reader.list_page(target, query)
        except TrellisError:  # a target that the person may not read at all
            continue
        labels.update((record.uid, record.title) for record in page.records)
    return labels
