"""Telephone numbers."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(
        Case('+84243825123', write='024 3825 123', typed='024 3825 123'),
        Case('+84912345678', write='0912 345 678', cell='0912 345 678'),
    ),
    extremes=(Case('+14155552671'), Case('+842838221234;ext=12', write='028 3822 1234 #12')),
    refused=(('chưa có', 'REC-E008'), ('12', 'REC-E008')),
    ordered=False,
    operands={'contains': ['345'], 'starts_with': ['0912']},
)
