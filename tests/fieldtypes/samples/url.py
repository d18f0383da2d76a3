"""Web addresses."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case('https://a.vn', write='a.vn', shown='a.vn'), Case('https://b.vn/x?y=1&z=2', shown='b.vn/x?y=1&z=2')),
    extremes=(Case('http://c.vn/' + 'd' * 1900),),
    refused=(('javascript:alert(1)', 'REC-E009'), ('ftp://a.vn', 'REC-E009')),
    operands={'contains': ['B.VN'], 'starts_with': ['https://a']},
)
