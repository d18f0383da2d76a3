"""Whole numbers."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case(-7), Case(0), Case(1200, cell='1200')),
    extremes=(Case(2**63 - 1), Case(-(2**63) + 1)),
    refused=(('1.5', 'REC-E011'), (2**63, 'REC-E006'), ('x', 'REC-E005')),
)
