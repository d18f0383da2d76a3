"""Outgoing mail: rendering, the table of messages, and their way to the mail server."""
