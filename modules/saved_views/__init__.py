"""Saved views of lists and boards, columns that a person chose, records lately seen."""
