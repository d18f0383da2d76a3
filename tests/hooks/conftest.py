"""Fixtures of tests/support/works.py."""

from tests.support.works import forbidden, small_works, there, works

__all__ = ['forbidden', 'small_works', 'there', 'works']
