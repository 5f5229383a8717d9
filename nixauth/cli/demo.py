"""`nixauth demo`."""

from __future__ import annotations

import typer

from nixauth.cli.common import REFUSED, emit, guarded, note, wants_colour

EXAMPLES = """\b
Example:
  nixauth demo
"""


@guarded
def demo() -> None:
    """Show the main job on a small signed history that comes with the program.

    It authenticates that history, then has a forged commit, a removed key and a self-authorized
    key refused. It needs no network, no gpg and no configuration, and leaves nothing behind.
    """
    from nixauth.demo import acts  # noqa: PLC0415

    for act in acts(colour=wants_colour()):
        emit(f"# {act.title}\n".replace("\n", "\n# ", act.title.count("\n")))
        emit(f"$ {act.command}\n{act.text}\n")
        if not act.as_expected:
            note("this is not what the demonstration is to show: the installation is broken")
            raise typer.Exit(REFUSED)
    emit("# One was authentic, three were refused, as it should be. Next: README.md.\n")
