"""A repository with nothing to do with nixauth yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.places import Sandbox
from tests.unit.keys.repositories import Checkout


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """Make a folder to run commands in."""
    return Sandbox(tmp_path)


@pytest.fixture
def checkout(box: Sandbox) -> Checkout:
    """Make a repository with a work tree, one commit, and local changes of every kind."""
    return Checkout.make(box)
