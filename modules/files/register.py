"""What files contribute: their addresses, and which contents are not kept any longer."""

from __future__ import annotations

from modules.files.sweeping import clear_dropped, clear_replaced, clear_strays, clear_uploads
from modules.files.views import files
from modules.installation.keeping import Sweep
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.blueprints.register('files', files, owner=__name__)
    registries.retention.register('uploads', Sweep('upload_days', clear_uploads), owner=__name__)
    registries.retention.register('replaced files', Sweep('history_days', clear_replaced), owner=__name__)
    registries.retention.register('files of dropped fields', Sweep('shadow_days', clear_dropped), owner=__name__)
    registries.retention.register('stray files', Sweep('upload_days', clear_strays), owner=__name__)
