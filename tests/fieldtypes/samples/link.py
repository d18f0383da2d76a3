"""A link to a record of one entity."""

from tests.fieldtypes.samples import PLACE_NAMES, PLACES, Case, Sample

SAMPLE = Sample(
    keywords={'x-target': 'place'},
    cases=tuple(
        Case({'uid': uid, 'label': name}, write=uid, shown=name, cell=name)
        for uid, name in zip(PLACES, PLACE_NAMES, strict=True)
    ),
    refused=(('01900000-0000-7000-8000-0000000000ff', 'REC-E027'), ('Huế', 'REC-E025')),
    ordered=False,
)
