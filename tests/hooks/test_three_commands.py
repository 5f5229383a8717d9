"""A maintainer sets a repository up in three commands, and who follows it in one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.differential.programs import program
from tests.hooks.world import MAIN, TRACKING, World


@pytest.fixture
def maintainer(tmp_path: Path) -> World:
    """Make somebody who signs commits with an SSH key, in a clone of a server without a commit."""
    world = World(tmp_path)
    world.git("init", "-q", "--bare", "-b", "main", "fresh.git")
    world.git("clone", "-q", f"file://{tmp_path}/fresh.git", "mine")
    world.place = tmp_path / "mine"
    key = tmp_path / "key"
    made = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key]
    subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    settings = {
        "gpg.format": "ssh",
        "user.signingkey": f"{key}.pub",
        "user.name": "Me",
        "user.email": "me@example.org",
    }
    for name, value in settings.items():
        world.git("config", name, value, at=world.place)
    world.git("switch", "-q", "-C", "main", at=world.place)
    return world


def commit(world: World, text: str, *options: str) -> None:
    (world.place / "a").write_text(text)
    world.git("add", "a", at=world.place)
    world.git("commit", "-q", "-m", text, *options, at=world.place)


def test_a_maintainer_and_a_follower(maintainer: World) -> None:
    world, place = maintainer, maintainer.place
    # the three commands
    world.nixauth("init", "-C", place)
    world.git("add", "--", ".authorizations", at=place)
    world.git("commit", "-q", "-S", "-m", "Say who may sign commits", at=place)
    told = world.nixauth("trust", "HEAD", "--hooks", "-C", place).out
    published = told.splitlines()[0]
    assert published.startswith("nixauth trust ")
    assert "installed: reference-transaction, pre-push" in told
    # what is signed goes out, and what is not does not even get onto the branch
    commit(world, "one", "-S")
    world.git("push", "-q", "-u", "origin", "main", at=place)
    (place / "a").write_text("two")
    world.git("add", "a", at=place)
    refused = world.try_git("commit", "-q", "-m", "two", at=place)
    assert refused.code != 0
    assert "(unsigned)" in refused.err
    world.git("reset", "-q", "--hard", at=place)
    # the follower's one, as it was published
    server = world.folder / "fresh.git"
    world.git("clone", "-q", f"file://{server}", "theirs")
    theirs = world.folder / "theirs"
    words = published.removeprefix("nixauth trust ").replace("'", "").split(maxsplit=1)
    world.nixauth("trust", *words, "--hooks", "-C", theirs)
    commit(world, "three", "-S")
    world.git("push", "-q", at=place)
    world.git("pull", "-q", at=theirs)
    assert world.at(MAIN, theirs) == world.at(MAIN, place)
    # somebody takes the server over
    world.git("clone", "-q", f"file://{server}", "evil")
    world.place = world.folder / "evil"
    commit(world, "evil")
    world.git("push", "-q", at=world.place)
    before = world.at(TRACKING, theirs)
    assert "(unsigned)" in world.try_git("pull", at=theirs).err
    assert world.at(TRACKING, theirs) == before
