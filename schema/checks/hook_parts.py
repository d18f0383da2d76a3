"""What steps and triggers name that talk to other programs: phone fields, blanks of templates, places of what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer
from schema.checks.missing import missing
from schema.checks.target import EntityView, mapping

CheckType = Callable[[EntityView, Any, str, tuple[str, ...]], Iterator[Finding]]
STEP_NEEDS = {'webhook': ('url',), 'send_sms': ('to', 'text'), 'send_zns': ('to', 'template_id')}
RECIPIENTS = {'send_sms': ('phone',), 'send_zns': ('phone',)}
"""Types of the field that holds who gets it; of other steps an e-mail address."""
FREE_NAMES = frozenset({'webhook'})
"""Steps whose values have names of their own."""


def check_params(entity: EntityView, step: dict[str, Any], place: str) -> Iterator[Finding]:
    """Who gets a message, and fields that fill the blanks of a template at Zalo. Colleagues have no number in Trellis."""
    if step.get('type') in RECIPIENTS and 'to' in step and 'field' not in mapping(step['to']):
        yield missing(f'{place}/to/field', 'field')
    for name, value in mapping(step.get('params')).items():
        yield from entity.unknown(mapping(value).get('from'), f'{place}/params/{escape_pointer(name)}/from')


def check_webhook_trigger(entity: EntityView, trigger: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """A call that comes in must find a record or make one, by fields that there are."""
    if trigger.get('type') != 'webhook':
        return
    if 'match' not in trigger and 'values' not in trigger:
        yield missing(f'{pointer}/match', 'match')
    yield from entity.unknown(mapping(trigger.get('match')).get('field'), f'{pointer}/match/field')
    for key in mapping(trigger.get('values')):
        yield from entity.unknown(key, f'{pointer}/values/{escape_pointer(key)}')
