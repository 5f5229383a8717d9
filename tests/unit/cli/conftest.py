"""A sandbox, and a repository in it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.places import Maker, Place, Sandbox, certificates


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """Make a folder to run commands in."""
    return Sandbox(tmp_path)


@pytest.fixture
def place(box: Sandbox) -> Place:
    """Make a bare repository: five commits on main, the keys on keyring."""
    maker = Maker()
    made = maker.chain(5)
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": made[-1], "refs/heads/keyring": keys}
    return Place(box, maker, made, maker.write(box.folder / "repository.git", refs))


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back what deals with interrupts."""
    numbers = (signal.SIGINT, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    hook = sys.unraisablehook
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    sys.unraisablehook = hook
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)
