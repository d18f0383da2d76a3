"""Somebody leaves: their records, tasks and duties are handed over, the account is closed, and all of it can be taken back."""
