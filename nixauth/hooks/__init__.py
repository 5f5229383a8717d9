"""git's hooks: what moves is asked about before it moves, and what was accepted is remembered."""
