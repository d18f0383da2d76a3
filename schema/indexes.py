"""Indexes of entity tables: what is scoped, linked, searched, matched, unique or asked for. Makes no table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schema.definitions import CalendarDef, EntityDef
from schema.fieldtypes.base import FOLD
from schema.fieldtypes.date import YEARLY
from schema.fieldtypes.stage import SINCE
from schema.search_index import add_search_index

if TYPE_CHECKING:
    from schema.catalog import Field

SORTED, SERIES, SPANS = 'sorted', 'repeats', 'spans'

BIN = 'deleted_at'
LISTED = ('owner_id', 'team_id', BIN)
"""What every list asks of a row."""


def index_name(table: str, columns: Iterable[str], *, unique: bool = False) -> str:
    """At most 63 bytes, PostgreSQL's limit, and the same on every machine."""
    name = f'{"uq" if unique else "ix"}_{table}_{"_".join(columns)}'
    return name if len(name) <= 60 else f'{name[:48]}_{sa.util.md5_hex(name)[:10]}'


def add_indexes(definition: EntityDef, table: sa.Table, fields: Mapping[str, Field]) -> None:
    """Indexes on what is scoped, linked, searched, matched, sorted by default or asked for."""
    live = table.c.deleted_at.is_(None)
    owned = ('owner_id', 'id', 'team_id', *_title_column(definition, fields))  # one's own are soon sorted by title
    for listed in (('id',), owned, ('team_id', 'id')):  # what lists count and page over in each scope
        chosen = [table.c[name] for name in (*listed, 'deleted_at')]  # named too, or SQLite would look at every row for it
        sa.Index(index_name(table.name, (*listed, 'live')), *chosen, postgresql_where=live, sqlite_where=live)
    binned = table.c.deleted_at.is_not(None)
    sa.Index(index_name(table.name, ('id', 'binned')), table.c.id, postgresql_where=binned, sqlite_where=binned)
    _add_board(table, list(fields.values()))
    _add_own(definition, table, fields)
    _add_story(definition, table, list(fields.values()))
    wanted: dict[tuple[str, ...], None] = {}
    planned = _add_planned(definition.calendar, table, fields) if definition.calendar is not None else frozenset()
    named = {definition.title_field, *(test.field for rule in definition.duplicates for test in rule.match)}
    for each in fields.values():
        if each.system:
            continue
        if each.is_link or each.type.key == 'stage':
            wanted.update(((name,), None) for name in each.columns if not name.endswith(SINCE))
        elif (each.definition.searched or each.key in named) and each.columns and each.type.key != 'long_text':
            wanted[(_main_column(each),)] = None
    for names in definition.indexes:
        known = [fields[name] for name in names if name in fields]
        wanted[tuple(_main_column(each) for each in known)] = None
        wanted.update({(name,): None for each in known for name in each.columns if name.endswith(YEARLY)})
    for link, of, *others in sorted(definition.ends):  # the bin too, so that nothing needs a look at the rows
        told = [name for key in others for name in _told(fields[key])]
        wanted[tuple(dict.fromkeys((_main_column(fields[link]), fields[of].definition.column, BIN, *told)))] = None
    for key in definition.unique_keys:
        _add_unique_key(table, [fields[name] for name in key.fields if name in fields])
    add_search_index(table, [each for each in fields.values() if each.definition.searched] or [fields[definition.title_field]])
    for columns in wanted:
        if len(columns) == 1 and columns[0] in planned:
            continue
        if len(columns) == 1 and not columns[0].endswith(YEARLY):
            _add_sorted(table, columns[0])
        else:
            sa.Index(index_name(table.name, columns), *(table.c[name] for name in columns))
    for each in fields.values():
        if each.definition.unique:
            column = _main_column(each)
            sa.Index(
                index_name(table.name, (column,), unique=True),
                table.c[column],
                unique=True,
                postgresql_where=live,
                sqlite_where=live,
            )


def unique_columns(parts: Iterable[Field]) -> tuple[str, ...]:
    """The columns by which a key over several fields tells records apart: folded where people write freely."""
    return tuple(_main_column(each) for each in parts)


def sorting_index(table: sa.Table, column: str) -> str | None:
    """The name of the index along which lists sort by a column; None without one."""
    return next((str(each.name) for each in table.indexes if _sorts(each, column)), None)


def _sorts(index: sa.Index, column: str) -> bool:
    table, names = index.table, [each.name for each in index.columns]
    assert table is not None
    return names[:1] == [column] and index.name in {index_name(table.name, (column, SORTED)), _spans_name(table.name, names)}


def former_names(index: sa.Index) -> frozenset[str]:
    """What an index of this kind was called in releases in which it held less."""
    assert index.table is not None
    table, names = index.table.name, [each.name for each in index.columns]
    column, last = names[0], names[-1]
    if index.name == _spans_name(table, names):
        return frozenset({index_name(table, (column, SORTED))})
    formerly = {SORTED: ((column,), (column, 'id')), SERIES: ((column, 'series'), (last, SORTED))}
    kind = next((each for each in formerly if index.name == index_name(table, (column, each))), None)
    return frozenset(index_name(table, former) for former in formerly[kind]) if kind else frozenset()


def _add_sorted(table: sa.Table, column: str) -> None:
    """Along a column as lists sort by it, newest first among equals; it tells by itself what is live and whose it is, so that a
    walk past other people's records looks at none of them."""
    told = [table.c[name] for name in LISTED]
    sa.Index(index_name(table.name, (column, SORTED)), table.c[column], table.c.id.desc(), *told)


def _add_board(table: sa.Table, fields: Iterable[Field]) -> None:
    """What boards and first pages count and add up by stage and currency, in this order, so that no database sorts or hashes,
    and in each scope, without a look at the rows themselves."""
    stage = next((each for each in fields if each.type.key == 'stage'), None)
    if stage is None:
        return
    money = next((each for each in fields if each.type.key == 'money' and each.type.stored), None)
    live = table.c.deleted_at.is_(None)
    chosen = (stage.definition.column, *(reversed([*money.columns]) if money is not None else ()))
    covered = [table.c[name] for name in (*chosen, 'owner_id', 'team_id', 'deleted_at')]
    sa.Index(index_name(table.name, (*chosen, 'live')), *covered, postgresql_where=live, sqlite_where=live)


def _add_own(definition: EntityDef, table: sa.Table, fields: Mapping[str, Field]) -> None:
    """What a first page asks for: one's own in a stage or state, by the time since when or until when."""
    asked = [(each.definition.column, each.definition.column + SINCE) for each in fields.values() if each.type.key == 'stage']
    calendar = definition.calendar
    if calendar is not None and calendar.kind == 'task' and {calendar.start, calendar.status} <= fields.keys():
        asked.append((fields[calendar.status or ''].definition.column, fields[calendar.start].definition.column))
    live = table.c.deleted_at.is_(None)
    for state, time in asked:
        chosen = [table.c[name] for name in ('owner_id', state, time, 'deleted_at')]
        name = index_name(table.name, ('owner_id', state, time, 'live'))
        sa.Index(name, *chosen, postgresql_where=live, sqlite_where=live)


def _add_story(definition: EntityDef, table: sa.Table, fields: Iterable[Field]) -> None:
    """What is said about one record, by its moment and by kind: a timeline takes the newest, a count of interactions all."""
    own = [each for each in fields if not each.system]
    moments = [each.definition.column for each in own if each.type.key == 'datetime'][:1]
    if definition.calendar is not None or not moments:
        return
    kinds = [each.definition.column for each in own if each.type.key == 'picklist' and each.definition.required][:1]
    for link in (name for each in own if each.type.key == 'link_any' for name in each.columns):
        chosen = [table.c[name] for name in (link, *moments, 'id', *kinds, 'deleted_at')]
        said = table.c[link].is_not(None)
        sa.Index(index_name(table.name, (link, *moments, 'said')), *chosen, postgresql_where=said, sqlite_where=said)


def _add_planned(calendar: CalendarDef, table: sa.Table, fields: Mapping[str, Field]) -> frozenset[str]:
    """What a calendar asks for: what begins and ends within its days, and what repeats. The columns that need no other index of
    their own."""
    if calendar.start not in fields:
        return frozenset()
    start = fields[calendar.start].definition.column
    end, repeat = (_main_column(fields[key]) if key in fields else '' for key in (calendar.end, calendar.repeat))
    if end:
        _add_spans(table, start, [name for name in (end, repeat) if name])
    if repeat:
        _add_series(table, start, repeat)
    # By an index of its own SQLite would gather all that does not repeat, where a day is asked for.
    return frozenset({name for name in (start if end else '', repeat) if name})


def _add_spans(table: sa.Table, start: str, told: Sequence[str]) -> None:
    """As lists sort, and what is `told` besides, so that what was over before the days that are shown is passed unseen."""
    held = (*LISTED, *told)
    name = _spans_name(table.name, [start, 'id', *held])
    sa.Index(name, table.c[start], table.c.id.desc(), *(table.c[each] for each in held))


def _spans_name(table: str, names: Sequence[str]) -> str:
    """Of an index of these columns."""
    return index_name(table, (names[0], *names[len(LISTED) + 2 :], SPANS))


def _add_series(table: sa.Table, start: str, rule: str) -> None:
    """What repeats is asked for with every day of a calendar, back to the beginning, and there is little of it. It tells whose
    it is, as the index of the start does, which a database would else prefer."""
    series = sa.and_(table.c.deleted_at.is_(None), table.c[rule].is_not(None))
    told = [table.c[name] for name in (*LISTED, rule)]
    name = index_name(table.name, (start, SERIES))
    sa.Index(name, table.c[start], table.c.id.desc(), *told, postgresql_where=series, sqlite_where=series)


def _add_unique_key(table: sa.Table, parts: list[Field]) -> None:
    """Both engines let rows with a NULL in any part stand beside each other, as blanks never collide."""
    live = table.c.deleted_at.is_(None)
    columns = unique_columns(parts)
    name = index_name(table.name, columns, unique=True)
    sa.Index(name, *(table.c[column] for column in columns), unique=True, postgresql_where=live, sqlite_where=live)


def _title_column(definition: EntityDef, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """What lists sort by when they sort by title; none where it stands in no short column of the table."""
    title = fields.get(definition.title_field)
    if title is None or title.system or not title.type.stored or title.type.key == 'long_text':
        return ()
    return (_main_column(title),)


def _told(each: Field) -> tuple[str, ...]:
    return tuple(each.columns) if each.type.key == 'money' else (_main_column(each),)


def _main_column(each: Field) -> str:
    folded = each.definition.column + FOLD
    return folded if folded in each.columns else each.definition.column
