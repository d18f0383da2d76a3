"""Sharing: people and teams who see or change a record beside what their roles reach. Knows no role and decides no right."""
