"""What pages say about runs and steps. Reads no table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from modules.web.dated import moment_text
from schema.catalog import Catalog
from schema.fieldtypes.days import day_text

KINDS = {'done': 'ok', 'running': 'new', 'waiting': 'new', 'claimed': 'new', 'new': 'new', 'failed': 'bad', 'stopped': 'bad'}


def run_words() -> dict[str, str]:
    """States of runs and of steps."""
    return {
        'running': _('running'), 'failed': _('failed'), 'stopped': _('stopped'), 'done': _('done'), 'skipped': _('skipped'),
        'cancelled': _('cancelled'), 'waiting': _('waiting'), 'claimed': _('running'), 'new': _('waiting for its turn'),
    }  # fmt: skip


def step_words() -> dict[str, str]:
    """Kinds of steps."""
    return {
        'send_mail': _('Send an e-mail'), 'create_record': _('Create a record'), 'update_record': _('Change the record'),
        'delete_record': _('Delete the record'), 'move_stage': _('Move to a stage'), 'tag': _('Change tags'),
        'start_workflow': _('Start another workflow'), 'wait': _('Wait'), 'branch': _('Choose a way'),
        'for_each': _('For each related record'), 'stop': _('Stop'),
        'webhook': _('Call another program'), 'send_sms': _('Send an SMS'), 'send_zns': _('Send a Zalo message'),
        'notify': _('Tell people'), 'create_task': _('Create a task'), 'create_appointment': _('Create an appointment'),
        'assign': _('Give to somebody'), 'share': _('Share the record'), 'relate': _('Change links'),
    }  # fmt: skip


def trigger_words(started_by: Mapping[str, Any], zone: ZoneInfo) -> str:
    """What began a run, as kept in its row."""
    if 'button' in started_by:
        return str(_('Started by %(name)s', name=started_by.get('actor') or '…'))
    if 'loop' in started_by:
        return str(_('One of the related records of another run'))
    if 'workflow' in started_by:
        return str(_('Started by another workflow'))
    if 'occurrence' in started_by:
        due_at = datetime.fromisoformat(started_by['due_at']).astimezone(zone)
        return str(_('Due on %(when)s', when=moment_text(due_at)))
    return event_words().get(str(started_by.get('event')), '')


def event_words() -> dict[str, str]:
    """What happened to a record, by the names of events."""
    return {
        'record.created': _('The record was created'), 'record.updated': _('The record was changed'),
        'record.webhook': _('Another program called'),
        'record.deleted': _('The record was deleted'), 'record.restored': _('The record was brought back'),
    }  # fmt: skip


def told_words(result: Mapping[str, Any] | None, catalog: Catalog, locale: str) -> str:
    """What a step remembers of what it did, in a line."""
    told = result or {}
    if 'slot' in told and 'until' in told:
        day = day_text(date.fromisoformat(str(told['slot'])), locale)
        return str(_("The day's messages are used up; it goes out on %(day)s", day=day))
    if 'subject' in told:
        return f'{told.get("to", "")} · {told["subject"]}'
    if 'assign' in told or 'share' in told:
        return str(told.get('to', ''))
    if 'records' in told:
        failed = _(', of which %(num)s failed', num=told['failed']) if told.get('failed') else ''
        return str(_('%(num)s related records', num=told['records'])) + failed
    if told.get('met') is not None:
        return str(_('The condition came true') if told['met'] else _('The time was up'))
    if told.get('way'):
        number = str(told['way']).rpartition('/')[2]
        return str(_('Case %(num)s', num=int(number) + 1) if number.isdigit() else _('Otherwise'))
    if told.get('changed') == []:
        return str(_('Nothing was changed'))
    entity = catalog.find_entity(str(told.get('entity', '')))
    if entity is None:
        return ''
    fields = [entity.find_field(str(key)) for key in told.get('changed', ())]
    return ', '.join(field.definition.label_in(locale) for field in fields if field) or entity.definition.label_in(locale)
