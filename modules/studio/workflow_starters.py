"""Workflows to begin with, fitted to the entities that a draft has. Pure; what they hold is edited afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from schema.definitions import Document
from schema.loading import Documents

Made = tuple[dict[str, Any], dict[str, Any] | None]
"""A workflow without its key, and the template that it sends, whose key it leaves out."""
TEMPLATE = '@template'
"""Stands in a step for the template that comes with a starter, until that has a key."""


@dataclass(frozen=True)
class Starter:
    """`fits(document)` says whether an entity has what it takes; `make(documents, entity, actions)` gives it."""

    key: str
    label: Any
    about: Any
    icon: str
    fits: Callable[[Document], bool]
    make: Callable[[Documents, str, tuple[str, ...]], Made]


def fitting(starter: Starter, documents: Documents) -> list[str]:
    """The entities that it may be used on."""
    return [key for (kind, key), document in documents.items() if kind == 'entity' and starter.fits(document)]


def blank(entity: str, label: Mapping[str, str]) -> dict[str, Any]:
    """A workflow that does nothing yet."""
    return {'x-label': dict(label), 'entity': entity, 'enabled': False, 'trigger': {'type': 'created'}, 'steps': []}


def _fields(document: Document, *kinds: str) -> Iterator[str]:
    return (key for key, part in document.get('properties', {}).items() if part.get('x-type') in kinds)


def _first(document: Document, *kinds: str) -> str:
    return next(_fields(document, *kinds), '')


def _birthday_field(document: Document) -> str:
    words = ('birth', 'dob', 'ngay_sinh', 'sinh_nhat')
    return next((key for key in _fields(document, 'date') if any(word in key for word in words)), '')


def _stages(document: Document, category: str) -> list[str]:
    return [stage['key'] for line in document.get('x-pipelines', ()) for stage in line['stages']
            if stage.get('category') == category and not stage.get('retired')]  # fmt: skip


def _name(document: Document) -> str:
    return f'{{{{ record.{document.get("x-title-field", "name")} }}}}'


def _mail(document: Document, label: dict[str, str], subject: dict[str, str], body: dict[str, str]) -> dict[str, Any]:
    shell = (
        '<div class="card">\n  <p class="eyebrow">{{{{ company_name }}}}</p>\n  {}\n  <hr>\n'
        '  <p>{}<br><strong>{{{{ owner.name }}}}</strong></p>\n</div>'
    )
    close = {'vi': 'Trân trọng,', 'en': 'Kind regards,'}
    named = {locale: text.replace('@', _name(document)) for locale, text in body.items()}
    return {
        'x-label': label, 'subject': {locale: text.replace('@', _name(document)) for locale, text in subject.items()},
        'html': {locale: shell.format(text, close[locale]) for locale, text in named.items()},
    }  # fmt: skip


def _birthday(documents: Documents, entity: str, actions: tuple[str, ...]) -> Made:
    document = documents['entity', entity]
    label = {'vi': 'Thư mừng sinh nhật', 'en': 'Birthday mail'}
    template = _mail(
        document, label, {'vi': 'Chúc mừng sinh nhật @', 'en': 'Happy birthday, @'},
        {'vi': '<h1>Chúc mừng sinh nhật!</h1>\n  <p>Kính chúc @ một tuổi mới nhiều sức khỏe và niềm vui.</p>',
         'en': '<h1>Happy birthday!</h1>\n  <p>Dear @, we wish you a happy and healthy year.</p>'},
    )  # fmt: skip
    mail = _first(document, 'email')
    return {
        'x-label': label, 'entity': entity, 'enabled': False,
        'trigger': {'type': 'date', 'field': _birthday_field(document), 'yearly': True, 'at': '08:00', 'feb29': 'feb28',
                    'look_back_days': 3},
        'condition': {'all': [{'field': mail, 'op': 'is_not_empty'}]},
        'steps': [{'key': 'send', 'type': 'send_mail', 'template': TEMPLATE, 'to': {'field': mail}, 'from': 'owner'}],
    }, template  # fmt: skip


def _stuck(documents: Documents, entity: str, actions: tuple[str, ...]) -> Made:
    document = documents['entity', entity]
    steps, template = _tell_owner(
        document, actions, {'vi': f'{_name(document)} đã nằm yên 14 ngày', 'en': f'{_name(document)} has not moved for 14 days'}
    )
    trigger: dict[str, Any] = {'type': 'stage_stuck', 'days': 14, 'at': '08:00'}
    if stages := _stages(document, 'open'):
        trigger['stages'] = stages
    label = {'vi': 'Nhắc khi nằm yên một chỗ', 'en': 'Follow up what is stuck'}
    return {'x-label': label, 'entity': entity, 'enabled': False, 'trigger': trigger, 'steps': steps}, template


def _welcome(documents: Documents, entity: str, actions: tuple[str, ...]) -> Made:
    document = documents['entity', entity]
    label = {'vi': 'Thư chào khách mới', 'en': 'Welcome mail'}
    template = _mail(
        document, label, {'vi': 'Cảm ơn @ đã quan tâm', 'en': 'Thank you for your interest, @'},
        {'vi': '<h1>Xin chào @!</h1>\n  <p>Cảm ơn Anh/Chị đã quan tâm đến {{ company_name }}. Chúng tôi sẽ liên hệ sớm.</p>',
         'en': '<h1>Hello @!</h1>\n  <p>Thank you for your interest in {{ company_name }}. We will be in touch soon.</p>'},
    )  # fmt: skip
    mail = _first(document, 'email')
    return {
        'x-label': label, 'entity': entity, 'enabled': False, 'trigger': {'type': 'created'},
        'condition': {'all': [{'field': mail, 'op': 'is_not_empty'}]},
        'steps': [
            {'key': 'pause', 'type': 'wait', 'for': {'minutes': 10}},
            {'key': 'send', 'type': 'send_mail', 'template': TEMPLATE, 'to': {'field': mail}, 'from': 'owner'},
        ],
    }, template  # fmt: skip


def _won(documents: Documents, entity: str, actions: tuple[str, ...]) -> Made:
    document = documents['entity', entity]
    label = {'vi': 'Việc cần làm khi thắng', 'en': 'Task when won'}
    title = {'vi': f'Gọi cảm ơn: {_name(document)}', 'en': f'Call to say thanks: {_name(document)}'}
    made: dict[str, Any] = {'x-label': label, 'entity': entity, 'enabled': False,
                            'trigger': {'type': 'stage_entered', 'stages': _stages(document, 'won')}}  # fmt: skip
    if 'create_task' in actions:
        step = {'key': 'task', 'type': 'create_task', 'title': title, 'due': {'days': 2}, 'assign': {'user': 'owner'}}
        return {**made, 'steps': [step]}, None
    steps, template = _tell_owner(document, actions, title)
    return {**made, 'steps': steps}, template


def _tell_owner(document: Document, actions: tuple[str, ...], text: dict[str, str]) -> tuple[list[Any], dict[str, Any] | None]:
    """A notice to the owner, or a mail where notices are not installed."""
    if 'notify' in actions:
        return [{'key': 'tell', 'type': 'notify', 'to': {'user': 'owner'}, 'text': text}], None
    template = {
        'x-label': text,
        'subject': text,
        'text': {each: f'{words}\n\n{{{{ link }}}}\n' for each, words in text.items()},
    }
    return [{'key': 'tell', 'type': 'send_mail', 'template': TEMPLATE, 'to': {'user': 'owner'}}], template


STARTERS = (
    Starter('birthday', _l('Birthday mail'), _l('A greeting every year on the day, at eight in the morning.'), 'cake',
            lambda document: bool(_birthday_field(document) and _first(document, 'email')), _birthday),
    Starter('stuck', _l('Follow up what is stuck'), _l('The owner is told when a record stays in an open stage for two weeks.'),
            'clock-pause', lambda document: bool(document.get('x-pipelines')), _stuck),
    Starter('welcome', _l('Welcome a new one'), _l('A mail ten minutes after somebody was entered.'), 'mail-opened',
            lambda document: bool(_first(document, 'email')), _welcome),
    Starter('won', _l('Task when won'), _l('Somebody calls to say thanks once a record comes to a winning stage.'), 'checkbox',
            lambda document: bool(_stages(document, 'won')), _won),
)  # fmt: skip
