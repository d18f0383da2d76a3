"""Which entity keeps what happened with other records, and which hold what is planned with them. Reads no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from permissions.policy import Policy
from schema.catalog import Catalog, Entity, Field
from schema.fieldtypes.attached import AttachedType

NOTE = 'note'
"""The kind of an entry that is no contact: written among colleagues."""


@dataclass(frozen=True)
class Log:
    """An entity whose records say what happened with others: a link to any record, a moment, a long text."""

    entity: Entity
    link: Field
    at: Field
    body: Field
    kind: Field | None
    title: Field | None
    files: Field | None

    @property
    def columns(self) -> tuple[str, ...]:
        """What an entry of a timeline needs, as far as it may be read."""
        fields = (self.at, self.body, self.kind, self.files)
        return (*(each.key for each in fields if each is not None), 'created_by', 'changed_at')

    @property
    def contacts(self) -> list[str]:
        """The kinds that count as being in touch; without kinds every entry does."""
        if self.kind is None:
            return []
        return [each.key for each in self.kind.definition.options if each.key != NOTE]


@dataclass(frozen=True)
class Plan:
    """An entity of appointments or tasks: a link to any record and a moment; `done` are the options of what was kept."""

    entity: Entity
    link: Field
    at: Field
    kind: str
    status: Field | None
    done: tuple[str, ...]
    cancelled: tuple[str, ...]


def log_of(catalog: Catalog, policy: Policy, entity: Entity) -> Log | None:
    """The entity that keeps what happened with records such as this; one whose moment starts as the present is meant first."""
    found = []
    for source, link in catalog.inbound.get(entity.key, ()):
        readable = policy.readable(source.key)
        own = [field for field in source.own_fields if field.key in readable]
        at = next((field for field in own if field.type.key == 'datetime'), None)
        body = next((field for field in own if field.type.key == 'long_text'), None)
        planned = source.definition.calendar is not None
        if link.type.key != 'link_any' or at is None or body is None or link.key not in readable or planned:
            continue
        picks = [field for field in own if field.type.key == 'picklist']
        kind = next((field for field in picks if field.definition.required), None)
        title = source.title if not source.title.system else None
        files = next((field for field in own if isinstance(field.type, AttachedType)), None)
        found.append(Log(source, link, at, body, kind, title, files))
    found.sort(key=lambda log: (not isinstance(log.at.definition.default, Mapping), log.entity.definition.order))
    return found[0] if found else None


def plans_of(catalog: Catalog, policy: Policy, entity: Entity) -> list[Plan]:
    """Appointments and tasks that may be about such records, as far as the person may see them."""
    found = []
    for source, link in catalog.inbound.get(entity.key, ()):
        calendar, readable = source.definition.calendar, policy.readable(source.key)
        if calendar is None or link.type.key != 'link_any' or not {link.key, calendar.start} <= readable:
            continue
        status = source.fields.get(calendar.status) if calendar.status in readable else None
        found.append(
            Plan(source, link, source.fields[calendar.start], calendar.kind, status, calendar.done, calendar.cancelled)
        )
    return found
