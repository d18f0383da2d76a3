"""Links and lines on their way into the database: what was asked becomes the whole new value, and then rows and history.

Works on batches: as many statements for a thousand records as for one. Knows nothing of pages, and no right but to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import resolving
from modules.records.changing import Change, Collected
from modules.records.since import Frozen, is_same
from modules.records.writing import write_rows
from permissions.policy import Policy
from schema.base.findings import escape_pointer, finding
from schema.base.ids import new_uid
from schema.catalog import Catalog, Entity, Field
from schema.fieldtypes.lines import MOST_LINES
from schema.fieldtypes.links import MOST_LINKS, SHOWN_LINKS
from schema.values import Line, LineChange, Lines, LinesDelta, Link, Links, LinksDelta

Held = Mapping[int, Any]
"""`{record id: Links or Lines}` as stored; records without any are absent."""
Default = Callable[[Field], Any]


@dataclass(frozen=True)
class Collecting:
    """Everything it needs; one per unit of work. `default` gives the value that a field of a new line starts with."""

    session: Session
    catalog: Catalog
    policy: Policy
    default: Default

    def settle(self, entity: Entity, changes: Sequence[Change]) -> None:
        """Put whole new values in place of what was asked; the stored ones stand in `collected`. Refuses unseen records
        (REC-E027), unknown lines (REC-E102) and too many (REC-E101, REC-E104)."""
        for field in entity.collections:
            touched = [change for change in changes if field.key in change.values]
            if touched:
                self.hold(field, touched)
                if field.lines is None:
                    self._settle_links(field, touched)
                else:
                    self._settle_lines(field, field.lines, touched)

    def hold(self, field: Field, changes: Iterable[Change]) -> None:
        """Fill `collected` with what is stored, for changes that do not have it yet."""
        wanted = [change for change in changes if field.key not in change.collected]
        held = self.load(field, [int(change.current['id']) for change in wanted if change.current is not None])
        for change in wanted:
            before = held.get(int(change.current['id'])) if change.current is not None else None
            change.collected[field.key] = Collected(before)

    def load(self, field: Field, ids: Collection[int]) -> Held:
        """All links to live records, hidden ones marked; or all lines, with the uids of what they link to."""
        if not ids:
            return {}
        return self._load_links(field, ids) if field.lines is None else self._load_lines(field, field.lines, ids)

    # --- links -----------------------------------------------------------------------------------------------------

    def _load_links(self, field: Field, ids: Collection[int]) -> Held:
        pairs, entity = _table(field), self.catalog.entity(field.definition.targets[0])
        target = entity.table
        seen = sa.case((self.policy.table_predicate('read', entity, target), 1), else_=0)
        statement = (
            sa.select(pairs.c.source_id, target.c.id, target.c.uid, seen.label('seen'))
            .join(target, target.c.id == pairs.c.target_id)
            .where(pairs.c.source_id.in_(ids), target.c.deleted_at.is_(None))
            .order_by(pairs.c.source_id, pairs.c.position, pairs.c.id)
        )
        found: dict[int, list[Link]] = defaultdict(list)
        for source_id, row_id, uid, visible in self.session.execute(statement):
            found[source_id].append(Link(entity.key, uid, row_id, hidden=not visible))
        return {source_id: Links(tuple(links), len(links)) for source_id, links in found.items()}

    def _settle_links(self, field: Field, changes: Sequence[Change]) -> None:
        asked = {change.uid: change.values[field.key] or LinksDelta(whole=True) for change in changes}
        wanted = [link for delta in asked.values() for link in delta.add]
        found = resolving.find_links(self.session, self.catalog, self.policy, wanted) if wanted else {}
        for change in changes:
            delta, collected = asked[change.uid], change.collected[field.key]
            change.collected[field.key] = replace(collected, delta=delta)
            missing = [link.uid for link in delta.add if (link.entity, link.uid) not in found]
            for uid in missing:
                change.refuse('REC-E027', field.key, value=uid)
            held = collected.before.links if isinstance(collected.before, Links) else ()
            after = _linked(held, delta, [found[link.entity, link.uid] for link in delta.add if link.uid not in missing])
            if len(after) > MOST_LINKS:
                change.refuse('REC-E101', field.key, limit=MOST_LINKS, count=len(after))
            change.values[field.key] = Links(tuple(after), len(after)) if after else None

    # --- lines -----------------------------------------------------------------------------------------------------

    def _load_lines(self, field: Field, lines: Entity, ids: Collection[int]) -> Held:
        table = lines.table
        statement = sa.select(table).where(table.c.parent_id.in_(ids))
        statement = statement.order_by(table.c.parent_id, table.c.position, table.c.id)
        rows = [dict(row) for row in self.session.execute(statement).mappings()]
        values = [{each.key: each.from_row(row) for each in lines.own_fields} for row in rows]
        uids = self._uids_of([value for each in values for value in each.values() if isinstance(value, Link)])
        found: dict[int, list[Line]] = defaultdict(list)
        for row, each in zip(rows, values, strict=True):
            named = {key: _with_uid(value, uids) for key, value in each.items()}
            found[row['parent_id']].append(Line(row['uid'], named, row['id']))
        return {parent_id: Lines(tuple(each), len(each)) for parent_id, each in found.items()}

    def _uids_of(self, links: Iterable[Link]) -> Mapping[tuple[str, int], str]:
        wanted: dict[str, set[int]] = defaultdict(set)
        for link in links:
            if link.entity in self.catalog.entities and link.id is not None:
                wanted[link.entity].add(link.id)
        found = {}
        for target, ids in wanted.items():
            table = self.catalog.entities[target].table
            rows = self.session.execute(sa.select(table.c.id, table.c.uid).where(table.c.id.in_(sorted(ids))))
            found.update({(target, row.id): row.uid for row in rows})
        return found

    def _settle_lines(self, field: Field, lines: Entity, changes: Sequence[Change]) -> None:
        asked = {change.uid: change.values[field.key] or LinesDelta(whole=True) for change in changes}
        new = [part for delta in asked.values() for part in delta.changes]
        begun = {each.key: self.default(each) for each in lines.own_fields} if new else {}
        values = [*begun.values(), *(value for part in new for value in part.values.values())]
        links = [value for value in values if isinstance(value, Link) and value.id is None]
        found = resolving.find_links(self.session, self.catalog, self.policy, links) if links else {}
        begun = {key: found.get((value.entity, value.uid)) if value in links else value for key, value in begun.items()}
        for change in changes:
            delta, collected = asked[change.uid], change.collected[field.key]
            held = {line.uid: line for line in (collected.before.lines if isinstance(collected.before, Lines) else ())}
            then = change.since.lines_then(field, [*held]) if change.since is not None and delta.whole else None
            lining = _Lining(field, lines, change, held, found, begun, then)
            after = lining.after(delta)
            change.collected[field.key] = replace(collected, delta=delta, sent=lining.sent)
            if len(after) > MOST_LINES:
                change.refuse('REC-E104', field.key, limit=MOST_LINES, count=len(after))
            change.values[field.key] = Lines(tuple(after), len(after)) if after else None


@dataclass(frozen=True)
class _Lining:
    """The new lines of one record, from the held ones by uid and what was asked."""

    field: Field
    lines: Entity
    change: Change
    held: Mapping[str, Line]
    found: resolving.Found
    begun: Mapping[str, Any]
    """What each field of a new line starts with."""
    then: Mapping[str, Frozen] | None = None
    """When others changed lines of a list that was sent as a whole: what those that were seen held."""
    sent: dict[str, LineChange] = dataclass_field(default_factory=dict)

    def after(self, delta: LinesDelta) -> list[Line]:
        sent = [self._line(part) for part in delta.changes if not self._left_to_go(part)]
        made = [line for line in sent if line is not None]
        if delta.whole:
            return self._with_theirs(made)
        by_uid = {line.uid: line for line in made}
        kept = [by_uid.pop(uid, line) for uid, line in self.held.items() if uid not in delta.remove]
        after = [*kept, *by_uid.values()]
        return in_slots(after, [uid for uid in delta.order if any(line.uid == uid for line in after)], lambda line: line.uid)

    def _line(self, part: LineChange) -> Line | None:
        """None when the line is not there, or is sent twice."""
        uid = part.uid.lower() if part.uid else None
        held = self.held.get(uid or '')
        is_new = uid is None or self.change.reverts or self.change.creates or part.pointer.startswith('/add/')
        if part.pointer.startswith('/change/'):
            is_new = False
        if held is None and not is_new and not self._is_kept(part, uid or ''):
            return None
        values = {key: self._resolved(part, key, value) for key, value in part.values.items()}
        values = {key: value for key, value in values.items() if held is None or not self._left(held.uid, key, value)}
        touched = {*values, *part.hidden}
        if held is None:
            values = {key: None if key in touched else value for key, value in self.begun.items()} | values
        made = uid if uid is not None and self.change.reverts else new_uid()
        line = Line(made, values) if held is None else Line(held.uid, {**held.values, **values}, held.id)
        self.sent[line.uid] = part
        return line

    def _left(self, uid: str, key: str, value: Any) -> bool:
        """Whether a value is the one that was seen, although somebody changed it."""
        field, then = self.lines.fields[key], (self.then or {}).get(uid, {})
        return field.ref in then and is_same(field, then[field.ref], value)

    def _left_to_go(self, part: LineChange) -> bool:
        """Whether others took away a line that was sent as it was seen."""
        uid = (part.uid or '').lower()
        if self.then is None or uid not in self.then or uid in self.held:
            return False
        values = {key: self.found.get((each.entity, each.uid), each) if isinstance(each, Link) else each
                  for key, each in part.values.items()}  # fmt: skip
        return all(self._left(uid, key, value) for key, value in values.items())

    def _is_kept(self, part: LineChange, uid: str) -> bool:
        """Whether a line that is gone is made anew, as its sender chose when they were told that somebody took it away."""
        if self.then is None or uid not in self.then or self.change.since is None:
            self._refuse(f'{part.pointer}/uid', 'REC-E102', self.field, value=uid)
            return False
        written = self.change.since.open_to(self.field)
        if written:
            self._refuse(f'{part.pointer}/uid', 'REC-E019', self.field, who=written[-1].who, theirs=None)
        return not written

    def _with_theirs(self, made: list[Line]) -> list[Line]:
        """What was added since the list was seen stands behind the line that it was put behind; what its own sender added when
        the same was sent before is not added again."""
        if self.then is None or self.change.since is None:
            return made
        again, previous = self.change.since.added_by_sender(self.field), ''
        for uid, line in self.held.items():
            twin = next((each for each in made if each.id is None and _row(self.lines, each) == _row(self.lines, line)), None)
            if uid not in self.then and uid in again and twin is not None:
                made[made.index(twin)] = line
                self.sent[uid] = self.sent.pop(twin.uid)
            elif uid not in self.then:
                uids = [each.uid for each in made]
                made.insert(uids.index(previous) + 1 if previous in uids else len(made) if previous else 0, line)
            previous = uid
        return made

    def _resolved(self, part: LineChange, key: str, value: Any) -> Any:
        if not isinstance(value, Link) or value.id is not None:
            return value
        found = self.found.get((value.entity, value.uid))
        if found is None:
            self._refuse(f'{part.pointer}/{escape_pointer(key)}', 'REC-E027', self.lines.fields[key], value=value.uid)
        return found

    def _refuse(self, place: str, code: str, field: Field, **params: Any) -> None:
        pointer = f'{self.change.pointer}/{escape_pointer(self.field.key)}{place}'
        if all(each.pointer != pointer for each in self.change.findings):
            self.change.findings.append(finding(code, pointer, label=field.definition.label, **params))


def write(session: Session, entity: Entity, changes: Sequence[tuple[int, Change, Collection[str]]], now: datetime) -> None:
    """Rows of `(record id, change, keys of changed fields)`, whose values and stored values `settle` has set."""
    for field in entity.collections:
        touched = [(row_id, change) for row_id, change, keys in changes if field.key in keys]
        if touched and field.lines is None:
            _write_links(session, field, touched)
        elif touched and field.lines is not None:
            _write_lines(session, field, field.lines, touched, now)


def needed_by(
    session: Session, catalog: Catalog, entity: Entity, ids: Collection[int], *, besides: sa.Select[Any] | None = None
) -> Iterator[tuple[Entity, int, int]]:
    """`(entity, record id, number)` of live records whose links, or links in lines, point at these and restrict. With
    `besides`, a select of uids, all that point here, restricting or not, other than those."""
    places: list[tuple[Entity, Field, sa.Table, str, str]] = [
        (source, field, _table(field), 'source_id', 'target_id')
        for source, field in catalog.inbound.get(entity.key, ())
        if field.is_collection
    ]
    for source, field, part in catalog.inbound_lines.get(entity.key, ()):
        column = next(name for name, target in zip(part.columns, part.definition.targets, strict=False) if target == entity.key)
        places.append((source, part, _table(field), 'parent_id', column))
    for source, field, table, owner, column in places:
        if not ids or (besides is None and field.definition.document.get('x-on-delete') != 'restrict'):
            continue
        others = () if besides is None else (source.table.c.uid.not_in(besides),)
        statement = (
            sa.select(table.c[column], sa.func.count(sa.distinct(table.c[owner])))
            .join(source.table, source.table.c.id == table.c[owner])
            .where(table.c[column].in_(ids), source.table.c.deleted_at.is_(None), *others)
            .group_by(table.c[column])
        )
        for row_id, count in session.execute(statement):
            yield source, row_id, count


def differs(field: Field, change: Change) -> bool:
    """Whether the new value is another one than the stored."""
    before, after = before_of(field, change), change.values[field.key]
    if field.lines is None:
        return _ids(before) != _ids(after)
    return _stored(field.lines, before) != _stored(field.lines, after)


def before_of(field: Field, change: Change) -> Any:
    collected = change.collected.get(field.key)
    return None if collected is None else collected.before


def _linked(held: Sequence[Link], delta: LinksDelta, found: Sequence[Link]) -> list[Link]:
    """What stands after the change. What the actor does not see, or was not shown, keeps its place."""
    if not delta.whole:
        gone = {link.uid for link in delta.remove}
        kept = [link for link in held if link.hidden or link.uid not in gone]
        there = {link.uid for link in kept}
        after = [*kept, *(link for link in found if link.uid not in there)]
        order = [uid for uid in delta.order if any(link.uid == uid and not link.hidden for link in after)]
        return in_slots(after, order, lambda link: link.uid)
    wanted = {link.uid: link for link in found}
    beyond = {link.uid for link in held[SHOWN_LINKS:]} if delta.rest else set()
    after, queue = [], list(wanted.values())
    for link in held:
        if link.hidden or (link.uid in beyond and link.uid not in wanted):
            after.append(link)
        elif queue:
            after.append(queue.pop(0))
    return [*after, *queue]


def in_slots(parts: list[Any], order: Sequence[str], uid_of: Callable[[Any], str]) -> list[Any]:
    """The named parts in the given order, at the places that they hold together; all others stay where they are."""
    named = {uid_of(part): part for part in parts if uid_of(part) in set(order)}
    queue = [named[uid] for uid in dict.fromkeys(order)]
    return [queue.pop(0) if uid_of(part) in named else part for part in parts]


def _write_links(session: Session, field: Field, changes: Sequence[tuple[int, Change]]) -> None:
    table = _table(field)
    added, removed, moved = [], [], []
    for row_id, change in changes:
        before = {link.id: place for place, link in enumerate(_links(before_of(field, change)))}
        after = [link.id for link in _links(change.values[field.key])]
        removed += [{'source': row_id, 'target': target} for target in before if target not in set(after)]
        kept = [target for target in before if target in set(after)]
        straight = kept == [target for target in after if target in before] and after[: len(kept)] == kept
        start = max(before.values(), default=-1) + 1 if straight else 0
        for place, target in enumerate(after if not straight else after[len(kept) :], start):
            if target not in before:
                added.append({'source_id': row_id, 'target_id': target, 'position': place})
            else:
                moved.append({'source': row_id, 'target': target, 'place': place})
    pair = (table.c.source_id == sa.bindparam('source')) & (table.c.target_id == sa.bindparam('target'))
    if removed:
        session.execute(table.delete().where(pair), removed)
    if moved:
        session.execute(table.update().where(pair).values(position=sa.bindparam('place')), moved)
    if added:
        session.execute(table.insert(), added)


def _write_lines(session: Session, field: Field, lines: Entity, changes: Sequence[tuple[int, Change]], now: datetime) -> None:
    table = lines.table
    added, removed, changed = [], [], []
    for row_id, change in changes:
        before = {line.uid: (place, line) for place, line in enumerate(_lines(before_of(field, change)))}
        after = _lines(change.values[field.key])
        stay = {line.uid for line in after}
        removed += [line.id for uid, (_, line) in before.items() if uid not in stay]
        for place, line in enumerate(after):
            row = {'position': place, **_row(lines, line)}
            if line.uid not in before:
                added.append({'uid': line.uid, 'parent_id': row_id, 'changed_at': now, **row})
                continue
            former_place, former = before[line.uid]
            held = {'position': former_place, **_row(lines, former)}
            fresh = {name: value for name, value in row.items() if held[name] != value}
            if fresh:
                changed.append({'id': former.id, 'changed_at': now, **fresh})
    if removed:
        session.execute(table.delete().where(table.c.id.in_(removed)))
    write_rows(session, table, changed)
    if added:
        session.execute(table.insert(), added)


def _row(lines: Entity, line: Line) -> dict[str, Any]:
    return {name: value for each in lines.own_fields for name, value in each.to_columns(line.values.get(each.key)).items()}


def _stored(lines: Entity, value: Lines | None) -> list[Any]:
    return [(line.uid, _row(lines, line)) for line in _lines(value)]


def _ids(value: Links | None) -> list[int | None]:
    return [link.id for link in _links(value)]


def _links(value: Links | None) -> tuple[Link, ...]:
    return value.links if value is not None else ()


def _lines(value: Lines | None) -> tuple[Line, ...]:
    return value.lines if value is not None else ()


def _with_uid(value: Any, uids: Mapping[tuple[str, int], str]) -> Any:
    if not isinstance(value, Link):
        return value
    return replace(value, uid=uids.get((value.entity, value.id or 0), value.uid))


def _table(field: Field) -> sa.Table:
    assert field.table is not None
    return field.table
