"""Stars."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case(1), Case(3, cell='3'), Case(5)),
    refused=((0, 'REC-E006'), (6, 'REC-E006'), ('2.5', 'REC-E006'), ('x', 'REC-E005')),
)
