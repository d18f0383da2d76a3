"""What hooks contribute: the channel of webhooks, the chore that delivers, sweeps, pages, and the address that others call."""

from __future__ import annotations

from typing import Any

from modules.hooks.calling import Webhook
from modules.hooks.courier import keep_delivering
from modules.hooks.effects import went_out
from modules.hooks.inbound_views import blueprint as inbound
from modules.hooks.sweeping import clear_calls, clear_deliveries
from modules.hooks.tables import delivery
from modules.hooks.views import blueprint, menu_entry
from modules.installation.keeping import Sweep
from modules.registries import Registries
from modules.ways import NoWayOut, WayOut
from schema.base.ids import new_uid


def plant_delivery(beside: Any) -> None:
    """A call that went out about the record."""
    beside.session.execute(
        delivery.insert().values(
            id=new_uid(), idempotency_key=f'canary:{beside.record.uid}', channel='webhook', host='canary.example',
            target=f'https://canary.example/{beside.word}', summary=beside.word, request={}, state='sent', due_at=beside.now,
            since=beside.now, created_at=beside.now, sent_at=beside.now, entity_ref=beside.entity.ref,
            record_uid=beside.record.uid,
        )
    )  # fmt: skip


def try_deliveries(visit: Any) -> None:
    """Deliveries, which name records."""
    visit.read('/deliveries/')


def register(registries: Registries) -> None:
    registries.channels.register('webhook', Webhook(), owner=__name__)
    registries.chores.register('deliveries', keep_delivering, owner=__name__)
    registries.effects.register('deliveries', went_out, owner=__name__)
    registries.retention.register('deliveries', Sweep('delivery_days', clear_deliveries), owner=__name__)
    registries.retention.register('hook_calls', Sweep('delivery_days', clear_calls), owner=__name__)
    registries.blueprints.register('hooks', blueprint, owner=__name__)
    registries.blueprints.register('hooks_inbound', inbound, owner=__name__)
    registries.menu.register('connections', menu_entry, owner=__name__)
    registries.ways_out.register(
        'deliveries',
        WayOut(
            {'en': 'Deliveries', 'vi': 'Lượt gửi đi'},
            ('hooks.deliveries',),
            (try_deliveries,),
            each='person',
            plants=(plant_delivery,),
        ),
        owner=__name__,
    )
    registries.no_ways_out.register(
        'connections',
        NoWayOut(
            'secrets, addresses and decisions about deliveries, for administrators: names and states, no record; a call from '
            'outside is answered with the uid of the record that it wrote',
            ('hooks.again', 'hooks.arrived', 'hooks.secrets', 'hooks.drop_secret', 'hooks.addresses', 'hooks.new_address',
             'hooks.withdraw', 'hooks_inbound.receive_call'),
        ),
        owner=__name__,
    )  # fmt: skip
