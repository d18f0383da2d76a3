"""What was sealed by earlier releases still opens, and nothing else does."""

from __future__ import annotations

import pytest

from schema.base.sealing import NAMED_SECRETS, TWO_STEP, Seal

KEY = 'a key of the tests'
SEALED = {
    NAMED_SECRETS: 'gAAAAABrA0fGAsynEifKdFEaLQVBZP9W2VN5xausrT7pIY-3eg7QtfwRK5exF5GpaidShdFvEU1yieg8Lzwnwb9e-d1mLhfveg==',
    TWO_STEP: 'gAAAAABrA0fGLq4SekoJS5fT2ueHG0NdvMu5fn1t7aY-HBvOkB6cLFmI-w3VJxgbO8vMMqol1Q-GAKQbnwmf8UmqCH1nflgN7g==',
}


@pytest.mark.parametrize('purpose', SEALED)
def test_a_secret_that_an_installation_holds_still_opens(purpose: str) -> None:
    assert Seal(KEY, purpose).open(SEALED[purpose]) == 'bí mật'


def test_what_is_sealed_for_one_purpose_or_key_opens_with_no_other() -> None:
    assert Seal(KEY, TWO_STEP).open(SEALED[NAMED_SECRETS]) is None
    assert Seal('another key', NAMED_SECRETS).open(SEALED[NAMED_SECRETS]) is None
    assert Seal(KEY, TWO_STEP).open(Seal(KEY, TWO_STEP).close('Bí mật')) == 'Bí mật'
