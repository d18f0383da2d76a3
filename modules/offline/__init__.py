"""Trellis without the network: installable, pages that were seen, saves that wait, drafts. Knows no entity."""
