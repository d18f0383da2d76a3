"""Numbers that Trellis gives out."""

import re

from tests.fieldtypes.samples import Case, Sample

GIVEN = re.compile(r'KH-20\d\d-\d{5}')
SAMPLE = Sample(
    keywords={'x-pattern': 'KH-{YYYY}-{00000}'},
    beside={'short_number': {'x-type': 'autonumber', 'x-pattern': 'N-{0}'}},
    cases=(Case(GIVEN), Case(GIVEN)),
    blank=GIVEN,
    operands={
        op: ['KH-2026-00002', 'KH-2026-00003'] for op in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'contains', 'starts_with')
    }
    | {'in': [['KH-2026-00001']], 'not_in': [['KH-2026-00001']], 'between': [['KH-2026-00001', 'KH-2026-00002']]},
)
