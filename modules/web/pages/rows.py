"""The rows of a list's table. Written without a template: a page has four hundred cells, and half of its time went into calls
between templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup, escape

from modules.web.drawing import Drawing
from modules.web.presenting import FieldView

STAGED, BESIDE = frozenset({'stage', 'picklist'}), frozenset({'user', 'boolean'})
"""What stands at the end of a line on a phone, and what does not stand under the name there."""
NOT_IN_CELLS = frozenset({'rich_text', 'address', 'link_any', 'file', 'image', 'lines'})
FACES = frozenset({'phone', 'email'})
Row = Mapping[str, Any]
Display = Callable[[FieldView, Any], Markup]


def table_rows(
    drawn: Drawing, display: Display, fields: Sequence[FieldView], rows: Sequence[Row], title: str
) -> Markup:  # fmt: skip
    """`rows` as `listing.show` makes them; `title` is the key of the field that records are called by, `display` draws the
    values that `drawn` does not."""
    cells = [_Cell(field, place) for field, place in zip(fields, _places(fields), strict=True)]
    faces, pick = shows_people(fields), str(_('Pick %(title)s'))
    place = '&amp;place=face' if faces else '&amp;place=pin'

    def shown(cell: _Cell, row: Row) -> Markup:
        value = row['values'].get(cell.key)
        simple = drawn.value(cell.field, value)
        return simple if simple is not None else display(cell.field, value)

    def drawn_row(row: Row) -> str:
        plain, href = escape(row['plain']), escape(row['href'])
        name = escape(row['title']) if cells[0].key == title else shown(cells[0], row)
        face = drawn.avatar(row['title'], row['hue']) if faces else ''
        rest = ''.join(f'{cell.open(plain, editable=row["editable"])}{shown(cell, row)}</td>' for cell in cells[1:])
        return (
            f'<tr data-uid="{row["uid"]}" data-href="{href}" data-peek-url="{plain}/peek">'
            f'<td class="t-check"><input class="form-check-input" type="checkbox" name="uid" value="{row["uid"]}" '
            f'form="picked" data-pick aria-label="{escape(pick % {"title": row["title"]})}"></td>'
            f'{cells[0].open(plain, place, editable=row["editable"])}<span class="t-row">{face}<a href="{href}" '
            f'class="t-strong t-cut text-reset">{name}</a></span></td>{rest}</tr>'
        )

    return Markup('\n'.join(map(drawn_row, rows)))


def shows_people(fields: Sequence[FieldView]) -> bool:
    """Whether the records are people or the like, whose names stand beside a face."""
    return any(field.widget in FACES for field in fields)


class _Cell:
    """A column with what is the same in every row."""

    def __init__(self, field: FieldView, place: str) -> None:
        self.field, self.key = field, field.key
        changeable = field.writable and field.field.writable and field.widget not in NOT_IN_CELLS
        kind = ' class="t-pin"' if place == 'title' else ' class="t-num"' if field.numeric else ''
        self._start = f'<td{kind}' + (f' data-phone="{place}"' if place else '')
        self._edited = f'/cell?field={self.key}' if changeable else ''

    def open(self, plain: str, place: str = '', *, editable: bool) -> str:
        """The cell's opening tag in the row of the record at `plain`; `place` goes along to the editor."""
        edited = f' data-edit-url="{plain}{self._edited}{place}"' if editable and self._edited else ''
        return f'{self._start}{edited}>'


def _places(fields: Sequence[FieldView]) -> Iterator[str]:
    """Where each column stands on a phone."""
    left = {'end', 'sub'}
    for number, field in enumerate(fields):
        place = 'end' if field.widget in STAGED else 'sub' if field.widget not in BESIDE else ''
        yield 'title' if not number else place if place in left else ''
        if number:
            left.discard(place)
