"""Finding records that mean the same: rules, comparers, candidates. Merging them is not done here."""
