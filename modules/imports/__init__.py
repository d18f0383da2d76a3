"""Bringing records in from spreadsheets: reading, mapping, rehearsing, writing, reporting. Knows no screen in its services."""
