"""The form of a way of giving: what its inputs sent, what they show again, and who would get how many. Decides no right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from modules.assignment.model import FALLBACKS, KINDS, Forecast, Strategy
from modules.assignment.returning import links_to_customers
from modules.assignment.service import names_of, strategy_wire
from permissions.actors import full_name
from permissions.tables import ab_user, team
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity

PREFIX = 'give'
Wire = dict[str, Any]


def way_labels() -> dict[str, str]:
    """Every kind of strategy, and the other ways that the log knows, as people say them."""
    return {
        'person': _('To one person'), 'even': _('Evenly among several'), 'round_robin': _('In turn'),
        'by_load': _('Whoever has the fewest open ones'), 'returning': _('Known customers to who looks after them'),
        'hand': _('By hand'), 'handover': _('Handover'), 'undo': _('Undo'), 'pool': _('Pool'),
    }  # fmt: skip


def read_way(form: MultiDict[str, str], prefix: str = PREFIX, *, fresh: bool = False) -> Wire | None:
    """The strategy on the wire, as `service.read_strategy` takes it; None when the form has no way of giving. A `fresh` one, to
    be drawn, leaves out who is absent until somebody says otherwise."""
    kind = form.get(f'{prefix}.kind', '')
    if not kind:
        return None
    people = form.getlist(f'{prefix}.with')
    among = {'users': _of_kind(people, 'user'), 'teams': _of_kind(people, 'team')}
    shared = {
        'among': among, 'remainder': form.get(f'{prefix}.remainder') or 'last',
        'online_only': '1' in form.getlist(f'{prefix}.online_only'),
        'skip_absent': '1' in form.getlist(f'{prefix}.skip_absent') or (fresh and f'{prefix}.skip_absent' not in form),
    }  # fmt: skip
    if kind != 'returning':
        return {'kind': kind, **shared}
    rest = form.get(f'{prefix}.rest', '')
    via = [each for each in form.getlist(f'{prefix}.via') if each]
    return {'kind': kind, 'via': via, 'fallback': {'kind': rest, **shared} if rest else None}


@dataclass(frozen=True)
class Shown:
    """What `assignment/_giving.html` takes; `chosen` are options of the picker."""

    prefix: str
    kind: str
    rest: str
    ways: Sequence[Mapping[str, str]]
    rests: Sequence[Mapping[str, str]]
    chosen: Sequence[Mapping[str, str]]
    remainder: str
    online_only: bool
    skip_absent: bool
    links: Sequence[Mapping[str, str]]
    via: Sequence[str]
    entity: Entity

    @property
    def last(self) -> str:
        """The kind that gives to chosen people; blank when nobody is chosen."""
        return self.rest if self.kind == 'returning' else self.kind


def shown_way(
    session: Session, catalog: Catalog, entity: Entity, wire: Wire | None, locale: str, *, kinds: Sequence[str] = KINDS,
    prefix: str = PREFIX,
) -> Shown:  # fmt: skip
    """The form's present state; without any the first kind, nobody chosen, and who is absent left out."""
    labels = way_labels()
    wire = wire or {'kind': kinds[0], 'skip_absent': True}
    part = (wire.get('fallback') or {}) if wire['kind'] == 'returning' else wire
    links = [
        {'key': each.key, 'label': each.definition.label_in(locale)}
        for each in entity.own_fields
        if each.is_link and each.type.stored and not each.is_collection
    ]
    usual = [each.key for each in links_to_customers(catalog, entity, ())]
    return Shown(
        prefix, wire['kind'], part.get('kind', '') if wire['kind'] == 'returning' else '',
        [{'key': key, 'label': labels[key]} for key in kinds],
        [{'key': '', 'label': _('Nobody: they stay as they are')}, *({'key': key, 'label': labels[key]} for key in FALLBACKS)],
        _chosen(session, part.get('among') or {}), part.get('remainder') or 'last', bool(part.get('online_only')),
        bool(part.get('skip_absent')), links, list(wire.get('via') or usual), entity,
    )  # fmt: skip


def wire_of(session: Session, strategy: Strategy | None) -> Wire | None:
    return strategy_wire(session, strategy) if strategy is not None else None


def words_of(session: Session, strategy: Strategy, locale: str) -> str:
    """A strategy in one line: how, and among whom."""
    labels, last = way_labels(), strategy.last
    names = names_of(session, last.users)
    rows = session.execute(sa.select(team.c.id, team.c.name).where(team.c.id.in_(last.teams))) if last.teams else ()
    teams = {row.id: row.name for row in rows}
    people = [names.get(each, '') for each in last.users] + [teams.get(each, '') for each in last.teams]
    among = ', '.join(filter(None, people))
    if strategy.kind == 'returning':
        others = _('the others: %(how)s (%(who)s)', how=labels[last.kind].lower(), who=among)
        return f'{labels["returning"]}; {others}' if strategy.fallback else labels['returning']
    return f'{labels[strategy.kind]}: {among}'


def told(found: Forecast, locale: str) -> dict[str, Any]:
    """A forecast as `assignment/_shares.html` takes it."""
    most = max((each.count for each in found.shares), default=0)
    return {
        'shares': [{'name': each.name, 'count': each.count, 'load': each.load, 'id': each.user_id} for each in found.shares],
        'most': most, 'nobody': found.nobody, 'known': found.known, 'sampled': found.sampled,
        'left_out': [{'name': name, 'why': why.text(locale)} for name, why in found.left_out],
    }  # fmt: skip


def problem_texts(findings: Sequence[Finding], locale: str) -> list[str]:
    return [' '.join(filter(None, (each.text(locale), each.hint_text(locale)))) for each in findings]


def _of_kind(names: Sequence[str], kind: str) -> list[str]:
    return [key for each in names for found, _mark, key in [each.partition(':')] if found == kind and key]


def _chosen(session: Session, among: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    users, teams = list(among.get('users') or ()), list(among.get('teams') or ())
    columns = (ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
    people = session.execute(sa.select(*columns).where(ab_user.c.username.in_(users))) if users else ()
    names = {row.username: full_name(row.first_name, row.last_name) or row.username for row in people}
    rows = session.execute(sa.select(team.c.uid, team.c.name).where(team.c.uid.in_(teams))) if teams else ()
    known = {row.uid: row.name for row in rows}
    return [
        *({'value': f'user:{each}', 'label': names[each]} for each in users if each in names),
        *({'value': f'team:{each}', 'label': known[each]} for each in teams if each in known),
    ]  # fmt: skip
