"""Free words."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(
        Case(['Khách quen'], typed='Khách quen', shown='Khách quen'),
        Case(
            ['VIP', 'Đối tác'],
            write=['VIP', 'Đối tác', 'vip', '  đối  TÁC'],
            typed='VIP, Đối tác',
            cell='VIP, Đối tác',
            shown='Đối tác',
        ),
    ),
    extremes=(
        Case(['a' * 60, '50%_', '😀'], typed='a' * 60 + ',50%_;😀'),
        Case([f'n{n}' for n in range(50)], typed=','.join(f'n{n}' for n in range(50))),
    ),
    refused=(
        ('VIP', 'REC-E058'),
        (['a|b'], 'REC-E058'),
        (['a, b'], 'REC-E058'),
        ([' '], 'REC-E058'),
        ([5], 'REC-E058'),
        (['a' * 61], 'REC-E003'),
        ([f'n{n}' for n in range(51)], 'REC-E059'),
    ),
    operands={'has_any': [['vip'], ['KHACH quen', 'doi tac']], 'has_all': [['doi TAC', 'Vip']], 'has_none': [['vip'], ['zz']]},
)
