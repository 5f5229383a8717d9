"""What is said of work that takes long: how much there is, by an estimate that is honest."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest

from nixauth.cli import progress
from nixauth.cli.progress import Meter
from nixauth.discover import Walk
from nixauth.history.memory import MemoryObjects
from nixauth.model import ObjectId
from tests.support import commits

LENGTH = 6_000


def told(date_of: Callable[[int], int], introduction_date: int) -> list[tuple[int, int]]:
    """Walk a line of commits with these dates; return what the walk said on its way."""
    objects: commits.Objects = {}
    tip = b""
    first = b""
    for number in range(LENGTH):
        raw = commits.commit_content(bytes(20), [tip] if tip else [], date=date_of(number))
        # Something that looks like a signature, so that the walk goes on behind it.
        raw = raw.replace(b"\n\n", b"\ngpgsig x\n\n", 1)
        tip = commits.add(objects, "commit", raw)
        first = first or tip
    walk = Walk(
        MemoryObjects(objects),
        ObjectId(first),
        (),
        lambda _: False,
        introduction_date=introduction_date,
    )
    said: list[tuple[int, int]] = []
    walk.discover(ObjectId(tip), lambda done, everything: said.append((done, everything)))
    return said


def test_the_estimate_is_right_from_the_beginning() -> None:
    said = told(lambda number: 1_000_000 + 60 * number, 1_000_000)
    assert said
    for done, everything in said:
        assert everything == pytest.approx(LENGTH, rel=0.02), done


@pytest.mark.parametrize(
    ("date_of", "introduction_date"),
    [
        (lambda _: 1_000_000, 1_000_000),
        (lambda number: 1_000_000 - number, 2_000_000),
        (lambda number: number * 7919 % 10_007, 0),
        (lambda _: 0, 0),
        (lambda number: 1_000_000 + 60 * number, 1_000_000 + 60 * LENGTH // 2),
    ],
    ids=["all the same", "backwards", "any", "none", "older than the introduction"],
)
def test_dates_that_say_nothing(date_of: Callable[[int], int], introduction_date: int) -> None:
    """Dates are anybody's word: they change what is shown, and nothing else."""
    said = told(date_of, introduction_date)
    assert [done for done, _ in said] == sorted(done for done, _ in said)
    assert all(everything == 0 or everything >= done for done, everything in said)


@pytest.mark.parametrize(
    ("date_of", "introduction_date"),
    [(lambda _: 1_000_000, 1_000_000), (lambda number: 1_000_000 - number, 500_000)],
    ids=["all the same", "backwards"],
)
def test_nothing_is_claimed_where_nothing_is_known(
    date_of: Callable[[int], int], introduction_date: int
) -> None:
    assert {everything for _, everything in told(date_of, introduction_date)} == {0}


def test_the_room_for_contents_is_given_back() -> None:
    objects: commits.Objects = {}
    root = commits.add(objects, "commit", commits.commit_content(bytes(20)))
    raw = commits.commit_content(bytes(20), [root]).replace(b"\n\n", b"\ngpgsig x\n\n", 1)
    tip = ObjectId(commits.add(objects, "commit", raw))
    walk = Walk(MemoryObjects(objects), ObjectId(root), (), lambda _: False)
    room = walk._room
    walk.discover(tip, lambda _done, _all: None)
    assert walk._room == room - len(raw)
    assert walk.kept(tip) == raw
    assert walk.kept(tip) is None
    assert walk._room == room
    assert walk.content(tip) == raw


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_at_most_ten_updates_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(progress.sys, "stderr", Terminal())
    shown: list[tuple[str, int, int]] = []
    with Meter(quiet=False) as meter:
        monkeypatch.setattr(meter, "_show", lambda *what: shown.append(what))
        for step in range(4_000):
            clock[0] = step / 1000
            meter.update("judge", step, 4_000)
    assert 25 <= len(shown) <= 40
    assert shown[0][1] >= 700, "nothing is shown of work that is soon done"


def test_nothing_is_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress.sys, "stderr", screen)
    with Meter(quiet=False) as meter:
        meter._next = 0
        meter.update("judge", 1, 2)
    assert not screen.getvalue()


def test_what_is_shown_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes may yet be forked."""
    screen, before = Terminal(), threading.active_count()
    monkeypatch.setattr(progress.sys, "stderr", screen)
    with Meter(quiet=False) as meter:
        for what, done, everything in (("discover", 10, 0), ("discover", 20, 400), ("judge", 5, 9)):
            meter._next = 0
            meter.update(what, done, everything)
        assert threading.active_count() == before
    shown = screen.getvalue()
    assert "1 of 2: finding commits" in shown
    assert "2 of 2: judging commits" in shown
