"""How much one API request may carry."""

from __future__ import annotations

LARGEST_BODY_BYTES = 10 * 1024 * 1024
DEEPEST = 32
LONGEST_KEY = 200
BULK_ROWS = 1000
PAGE_SIZE = 20
PATIENCE_SECONDS = 20  # shorter than what proxies grant an answer
