"""Bulk changes of records as operations: one undoable whole with progress, whose history rows are its inverses."""
