"""Real histories: each archive is unpacked once a session, and asked for by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.corpus import Corpus, unpack


@pytest.fixture(scope="session")
def guix(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """GNU Guix, 2020."""
    return unpack("guix-2020", tmp_path_factory.mktemp("guix"))


@pytest.fixture(scope="session")
def rde(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The rde channel."""
    return unpack("rde", tmp_path_factory.mktemp("rde"))


@pytest.fixture(scope="session")
def nix(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The Nix package manager, 2024."""
    return unpack("nix-2024", tmp_path_factory.mktemp("nix"))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
