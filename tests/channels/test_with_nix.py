"""Nix itself takes what is written, finds the hash of the pin in it, and notices other content."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.following import Follower
from tests.channels.test_apply import rich_tree
from tests.differential.programs import program, run
from tests.support.nix import Nix, nix_home


@pytest.fixture(scope="module")
def nix() -> Iterator[Nix]:
    with nix_home() as found:
        yield found


@pytest.fixture
def written(fresh: Follower) -> Follower:
    """A follower of a tree with one of each kind of entry, put everywhere."""
    rich_tree(fresh)
    fresh.update(*fresh.everywhere())
    return fresh


def test_hash_of_the_directory(written: Follower, nix: Nix) -> None:
    assert nix.hash_path((written.made / "tree").resolve()) == written.pin()["narHash"]


def test_hash_by_fetch_git(written: Follower, nix: Nix) -> None:
    pin = written.pin()
    expected = pin["archivedNarHash"] if nix.archives() else pin["narHash"]
    assert nix.fetch_git(written.world.server, pin["rev"]) == expected


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tgz", ".tar.xz"])
def test_hash_by_fetch_tarball(ending: str, written: Follower, nix: Nix) -> None:
    file = written.made / f"it{ending}"
    written.update("--tarball", file)
    assert nix.fetch_tarball(file) == written.pin()["narHash"]


def test_tarball_of_other_content_is_noticed(written: Follower, nix: Nix, tmp_path: Path) -> None:
    """By the hash of the pin, as anybody writes it who fetches a tarball."""
    good, pin = written.made / "tree.tar.gz", written.pin()
    evil = written.made / "evil.tar.gz"
    with tarfile.open(good) as tar:
        tar.extractall(tmp_path / "out", filter="fully_trusted")
    (top,) = (tmp_path / "out").iterdir()
    (top / "default.nix").write_text('{ it = "evil"; }\n')
    with tarfile.open(evil, "w:gz") as tar:
        tar.add(top, top.name)

    def fetched(file: Path) -> str:
        where = f'url = "file://{file}"; sha256 = "{pin["narHash"]}";'
        return f"(import (builtins.fetchTarball {{ {where} }})).it"

    assert nix.evaluate(fetched(good)) == "works"
    done = nix.run("eval", "--impure", "--raw", "--expr", fetched(evil), check=False)
    # Nix may say that it has what has this hash already; it never gives the other content.
    assert done.code != 0 or done.out == b"works"
    fresh_store = nix.fetch_tarball(evil)
    assert fresh_store != pin["narHash"]


def test_evaluation_by_nix_path(written: Follower, nix: Nix) -> None:
    environment = nix.environment | {"NIX_PATH": f"it={written.made / 'tree'}"}
    words = [nix.program, "eval", "--impure", "--raw", "--expr", "(import <it>).it"]
    assert run(words, environment, check=True).out == b"works"
    own = {name: value for name, value in environment.items() if name.startswith("NIX_")}
    expression = '(import (builtins.getEnv "NIXAUTH_PATH")).it'
    done = written.gate(*words[:-1], expression, options=["-q"], **own)
    assert (done.code, done.out) == (0, "works"), done.err


def test_nix_channel(written: Follower, nix: Nix) -> None:
    """It takes the tarball in its own way, and has the authentic tree then."""
    file = written.made / "tree.tar.gz"
    environment = nix.environment | {"NIX_PATH": ""}
    nix_channel = program("nix-channel")
    run([nix_channel, "--add", f"file://{file}", "it"], environment, check=True)
    assert run([nix_channel, "--list"], environment).out.decode() == f"it file://{file}\n"
    done = run([nix_channel, "--update"], environment)
    assert done.code == 0, done.err
    place = Path(environment["HOME"]) / ".nix-defexpr/channels/it"
    words = [nix.program, "eval", "--impure", "--raw", "--expr", f"(import {place}).it"]
    assert run(words, environment, check=True).out == b"works"
    assert nix.hash_path(place.resolve()) == written.pin()["narHash"]
