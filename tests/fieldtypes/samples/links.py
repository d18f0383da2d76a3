"""Several links to records of one entity."""

from tests.fieldtypes.samples import PLACE_NAMES, PLACES, Case, Sample

READ = [{'uid': uid, 'label': name} for uid, name in zip(PLACES, PLACE_NAMES, strict=True)]
SAMPLE = Sample(
    keywords={'x-target': 'place'},
    cases=(
        Case(READ[:1], write=[PLACES[0]], shown=PLACE_NAMES[0], cell='Cao Bằng'),
        Case(READ[1:], write=list(PLACES[1:]), shown=PLACE_NAMES[2], cell='Đà Lạt; Huế'),
    ),
    extremes=(Case(READ[::-1], write={'add': list(PLACES[::-1])}, typed={'': ['', *PLACES[::-1]]}),),
    refused=(
        (['01900000-0000-7000-8000-0000000000ff'], 'REC-E027'), (['Huế'], 'REC-E025'), ({'put': []}, 'REC-E100'),
        ({'add': PLACES[0]}, 'REC-E100'),
    ),
    operands={
        'has_any': [[PLACES[0]], list(PLACES)], 'has_all': [list(PLACES[1:])], 'has_none': [[PLACES[0]]],
    },
)  # fmt: skip
