"""The only reader of entity tables on people's behalf: lists, single records, choices, groups, streams, history.

Statements are ORM column selects, so that the session's scoping reaches them; only columns the actor may read are loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from modules.records import (
    behind,
    candidates,
    choosing,
    figures,
    history,
    keyed,
    labels,
    noting,
    paging,
    resolving,
    searching,
    stagelog,
)
from modules.records.candidates import Found
from modules.records.choosing import Choice
from modules.records.gathering import gather
from modules.records.keyed import Listing, Narrowing
from modules.records.model import COUNTED, LARGEST_PAGE, Beside, Count, Group, HistoryEntry, ListQuery, Page, Record
from modules.records.needles import needles_of
from modules.records.operands import Operands, operands_of
from modules.records.stagelog import Stay
from permissions import branches
from permissions.policy import Policy
from permissions.scoping import ReaderSession
from schema import conditions
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.errors import BadRequest, NotFound
from schema.base.findings import Finding, nearest
from schema.base.tables import BigId
from schema.catalog import Catalog, Entity, Field
from schema.conditions import Condition
from schema.fieldtypes.base import Reading
from schema.fieldtypes.link_any import LinkAny
from schema.fieldtypes.links import SHOWN_LINKS
from schema.fieldtypes.stage import SINCE
from schema.search_index import Needles
from schema.values import USER, Link

CHOICES = 20
PLACED = 1000
"""In lists of at most so many it is told which one a record is."""
KEPT_WISHES = 200
_singles: WeakKeyDictionary[Policy, dict[Any, tuple[Sequence[Field], Mapping[str, Any]]]] = WeakKeyDictionary()
OWN = ('id', 'uid', 'revision', 'deleted_at')
ROW = '_row'  # prefix of the columns every row carries, so that no field can shadow them


class Reader:
    """Reads for one actor on one catalog. Made by `Runtime.reader`, which closes the session."""

    def __init__(self, session: ReaderSession, catalog: Catalog, policy: Policy, clock: Clock) -> None:
        self.session, self.catalog, self.policy, self.clock = session, catalog, policy, clock
        self.actor: Actor = policy.actor
        self.reading = Reading(self.actor.locale, self.actor.zone, clock.now())
        self._ids: dict[tuple[str, str], int | None] = {(USER, self.actor.username): self.actor.user_id}

    # --- lists -----------------------------------------------------------------------------------------------------

    def list_page(self, entity_key: str, query: ListQuery) -> Page:
        """One page. Raises: NotFound REC-E029, Forbidden PRM-*, BadRequest REC-E035…E039, Invalid for a bad filter."""
        entity = self._readable_entity(entity_key)
        paging.check_page(query, LARGEST_PAGE)
        fields = self._columns(entity, query.columns)
        pairs = self._sorted(entity, query)
        rows = keyed.rows(self.session, self._listing(entity, query, fields, pairs, query.size + 1))
        more, rows = len(rows) > query.size, rows[: query.size]
        if query.before and not more:  # what stood in front is less than a page by now
            return self.list_page(entity_key, replace(query, before=None))
        if query.counting:
            total: Count | None = keyed.counted_beside(rows, query.counting)
        else:
            total = self._total(entity, query, len(rows), more) if query.counted else None
        following, previous = self._ends(pairs, rows[::-1] if query.backwards else rows, query, more=more)
        records = self._records(entity, fields, rows[::-1] if query.backwards else rows, query.most)
        return Page(tuple(records), total, query.size, query.number, following, previous)

    def list_pages(self, entity_key: str, queries: Sequence[ListQuery]) -> list[Page]:
        """Several pages with the same columns, uncounted and not gone back in, as a board has them: what their records link to
        is looked up for all of them together. Raises: as `list_page`."""
        entity = self._readable_entity(entity_key)
        fields = self._columns(entity, queries[0].columns) if queries else []
        found: list[tuple[list[tuple[Field, bool]], Sequence[Any]]] = []
        for query in queries:
            paging.check_page(query, LARGEST_PAGE)
            pairs = self._sorted(entity, query)
            found.append((pairs, keyed.rows(self.session, self._listing(entity, query, fields, pairs, query.size + 1))))
        shown = [rows[: query.size] for query, (_pairs, rows) in zip(queries, found, strict=True)]
        records = iter([*self._records(entity, fields, list(chain.from_iterable(shown)))])
        pages = []
        for query, (pairs, rows), part in zip(queries, found, shown, strict=True):
            following, previous = self._ends(pairs, part, query, more=len(rows) > len(part))
            pages.append(Page(tuple(islice(records, len(part))), None, query.size, query.number, following, previous))
        return pages

    def count(self, entity_key: str, query: ListQuery, most: int = COUNTED) -> Count:
        """How many records match, counted up to `most`."""
        entity = self._readable_entity(entity_key)
        return keyed.count(self.session, entity, query, self._narrowing(entity, query, kept=True), most)

    def groups(
        self, entity_key: str, by: str | None, query: ListQuery, total: str | None = None, latest: str | None = None, *,
        newest: int = 0,
    ) -> list[Group]:  # fmt: skip
        """Count, sum of `total` (of money by currency) and the last moment of `latest`, for each value of `by`, without one for
        the list as a whole; with `newest`, of so many with the latest moments alone. Raises as `list_page`."""
        entity = self._readable_entity(entity_key)
        wanted = (('value', by), ('total', total), ('latest', latest))
        asked = {name: self._columns(entity, (key,))[0] for name, key in wanted if key}
        if 'value' in asked and not asked['value'].type.stored:
            raise BadRequest.of('REC-E037', label=asked['value'].definition.label)
        narrowing = self._narrowing(entity, query, kept=True)
        kind = ('groups', tuple((name, field.ref) for name, field in asked.items()), newest, query.deleted)
        rows = keyed.answered(
            self.session, entity, narrowing, kind,
            lambda: figures.statement(entity.table, asked, self._tests(entity, query, narrowing), newest),
        )  # fmt: skip
        return figures.groups_of(rows, asked.get('total'))

    def firsts(self, entity_key: str, link_key: str, records: Sequence[Record], query: ListQuery) -> dict[str, str]:
        """For each of these records of one entity the uid of the first in the order of `query` that links to it, where there is
        any: `{uid: uid}`. One statement, which goes along the index of the link once for each. Raises: as `list_page`."""
        entity, target = self._readable_entity(entity_key), records[0].entity.key
        table, link = entity.table, self._columns(entity, (link_key,))[0]
        given = sa.union_all(*(sa.select(sa.literal(each.id, BigId).label('id')) for each in records)).subquery()
        kind = link.type
        column = kind.column_for(link.definition, target) if isinstance(kind, LinkAny) else link.definition.column
        first = sa.select(table.c.uid).where(*self._where(entity, query), table.c[column] == given.c.id)
        ordered = [each.comparable.desc() if falling else each.comparable for each, falling in self._sorted(entity, query)]
        asked = sa.select(given.c.id, first.order_by(*ordered).limit(1).correlate(given).scalar_subquery())
        uids = {each.id: each.uid for each in records}
        return {uids[row_id]: uid for row_id, uid in self.session.execute(asked) if uid is not None}

    def span(self, entity_key: str, query: ListQuery) -> tuple[int, int]:
        """How many records match, counted to the last one, and the highest id among them (0 when there is none)."""
        entity = self._readable_entity(entity_key)
        model: Any = entity.model
        found = sa.select(sa.func.count(), sa.func.max(model.id)).select_from(model).where(*self._where(entity, query))
        count, last = self.session.execute(found).one()
        return count, last or 0

    def walk(self, entity_key: str, query: ListQuery, *, after: int, until: int, size: int) -> list[tuple[int, str]]:
        """`(id, uid)` of matching records with `after < id <= until`, in order of ids: how bulk work goes through them."""
        entity = self._readable_entity(entity_key)
        model: Any = entity.model
        where = [*self._where(entity, query), model.id > after, model.id <= until]
        return [
            (row.id, row.uid)
            for row in self.session.execute(sa.select(model.id, model.uid).where(*where).order_by(model.id).limit(size))
        ]

    def stream(self, entity_key: str, query: ListQuery, chunk: int = 1000) -> Iterator[list[Record]]:
        """All matching records in chunks by keyset, so that no snapshot is held; flat memory."""
        entity = self._readable_entity(entity_key)
        fields = self._columns(entity, query.columns)
        pairs = self._sorted(entity, query)
        cursor: str | None = None
        while True:
            asked = replace(query, cursor=cursor, number=1)
            rows = keyed.rows(self.session, self._listing(entity, asked, fields, pairs, chunk))
            if rows:
                yield list(self._records(entity, fields, rows, query.most))
            if len(rows) < chunk:
                return
            cursor = self._cursor(pairs, rows[-1])

    # --- single records --------------------------------------------------------------------------------------------

    def get(self, entity_key: str, uid: str, columns: Collection[str] | None = None) -> Record:
        """A live or deleted record. Raises: NotFound REC-E028 when it is not there or out of reach."""
        entity = self._readable_entity(entity_key)
        fields, loaded = self._one(entity, None if columns is None else tuple(columns))
        rows = keyed.one(self.session, entity, loaded, uid[:80])
        if not rows:
            raise NotFound.of('REC-E028', label=entity.definition.label)
        record = next(iter(self._records(entity, fields, rows)))
        if record.deleted_at is None:
            self._ids[entity.key, record.uid] = record.id
        return record

    def _one(
        self, entity: Entity, columns: tuple[str, ...] | None
    ) -> tuple[Sequence[Field], Mapping[str, sa.ColumnElement[Any]]]:
        """Fields and columns of a single record, found once for the same rights and wish."""
        kept = _singles.setdefault(self.policy, {})
        found = kept.get((entity.key, columns))
        if found is None:
            if len(kept) >= KEPT_WISHES:
                kept.clear()
            fields = self._columns(entity, columns, whole=True)
            found = kept[entity.key, columns] = fields, self._loaded(entity, fields, ())
        return found

    def choices(
        self, entity_key: str, search: str, limit: int = CHOICES, *, narrowed: Condition | None = None
    ) -> list[tuple[Link, str]]:
        """Records to link to: `(link, subtitle)`, those whose title begins with the search first, by title, then the newest.
        `narrowed` is what a link field lets through."""
        entity = self._readable_entity(entity_key)
        found = choosing.choices(self, entity, search, limit, narrowed=narrowed)
        return [(each.link, each.subtitle) for each in found]

    def look_up(self, entity_keys: Iterable[str], search: str, limit: int = CHOICES) -> Iterator[tuple[Entity, list[Choice]]]:
        """The same in several entities, with what each was found by; what is rare is looked for in all of them at once."""
        entities = [self._readable_entity(key) for key in entity_keys]
        asked = [(each, needles) for each in entities if (needles := self._needles(each, ListQuery(search=search)))]
        candidates.find_all(self.session, asked)
        for entity in entities:
            if found := choosing.choices(self, entity, search, limit, telling=True):
                yield entity, found

    def timeline(self, entity_key: str, uid: str, limit: int = 50) -> list[HistoryEntry]:
        """The record's own history, newest first, without fields the actor may not read."""
        return self.history(self.get(entity_key, uid, columns=()), limit)

    def history(self, record: Record, limit: int, where: Sequence[sa.ColumnElement[bool]] = ()) -> list[HistoryEntry]:
        """The same of a record that was read, of those rows of `record_history` that fit."""
        return history.entries(self.session, self.catalog, self.policy, record, limit, where)

    def beside(self, entity_key: str, record: Record, query: ListQuery) -> Beside:
        """What is before and after a record in a list, whether or not it fits the list itself; three statements, and one more
        where the list is sorted. Lists above `PLACED` records, searches and filters that look further are not counted."""
        entity = self._readable_entity(entity_key)
        model: Any = entity.model
        pairs = self._sorted(entity, query)
        row: Any = {f'{ROW}_id': record.id}
        if pairs:
            columns = self._loaded(entity, (), [field for field, _ in pairs]).values()
            own = sa.select(*columns).where(self.session.reach(entity.key), entity.table.c.id == record.id)
            row = self.session.execute(own).mappings().one()
        spot = paging.Spot(tuple(row[f'{ROW}_sort_{number}'] for number in range(len(pairs))), record.id)
        where, given = self._where(entity, query), spot.parameters
        found: list[str] = []
        for backwards, placed in ((True, paging.before), (False, paging.after)):
            statement = sa.select(model.uid).where(*where, placed(entity.table, pairs, spot.blanks))
            order = paging.order_by(entity.table, pairs, backwards=backwards)
            found.append(self.session.execute(statement.order_by(*order).limit(1), given).scalar() or '')
        if query.search.strip() or not _looks_near(query.filter):
            return Beside(found[0], found[1])
        ahead = sa.case((paging.before(entity.table, pairs, spot.blanks), 1), else_=0).label('ahead')
        held = sa.select(model.id, ahead).where(*where).limit(PLACED + 1).subquery()
        is_it = sa.case((held.c.id == record.id, 1), else_=0)
        figures = sa.select(sa.func.count(), sa.func.sum(held.c.ahead), sa.func.sum(is_it)).select_from(held)
        total, place, fits = self.session.execute(figures, given).one()
        return Beside(found[0], found[1], *((place + 1, total) if fits and total <= PLACED else ()))

    def stays(self, entity_key: str, record: Record) -> list[Stay]:
        """How long a record that was read stood in each stage, oldest first; none when stages are not for the actor."""
        entity = self._readable_entity(entity_key)
        stage = entity.stage
        if stage is None or stage.key not in self.policy.readable(entity.key):
            return []
        return stagelog.stays(self.session, entity, record)

    def derived_notes(self, record: Record) -> dict[str, Finding]:
        """Why derived values of a record that was read are blank, or not yet right; see `noting`."""
        return noting.notes(self.session, self.catalog, record)

    def labelled(self, value: Any) -> Any:
        """A value with the labels of its links, hidden where the actor may not see their targets."""
        found = labels.label_links(self.session, self.catalog, self.policy, labels.links_in(value))
        return labels.apply_labels(value, found)

    def titles(self, entity_key: str, uids: Collection[str], *, binned: bool | None = None) -> dict[str, str]:
        """`{uid: title}` of records in reach, live and binned ones or only one of these; a statement for each of the two
        whatever the number, at most 200 records."""
        wanted = {'field': 'uid', 'op': 'in', 'value': sorted(set(uids))[:LARGEST_PAGE]}
        found: dict[str, str] = {}
        for deleted in ((False, True) if binned is None else (binned,)) if uids else ():
            query = ListQuery(filter=wanted, columns=(), size=LARGEST_PAGE, deleted=deleted, counted=False)
            found.update({record.uid: record.title for record in self.list_page(entity_key, query).records})
        return found

    def operation_entries(self, operation_id: str, *, limit: int, skip: int = 0) -> list[tuple[Entity, str, HistoryEntry]]:
        """What an operation wrote, in order; see `history.of_operation`."""
        return history.of_operation(self.session, self.catalog, self.policy, operation_id, limit=limit, skip=skip)

    # --- parts -----------------------------------------------------------------------------------------------------

    def _readable_entity(self, key: str) -> Entity:
        entity = self.catalog.entity(key)
        self.policy.require('read', entity.key)
        return entity

    def _columns(self, entity: Entity, wanted: Collection[str] | None, *, whole: bool = False) -> list[Field]:
        """Fields to load, in the order asked for; without a wish all, but links and lines only of a `whole` record.

        Raises: BadRequest REC-E036 for unknown or unreadable ones.
        """
        readable = self.policy.readable(entity.key)
        if wanted is None:
            shown = (field for key, field in entity.fields.items() if key in readable and key not in {'uid', 'revision'})
            return [field for field in shown if whole or not field.is_collection]
        fields = []
        for key in wanted:
            field = entity.find_field(key)
            if field is None or field.key not in readable:
                raise BadRequest.of('REC-E036', value=key[:80], hint=nearest(key, readable))
            fields.append(field)
        return fields

    def _sorted(self, entity: Entity, query: ListQuery) -> list[tuple[Field, bool]]:
        pairs = paging.sort_fields(entity, query.sort, self.policy.readable(entity.key))
        return behind.sortable(self.catalog, self.policy, entity, pairs)

    def _listing(
        self, entity: Entity, query: ListQuery, fields: Sequence[Field], pairs: Sequence[tuple[Field, bool]], most: int
    ) -> Listing:  # fmt: skip
        columns = self._loaded(entity, fields, [field for field, _ in pairs])
        return Listing(entity, query, columns, pairs, most, self._narrowing(entity, query, kept=True))

    def _loaded(self, entity: Entity, fields: Iterable[Field], extra: Iterable[Field]) -> dict[str, sa.ColumnElement[Any]]:
        """The columns of a row by the names they have there, those to sort by included."""
        table = entity.table.c
        columns: dict[str, Any] = {f'{ROW}_{name}': table[name].label(f'{ROW}_{name}') for name in OWN}
        if entity.stage is not None:
            columns[f'{ROW}_since'] = table[entity.stage.definition.column + SINCE].label(f'{ROW}_since')
        columns |= {name: table[name] for field in fields for name in field.columns}
        columns |= behind.link_columns(entity, behind.sources(self.catalog, self.policy, entity, fields))
        columns |= {f'{ROW}_sort_{number}': each.comparable.label(f'{ROW}_sort_{number}') for number, each in enumerate(extra)}
        if entity.title.key in self.policy.readable(entity.key):
            columns.update({name: table[name] for name in entity.title.columns})
        return columns

    def _where(self, entity: Entity, query: ListQuery) -> list[sa.ColumnElement[bool]]:
        return self._tests(entity, query, self._narrowing(entity, query))

    def _tests(self, entity: Entity, query: ListQuery, narrowing: Narrowing) -> list[sa.ColumnElement[bool]]:
        deleted = entity.table.c.deleted_at
        reach = self.session.reach(entity.key, owned=narrowing.owned)
        live = deleted.is_not(None) if query.deleted else deleted.is_(None)
        return [reach, live, *keyed.sifted(self.session, entity, narrowing).clauses(entity.table)]

    def _narrowing(self, entity: Entity, query: ListQuery, *, kept: bool = False) -> Narrowing:
        """What filter and search ask; `kept` for statements that are run with its parameters. Raises: as `list_page` for a bad
        filter."""
        asked = [] if query.narrowed is None else [query.narrowed]
        if query.filter:
            asked.append(conditions.compiled(query.filter, entity, self.catalog))
            resolving.check_filter_rights(asked[-1], self.policy)
        for each in asked:
            self._find_operands(each)
        given = operands_of(asked, self._ids, self.policy, self.clock.now()) if kept else Operands(None, self._ids)
        binding = resolving.bound(self.policy, self.clock, given.ids, given.moments)
        found = self.found(entity, query)
        known = found if found is not None and found.whole else None

        def clauses(table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
            tests = [] if known is None else [known.clause(table, self.session.get_bind().dialect)]
            tests += [each.sql(binding, table) for each in asked]
            return [*tests, self._search(entity, query.search, table)] if query.search.strip() else tests

        passing = known is not None or query.narrowed is not None or bool(query.search.strip())
        walked = known is None and (found is not None or bool(query.search.strip()))
        name = None if passing else given.name
        return Narrowing(clauses, name, found, walked, _asks_own(query.filter), given.given, given.further)

    def found(self, entity: Entity, query: ListQuery) -> Found | None:
        """What the search index knows of a list."""
        needles = self._needles(entity, query)
        return candidates.find(self.session, entity, needles) if needles else None

    def _needles(self, entity: Entity, query: ListQuery) -> Needles:
        """None where the reach is looked at whole sooner than the index is asked."""
        needles = needles_of(entity, query)
        small = bool(needles) and branches.is_keyed(self.session.rule(entity.key)) and keyed.is_small(self.session, entity)
        return () if small else needles

    def _search(self, entity: Entity, text: str, table: sa.FromClause) -> sa.ColumnElement[bool]:
        """See `searching`. Only fields that the actor may read are looked into."""
        readable = self.policy.readable(entity.key)
        return searching.matches([field for field in entity.searched if field.key in readable], text, table)

    def _find_operands(self, condition: Condition) -> None:
        """Which rows a condition's links lead to; asked once for a reader: all lists of a record's page name that record."""
        unknown = [link for link in condition.link_operands() if (link.entity, link.uid) not in self._ids]
        if unknown:
            found = resolving.find_links(self.session, self.catalog, self.policy, unknown)
            for each in unknown:
                link = found.get((each.entity, each.uid))
                self._ids[each.entity, each.uid] = link.id if link is not None else None

    def _total(self, entity: Entity, query: ListQuery, shown: int, more: bool) -> Count:
        if not more and not query.cursor and (shown or query.number == 1):
            return Count((query.number - 1) * query.size + shown)
        least = shown + more if query.cursor else (query.number - 1) * query.size + shown + more
        asked = replace(query, before=None, from_end=False)
        return keyed.total(self.session, entity, asked, self._narrowing(entity, query, kept=True), least)

    def _ends(
        self, pairs: Sequence[tuple[Field, bool]], rows: Sequence[Mapping[str, Any]], query: ListQuery, *, more: bool
    ) -> tuple[str | None, str | None]:
        """Cursors to go on and to go back by, where there is anything."""
        if not rows:
            return None, None
        onward = bool(query.before) if query.backwards else more
        back = more if query.backwards else bool(query.cursor or query.number > 1)
        return self._cursor(pairs, rows[-1]) if onward else None, self._cursor(pairs, rows[0]) if back else None

    def _cursor(self, pairs: Sequence[tuple[Field, bool]], row: Mapping[str, Any]) -> str:
        return paging.cursor_of(pairs, [row[f'{ROW}_sort_{number}'] for number in range(len(pairs))], row[f'{ROW}_id'])

    def _records(
        self, entity: Entity, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], most: int = SHOWN_LINKS
    ) -> Iterator[Record]:
        shown = list(fields)
        if entity.title not in shown and entity.title.key in self.policy.readable(entity.key):
            shown.append(entity.title)
        values = [{field.key: field.from_row(row) for field in shown} for row in rows]
        seen = behind.sources(self.catalog, self.policy, entity, shown)
        if seen:
            read = behind.read(self.session, self.policy, seen, rows)
            for row, each in zip(rows, values, strict=True):
                each.update((one.field.key, read.get((one.field.key, row[one.column]))) for one in seen)
        collected = [field for field in shown if field.is_collection]
        if collected:
            gathered = gather(self.session, self.catalog, collected, [row[f'{ROW}_id'] for row in rows], most)
            for row, each in zip(rows, values, strict=True):
                each.update((field.key, gathered.get((field.key, row[f'{ROW}_id']))) for field in collected)
        links = [link for each in values for value in each.values() for link in labels.links_in(value)]
        labelled = labels.label_links(self.session, self.catalog, self.policy, links) if links else {}
        for row, each in zip(rows, values, strict=True):
            yield Record(
                entity=entity,
                id=row[f'{ROW}_id'],
                uid=row[f'{ROW}_uid'],
                revision=row[f'{ROW}_revision'],
                values={key: labels.apply_labels(value, labelled) for key, value in each.items()} if labelled else each,
                deleted_at=row[f'{ROW}_deleted_at'],
                stage_since=row.get(f'{ROW}_since'),
            )


def _asks_own(condition: Any) -> bool:
    """Whether a filter asks, with whatever else, for the person's own records alone."""
    if not condition:
        return False
    own = condition.get('field') == 'owner' and condition.get('op') == 'eq' and condition.get('value') == {'me': True}
    return own or any(_asks_own(part) for part in condition.get('all', ()))


def _looks_near(condition: Any) -> bool:
    """Whether a filter asks only for fields of the record itself."""
    if not condition:
        return True
    if 'field' in condition:
        return '.' not in condition['field']
    if 'not' in condition:
        return _looks_near(condition['not'])
    parts = condition.get('all', condition.get('any'))
    return parts is not None and all(_looks_near(each) for each in parts)
