"""Followers, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.channels.following import Follower
from tests.hooks.world import World

Followers = Callable[[str | None], Follower]


@pytest.fixture(scope="session")
def template_worlds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | None], World]:
    """Return worlds by their history's rule."""
    made: dict[str | None, World] = {}

    def template(history: str | None) -> World:
        if history not in made:
            folder = tmp_path_factory.mktemp("template") / "world"
            folder.mkdir()
            made[history] = World(folder, history)
        return made[history]

    return template


@pytest.fixture
def followers(template_worlds: Callable[[str | None], World], tmp_path: Path) -> Followers:
    """Return a follower that has not updated yet, for a rule of history."""
    return lambda history: Follower(template_worlds(history).copied(tmp_path / "world"))


@pytest.fixture
def fresh(followers: Followers) -> Follower:
    """A follower that has not updated yet."""
    return followers(None)


@pytest.fixture
def follower(fresh: Follower) -> Follower:
    """A follower whose pin is at c, in every place."""
    fresh.update(*fresh.everywhere())
    return fresh


@pytest.fixture(autouse=True)
def nobody_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command behind the gate takes this process's place."""

    def run(*_: object) -> None:
        raise AssertionError("a command was run")

    monkeypatch.setattr("os.execvpe", run)
