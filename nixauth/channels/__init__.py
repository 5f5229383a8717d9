"""Channels: branches of other people's repositories that a machine follows, and gates."""
