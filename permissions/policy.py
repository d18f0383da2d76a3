"""The one place that says what an actor may do: decisions with reasons, record predicates, readable and writable fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from permissions.grants import NOTHING, EntityRights, Rights, rights_of, unlimited
from permissions.limiting import limited
from permissions.reach import SCOPED
from permissions.rules import RecordFacts, RecordRule, rule_for
from schema.base.actor import Actor
from schema.base.errors import Forbidden, NotFound
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.definitions import Scope

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

    Scopes of several roles add up to the widest. Whoever may not read a record may not update, delete or export it either.
    """

    def __init__(self, catalog: Catalog, actor: Actor) -> None:
        self.catalog = catalog
        self.actor = actor
        rights: Rights = unlimited(catalog) if actor.is_system else rights_of(catalog, actor.roles)
        self._rights = limited(rights, actor.limit, catalog)
        self.criteria: dict[str, Any] = {}  # loader criteria by entity key, filled by `permissions.scoping`

    @property
    def can_studio(self) -> bool:
        """May edit the schema."""
        return self.actor.is_system or self._rights.studio

    @property
    def can_admin(self) -> bool:
        """May change people, teams and settings."""
        return self.actor.is_system or self._rights.admin

    def scope(self, action: str, entity_key: str) -> Scope:
        """`none` also for an unknown entity."""
        return self._of(entity_key).scopes[action]

    def rule(self, action: str, entity_key: str) -> RecordRule:
        return rule_for(self.scope(action, entity_key), self.actor)

    def predicate(self, action: str, entity: Entity) -> sa.ColumnElement[bool]:
        """The records an action reaches, over the entity's mapped class."""
        return self.table_predicate(action, entity, entity.model)

    def table_predicate(self, action: str, entity: Entity, source: Any = None) -> sa.ColumnElement[bool]:
        """The same over a table, an alias of it, a mapped class or an aliased class; the entity's table when none is given.

        The clause is marked, so that a reader session sees that a Core select which has it among its conditions is scoped.
        """
        chosen: Any = entity.table if source is None else source
        columns = getattr(chosen, 'c', chosen)
        return self.rule(action, entity.key).clause(columns.owner_id, columns.team_id)._annotate({SCOPED: hash(chosen)})

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
        names = {'action': _ACTION_WORDS.get(action, action), 'entity': self._plural(entity_key)}
        if rule.scope == 'none':
            blind = action != 'read' and action != 'create' and self.scope('read', entity_key) == 'none'
            return Decision(False, (finding('PRM-R006' if blind else 'PRM-R005', **names),))
        names['roles'] = self._role_names(action, entity_key)
        if rule.scope == 'all' or facts is None or rule.holds(facts):
            return Decision(True, (finding(_GRANTED[rule.scope], level='warning', **names),))
        return Decision(False, (finding(_REFUSED[rule.scope], **names),))

    def require(self, action: str, entity_key: str, facts: RecordFacts | None = None, *, uid: str = '') -> None:
        """Pass, or refuse with the decision's reasons.

        Raises: NotFound REC-E028 when the actor may not even read this record; Forbidden PRM-E001.
        """
        decision = self.decide(action, entity_key, facts)
        if decision.allowed:
            return
        if facts is not None and action != 'create' and not self.decide('read', entity_key, facts).allowed:
            raise NotFound.of('REC-E028', value=uid, entity=self._label(entity_key))
        names = {'action': _ACTION_WORDS.get(action, action), 'entity': self._plural(entity_key)}
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


_GRANTED = {'all': 'PRM-R002', 'team': 'PRM-R003', 'own': 'PRM-R004'}
_REFUSED = {'team': 'PRM-R007', 'own': 'PRM-R008'}
_ACTION_WORDS = {
    'read': {'en': 'see', 'vi': 'xem'},
    'create': {'en': 'create', 'vi': 'tạo'},
    'update': {'en': 'change', 'vi': 'sửa'},
    'delete': {'en': 'delete', 'vi': 'xoá'},
    'import': {'en': 'import', 'vi': 'nhập'},
    'export': {'en': 'export', 'vi': 'xuất'},
}
