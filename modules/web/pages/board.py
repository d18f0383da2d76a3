"""The board of an entity with stages: columns with counts and sums, cards loaded by column, moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import jsonify, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from modules.records.model import Group, ListQuery, Record
from modules.web.pages import moving
from modules.web.pages.chips import filter_chips
from modules.web.pages.context import Desk, address, deciding_columns, desk_for, filter_document, reached, whole_number
from modules.web.pages.record import days_in_stage
from modules.web.presenting import FieldView, card_hue, short_money, stage_view
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.text import in_sentence
from schema.catalog import Entity, Field
from schema.definitions import PipelineDef, StageDef, in_locale

CARDS = 20


def show(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        if desk.entity.stage is None:
            return redirect(f'/{desk.entity.key}/')
        moving.require_stage(desk)
        pipeline = chosen_pipeline(desk)
        query = ListQuery(filter=filter_document(request.args.get('filter', '')), search=request.args.get('q', '')[:200])
        return render_template('web/board.html', **_context(desk, pipeline, query))


def column(entity: str) -> ResponseReturnValue:
    """More cards of one column."""
    with desk_for(entity) as desk:
        stage = moving.stage_of(desk, moving.asked_stage())
        query = ListQuery(filter=filter_document(request.args.get('filter', '')), search=request.args.get('q', '')[:200])
        number = whole_number('page', 1)
        return render_template('web/board_cards.html', entity=desk.entity, **_cards(desk, stage, query, number))


def move(entity: str, uid: str) -> ResponseReturnValue:
    """A card dropped on a stage. Answers `{revision, text, stages: {key: {count, total}}}`, or a problem with `dialog_url`."""
    with desk_for(entity) as desk:
        stage = moving.stage_of(desk, moving.asked_stage())
        try:
            text, revision = moving.save(desk, uid, stage)
        except (Invalid, Conflict) as error:
            return moving.gate_problem(desk.entity, uid, stage, error)
    with desk_for(entity) as fresh:
        pipeline = next(each for each in fresh.entity.definition.pipelines if stage.ref in {step.ref for step in each.stages})
        figures = _figures(fresh, pipeline, ListQuery())
        return jsonify({
            'revision': revision,
            'text': text,
            'undo': moving.undo_url(fresh.entity.key, uid, revision),
            'stages': {each.key: {'count': figures[each.key]['count'], 'total': figures[each.key]['total_text']}
                       for each in pipeline.stages},
        })  # fmt: skip


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


def _context(desk: Desk, pipeline: PipelineDef, query: ListQuery) -> dict[str, Any]:
    entity, locale = desk.entity, desk.presenter.locale
    figures = _figures(desk, pipeline, query)
    params = {name: value for name, value in request.args.items() if name != 'page'}
    path = f'/{entity.key}/board'
    columns, zones = [], []
    for stage in pipeline.stages:
        entry = {**stage_view(stage, locale), **figures[stage.key]}
        if stage.category == 'open':
            entry.update(_cards(desk, stage, query, 1))
            columns.append(entry)
        else:
            names = [field.label for field in desk.presenter.fields(entity, stage.requires)]
            zones.append({**entry, 'needs': names})
    return {
        'entity': entity, 'title': entity.definition.plural_in(locale),
        'singular': in_sentence(entity.definition.label_in(locale)),
        'pipelines': [{'key': each.key, 'label': in_locale(each.label, locale), 'active': each is pipeline,
                       'href': address(path, {'pipeline': each.key})} for each in entity.definition.pipelines],
        'pipeline_label': in_locale(pipeline.label, locale), 'columns': columns, 'zones': zones,
        'total': sum(each['count'] for each in columns), **_sums(desk, columns),
        'params': params, 'path': path, 'query': query,
        'chips': filter_chips(desk, query, path, params),
        'can': {action: desk.reader.policy.scope(action, entity.key) != 'none' for action in ('create', 'update', 'import')},
    }  # fmt: skip


def _sums(desk: Desk, columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What stands in the open stages, and the same weighted by their probability."""
    amount = next((field for field in _card_fields(desk) if field.widget == 'money'), None)
    if amount is None:
        return {}
    total = sum(each['total'] or 0 for each in columns)
    weighted = sum((each['total'] or 0) * each['probability'] // 100 for each in columns)
    return {'total_text': _money_text(desk, amount, total), 'weighted_text': _money_text(desk, amount, weighted)}


def _cards(desk: Desk, stage: StageDef, query: ListQuery, number: int) -> dict[str, Any]:
    stage_field = _stage_field(desk.entity)
    narrowed: dict[str, Any] = {'field': stage_field.key, 'op': 'eq', 'value': stage.key}
    both = {'all': [query.filter, narrowed]} if query.filter else narrowed
    fields = _card_fields(desk)
    keys = tuple({*(field.key for field in fields), *_owner(desk), *deciding_columns(desk)})
    page = desk.reader.list_page(
        desk.entity.key, ListQuery(filter=both, search=query.search, columns=keys, size=CARDS, number=number, counted=False)
    )
    changeable = reached(desk, 'update', page.records)
    following = {**request.args, 'stage': stage.key, 'page': str(number + 1)}
    return {
        'cards': [_card(desk, record, stage, fields, fixed=record.id not in changeable) for record in page.records],
        'more_url': address(f'/{desk.entity.key}/board/column', following) if page.next else '',
        'card_fields': fields,
    }


def _card(desk: Desk, record: Record, stage: StageDef, fields: Sequence[FieldView], *, fixed: bool) -> dict[str, Any]:
    days = days_in_stage(record, desk.reader.clock.now())
    stale = days is not None and stage.rotting_days is not None and days > stage.rotting_days
    return {
        'uid': record.uid, 'revision': record.revision, 'title': record.title, 'hue': card_hue(record),
        'href': f'/{desk.entity.key}/{record.uid}', 'values': desk.presenter.record(record), 'days': days, 'stale': stale,
        'fixed': fixed,
    }  # fmt: skip


def _card_fields(desk: Desk) -> list[FieldView]:
    fields = desk.presenter.fields(desk.entity, desk.layouts.card)
    return [field for field in fields if field.key != 'owner' and field.type_key != 'stage'][:4]


def _owner(desk: Desk) -> tuple[str, ...]:
    return ('owner',) if 'owner' in desk.reader.policy.readable(desk.entity.key) else ()


def _figures(desk: Desk, pipeline: PipelineDef, query: ListQuery) -> Mapping[str, dict[str, Any]]:
    """`{stage key: {count, total, total_text}}` in two statements at most, whatever the number of cards."""
    stage_field = _stage_field(desk.entity)
    amount = next((field for field in _card_fields(desk) if field.widget == 'money'), None)
    groups = desk.reader.groups(desk.entity.key, stage_field.key, query, total=amount.key if amount else None)
    by_ref: dict[Any, Group] = {group.value: group for group in groups}
    figures = {}
    for stage in pipeline.stages:
        group = by_ref.get(stage.ref)
        total = group.total if group else None
        figures[stage.key] = {
            'count': group.count if group else 0, 'total': total,
            'total_text': _money_text(desk, amount, total) if amount else '',
        }  # fmt: skip
    return figures


def _money_text(desk: Desk, amount: FieldView, total: Any) -> str:
    return short_money(total, amount.currency, desk.presenter.locale) if total else ''


def _stage_field(entity: Entity) -> Field:
    if entity.stage is None:
        raise NotFound.of('API-E404', value=f'/{entity.key}/board')
    return entity.stage
