"""The installation's own settings, kept in the database: the company, what people start with, how long things are kept."""
