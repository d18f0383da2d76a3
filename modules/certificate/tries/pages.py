"""Pages that people look at: lists, records, boards, forms, the first page and the search."""

from __future__ import annotations

import json

from modules.certificate.visiting import Visit

HTMX = {'HX-Request': 'true'}
LOOKED_AT = 2
"""So many of the records within reach are opened; the other ways go through all of them."""


def lists(visit: Visit) -> None:
    visit.read(f'/{visit.key}/', size=200)
    visit.read(f'/{visit.key}/', bin=1)
    shown = [each.key for each in visit.entity.own_fields if each.key in visit.readable]
    if shown:
        visit.read(f'/{visit.key}/', cols=','.join(shown), size=200)
        visit.read(f'/{visit.key}/', cols='default')
    for each in visit.closed_fields:
        visit.refused(f'/{visit.key}/', [each.key], cols=each.key)


def record(visit: Visit) -> None:
    for each in visit.seen[:LOOKED_AT]:
        visit.read(f'/{visit.key}/{each.uid}')
        visit.read(f'/{visit.key}/{each.uid}/facts', headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record')
    visit.absent('GET', f'/{visit.key}/@record/facts', headers=HTMX)


def related(visit: Visit) -> None:
    """What points to a record within reach, records out of reach among it."""
    for each in visit.seen[:1]:
        visit.again(f'/{visit.key}/{each.uid}')


def peek(visit: Visit) -> None:
    for each in visit.seen[:LOOKED_AT]:
        visit.read(f'/{visit.key}/{each.uid}/peek', headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record/peek', headers=HTMX)


def timeline(visit: Visit) -> None:
    for each in visit.seen[:LOOKED_AT]:
        visit.read(f'/{visit.key}/{each.uid}/timeline', headers=HTMX)
        visit.read(f'/{visit.key}/{each.uid}/timeline/more', headers=HTMX)
        visit.read(f'/{visit.key}/{each.uid}/people', headers=HTMX)
    for part in ('timeline', 'timeline/more', 'people', 'letter'):
        visit.absent('GET', f'/{visit.key}/@record/{part}', headers=HTMX)
    for part in ('follow', 'letter'):
        visit.absent('POST', f'/{visit.key}/@record/{part}', form={})
    visit.absent('POST', f'/{visit.key}/@record/log', form={'body': 'x'})
    visit.absent('GET', f'/{visit.key}/@record/log/@record', headers=HTMX)
    for act in ('pin', 'delete'):
        visit.absent('POST', f'/{visit.key}/@record/log/@record/{act}', form={})


def revision(visit: Visit) -> None:
    for each in visit.seen[:1]:
        visit.read(f'/{visit.key}/{each.uid}/revision/1', headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record/revision/1', headers=HTMX)
    visit.absent('POST', f'/{visit.key}/@record/revision/1', form={})


def board(visit: Visit) -> None:
    if visit.entity.stage is None:
        return
    stage = visit.entity.definition.pipelines[0].stages[0].key
    visit.read(f'/{visit.key}/board')
    visit.read(f'/{visit.key}/board/column', stage=stage, headers=HTMX)
    if visit.entity.stage.key not in visit.readable:
        visit.refused(f'/{visit.key}/board', [visit.entity.stage.key])
    visit.absent('POST', f'/{visit.key}/board/@record/move', form={'stage': stage})
    visit.absent('GET', f'/{visit.key}/board/@record/card')
    offered = visit.read(f'/{visit.key}/board/fields', headers=HTMX)
    closed = [each.key for each in visit.closed_fields if f'value="{each.key}"' in offered.text]
    if closed:
        visit.blame(offered, 'offers a closed field', closed)


def stages(visit: Visit) -> None:
    """Moves: the dialogue of a gate, of another pipeline, and the move itself."""
    if visit.entity.stage is None:
        return
    pipelines = visit.entity.definition.pipelines
    stage = pipelines[0].stages[-1].key
    for each in visit.seen[:1]:
        visit.read(f'/{visit.key}/{each.uid}/gate', stage=stage, headers=HTMX)
        visit.read(f'/{visit.key}/{each.uid}/pipeline', to=pipelines[-1].key, headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record/gate?stage={stage}', headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record/pipeline?to={pipelines[-1].key}', headers=HTMX)
    visit.absent('POST', f'/{visit.key}/@record/move', form={'stage': stage})
    visit.absent('POST', f'/{visit.key}/@record/moved/2', form={})


def forms(visit: Visit) -> None:
    """Hidden inputs and the JSON beside them count as well as what is shown."""
    visit.read(f'/{visit.key}/new')
    visit.read(f'/{visit.key}/quick', headers=HTMX)
    for each in visit.seen[:LOOKED_AT]:
        visit.read(f'/{visit.key}/{each.uid}/edit')
    for closed in visit.closed_fields:
        for each in visit.seen[:1]:
            visit.refused(f'/{visit.key}/{each.uid}/cell', [closed.key], field=closed.key, headers=HTMX)
    title = visit.entity.title.key
    for each in visit.seen[:1]:
        visit.read(f'/{visit.key}/{each.uid}/cell', field=title, headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record/edit')
    visit.absent('POST', f'/{visit.key}/@record/edit', form={})
    visit.absent('GET', f'/{visit.key}/@record/cell?field={title}', headers=HTMX)
    visit.absent('POST', f'/{visit.key}/@record/delete', form={})
    visit.absent('POST', f'/{visit.key}/@record/restore', form={})


def merging(visit: Visit) -> None:
    """Records side by side, one alone with its likely duplicates, and with one that is out of reach."""
    if visit.seen:
        visit.read(f'/{visit.key}/merge', uids=visit.seen[0].uid)
        visit.read(f'/{visit.key}/merge', uids=','.join(each.uid for each in visit.seen[:LOOKED_AT]))
        visit.send('POST', f'/{visit.key}/merge/ask', form={'uid': visit.seen[0].uid})
    visit.absent('GET', f'/{visit.key}/merge?uids=@record')
    visit.absent('POST', f'/{visit.key}/merge', form={'uids': '@record', 'survivor': '@record'})


def rules(visit: Visit) -> None:
    """How the fields of a form stand, asked by the browser."""
    for each in visit.seen[:LOOKED_AT]:
        answer = visit.send('POST', f'/{visit.key}/rules', form={'record': each.uid})
        visit.keys_in(answer)
    visit.absent('POST', f'/{visit.key}/rules', form={'record': '@record'})


def choices(visit: Visit) -> None:
    """What remote selects offer, for one letter and for the names of records out of reach."""
    visit.read(f'/{visit.key}/choices', q='')
    title = visit.entity.title
    for each in visit.hidden[:2]:
        if title.type.key == 'text' and not title.system:
            word = each.values[title.key]
            answer = visit.read(f'/{visit.key}/choices', q=word)
            if (answer.json or {}).get('results'):
                visit.blame(answer, 'offers a record out of reach', [title.key])
    for each in visit.entity.own_fields:
        if each.type.key == 'tags':
            visit.read(f'/{visit.key}/choices', tags=each.key, q='')


def search(visit: Visit) -> None:
    """The page and the palette, by names of records out of reach and by values of closed fields of records within."""
    title = visit.entity.title.key
    searched = {each.key for each in visit.entity.searched}
    words = [each.values.get(title) for each in (*visit.hidden[:1], *visit.seen[:1])]
    words += [
        each.values.get(closed.key) for turn, closed in enumerate(visit.closed_fields) for each in visit.seen[:1]
        if closed.key in searched or turn == 0
    ]  # fmt: skip
    visit.read('/search/', q=str(words[0]) if words else 'x')
    for word in words:
        if isinstance(word, str):
            answer = visit.read('/search/', q=word, headers=HTMX)
            closed = [each.key for each in visit.closed_fields if any(word == one.values.get(each.key) for one in visit.seen)]
            if closed and f'href="/{visit.key}/{visit.seen[0].uid}"' in answer.text:
                visit.blame(answer, 'a closed value finds its record', closed)


def home(visit: Visit) -> None:
    visit.read('/')


def filter_dialogue(visit: Visit) -> None:
    visit.read(f'/{visit.key}/filter', headers=HTMX)
    for each in visit.closed_fields[:3]:
        answer = visit.read(f'/{visit.key}/filter', field=each.key, headers=HTMX)
        if f'value="{each.key}"' in answer.text:
            visit.blame(answer, 'offers a closed field', [each.key])

    _builder(visit)


def _builder(visit: Visit) -> None:
    """The editor of a whole filter: what it knows of fields, what it foretells, the menu of a column."""
    visit.read(f'/{visit.key}/filter/edit', headers=HTMX)
    visit.read(f'/{visit.key}/filter/add', headers=HTMX)
    visit.read(f'/{visit.key}/counts', headers=HTMX)
    answer = visit.read(f'/{visit.key}/filter/faces/{visit.key}')
    offered = {each['key'] for each in (answer.json or {}).get('fields', ())} if answer.status == 200 else set()
    for each in visit.closed_fields[:3]:
        if each.key in offered:
            visit.blame(answer, 'offers a closed field', [each.key])
        visit.refused(f'/{visit.key}/column', [each.key], key=each.key)
        if 'is_not_empty' in each.type.operators:
            using = {'filter': json.dumps({'field': each.key, 'op': 'is_not_empty'})}
            visit.send('POST', f'/{visit.key}/filter/use', form=using, headers=HTMX)
            form = {'filter': json.dumps({'field': each.key, 'op': 'is_not_empty'})}
            told = visit.send('POST', f'/{visit.key}/filter/foresee', form=form, headers=HTMX)
            if told.status == 200 and 'role="alert"' not in told.text:
                visit.blame(told, 'counts by a closed field', [each.key])


def bulk(visit: Visit) -> None:
    """The dialogue for records picked in a list, and what it starts."""
    for kind in ('edit', 'assign', 'delete'):
        visit.absent('POST', f'/{visit.key}/many/ask', form={'kind': kind, 'uids': '@record'}, headers=HTMX)
    for act in ('delete', 'restore'):
        visit.absent('POST', f'/{visit.key}/{act}', form={'uids': '@record'}, headers=HTMX)
    visit.absent('POST', f'/{visit.key}/many', form={'kind': 'delete', 'uids': '@record'}, headers=HTMX)
    for each in visit.closed_fields[:3]:
        answer = visit.send('POST', f'/{visit.key}/many/field', form={'field': each.key, 'uids': 'x'}, headers=HTMX)
        if answer.status == 200 and f'name="{each.key}' in answer.text:
            visit.blame(answer, 'offers a closed field', [each.key])


def matches(visit: Visit) -> None:
    """Duplicate hints while somebody types what a record out of reach holds, or a closed field of one within."""
    for each in (*visit.hidden[:1], *visit.seen[:1]):
        typed = {key: value for key, value in each.values.items() if isinstance(value, str)}
        visit.send('POST', f'/{visit.key}/matches', form=typed, headers=HTMX)
