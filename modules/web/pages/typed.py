"""What a refused form held, ready to be shown again: names of linked records, and errors beside the cells of lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import g, request

from modules.records.model import LARGEST_PAGE, ListQuery
from modules.web import forms
from modules.web.collections import place_errors
from modules.web.pages.context import Desk
from permissions.actors import full_name
from schema.base.errors import TrellisError
from schema.base.findings import Finding
from schema.base.ids import is_uid


def typed_again(desk: Desk, keys: Iterable[str], findings: Sequence[Finding] = ()) -> dict[str, Any]:
    """`{field key: value for the input macros}` of what was sent."""
    labels = {**people_and_teams(desk), **labels_of(desk, forms.linked(desk.entity, request.form))}
    values = forms.shown_again(desk.entity, request.form, keys, desk.reader.reading, labels)
    for field in desk.entity.collections:
        place_errors(field, values.get(field.key), findings, desk.presenter.locale)
    return values


def people_and_teams(desk: Desk) -> dict[str, str]:
    """`{username or uid of a team: name}` of those that the form names."""
    sent: dict[str, list[str]] = {'user': [], 'team': []}
    for field in desk.entity.fields.values():
        if field.type.key in sent:
            sent[field.type.key] += filter(None, request.form.getlist(field.key))
    people, teams = g.catalog.users, g.catalog.teams
    names = sa.select(people.c.username, people.c.first_name, people.c.last_name).where(people.c.username.in_(sent['user']))
    with g.runtime.database.reading() as connection:
        found = (
            {row.username: full_name(row.first_name, row.last_name) for row in connection.execute(names)}
            if sent['user']
            else {}
        )
        if sent['team']:
            named = sa.select(teams.c.uid, teams.c.name).where(teams.c.uid.in_(sent['team']))
            found.update((row.uid, row.name) for row in connection.execute(named))
    return {key: name for key, name in found.items() if name}


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
