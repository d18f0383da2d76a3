"""Which pictures there are of the demonstration: those of the README, and every page in both languages, themes and sizes.

Pages stand here once; `paired` gives each of them four pictures in which any two of size, theme and language meet.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from tests.story.addresses import LAYERS, Address, is_shown
from tests.story.browsing import Visitor
from tests.support.failing import STATUSES
from tests.support.running import Client

DESK, PHONE = (1280, 800), (390, 844)
Act = Callable[[Visitor], None]
# Pages that show themselves without further ado: name, who looks, address.
PLAIN = (
    ('list-contacts', 'rep', '/contact/'), ('list-bin', 'manager', '/company/?bin=1'),
    ('list-empty', 'rep', '/contact/?q=qqqq'), ('form-contact', 'rep', '/contact/new'),
    ('form-deal', 'manager', '/opportunity/new'), ('search', 'rep', '/search/?q=nguyen'),
    ('import', 'manager', '/contact/import'), ('operations', 'admin', '/operations/'),
    ('board-leads', 'manager', '/lead/board'), ('pools', 'rep', '/pools/'), ('pools-setup', 'admin', '/pools/setup/'),
    ('pools-new', 'admin', '/pools/setup/new'), ('assignment', 'admin', '/assignment/'),
    ('assignment-rule', 'admin', '/assignment/rules/new?entity=lead'), ('assignment-log', 'manager', '/assignment/log'),
    ('assignment-absences', 'admin', '/assignment/absences'), ('away', 'rep', '/away'),
    ('calendar-import', 'rep', '/calendar/import'),
    ('account', 'rep', '/settings'), ('account-codes', 'rep', '/settings/two-step'), ('mail', 'admin', '/mail/'),
    ('users', 'admin', '/users/list/'), ('user', 'admin', '/users/edit/3'), ('user-new', 'admin', '/users/add'),
    ('sign-ins', 'admin', '/users/sign-ins'), ('teams', 'admin', '/teams/'), ('team', 'admin', '/teams/1'),
    ('roles', 'admin', '/roles/list/'), ('role', 'admin', '/roles/show/rep'), ('view-as', 'admin', '/view-as/'),
    ('leaving', 'admin', '/leaving/4'), ('audit', 'admin', '/audit/'), ('certificate', 'admin', '/certificate/'),
    ('settings-installation', 'admin', '/settings/installation'),
    ('settings-suppressions', 'admin', '/settings/suppressions'), ('studio', 'admin', '/studio/'),
    ('studio-new', 'admin', '/studio/new'), ('studio-fields', 'admin', '/studio/opportunity/fields?field=amount'),
    ('studio-stages', 'admin', '/studio/opportunity/stages'), ('studio-rules', 'admin', '/studio/opportunity/rules'),
    ('studio-layouts', 'admin', '/studio/opportunity/layouts'), ('studio-duplicates', 'admin', '/studio/contact/duplicates'),
    ('studio-entity', 'admin', '/studio/company/entity'), ('studio-labels', 'admin', '/studio/labels'),
    ('studio-aliases', 'admin', '/studio/aliases'), ('studio-calendar', 'admin', '/studio/appointment/calendar'),
    ('studio-history', 'admin', '/studio/history'), ('studio-review', 'admin', '/studio/review'),
    ('studio-roles', 'admin', '/studio/roles/'), ('studio-rights', 'admin', '/studio/roles/rep/rights'),
    ('studio-role-fields', 'admin', '/studio/roles/rep/fields'), ('studio-home', 'admin', '/studio/roles/rep/home'),
    ('studio-json', 'admin', '/studio/company/json'), ('team-new', 'admin', '/teams/new'), ('why', 'admin', '/why/'),
    ('studio-role-new', 'admin', '/studio/roles/new'), ('studio-role-about', 'admin', '/studio/roles/rep/about'),
    ('studio-role-condition', 'admin', '/studio/roles/rep/rights/opportunity/update'),
    ('studio-workflow-new', 'admin', '/studio/workflows/new'), ('studio-template-new', 'admin', '/studio/templates/new'),
    ('workflow-compare', 'admin', '/workflows/birthday_mail/compare'),
    ('workflow-check', 'admin', '/workflows/birthday_mail/check'),
    ('workflow-events', 'admin', '/workflows/events'),
)  # fmt: skip
PICK = ('[data-pick-mode]', *(f'.t-grid tbody tr:nth-child({row}) .t-check input' for row in (1, 2, 3)))
# What opens over a page: name, who looks, address, what is pressed, what is then seen.
OPENED = (
    ('list-views-arranged', 'admin', '/opportunity/', ('[hx-get*="/manage"]',), '#views[open]'),
    ('list-filter', 'admin', '/opportunity/', ('[hx-get*="/filter/edit"]',), '#conditions[open]'),
    ('list-columns', 'manager', '/opportunity/', ('[data-dialog-open="#columns"]',), '#columns[open]'),
    ('list-sorting', 'manager', '/opportunity/', ('[data-dialog-open="#sorting"]',), '#sorting[open]'),
    ('list-export', 'manager', '/opportunity/', ('[data-dialog-open="#export-list"]',), '#export-list[open]'),
    ('list-picked', 'manager', '/opportunity/', PICK, '#picked .t-selbar'),
    ('list-bulk-edit', 'manager', '/opportunity/', (*PICK, '#picked [value="edit"]'), 'dialog[open]'),
    ('board-move', 'manager', '/opportunity/board?pipeline=deal', ('.t-card [hx-get*="/pipeline"]',), 'dialog[open]'),
    ('calendar-event', 'rep', '/calendar/?show=agenda', ('a.t-slotrow',), '#event[open]'),
    ('keys', 'rep', '/contact/', ('[data-dialog-open="#keys"]',), '#keys[open]'),
)  # fmt: skip
FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
BEGIN:VEVENT
UID:weekly@elsewhere.example
DTSTART;TZID=Asia/Ho_Chi_Minh:{day}T090000
DTEND;TZID=Asia/Ho_Chi_Minh:{day}T100000
RRULE:FREQ=WEEKLY;COUNT=8
SUMMARY:Họp giao ban
LOCATION:Phòng họp 2
END:VEVENT
BEGIN:VEVENT
UID:fair@elsewhere.example
DTSTART;VALUE=DATE:{day}
SUMMARY:Hội chợ VIFA
ATTENDEE;CN=Lê Thảo Vy:mailto:rep2@trellis.example
END:VEVENT
END:VCALENDAR
"""
NOBODY = '00000000-0000-7000-8000-000000000000'
CLOSING = {'all': [{'field': 'stage', 'op': 'in', 'value': ['negotiate', 'contract']}]}
MINE = {'all': [{'field': 'owner', 'op': 'eq', 'value': {'me': True}}]}
VIEWS = (('Sắp chốt', 'public', {'filter': CLOSING, 'sort': ['-amount']}), ('Tôi phụ trách', 'private', {'filter': MINE}))


PRESS = 'const found = document.querySelector(arguments[0]); found?.click(); return Boolean(found);'


def nothing(_visitor: Visitor) -> None:
    """Where nothing is done."""


@dataclass(frozen=True)
class Shot:
    """A picture: who looks, where, at what, what is done before the page opens and once it is there."""

    name: str
    username: str
    path: str
    sign: str  # what must be shown
    theme: str = 'light'
    size: tuple[int, int] = DESK
    locale: str = 'en'
    before: Act = nothing
    then: Act = nothing


def paired(shot: Shot) -> list[Shot]:
    """The page on a desk and a phone, light and dark, in both languages; desk and phone in turns."""
    ways = ((DESK, 'light', 'en'), (PHONE, 'light', 'vi'), (DESK, 'dark', 'vi'), (PHONE, 'dark', 'en'))
    named = [('-'.join((shot.name, 'desk' if size is DESK else 'phone', *rest)), size, *rest) for size, *rest in ways]
    return [replace(shot, name=name, size=size, theme=theme, locale=locale) for name, size, theme, locale in named]


def of_readme(client: Client) -> list[Shot]:
    """The few that are kept."""
    deal = deal_with_a_story(client)
    return [
        Shot('home', 'rep', '/', '.t-rail'),
        Shot('list', 'manager', '/opportunity/', '.t-grid tbody tr'),
        Shot('record', 'manager', f'/opportunity/{deal}', 'h1', theme='dark'),
        Shot('board', 'manager', '/opportunity/board?pipeline=deal', '.t-card'),
        Shot('studio', 'admin', '/studio/contact/fields?field=loyalty#field-loyalty', '.t-open', before=draw_up),
        Shot('review', 'admin', '/studio/review', '.t-summary', theme='dark'),
        Shot('phone-home', 'rep', '/', 'h1', size=PHONE, locale='vi'),
        Shot('phone-list', 'rep', '/contact/', '.t-grid tbody tr', size=PHONE, locale='vi', theme='dark'),
        Shot('phone-record', 'manager', f'/opportunity/{deal}', 'h1', size=PHONE, locale='vi'),
    ]


def of_every_page(deal: str, person: str) -> list[Shot]:
    """Pages of the day's work, of workflows, of Studio and of settings. `deal` and `person` are the uids of an opportunity and
    of a contact."""
    birthday = '/workflows/birthday_mail'
    return [
        *(Shot(f'calendar-{show}', 'rep', f'/calendar/?show={show}', 'h1', then=let_draw)
          for show in ('day', 'week', 'month', 'agenda')),
        Shot('home', 'manager', '/', 'h1'),
        Shot('notices', 'rep', '/notices/?show=all', 'h1'),
        Shot('notice-choices', 'rep', '/notices/choices', 'h1'),
        Shot('list-views', 'admin', '/opportunity/', '.t-grid tbody tr'),
        *(Shot(name, username, path, '.t-head', then=press(presses, sign)) for name, username, path, presses, sign in OPENED),
        Shot('palette', 'rep', '/', '.t-head', then=look_for('nguyen')),
        Shot('calendar-feeds', 'rep', '/calendar/feeds', 'h1', then=make_a_feed),
        Shot('calendar-file', 'rep', '/calendar/import', 'h1', then=look_at_a_file),
        Shot('record', 'manager', f'/opportunity/{deal}', 'h1'),
        Shot('record-timeline', 'manager', f'/opportunity/{deal}', 'h1', then=show_timeline),
        Shot('form-edit', 'manager', f'/opportunity/{deal}/edit', 'h1'),
        Shot('board', 'manager', '/opportunity/board?pipeline=deal', '.t-board'),
        Shot('workflows', 'admin', '/workflows/', 'h1'),
        Shot('workflow-runs', 'admin', '/workflows/runs', 'h1'),
        Shot('workflow-preview', 'admin', f'{birthday}/preview', 'h1'),
        Shot('workflow-replay', 'admin', f'{birthday}/replay', 'h1'),
        Shot('workflow-why', 'admin', f'{birthday}/why?uid={person}', 'h1'),
        Shot('studio-workflows', 'admin', '/studio/workflows/', 'h1'),
        Shot('studio-workflow', 'admin', '/studio/workflows/birthday_mail', 'h1'),
        Shot('studio-templates', 'admin', '/studio/templates/', 'h1'),
        Shot('studio-template', 'admin', '/studio/templates/birthday', 'h1', then=let_preview),
        Shot('settings-workdays', 'admin', '/settings/workdays', 'h1'),
        Shot('settings-health', 'admin', '/settings/health', 'h1'),
        Shot('settings-hooks', 'admin', '/settings/hooks', 'h1'),
        Shot('settings-secrets', 'admin', '/settings/secrets', 'h1'),
        Shot('settings-deliveries', 'admin', '/deliveries/', 'h1'),
        Shot('settings-messages', 'admin', '/settings/messaging', 'h1'),
        *(Shot(name, username, path, 'h1') for name, username, path in PLAIN),
        Shot('help', 'rep', '/help', 'h1'),
        Shot('help-news', 'rep', '/help/changes', 'h1'),
        Shot('offline', 'rep', '/offline', '[data-kept] li'),
    ]  # fmt: skip


def rest_of(app: Flask) -> dict[str, str]:
    """`{endpoint: name}` of pages that the demonstration has nothing for: they are taken of the tests' own site."""
    known = app.url_map.bind('localhost')
    paths = [urlsplit(shot.path).path for shot in of_every_page(NOBODY, NOBODY)]
    pictured = {str(known.match(path)[0]) for path in paths} | LAYERS | {'nowhere'}
    pages = {str(rule.endpoint) for rule in app.url_map.iter_rules() if is_shown(rule)} - pictured
    return {each: 'more-' + each.replace('.', '-').replace('_', '-') for each in sorted(pages)}


def of_the_rest(app: Flask, addresses: Iterable[Address]) -> list[Shot]:
    """One picture of each of them."""
    known, first = app.url_map.bind('localhost'), dict[str, str]()
    for each in addresses:
        if not urlsplit(each.path).path.startswith('/nowhere'):
            first.setdefault(str(known.match(urlsplit(each.path).path)[0]), each.path)
    return [Shot(name, 'admin', first[endpoint], 'h1') for endpoint, name in rest_of(app).items()]


def of_faults() -> list[Shot]:
    """Pages that cannot be shown."""
    return [Shot(f'fault-{status}', 'admin', f'/nowhere/{status}', 'h1') for status in STATUSES]


def set_scene(client: Client) -> None:
    """What the demonstration has none of: saved views, and notices."""
    add_views(client)
    give_away(client, 'rep')


def deal_with_a_story(client: Client) -> str:
    """The open opportunity that most was written about."""
    found: dict[str, int] = {}
    following, pages = '', True
    while pages:
        page = client.need('GET', f'/activity/?page_size=200{following}')
        for each in page['result']:
            regarding = each.get('regarding') or {}
            if 'uid' in regarding:
                found[regarding['uid']] = found.get(regarding['uid'], 0) + 1
        following, pages = f'&cursor={page["next"]}', bool(page['next'])
    talked = json.dumps({'field': 'stage', 'op': 'in', 'value': ['quote', 'negotiate', 'contract']})
    listed = client.need('GET', f'/opportunity/?page_size=100&filter={talked}')['ids']
    return str(max(listed, key=lambda uid: found.get(uid, 0)))


def somebody_with(client: Client, *fields: str) -> str:
    """A contact of whom these are known."""
    known = json.dumps({'all': [{'field': field, 'op': 'is_not_empty'} for field in fields]})
    return str(client.need('GET', f'/contact/?page_size=1&filter={known}')['ids'][0])


def give_away(client: Client, username: str) -> None:
    """Some opportunities become theirs, which they are told."""
    for uid in client.need('GET', '/opportunity/?page_size=4')['ids']:
        client.need('PUT', f'/opportunity/{uid}', {'owner': username})


def add_views(client: Client) -> None:
    """A view for all and one of one's own, on opportunities."""
    for name, audience, document in VIEWS:
        wish: dict[str, Any] = {'entity': 'opportunity', 'name': name, 'audience': audience, 'document': document}
        client.need('POST', '/views/', wish)


def draw_up(visitor: Visitor) -> None:
    """A draft of three changes to contacts."""
    for label, vietnamese, kind in (('Loyalty', 'Hạng thành viên', 'picklist'), ('LinkedIn', 'LinkedIn', 'url')):
        visitor.go(f'/studio/contact/fields?new=1&type={kind}')
        visitor.fill('#label-en', label)
        visitor.fill('#label-vi', vietnamese)
        if kind == 'picklist':
            for vi, en in (('Bạc', 'Silver'), ('Vàng', 'Gold'), ('Kim cương', 'Diamond')):
                visitor.click('[data-row-add]') if visitor.all('[name="option.en"]')[-1].get_attribute('value') else None
                visitor.all('[name="option.vi"]')[-1].send_keys(vi)
                visitor.all('[name="option.en"]')[-1].send_keys(en)
        visitor.leave(lambda: visitor.click('button[data-save]'))
    visitor.go('/studio/contact/fields?field=job_title')
    visitor.leave(lambda: visitor.press('Remove field'))


def press(presses: Iterable[str], sign: str) -> Act:
    """Press one after the other, wherever on the page each stands at this size."""

    def act(visitor: Visitor) -> None:
        run = visitor.browser.execute_script
        visitor.until(lambda: run("return 'ready' in document.documentElement.dataset"), 'the scripts')
        for each in presses:
            visitor.until(lambda css=each: run(PRESS, css), each)  # type: ignore[misc]
        visitor.see(sign)

    return act


def look_for(words: str) -> Act:
    """In the box of everything."""

    def act(visitor: Visitor) -> None:
        press(['[data-dialog-open="#palette"]'], '#palette[open]')(visitor)
        visitor.fill('#palette input', words)
        visitor.see('#palette-results a')

    return act


def make_a_feed(visitor: Visitor) -> None:
    """Its address is shown once."""
    visitor.fill('#feed-name', 'iPhone')
    visitor.leave(lambda: visitor.click('.t-pad form [type=submit]'))
    visitor.see('#fresh-address')


def look_at_a_file(visitor: Visitor) -> None:
    """What it would bring; nothing is taken over."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'outlook.ics')
        file.write_text(FILE.format(day=f'{date.today():%Y%m%d}'), encoding='utf-8')  # noqa: DTZ011 - any day will do
        visitor.browser.find_element('css selector', 'main [type=file]').send_keys(str(file))
        visitor.leave(lambda: visitor.click('main form [type=submit]'))
    visitor.see('main table, main .t-list')


def show_timeline(visitor: Visitor) -> None:
    """On a phone it is a part of its own."""
    for each in visitor.all('[data-show-part="timeline"]'):
        each.click()
    visitor.see('.t-side')


def let_draw(visitor: Visitor) -> None:
    """The grid draws itself and asks for its events; a phone has the list of days instead."""
    visitor.see('#calendar .t-slotted, .t-days')


def let_preview(visitor: Visitor) -> None:
    """The mail is filled in beside its parts; a phone shows it further down."""
    filled = "return Boolean(document.querySelector('.t-mail-frame').srcdoc)"
    visitor.until(lambda: visitor.browser.execute_script(filled), 'the preview')
