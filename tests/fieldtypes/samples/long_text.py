"""Several lines of text."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case('Dòng một\nDòng hai', shown='Dòng một'), Case('một 50%')),
    extremes=(Case('@x\n\n\ty'), Case('ư' * 20_000)),
    refused=(('x' * 20_001, 'REC-E003'), (['x'], 'REC-E002')),
    operands={'contains': ['DÒNG', '50%'], 'starts_with': ['dòng']},
)
