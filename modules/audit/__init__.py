"""The audit log: its chain of hashes, its words and its page. Entries are written by `schema.base.audit.note`."""
