"""How each way out is tried: one file for each family of ways."""
