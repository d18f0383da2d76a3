"""Revisions of the product's own tables, in order of their numbers."""
