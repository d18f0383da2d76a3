"""Asking for access: a person whose role does not open a page tells those who give roles. Gives no right, knows no Flask."""

from __future__ import annotations

from migrations.role_people import active_in, admin_keys, holders
from modules.notices.service import Notice, tell_more
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.catalog import Catalog

LONGEST_PLACE, LONGEST_REASON = 120, 200


def ask_for_access(runtime: Runtime, actor: Actor, catalog: Catalog, place: str, reason: str) -> list[str]:
    """Tell everybody who gives roles that the person asks for the page at `place`; their names, none when there is nobody.
    What one person asks for on one day is one notice, which tells of the last page."""
    now, where, why = runtime.clock.now(), _plain(place, LONGEST_PLACE), _plain(reason, LONGEST_REASON)
    texts = {'en': f'{{by}} asks for access to {where}', 'vi': f'{{by}} xin quyền mở {where}'}
    texts = {locale: f'{text}: “{why}”' if why else text for locale, text in texts.items()}
    told = Notice('access', texts, href=f'/users/edit/{actor.user_id}', by=actor.user_id, mail=True)
    with runtime.database.writing() as connection:
        people = active_in(holders(connection), admin_keys(catalog.documents))
        tell_more(connection, people, told, key=f'access:{actor.user_id}:{now:%Y%m%d}', now=now)
    return [each.name for each in people.values()]


def _plain(text: str, most: int) -> str:
    """One line, without the braces that notices fill in."""
    return ' '.join(text.replace('{', ' ').replace('}', ' ').split())[:most]
