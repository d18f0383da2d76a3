"""A sample of every action: a step that works, one that does not, and what the contract cannot know by itself.

Another form of an action stands behind a blank. Whoever adds an action adds its sample here, or
`test_action_contract.py` fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.site import Site

Step = Mapping[str, Any]
Prepare = Callable[[Site], None]


@dataclass(frozen=True)
class Sample:
    """`step` and `broken` lack key and type; `broken` must be refused at `pointer` when it is published.

    `changes` says that the action writes to the run's own record, so that who may not change it is refused. `lonely` actions do
    not need the record. `effect` False is for what only steers the run and writes nothing. `own_check` False is for actions
    that leave all checks to the schema. `prepare` sets up what the step needs beside records, `values` are the record's."""

    step: Step
    broken: Step
    pointer: str
    entity: str = 'contact'
    changes: bool = False
    lonely: bool = False
    effect: bool = True
    prepare: Prepare | None = None
    own_check: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)


SHOWN = {'en': '{{ record.full_name }} is new', 'vi': '{{ record.full_name }} là khách mới'}
STOP = [{'key': 'end', 'type': 'stop'}]
MEET = {'title': 'Khảo sát', 'starts_at': '2026-05-04T03:00:00Z', 'remind_by': []}
SAMPLES: Mapping[str, Sample] = {
    'send_mail': Sample(
        {'template': 'birthday', 'to': {'field': 'email'}}, {'template': 'none', 'to': {'field': 'email'}}, '/template'
    ),
    'create_record': Sample(
        {'entity': 'task', 'values': {'title': 'Gọi lại'}}, {'entity': 'task', 'values': {'titel': 'Gọi lại'}}, '/values/titel',
        lonely=True,
    ),
    'update_record': Sample({'values': {'job_title': 'Kế toán'}}, {'values': {'job': 'Kế toán'}}, '/values/job', changes=True),
    'delete_record': Sample({}, {'nonsense': 1}, '/nonsense', changes=True, own_check=False),
    'move_stage': Sample(
        {'stage': 'negotiate'}, {'stage': 'nowhere'}, '/stage', entity='opportunity', changes=True,
        values={'title': 'Nội thất', 'amount': {'amount': '1000000', 'currency': 'VND'}},
    ),
    'tag': Sample({'field': 'tags', 'add': ['vip']}, {'field': 'full_name', 'add': ['vip']}, '/field', changes=True),
    'wait': Sample({'for': {'days': 2}}, {'until': {'field': 'full_name'}}, '/until/field', lonely=True, effect=False),
    'wait until': Sample({'until': {'field': 'birthday'}}, {'until': {'field': 'none'}}, '/until/field', effect=False),
    'wait condition': Sample(
        {'condition': {'field': 'phone', 'op': 'is_not_empty'}, 'for': {'working_days': 1}, 'on_timeout': STOP},
        {'condition': {'field': 'fone', 'op': 'is_not_empty'}}, '/condition', effect=False, own_check=False,
    ),
    'branch': Sample(
        {'cases': [{'condition': {'field': 'email', 'op': 'is_not_empty'}, 'steps': STOP}]},
        {'cases': [{'condition': {'field': 'e_mail', 'op': 'is_not_empty'}, 'steps': STOP}]}, '/cases/0/condition',
        effect=False, own_check=False,
    ),
    'for_each': Sample(
        {'related': {'field': 'guests'}, 'steps': STOP},
        {'related': {'field': 'guest'}, 'steps': STOP}, '/related/field', entity='appointment', values=MEET, effect=False,
        own_check=False,
    ),
    'start_workflow': Sample({'workflow': 'birthday_mail'}, {'workflow': 'nobody_knows'}, '/workflow'),
    'stop': Sample({}, {'nonsense': 1}, '/nonsense', lonely=True, effect=False, own_check=False),
    'notify': Sample({'to': {'user': 'owner'}, 'text': SHOWN}, {'to': {'user': 'email'}, 'text': SHOWN}, '/to/user'),
    'assign': Sample(
        {'strategy': 'round_robin', 'users': ['manager', 'leader', 'rep2']}, {'strategy': 'round_robin'}, '/users', changes=True
    ),
    'share': Sample({'with': {'users': ['leader']}, 'level': 'edit'}, {'with': {'user': 'email'}}, '/with/user', changes=True),
    'webhook': Sample(
        {'url': 'https://hooks.example.com/new', 'values': {'name': {'from': 'full_name'}}},
        {'url': 'https://hooks.example.com/new', 'values': {'name': {'from': 'fullname'}}}, '/values/name',
    ),
    'send_sms': Sample(
        {'to': {'field': 'phone'}, 'text': {'en': 'Hello {{ record.full_name }}'}},
        {'to': {'field': 'full_name'}, 'text': {'en': 'Hello'}}, '/to/field', values={'phone': '0912345678'},
    ),
    'send_zns': Sample(
        {'to': {'field': 'phone'}, 'template_id': '334455', 'params': {'name': {'from': 'full_name'}}},
        {'to': {'field': 'full_name'}, 'template_id': '334455'}, '/to/field', values={'phone': '0912345678'},
    ),
    'create_task': Sample(
        {'title': {'en': 'Call {{ record.full_name }}'}, 'due': {'from': 'birthday', 'days': 1}, 'assign': {'user': 'owner'}},
        {'title': {'en': 'Call'}, 'due': {'from': 'full_name'}}, '/due/from',
    ),
    'create_appointment': Sample(
        {'title': {'en': 'Visit', 'vi': 'Gặp {{ record.full_name }}'}, 'start': {'days': 2, 'at': '08:30'}, 'minutes': 30},
        {'title': {'en': 'Visit'}, 'start': {'days': 2}, 'assign': {'user': 'email'}}, '/assign/user',
    ),
    'relate': Sample(
        {'field': 'guests', 'add': {'from': 'contact'}}, {'field': 'title', 'add': {'from': 'contact'}}, '/field',
        entity='appointment', values=MEET, changes=True,
    ),
}  # fmt: skip
