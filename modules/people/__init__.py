"""Users, teams, roles as people see them: accounts, tokens, settings, and FAB's pages in our shell."""
