"""What Studio asks for of each trigger and each step: the one table that forms are drawn and read by. Reads no document.

A step type that is not here, such as one of an entry point, is edited as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

TIMES = ('date', 'datetime')
FILES = ('file', 'image')


@dataclass(frozen=True)
class Input:
    """One input. `kind` names how it is drawn and read (`modules.studio.workflow_forms`), `of` the field types or the choices
    `(value, label)` that it offers."""

    kind: str
    name: str
    label: Any
    of: tuple[Any, ...] = ()
    hint: Any = ''
    needed: bool = False


DO = _l('Do')


@dataclass(frozen=True)
class Shape:
    """A kind of step or trigger. `word` stands above its card, `begins` is what a new one holds."""

    label: Any
    icon: str
    hue: int
    inputs: tuple[Input, ...] = ()
    word: Any = DO
    begins: Mapping[str, Any] = field(default_factory=dict)
    group: str = 'do'
    about: Any = ''


BULK = Input(
    'switch', 'bulk', _l('It goes to many: with a link to unsubscribe'), hint=_l('Those who unsubscribed are left out.')
)
ANY_TIME = Input('switch', 'any_time', _l('Also during quiet hours'))
VALUES = Input('values', 'values', _l('Fields to set'), needed=True)
MAIL_TEXT = Input('long_texts', 'text', _l('Text'), needed=True, hint=_l('Merge fields such as {{ record.title }} work here.'))

STEPS: Mapping[str, Shape] = {
    'send_mail': Shape(_l('Send an e-mail'), 'mail', 1, (
        Input('template', 'template', _l('Template'), needed=True),
        Input('recipient', 'to', _l('To'), ('email',), needed=True),
        Input('choice', 'from', _l('From'), (('company', _l('the company')), ('owner', _l('the owner of the record')))),
        Input('attachments', 'attachments', _l('Files that go with it'), FILES),
        BULK, ANY_TIME,
    ), group='tell'),
    'notify': Shape(_l('Tell people in Trellis'), 'bell', 8, (
        Input('people', 'to', _l('Who is told'), needed=True), MAIL_TEXT,
        Input('switch_on', 'popup', _l('It pops up on their screen')), Input('switch', 'mail', _l('By e-mail too')),
    ), group='tell', begins={'to': {'user': 'owner'}}),
    'send_sms': Shape(_l('Send an SMS'), 'message', 3, (
        Input('recipient', 'to', _l('To'), ('phone',), needed=True), MAIL_TEXT, BULK, ANY_TIME,
    ), group='tell'),
    'send_zns': Shape(_l('Send a Zalo message'), 'brand-messenger', 1, (
        Input('recipient', 'to', _l('To'), ('phone',), needed=True),
        Input('text', 'template_id', _l('Number of the template at Zalo'), needed=True),
        Input('params', 'params', _l('What stands in its blanks')), BULK, ANY_TIME,
    ), group='tell'),
    'create_task': Shape(_l('Create a task'), 'checkbox', 4, (
        Input('title', 'title', _l('What is to be done'), needed=True), Input('when', 'due', _l('Due'), needed=True),
        Input('assignee', 'assign', _l('Who does it')), Input('switch_on', 'about', _l('Linked to this record')),
    ), group='records', begins={'due': {'days': 1}, 'assign': {'user': 'owner'}}),
    'create_appointment': Shape(_l('Create an appointment'), 'calendar-event', 4, (
        Input('title', 'title', _l('What it is about'), needed=True), Input('when', 'start', _l('When'), needed=True),
        Input('number', 'minutes', _l('How many minutes')), Input('assignee', 'assign', _l('Whose it is')),
        Input('switch_on', 'about', _l('Linked to this record')),
    ), group='records', begins={'start': {'days': 1, 'at': '09:00'}, 'minutes': 30, 'assign': {'user': 'owner'}}),
    'create_record': Shape(_l('Create a record'), 'plus', 4, (
        Input('entity', 'entity', _l('Of which kind'), needed=True), VALUES,
    ), group='records'),
    'update_record': Shape(_l('Change the record'), 'pencil', 4, (VALUES,), group='records'),
    'move_stage': Shape(_l('Move to a stage'), 'arrow-ramp-right', 5, (Input('stage', 'stage', _l('Stage'), needed=True),),
                        group='records'),
    'tag': Shape(_l('Change tags'), 'tag', 5, (
        Input('field', 'field', _l('Field'), ('tags',), needed=True),
        Input('words', 'add', _l('Put on')), Input('words', 'remove', _l('Take off')),
    ), group='records'),
    'relate': Shape(_l('Link records'), 'link', 5, (
        Input('field', 'field', _l('Field'), ('links',), needed=True),
        Input('related_value', 'add', _l('Add')), Input('related_value', 'remove', _l('Take out')),
    ), group='records'),
    'delete_record': Shape(_l('Delete the record'), 'trash', 7, group='records', about=_l('It goes to the bin.')),
    'assign': Shape(_l('Give it to somebody'), 'user-share', 9, (
        Input('choice', 'strategy', _l('How one is chosen'), (
            ('person', _l('one person')), ('round_robin', _l('in turn')), ('even', _l('evenly')),
            ('by_load', _l('whoever has least to do')), ('returning', _l('whoever looks after the customer already')),
        ), needed=True),
        Input('users', 'users', _l('Among these people')), Input('teams', 'teams', _l('Among these teams')),
        Input('switch', 'online_only', _l('Only those at work')),
    ), group='records', begins={'strategy': 'round_robin'}),
    'share': Shape(_l('Share it'), 'share', 9, (
        Input('sharers', 'with', _l('With whom'), needed=True),
        Input('choice', 'level', _l('They may'), (('view', _l('see it')), ('edit', _l('see and change it')))),
    ), group='records', begins={'level': 'view'}),
    'wait': Shape(_l('Wait'), 'hourglass', 2, (
        Input('duration', 'for', _l('So long')),
        Input('until', 'until', _l('Until a date of the record'), TIMES),
        Input('condition', 'condition', _l('Until this holds'),
              hint=_l('With a time above, it waits at most so long; then the way “when the time is up” is taken.')),
    ), word=_l('Wait'), group='steer', begins={'for': {'days': 1}}),
    'branch': Shape(_l('Choose a way'), 'git-branch', 10, (Input('cases', 'cases', _l('Ways')),), word=_l('Ways'),
                    group='steer', begins={'cases': [{'condition': {'all': []}, 'steps': []}]}),
    'for_each': Shape(_l('For each related record'), 'repeat', 10, (
        Input('related', 'related', _l('Which records'), needed=True),
        Input('condition', 'condition', _l('Only those for which')),
    ), word=_l('For each'), group='steer', begins={'steps': []}),
    'start_workflow': Shape(_l('Start another workflow'), 'route', 10, (
        Input('workflow', 'workflow', _l('Workflow'), needed=True),
    ), group='steer'),
    'stop': Shape(_l('Stop'), 'player-stop', 7, group='steer', about=_l('The run ends here, well.')),
    'webhook': Shape(_l('Call another program'), 'webhook', 3, (
        Input('text', 'url', _l('Address'), needed=True, hint='https://…'),
        Input('choice', 'method', _l('Method'), tuple((each, each) for each in ('POST', 'PUT', 'PATCH', 'DELETE', 'GET'))),
        Input('pairs', 'headers', _l('Headers')),
        Input('text', 'secret', _l('Name of the stored secret it is signed with')),
        Input('values_sent', 'values', _l('What is sent'), hint=_l('Without any, the whole record as the run may read it.')),
    ), group='tell', begins={'method': 'POST'}),
}  # fmt: skip
GROUPS: Mapping[str, Any] = {
    'tell': _l('Tell somebody'), 'records': _l('Records'), 'steer': _l('Order'), 'other': _l('More'),
}  # fmt: skip

STAGES = Input('stages', 'stages', _l('Only these stages'), hint=_l('Without any choice, every stage counts.'))
WAS = Input('condition', 'was', _l('Before the change, this held'))
MISSED = Input('choice', 'missed', _l('What was missed while the server stood still'), (
    ('late', _l('is made up for')), ('skip', _l('is left out')), ('ask', _l('waits for a decision')),
))  # fmt: skip
TRIGGERS: Mapping[str, Shape] = {
    'created': Shape(_l('A record is created'), 'plus', 4),
    'updated': Shape(_l('A record is changed'), 'pencil', 4, (
        Input('fields', 'fields', _l('Only when one of these changed'), hint=_l('Without any choice, every field counts.')),
        WAS,
    )),
    'stage_entered': Shape(_l('It comes to a stage'), 'arrow-ramp-right', 5, (STAGES, WAS)),
    'stage_left': Shape(_l('It leaves a stage'), 'arrow-ramp-left', 5, (STAGES, WAS)),
    'stage_stuck': Shape(_l('It stays in a stage too long'), 'clock-pause', 6, (
        STAGES, Input('number', 'days', _l('Days'), needed=True),
        Input('time', 'at', _l('At')),
        Input('number', 'look_back_days', _l('Made up for when missed by at most so many days')), MISSED,
    ), begins={'days': 14}),
    'owner_changed': Shape(_l('It gets another owner'), 'user-share', 9, (WAS,)),
    'deleted': Shape(_l('A record is deleted'), 'trash', 7),
    'restored': Shape(_l('A record is brought back'), 'arrow-back-up', 4),
    'date': Shape(_l('A date of the record comes'), 'calendar-event', 6, (
        Input('field', 'field', _l('Date'), TIMES, needed=True), Input('switch', 'yearly', _l('Every year')),
        Input('number', 'offset_days', _l('Days before (−) or after it')),
        Input('minutes', 'offset_minutes', _l('Minutes before (−) or after it')),
        Input('time', 'at', _l('At'), hint=_l('For a date without a time of day.')),
        Input('choice', 'feb29', _l('29 February in other years'), (('feb28', _l('28 February')), ('mar1', _l('1 March')))),
        Input('choice', 'calendar', _l('Calendar'), (('solar', _l('solar')), ('lunar', _l('lunar')))),
        Input('zone', 'zone', _l('Time zone')),
        Input('choice', 'on_day_off', _l('When it is a day off'), (
            ('keep', _l('it runs all the same')), ('before', _l('on the working day before')),
            ('after', _l('on the working day after')),
        )),
        Input('number', 'look_back_days', _l('Made up for when missed by at most so many days')), MISSED,
    ), begins={'at': '08:00'}),
    'schedule': Shape(_l('At fixed times'), 'clock', 6, (
        Input('text', 'cron', _l('Minute, hour, day, month, weekday'), needed=True,
              hint=_l('0 8 * * 1-5 is every working day at 8:00.')),
        Input('number', 'look_back_days', _l('Made up for when missed by at most so many days')), MISSED,
    ), begins={'cron': '0 8 * * 1-5'}),
    'button': Shape(_l('Somebody presses a button'), 'hand-click', 3, (
        Input('roles', 'roles', _l('Only these roles'), hint=_l('Without any choice, all who may change the record.')),
        Input('ticks', 'on', _l('Where the button stands'), (('record', _l('on the record')), ('list', _l('on the list')))),
    )),
    'called': Shape(_l('Another workflow starts it'), 'route', 10),
    'webhook': Shape(_l('Another program calls'), 'webhook', 3, (
        Input('json', 'match', _l('How the record is found')), Input('json', 'values', _l('What a new record holds')),
        Input('switch', 'update', _l('A record that is found is changed too')),
        Input('text', 'secret', _l('Name of the stored secret it is signed with')),
    )),
}  # fmt: skip
"""Triggers in the order in which they are offered."""


def known_inputs(shape: Shape, allowed: frozenset[str]) -> tuple[Input, ...]:
    """The inputs whose keywords definitions know here."""
    return tuple(each for each in shape.inputs if each.name in allowed)
