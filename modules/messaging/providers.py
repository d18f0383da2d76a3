"""Which providers there are. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from modules.messaging.esms import Esms
from modules.messaging.model import Provider
from modules.messaging.speedsms import SpeedSms
from modules.messaging.zalo import ZaloZns

_ALL: tuple[Provider, ...] = (Esms(), SpeedSms(), ZaloZns())
PROVIDERS: Mapping[str, Provider] = {each.key: each for each in _ALL}


def of_channel(channel: str) -> list[Provider]:
    return [each for each in PROVIDERS.values() if each.channel == channel]
