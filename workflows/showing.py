"""What a rehearsal tells, for a reader: JSON with names and texts, without what the reader may not see. Reads labels alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from modules.records import labels
from modules.records.queries import Reader
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity, Field
from schema.definitions import in_locale
from schema.fieldtypes.base import Refused
from workflows.runs import ring_named
from workflows.story import RecordChange, RunTold, Started, StepTold

MOST_CHANGES = 40


class Showing:
    """Shows the rows of one page to one reader, with a constant number of statements. Records out of reach have no title and
    tell nothing but when."""

    def __init__(self, reader: Reader, entity: Entity, locale: str, rows: Sequence[Started]) -> None:
        self._reader, self._catalog, self._entity, self._locale = reader, reader.catalog, entity, locale
        self._rows = rows
        self._titles = _titles(reader, _records_of(entity, rows))
        values = [
            value for row in rows for change in row.told.changes for _field, pair in self._pairs(change) for value in pair
        ]
        links = [link for value in values for link in labels.links_in(value)]
        self._labelled = labels.label_links(reader.session, self._catalog, reader.policy, links)

    def rows(self) -> list[dict[str, Any]]:
        return [self._row(each) for each in self._rows]

    def _row(self, row: Started) -> dict[str, Any]:
        title = self._titles.get((self._entity.ref, row.uid), '')
        first, seen = row.told.first, bool(title)
        steps = (
            [self._step(step, run, number) for number, run in enumerate(row.told.runs) for step in run.steps] if seen else []
        )
        return {
            'key': row.key, 'uid': row.uid if seen else '', 'title': title, 'at': row.at, 'cause': row.cause, 'by': row.by,
            'state': first.state, 'reason': self._text(first.found) if seen else '', 'steps': steps,
            'chain': [self._chained(run) for run in row.told.runs[1:]] if seen else [],
            'ends_at': row.told.ended_at, 'cut': row.told.cut,
        }  # fmt: skip

    def _chained(self, run: RunTold) -> dict[str, Any]:
        """A run that followed: another rule, or a turn of a loop."""
        names = {each.ref: each.label for each in self._catalog.workflows.values()}
        label = in_locale(names.get(run.rule_ref, {}), self._locale)
        title = self._titles.get((run.entity_ref, run.uid), '')
        return {'workflow': label, 'title': title, 'state': run.state, 'loop': bool(run.root), 'reason': self._text(run.found)}

    def _step(self, step: StepTold, run: RunTold, number: int) -> dict[str, Any]:
        own = (run.entity_ref, run.uid) in self._titles
        letter = step.letter if own else None
        effect = step.effect if own and not (letter or step.changes) else {}
        return {
            'run': number, 'key': step.key, 'type': step.type, 'label': in_locale(step.label, self._locale),
            'state': step.state, 'at': step.at, 'reason': self._text(step.found) if own else '',
            'effect': [(name, str(value)[:300]) for name, value in effect.items() if value not in (None, '', [], {})],
            'letter': {'to': letter.recipient, 'from': letter.sender_name or letter.sender, 'subject': letter.subject,
                       'text': letter.text, 'html': letter.html} if letter else None,
            'changes': [shown for each in step.changes[:MOST_CHANGES] if (shown := self._change(each)) is not None],
        }  # fmt: skip

    def _change(self, change: RecordChange) -> dict[str, Any] | None:
        """A record with its fields before and after; None when the reader sees no such records."""
        entity = self._catalog.by_ref.get(change.entity_ref)
        title = self._titles.get((change.entity_ref, change.uid), '')
        if entity is None or self._reader.policy.scope('read', entity.key) == 'none' or not (title or change.kind == 'created'):
            return None
        fields = [
            {'label': field.definition.label_in(self._locale), 'old': self._value(field, old), 'new': self._value(field, new)}
            for field, (old, new) in self._pairs(change)
            if not field.system or field.key in {'owner', 'team'}
        ]
        return {
            'kind': change.kind, 'entity': entity.definition.label_in(self._locale), 'title': title, 'fields': fields,
            'href': f'/{entity.key}/{change.uid}' if title else '',
        }  # fmt: skip

    def _pairs(self, change: RecordChange) -> Iterator[tuple[Field, tuple[Any, Any]]]:
        """Readable fields with their values before and after."""
        entity = self._catalog.by_ref.get(change.entity_ref)
        readable = self._reader.policy.readable(entity.key) if entity is not None else frozenset()
        for ref, pair in change.fields.items():
            field = entity.by_ref.get(ref) if entity is not None else None
            if field is None or field.key not in readable:
                continue
            try:
                old, new = (None if each is None else field.type.thaw(field.definition, each) for each in pair)
            except Refused:  # it no longer fits the field's type
                continue
            yield field, (old, new)

    def _value(self, field: Field, value: Any) -> str:
        if value is None:
            return ''
        return field.type.text(field.definition, labels.apply_labels(value, self._labelled), self._reader.reading)

    def _text(self, given: Finding | None) -> str:
        found = ring_named(given, self._catalog)
        return f'{found.text(self._locale)} {found.hint_text(self._locale)}'.strip() if found is not None else ''


def _records_of(entity: Entity, rows: Iterable[Started]) -> dict[str, set[str]]:
    """`{entity ref: uids}` of all records that the rows tell of."""
    wanted: dict[str, set[str]] = {entity.ref: set()}
    for row in rows:
        wanted[entity.ref].add(row.uid)
        for run in row.told.runs:
            wanted.setdefault(run.entity_ref, set()).add(run.uid)
        for change in row.told.changes:
            wanted.setdefault(change.entity_ref, set()).add(change.uid)
    return wanted


def _titles(reader: Reader, wanted: Mapping[str, set[str]]) -> dict[tuple[str, str], str]:
    catalog: Catalog = reader.catalog
    found: dict[tuple[str, str], str] = {}
    for ref, uids in wanted.items():
        entity = catalog.by_ref.get(ref)
        if entity is not None and reader.policy.scope('read', entity.key) != 'none':
            found.update({(ref, uid): title for uid, title in reader.titles(entity.key, sorted(uids)[:200]).items()})
    return found
