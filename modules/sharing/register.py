"""What sharing contributes: the dialogue of a record, its menu entry, and sharing many records as one operation."""

from __future__ import annotations

from modules.registries import Registries
from modules.sharing.bulk import ShareMany
from modules.sharing.views import blueprint, picked_link, record_link


def register(registries: Registries) -> None:
    registries.blueprints.register('sharing', blueprint, owner=__name__)
    registries.record_links.register('share', record_link, owner=__name__)
    registries.picked_links.register('share', picked_link, owner=__name__)
    registries.operations.register('share', ShareMany(), owner=__name__)
