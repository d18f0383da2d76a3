"""What a person reads where a page cannot be shown: what happened, what is safe, where to go on. Refuses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from migrations.role_people import active_in, admin_keys, holders
from schema.base.findings import Finding
from schema.base.ids import is_uid
from schema.base.text import in_sentence
from schema.definitions import in_locale

CALM = (
    'API-E400', 'API-E404', 'API-E405', 'API-E415', 'API-E419', 'API-E500', 'API-E503', 'PRM-E010', 'PRM-E011', 'REC-E021',
)  # fmt: skip
"""Codes that tell programs what they did; people are told by the texts here."""
ABOUT_ROLES = ('PRM-E001', 'PRM-E002', 'PRM-E003')
TEXTS: dict[int | str, tuple[Any, Any]] = {
    400: (_l('This address cannot be read'), _l('Part of the address is not what the page expects.')),
    401: (_l('You are signed out'), _l('Sign in again to go on; what you typed stays on this page.')),
    403: (_l('Your role does not open this page'), ''),
    404: (_l('There is nothing at this address'), _l('Check the address, or look for what you meant.')),
    405: (_l('This address is not a page'), _l('Forms are sent to it. Go back, and send the form from there.')),
    409: (
        _l('Somebody else was quicker'),
        _l('This changed while you were working on it. Open it again to see how it is now.'),
    ),
    413: (_l('This is too large to be sent'), _l('Nothing was saved. Send less at once, or a smaller file.')),
    429: (_l('Please wait a moment'), _l('Too many requests came in a short time.')),
    500: (_l('A fault on our side'), _l('The step was not finished and nothing was half written.')),
    503: (_l('No answer just now'), _l('The database does not answer. Nothing was half written; try again in a moment.')),
    'PRM-E068': (_l('You have no account here yet'), ''),
    'API-E419': (
        _l('This page stood open for too long'),
        _l('Nothing was saved. Go back, copy what you typed, open the page anew and send it from there.'),
    ),
}
OTHER = (_l('This did not work'), _l('Nothing was changed.'))
RECORD_GONE = _l('The record may have been merged, deleted, or never been open to you.')
PASSING = frozenset({429, 500, 502, 503, 504})
BEHIND = frozenset({'API-E419', 405, 409, 413, 422})
"""What is mended on the page before."""
LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'


@dataclass(frozen=True)
class Fault:
    """`ways` are `(label, href)`, likeliest first; `back` offers the page before; `reference` finds the fault in the log;
    `asks` is the address that the person may ask for."""

    status: int
    title: str
    told: tuple[str, ...]
    ways: tuple[tuple[str, str], ...] = ()
    back: bool = False
    reference: str = ''
    asks: str = ''

    @property
    def sentence(self) -> str:
        """All in one, where there is no page for it."""
        code = _('The code for your administrator is %(code)s.', code=self.reference) if self.reference else ''
        return ' '.join(filter(None, (*self.told, code)))


def fault_of(status: int, findings: Iterable[Finding], locale: str) -> Fault:
    """Findings that say more than their status are told in their own words."""
    findings = tuple(findings)
    code = findings[0].code if findings else ''
    title, text = TEXTS.get(code) or TEXTS.get(status) or OTHER
    said = [f'{each.text(locale)} {each.hint_text(locale)}'.strip() for each in findings if _tells(each)]
    told = said or [str(_missing_text() if status == 404 else text)]
    asks = ''
    if status == 403 and (not said or code in ABOUT_ROLES):
        names = administrators() if g.get('policy') is not None else []
        told = [*said, *_who_opens(locale, names)] or [str(OTHER[1])]
        asks = request.path if names and g.get('viewing') is None and not g.policy.can_admin else ''
    if code == 'API-E500' and request.method != 'GET':
        told.append(_('What you typed is still on the page before.'))
    back = bool(BEHIND & {code, status}) or (status in PASSING and request.method != 'GET')
    reference = str(findings[0].params.get('reference', '')) if findings else ''
    return Fault(status, str(title), tuple(told), tuple(_ways(status)), back=back, reference=reference, asks=asks)


def new_reference() -> str:
    """A short code that people can read out, as in `K7F2-91QD`."""
    drawn = ''.join(secrets.choice(LETTERS) for _letter in range(8))
    return f'{drawn[:4]}-{drawn[4:]}'


def _tells(found: Finding) -> bool:
    return found.code not in CALM and (found.code != 'PRM-E001' or 'action' in found.params)


def _missing_text() -> Any:
    return RECORD_GONE if _entity() else TEXTS[404][1]


def _entity() -> str:
    """The entity whose address this is, if the person may read it."""
    key = request.path.split('/')[1]
    return key if g.get('policy') is not None and key in g.policy.entities('read') else ''


def _ways(status: int) -> Iterable[tuple[str, str]]:
    if status in PASSING and request.method == 'GET':
        yield _('Try again'), request.full_path.rstrip('?')
    if status == 404 and g.get('policy') is not None:
        yield from _ways_of_the_missing()
    yield _('Go to the start page'), '/'


def _ways_of_the_missing() -> Iterable[tuple[str, str]]:
    policy, key = g.policy, _entity()
    if key:
        plural = policy.catalog.entity(key).definition.plural_in(policy.actor.locale)
        yield _('Show all %(entities)s', entities=in_sentence(plural)), f'/{key}/'
        if policy.scope('delete', key) != 'none':
            yield _('Open the recycle bin'), f'/{key}/?bin=1'
    elif words := _words_meant():
        yield _('Search for “%(text)s”', text=words), f'/search/?{urlencode({"q": words})}'


def _words_meant() -> str:
    """What somebody may have looked for by typing it into the address."""
    last = request.path.rstrip('/').rsplit('/', 1)[-1]
    words = ' '.join(''.join(letter if letter.isalnum() or letter in '.@+' else ' ' for letter in last[:60]).split())
    return words if len(words) > 1 and not is_uid(last) else ''


def _who_opens(locale: str, names: Sequence[str]) -> Iterable[str]:
    """The person's roles, and who gives others."""
    if g.get('policy') is None:
        return
    known = g.catalog.roles
    roles = sorted(in_locale(known[key].label, locale) or key for key in g.policy.actor.roles if key in known)
    if roles:
        yield ngettext('Your role is %(roles)s.', 'Your roles are %(roles)s.', len(roles), roles=', '.join(roles))
    if names:
        yield _('These people can open it for you: %(names)s.', names=', '.join(names))


def administrators() -> list[str]:
    """Whom to ask for a role."""
    with g.runtime.database.reading() as connection:
        return [each.name for each in active_in(holders(connection), admin_keys(g.catalog.documents)).values()]
