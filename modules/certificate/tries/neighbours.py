"""Ways of the modules around records: sharing, assignment and its log, pools, the reasons page."""

from __future__ import annotations

from modules.certificate.visiting import Visit

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
    visit.read('/people/receivers/choices', **{'for': visit.key, 'q': ''})


def assignment(visit: Visit) -> None:
    """Who got what and why, and dealing records out."""
    for each in visit.seen[:1]:
        visit.read(f'{API}/{visit.key}/{each.uid}/assignments')
        visit.read('/assignment/log', entity=visit.key, record=each.uid, headers=HTMX)
    visit.read('/assignment/log', entity=visit.key)
    visit.absent('GET', f'{API}/{visit.key}/@record/assignments')
    visit.absent('GET', f'/assignment/log?entity={visit.key}&record=@record')


def pools(visit: Visit) -> None:
    """Records that wait for somebody; putting one there by its identity."""
    visit.read('/pools/')
    visit.read(f'{API}/pools/')
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


def runs(visit: Visit) -> None:
    """Runs of workflows, for administrators: titles of records within their reach alone."""
    visit.read('/workflows/')
    visit.read('/workflows/runs')


def letters_sent(visit: Visit) -> None:
    """The log of mails, for administrators: subjects and receivers of records within their reach alone."""
    visit.read('/mail/')
