"""Worlds with a flake, made once and copied for each test; Nix with a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nixauth.channels import places
from tests.flakes.flake_world import FlakeWorld
from tests.hooks.world import World
from tests.support.nix import Nix, nix_home


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with a server alone: main is a (the introduction), b, c."""
    folder = tmp_path_factory.mktemp("template") / "world"
    folder.mkdir()
    return World(folder)


@pytest.fixture
def flake(template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlakeWorld:
    """A flake beside a server; Nix is not in PATH."""
    monkeypatch.setattr(places, "SYSTEM", tmp_path / "etc" / "channels.yaml")
    made = FlakeWorld(template.copied(tmp_path / "world"))
    made.without_nix()
    return made


@pytest.fixture(scope="session")
def nix() -> Iterator[Nix]:
    """Nix, for all tests one store."""
    with nix_home() as found:
        yield found


@pytest.fixture
def nix_flake(
    nix: Nix, template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FlakeWorld:
    """A flake beside a server, and Nix."""
    monkeypatch.setattr(places, "SYSTEM", tmp_path / "etc" / "channels.yaml")
    made = FlakeWorld(template.copied(tmp_path / "world"))
    own = {name: one for name, one in nix.environment.items() if name.startswith("NIX_")}
    made.world.box.environment.update(own)
    return made
