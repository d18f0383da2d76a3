"""Studio's pages wait for their plan, however busy the machine is; who tests the waiting page says so."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('migrations.outlooks.PATIENCE_SECONDS', 60.0)
