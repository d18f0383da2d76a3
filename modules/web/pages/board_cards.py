"""The cards of a board's column. Written without a template, as the rows of a list are: a board opens with a hundred cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from modules.web.drawing import Drawing
from modules.web.pages.card_glances import Line
from modules.web.presenting import FieldView, short_text

LINES = 5
"""So many values stand under the title; a sum and a day stand at the foot."""
BLANK: tuple[Any, ...] = (None, '', [])
Display = Callable[[FieldView, Any], Markup]
Card = Mapping[str, Any]


def cards_drawn(
    drawn: Drawing, display: Display, fields: Sequence[FieldView], cards: Sequence[Card], entity_key: str
) -> Markup:  # fmt: skip
    """`cards` as `board.py` makes them, `fields` what stands on them; `display` draws the values that `drawn` does not."""
    move = str(_('Move to another stage')), str(_('Move “%(name)s” to another stage'))
    return Markup('\n'.join(_card(drawn, display, fields, card, f'/{entity_key}/{card["uid"]}', move) for card in cards))


def _card(
    drawn: Drawing, display: Display, fields: Sequence[FieldView], card: Card, path: str, move: tuple[str, str],
) -> str:  # fmt: skip
    values, title = card['values'], escape(card['title'])
    filled = [field for field in fields if values.get(field.key) not in BLANK]
    money = next((field for field in filled if field.widget == 'money'), None)
    tail = next((field for field in filled if field.widget in {'date', 'datetime'}), None)
    rest = [field for field in filled if field is not money and field is not tail][:LINES]

    def shown(field: FieldView) -> Markup:
        simple = drawn.value(field, values[field.key])
        return simple if simple is not None else display(field, values[field.key])

    lines = ''.join(f'<p class="t-2 t-cut">{shown(field)}</p>' for field in rest)
    lines += ''.join(_line(drawn, line) for line in card['lines'])
    total = f'<b class="t-strong">{escape(short_text(values[money.key]))}</b>' if money else ''
    day = f'<span class="t-hint">{escape(short_text(values[tail.key]))}</span>' if tail else ''
    fixed, mover = (' data-fixed', '') if card['fixed'] else ('', _moved(drawn, move, card['title'], path))
    return (
        f'<article class="t-card" tabindex="0" data-uid="{card["uid"]}" data-revision="{card["revision"]}" '
        f'data-label="{title}"{fixed} aria-label="{title}" aria-describedby="board-keys">'
        f'<h3><a href="{escape(card["href"])}" class="text-reset" draggable="false" tabindex="-1">{title}</a></h3>{lines}'
        f'<div class="t-row">{total}{_age(drawn, card)}'
        f'<span class="t-row-end t-row">{day}{_owner(drawn, values.get("owner"))}{mover}</span></div></article>'
    )


def _line(drawn: Drawing, line: Line) -> str:
    """What was last or is next; the whole of it under the pointer."""
    late, text = drawn.tag(_('Late'), 'warn', 'clock') if line.late else '', escape(line.text)
    return f'<p class="t-glance" title="{text}">{drawn.icon(line.icon)}<span class="t-cut">{text}</span>{late}</p>'


def _age(drawn: Drawing, card: Card) -> str:
    """How long it stands in its stage; nothing on its first day."""
    days = card['days']
    if not days and not card['stale']:
        return ''
    said = escape(ngettext('In this stage for %(num)s day', 'In this stage for %(num)s days', days))
    short = escape(_('%(days)s d', days=days))
    if card['stale']:
        return f'<span class="t-tag t-warn" title="{said}">{drawn.icon("clock")}{short}</span>'
    return f'<span class="t-hint" title="{said}">{short}</span>'


def _owner(drawn: Drawing, owner: Any) -> str:
    if not owner or owner.get('hidden'):
        return ''
    return f'<span title="{escape(owner["label"])}">{drawn.avatar(owner["label"], owner["hue"])}</span>'


def _moved(drawn: Drawing, said: tuple[str, str], title: str, path: str) -> str:
    """The button that opens the stages of a card; `said` is what it does, and with whom."""
    short, whole = escape(said[0]), escape(said[1] % {'name': title})
    return (
        f'<button type="button" class="btn btn-quiet btn-square" aria-label="{whole}" title="{short}" '
        f'hx-get="{path}/pipeline?place=board" hx-target="#layer">{drawn.icon("switch-horizontal")}</button>'
    )
