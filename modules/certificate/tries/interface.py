"""The REST interface: records, histories, what it tells of fields, and writing to what is out of reach."""

from __future__ import annotations

from modules.certificate.visiting import Visit

API = '/api/v1'
ABSENT = '00000000-0000-4000-8000-000000000000'


def lists(visit: Visit) -> None:
    answer = visit.read(f'{API}/{visit.key}/', page_size=200)
    visit.keys_in(answer)
    visit.read(f'{API}/{visit.key}/', page_size=200, deleted=1)
    for each in visit.closed_fields:
        visit.refused(f'{API}/{visit.key}/', [each.key], columns=each.key)


def record(visit: Visit) -> None:
    for each in visit.seen:
        visit.keys_in(visit.read(f'{API}/{visit.key}/{each.uid}'))
    for closed in visit.closed_fields:
        for each in visit.seen[:1]:
            visit.refused(f'{API}/{visit.key}/{each.uid}', [closed.key], columns=closed.key)
    visit.absent('GET', f'{API}/{visit.key}/@record')


def history(visit: Visit) -> None:
    for each in visit.seen[:3]:
        visit.keys_in(visit.read(f'{API}/{visit.key}/{each.uid}/history'))
        visit.keys_in(visit.read(f'{API}/{visit.key}/{each.uid}/history/1'))
        visit.read(f'{API}/{visit.key}/{each.uid}/stages')
    for part in ('history', 'history/1', 'stages'):
        visit.absent('GET', f'{API}/{visit.key}/@record/{part}')


def faces(visit: Visit) -> None:
    """What is told of fields: `_info`, the schema's read and write faces, the OpenAPI description."""
    visit.keys_in(visit.read(f'{API}/{visit.key}/_info'))
    for params in ({}, {'for': 'write'}):
        visit.keys_in(visit.read(f'{API}/schema/{visit.key}', **params))


def writing(visit: Visit) -> None:
    """Writes to a record out of reach, links to one, and values for closed fields."""
    path = f'{API}/{visit.key}/@record'
    title = visit.entity.title.key
    visit.absent('PUT', path, body={title: 'x'})
    visit.absent('DELETE', path)
    visit.send('POST', f'{API}/{visit.key}/_bulk', body=[{'nothing_called_so': 1}])
    for part in ('restore', 'history/1', 'merge'):
        visit.absent('POST', f'{path}/{part}', body={'others': ['@record']} if part == 'merge' else {})
    for each in visit.closed_fields:
        for one in visit.seen[:1]:
            answer = visit.send('PUT', f'{API}/{visit.key}/{one.uid}', body={each.key: None})
            if answer.status < 400:
                visit.blame(answer, f'answered {answer.status} to a value for a closed field', [each.key])
    _links(visit)


def _links(visit: Visit) -> None:
    """A link to a record out of reach is refused as one to nothing is."""
    for link in visit.entity.own_fields:
        if link.type.key != 'link' or link.key not in visit.policy.writable(visit.key):
            continue
        target = link.definition.targets[0]
        out = [each for name, each in visit.world.records[target].items() if name not in visit.sight.records[target]]
        if out and (visit.may('create')):
            codes = []
            for uid in (out[0].uid, out[0].uid[:-4] + '0000'):
                answer = visit.send('POST', f'{API}/{visit.key}/', body={link.key: uid})
                codes.append([(each['code'], each['pointer']) for each in (answer.json or {}).get('errors', ())])
            if codes[0] != codes[1]:
                visit.blame(answer, f'a link out of reach says {codes[0]}, one to nothing {codes[1]}', [link.key])


def operations(visit: Visit) -> None:
    """A bulk change of records out of reach: its reasons, counts and pages."""
    visit.again('/operations/')
    visit.again(f'{API}/operations/')
    for path in (f'/operations/{ABSENT}/undo', f'{API}/operations/{ABSENT}/undo'):
        visit.send('POST', path, form={})
    if not visit.hidden or not visit.may('update'):
        return
    reasons = []
    for uid in (visit.hidden[0].uid, visit.hidden[0].uid[:-4] + '0000'):
        order = {'kind': 'edit', 'entity': visit.key, 'uids': [uid], 'values': {visit.entity.title.key: 'x'}}
        made = visit.send('POST', f'{API}/operations/', body=order)
        told = made.json or {}
        reasons.append([told.get('counts'), [each.get('text') for each in told.get('reasons', ())], made.status])
        if made.location:
            own = made.location.rpartition('/')[2]
            for path in (f'/operations/{own}', f'/operations/{own}/undo', made.location, f'{made.location}/undo'):
                visit.read(path)
    if reasons[0] != reasons[1]:
        visit.blame(made, f'out of reach {reasons[0]}, unknown {reasons[1]}')


def about_all(visit: Visit) -> None:
    """What is told of the whole installation at once."""
    for path in ('/schema/', '/_openapi', '/menu/', '/me', '/operations/'):
        visit.read(f'{API}{path}')
    visit.read('/operations/')
    visit.read('/people/users/choices', q='')
    visit.read('/people/teams/choices', q='')
