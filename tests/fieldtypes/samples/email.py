"""E-mail addresses."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case('an@vidu.vn'), Case('yen+crm@vidu.vn')),
    extremes=(Case('hòa@vídụ.vn'),),
    refused=(('an@', 'REC-E007'), ('a' * 250 + '@x.vn', 'REC-E003')),
    operands={'contains': ['VIDU'], 'starts_with': ['an@']},
)
