"""Postal addresses."""

from typing import Any

from tests.fieldtypes.samples import Case, Sample


def _case(line: str, imported: Any = None, **parts: str) -> Case:
    typed = {f'.{name}': [parts.get(name, '')] for name in ('street', 'ward', 'district', 'province', 'postcode', 'country')}
    return Case(parts, typed=typed, cell=line, shown=line, imported=imported or parts)


SAMPLE = Sample(
    cases=(
        _case(
            '12 Lý Thường Kiệt, Phường Cửa Nam, Hà Nội', street='12 Lý Thường Kiệt', ward='Phường Cửa Nam', province='Hà Nội'
        ),
        _case(
            'Tầng 5, 2 Ngô Đức Kế, P. Bến Nghé, Quận 1, TP. Hồ Chí Minh 70000',
            street='Tầng 5, 2 Ngô Đức Kế',
            ward='P. Bến Nghé',
            district='Quận 1',
            province='TP. Hồ Chí Minh',
            postcode='70000',
        ),
        _case(
            '1 Raffles Place, Singapore 048616, Singapore',
            street='1 Raffles Place',
            province='Singapore',
            postcode='048616',
            country='SG',
        ),
    ),
    extremes=(_case('ư' * 200, street='ư' * 200),),
    refused=(
        ({'street': 'x' * 201}, 'REC-E003'),
        ({'road': 'x'}, 'REC-E055'),
        (5, 'REC-E055'),
        ({'country': 'Atlantis'}, 'REC-E054'),
    ),
    operands={'contains': ['ha noi', 'BEN NGHE'], 'starts_with': ['12 ly']},
)
