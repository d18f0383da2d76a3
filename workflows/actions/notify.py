"""The action `notify`: people are told something in the product, by popup and by mail. Each reads it under their own rights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.mail.filling import check_texts, fill
from modules.mail.sandbox import READING, Fields, Shown
from modules.notices.service import Notice, tell
from modules.records.model import Record
from modules.records.store import Store
from permissions.actors import FAB_ADMIN, load_actor
from permissions.tables import ab_role, ab_user, ab_user_role, team_member
from schema.base.actor import Actor
from schema.base.errors import Forbidden, Invalid, NotFound
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document, Texts
from schema.fieldtypes.base import Reading
from schema.values import Link
from schema.versions import read_state
from workflows.actions.base import Call, Done, LeftOut, Result, present_record
from workflows.actions.naming import user_names
from workflows.triggers import CLOCK_TRIGGERS

MOST_PEOPLE = 500
LONGEST = 500
NAMED = 20
OUT_OF_REACH: Texts = {'en': 'a record', 'vi': 'một hồ sơ'}
FIELDS = {'user': 'user', 'team': 'team'}


@dataclass(frozen=True)
class Told:
    """Who reads what: `people` are actors, `texts` what each reads, by user id."""

    people: Sequence[Actor]
    texts: Mapping[int, Texts]

    def describe(self) -> Result:
        texts = next(iter(self.texts.values()))
        return {'to': ', '.join(each.name for each in self.people[:NAMED]), 'subject': next(iter(texts.values()))}


class Notify:
    """`{"to": {"user": "owner"}, "text": {"en": "{{ record.title }} was won"}, "popup": true, "mail": false}`; `to` may also be
    `{"people": [user names]}`, `{"role": key}` or `{"team": field}`."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        findings, to = [], step.get('to', {})
        for kind, wanted in FIELDS.items():
            field = entity.find_field(str(to.get(kind))) if kind in to else None
            if kind in to and (field is None or field.type.key != wanted):
                hint = nearest(str(to[kind]), [key for key, each in entity.fields.items() if each.type.key == wanted])
                findings.append(finding('WFL-E003', f'/to/{kind}', value=str(to[kind])[:60], hint=hint))
        if 'role' in to and to['role'] not in catalog.roles:
            hint = nearest(str(to['role']), catalog.roles)
            findings.append(finding('WFL-E003', '/to/role', value=str(to['role'])[:60], hint=hint))
        return [*findings, *check_texts(step.get('text', {}), '/text')]

    def preview(self, call: Call) -> Told:
        record = present_record(call)
        with call.runtime.database.reading() as connection:
            state = read_state(connection)
            ids = _recipients(connection, call, record)
            epoch = state.rights_epoch if state else None
            people = [each for user_id in ids if (each := load_actor(connection, user_id, epoch=epoch)) is not None]
        if not people:
            raise LeftOut(finding('WFL-W010', level='warning'))
        return Told(people, {each.user_id or 0: _texts(call, each) for each in people})

    def perform(self, call: Call, effect: Told, store: Store) -> Done:
        alike: dict[tuple[tuple[str, str], ...], list[int]] = defaultdict(list)
        for user_id, texts in effect.texts.items():
            alike[tuple(sorted(texts.items()))].append(user_id)
        document, told = call.step.document, 0
        kind = 'reminder' if isinstance(call.rule.trigger, CLOCK_TRIGGERS) else 'workflow'
        for words, user_ids in alike.items():
            said = Notice(
                kind, dict(words), entity_ref=call.entity.ref, record_uid=call.record_uid, by=call.actor.user_id,
                popup=document.get('popup', True), mail=document.get('mail', False),
            )  # fmt: skip
            told += tell(store.session, user_ids, said, key=call.key, now=call.wall.now())
        return Done({**effect.describe(), 'told': told})


def _recipients(connection: sa.Connection, call: Call, record: Record) -> list[int]:
    """Ids of those whom the step names, each once, closed accounts that nobody acts for included.

    Raises: Invalid WFL-E031 for too many.
    """
    (kind, named), wanted = next(iter(call.step.document['to'].items())), sa.select(ab_user.c.id)
    if kind == 'user':
        found = _held(call, record, named)
        return [found] if found is not None else []
    if kind == 'people':
        wanted = wanted.where(ab_user.c.username.in_(user_names(connection, named)))
    elif kind == 'role':
        names = [named, FAB_ADMIN] if named == 'admin' else [named]
        held = ab_user_role.join(ab_role, ab_role.c.id == ab_user_role.c.role_id)
        wanted = sa.select(ab_user_role.c.user_id).select_from(held).where(ab_role.c.name.in_(names))
    else:
        wanted = sa.select(team_member.c.user_id).where(team_member.c.team_id == _held(call, record, named))
    ids = sorted(set(connection.execute(wanted.limit(MOST_PEOPLE + 1)).scalars()))
    if len(ids) > MOST_PEOPLE:
        raise Invalid.of('WFL-E031', '/to', most=MOST_PEOPLE)
    return ids


def _held(call: Call, record: Record, name: str) -> int | None:
    field = call.entity.find_field(name)
    value = record.values.get(field.key) if field else None
    return value.id if isinstance(value, Link) else None


def _texts(call: Call, person: Actor) -> Texts:
    """The words of the step as this person may read them, in each language of the step."""
    try:
        with call.runtime.reader(person, call.catalog) as reader:
            seen: Record | None = reader.get(call.entity.key, call.record_uid)
    except (NotFound, Forbidden):
        seen = None
    texts: Texts = call.step.document['text']
    return {locale: _filled(call, person, seen, locale) for locale in texts}


def _filled(call: Call, person: Actor, seen: Record | None, locale: str) -> str:
    """Raises: Invalid WFL-E101…E104."""
    reading = Reading(locale, person.zone, call.runtime.clock.now())
    entity, pointer = call.entity, f'/steps/{call.step.key}/text/{locale}'
    shown: dict[str, Any] = dict.fromkeys(entity.fields, '')
    for key, value in (seen.values if seen else {}).items():
        shown[key] = Shown.of(entity.fields[key].definition, entity.fields[key].type, value, reading)
    if seen is None:
        shown[entity.title.key] = OUT_OF_REACH.get(locale, OUT_OF_REACH['en'])
    aliases = {alias: shown[key] for key, each in entity.fields.items() for alias in each.definition.aliases}
    names = {'record': Fields({**aliases, **shown}), READING: reading}
    return ' '.join(fill(call.step.document['text'][locale], names, pointer).split())[:LONGEST]
