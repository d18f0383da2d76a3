"""Why somebody may or may not do something: the answer in a sentence, and every reason behind it in words. Free of Flask.

Decides nothing: decision and reasons come from `permissions.policy`. Whoever asks about others needs the right to administer;
everybody may ask about themselves and records that they see.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.advising import Adviser
from modules.records.model import Record
from modules.runtime import Runtime
from modules.why.naming import Names, ids_in
from modules.why.viewing import NOBODY
from permissions.actors import load_actor
from permissions.facts import facts_for
from permissions.grants import granted, parts_of
from permissions.policy import Policy, RecordFacts
from permissions.trails import SCOPE_WORDS
from schema import conditions
from schema.base.actor import Actor
from schema.base.errors import BadRequest, NotFound
from schema.base.findings import Finding, finding, nearest
from schema.base.text import in_sentence
from schema.catalog import Catalog, Entity
from schema.conditions import words
from schema.definitions import ACTIONS, Texts, in_locale
from schema.entity_rules import rules_of
from schema.role_changes import ACTION_WORDS

FIELD_ACTIONS = ('read', 'update', 'create', 'import')
ABOUT_NEW = ('create', 'import')
"""Actions on no record that is there already."""


@dataclass(frozen=True)
class Line:
    """One reason: `counts` is for, against or about; `role` the key of the role that it is about, if any."""

    code: str
    text: str
    counts: str
    role: str = ''


@dataclass(frozen=True)
class Trail:
    """The whole answer, in the asker's language. `lines` are about the record or the kind of record, `field_lines` about a
    field; `facts` are `(what, value)` of whose the record is."""

    allowed: bool
    answer: str
    person: str
    username: str
    lines: tuple[Line, ...] = ()
    field_lines: tuple[Line, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    def as_wire(self) -> dict[str, Any]:
        return {
            'allowed': self.allowed, 'answer': self.answer, 'user': self.username, 'person': self.person,
            'facts': [{'label': label, 'value': value} for label, value in self.facts],
            'reasons': [_line_wire(each) for each in self.lines],
            'field_reasons': [_line_wire(each) for each in self.field_lines],
        }  # fmt: skip


def _line_wire(line: Line) -> dict[str, str]:
    return {'code': line.code, 'counts': line.counts, 'role': line.role, 'text': line.text}


@dataclass(frozen=True)
class Question:
    """What is asked, resolved: whose policy, about which part of the catalog. `record` is None when it is about any record."""

    policy: Policy
    entity: Entity
    action: str
    record: Record | None = None
    field_key: str = ''
    open_conditions: bool = True
    facts: RecordFacts = field(default_factory=lambda: RecordFacts(None, None))


def explain(
    runtime: Runtime, asker: Actor, username: str, entity_key: str, uid: str | None, action: str, field_key: str | None = None
) -> Trail:
    """Whether the person with this user name may do something, and why.

    Raises: Forbidden PRM-E003 when somebody without the right to administer asks about others; NotFound PRM-E012, REC-E029,
    REC-E028 also when the asker does not see the record; BadRequest WHY-E010 for an unknown action, WHY-E011 for a field.
    """
    catalog = runtime.catalogs.current()
    asking = runtime.policy(asker, catalog)
    if username != asker.username:
        asking.require_admin()
    if action not in ACTIONS:
        raise BadRequest.of('WHY-E010', value=action[:40], hint=nearest(action[:40], ACTIONS) or ', '.join(ACTIONS))
    entity = catalog.entity(entity_key)
    record = _record(runtime, asker, catalog, entity, uid) if uid else None
    person, name = (asker, asker.name) if username == asker.username else _person(runtime, username)
    policy = runtime.policy(person or Actor(NOBODY, name), catalog)
    question = Question(
        policy,
        entity,
        action,
        record,
        _field(entity, field_key, asking),
        open_conditions=_are_open(policy, asking, entity, action),
    )
    if person is None:
        head = _head(question, name, asker.locale, allowed=False)
        return Trail(
            False, f'{head} {in_locale(BECAUSE, asker.locale)} {finding("WHY-R001").text(asker.locale)}', name, username
        )
    if record is not None:
        question = replace(question, facts=_facts(runtime, question))
    return _answer(runtime, asker, question)


def _record(runtime: Runtime, asker: Actor, catalog: Catalog, entity: Entity, uid: str) -> Record:
    """As the asker sees it, so that nobody learns of what is hidden from them."""
    with runtime.reader(asker, catalog) as reader:
        return reader.get(entity.key, uid)


def _person(runtime: Runtime, username: str) -> tuple[Actor | None, str]:
    """`(the actor, None when the account is closed; the name)`. Raises: NotFound PRM-E012."""
    with runtime.database.reading() as connection:
        found = Names(connection).user_by_username(username)
        if found is None:
            raise NotFound.of('PRM-E012', value=username[:80], hint='')
        return load_actor(connection, found[0]), found[1]


def _field(entity: Entity, key: str | None, asking: Policy) -> str:
    """Raises: BadRequest WHY-E011, also for a field that the asker may not know about without administering."""
    if not key:
        return ''
    found = entity.find_field(key)
    if found is None or not (asking.can_admin or found.key in asking.readable(entity.key)):
        raise BadRequest.of('WHY-E011', value=key[:80], hint=nearest(key[:80], sorted(asking.readable(entity.key))))
    return found.key


def _are_open(policy: Policy, asking: Policy, entity: Entity, action: str) -> bool:
    """Whether the asker may read everything that the conditions in question compare."""
    tests = {each for name in ('read', action) for each in policy.rule(name, entity.key).conditions}
    reached = {hop.target for each in tests for hop in each.hops()}
    return all(asking.scope('read', target) == 'all' for target in reached) and all(
        key in asking.readable(place) for each in tests for place, key in each.fields_read()
    )


def _facts(runtime: Runtime, question: Question) -> RecordFacts:
    assert question.record is not None
    table = question.entity.table
    with runtime.database.reading() as connection:
        row = connection.execute(sa.select(table).where(table.c.id == question.record.id)).mappings().one()
        rows = [dict(row)]
        found = facts_for(connection, question.policy, question.action, question.entity, rows, whole=True)
    return found[question.record.id]


def _answer(runtime: Runtime, asker: Actor, question: Question) -> Trail:
    policy, entity, action = question.policy, question.entity, question.action
    about_record = question.record is not None and action not in ABOUT_NEW
    told = policy.trail(action, entity.key, question.facts) if about_record else _in_general(policy, entity, action)
    if question.record is not None and question.record.deleted_at is not None:
        told += (finding('WHY-R030', level='warning'),)
    allowed = policy.decide(action, entity.key, question.facts if about_record else None).allowed
    seen = policy.decide('read', entity.key, question.facts if about_record else None).allowed
    field_told: tuple[Finding, ...] = ()
    field_allowed = True
    if question.field_key:
        locked = _locked(runtime, asker, question)
        field_told = (*policy.field_trail(entity.key, question.field_key), *locked)
        reached = policy.readable(entity.key) if action not in FIELD_ACTIONS[1:] else policy.writable(entity.key)
        field_allowed = question.field_key in reached and not locked
    with runtime.database.reading() as connection:
        names = Names(connection, ids_in([*told, *field_told], question.facts if about_record else None))
    spoken = _Spoken(names, asker, open_conditions=question.open_conditions)
    lines = tuple(spoken.line(each) for each in told)
    field_lines = tuple(spoken.line(each) for each in field_told)
    head = _head(question, policy.actor.name, asker.locale, allowed=allowed and field_allowed)
    because = (
        spoken.because(told, action, allowed=allowed, seen=seen)
        if not allowed or field_allowed
        else spoken.because_of_field(field_told)
    )
    facts = _whose(names, question, runtime.policy(asker, policy.catalog)) if about_record else ()
    return Trail(
        allowed and field_allowed, f'{head}{because}', policy.actor.name, policy.actor.username,
        lines, field_lines, facts,
    )  # fmt: skip


def _locked(runtime: Runtime, asker: Actor, question: Question) -> tuple[Finding, ...]:
    """What keeps the field of this record as it is, whatever roles say; spelled for who may read all that the rule compares."""
    entity, key = question.entity, question.field_key
    if question.record is None or question.action != 'update':
        return ()
    catalog = question.policy.catalog
    with Session(runtime.database.read_engine) as session:
        standing = Adviser(session, catalog, question.policy, runtime.clock).advise(entity, question.record.uid, {}).get(key)
    if standing is None or not standing.locked:
        return ()
    asking, rule = runtime.policy(asker, catalog), rules_of(entity, catalog).locked[key]
    open_ = all(field in asking.readable(place) for place, field in rule.fields_read())
    reached = all(asking.scope('read', hop.target) == 'all' for hop in rule.hops())
    label = entity.fields[key].definition.label
    if not (open_ and reached):
        return (finding('WHY-R032', field=label),)
    return (finding('WHY-R031', field=label, condition=words.told(rule.document, entity, catalog)),)


def _in_general(policy: Policy, entity: Entity, action: str) -> tuple[Finding, ...]:
    """What each role says of an action on any record."""
    held = [role for key, role in policy.catalog.roles.items() if key in policy.actor.roles]
    names: dict[str, Any] = {'action': ACTION_WORDS[action], 'entity': entity.definition.plural}
    found = [] if held else [finding('PRM-R026', **names)]
    for role in held:
        grant = granted(role, policy.catalog, entity)[action]
        about = names | {'role': role.label or {'en': role.key}, 'key': role.key}
        parts = parts_of(policy.catalog, entity, grant)
        if not parts:
            found.append(finding('PRM-R027' if grant.scope == 'none' else 'PRM-R033', **about))
        for part in parts:
            about['scope'] = SCOPE_WORDS[part.scope]
            said = _said(part.conditions)
            code = 'WHY-R003' if said else 'WHY-R002'
            found.append(finding(code, '', level='warning', condition=said, **about))
    if held and policy.scope(action, entity.key) == 'none' and any(each.level == 'warning' for each in found):
        found.append(finding('PRM-R006', **names))
    return tuple(found)


def _said(tests: tuple[conditions.Condition, ...]) -> Texts:
    return {
        locale: ' · '.join(
            conditions.sentence(conditions.describe(each.document, each.entity, each.catalog, locale)) for each in tests
        )
        for locale in (('en', 'vi') if tests else ())
    }


def _whose(names: Names, question: Question, asking: Policy) -> tuple[tuple[str, str], ...]:
    """Owner and team, as far as the asker may read them."""
    entity, locale = question.entity, asking.actor.locale
    pairs = (('owner', names.user(question.facts.owner_id)), ('team', names.team(question.facts.team_id)))
    seen = asking.readable(entity.key)
    return tuple((entity.fields[key].definition.label_in(locale), value or '–') for key, value in pairs if key in seen)


def _head(question: Question, person: str, locale: str, *, allowed: bool) -> str:
    """`Trần Bình cannot see Amount of company “Gỗ Việt”`."""
    entity, record, key = question.entity, question.record, question.field_key
    what = in_sentence(entity.definition.plural_in(locale))
    if record is not None and question.action not in ABOUT_NEW:
        what = f'{in_sentence(entity.definition.label_in(locale))} “{_title(record, entity, locale)}”'
    shown = entity.fields[key].definition.label_in(locale) if key else ''
    code = ('WHY-R010' if allowed else 'WHY-R011') if not key else ('WHY-R012' if allowed else 'WHY-R013')
    said = ACTION_WORDS[question.action]
    return finding(code, person=person, action=said, what=what, field=shown).text(locale)


def _title(record: Record, entity: Entity, locale: str) -> str:
    value = record.values.get(entity.definition.title_field or '')
    return str(value) if value else {'vi': 'không tên', 'en': 'no name'}.get(locale, '…')


class _Spoken:
    """Findings as the asker reads them: ids become names, and a condition over what is hidden from the asker is not spelled."""

    def __init__(self, names: Names, asker: Actor, *, open_conditions: bool) -> None:
        self._names, self._asker, self._open = names, asker, open_conditions

    def line(self, found: Finding) -> Line:
        counts = 'about' if found.code in _ABOUT else 'for' if found.level == 'warning' else 'against'
        return Line(found.code, self._told(found).text(self._asker.locale), counts, str(found.params.get('key', '')))

    def because(self, told: tuple[Finding, ...], action: str, *, allowed: bool, seen: bool) -> str:
        """The reason that decides, as a part of a sentence. Of whoever does not see the record, what keeps it from them."""
        side = [each for each in told if (each.level == 'warning') == allowed]
        decisive = ACTION_WORDS[action if allowed or seen else 'read']
        order = _FOR if allowed else _AGAINST
        mine = [each for each in side if each.code in order and each.params.get('action', decisive) == decisive]
        mine = mine or [each for each in side if each.code in order]
        return self._spelled(sorted(mine, key=lambda each: order.index(each.code)))

    def because_of_field(self, told: tuple[Finding, ...]) -> str:
        return self._spelled([each for each in told if each.level == 'error'] or [each for each in told if each.code in _FIELD])

    def _spelled(self, chosen: list[Finding]) -> str:
        if not chosen:
            return '.'
        found, locale = self._told(chosen[0]), self._asker.locale
        if found.code not in _PROSE:
            return f': {found.text(locale)}'
        prose = finding(_PROSE[found.code], level=found.level, **found.params)
        return f' {in_locale(BECAUSE, locale)} {prose.text(locale)}'

    def _told(self, found: Finding) -> Finding:
        params = self._names.in_words(found.params, self._asker)
        hidden = {'PRM-R030': 'WHY-R004', 'PRM-R031': 'WHY-R005', 'WHY-R003': 'WHY-R006'}
        code = found.code if self._open else hidden.get(found.code, found.code)
        return finding(code, level=found.level, **params)


_FOR = (
    'PRM-R001', 'PRM-R028', 'PRM-R030', 'PRM-R034', 'PRM-R035', 'PRM-R036', 'PRM-R042', 'WHY-R002',
    'WHY-R003',
)  # fmt: skip
_PROSE = {
    'PRM-R006': 'WHY-R028', 'PRM-R026': 'WHY-R020', 'PRM-R027': 'WHY-R021', 'PRM-R028': 'WHY-R022', 'PRM-R029': 'WHY-R023',
    'PRM-R030': 'WHY-R024', 'PRM-R031': 'WHY-R025', 'WHY-R002': 'WHY-R029', 'WHY-R004': 'WHY-R026', 'WHY-R005': 'WHY-R027',
}  # fmt: skip
"""Reasons that make a better end of a sentence than of a list."""
BECAUSE = {'en': 'because', 'vi': 'vì'}
_ABOUT = ('PRM-R032', 'PRM-R038', 'WHY-R030')
"""Whose the record is, which decides nothing by itself."""
_AGAINST = ('PRM-R026', 'PRM-R037', 'PRM-R031', 'PRM-R029', 'PRM-R033', 'PRM-R006', 'PRM-R027')
_FIELD = ('PRM-R040', 'PRM-R041', 'PRM-R039', 'PRM-R026')
