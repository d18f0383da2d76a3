"""Questions whose answers tell what fields hold: order, filters, groups, counts, by every spelling there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modules.certificate.visiting import Visit
from schema.catalog import Field

API = '/api/v1'
FEW = 12
Spelling = tuple[str, dict[str, Any]]
"""Path and parameters."""


def sort(visit: Visit) -> None:
    """Each closed field that has an order."""
    for turn, each in enumerate(visit.closed_fields):
        spellings: list[Spelling] = [
            (f'/{visit.key}/', {'sort': f'-{each.key}'}),
            (f'{API}/{visit.key}/', {'order_column': each.key, 'order_direction': 'asc'}),
            *([(f'/{visit.key}/export.csv', {'sort': each.key})] if visit.may('export') else []),
        ]
        for path, params in _chosen(visit, spellings, turn) if each.type.sortable else ():
            visit.refused(path, [each.key], **params)
    if visit.seen and visit.entity.title.type.sortable:
        visit.read(f'/{visit.key}/', sort=visit.entity.title.key)


def filters(visit: Visit) -> None:
    """Each closed field that can be asked whether it holds anything."""
    for turn, each in enumerate(visit.closed_fields):
        test = {'field': each.key, 'op': 'is_not_empty'}
        spellings: list[Spelling] = [
            (f'/{visit.key}/', {'filter': test}),
            (f'{API}/{visit.key}/', {'q': f'(filters:!((col:{each.key},opr:is_not_empty)))'}),
            (f'/{visit.key}/', {'filter': {'not': {'any': [test]}}}),
            (f'{API}/{visit.key}/', {'filter': test}),
            (f'/{visit.key}/count', {'filter': test}),
            *([(f'/{visit.key}/export.csv', {'filter': test})] if visit.may('export') else []),
            *([(f'/{visit.key}/board', {'filter': test})] if visit.entity.stage is not None else []),
        ]
        for path, params in _chosen(visit, spellings, turn - 1) if 'is_not_empty' in each.type.operators else ():
            visit.refused(path, [each.key], **params)


def _chosen(visit: Visit, spellings: list[Spelling], turn: int) -> list[Spelling]:
    """Every spelling; where many fields are closed one for each, by turns, for they meet at the same gate."""
    return spellings if len(visit.closed_fields) <= FEW else [spellings[turn % len(spellings)]]


def paths(visit: Visit) -> None:
    """Closed fields and records behind links: dotted paths, related records, counts and sums of them."""
    for label, document in _behind(visit):
        visit.refused(f'{API}/{visit.key}/', [label], filter=document)
    for link in _open_links(visit):
        for target in link.definition.targets:
            for each in visit.world.records[target].values():
                if each.variant not in visit.sight.records[target]:
                    visit.nothing(f'{API}/{visit.key}/', [link.key], filter=_points_to(link, target, each.uid))
                    break


def counts(visit: Visit) -> None:
    """How many there are is itself an answer."""
    answer = visit.read(f'{API}/{visit.key}/', page_size=200)
    if answer.status != 200:
        return
    there, expected = set(answer.json['ids']), {each.uid for each in visit.seen}
    if there != expected or answer.json['count'] != len(expected):
        visit.blame(answer, f'counts {answer.json["count"]} and lists {len(there)} records, {len(expected)} are in reach')


def cursors(visit: Visit) -> None:
    """What a cursor carries, and where it leads."""
    if len(visit.seen) < 2:
        return
    title = visit.entity.title
    order = {'order_column': title.key, 'order_direction': 'asc'} if title.type.sortable and not title.system else {}
    answer = visit.read(f'{API}/{visit.key}/', page_size=1, **order)
    following = (answer.json or {}).get('next')
    if following:
        visit.read(f'{API}/{visit.key}/', page_size=200, cursor=following, **order)


def _behind(visit: Visit) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`(own field, filter)` for every closed field one step away."""
    for link in _open_links(visit):
        if link.type.key != 'link':
            continue
        target = visit.catalog.entity(link.definition.targets[0])
        for each in _closed(visit, target.key):
            yield link.key, {'field': f'{link.key}.{each.key}', 'op': 'is_not_empty'}
    for source, link in visit.catalog.inbound.get(visit.key, ()):
        relation = {'entity': source.key, 'field': link.key}
        for each in _closed(visit, source.key):
            where = {'field': each.key, 'op': 'is_not_empty'}
            yield '*', {'any_related': {**relation, 'where': where}}
            yield '*', {'count_related': {**relation, 'where': where}, 'op': 'gte', 'value': 1}
            if each.type.numeric:
                yield '*', {'sum': {**relation, 'of': each.key}, 'op': 'gt', 'value': '1'}


def _closed(visit: Visit, key: str) -> list[Field]:
    readable = visit.sight.readable[key]
    fields = visit.catalog.entities[key].fields.items()
    found = [each for name, each in fields if name not in readable and 'is_not_empty' in each.type.operators]
    return found[:4]  # one step away the same check meets every field


def _open_links(visit: Visit) -> list[Field]:
    return [
        each for each in visit.entity.own_fields
        if each.key in visit.readable and not each.type.computed and (each.is_link or each.type.key == 'links')
    ]  # fmt: skip


def _points_to(link: Field, target: str, uid: str) -> Mapping[str, Any]:
    if link.type.key == 'links':
        return {'field': link.key, 'op': 'has_any', 'value': [uid]}
    value: Any = {'entity': target, 'uid': uid} if link.type.key == 'link_any' else uid
    return {'field': link.key, 'op': 'eq', 'value': value}
