"""Worlds, made once and copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hooks.world import World

Worlds = Callable[[str | None], World]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | None, bool], World]:
    """Return worlds, with a clone that has hooks or without, by their history's rule."""
    made: dict[tuple[str | None, bool], World] = {}

    def template(history: str | None, followed: bool) -> World:
        if (history, followed) not in made:
            folder = tmp_path_factory.mktemp("template") / "world"
            folder.mkdir()
            world = World(folder, history)
            if followed:
                world.follow()
            made[history, followed] = world
        return made[history, followed]

    return template


@pytest.fixture
def worlds(templates: Callable[[str | None, bool], World], tmp_path: Path) -> Worlds:
    """Return a world with a clone that has hooks, for a rule of history."""
    return lambda history: templates(history, True).copied(tmp_path / "world")


@pytest.fixture
def world(worlds: Worlds) -> World:
    """A world with a clone that has hooks."""
    return worlds(None)


@pytest.fixture
def bare_world(templates: Callable[[str | None, bool], World], tmp_path: Path) -> World:
    """A world with a server alone."""
    return templates(None, False).copied(tmp_path / "world")
