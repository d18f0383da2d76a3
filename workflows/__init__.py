"""Workflows: what starts them, what they carry out, and the processes that see to it."""
