"""Values and titles that others kept about records, shown as far as somebody may read those records now. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from migrations.unread import UnreadValue
from modules.records.model import LARGEST_PAGE
from modules.records.queries import Reader
from modules.runtime import Runtime
from permissions.policy import HIDDEN_LABEL, Policy
from schema.base.actor import Actor
from schema.catalog import Entity


def readable_unread(runtime: Runtime, actor: Actor, values: Iterable[UnreadValue]) -> Iterator[UnreadValue]:
    """The same entries in their order; value and title are covered where the person may not read the record or its field."""
    rest = iter(values)
    while part := list(islice(rest, LARGEST_PAGE)):
        with runtime.reader(actor) as reader:
            seen = titles_of(reader, [(each.entity_ref, each.uid) for each in part])
            for each in part:
                entity = reader.catalog.by_ref.get(each.entity_ref)
                field = entity.by_ref.get(each.field_ref) if entity is not None else None
                readable = entity is not None and field is not None and field.key in reader.policy.readable(entity.key)
                yield (
                    each
                    if readable and (each.entity_ref, each.uid) in seen
                    else replace(each, value=HIDDEN_LABEL, title=HIDDEN_LABEL)
                )


def reads_whole(policy: Policy, entity: Entity | None) -> bool:
    """Whether somebody may read every field of an entity, for what was written about its records may hold any of them. What is
    about no kind of record, or one that is gone, is closed to nobody."""
    return entity is None or {each.key for each in entity.own_fields} <= policy.readable(entity.key)


def titles_of(reader: Reader, records: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """`{(entity ref, uid): title}` of those within reach; two statements for each entity, at most 200 records of one."""
    found: dict[tuple[str, str], str] = {}
    for ref in {ref for ref, _uid in records}:
        entity = reader.catalog.by_ref.get(ref)
        if entity is not None and reader.policy.scope('read', entity.key) != 'none':
            uids = [uid for each, uid in records if each == ref and uid]
            found.update({(ref, uid): title for uid, title in reader.titles(entity.key, uids).items()})
    return found
