"""Nix accepts the lock files that were changed, and fetches the new commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nixauth.pins import npins
from nixauth.pins.flake_lock import locked, read
from nixauth.pins.hashes import Form, digest, written
from nixauth.pins.inputs import InputType
from tests.differential.programs import program, run
from tests.support.nix import Nix, nix_home


@dataclass
class Commit:
    """A commit, as Nix describes it."""

    rev: str
    nar_hash: str
    last_modified: int
    rev_count: int


class Repository:
    """A git repository with a flake in it."""

    def __init__(self, nix: Nix, path: Path, inputs: str = "") -> None:
        self.nix = nix
        self.path = path
        path.mkdir()
        self.git("init", "-q", "-b", "main")
        self.inputs = inputs
        self.flake("1")

    def git(self, *words: object) -> str:
        ran = run([program("git"), "-C", self.path, *words], self.nix.environment, check=True)
        return ran.out.decode().strip()

    def flake(self, value: str) -> Commit:
        """Make a commit whose flake has an output `value`, and return it as Nix sees it."""
        outputs = f'outputs = all: {{ value = "{value}"; all = all; }};'
        (self.path / "flake.nix").write_text(f"{{ {self.inputs} {outputs} }}\n")
        return self.commit()

    def commit(self) -> Commit:
        self.git("add", ".")
        self.git("commit", "-q", "-m", "x", "--allow-empty")
        rev = self.git("rev-parse", "HEAD")
        seconds, count = self.git("log", "-1", "--format=%ct"), self.git("rev-list", "--count", rev)
        return Commit(rev, self.nix.fetch_git(self.path, rev), int(seconds), int(count))

    @property
    def url(self) -> str:
        return f"git+file://{self.path}"


@dataclass
class World:
    """Flakes with inputs of inputs, locked by Nix."""

    nix: Nix
    pkgs: Repository
    source: Repository
    library: Repository
    top: Repository

    @property
    def lock(self) -> Path:
        return self.top.path / "flake.lock"

    def nodes(self) -> Any:
        return json.loads(self.metadata())["locks"]["nodes"]

    def metadata(self) -> bytes:
        words = ["flake", "metadata", "--json", "--no-update-lock-file", f"path:{self.top.path}"]
        return self.nix.run(*words).out

    def value(self, attribute: str) -> str:
        words = ["eval", "--raw", "--no-update-lock-file", f"path:{self.top.path}#{attribute}"]
        return self.nix.run(*words).out.decode()


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with nix_home() as nix:
        folder = nix.folder / "repositories"
        folder.mkdir()
        pkgs = Repository(nix, folder / "pkgs")
        source = Repository(nix, folder / "source")
        (source.path / "flake.nix").unlink()
        (source.path / "text").write_text("first")
        source.commit()
        library = Repository(
            nix,
            folder / "library",
            f'inputs.pkgs.url = "{pkgs.url}"; inputs.own.url = "{pkgs.url}";'
            f' inputs.source = {{ url = "{source.url}?ref=main"; flake = false; }};',
        )
        top = Repository(
            nix,
            folder / "top",
            f'inputs.pkgs.url = "{pkgs.url}?ref=main"; inputs.library.url = "{library.url}";'
            ' inputs.library.inputs.pkgs.follows = "pkgs";'
            ' inputs.alias.follows = "library/source";',
        )
        nix.run("flake", "lock", f"path:{top.path}")
        yield World(nix, pkgs, source, library, top)


@pytest.fixture
def world(made: World) -> Iterator[World]:
    before = made.lock.read_bytes()
    yield made
    made.lock.write_bytes(before)


def test_the_inputs_are_those_that_nix_lists(world: World) -> None:
    found = read(world.lock.read_bytes())
    assert found.problems == ()
    assert found.unreachable == ()
    assert all(one.problems == () and one.type is InputType.GIT for one in found.inputs.values())
    paths = {"/".join(path): one for one in found.inputs.values() for path in one.paths}
    assert sorted(paths) == [
        *("alias", "library", "library/own", "library/pkgs", "library/source", "pkgs")
    ]
    assert paths["pkgs"] is paths["library/pkgs"]
    assert paths["alias"] is paths["library/source"]
    assert not paths["alias"].flake
    assert paths["library/own"].url == f"file://{world.pkgs.path}"
    assert paths["alias"].ref == "main"


@pytest.mark.parametrize("counted", [True, False])
def test_nix_takes_the_new_commit(world: World, counted: bool) -> None:
    before = world.lock.read_bytes()
    new = world.pkgs.flake(f"new {counted}")
    assert world.value("all.pkgs.value") != f"new {counted}"
    after = locked(
        before,
        "pkgs",
        rev=new.rev,
        nar_hash=new.nar_hash,
        last_modified=new.last_modified,
        rev_count=new.rev_count if counted else None,
    )
    world.lock.write_bytes(after)
    assert world.value("all.pkgs.value") == f"new {counted}"
    assert world.value("all.library.all.pkgs.value") == f"new {counted}"
    assert world.value("all.library.all.own.value") == "1"
    assert world.nodes()["pkgs"]["locked"]["rev"] == new.rev
    # Nix sees nothing to be done, and leaves the file as it is.
    world.nix.run("flake", "lock", f"path:{world.top.path}")
    assert world.lock.read_bytes() == after
    # It is what Nix would have written, but for the count where that was not given.
    world.nix.run("flake", "lock", "--update-input", "pkgs", f"path:{world.top.path}")
    updated = json.loads(world.lock.read_bytes())
    if not counted:
        del updated["nodes"]["pkgs"]["locked"]["revCount"]
    assert json.loads(after) == updated


def test_an_input_that_is_no_flake(world: World) -> None:
    (world.source.path / "text").write_text("second")
    new = world.source.commit()
    content = world.lock.read_bytes()
    node = read(content).at("library/source")
    assert node is not None
    after = locked(
        content, node.name, rev=new.rev, nar_hash=new.nar_hash, last_modified=new.last_modified
    )
    world.lock.write_bytes(after)
    flake = f'builtins.getFlake "path:{world.top.path}"'
    expression = f'builtins.readFile (({flake}).all.alias + "/text")'
    assert world.nix.evaluate(expression) == "second"


@pytest.mark.parametrize("version", [5, 6])
def test_older_versions(world: World, version: int) -> None:
    document = json.loads(world.lock.read_bytes())
    document["version"] = version
    for node in document["nodes"].values():
        if version == 5 and "locked" in node:
            fetched = node["locked"]
            node["info"] = {k: fetched.pop(k) for k in ("narHash", "lastModified")}
    new = world.pkgs.flake(f"version {version}")
    after = locked(
        json.dumps(document, indent=2).encode(),
        "pkgs",
        rev=new.rev,
        nar_hash=new.nar_hash,
        last_modified=new.last_modified,
    )
    world.lock.write_bytes(after)
    assert world.value("all.library.all.pkgs.value") == f"version {version}"


def test_nix_refuses_another_hash(world: World) -> None:
    """So a hash that is not that of the commit does no harm."""
    new = world.pkgs.flake("another")
    wrong = f"sha256-{'A' * 43}="
    after = locked(
        world.lock.read_bytes(),
        "pkgs",
        rev=new.rev,
        nar_hash=wrong,
        last_modified=new.last_modified,
    )
    world.lock.write_bytes(after)
    ran = world.nix.run(
        "eval", "--no-update-lock-file", f"path:{world.top.path}#all.pkgs.value", check=False
    )
    assert ran.code != 0
    assert b"NAR hash mismatch" in ran.err


# What the default.nix of npins asks for (mkGitSource), cut down to a plain repository.
FETCH = """
let spec = (builtins.fromJSON (builtins.readFile {file})).pins.it; in
builtins.readFile ((builtins.fetchGit {{
  rev = spec.revision; narHash = spec.hash; url = spec.repository.url; inherit (spec) submodules;
}}).outPath + "/text")
"""


def test_npins(world: World) -> None:
    old = world.source.git("rev-list", "--max-parents=0", "HEAD")
    (world.source.path / "text").write_text("for npins")
    new = world.source.commit()
    repository = {"type": "Git", "url": f"file://{world.source.path}"}
    it = {"type": "Git", "repository": repository, "branch": "main", "submodules": False}
    it |= {"revision": old, "url": None, "hash": world.nix.fetch_git(world.source.path, old)}
    content = json.dumps({"pins": {"it": it}, "version": 7}, indent=2).encode()
    file = world.nix.folder / "sources.json"
    hashes = {"plain": new.nar_hash, "archived": new.nar_hash}
    file.write_bytes(npins.pinned(content, "it", revision=new.rev, **hashes))
    assert world.nix.evaluate(FETCH.format(file=file)) == "for npins"


def test_hashes_in_both_forms(world: World) -> None:
    folder = world.nix.folder / "hashed"
    folder.mkdir()
    (folder / "x").write_text("y")
    value = digest(world.nix.hash_path(folder))
    assert value is not None
    nix32 = world.nix.hash_path(folder, "--base32").removeprefix("sha256:")
    assert written(value, Form.NIX32) == nix32
