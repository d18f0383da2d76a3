"""From two catalogs and what physically exists to ordered steps. Pure: it opens no connection and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from migrations.choices import Choices
from migrations.derived import steps_for
from migrations.physical import Physical
from migrations.steps.activate import Activate
from migrations.steps.add_column import AddColumn
from migrations.steps.add_link import AddLink, DropLink
from migrations.steps.adopt import AwaitAdoption
from migrations.steps.base import Step
from migrations.steps.convert import ConvertField, EndConversion
from migrations.steps.convert_links import conversion, converts
from migrations.steps.create_table import CreateTable
from migrations.steps.fill_blank import FillBlank, FillBlankLinks
from migrations.steps.give_back import GiveBackOptions
from migrations.steps.indexes import DropIndex
from migrations.steps.number_rows import NumberLateRows, NumberRows
from migrations.steps.remap import RemapOption
from migrations.steps.search import add_index
from migrations.steps.shadow import WHOLE_TABLE
from migrations.steps.stays import BeginStays, NameStays
from migrations.steps.sync_permissions import SyncPermissions
from schema.catalog import Catalog, Entity, Field
from schema.derived import DERIVED

PEOPLE = frozenset({'ab_user', 'team'})
OPTION_TYPES = frozenset({'picklist', 'multi_picklist', 'stage'})


@dataclass
class _Found:
    """What the comparison gathers; the plan's order is made from it at the end."""

    tables: list[Step] = field(default_factory=list)
    links: list[Step] = field(default_factory=list)
    columns: list[Step] = field(default_factory=list)
    conversions: list[ConvertField] = field(default_factory=list)
    remaps: list[RemapOption] = field(default_factory=list)
    returns: list[Step] = field(default_factory=list)
    fills: list[Step] = field(default_factory=list)
    numbers: list[Step] = field(default_factory=list)
    indexes: list[Step] = field(default_factory=list)
    unique_gone: list[str] = field(default_factory=list)
    cleanup: list[Step] = field(default_factory=list)
    shadows: list[list[str]] = field(default_factory=list)
    restored: list[list[str]] = field(default_factory=list)
    raises_fence: bool = False


def plan_steps(base: Catalog | None, target: Catalog, physical: Physical, choices: Choices, *, sqlite: bool) -> list[Step]:
    """Steps in the order of execution: expand, permissions, activate, adopt, contract.

    A dropped option that no record held when the plan was made is cleared, should somebody have chosen it since; it returns
    with a rollback.
    """
    found = _Found()
    before = base.by_ref if base else {}
    for entity in target.entities.values():
        old = before.get(entity.ref)
        if old is None and not physical.columns_of(entity.table.name):
            _plan_new_table(found, entity.table, sqlite=sqlite)
        else:
            _plan_table(found, old, entity, physical, sqlite=sqlite)
            if old is not None:
                _plan_options(found, old, entity, physical, choices.remap)
                _answer(found, old, entity, choices)
        _plan_collections(found, old, entity, physical, choices, sqlite=sqlite)
    for ref in before.keys() - target.by_ref.keys():
        _drop_table(found, before[ref].table, ref, physical, sqlite=sqlite)
        for each in before[ref].collections:
            _drop_collection(found, each, physical, sqlite=sqlite)
    computed = steps_for(base, target, physical, _rewritten(found))
    found.raises_fence |= bool(computed)  # until then, writers that do not know the field would leave it behind
    activate = Activate(
        version=target.number,
        base=base.number if base else 0,
        raises_fence=found.raises_fence,
        rights_changed=base is None or _rights(base) != _rights(target),
        conversions=[each.as_stored() for each in found.conversions],
        remaps=[_parameters(each) for each in found.remaps],
        unique_gone=found.unique_gone,
        shadows=found.shadows,
        restored=found.restored,
        roles=dict(choices.roles),
    )
    return [
        *found.tables, *found.columns, *found.links, *found.conversions, *found.numbers, *found.indexes, *found.remaps,
        *([SyncPermissions()] if activate.rights_changed else []), activate, AwaitAdoption(target.number), *found.returns,
        *found.fills, *computed, *found.cleanup,
    ]  # fmt: skip


def _rewritten(found: _Found) -> set[str]:
    """Refs of fields whose values the plan itself changes."""
    steps = (*found.conversions, *found.fills)
    return {str(ref) for step in steps if (ref := step.as_stored().get('field'))}


def _parameters(step: Step) -> dict[str, object]:
    return {name: value for name, value in step.as_stored().items() if name != 'kind'}


def _rights(catalog: Catalog) -> object:
    return sorted(catalog.roles), {key: role.document for key, role in catalog.roles.items()}, sorted(catalog.by_ref)


def _plan_new_table(found: _Found, table: sa.Table, *, sqlite: bool) -> None:
    found.tables.append(CreateTable(table.name))
    if not sqlite:
        found.links += [AddLink(table.name, name) for name in _link_columns(table)]


def _plan_collections(
    found: _Found, old: Entity | None, entity: Entity, physical: Physical, choices: Choices, *, sqlite: bool
) -> None:
    """Tables of links and lines. A name that is there and was not mapped comes back from shadow."""
    before = {each.home: each for each in old.collections} if old else {}
    for each in entity.collections:
        assert each.table is not None
        former = before.pop(each.home, None)
        if former is None and not physical.columns_of(each.home):
            _plan_new_table(found, each.table, sqlite=sqlite)
        elif each.lines is None:
            if former is None:
                _return_links(found, each.table, physical, sqlite=sqlite)
        else:
            lines = former.lines if former else None
            _plan_table(found, lines, each.lines, physical, sqlite=sqlite)
            if lines is not None:
                _plan_options(found, lines, each.lines, physical, choices.remap)
                _answer(found, lines, each.lines, choices)
    for each in before.values():
        _drop_collection(found, each, physical, sqlite=sqlite)


def _return_links(found: _Found, table: sa.Table, physical: Physical, *, sqlite: bool) -> None:
    found.restored.append([table.name, WHOLE_TABLE])
    _plan_indexes(found, None, table, physical)
    if not sqlite:
        guarded = physical.links.get(table.name, frozenset())
        found.links += [AddLink(table.name, name) for name in _link_columns(table) if name not in guarded]


def _drop_collection(found: _Found, each: Field, physical: Physical, *, sqlite: bool) -> None:
    assert each.table is not None
    _drop_table(found, each.table, each.ref, physical, sqlite=sqlite)


def _plan_table(found: _Found, old: Entity | None, entity: Entity, physical: Physical, *, sqlite: bool) -> None:
    """An entity that was there, or whose table comes back from shadow."""
    table = entity.table
    there = physical.columns_of(table.name)
    mapped = {column.name for column in old.table.columns} if old else set()
    if old is None:
        found.restored.append([table.name, WHOLE_TABLE])
    for column in table.columns:
        if column.name not in there:
            found.columns.append(AddColumn(table.name, column.name))
        elif column.name not in mapped:
            found.restored.append([table.name, column.name])
            if not sqlite and column.foreign_keys and column.name not in physical.links.get(table.name, frozenset()):
                found.links.append(AddLink(table.name, column.name))
    _plan_fields(found, old, entity, physical)
    _plan_numbers(found, old, entity, there)
    _plan_indexes(found, old, table, physical)
    if old is not None:
        _retire_columns(found, old, entity, sqlite=sqlite)


def _plan_numbers(found: _Found, old: Entity | None, entity: Entity, there: frozenset[str]) -> None:
    """Records that were there before a field that gives out numbers get theirs, and once more those saved meanwhile."""
    for each in entity.own_fields:
        if each.type.key == 'autonumber' and each.definition.type == 'autonumber' and (not old or each.ref not in old.by_ref):
            restored = each.definition.column in there
            found.numbers.append(NumberRows(entity.ref, each.ref, entity.table.name, restored))
            found.fills.append(NumberLateRows(entity.ref, each.ref, entity.table.name, restored))


def _plan_fields(found: _Found, old: Entity | None, entity: Entity, physical: Physical) -> None:
    """A field whose home is another one than before changed its type."""
    there = physical.columns_of(entity.table.name)
    for each in entity.own_fields:
        former = old.by_ref.get(each.ref) if old else None
        derived = each.definition.type in DERIVED  # computed anew, not converted
        if former is None or former.home == each.home or derived:
            continue
        if converts(former, each):
            restored = bool(physical.columns_of(each.home)) if each.is_collection else there.issuperset(each.columns)
            if restored and former.definition.type in DERIVED:  # nobody entered anything; what returns is as it was
                continue
            step = conversion(entity, former, each, restored=restored)
            found.conversions.append(step)
            found.cleanup.append(EndConversion(step.watched, step.place))
            found.raises_fence = True
            if each.type.key == 'stage':
                found.returns.append(BeginStays(entity.ref, entity.table.name, each.definition.column))
            elif each.type.key == 'autonumber':
                found.fills.append(NumberLateRows(entity.ref, each.ref, entity.table.name, restored))


def _plan_indexes(found: _Found, old: Entity | None, table: sa.Table, physical: Physical) -> None:
    there = physical.indexes.get(table.name, frozenset())
    wanted = {str(index.name): index for index in table.indexes}
    for name in sorted(wanted):
        if name not in there:
            found.indexes.append(add_index(table.name, wanted[name]))
            found.raises_fence |= bool(wanted[name].unique)
    former = {str(index.name): index for index in old.table.indexes} if old else {}
    for name in sorted(former.keys() - wanted.keys()):
        if former[name].unique:
            found.unique_gone.append(name)
        else:
            found.cleanup.append(DropIndex(table.name, name))


def _retire_columns(found: _Found, old: Entity, entity: Entity, *, sqlite: bool) -> None:
    refs = {name: each.ref for each in old.own_fields for name in each.columns}
    for column in old.table.columns:
        if column.name not in entity.table.c:
            found.shadows.append([entity.table.name, column.name, refs[column.name]])
            found.raises_fence = True
            if column.foreign_keys and not sqlite:
                found.cleanup.append(DropLink(entity.table.name, column.name))


def _drop_table(found: _Found, table: sa.Table, ref: str, physical: Physical, *, sqlite: bool) -> None:
    """The table stays whole; only what it could hold against others goes."""
    found.shadows.append([table.name, WHOLE_TABLE, ref])
    found.raises_fence = True
    if not sqlite:
        links = physical.links.get(table.name, frozenset())
        found.cleanup += [DropLink(table.name, name) for name in _link_columns(table) if name in links]


def _plan_options(
    found: _Found, old: Entity, entity: Entity, physical: Physical, remap: Mapping[str, str | None]
) -> None:  # fmt: skip
    """Nothing was ever moved in a column that is yet to be made."""
    for each in entity.own_fields:
        former = old.by_ref.get(each.ref)
        if former is None or not OPTION_TYPES.issuperset({each.type.key, former.type.key}):
            continue
        gone, back = _option_refs(former) - _option_refs(each), _option_refs(each) - _option_refs(former)
        place = (entity.table.name, each.definition.column)
        if each.type.key == former.type.key:
            many = each.type.key == 'multi_picklist'
            known = {None, *_option_refs(former)} - gone
            found.remaps += [
                RemapOption(*place, ref, remap.get(ref), many, early=remap.get(ref) in known) for ref in sorted(gone)
            ]
            if gone and each.type.key == 'stage':
                labels = {option.ref: dict(option.label) for option in former.definition.options if option.ref in gone}
                found.cleanup.append(NameStays(entity.ref, labels))
        if back and each.definition.column in physical.columns_of(entity.table.name):
            found.returns.append(GiveBackOptions(*place, sorted(back), each.type.key == 'multi_picklist'))
        found.raises_fence |= bool(gone)


def _answer(found: _Found, old: Entity, entity: Entity, choices: Choices) -> None:
    """What the author decided about values that cannot be read, and about blanks of what becomes required."""
    for number, step in enumerate(found.conversions):
        if step.entity == entity.ref:
            answers, given = (dict(each.get(step.field, {})) for each in (choices.answers, choices.given))
            found.conversions[number] = replace(step, answers=answers, given=given)
    for each in entity.own_fields:
        default = choices.answers.get(each.ref, {}).get('default')
        former = old.by_ref.get(each.ref)
        newly = each.definition.required and not (former and former.definition.required)
        if default is not None and newly:
            fill = FillBlankLinks if each.is_collection else FillBlank
            found.fills.append(fill(entity.table.name, entity.ref, each.ref, default))


def _option_refs(each: Field) -> frozenset[str]:
    return frozenset(option.ref for option in each.definition.options)


def _link_columns(table: sa.Table) -> Iterator[str]:
    for column in table.columns:
        if any(key.column.table.name not in PEOPLE for key in column.foreign_keys):
            yield column.name


def risk_of(steps: Iterable[Step]) -> str:
    """The worst of a plan's risks."""
    risks = {step.risk for step in steps}
    return next((risk for risk in ('loss', 'careful') if risk in risks), 'safe')
