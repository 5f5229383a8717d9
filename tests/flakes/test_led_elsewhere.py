"""Locks that lead elsewhere than flake.nix asks: each is refused."""

from __future__ import annotations

import pytest

from tests.flakes.flake_world import NOTHING, FlakeWorld

ELSEWHERE = {
    "other repository": {"type": "git", "url": "https://evil.example/r.git", "rev": "b" * 40},
    "forge": {"type": "github", "owner": "evil", "repo": "r", "rev": "b" * 40},
    "tarball": {"type": "tarball", "url": "https://evil.example/r.tar.gz"},
    "path": {"type": "path", "path": "/tmp/evil"},
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_asked_for_a_channel_and_locked_elsewhere(name: str, flake: FlakeWorld) -> None:
    """flake.nix and `original` name the channel's repository; what is fetched is another's."""
    flake.channel()
    node = flake.node(flake.world.c)
    node["locked"] = {**ELSEWHERE[name], "narHash": NOTHING, "lastModified": 1}
    flake.write({"it": node})
    done = flake.world.box.run("flake", "check", str(flake.lock))
    assert done.code == 1


def test_dir_of_another_flake_in_the_tree(flake: FlakeWorld) -> None:
    """`original` asks for the top; what is locked is a flake in a folder of the tree."""
    flake.channel()
    node = flake.node(flake.world.c)
    node["locked"] = {**node["locked"], "dir": "tests/evil"}
    flake.write({"it": node})
    done = flake.world.box.run("flake", "check", str(flake.lock))
    assert done.code == 1


def test_duplicate_key(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c)
    text = flake.lock.read_text()
    rev = flake.world.c.hex()
    flake.lock.write_text(text.replace(f'"rev": "{rev}"', f'"rev": "{"b" * 40}", "rev": "{rev}"'))
    done = flake.world.box.run("flake", "check", str(flake.lock))
    assert done.code in {1, 3}
