"""Lines: a table inside the record, with a text, a number, money and a link in each line."""

from __future__ import annotations

from typing import Any

from tests.fieldtypes.samples import PLACE_NAMES, PLACES, Case, Sample


class AnyUid(str):
    """Equal to whatever uid a line was given."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    __hash__ = str.__hash__


UID = AnyUid('01900000-0000-7000-8000-0000000000b1')
VND = {'currency': 'VND'}


def line(title: str, **parts: Any) -> dict[str, Any]:
    return {'uid': UID, 'title': title, 'quantity': None, 'price': None, 'place': None, **parts}


LINES = {
    'required': ['title'],
    'properties': {
        'title': {'x-type': 'text', 'maxLength': 40},
        'quantity': {'x-type': 'integer', 'minimum': 1},
        'price': {'x-type': 'money', 'x-currency': 'VND'},
        'place': {'x-type': 'link', 'x-target': 'place'},
    },
}
SAMPLE = Sample(
    keywords={'x-lines': LINES},
    cases=(
        Case([line('Bút', quantity=2)], write=[{'title': 'Bút', 'quantity': 2}], shown='Bút', imported=None,
             typed={'': ['', 'n1'], '.n1.title': ['Bút'], '.n1.quantity': ['2']}, cell='Bút · Quantity 2'),
        Case(
            [line('Vở', price={'amount': '12000', **VND}), line('Giấy', place={'uid': PLACES[0], 'label': PLACE_NAMES[0]})],
            write=[{'title': 'Vở', 'price': 12000}, {'title': 'Giấy', 'place': PLACES[0]}],
            typed={'': ['', 'b', 'a'], '.a.title': ['Giấy'], '.a.place': [PLACES[0]], '.b.title': ['Vở'],
                   '.b.price.amount': ['12000'], '.b.price.currency': ['VND']},
            shown='Giấy', imported=None,
        ),
    ),
    extremes=(
        Case([line(f'dòng {number}') for number in range(60)],
             write={'add': [{'title': f'dòng {number}'} for number in range(60)]},
             typed={'': [f'n{number}' for number in range(60)],
                    **{f'.n{number}.title': [f'dòng {number}'] for number in range(60)}},
             imported=None),
    ),
    refused=(('Bút', 'REC-E103'), ({'put': []}, 'REC-E103'), ([{'title': 'x'}] * 501, 'REC-E104')),
)  # fmt: skip
