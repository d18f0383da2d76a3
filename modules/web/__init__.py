"""Page shell, templates, macros and built assets; knows no entity and no business rule."""
