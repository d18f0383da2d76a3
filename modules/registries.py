"""What modules plug into, filled in app.py's order by each module's `register(registries)` and then frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click
from flask import Blueprint

from schema.base.registry import Registry


def _registry(name: str) -> Any:
    return field(default_factory=lambda: Registry(name))


@dataclass
class Registries:
    """One registry for each way in which a module may extend the product."""

    commands: Registry[click.Command] = _registry('commands')
    """`{name: command or group}` of the `trellis` command line."""
    blueprints: Registry[Blueprint] = _registry('blueprints')
    duplicate_checks: Registry[Any] = _registry('duplicate checks')
    """Called by the store before it writes; see `modules.records.store.DuplicateCheck`."""
    actions: Registry[Any] = _registry('workflow actions')
    processes: Registry[Any] = _registry('processes')
    """`{'worker'|'scheduler': run(runtime, stop_event)}` loops of the long-running processes."""
    doctor: Registry[Any] = _registry('doctor checks')
    """`{name: check(runtime) -> (ok, text)}`."""
    menu: Registry[Callable[..., Any]] = _registry('menu entries')
    """`{key: entry(policy) -> menu entry or None}` beside the entities."""
    scripts: Registry[str] = _registry('scripts')
    """`{name: static path}` of ES modules that every page loads."""
    record_panels: Registry[Callable[..., Any]] = _registry('record panels')
    """`{key: panel(reader, record) -> template context or None}` at the side of the record page."""
    list_actions: Registry[Any] = _registry('list actions')
    """`{key: ListAction}`: what may be done from a list beyond the records themselves."""

    def freeze(self) -> None:
        for each in vars(self).values():
            each.freeze()
