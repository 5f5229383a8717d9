"""What a server once kept back is asked for again."""

from __future__ import annotations

from pathlib import Path

from tests.channels.following import Follower


def line(follower: Follower, length: int) -> list[bytes]:
    made = [follower.world.c]
    for _ in range(length):
        made.append(follower.world.commit(made[-1]))
    return made


def test_commits_withheld_once_are_asked_for_again(follower: Follower) -> None:
    """A server leaves out parents in one pack; the good server afterwards has to be of use."""
    commits = line(follower, 4)
    follower.publish(commits[3])
    hook = follower.world.folder / "evil-pack"
    hook.write_text(
        f"#!/bin/sh\ncat >/dev/null\necho {commits[3].hex()} | git pack-objects --stdout\n"
    )
    hook.chmod(0o755)
    settings = follower.world.box.folder / "evil.gitconfig"
    settings.write_text(f"[uploadpack]\n\tpackObjectsHook = {hook}\n\tallowFilter = true\n")
    evil = {"GIT_CONFIG_GLOBAL": str(settings)}
    assert follower.world.box.run("channel", "update", "it", **evil).code != 0
    again = follower.world.box.run("channel", "update", "it")
    follower.publish(commits[4])
    later = follower.world.box.run("channel", "update", "it")
    assert again.code in {0, 3}  # git stumbles over what it took for complete, or it does not
    assert later.code == 0, later.err


def numbered() -> list[Path]:
    return [one for one in Path("/proc").iterdir() if one.name.isdigit() and one.exists()]
