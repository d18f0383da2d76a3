"""Ways by which whole files come and go: exports, imports, attachments, letters."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress

from modules.certificate.planting import NO_ROLE
from modules.certificate.visiting import Answer, Visit
from modules.files.links import Ticket, sign
from modules.mail.rendering import merge_values, render
from schema.base.errors import TrellisError
from schema.base.ids import new_uid
from schema.definitions import TemplateDef
from schema.fieldtypes.base import Reading

_UID = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')


def exports(visit: Visit) -> None:
    endings = ('csv', 'xlsx')
    for ending in endings:
        visit.read(f'/{visit.key}/export.{ending}')
    for turn, each in enumerate(visit.closed_fields):
        visit.refused(f'/{visit.key}/export.{endings[turn % 2]}', [each.key], cols=each.key)
    visit.absent('POST', f'/{visit.key}/export.csv', form={'uid': '@record'})


def imports(visit: Visit) -> None:
    """A file that names records by ID, those out of reach among them: the page that checks it and the file of what was left
    out must not tell which of them are there."""
    if not visit.may('import'):
        answer = visit.read(f'/{visit.key}/import')
        if answer.status < 400:
            visit.blame(answer, 'offers an import without the right')
        return
    out = visit.hidden[0].uid if visit.hidden else new_uid()
    rows = [['uid', 'title'], [out, 'a'], [new_uid(), 'a']]
    table = io.StringIO()
    csv.writer(table).writerows(rows)
    started = visit.send('POST', f'/{visit.key}/import', form={'file': (io.BytesIO(table.getvalue().encode()), 'canary.csv')})
    if not started.location:
        return
    columns = {'column.0': 'uid', 'column.1': visit.entity.title.key, 'key': 'uid', 'duplicates': 'update'}
    visit.send('POST', f'{started.location}/columns', form=columns)
    visit.read(started.location)
    visit.send('POST', f'{started.location}/shares', form={})
    visit.send('POST', f'{started.location}/run', form={})
    left = visit.read(f'{started.location}/left-out')
    if left.status != 200:
        return
    told = [row[:3] for row in csv.reader(io.StringIO(left.text.partition('\n\n')[2])) if len(row) > 3][1:]
    reasons = {_UID.sub('#', reason) for _number, _outcome, reason in told}
    if len(reasons) > 1:
        visit.blame(left, f'tells records out of reach from unknown ones: {sorted(reasons)}')


def attachments(visit: Visit) -> None:
    """Descriptions, contents and thumbnails, by identity and by another person's link; uploads for a closed field."""
    runtime = visit.runtime
    for each in [each for each in visit.closed_fields if each.type.key in {'file', 'image'}][:1]:
        form = {'file': (io.BytesIO(b'canary'), 'canary.txt'), 'entity': visit.key, 'field': each.key}
        answer = visit.send('POST', '/api/v1/files/', form=form)
        if answer.status < 400:
            visit.blame(answer, 'takes a file for a closed field', [each.key])
    for record in (*visit.seen[:2], *visit.hidden[:1]):
        for key, uid in record.files.items():
            open_ = record in visit.seen and key in visit.readable
            described = visit.read(f'/api/v1/files/{uid}')
            unknown = visit.read(f'/api/v1/files/{new_uid()}')
            if open_:
                visit.read((described.json or {}).get('href', '/files/content/x'))
            elif described.status != 404 or described.status != unknown.status:
                visit.blame(described, f'answered {described.status} for a file out of reach', [key])
            for path in (f'/files/{uid}', f'/files/{uid}/thumbnail'):
                answer = visit.read(path)
                if not open_ and answer.status < 400:
                    visit.blame(answer, f'answered {answer.status} for a file out of reach', [key])
            for holder in {visit.actor.user_id, visit.world.people[NO_ROLE]}:
                ticket = Ticket(uid, int(holder or 0), small=False)
                token = sign(runtime.settings.secret_key, ticket, runtime.clock.now())
                answer = visit.read(f'/files/content/{token}')
                if answer.status < 400 and not (open_ and holder == visit.actor.user_id):
                    visit.blame(answer, 'a signed link gives the content', [key])


def letters(visit: Visit) -> None:
    """A template that names fields, filled in for the person, as mails of workflows and mail merge do; in Studio its preview on
    records in reach and out of it."""
    reading = Reading('vi')
    for key in [each.key for each in visit.catalog.templates.values() if each.entity == visit.key][:1] or ['none']:
        fields = ' '.join(f'{{{{ record.{each.key} }}}}' for each in visit.entity.own_fields)
        for record in (*visit.seen[:1], *visit.hidden[:1]):
            for act in ('preview', 'test'):
                visit.send(
                    'POST', f'/studio/templates/{key}/{act}', form={'text': fields, 'subject': 'x', 'record': record.uid}
                )
        visit.read(f'/studio/templates/{key}')
    for record in visit.seen[:2]:
        with visit.runtime.reader(visit.actor, visit.catalog) as reader:
            values = merge_values(reader.get(visit.key, record.uid), {}, '', '', reading)
        own = [each.key for each in visit.entity.own_fields]
        texts = [' '.join(f'{{{{ record.{key} }}}}' for key in own if key in visit.readable)]
        texts += [f'{{{{ record.{key} }}}}' for key in own if key not in visit.readable]
        for text in texts:
            template = TemplateDef('', 'canary', {}, visit.key, {'vi': 'x'}, {}, {'vi': text}, {})
            with suppress(TrellisError):
                visit.judge(Answer(f'letter {visit.key}', 200, render(template, values, reading).text))
