"""The kinds of plan steps, one file each; `migrations.steps.registry` reads them back from a stored plan."""
