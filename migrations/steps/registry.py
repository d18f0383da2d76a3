"""Steps by kind, to read a stored plan back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from migrations.steps.activate import Activate
from migrations.steps.add_column import AddColumn
from migrations.steps.add_link import AddLink, DropLink
from migrations.steps.adopt import AwaitAdoption
from migrations.steps.base import Step
from migrations.steps.compute import ComputeField
from migrations.steps.convert import ConvertField, EndConversion
from migrations.steps.convert_links import ConvertLinks, LinksToLink, LinkToLinks
from migrations.steps.create_table import CreateTable
from migrations.steps.fill_blank import FillBlank, FillBlankLinks
from migrations.steps.give_back import GiveBackOptions
from migrations.steps.indexes import AddIndex, DropIndex
from migrations.steps.number_rows import ConvertToNumbers, NumberLateRows, NumberRows
from migrations.steps.remap import RemapOption
from migrations.steps.search import AddSearchIndex
from migrations.steps.stays import BeginStays, NameStays
from migrations.steps.sync_permissions import SyncPermissions

STEPS: Mapping[str, type[Step]] = {
    each.kind: each
    for each in (
        CreateTable, AddLink, AddColumn, ConvertField, RemapOption, GiveBackOptions, AddIndex, SyncPermissions, Activate,
        ComputeField, AwaitAdoption, DropIndex, DropLink, EndConversion, FillBlank, NumberRows, NumberLateRows,
        LinkToLinks, LinksToLink, ConvertLinks, AddSearchIndex, NameStays, BeginStays,
        ConvertToNumbers, FillBlankLinks,
    )
}  # fmt: skip


def read_steps(stored: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The inverse of `Step.as_stored`, in order."""
    return [STEPS[each['kind']](**{name: value for name, value in each.items() if name != 'kind'}) for each in stored]
