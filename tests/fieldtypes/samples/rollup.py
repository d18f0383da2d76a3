"""A sum over records that point here."""

from tests.fieldtypes.samples import Case, Sample

PART = 'specimen_part'


def _parts(*amounts: str) -> list[tuple[str, dict[str, str]]]:
    return [(PART, {'title': amount, 'amount': amount, 'whole': '$uid'}) for amount in amounts]


SAMPLE = Sample(
    keywords={'x-rollup': {'entity': PART, 'field': 'whole', 'function': 'sum', 'of': 'amount'}},
    entities={
        PART: {
            'x-label': {'en': 'Part', 'vi': 'Phần'},
            'properties': {
                'title': {'x-type': 'text'},
                'amount': {'x-type': 'decimal', 'x-scale': 2},
                'whole': {'x-type': 'link', 'x-target': 'specimen'},
            },
        }
    },
    cases=(
        Case('-0.50', others=_parts('-0.5')),
        Case('7.25', others=_parts('4', '3.25')),
        Case('1000.00', others=_parts('1000')),
    ),
    extremes=(Case('9000000000000000.00', others=_parts('9000000000000000')),),
)
