"""Ways of the modules around records: sharing, assignment and its log, pools, the reasons page."""

from __future__ import annotations

from typing import Any

from modules.certificate.visiting import Visit
from modules.mail.tables import mail_message
from schema.base.ids import new_uid

API = '/api/v1'
HTMX = {'HX-Request': 'true'}


def sharing(visit: Visit) -> None:
    """Who else sees a record, and giving sight away."""
    for each in visit.seen[:1]:
        visit.read(f'/{visit.key}/{each.uid}/share', headers=HTMX)
        visit.read(f'{API}/{visit.key}/{each.uid}/shares')
    visit.absent('GET', f'/{visit.key}/@record/share', headers=HTMX)
    visit.absent('POST', f'/{visit.key}/@record/share', form={'with': 'u1', 'level': 'view'})
    visit.absent('POST', f'/{visit.key}/@record/share/end', form={'with': 'u1'})
    visit.absent('GET', f'{API}/{visit.key}/@record/shares')
    visit.absent('DELETE', f'{API}/{visit.key}/@record/shares?user=canary0')
    visit.absent('POST', f'{API}/{visit.key}/@record/shares', body={'users': ['canary0'], 'level': 'view'})
    visit.absent('POST', f'/{visit.key}/share', form={'uids': '@record'}, headers=HTMX)
    visit.absent('POST', f'/{visit.key}/share/start', form={'uids': '@record', 'with': 'user:canary0'}, headers=HTMX)
    chosen = {'uids': '@record', 'give.kind': 'even', 'give.with': 'user:canary0'}
    visit.absent('POST', f'/{visit.key}/many/shares', form=chosen, headers=HTMX)
    visit.read('/people/receivers/choices', **{'for': visit.key, 'q': ''})


def assignment(visit: Visit) -> None:
    """Who got what and why, and dealing records out."""
    for each in visit.seen[:1]:
        visit.read(f'{API}/{visit.key}/{each.uid}/assignments')
        visit.read('/assignment/log', entity=visit.key, record=each.uid, headers=HTMX)
    visit.read('/assignment/log', entity=visit.key)
    visit.absent('POST', f'{API}/{visit.key}/assign', body={'uids': ['@record'], 'strategy': {'kind': 'person', 'among': {}}})
    visit.absent('GET', f'{API}/{visit.key}/@record/assignments')
    visit.absent('GET', f'/assignment/log?entity={visit.key}&record=@record')


def pools(visit: Visit) -> None:
    """Records that wait for somebody, in the person's own pool and in one of strangers; putting one there by its identity."""
    own, strange = visit.world.pools[visit.key]
    for path in ('/pools/', f'/pools/{own}', f'{API}/pools/', f'{API}/pools/{own}', f'{API}/pools/{own}/records'):
        visit.read(path)
    there = visit.world.records[visit.key]['unowned'].uid
    for method, path, sent in (
        ('GET', '/pools/{}', {}),
        ('GET', f'{API}/pools/{{}}', {}),
        ('GET', f'{API}/pools/{{}}/records', {}),
        ('POST', '/pools/{}/claim', {'form': {'record': there}}),
        ('POST', f'{API}/pools/{{}}/claim', {'body': {'record': there}}),
        ('GET', f'/pools/{{}}/release/{there}', {'headers': HTMX}),
        ('POST', f'/pools/{{}}/release/{there}', {'form': {'reason': 'x'}}),
        ('POST', f'{API}/pools/{{}}/release', {'body': {'record': there, 'reason': 'x'}}),
        ('POST', '/pools/{}/move', {'form': {'record': there, 'to': own}}),
        ('POST', f'{API}/pools/{{}}/move', {'body': {'records': [there], 'to': own}}),
        ('POST', f'{API}/pools/{{}}/take-out', {'body': {'records': [there]}}),
        ('POST', f'{API}/pools/{{}}/put', {'body': {'records': [there]}}),
    ):
        if 'release' not in path or 'unowned' not in visit.sight.records[visit.key]:  # who sees it may learn where it lies
            visit.alike(method, path, strange, **sent)
    visit.absent('POST', f'/pools/put/{visit.key}/ask', form={'uids': '@record'}, headers=HTMX)
    visit.absent('POST', f'/pools/put/{visit.key}', form={'uids': '@record', 'pool': 'x'})


def reasons(visit: Visit) -> None:
    """Why somebody sees something: asked about a record out of reach, it must not say that it is there."""
    for each in visit.seen[:1]:
        visit.read(f'{API}/why', entity=visit.key, uid=each.uid)
        visit.read('/why/', entity=visit.key, uid=each.uid)
    visit.absent('GET', f'{API}/why?entity={visit.key}&uid=@record')
    visit.absent('GET', f'/why/?entity={visit.key}&uid=@record')
    for each in visit.closed_fields[:3]:
        for one in visit.seen[:1]:
            visit.read(f'{API}/why', entity=visit.key, uid=one.uid, field=each.key)


def plant_letter(beside: Any) -> None:
    """A mail about the record that went out."""
    beside.session.execute(
        mail_message.insert().values(
            id=new_uid(), idempotency_key=f'canary:{beside.record.uid}', recipient=f'{beside.word}@canary.example',
            sender='canary@canary.example', subject=beside.word, html='', text='', locale='vi', state='sent',
            message_id=f'<{beside.record.uid}@canary.example>', due_at=beside.now, created_at=beside.now, sent_at=beside.now,
            entity_ref=beside.entity.ref, record_uid=beside.record.uid,
        )
    )  # fmt: skip


def letters_sent(visit: Visit) -> None:
    """The log of mails, for administrators: subjects and receivers of records within their reach alone."""
    visit.read('/mail/')
