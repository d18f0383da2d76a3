"""What modules plug into, filled in app.py's order by each module's `register(registries)` and then frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import sqlalchemy as sa
from flask import Blueprint

from modules.ways import NoWayOut, WayOut
from schema.base.registry import Registry


class Registries:
    """One registry for each way in which a module may extend the product."""

    def __init__(self) -> None:
        self.commands: Registry[click.Command] = Registry('commands')
        """`{name: command or group}` of the `trellis` command line."""
        self.blueprints: Registry[Blueprint] = Registry('blueprints')
        self.duplicate_checks: Registry[Any] = Registry('duplicate checks')
        """Called by the store before it writes; see `modules.records.store.DuplicateCheck`."""
        self.followers: Registry[Any] = Registry('followers')
        """Told by the store of every row it writes, in the same transaction; see `modules.records.following.Follower`."""
        self.actions: Registry[Any] = Registry('workflow actions')
        self.rule_facts: Registry[Callable[..., Any]] = Registry('facts about workflows')
        """`{name: facts(runtime, since) -> {workflow ref: facts}}` for Studio's list; see `workflows.facts.Facts`."""
        self.rule_links: Registry[Callable[..., Any]] = Registry('links of workflows')
        """`{name: link(workflow key) -> {label, href}}` beside the editor of a published workflow, for administrators."""
        self.processes: Registry[Any] = Registry('processes')
        """`{'worker'|'scheduler': run(runtime, stop_event)}` loops of the long-running processes."""
        self.ticks: Registry[Callable[..., None]] = Registry('ticks')
        """`{name: tick(runtime)}`: what the scheduler calls twice a minute; must be safe to run in two processes at once."""
        self.chores: Registry[Callable[..., object]] = Registry('chores')
        """`{name: chore(runtime)}`: long work kept in the database that the worker looks for every second; claims by itself."""
        self.doctor: Registry[Any] = Registry('doctor checks')
        """`{name: check(runtime) -> (ok, text)}`."""
        self.menu: Registry[Callable[..., Any]] = Registry('menu entries')
        """`{key: entry(policy) -> menu entry or None}` beside the entities; one with `first` stands below the first page."""
        self.scripts: Registry[str] = Registry('scripts')
        """`{name: static path}` of ES modules that every page loads."""
        self.list_links: Registry[Callable[..., Any]] = Registry('list links')
        """`{key: link(policy, entity) -> {label, href, icon} or None}` in the menu of a list page."""
        self.record_links: Registry[Callable[..., Any]] = Registry('record links')
        """The same for the menu of a record page: `link(policy, record)`."""
        self.record_notes: Registry[Callable[..., Any]] = Registry('record notes')
        """`{key: note(desk, record) -> a line above the facts of a record page or None}`; its shape: web/_record_note.html."""
        self.timeline: Registry[Callable[..., Any]] = Registry('sources of timelines')
        """`{key: source(desk, record, window) -> modules.timeline.windows.Found}`: entries of a record's timeline in the shape
        of `entry_of`, newest first; called with constant statements, only for pages of those who may read the record."""
        self.presence: Registry[sa.ColumnElement[bool]] = Registry('presence')
        """`{key: whether there is any}` over the parameters of `modules.records.presence`: what stands beside few records, such
        as a source of timelines of the same key, is asked for where it is."""
        self.picked_links: Registry[Callable[..., Any]] = Registry('links for picked records')
        """`{key: link(policy, entity) -> {label, icon, url} or None}` in a list's bar of what is done with picked records:
        `url` gets the picked uids, or the list's filter, by POST and answers a dialogue."""

        self.operations: Registry[Any] = Registry('kinds of operations')
        """`{kind: work}`: how a bulk change is carried out in chunks; see `modules.operations.running.Work`."""
        self.effects: Registry[Callable[..., Any]] = Registry('effects')
        """`{name: effects(executor, uids, since) -> [{locale: text}]}`: what left the house and no undo brings back. `uids` is
        a select of the records' uids, `since` when they were changed."""

        self.channels: Registry[Any] = Registry('channels of deliveries')
        """`{channel: modules.hooks.channels.Channel}`: how rows of `delivery` become calls of other people's servers."""

        self.preflights: Registry[Callable[..., Any]] = Registry('preflights')
        """`{name: check(runtime, documents before, documents after) -> findings}` about a publish; errors refuse it."""

        self.retention: Registry[Any] = Registry('sweeps')
        """`{name: modules.installation.keeping.Sweep}`: what is thrown away after the days of a setting, in this order."""

        self.ways_out: Registry[WayOut] = Registry('ways out')
        """`{key: modules.ways.WayOut}`: addresses by which values of records leave, tried by the leak certificate."""
        self.no_ways_out: Registry[NoWayOut] = Registry('addresses that are no way out')
        """`{key: modules.ways.NoWayOut}`: addresses that carry no record, and why. Each address is on one of the two."""

    def freeze(self) -> None:
        for each in vars(self).values():
            each.freeze()
