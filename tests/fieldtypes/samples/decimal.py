"""Exact decimals."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    keywords={'x-scale': 3},
    cases=(Case('-0.125'), Case('0.000', write='0'), Case('1250.500', write='1250.5', cell='1250.500')),
    extremes=(Case('999999999999999.999'), Case('-999999999999999.999')),
    refused=(('1e30', 'REC-E006'), ('x', 'REC-E005')),
)
