"""What the audit log contributes: its page, its seal, its proof for the doctor, its retention."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from modules.audit import chain
from modules.audit.checking import audit_group, check_audit
from modules.audit.views import blueprint
from modules.installation.keeping import Sweep
from modules.registries import Registries
from modules.runtime import Runtime
from permissions.policy import Policy


def register(registries: Registries) -> None:
    registries.blueprints.register('audit', blueprint, owner=__name__)
    registries.menu.register('audit', menu_entry, owner=__name__)
    registries.commands.register('audit', audit_group, owner=__name__)
    registries.doctor.register('audit log', check_audit, owner=__name__)
    registries.ticks.register('audit seal', seal_entries, owner=__name__)
    registries.retention.register('audit log', Sweep('audit_days', clear_audit), owner=__name__)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    return {'key': 'audit', 'label': _('Audit log'), 'href': '/audit/', 'icon': 'fingerprint'} if policy.can_admin else None


def seal_entries(runtime: Runtime) -> None:
    """Put what was committed since into the chain."""
    chain.seal(runtime.database)


def clear_audit(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Let go of the oldest entries, a chunk at a time."""
    return chain.let_go(runtime.database, cutoff, rows, runtime.clock.now())
