"""Mails of notices: what is due for a person becomes one mail, filled in under that person's rights. Talks to no server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from jinja2 import Environment, FileSystemLoader

from modules.installation.declared import Installation
from modules.installation.service import read_installation
from modules.mail.composing import clean_address
from modules.mail.server import default_sender, mail_server
from modules.mail.service import Draft, add_message
from modules.notices.reading import Shown, shown
from modules.notices.tables import notice
from modules.runtime import Runtime
from permissions.actors import Person, load_person
from schema.base.errors import Invalid

BATCH = 200
IN_ONE_MAIL = 20
WORDS = {
    'en': {'several': '{count} notices for you', 'open': 'Open', 'all': 'All notices',
           'why': 'You get this because your notices of this kind go by mail. You can change that under Notices.'},
    'vi': {'several': 'Bạn có {count} thông báo', 'open': 'Mở', 'all': 'Tất cả thông báo',
           'why': 'Bạn nhận thư này vì loại thông báo này được gửi qua e-mail. Có thể đổi trong mục Thông báo.'},
}  # fmt: skip
_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / 'templates' / 'notices'), autoescape=True)


@dataclass(frozen=True)
class _Letter:
    """What one person is written: rows of notices and, once filled in, their words."""

    person: Person
    rows: Sequence[Any]
    locale: str
    told: Sequence[Shown] = ()


def write_mails(runtime: Runtime) -> int:
    """A chore of the worker: write the mails that are due; how many notices it was. Safe in several processes at once: whoever
    takes a notice also writes its mail, in one transaction."""
    with runtime.database.reading() as connection:
        waiting = connection.execute(sa.select(notice.c.id).where(notice.c.mail_due.is_(sa.true())).limit(1)).first()
        installation = read_installation(connection) if waiting else None
    if installation is None:
        return 0
    with runtime.database.reading() as connection:
        wanted = sa.select(notice).where(notice.c.mail_due.is_(sa.true())).order_by(notice.c.id).limit(BATCH)
        rows = connection.execute(wanted).all()
        letters = _letters(connection, runtime, installation, rows)
    catalog = runtime.catalogs.current()
    filled = [
        replace(each, told=shown(runtime, each.person.actor, catalog, each.rows, each.locale)) for each in letters
    ]  # fmt: skip
    with runtime.database.session() as session:
        due = notice.c.mail_due.is_(sa.true())
        taken = notice.update().where(notice.c.id.in_([row.id for row in rows]), due).values(mail_due=False)
        mine = set(session.execute(taken.returning(notice.c.id)).scalars())
        for each in filled:
            told = [one for one in each.told if one.id in mine and one.calls]
            if told:
                _write(session, runtime, installation, replace(each, told=told))
    return len(mine)


def _letters(
    connection: sa.Connection, runtime: Runtime, installation: Installation, rows: Sequence[Any]
) -> list[_Letter]:  # fmt: skip
    """Those who left, and what somebody has read meanwhile, get none."""
    by_person: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.read_at is None:
            by_person[row.user_id].append(row)
    letters = []
    for user_id, theirs in by_person.items():
        person = load_person(connection, user_id)
        if person is not None and person.actor.email:
            locale = person.preferences.locale or installation.locale_or(runtime.settings.locale)
            letters.append(_Letter(person, theirs, locale))
    return letters


def _write(session: Any, runtime: Runtime, installation: Installation, letter: _Letter) -> None:
    settings, words = runtime.settings, WORDS.get(letter.locale, WORDS['en'])
    single = letter.told[0] if len(letter.told) == 1 else None
    subject = single.text if single else words['several'].format(count=len(letter.told))
    server = mail_server(settings)
    values = {
        'told': letter.told[:IN_ONE_MAIL], 'words': words, 'base': settings.base_url, 'locale': letter.locale,
        'subject': subject, 'company': installation.name_in(letter.locale),
    }  # fmt: skip
    try:
        recipient = clean_address(letter.person.actor.email)
    except Invalid:
        return  # their account page tells of an address that no mail reaches
    draft = Draft(
        recipient=recipient, sender=installation.mail_address or (server.sender if server else default_sender(settings)),
        sender_name=installation.name_in(letter.locale), subject=subject[:500],
        html=_PAGES.get_template('mail.html').render(values), text=_text(letter, words, settings.base_url),
        locale=letter.locale, about={},
    )  # fmt: skip
    key = f'notices-{letter.person.actor.user_id}-{letter.told[-1].id}'
    add_message(session, draft, key=key, at=runtime.clock.now(), held=server is None)


def _text(letter: _Letter, words: Mapping[str, str], base: str) -> str:
    lines = [f'{each.text}\n{base}/notices/{each.id}' if each.href else each.text for each in letter.told[:IN_ONE_MAIL]]
    return '\n\n'.join([*lines, f'--\n{words["why"]}\n{base}/notices/']) + '\n'
