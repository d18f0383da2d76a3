"""One line of text."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    keywords={'maxLength': 200},
    cases=(Case('An Bình'), Case('Đặng Thị Yến'), Case('zebra <b>')),
    extremes=(Case('=1+1'), Case('ă' * 200), Case('😀 x', write='  😀   x ')),
    refused=(('x' * 201, 'REC-E003'), (5, 'REC-E002')),
    operands={'contains': ['THI'], 'starts_with': ['dang t'], 'eq': ['đặng thị yến']},
)
