"""Contents of files and images: kept apart from the rows that name them, given out only to whoever may read such a row."""
