"""What the pages of mails and of deliveries share: states in words, and what a person decides about one. Decides no right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.runtime import Runtime
from modules.web.failures import locale
from schema.base.clock import SystemClock
from schema.base.errors import Conflict

SAVED = 303
KINDS = {'sent': 'ok', 'new': 'new', 'claimed': 'new', 'held': 'warn', 'uncertain': 'warn', 'failed': 'bad'}
"""How a state is coloured."""

Decision = Callable[[Session, datetime], Any]


def state_words() -> dict[str, str]:
    return {
        'new': _('waiting'), 'claimed': _('being sent'), 'sent': _('sent'), 'failed': _('failed'), 'uncertain': _('uncertain'),
        'held': _('held'),
    }  # fmt: skip


def decide(runtime: Runtime, decision: Decision, told: str, back: str) -> ResponseReturnValue:
    """Carry out what a person decided, in one transaction, and say so; or say what stands in the way, such as somebody who was
    quicker."""
    try:
        with runtime.database.session() as session:
            decision(session, SystemClock().now())
    except Conflict as error:
        flash(f'{error.findings[0].text(locale())} {error.findings[0].hint_text(locale())}', 'bad')
    else:
        flash(told, 'ok')
    runtime.nudge()
    return redirect(back, SAVED)
