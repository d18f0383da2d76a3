"""What people do with the timeline of a record: follow it, pin notes, mention each other; how often one was in touch."""
