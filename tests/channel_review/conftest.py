"""The followers of tests/channels."""

from tests.channels.conftest import follower, followers, fresh, template_worlds

__all__ = ["follower", "followers", "fresh", "template_worlds"]
