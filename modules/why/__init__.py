"""Why somebody may or may not: trails of reasons in words, and looking through another person's or a role's eyes."""
