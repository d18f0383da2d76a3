"""The board of an entity with stages: columns with counts and sums, cards loaded by column, moves, what stands on cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import g, jsonify, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from modules.records.figures import Totals, added
from modules.records.model import Group, ListQuery, Record
from modules.timeline import cards as choices
from modules.timeline.glances import GLANCES
from modules.web.pages import card_glances, gates, listing, moving, tabs, viewing
from modules.web.pages.board_cards import cards_drawn
from modules.web.pages.chips import EMPTIED, filter_chips
from modules.web.pages.context import Desk, address, deciding_columns, desk_for, reached
from modules.web.pages.sorting import sorts
from modules.web.pages.stage_path import days_in_stage
from modules.web.presenting import FieldView, card_hue, short_sums, stage_view
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.text import in_sentence
from schema.catalog import Entity, Field
from schema.definitions import PipelineDef, StageDef, in_locale

CARDS, COUNTED_CARDS = 20, 5_000
LATE: dict[str, Any] = {'count': None, 'totals': {}, 'total_text': ''}
"""The figures of a column before they are known."""
NOT_ON_CARDS = frozenset({'rich_text', 'long_text', 'file', 'image', 'lines', 'stage'})
SYSTEM_FIELDS = ('owner', 'team', 'created_at', 'changed_at')


def show(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        if desk.entity.stage is None:
            return redirect(f'/{desk.entity.key}/')
        moving.require_stage(desk)
        pipeline, query = chosen_pipeline(desk), _query(desk)
        if request.args.get('figures'):
            return jsonify(_late_figures(desk, pipeline, query))
        return render_template('web/board.html', **_context(desk, pipeline, query))


def column(entity: str) -> ResponseReturnValue:
    """More cards of one column, behind the cursor `after`."""
    with desk_for(entity) as desk:
        stage = moving.stage_of(desk, moving.asked_stage())
        query = replace(_query(desk), cursor=request.args.get('after') or None)
        return render_template('web/board_cards.html', entity=desk.entity, **_cards(desk, [stage], query)[stage.key])


def card(entity: str, uid: str) -> ResponseReturnValue:
    """One card as it is by now, where it stands and what its pipeline holds: `{revision, stage, label, card, stages}`."""
    with desk_for(entity) as desk:
        moving.require_stage(desk)
        return jsonify(_card_answer(desk, uid))


def move(entity: str, uid: str) -> ResponseReturnValue:
    """A card dropped on a stage. Answers what `card` answers with `text` and `undo`, or a problem: with `dialog_url` when the
    stage asks for fields, with `moved` when somebody moved the record meanwhile."""
    with desk_for(entity) as desk:
        stage = moving.stage_of(desk, moving.asked_stage())
        try:
            text, revision = moving.save(desk, uid, stage)
        except (Invalid, Conflict) as error:
            return gates.refusal(desk.entity, uid, stage, error, place='board')
    with desk_for(entity) as fresh:
        return jsonify(
            {**_card_answer(fresh, uid), 'text': text, 'undo': moving.undo_url(fresh.entity.key, uid, revision, 'board')}
        )


def card_fields(entity: str) -> ResponseReturnValue:
    """The dialogue in which a person chooses what stands on their cards: GET draws it, POST keeps the choice."""
    with desk_for(entity) as desk:
        moving.require_stage(desk)
        possible: list[FieldView | card_glances.Offered] = [*card_glances.offered(desk), *_possible_fields(desk)]
        if request.method == 'GET':
            on = _chosen(desk) or [field.key for field in _card_fields(desk)]
            ordered = sorted(possible, key=lambda field: on.index(field.key) if field.key in on else len(on))
            return render_template('web/card_fields.html', entity=desk.entity, fields=ordered, on=on, most=choices.MOST)
        asked = [] if request.form.get('reset') else request.form.getlist('field')
        by_key = {each.key: each.field.ref if isinstance(each, FieldView) else each.key for each in possible}
        refs = [by_key[key] for key in dict.fromkeys(asked) if key in by_key]
        if g.actor.user_id is not None:
            with desk.runtime.database.session() as kept:
                choices.choose(kept, g.actor.user_id, desk.entity.ref, refs, desk.reader.clock.now())
    response = make_response('', 204)
    response.headers['HX-Refresh'] = 'true'
    return response


def chosen_pipeline(desk: Desk) -> PipelineDef:
    """From the address, else the one the person looked at last, else the one with won and lost stages, else the first."""
    pipelines = desk.entity.definition.pipelines
    remembered = session.setdefault('pipelines', {})
    wanted = request.args.get('pipeline') or remembered.get(desk.entity.key)
    found = next((each for each in pipelines if each.key == wanted), None)
    if found is None:
        if request.args.get('pipeline'):
            raise NotFound.of('API-E404', '/pipeline', value=request.args['pipeline'][:60])
        closing = [each for each in pipelines if any(stage.category == 'won' for stage in each.stages)]
        found = (closing or list(pipelines))[0]
    if remembered.get(desk.entity.key) != found.key:
        remembered[desk.entity.key] = found.key
        session.modified = True
    return found


def _query(desk: Desk) -> ListQuery:
    """Filter, search and order exactly as the list reads them, saved view included; places in the list mean nothing here."""
    query = listing.read_query(desk.entity)
    return replace(query, number=1, cursor=None, before=None, from_end=False, deleted=False, size=CARDS, counted=False)


def _context(desk: Desk, pipeline: PipelineDef, query: ListQuery) -> dict[str, Any]:
    entity, locale, opened = desk.entity, desk.presenter.locale, viewing.open_view(desk.entity)
    figures = _figures(desk, [pipeline], query, most=COUNTED_CARDS)
    params = {**{name: value for name, value in request.args.items() if name not in listing.PLACE}, 'view': opened.token}
    path = f'/{entity.key}/board'
    columns, zones = [], []
    cards = _cards(desk, [each for each in pipeline.stages if each.category == 'open'], query)
    for stage in pipeline.stages:
        entry = {**stage_view(stage, locale), 'moves': stage.moves}
        if stage.category == 'open':
            columns.append({**entry, **figures.get(stage.key, LATE), **cards[stage.key]})
        else:
            names = [field.label for field in desk.presenter.fields(entity, stage.requires)]
            zones.append({**entry, 'needs': names, 'gated': stage.gate is not None})
    within = {name: value for name, value in params.items() if value}
    return {
        'entity': entity, 'title': entity.definition.plural_in(locale),
        'singular': in_sentence(entity.definition.label_in(locale)),
        'pipelines': [{'key': each.key, 'label': in_locale(each.label, locale), 'active': each is pipeline,
                       'href': address(path, {**within, 'pipeline': each.key})} for each in entity.definition.pipelines],
        'pipeline_label': in_locale(pipeline.label, locale), 'columns': _grouped(pipeline, columns, locale), 'zones': zones,
        'total': sum(each['count'] for each in columns) if figures else None, **_sums(desk, columns),
        'figures_url': '' if figures else address(path, {**within, 'pipeline': pipeline.key, 'figures': 'late'}),
        'params': params, 'path': path, 'query': query, 'filter_text': opened.filter_text,
        'sorts': sorts(desk, path, params, query), 'view_state': tabs.view_state(desk, opened, params, 'board'),
        'views': [each for each in tabs.view_tabs(desk, opened, path, query) if 'bin=1' not in each['href']],
        'list_url': address(f'/{entity.key}/', {name: within.get(name, '') for name in ('view', 'filter', 'q', 'sort')}),
        'move_query': address('', {name: value for name, value in within.items() if name != 'pipeline'}),
        'chips': filter_chips(desk, query, path, params, emptied=EMPTIED if opened.view else ''),
        'can': {action: desk.reader.policy.scope(action, entity.key) != 'none' for action in ('create', 'import')},
        'can_move': _can_move(desk), 'adds_to': _adds_to(desk),
    }  # fmt: skip


def _grouped(pipeline: PipelineDef, columns: list[dict[str, Any]], locale: str) -> list[dict[str, Any]]:
    """The columns, where they are of several groups each with its group's name as long as it is not the one before's."""
    names = {each.key: in_locale(each.label, locale) for each in pipeline.groups}
    if len({each['group'] for each in columns}) < 2:
        return columns
    before = [None, *(each['group'] for each in columns)]
    return [{**each, 'group_label': names.get(each['group'], '') if each['group'] != last else ''}
            for each, last in zip(columns, before, strict=False)]  # fmt: skip


def _can_move(desk: Desk) -> bool:
    """Whether the person may set the stage of any record."""
    policy, key = desk.reader.policy, desk.entity.key
    return policy.scope('update', key) != 'none' and _stage_field(desk.entity).key in policy.writable(key)


def _adds_to(desk: Desk) -> str:
    """The field by which a new record is given its stage; blank for who may not add any, or not choose."""
    policy, key, stage = desk.reader.policy, desk.entity.key, _stage_field(desk.entity).key
    return stage if policy.scope('create', key) != 'none' and stage in policy.writable(key) else ''


def _sums(desk: Desk, columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What stands in the open stages, and the same weighted by their probability, each currency for itself."""
    amount = _amount(desk)
    if amount is None:
        return {}
    weighted = [
        {code: total * each['probability'] // 100 for code, total in each['totals'].items()} for each in columns
    ]  # fmt: skip
    return {
        'total_text': _money_text(desk, amount, added(*(each['totals'] for each in columns))),
        'weighted_text': _money_text(desk, amount, added(*weighted)),
    }


def _late_figures(desk: Desk, pipeline: PipelineDef, query: ListQuery) -> dict[str, Any]:
    """What columns and the head of a very full board hold, asked for once the page is there: `{total, …_text, stages}`."""
    figures = _figures(desk, [pipeline], query)
    columns = [{**figures[each.key], 'probability': each.probability} for each in pipeline.stages if each.key in figures]
    return {
        'total': sum(each['count'] for each in columns), **_sums(desk, columns),
        'stages': {key: {'count': each['count'], 'total': each['total_text']} for key, each in figures.items()},
    }  # fmt: skip


def _cards(desk: Desk, stages: Sequence[StageDef], query: ListQuery) -> dict[str, dict[str, Any]]:
    """By stage key what `web/board_cards.html` takes: a page of cards of each, one statement for each and one for all names."""
    key, entity = _stage_field(desk.entity).key, desk.entity
    asked = replace(query, columns=_card_columns(desk))
    pages = desk.reader.list_pages(entity.key, [replace(asked, filter=_within(query, key, stage)) for stage in stages])
    records = [record for page in pages for record in page.records]
    changeable = reached(desk, 'update', records) if _can_move(desk) else frozenset()
    said = {name: value for name, value in request.args.items() if name not in {*listing.PLACE, 'stage', 'pipeline'}}
    within, fields = _list_part(entity), _card_fields(desk)
    lines = card_glances.lines(desk, records, _glanced(desk))
    found = {}
    for stage, page in zip(stages, pages, strict=True):
        following = {**said, 'stage': stage.key, 'after': page.next}
        found[stage.key] = {
            'cards': [
                {**_card(desk, record, stage, within, fixed=record.id not in changeable), 'lines': lines.get(record.uid, ())}
                for record in page.records
            ],
            'more_url': address(f'/{entity.key}/board/column', following) if page.next else '', 'card_fields': fields,
            'column_label': in_locale(stage.label, desk.presenter.locale), 'draw': cards_drawn,
        }  # fmt: skip
    return found


def _within(query: ListQuery, key: str, stage: StageDef) -> dict[str, Any]:
    narrowed: dict[str, Any] = {'field': key, 'op': 'eq', 'value': stage.key}
    return {'all': [query.filter, narrowed]} if query.filter else narrowed


def _card_columns(desk: Desk) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(field.key for field in _card_fields(desk)), *_owner(desk), *deciding_columns(desk))))


def _card_answer(desk: Desk, uid: str) -> dict[str, Any]:
    """With the figures of the pipeline it stands in, and of the one on the board, which it may just have left. Raises: NotFound
    REC-E028 when the record is gone or out of reach."""
    stage_field = _stage_field(desk.entity)
    record = desk.reader.get(desk.entity.key, uid, columns=(*_card_columns(desk), stage_field.key))
    if record.deleted_at is not None:
        raise NotFound.of('REC-E028', label=desk.entity.definition.label)
    ref = record.values.get(stage_field.key)
    pipelines = desk.entity.definition.pipelines
    pipeline = next((each for each in pipelines if ref in {stage.ref for stage in each.stages}), pipelines[0])
    stage = next((each for each in pipeline.stages if each.ref == ref), pipeline.stages[0])
    fixed = not moving.may_move(desk, record)
    lines = card_glances.lines(desk, [record], _glanced(desk)).get(record.uid, ())
    shown = {**_card(desk, record, stage, _list_part(desk.entity), fixed=fixed), 'lines': lines}
    drawn = render_template(
        'web/board_cards.html', entity=desk.entity, cards=[shown], more_url='', draw=cards_drawn,
        card_fields=_card_fields(desk),
    )  # fmt: skip
    figures = _figures(desk, [pipeline, chosen_pipeline(desk)], _query(desk))
    return {
        'revision': record.revision,
        'stage': stage.key,
        'label': in_locale(stage.label, desk.presenter.locale),
        'card': drawn,
        'stages': {key: {'count': each['count'], 'total': each['total_text']} for key, each in figures.items()},
    }


def _card(desk: Desk, record: Record, stage: StageDef, within: str, *, fixed: bool) -> dict[str, Any]:
    days = days_in_stage(record, desk.reader.clock.now())
    stale = days is not None and stage.rotting_days is not None and days > stage.rotting_days
    return {
        'uid': record.uid, 'revision': record.revision, 'title': record.title, 'hue': card_hue(record),
        'href': f'/{desk.entity.key}/{record.uid}?{within}', 'values': desk.presenter.record(record),
        'days': days, 'stale': stale, 'fixed': fixed,
    }  # fmt: skip


def _list_part(entity: Entity) -> str:
    """What a card's link says of the list, so that its record's page goes on to the next one there."""
    return urlencode({'in': listing.list_context(viewing.open_view(entity))})


def _chosen(desk: Desk) -> list[str] | None:
    """What the person chose, keys of fields and of glances; None for nothing. Read once in a request."""
    kept: dict[str, list[str] | None] = g.setdefault('card_choices', {})
    if desk.entity.key not in kept:
        refs = choices.chosen(desk.reader.session.connection(), g.actor.user_id, desk.entity.ref)
        known = {field.ref: field.key for field in desk.entity.fields.values()} | {each: each for each in GLANCES}
        kept[desk.entity.key] = [known[ref] for ref in refs if ref in known] if refs is not None else None
    return kept[desk.entity.key]


def _glanced(desk: Desk) -> list[str]:
    """Which glances stand on the cards."""
    return [key for key in _chosen(desk) or () if key in GLANCES]


def _card_fields(desk: Desk) -> list[FieldView]:
    """What the person chose, else what the layout says."""
    chosen = _chosen(desk)
    if chosen is not None:
        fields = desk.presenter.fields(desk.entity, [key for key in chosen if key not in GLANCES])
        return [each for each in fields if each.widget not in NOT_ON_CARDS]
    fields = desk.presenter.fields(desk.entity, desk.layouts.card)
    return [field for field in fields if field.key != 'owner' and field.type_key != 'stage'][:4]


def _possible_fields(desk: Desk) -> list[FieldView]:
    keys = [field.key for field in desk.entity.own_fields if field.key != desk.entity.title.key]
    return [each for each in desk.presenter.fields(desk.entity, [*keys, *SYSTEM_FIELDS]) if each.widget not in NOT_ON_CARDS]


def _owner(desk: Desk) -> tuple[str, ...]:
    return ('owner',) if 'owner' in desk.reader.policy.readable(desk.entity.key) else ()


def _figures(
    desk: Desk, pipelines: Sequence[PipelineDef], query: ListQuery, most: int = 0
) -> Mapping[str, dict[str, Any]]:  # fmt: skip
    """`{stage key: {count, totals, total_text}}` of the open stages, in one statement; what is closed is not looked at. Empty
    where there are more than `most` cards, which one more statement tells: a page does not wait for the sums of so many."""
    stage_field = _stage_field(desk.entity)
    amount = _amount(desk)
    open_stages = [stage for pipeline in pipelines for stage in pipeline.stages if stage.category == 'open']
    within = {'field': stage_field.key, 'op': 'in', 'value': [stage.key for stage in open_stages]}
    narrowed = replace(query, filter={'all': [query.filter, within]} if query.filter else within)
    cards = desk.reader.count(desk.entity.key, narrowed, most) if most else None
    if cards is not None and not cards.exact:
        return {}
    shown = cards is None or cards.value
    groups = desk.reader.groups(desk.entity.key, stage_field.key, narrowed, amount.key if amount else None) if shown else ()
    by_ref: dict[Any, Group] = {group.value: group for group in groups}
    figures = {}
    for stage in open_stages:
        group = by_ref.get(stage.ref, Group(stage.ref, 0))
        figures[stage.key] = {
            'count': group.count, 'totals': group.totals,
            'total_text': _money_text(desk, amount, group.totals) if amount else '',
        }  # fmt: skip
    return figures


def _amount(desk: Desk) -> FieldView | None:
    """The money that columns add up: the first that stands on cards by layout."""
    return next((field for field in desk.presenter.fields(desk.entity, desk.layouts.card) if field.widget == 'money'), None)


def _money_text(desk: Desk, amount: FieldView, totals: Totals) -> str:
    return short_sums(totals, amount.currency, desk.presenter.locale)


def _stage_field(entity: Entity) -> Field:
    if entity.stage is None:
        raise NotFound.of('API-E404', value=f'/{entity.key}/board')
    return entity.stage
