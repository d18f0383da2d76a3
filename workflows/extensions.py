"""Actions of installed Python packages, by the entry point group `trellis.actions`. A broken one stops nothing but itself.

An entry point's name is the step type and has a dot, `acme.send_fax`, so that it never meets one of ours; it names a class or
an instance with the methods of `workflows.actions.base.Action`. Whoever installs a package trusts its code as that of Trellis.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from modules.registries import Registries
from modules.runtime import Runtime
from schema.base.registry import Registry
from workflows.actions.base import Action

LOG = logging.getLogger(__name__)
GROUP = 'trellis.actions'
NAME = re.compile(r'[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}\Z')
METHODS = ('check', 'preview', 'perform')


@dataclass(frozen=True)
class Found:
    """One entry point: where it comes from, and what is wrong with it or ''."""

    name: str
    package: str
    problem: str
    action: Action | None


def find_actions(given: Iterable[EntryPoint] | None = None) -> list[Found]:
    """Every entry point of the group, by name; those that cannot be used say why."""
    points = entry_points(group=GROUP) if given is None else given
    found: list[Found] = []
    for each in sorted(points, key=lambda point: (point.name, point.value)):
        package = f'{each.dist.name} {each.dist.version}' if each.dist is not None else each.value
        action, problem = _load(each)
        if not problem and any(other.name == each.name for other in found):
            problem, action = 'another package has an action of this name', None
        found.append(Found(each.name, package, problem, action))
    return found


def register_actions(registries: Registries) -> None:
    """Add those that can be used; the others are told by the log and by `trellis doctor`."""
    for each in find_actions():
        if each.action is None:
            LOG.error('the action %s of %s is left out: %s', each.name, each.package, each.problem)
        else:
            actions: Registry[Any] = registries.actions
            actions.register(each.name, each.action, owner=each.package)


def check_actions(_runtime: Runtime) -> tuple[bool, str]:
    """A line of `trellis doctor`."""
    found = find_actions()
    broken = [f'{each.name} of {each.package}: {each.problem}' for each in found if each.problem]
    if broken:
        return False, '; '.join(broken)
    names = ', '.join(f'{each.name} ({each.package})' for each in found)
    return True, names or 'no package adds an action'


def _load(point: EntryPoint) -> tuple[Action | None, str]:
    if not NAME.match(point.name):
        return None, 'its name is not like acme.send_fax: two small words with a dot between'
    try:
        loaded = point.load()
        action = loaded() if isinstance(loaded, type) else loaded
    except Exception as error:  # noqa: BLE001 - the edge to other people's code: whatever it raises must not stop the start
        return None, f'it cannot be loaded: {type(error).__name__}: {error}'[:300]
    missing = [name for name in METHODS if not callable(getattr(action, name, None))]
    if missing:
        return None, f'it has no {", ".join(missing)}'
    return cast(Action, action), ''
