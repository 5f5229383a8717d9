"""Real trees: our hash and Nix's, of the rde channel from its introduction on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nixauth.nar import nar_hash
from tests.real.corpus import Corpus
from tests.support.nar_trees import git
from tests.support.nix import Nix, nix_home

_EVERY = 300


@pytest.fixture(scope="module")
def nix() -> Iterator[Nix]:
    with nix_home() as found:
        yield found


def test_trees_of_rde(rde: Corpus, nix: Nix, tmp_path: Path) -> None:
    listed = git(rde.path, "rev-list", "--first-parent", rde.target).decode().split()
    chosen = [*listed[::_EVERY], listed[-1]]
    assert len(chosen) > 5
    repository = rde.open()
    for commit in chosen:
        folder = tmp_path / commit
        folder.mkdir()
        tar = git(rde.path, "archive", commit)
        subprocess.run(["tar", "-x", "-C", str(folder)], input=tar, check=True)
        found = nar_hash(repository, repository.resolve(commit))
        assert found.as_archived().sri == nix.hash_path(folder), commit


def test_the_target_by_fetchers(rde: Corpus, nix: Nix, tmp_path: Path) -> None:
    repository = rde.open()
    found = nar_hash(repository, repository.resolve(rde.target))
    assert found.equal
    assert nix.fetch_git(rde.path, rde.target) == found.plain.sri
    assert nix.locked(tmp_path / "flake", rde.path, rde.target) == found.plain.sri
