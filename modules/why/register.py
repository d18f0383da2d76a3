"""What reasons contribute: the pages of Why? and of viewing as somebody else."""

from __future__ import annotations

from modules.registries import Registries
from modules.why.views import blueprint


def register(registries: Registries) -> None:
    registries.blueprints.register('why', blueprint, owner=__name__)
