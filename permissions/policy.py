"""The one place that says what an actor may do: decisions with reasons, record predicates, readable and writable fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from permissions.grants import NOTHING, EntityRights, Rights, rights_of, unlimited
from permissions.limiting import limited
from permissions.reach import SCOPED
from permissions.rules import Asker, RecordFacts, RecordRule
from permissions.trails import field_reasons, reasons
from schema.base.actor import Actor
from schema.base.clock import Clock, SystemClock
from schema.base.errors import Forbidden, NotFound
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.conditions import Binding
from schema.definitions import Scope
from schema.role_changes import ACTION_WORDS

__all__ = ['HIDDEN_LABEL', 'Decision', 'Policy', 'Reason', 'RecordFacts', 'RecordRule']

Reason = Finding
HIDDEN_LABEL = '…'  # stands for a title that the actor may not read


@dataclass(frozen=True)
class Decision:
    """Yes or no with its reasons, in words by `reason.text(locale)`. True when allowed."""

    allowed: bool
    reasons: tuple[Reason, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


class Policy:
    """Rights of one actor over one catalog. Cheap to make; keeps compiled rules; holds no connection.

    Several roles add up to the union of what each reaches. Whoever may not read a record may not update, delete, export, assign
    or merge it either. `clock` is what relative dates in conditions go by.
    """

    def __init__(self, catalog: Catalog, actor: Actor, clock: Clock | None = None) -> None:
        self.catalog = catalog
        self.actor = actor
        self.clock: Clock = clock or SystemClock()
        self._asker = Asker(actor.user_id, actor.team_ids | actor.led_team_ids, actor.below_team_ids, actor.principals)
        self._rules: dict[tuple[str, str], RecordRule] = {}
        rights: Rights = unlimited(catalog) if actor.is_system else rights_of(catalog, actor.roles)
        self._rights = limited(rights, actor.limit, catalog)
        self.pieces: dict[Any, Any] = {}  # parts of statements of plain lists, filled by `permissions.scoping`
        self.criteria: dict[str, tuple[Any, Any]] = {}  # loader criteria by entity key, filled by `permissions.scoping`

    @property
    def can_studio(self) -> bool:
        """May edit the schema."""
        return self.actor.is_system or self._rights.studio

    @property
    def can_admin(self) -> bool:
        """May change people, teams and settings."""
        return self.actor.is_system or self._rights.admin

    def scope(self, action: str, entity_key: str) -> Scope:
        """How far an action reaches, in a word: `none` also for an unknown entity, `all` only without any condition.

        Rights to single records and conditions make it no exact answer; `decide` and the predicates give that.
        """
        return self._of(entity_key).scopes[action]

    def rule(self, action: str, entity_key: str) -> RecordRule:
        """What an action reaches, for decisions and statements; made once."""
        entity = self.catalog.find_entity(entity_key)
        if entity is None:
            return _NOTHING
        if (found := self._rules.get((action, entity.key))) is None:
            found = self._rules[action, entity.key] = self._rule(action, entity)
        return found

    def _rule(self, action: str, entity: Entity) -> RecordRule:
        rights = self._of(entity.key)
        if rights.scopes[action] == 'none':
            return _NOTHING
        return RecordRule(rights.parts[action], self._asker, entity.ref, _LEVELS.get(action, _NO_LEVELS))

    def binding(self) -> Binding:
        """Who asks and when, for conditions of grants; these see all records."""
        actor = self.actor
        return Binding(self.clock.now(), actor.zone, actor.user_id, actor.team_ids | actor.led_team_ids)

    def predicate(self, action: str, entity: Entity) -> sa.ColumnElement[bool]:
        """The records an action reaches, over the entity's mapped class."""
        return self.table_predicate(action, entity, entity.model)

    def table_predicate(self, action: str, entity: Entity, source: Any = None) -> sa.ColumnElement[bool]:
        """The same over a table, an alias of it, a mapped class or an aliased class; the entity's table when none is given.

        The clause is marked, so that a reader session sees that a Core select which has it among its conditions is scoped.
        """
        chosen: Any = entity.table if source is None else source
        return self.rule(action, entity.key).clause(chosen, self.binding())._annotate({SCOPED: hash(chosen)})

    def readable(self, entity_key: str) -> frozenset[str]:
        """Keys of the fields whose values the actor may see, system fields included; empty without any read grant."""
        return self._of(entity_key).readable

    def writable(self, entity_key: str) -> frozenset[str]:
        """Keys of the fields the actor may set; never a read-only field."""
        return self._of(entity_key).writable

    def entities(self, action: str) -> tuple[str, ...]:
        """Keys of the entities where an action reaches any record, in the catalog's order."""
        return tuple(key for key in self.catalog.entities if self.scope(action, key) != 'none')

    def decide(self, action: str, entity_key: str, facts: RecordFacts | None = None) -> Decision:
        """Whether the action is allowed on one record, or (without facts) on any record at all."""
        if self.actor.is_system:
            return Decision(True, (finding('PRM-R001', value=self.actor.name, level='warning'),))
        rule = self.rule(action, entity_key)
        names = {'action': ACTION_WORDS.get(action, action), 'entity': self._plural(entity_key)}
        if rule.scope == 'none':
            blind = action != 'read' and action != 'create' and self.scope('read', entity_key) == 'none'
            return Decision(False, (finding('PRM-R006' if blind else 'PRM-R005', **names),))
        names['roles'] = self._role_names(action, entity_key)
        code = _GRANTED[rule.scope] if facts is None else self._found(rule, facts)
        if code is not None:
            return Decision(True, (finding(code, level='warning', **names),))
        return Decision(False, (finding('PRM-R023' if rule.conditions else _REFUSED[rule.scope], **names),))

    def _found(self, rule: RecordRule, facts: RecordFacts) -> str | None:
        """The code of what lets a record be reached; None when nothing does."""
        if rule.surely(facts):
            return _GRANTED[rule.scope] if not rule.conditions else 'PRM-R025'
        binding = self.binding()
        if not rule.holds(facts, binding):
            return None
        return 'PRM-R022' if rule.fitting(facts, binding) else 'PRM-R024'

    def trail(self, action: str, entity_key: str, facts: RecordFacts) -> tuple[Reason, ...]:
        """Everything that counts for (`level` warning) or against (error) an action on one record, role by role, then what
        reaches the record past roles. `facts` come from `permissions.facts.facts_for(…, whole=True)`; params hold ids.
        """
        entity = self.catalog.entity(entity_key)
        return reasons(self.catalog, self.actor, entity, self.rule(action, entity.key), action, facts, self.binding())

    def field_trail(self, entity_key: str, field_key: str) -> tuple[Reason, ...]:
        """What each role says about a field: hidden, read only or writable, and why it counts or not."""
        entity = self.catalog.entity(entity_key)
        return field_reasons(self.catalog, self.actor, entity, entity.field(field_key))

    def require(self, action: str, entity_key: str, facts: RecordFacts | None = None, *, uid: str = '') -> None:
        """Pass, or refuse with the decision's reasons.

        Raises: NotFound REC-E028 when the actor may not even read this record; Forbidden PRM-E001.
        """
        decision = self.decide(action, entity_key, facts)
        if decision.allowed:
            return
        if facts is not None and action != 'create' and not self.decide('read', entity_key, facts).allowed:
            raise NotFound.of('REC-E028', value=uid, entity=self._label(entity_key))
        names = {'action': ACTION_WORDS.get(action, action), 'entity': self._plural(entity_key)}
        raise Forbidden(finding('PRM-E001', **names), *decision.reasons)

    def require_studio(self) -> None:
        """Raises: Forbidden PRM-E002."""
        if not self.can_studio:
            raise Forbidden.of('PRM-E002')

    def require_admin(self) -> None:
        """Raises: Forbidden PRM-E003."""
        if not self.can_admin:
            raise Forbidden.of('PRM-E003')

    def _of(self, entity_key: str) -> EntityRights:
        entity = self.catalog.find_entity(entity_key)
        return self._rights.entities.get(entity.key, NOTHING) if entity else NOTHING

    def _label(self, entity_key: str) -> Any:
        entity = self.catalog.find_entity(entity_key)
        return entity.definition.label if entity else entity_key

    def _plural(self, entity_key: str) -> Any:
        entity = self.catalog.find_entity(entity_key)
        return entity.definition.plural if entity else entity_key

    def _role_names(self, action: str, entity_key: str) -> list[Any]:
        roles = self.catalog.roles
        return [roles[key].label or key for key in self._of(entity_key).roles.get(action, ())]


_NOTHING = RecordRule(())
_NO_LEVELS: frozenset[str] = frozenset()
_LEVELS: Mapping[str, frozenset[str]] = {'read': frozenset({'view', 'edit'}), 'update': frozenset({'edit'})}
"""The rights to single records that let an action reach them."""
_GRANTED: Mapping[str, str] = {'all': 'PRM-R002', 'team_below': 'PRM-R020', 'team': 'PRM-R003', 'own': 'PRM-R004'}
_REFUSED: Mapping[str, str] = {'team_below': 'PRM-R021', 'team': 'PRM-R007', 'own': 'PRM-R008'}
