"""Who gets which record: strategies, saved rules, away states and absences, and the log of who got what and why."""
