"""Pools of records that nobody owns yet: members claim from them, releases and idle records go back."""
