"""How Trellis is installed, started, supervised and watched; knows nothing of records."""
