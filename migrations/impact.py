"""What a plan means for live records: one read-only pass, set-based. Decides nothing but what must be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from migrations import derived_impact, link_impact
from migrations.choices import Choices
from migrations.clashes import Codes, meeting_of
from migrations.converting import BECOMES, UNIT_SECONDS, Answers, Conversion, can_become, returns
from migrations.looking import Looking
from migrations.neighbours import End, Sides, lens_of, neighbours_of, seen_from
from migrations.physical import Physical
from migrations.plans import Impact
from migrations.rule_impact import RuleSurvey
from migrations.steps.convert_links import converts, links_alike
from migrations.steps.remap import holds
from schema.base.findings import escape_pointer, finding
from schema.catalog import Catalog, Entity, Field
from schema.changes import TYPE_WORDS
from schema.checks.size import ROW_LIMIT, SYSTEM_BYTES, width
from schema.definitions import Texts
from schema.derived import DERIVED
from schema.fieldtypes.base import Reading, Refused

SAMPLES = 100
PHYSICAL_LIMIT = 1600
"""PostgreSQL counts dropped columns as well."""
COLUMN_LIMIT = 1000  # PostgreSQL allows 1,600 and rows of 8 kB, SQLite 2,000; retired columns count until they are reaped
READING = Reading('vi')
OPTION_TYPES = frozenset({'picklist', 'multi_picklist', 'stage'})


RULES = ('minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'pattern', 'format', 'x-max')
PAGE = 5000
MOST_KNOWN = 50_000
UNITS: Mapping[str, Texts] = {'integer': {'en': 'minutes', 'vi': 'phút'}, 'decimal': {'en': 'hours', 'vi': 'giờ'}}
Attempt = Callable[[dict[str, Any]], Any]
Attempts = Callable[[list[dict[str, Any]]], Attempt]
"""What tries one row of these: it may look at once at what is behind all of them."""


@dataclass(frozen=True)
class Survey:
    """Reads alone."""

    connection: sa.Connection
    base: Catalog
    target: Catalog
    physical: Physical
    choices: Choices
    looking: Looking = field(default_factory=Looking)

    def impacts(self) -> list[Impact]:
        """Entities in the target's order, then dropped ones."""
        found: list[Impact] = []
        for entity in self.target.entities.values():
            old = self.base.by_ref.get(entity.ref)
            found += self._budget(entity)
            if old is None:
                found += self._unique(None, entity)
                continue
            found += self._fields(old, entity)
            found += self._rules(old, entity)
        found += derived_impact.impacts(self.connection, self.base, self.target)
        for ref in self.base.by_ref.keys() - self.target.by_ref.keys():
            found += self._dropped_entity(self.base.by_ref[ref])
        return found

    def _fields(self, old: Entity, entity: Entity) -> Iterator[Impact]:
        """Of an entity, and of the lines in it as of an entity of their own."""
        for each in old.own_fields:
            if each.ref not in entity.by_ref:
                yield from self._dropped(old, each)
        yield from self._unique(old, entity)
        for each in entity.own_fields:
            yield from self._field(old, entity, each)
            former = old.by_ref.get(each.ref)
            if each.lines is not None and former is not None and former.lines is not None:
                yield from self._fields(former.lines, each.lines)

    def _rules(self, old: Entity, entity: Entity, parent: Entity | None = None) -> Iterator[Impact]:
        """Of an entity, and of the lines in it, which are told by the records that hold them."""
        for broken in RuleSurvey(self.connection, old, self.target, entity, parent).broken():
            yield Impact(*broken)
        for each in entity.own_fields:
            former = old.by_ref.get(each.ref)
            if each.lines is not None and former is not None and former.lines is not None:
                yield from self._rules(former.lines, each.lines, old)

    def _field(self, old: Entity, entity: Entity, each: Field) -> Iterator[Impact]:
        former = old.by_ref.get(each.ref)
        if each.definition.required and not (former and former.definition.required):
            yield from self._blank(old, former, entity, each)
        if former is None:
            return
        if former.home != each.home and each.definition.type not in DERIVED:
            yield from self._converted(old, former, entity, each)
        elif former.type.key == each.type.key and each.type.key in OPTION_TYPES:
            yield from self._options(old, former, entity, each)
        elif each.type.key == 'link_any':
            yield from self._pointed_elsewhere(old, former, entity, each)
        elif each.type.stored and not each.type.computed and each.columns and _rules(former) != _rules(each):
            yield from self._tightened(old, former, entity, each)

    def _count(self, old: Entity, *where: sa.ColumnElement[bool]) -> int:
        table = old.table
        query = sa.select(sa.func.count()).select_from(table).where(table.c.deleted_at.is_(None), *where)
        return int(self.connection.execute(query).scalar_one())

    def _dropped(self, old: Entity, each: Field) -> Iterator[Impact]:
        count = self._count(old, _filled(old, each))
        if count:
            yield Impact(finding('MIG-W001', _at(old, each), level='warning', count=count, label=_name(old, each)), count)

    def _pointed_elsewhere(self, old: Entity, former: Field, entity: Entity, each: Field) -> Iterator[Impact]:
        """Records whose link leads to a kind of record that the field no longer points to."""
        for target, (name, column) in zip(former.definition.targets, former.columns.items(), strict=True):
            linked = column.is_not(None)
            if name not in each.columns and (count := self._count(old, linked)):
                words = {'label': _name(old, former), 'target': self.base.entities[target].definition.plural}
                about = finding('MIG-W010', f'{_at(entity, each)}/x-targets', level='warning', count=count, **words)
                yield Impact(about, count, self._samples(old, former, linked, READING))

    def _dropped_entity(self, old: Entity) -> Iterator[Impact]:
        if count := self._count(old):
            place = f'/entities/{escape_pointer(old.key)}'
            yield Impact(finding('MIG-W004', place, level='warning', count=count, label=old.definition.plural), count)

    def _blank(self, old: Entity, former: Field | None, entity: Entity, each: Field) -> Iterator[Impact]:
        count = self._count(old, *([~self._held(old, former)] if former else []))
        if count:
            blank = [old.table.c.deleted_at.is_(None), *([~self._held(old, former)] if former else [])]
            samples = [{**sample, 'value': ''} for sample in self._samples(old, old.title, sa.and_(*blank), READING)]
            about = finding('MIG-W002', _at(entity, each), level='warning', count=count, label=_name(entity, each))
            yield Impact(about, count, samples)

    def _unique(self, old: Entity | None, entity: Entity) -> Iterator[Impact]:
        """Also for a column that comes back from shadow: its values may collide with nothing today but each other."""
        for each in entity.own_fields:
            former = old.by_ref.get(each.ref) if old else None
            newly = each.definition.unique and not (former and former.definition.unique)
            if newly and self.physical.columns_of(entity.table.name).issuperset(each.columns):
                yield from self._collisions(entity, each)

    def _collisions(self, entity: Entity, each: Field) -> Iterator[Impact]:
        table, column = entity.table, each.comparable
        shared = (
            sa.select(column, sa.func.count().label('rows'))
            .where(table.c.deleted_at.is_(None), column.is_not(None))
            .group_by(column)
            .having(sa.func.count() > 1)
        )
        groups = self.connection.execute(shared.limit(10_000)).all()
        if not groups:
            return
        count = sum(row.rows for row in groups)
        same = column.in_([row[0] for row in groups[:SAMPLES]])
        samples = self._samples(entity, each, sa.and_(same, table.c.deleted_at.is_(None)), READING)
        values = [sample['value'] for sample in samples]
        shown = ', '.join(dict.fromkeys(values[:10]))
        place = f'{_at(entity, each)}/x-unique'
        yield Impact(finding('MIG-E016', place, count=count, label=_name(entity, each), samples=shown), count, samples)

    def _converted(self, old: Entity, former: Field, entity: Entity, each: Field) -> Iterator[Impact]:
        place, label = f'{_at(entity, each)}/x-type', _name(entity, each)
        words: dict[str, Any] = {'old': _words(former.type.key), 'new': _words(each.type.key)}
        if each.is_collection:
            restored = bool(self.physical.columns_of(each.home))
        else:
            restored = self.physical.columns_of(old.table.name).issuperset(each.columns)
        if restored and former.definition.type in DERIVED:
            return
        possible = converts(former, each) and can_become(former.type.key, each.type.key)
        if not possible and not restored:
            choices = [_words(kind) for kind in sorted(BECOMES.get(former.type.key, ()))]
            code = 'MIG-E012' if choices else 'MIG-E022'
            yield Impact(finding(code, place, label=label, choices=choices, **words), 0)
            return
        if links_alike(former, each):
            told = {'label': label, **words}
            yield from link_impact.relinked(self.connection, self.base, old, former, place, told)
            return
        if not converts(former, each):  # what returns has rows of its own, and nothing is read from one into the other
            return
        there = [sa.column(name, column.type) for name, column in each.columns.items()] if restored else []
        apart = former.is_collection or each.is_collection
        attempts = self._conversion(former, each, restored=restored)
        converted, failed, unread = self._try(old, former, attempts, there, alone=apart)
        if not converted and not failed:
            return
        samples = self._samples(old, former, old.table.c.id.in_(unread), READING) if unread else []
        about = finding('MIG-W003', place, level='warning', label=label, converted=converted, failed=failed, **words)
        yield Impact(about, converted + failed, samples)
        yield from self._clashing(old, former, entity, each, attempts)
        kinds = {former.type.key, each.type.key}
        if 'duration' in kinds and (unit := next((UNITS[kind] for kind in kinds if kind in UNIT_SECONDS), None)):
            yield Impact(finding('MIG-W011', place, level='warning', label=label, unit=unit), 0)

    def _clashing(self, old: Entity, former: Field, entity: Entity, each: Field, attempts: Attempts) -> Iterator[Impact]:
        """Converted values that must differ and do not; codes that numbers given out go on after. What returns from shadow was
        compared by its own column."""
        meeting = meeting_of(each)
        if meeting is None or self.physical.columns_of(old.table.name).issuperset(each.columns):
            return
        for rows in self._pages(old, former, self._columns(former)):
            told = [dict(row._mapping) for row in rows]
            attempt = attempts(told)
            for row in told:
                with suppress(Refused):
                    meeting.meet(row['id'], attempt(row))
        label, place = _name(entity, each), _at(entity, each)
        if meeting.count:
            samples = self._samples(old, former, old.table.c.id.in_(meeting.ids), READING)
            shown = ', '.join(dict.fromkeys(sample['value'] for sample in samples[:10]))
            about = finding('MIG-E016', f'{place}/x-unique', count=meeting.count, label=label, samples=shown)
            yield Impact(about, meeting.count, samples)
        if isinstance(meeting, Codes):
            samples = self._samples(old, former, old.table.c.id.in_(meeting.stray_ids), READING)
            yield Impact(meeting.told(f'{place}/x-type', label), meeting.strays, samples)

    def _conversion(self, former: Field, each: Field, *, restored: bool) -> Attempts:
        sides = Sides(End(former, self.base), End(each, self.target), self.base, self.physical)
        answers, given = (Answers.read(part.get(each.ref, {})) for part in (self.choices.answers, self.choices.given))

        def attempts(rows: list[dict[str, Any]]) -> Attempt:
            forth = Conversion(former, each, answers, neighbours_of(self.connection, sides, rows, answers.wires))
            near = neighbours_of(self.connection, sides.back, rows, given.wires) if restored else forth.neighbours
            back = Conversion(each, former, given, near)

            def attempt(row: dict[str, Any]) -> Any:
                return None if restored and returns(back, row, forth.former(row)) else forth.row(row)

            return attempt

        return attempts

    def _tightened(self, old: Entity, former: Field, entity: Entity, each: Field) -> Iterator[Impact]:
        """Values that were right until now and that the field's own new rules refuse; they stay until somebody edits them."""

        def attempt(row: dict[str, Any]) -> None:
            each.type.normalise(each.definition, former.wire(former.from_row(row)), READING)

        _, failed, refused = self._try(old, former, lambda _: attempt)
        if failed:
            about = finding('MIG-W008', _at(entity, each), level='warning', count=failed, label=_name(entity, each))
            yield Impact(about, failed, self._samples(old, former, old.table.c.id.in_(refused), READING))

    def _try(
        self, old: Entity, former: Field, attempts: Attempts, beside: Sequence[Any] = (), *, alone: bool = False
    ) -> tuple[int, int, list[int]]:  # fmt: skip
        """Rows whose value passes, rows whose value is refused, and the first ids of these; blanks and the bin are left out.

        Reads page by page, so that no size matters; a value that was met before is not tried again, unless each row is to be
        tried `alone`, since other tables hold its value.
        """
        columns = [*self._columns(former), *beside]
        names = ['id', *(column.name for column in columns)] if alone else [column.name for column in columns]
        known: dict[tuple[Any, ...], bool] = {}
        fine = failed = 0
        refused: list[int] = []
        for rows in self._pages(old, former, columns):
            if len(known) >= MOST_KNOWN:
                known.clear()
            values = [tuple(row) if alone else tuple(row[1:]) for row in rows]
            fresh = dict.fromkeys(value for value in values if value not in known)
            tried = [dict(zip(names, value, strict=True)) for value in fresh]
            attempt = attempts(tried)
            known |= {value: _passes(attempt, row) for value, row in zip(fresh, tried, strict=True)}
            for row, value in zip(rows, values, strict=True):
                if known[value]:
                    fine += 1
                    continue
                failed += 1
                if len(refused) < SAMPLES:
                    refused.append(row.id)
        return fine, failed, refused

    def _held(self, old: Entity, each: Field) -> sa.ColumnElement[bool]:
        """Rows with a value, be it one that is read through a link."""
        lens = lens_of(self.base, each)
        return _filled(old, each) if lens is None else lens.shows()

    def _columns(self, each: Field) -> list[sa.Column[Any]]:
        """By which rows tell their value."""
        return [*(lens_of(self.base, each) or each).columns.values()]

    def _pages(self, old: Entity, each: Field, columns: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Live rows that hold a value, page by page: their id and these columns."""
        table, last = old.table, 0
        held = self._held(old, each)
        query = sa.select(table.c.id, *columns).where(held, table.c.deleted_at.is_(None)).order_by(table.c.id)
        self.looking.expect(self._count(old, held))
        while True:
            rows = self.connection.execute(query.where(table.c.id > last).limit(PAGE)).all()
            yield rows
            self.looking.pass_by(len(rows))
            if len(rows) < PAGE:
                return
            last = rows[-1].id
            self.connection.rollback()  # a snapshot held for all pages would keep SQLite from emptying its log

    def _options(self, old: Entity, former: Field, entity: Entity, each: Field) -> Iterator[Impact]:
        kept = {option.ref: option for option in each.definition.options}
        choices = [option.key for option in each.definition.options if not option.retired]
        many = each.type.key == 'multi_picklist'
        for option in former.definition.options:
            if option.ref in kept:
                continue
            count = self._count(old, holds(former.columns[former.definition.column], option.ref, many=many))
            words: dict[str, Any] = {
                'label': _name(old, former),
                'option': option.label or {'en': option.key},
                'choices': choices,
            }
            if option.ref not in self.choices.remap:
                if count:
                    yield Impact(finding('MIG-E014', _at(entity, each), count=count, ref=option.ref, **words), count)
                continue
            wanted = self.choices.remap[option.ref]
            target = next((every for every in each.definition.options if wanted in (every.key, every.ref)), None)
            if target is None and wanted is not None:
                yield Impact(finding('MIG-E017', f'/remap/{escape_pointer(option.ref)}', value=wanted, **words), count)
            elif count:
                label = target.label if target else {'en': 'blank', 'vi': 'trống'}
                words = {**words, 'target': label, 'ref': option.ref}
                about = finding('MIG-W005', _at(entity, each), level='warning', count=count, **words)
                yield Impact(about, count)

    def _samples(self, entity: Entity, each: Field, where: sa.ColumnElement[bool], reading: Reading) -> list[dict[str, str]]:
        """The first records; of lines those that hold them."""
        table, lines = entity.table, '.' in entity.key
        owner = next(every for every in self.base.entities.values() if entity.ref in every.by_ref) if lines else entity
        place = table.c.parent_id if lines else table.c.id
        named = (table.c.id, place, *self._columns(each))
        query = sa.select(*{column.name: column for column in named}.values())
        found = self.connection.execute(query.where(where).order_by(table.c.id).limit(SAMPLES)).mappings()
        rows = [dict(row) for row in found]
        called = self._called(owner, [row[place.name] for row in rows], reading)
        end = End(each, self.base)
        near = seen_from(self.connection, Sides(end, end, self.base), rows)
        return [
            {**called[row[place.name]], 'value': each.type.text(each.definition, near.value(each, row), reading)}
            for row in rows
        ]

    def _called(self, owner: Entity, ids: list[int], reading: Reading) -> dict[int, dict[str, str]]:
        title, table = owner.title, owner.table
        columns = {column.name: column for column in (table.c.id, table.c.uid, *title.columns.values())}
        found = self.connection.execute(sa.select(*columns.values()).where(table.c.id.in_(sorted(set(ids))))).mappings()
        return {
            row['id']: {'uid': row['uid'], 'title': title.type.text(title.definition, title.from_row(dict(row)), reading)}
            for row in found
        }

    def _budget(self, entity: Entity) -> Iterator[Impact]:
        """What the table holds besides stays in its rows and counts as well until it is reaped."""
        place, table = f'/entities/{escape_pointer(entity.key)}/properties', entity.table
        count, spent = len(self.physical.columns_of(table.name) | set(table.c.keys())), self.physical.spent.get(table.name, 0)
        if count > COLUMN_LIMIT or count + spent > PHYSICAL_LIMIT:
            about = finding('MIG-E015', place, label=entity.definition.label, count=count + spent, limit=COLUMN_LIMIT)
            yield Impact(about, count)
            return
        retired = [size for name, size in self.physical.widths.get(table.name, {}).items() if name not in table.c]
        own = [width(column.type) for each in entity.own_fields for column in each.columns.values()]
        if retired and (size := SYSTEM_BYTES + count // 8 + sum(own) + sum(retired)) > ROW_LIMIT:
            words: dict[str, Any] = {
                'label': entity.definition.label,
                'count': size,
                'retired': sum(retired),
                'limit': ROW_LIMIT,
            }
            yield Impact(finding('MIG-E021', place, **words), len(retired))


def _rules(each: Field) -> list[Any]:
    return [each.type.key, *(each.definition.document.get(name) for name in RULES)]


def linked(impact: Impact, base: Catalog, target: Catalog) -> Impact:
    """The impact with each sample's page as `href`, which is that of today's key."""
    tokens = impact.finding.pointer.split('/')
    entity = target.entities.get(tokens[2]) or base.entities.get(tokens[2]) if len(tokens) > 2 else None
    today = base.by_ref.get(entity.ref) if entity is not None else None
    if today is None:
        return impact
    return replace(impact, samples=[{**each, 'href': f'/{today.key}/{each["uid"]}'} for each in impact.samples])


def _passes(attempt: Callable[[dict[str, Any]], Any], row: dict[str, Any]) -> bool:
    try:
        attempt(row)
    except Refused:
        return False
    return True


def _filled(entity: Entity, each: Field) -> sa.ColumnElement[bool]:
    if each.table is not None:
        owner = each.table.c['source_id' if each.lines is None else 'parent_id']
        return sa.exists().where(owner == entity.table.c.id)
    if not each.type.stored:
        return sa.false()
    main = [column for name, column in each.columns.items() if each.type.key == 'link_any' or name == each.definition.column]
    return sa.or_(*(column.is_not(None) for column in main))


def _at(entity: Entity, each: Field) -> str:
    owner, _, lines = entity.key.partition('.')
    inside = f'/properties/{escape_pointer(lines)}/x-lines' if lines else ''
    return f'/entities/{escape_pointer(owner)}{inside}/properties/{escape_pointer(each.key)}'


def _name(entity: Entity, each: Field) -> Texts:
    locales = {'en', *entity.definition.label, *each.definition.label}
    return {locale: f'{entity.definition.label_in(locale)}, {each.definition.label_in(locale)}' for locale in sorted(locales)}


def _words(kind: str) -> Texts:
    return TYPE_WORDS.get(kind, {'en': kind})
