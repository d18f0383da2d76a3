"""Percentages."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    keywords={'minimum': 0, 'maximum': 100},
    cases=(Case('0.00'), Case('12.50', write='12.5'), Case('100.00')),
    extremes=(Case('0.01'), Case('99.99')),
    refused=(('100.01', 'REC-E006'), ('-1', 'REC-E006')),
)
