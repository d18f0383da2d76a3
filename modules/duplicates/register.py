"""What duplicates contribute: the check of every write, and the page that merges records."""

from __future__ import annotations

from modules.duplicates import service
from modules.duplicates.views import blueprint, picked_link, record_link
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.duplicate_checks.register('rules', service.check, owner=__name__)
    registries.blueprints.register('merging', blueprint, owner=__name__)
    registries.record_links.register('merge', record_link, owner=__name__)
    registries.picked_links.register('merge', picked_link, owner=__name__)
