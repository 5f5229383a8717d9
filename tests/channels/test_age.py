"""max-age: what is newest is held against the clock, and both are shown."""

from __future__ import annotations

import time

import pytest

from tests.channels.following import Follower
from tests.support import commits

DAY = 86_400
C = commits.EPOCH + 3 * 60
"""When c was made."""


def clock(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setattr(time, "time", lambda: float(seconds))


@pytest.fixture
def aging(fresh: Follower) -> Follower:
    fresh.configure(max_age="7d")
    return fresh


def test_at_the_limit_and_a_second_later(aging: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, C + 7 * DAY + 1)
    done = aging.update(code=1)
    assert "it is authentic, and too old (stale)" in done.out
    assert "committed 2020-09-13 12:29 UTC, the clock says 2020-09-20 12:29 UTC" in done.out
    assert "7.0 days, where 7.0 are allowed" in done.out
    assert aging.at() is None
    clock(monkeypatch, C + 7 * DAY)
    assert "updated to" in aging.update().out
    found = aging.document()
    assert found["age"] == {"committed": C, "now": C + 7 * DAY, "allowed": 7 * DAY}


def test_without_a_limit_any_age_will_do(fresh: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, C + 9000 * DAY)
    assert fresh.document()["age"] is None


def test_stale_changes_nothing(follower: Follower) -> None:
    """By this machine's own clock; the gate too."""
    follower.advance()
    follower.configure(max_age="3d")
    follower.refused("(stale)")
    follower.configure()
    follower.goes_on()


def test_nothing_new_grows_old(aging: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps news from us is noticed, though the pin is what it was."""
    clock(monkeypatch, C + DAY)
    aging.update()
    state = aging.state()
    clock(monkeypatch, C + 8 * DAY)
    found = aging.document(code=1)
    assert (found["verdict"], found["obstacle"], found["pin"]) == ("refused", "stale", None)
    assert found["before"]["lastModified"] == C
    assert aging.state() == state
    aging.advance()
    clock(monkeypatch, C + 2 * DAY)
    aging.update()


@pytest.mark.parametrize("off", [-8 * DAY, -2 * DAY, 1 - C])
def test_clock_far_behind(off: int, aging: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, C + off)
    found = aging.document(code=3)
    assert "made in the future" in found["error"]["message"]
    assert aging.at() is None
    clock(monkeypatch, C)
    aging.update()


def test_clock_a_little_behind(aging: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, C - DAY)
    assert "updated to" in aging.update().out


def test_clock_far_ahead(aging: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, C + 30_000 * DAY)
    assert "(stale)" in aging.update(code=1).out
    clock(monkeypatch, 10**17)
    assert "seconds after 1970" in aging.update(code=1).out


def test_date_that_no_calendar_has(aging: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, C)
    world = aging.world
    world.maker.date = 10**12
    aging.publish(world.commit(world.c))
    found = aging.document(code=3)
    assert "future" in found["error"]["message"]
    aging.configure()
    assert "seconds after 1970" in aging.update().out


def test_newest_authentic_commit_counts_not_the_one_asked_for(
    aging: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision behind the tip is as fresh as the tip is: nothing is kept from us."""
    world = aging.world
    world.maker.date = C + 20 * DAY
    aging.advance()
    clock(monkeypatch, C + 21 * DAY)
    aging.configure(max_age="7d")
    done = aging.box.process("gate", "it", "--rev", world.c.hex(), "--", "true")
    assert done.code == 121  # by the true clock: both are old
    assert "committed 2020-10-03" in done.err


def test_an_unsigned_tip_makes_nothing_young(
    aging: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The date of what nobody vouched for says nothing."""
    world = aging.world
    aging.configure(max_age="7d", newest_authentic="true")
    clock(monkeypatch, C + DAY)
    aging.update()
    world.maker.date = C + 30 * DAY
    aging.publish(world.commit(world.c, signer=None))
    clock(monkeypatch, C + 30 * DAY)
    state = aging.state()
    assert "(stale)" in aging.update(code=1).out
    assert aging.state() == state
