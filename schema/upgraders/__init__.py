"""Formats of definitions: what was written in an older one is read as if it had been written today. Reads no database."""
