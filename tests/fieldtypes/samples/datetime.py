"""Instants."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(
        Case('1999-12-31T17:00:00Z', write='2000-01-01T00:00:00+07:00', typed='2000-01-01T00:00'),
        Case('2026-11-20T03:30:00Z', typed='2026-11-20T10:30'),
    ),
    extremes=(Case('9999-12-30T00:00:00Z', typed='9999-12-30T07:00'),),
    refused=(('2026-13-01T00:00:00Z', 'REC-E012'), ('x', 'REC-E012')),
    operands={'within': [{'last': {'years': 100}}]},
)
