"""Money in one or another currency."""

from typing import Any

from tests.fieldtypes.samples import Case, Sample


def dong(amount: str, **faces: Any) -> Case:
    return Case({'amount': amount, 'currency': 'VND'}, typed={'.amount': [amount], '.currency': ['VND']}, **faces)


SAMPLE = Sample(
    cases=(dong('-5000'), dong('0'), dong('145000000', cell='145000000')),
    extremes=(
        dong('99999999999999'),
        Case({'amount': '0.01', 'currency': 'USD'}, typed={'.amount': ['0.01'], '.currency': ['USD']}, cell='0.01 USD'),
    ),
    refused=(({'amount': '1', 'currency': 'XXQ'}, 'REC-E023'), ('x', 'REC-E005'), ('1e14', 'REC-E006')),
)
