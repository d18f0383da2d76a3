"""Notices: what a person is told in the product, by popup and by mail."""
