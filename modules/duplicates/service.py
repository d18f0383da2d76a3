"""Finds duplicates of records on their way into the database, and of what somebody is typing. Writes nothing.

Each rule costs one statement for a batch of any size; a batch is also compared with itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from modules.duplicates import queries
from modules.duplicates.queries import ROW, Row
from modules.duplicates.rules import Key, Rule, rules_of
from modules.records.preparing import Change
from modules.records.queries import Reader
from permissions.facts import reachable
from permissions.policy import HIDDEN_LABEL, Policy
from schema.base.findings import Finding, escape_pointer
from schema.catalog import Catalog, Entity
from schema.definitions import Texts
from schema.fieldtypes.base import Reading


@dataclass(frozen=True)
class Candidate:
    """A record that may be the same as what is being typed. `hidden` ones carry neither uid nor title, only that they exist.

    `rules` are the rules that matched, `fields` the labels of the fields they matched on; `blocks` when one of them forbids to
    save.
    """

    entity: str
    uid: str
    title: str
    subtitle: str
    rules: tuple[str, ...]
    rule_labels: tuple[Texts, ...]
    fields: tuple[Texts, ...]
    blocks: bool
    hidden: bool = False


def check(session: Session, catalog: Catalog, policy: Policy, changes: Sequence[Change]) -> None:
    """Add DUP-E001 (a record the actor may see), DUP-E002 (one they may not) and DUP-E003 (earlier in the same batch) to the
    changes: level 'error' for blocking rules, 'warning' for others. A rule counts only when one of its fields really changed.
    """
    by_entity: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_entity[change.entity.key].append(change)
    for batch in by_entity.values():
        own_uids = {change.uid for change in batch}
        keyed = [(rule, [rule.key_of(change.value) for change in batch]) for rule in rules_of(batch[0].entity)]
        for rule, keys in keyed:
            _check_stored(session, policy, rule, batch, keys, own_uids)
        if len(batch) > 1:
            _check_batch(policy, batch, keyed)


def find_duplicates(reader: Reader, entity: Entity, values: Mapping[str, Any], exclude_uid: str | None) -> list[Candidate]:
    """Records that the rules match with `values` ({field key: value}), blocking ones first; at most one hidden entry a rule.

    For the check while somebody types: nothing is refused, and blanks match nothing.
    """
    reader.policy.require('read', entity.key)
    met: dict[str, list[Rule]] = {}
    hidden: list[Rule] = []
    for rule in rules_of(entity):
        if (key := rule.key_of(values.get)) is None:
            continue
        rows = _stored(reader.session, reader.policy, rule, [values.get], {exclude_uid or ''}).get(key, [])
        reached = _reached(reader.session, reader.policy, entity, rows)
        seen = [row for row in rows if row[f'{ROW}id'] in reached]
        for row in seen:
            met.setdefault(row[f'{ROW}uid'], []).append(rule)
        if rows and not seen:
            hidden.append(rule)
    found = [_candidate(reader, entity, uid, rules) for uid, rules in met.items()]
    found += [_hidden_candidate(reader.policy, entity, rule) for rule in hidden]
    return sorted(found, key=lambda each: (not each.blocks, each.hidden))


def _check_stored(
    session: Session, policy: Policy, rule: Rule, batch: Sequence[Change], keys: Sequence[Key | None], own_uids: set[str]
) -> None:
    asked = [(change, key) for change, key in zip(batch, keys, strict=True) if key is not None and _asks(rule, change)]
    if not asked:
        return
    stored = _stored(session, policy, rule, [change.value for change, _ in asked], own_uids)
    open_rule = all(field.key in policy.readable(field.entity_key) for field in rule.fields)  # a name would tell the value
    reached = _reached(session, policy, batch[0].entity, [row for rows in stored.values() for row in rows if open_rule])
    for change, key in asked:
        rows = stored.get(key, ()) if stored else ()
        seen = [row for row in rows if row[f'{ROW}id'] in reached]
        change.findings += [_seen_finding(policy, rule, change, row) for row in seen]
        if rows and not seen:
            change.findings.append(_finding('DUP-E002', policy, rule, change))


def _stored(session: Session, policy: Policy, rule: Rule, values: Sequence[Any], own_uids: set[str]) -> dict[Key, list[Row]]:
    """Live rows by the key they match on, for values without blanks. Rows of the batch itself are left out: what counts is
    what they are about to hold."""
    found: dict[Key, list[Row]] = defaultdict(list)
    entity = policy.catalog.entity(rule.fields[0].entity_key)
    for row in queries.candidates(session, policy, entity, rule.probes(values)):
        key = rule.row_key(row)
        if key is not None and row[f'{ROW}uid'] not in own_uids:
            found[key].append(row)
    return found


def _check_batch(policy: Policy, batch: Sequence[Change], keyed: Sequence[tuple[Rule, Sequence[Key | None]]]) -> None:
    """Later changes that repeat an earlier one; a change that is refused anyway is nobody's double."""
    first: dict[tuple[str, Key], Change] = {}
    for number, change in enumerate(batch):
        held = [(rule, key) for rule, keys in keyed if (key := keys[number]) is not None]
        for rule, key in held:
            earlier = first.get((rule.ref, key))
            if earlier is not None and (_asks(rule, change) or _asks(rule, earlier)):
                entry = earlier.pointer.lstrip('/')
                change.findings.append(_finding('DUP-E003', policy, rule, change, earlier=entry, uid=earlier.uid))
        if not any(each.level == 'error' for each in change.findings):
            for rule, key in held:
                first.setdefault((rule.ref, key), change)


def _asks(rule: Rule, change: Change) -> bool:
    """Whether one of the rule's fields gets a new value; a form sends back many that stay."""
    if change.current is None:
        return True
    for field in rule.fields:
        if field.key in change.values:
            stored = field.to_columns(change.values[field.key])
            if any(change.current[name] != value for name, value in stored.items()):
                return True
    return False


def _reached(session: Session, policy: Policy, entity: Entity, rows: Sequence[Row]) -> frozenset[int]:
    return reachable(session, policy, 'read', entity, {row[f'{ROW}id'] for row in rows})


def _seen_finding(policy: Policy, rule: Rule, change: Change, row: Row) -> Finding:
    entity = change.entity
    label = _title(entity, row) if entity.title.key in policy.readable(entity.key) else HIDDEN_LABEL
    return _finding('DUP-E001', policy, rule, change, label=label, uid=row[f'{ROW}uid'])


def _finding(code: str, policy: Policy, rule: Rule, change: Change, **params: Any) -> Finding:
    readable = policy.readable(change.entity.key)
    fields = [field for field in rule.fields if field.key in readable]
    pointer = f'{change.pointer}/{escape_pointer(fields[0].key)}' if fields else change.pointer
    params |= {
        'rule': rule.ref,
        'rule_label': rule.definition.label or rule.definition.key,
        'action': rule.definition.action,
        'entity': change.entity.key,
        'entity_label': change.entity.definition.label,
        'fields': [field.definition.label or field.key for field in fields],
    }
    return Finding(code, pointer, params, 'error' if rule.blocks else 'warning')


def _title(entity: Entity, row: Row) -> str:
    value = entity.title.from_row(row)
    return entity.title.type.text(entity.title.definition, value, Reading()) if value is not None else HIDDEN_LABEL


def _candidate(reader: Reader, entity: Entity, uid: str, rules: Sequence[Rule]) -> Candidate:
    readable = reader.policy.readable(entity.key)
    subtitle = entity.definition.subtitle_field
    columns = tuple(key for key in (entity.title.key, subtitle) if key and key in readable and key != 'uid')
    record = reader.get(entity.key, uid, columns)
    return Candidate(
        entity.key,
        uid,
        record.title,
        record.text(subtitle, reader.reading) if subtitle and subtitle in columns else '',
        *_matched(reader.policy, entity, rules),
    )


def _hidden_candidate(policy: Policy, entity: Entity, rule: Rule) -> Candidate:
    return Candidate(entity.key, '', '', '', *_matched(policy, entity, [rule]), hidden=True)


def _matched(policy: Policy, entity: Entity, rules: Sequence[Rule]) -> tuple[Any, Any, Any, bool]:
    readable = policy.readable(entity.key)
    labels = dict.fromkeys(field for rule in rules for field in rule.fields if field.key in readable)
    return (
        tuple(rule.ref for rule in rules),
        tuple(rule.definition.label for rule in rules),
        tuple(field.definition.label for field in labels),
        any(rule.blocks for rule in rules),
    )
