"""`nixauth demo`."""

from nixauth.cli.common import guarded


@guarded
def demo() -> None:
    """Show the main job on a small signed history that comes with the program."""
