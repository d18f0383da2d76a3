"""People."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(
        Case({'uid': 'manager', 'label': 'Trần Quốc Hùng'}, write='manager', shown='Trần Quốc Hùng'),
        Case({'uid': 'rep', 'label': 'Đỗ Hải Long'}, write='rep', cell='Đỗ Hải Long'),
    ),
    refused=(('nobody', 'REC-E027'), (5, 'REC-E025')),
    ordered=False,
)
