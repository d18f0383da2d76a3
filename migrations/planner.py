"""From two catalogs and what physically exists to ordered steps. Pure: it opens no connection and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from migrations.physical import Physical
from migrations.steps.activate import Activate
from migrations.steps.add_column import AddColumn
from migrations.steps.add_link import AddLink, DropLink
from migrations.steps.adopt import AwaitAdoption
from migrations.steps.base import Step
from migrations.steps.convert import ConvertField
from migrations.steps.create_table import CreateTable
from migrations.steps.give_back import GiveBackOptions
from migrations.steps.indexes import AddIndex, DropIndex
from migrations.steps.remap import RemapOption
from migrations.steps.shadow import WHOLE_TABLE
from migrations.steps.sync_permissions import SyncPermissions
from schema.catalog import Catalog, Entity, Field

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
    indexes: list[Step] = field(default_factory=list)
    unique_gone: list[str] = field(default_factory=list)
    cleanup: list[Step] = field(default_factory=list)
    shadows: list[list[str]] = field(default_factory=list)
    restored: list[list[str]] = field(default_factory=list)
    raises_fence: bool = False


def plan_steps(
    base: Catalog | None, target: Catalog, physical: Physical, *, remap: Mapping[str, str | None], sqlite: bool
) -> list[Step]:
    """Steps in the order of execution: expand, permissions, activate, adopt, contract.

    `remap` gives for the ref of a dropped option the ref that takes its place, or None to clear. One that no record held when
    the plan was made is cleared as well, should somebody have chosen it since; it returns with a rollback.
    """
    found = _Found()
    before = base.by_ref if base else {}
    for entity in target.entities.values():
        old = before.get(entity.ref)
        if old is None and not physical.columns_of(entity.table.name):
            _plan_new_table(found, entity, sqlite=sqlite)
        else:
            _plan_table(found, old, entity, physical, sqlite=sqlite)
            if old is not None:
                _plan_options(found, old, entity, remap)
    for ref in before.keys() - target.by_ref.keys():
        _drop_table(found, before[ref], physical, sqlite=sqlite)
    activate = Activate(
        version=target.number,
        base=base.number if base else 0,
        raises_fence=found.raises_fence,
        rights_changed=base is None or _rights(base) != _rights(target),
        conversions=[_parameters(each) for each in found.conversions],
        remaps=[_parameters(each) for each in found.remaps],
        unique_gone=found.unique_gone,
        shadows=found.shadows,
        restored=found.restored,
    )
    return [
        *found.tables, *found.columns, *found.links, *found.conversions, *found.indexes, *found.remaps, SyncPermissions(),
        activate, AwaitAdoption(target.number), *found.returns, *found.cleanup,
    ]  # fmt: skip


def _parameters(step: Step) -> dict[str, object]:
    return {name: value for name, value in step.as_stored().items() if name != 'kind'}


def _rights(catalog: Catalog) -> object:
    return sorted(catalog.roles), {key: role.document for key, role in catalog.roles.items()}, sorted(catalog.by_ref)


def _plan_new_table(found: _Found, entity: Entity, *, sqlite: bool) -> None:
    found.tables.append(CreateTable(entity.table.name))
    if not sqlite:
        found.links += [AddLink(entity.table.name, name) for name in _link_columns(entity.table)]


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
    _plan_fields(found, old, entity, there)
    _plan_indexes(found, old, table, physical)
    if old is not None:
        _retire_columns(found, old, entity, sqlite=sqlite)


def _plan_fields(found: _Found, old: Entity | None, entity: Entity, there: frozenset[str]) -> None:
    """A field whose main column is another one than before changed its type."""
    for each in entity.own_fields:
        former = old.by_ref.get(each.ref) if old else None
        if former is not None and former.definition.column != each.definition.column:
            restored = each.definition.column in there
            found.conversions.append(ConvertField(entity.ref, each.ref, entity.table.name, restored))
            found.raises_fence = True


def _plan_indexes(found: _Found, old: Entity | None, table: sa.Table, physical: Physical) -> None:
    there = physical.indexes.get(table.name, frozenset())
    wanted = {str(index.name): index for index in table.indexes}
    for name in sorted(wanted):
        if name not in there:
            found.indexes.append(AddIndex(table.name, name))
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


def _drop_table(found: _Found, entity: Entity, physical: Physical, *, sqlite: bool) -> None:
    """The table stays whole; only what it could hold against others goes."""
    found.shadows.append([entity.table.name, WHOLE_TABLE, entity.ref])
    found.raises_fence = True
    if not sqlite:
        links = physical.links.get(entity.table.name, frozenset())
        found.cleanup += [DropLink(entity.table.name, name) for name in _link_columns(entity.table) if name in links]


def _plan_options(found: _Found, old: Entity, entity: Entity, remap: Mapping[str, str | None]) -> None:
    for each in entity.own_fields:
        former = old.by_ref.get(each.ref)
        if former is None or not OPTION_TYPES.issuperset({each.type.key, former.type.key}):
            continue
        gone, back = _option_refs(former) - _option_refs(each), _option_refs(each) - _option_refs(former)
        place = (entity.table.name, each.definition.column)
        if each.type.key == former.type.key:
            many = each.type.key == 'multi_picklist'
            found.remaps += [RemapOption(*place, ref, remap.get(ref), many) for ref in sorted(gone)]
        if back and each.type.key != 'multi_picklist':
            found.returns.append(GiveBackOptions(*place, sorted(back)))
        found.raises_fence |= bool(gone)


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
