"""The name of a place, read through a link to it."""

from tests.fieldtypes.samples import PLACE_NAMES, PLACES, Case, Sample

LINK = 'f_through_place'
SAMPLE = Sample(
    keywords={'x-through': {'link': LINK, 'field': 'title'}},
    beside={LINK: {'x-type': 'link', 'x-target': 'place'}},
    cases=tuple(Case(name, sets={LINK: uid}) for name, uid in zip(PLACE_NAMES, PLACES, strict=True)),
    operands={op: [PLACE_NAMES[0], PLACE_NAMES[1]] for op in ('eq', 'ne', 'contains', 'starts_with')}
    | {'in': [[PLACE_NAMES[0]]], 'not_in': [[PLACE_NAMES[0]]]},
)
