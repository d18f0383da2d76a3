"""Calendar days."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case('1990-02-28'), Case('2024-02-29'), Case('2026-11-20')),
    extremes=(Case('0001-01-01'), Case('9999-12-31')),
    refused=(('2023-02-29', 'REC-E010'), ('hôm nay', 'REC-E010')),
    operands={'within': [{'last': {'years': 100}}], 'anniversary_within': [{'this': 'year'}]},
)
