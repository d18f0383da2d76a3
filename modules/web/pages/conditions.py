"""The editor of a whole filter: groups, related records, sums in a period; what it finds is told before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from flask import Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from modules.records.model import Count, ListQuery
from modules.records.resolving import check_filter_rights
from modules.web.conditions import builder_words, faces_of
from modules.web.pages import viewing
from modules.web.pages.chips import EMPTIED, link_labels
from modules.web.pages.context import Desk, address, carried, desk_for, filter_document
from modules.web.pages.listing import list_params
from modules.web.pages.quick_filters import choices_of, quick_fields
from modules.web.pages.tabs import count_text
from permissions.policy import Policy
from schema import conditions
from schema.base.errors import BadRequest, Invalid, NotFound
from schema.base.findings import Finding
from schema.base.text import in_sentence

LONGEST = 7_000
"""Letters of a filter within `in=` of a record's address; web servers take addresses of 8,190."""


def dialog(entity: str) -> ResponseReturnValue:
    """The editor with the present filter in it; `at=board` goes back to the board."""
    with desk_for(entity) as desk:
        desk.reader.policy.require('read', desk.entity.key)
        opened = viewing.open_view(desk.entity, desk.reader.session)
        return _render(desk, opened.filter_text, carried(list_params(opened).items()), (), at=request.args.get('at', ''))


def use(entity: str) -> ResponseReturnValue:
    """To the list or board with the filter; a wrong one is told where it stands, and nothing typed is lost."""
    with desk_for(entity) as desk:
        at, text = request.form.get('at', ''), request.form.get('filter', '')
        kept = carried(parse_qsl(request.form.get('carried', '')))
        try:
            condition = _checked(desk, text)
        except (Invalid, BadRequest) as error:
            return _render(desk, text, kept, error.findings, at=at), 422
        path = f'/{desk.entity.key}/board' if at == 'board' else f'/{desk.entity.key}/'
        emptied = EMPTIED if kept.get('view') else ''
        written = json.dumps(condition, ensure_ascii=False) if condition else emptied
        response: Response = make_response('', 204)
        response.headers['HX-Redirect'] = address(path, {**kept, 'filter': written})
        return response


def foresee(entity: str) -> ResponseReturnValue:
    """What the filter would find, as a sentence with a number; what is wrong with it, by place."""
    with desk_for(entity) as desk:
        try:
            condition = _checked(desk, request.form.get('filter', ''))
        except (Invalid, BadRequest) as error:
            return render_template('web/conditions_foreseen.html', wrong=_wrong(error.findings, desk.presenter.locale))
        key, locale = desk.entity.key, desk.presenter.locale
        found = desk.reader.count(key, ListQuery(filter=condition))
        sentence = ''
        if condition:
            labels = link_labels(desk, condition)
            sentence = conditions.sentence(conditions.describe(condition, desk.entity, g.catalog, locale, labels))
        definition = desk.entity.definition
        named = in_sentence(definition.label_in(locale) if found == Count(1) else definition.plural_in(locale))
        return render_template(
            'web/conditions_foreseen.html', count=count_text(found), sentence=sentence, named=named, wrong=()
        )


def faces(entity: str, target: str) -> ResponseReturnValue:
    """What the builder asks about an entity: only what the person may read. Raises: NotFound REC-E029."""
    with desk_for(entity) as desk:
        policy = desk.reader.policy
        owner, _dot, lines = target.partition('.')
        known = owner in g.catalog.entities and policy.scope('read', owner) != 'none'
        found = faces_of(g.catalog.documents, target, desk.presenter.locale) if known else None
        if found is None or (lines and lines not in policy.readable(owner)):
            raise NotFound.of('REC-E029', value=target[:80], hint='')
        return jsonify(found if lines else _readable_faces(found, target, policy))


def _readable_faces(found: Mapping[str, Any], target: str, policy: Policy) -> dict[str, Any]:
    readable = policy.readable(target)
    return {
        **found,
        'fields': [each for each in found['fields'] if each['key'] in readable],
        'related': [
            each for each in found['related']
            if policy.scope('read', each['entity']) != 'none' and each['field'] in policy.readable(each['entity'])
        ],
        'held': [
            each for each in found['held']
            if each['field'] in readable and (each['via'] == 'lines' or policy.scope('read', each['entity']) != 'none')
        ],
    }  # fmt: skip


def _checked(desk: Desk, text: str) -> dict[str, Any] | None:
    """Raises: BadRequest API-E013, REC-E036; Invalid VIE-E014, and with all findings, by place."""
    condition = filter_document(text)
    if not condition or condition in ({'all': []}, {'any': []}):
        return None
    if len(quote_plus(quote_plus(json.dumps(condition, ensure_ascii=False)))) > LONGEST:
        raise Invalid.of('VIE-E014')
    check_filter_rights(conditions.compile(condition, desk.entity, desk.presenter.catalog), desk.reader.policy)
    return condition


def _render(desk: Desk, text: str, params: Mapping[str, str], findings: Sequence[Finding], *, at: str) -> str:
    locale, path = desk.presenter.locale, f'/{desk.entity.key}/{"board" if at == "board" else ""}'
    condition = None if findings else filter_document(text)
    quick = [
        {'label': view.label, 'choices': chosen}
        for view in quick_fields(desk)
        if (chosen := choices_of(desk, view, condition, path, params))
    ]
    clear_url = address(path, {**params, 'filter': EMPTIED if params.get('view') else ''})
    return render_template(
        'web/conditions.html', entity=desk.entity, filter=text, quick=quick, at=at, carried=address('', params).lstrip('?'),
        words=builder_words(locale), faces_url=f'/{desk.entity.key}/filter/faces/', wrong=_wrong(findings, locale),
        title=in_sentence(desk.entity.definition.plural_in(locale)), clear_url=clear_url,
    )  # fmt: skip


def _wrong(findings: Sequence[Finding], locale: str) -> list[dict[str, str]]:
    return [{'pointer': each.pointer.removeprefix('/filter'), 'text': each.text(locale)} for each in findings]
