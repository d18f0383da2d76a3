"""Rights: roles, grants, record rules, teams, decisions, and the scoping of reader sessions. Knows no screen and no store."""
