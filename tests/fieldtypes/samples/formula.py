"""A number computed from two others."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    keywords={'x-result': 'decimal', 'x-scale': 2, 'x-formula': 'f_formula_count * f_formula_price / 3'},
    beside={'f_formula_count': {'x-type': 'integer'}, 'f_formula_price': {'x-type': 'decimal', 'x-scale': 2}},
    cases=(
        Case('-1.00', sets={'f_formula_count': -1, 'f_formula_price': '3'}),
        Case('0.83', cell='0.83', sets={'f_formula_count': 1, 'f_formula_price': '2.50'}),
        Case('1250.00', sets={'f_formula_count': 3, 'f_formula_price': '1250'}),
    ),
    extremes=(Case('333333333333.00', sets={'f_formula_count': 999999999999, 'f_formula_price': '1'}),),
)
