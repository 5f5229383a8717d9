"""With newest-authentic a channel goes as far as somebody vouches, and says what it left."""

from __future__ import annotations

import pytest

from tests.channels.conftest import Followers
from tests.channels.following import Follower


@pytest.fixture
def newest(followers: Followers) -> Follower:
    follower = followers(None)
    follower.configure(newest_authentic="true")
    follower.update(*follower.everywhere())
    return follower


def test_by_default_it_stops(follower: Follower) -> None:
    world = follower.world
    good = world.commit(world.c)
    follower.publish(world.commit(good, signer=None))
    follower.refused("(unsigned)")


def test_newest_authentic_commit(newest: Follower) -> None:
    world = newest.world
    good = world.commit(world.c, signer="bob")
    evil = world.commit(world.commit(good, signer=None), signer="mallory")
    newest.publish(evil)
    done = newest.update(*newest.everywhere())
    assert f"updated to {good.hex()}" in done.out
    assert (
        "left behind, newer and not authentic: 2 commits (1 no-trusted-parent, 1 unsigned)"
        in done.out
    )
    assert newest.at() == good
    found = newest.document()
    assert found["left"] == {"no-trusted-parent": 1, "unsigned": 1}
    assert found["changed"] is False
    newest.goes_on_from(good)


def test_nothing_ahead_of_the_pin(newest: Follower) -> None:
    """The pin is the newest: it stays, and what was left is said."""
    world = newest.world
    state = newest.state()
    newest.publish(world.commit(world.c, signer=None))
    done = newest.update(*newest.everywhere())
    assert f"nothing new: {world.c.hex()}" in done.out
    assert "left behind, newer and not authentic: 1 commit (1 unsigned)" in done.out
    assert newest.state() == state


def test_authentic_commit_behind_the_pin(newest: Follower) -> None:
    """The branch was put on an old commit: nobody goes back to that."""
    world = newest.world
    newest.publish(world.commit(world.b, signer=None))
    newest.refused("(unsigned)")


def test_step_back(newest: Follower) -> None:
    newest.publish(newest.world.b)
    newest.refused("(not-descendant)")


def test_another_branch(newest: Follower) -> None:
    world = newest.world
    newest.publish(world.commit(world.commit(world.b), signer=None))
    newest.refused("(unsigned)")


def test_who_starts_afresh(followers: Followers) -> None:
    follower = followers(None)
    world = follower.world
    follower.configure(newest_authentic="true")
    follower.publish(world.commit(world.c, signer=None))
    assert f"updated to {world.c.hex()}" in follower.update().out


def test_only_first_parents_are_looked_along(newest: Follower) -> None:
    """What was merged from beside is not the branch's line."""
    world = newest.world
    evil = world.commit(world.c, signer=None)
    good = world.commit(world.c, signer="bob")
    newest.publish(world.commit(evil, good, signer="alice"))
    done = newest.update()
    assert f"nothing new: {world.c.hex()}" in done.out


def test_unrelated_history(newest: Follower) -> None:
    newest.publish(newest.world.commit(signer="mallory", people=("mallory",)))
    newest.refused("(not-descendant)")


def test_named_commit_is_not_replaced(newest: Follower) -> None:
    """Who asks for one commit gets that one or none."""
    world = newest.world
    evil = world.commit(world.c, signer=None)
    newest.publish(world.commit(evil))
    before = newest.state()
    done = newest.gate("true", options=["--rev", evil.hex()])
    assert done.code == 121
    assert "(unsigned)" in done.err
    assert newest.state() == before


def test_gate_runs_at_the_newest_authentic(newest: Follower) -> None:
    world = newest.world
    good = world.commit(world.c)
    newest.publish(world.commit(good, signer=None))
    done = newest.gate("sh", "-c", "echo $NIXAUTH_REV")
    assert (done.code, done.out) == (0, f"{good.hex()}\n")
    assert "left behind" in done.err


def test_objects_that_are_missing_are_no_refusal(newest: Follower) -> None:
    """The server lacks a file of who may sign: undecided, not 'go to an older one'."""
    world = newest.world
    made = world.commit(world.c, people=("alice",))
    newest.publish(made)
    blob = world.git("rev-parse", f"{made.hex()}:.authorizations", at=world.server)
    (world.server / "objects" / blob[:2] / blob[2:]).unlink()
    newest.refused("undecided", code=3)
    world.publish({})
    assert f"updated to {made.hex()}" in newest.update().out
