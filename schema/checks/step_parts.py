"""What steps that tell, give, share and link name: roles, user and team fields, links. Does not know what the steps do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from schema.base.findings import Finding, finding
from schema.checks.missing import missing
from schema.checks.target import EntityView, Target, mapping, shown

CheckType = Callable[[EntityView, Any, str, tuple[str, ...]], Iterator[Finding]]
STEP_NEEDS = {
    'notify': ('to', 'text'), 'assign': ('strategy',), 'share': ('with',), 'relate': ('field',),
}  # fmt: skip
LINKS = ('link', 'links')
TAGS = 'tag'
"""Its `add` and `remove` are words; those of `relate` name records."""


def check_step_parts(
    target: Target, entity: EntityView, step: dict[str, Any], place: str, check_type: CheckType
) -> Iterator[Finding]:
    """Findings of the parts that only these steps have."""
    to = mapping(step.get('to'))
    yield from check_type(entity, to.get('team'), f'{place}/to/team', ('team',))
    yield from target.unknown('role', to.get('role'), f'{place}/to/role')
    yield from check_type(entity, mapping(step.get('with')).get('user'), f'{place}/with/user', ('user',))
    if step.get('type') == 'assign' and not step.get('users') and not step.get('teams'):
        yield missing(f'{place}/users', 'users')
    if step.get('type') == 'relate':
        yield from _check_relate(entity, step, place, check_type)


def _check_relate(entity: EntityView, step: dict[str, Any], place: str, check_type: CheckType) -> Iterator[Finding]:
    name = step.get('field')
    yield from check_type(entity, name, f'{place}/field', ('links',))
    if 'add' not in step and 'remove' not in step:
        yield missing(f'{place}/add', 'add')
    targets = entity.targets(name) if isinstance(name, str) else ()
    for keyword in ('add', 'remove'):
        source = mapping(step.get(keyword)).get('from')
        if source == 'uid':
            continue
        yield from check_type(entity, source, f'{place}/{keyword}/from', LINKS)
        named = entity.targets(source) if isinstance(source, str) else ()
        if named and targets and named != targets:
            fitting = [each for each in entity.properties if entity.targets(each) == targets]
            hint = entity.hints.nearest(str(source), fitting)
            yield finding('SCH-E032', f'{place}/{keyword}/from', value=shown(source), entity=shown(entity.key), hint=hint)
