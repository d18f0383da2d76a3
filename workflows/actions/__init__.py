"""What a step may do, one file for each action."""
