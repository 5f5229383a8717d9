"""The only place that knows pygit2: objects, read once and hashed."""
