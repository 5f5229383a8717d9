"""What is authentic and a step forward passes, and own commits may be rewritten."""

from __future__ import annotations

import pytest

from tests.hooks.conftest import Worlds
from tests.hooks.world import KEYRING, MAIN, TRACKING, UNCHECKED, World, certificates


def forward(world: World) -> bytes:
    """Have the server go forward."""
    d = world.commit(world.c, signer="bob")
    world.publish({MAIN: d})
    return d


FETCHES = {
    "fetch": ("fetch", "-q"),
    "fetch --all": ("fetch", "-q", "--all"),
    "fetch --atomic": ("fetch", "-q", "--atomic"),
    "fetch --prune": ("fetch", "-q", "--prune"),
    "fetch of the branch": ("fetch", "-q", "origin", "main"),
    "remote update": ("remote", "update"),
}


@pytest.mark.parametrize("command", FETCHES.values(), ids=FETCHES)
def test_a_fetch(world: World, command: tuple[str, ...]) -> None:
    d = forward(world)
    world.git(*command, at=world.place)
    assert (world.at(TRACKING), world.at(MAIN)) == (d, world.c)
    assert world.accepted() == {TRACKING: d.hex(), MAIN: world.c.hex()}


@pytest.mark.parametrize("how", ["--ff-only", "--no-rebase", "--rebase"])
def test_a_pull(world: World, how: str) -> None:
    d = forward(world)
    world.git("pull", "-q", how, at=world.place)
    assert world.at(TRACKING) == world.at(MAIN) == d
    assert world.accepted() == {TRACKING: d.hex(), MAIN: d.hex()}


def test_a_pull_by_url(world: World) -> None:
    d = forward(world)
    world.git("pull", "-q", "--ff-only", world.url, "main", at=world.place)
    assert world.at(MAIN) == d


def test_an_authentic_merge(worlds: Worlds) -> None:
    """A branch that nobody signed, vouched for by who merges it."""
    world = worlds("trusted-path")
    merge = world.commit(world.c, world.commit(world.b, signer=None), signer="alice")
    world.publish({MAIN: merge})
    world.git("pull", "-q", "--ff-only", at=world.place)
    assert world.at(MAIN) == merge


def test_a_rollback_by_a_commit_that_reverts(world: World) -> None:
    """What to do instead of a force-push is nothing that is refused."""
    d = forward(world)
    e = world.commit(d, people=("alice",))
    f = world.commit(e, people=("alice", "bob"))
    world.publish({MAIN: f})
    world.git("pull", "-q", "--ff-only", at=world.place)
    assert world.at(MAIN) == f


def test_a_newcomer_with_a_new_key_in_the_same_fetch(world: World) -> None:
    """The keys and what they signed come together: the keyring is read where it is going to be."""
    d = world.commit(world.c, people=("alice", "bob", "dora"))
    e = world.commit(d, signer="dora", people=("alice", "bob", "dora"))
    keys = world.maker.keyring(certificates("alice", "bob", "dora"))
    world.publish({MAIN: e, KEYRING: keys})
    world.git("fetch", "-q", "--atomic", "--force", at=world.place)
    assert world.at(TRACKING) == e


def test_pruning_and_packing_pass_and_do_not_reset_the_record(world: World) -> None:
    before = world.record()
    world.git("pack-refs", "--all", "--prune", at=world.place)
    world.git("gc", "-q", at=world.place)
    assert world.record() == before
    world.publish({MAIN: None})
    world.git("fetch", "-q", "--prune", at=world.place)
    world.git("gc", "-q", "--prune=now", at=world.place)
    assert world.at(TRACKING) is None
    assert world.record() == before
    d = forward(world)
    world.git("fetch", "-q", at=world.place)
    world.git("remote", "prune", "origin", at=world.place)
    world.git("pack-refs", "--all", at=world.place)
    assert world.at(TRACKING) == d
    assert world.accepted()[TRACKING] == d.hex()


def test_packing_passes_where_a_ref_is_behind_what_was_accepted(world: World) -> None:
    """It does not move, so nobody is asked."""
    world.git(*UNCHECKED, "update-ref", TRACKING, world.b.hex(), at=world.place)
    world.git("pack-refs", "--all", at=world.place)
    world.git("gc", "-q", at=world.place)
    assert world.at(TRACKING) == world.b


def test_other_branches_and_tags_come_whatever_they_are(world: World) -> None:
    evil = world.commit(world.c, signer=None)
    world.publish({"refs/heads/topic": evil, "refs/tags/v1": evil, "refs/tags/mainly": evil})
    world.git("fetch", "-q", "--tags", at=world.place)
    assert world.at("refs/remotes/origin/topic") == world.at("refs/tags/mainly") == evil
    world.publish({"refs/heads/topic": world.a})
    world.git("fetch", "-q", "--force", "--prune", at=world.place)
    world.git("switch", "-q", "topic", at=world.place)
    world.git("commit", "-q", "--allow-empty", "-m", "not signed", at=world.place)
    world.git("switch", "-q", "main", at=world.place)
    world.git("branch", "-D", "topic", at=world.place)
    world.git("tag", "-d", "v1", "mainly", at=world.place)


def test_the_keyring_may_be_rewritten_and_deleted(world: World) -> None:
    world.publish({KEYRING: world.maker.keyring({})})
    world.git("fetch", "-q", at=world.place)
    world.publish({KEYRING: None})
    world.git("fetch", "-q", "--prune", at=world.place)
    assert world.at("refs/remotes/origin/keyring") is None


def test_a_followed_branch_may_be_deleted_and_made_again(world: World) -> None:
    world.git("switch", "-q", "-c", "aside", at=world.place)
    world.git("branch", "-q", "-D", "main", at=world.place)
    world.git("branch", "main", "origin/main", at=world.place)
    world.git("branch", "-q", "-D", "main", at=world.place)
    world.publish({"refs/heads/evil": world.commit(world.c, signer=None)})
    world.git("fetch", "-q", at=world.place)
    world.refused("unsigned", "branch", "main", "origin/evil")


# --- own commits, which nobody else has ---


@pytest.fixture
def own(world: World) -> World:
    """A world with a clone whose user signs as bob, and has made a commit."""
    world.sign_as("bob")
    world.own_commit("mine")
    return world


def test_an_own_commit(own: World) -> None:
    assert own.at("main~1") == own.c
    assert own.accepted()[MAIN] == own.git("rev-parse", "main", at=own.place)


def test_an_own_commit_without_signature(world: World) -> None:
    """Nothing of it is lost: the message says where it belongs, and it can be made there."""
    (world.place / "file").write_text("mine")
    world.git("add", "file", at=world.place)
    said = world.refused("unsigned", "commit", "-m", "not signed")
    assert "git switch -c NAME" in said
    world.git("switch", "-q", "-c", "topic", at=world.place)
    world.git("commit", "-q", "-m", "not signed", at=world.place)


def test_amending(own: World) -> None:
    first = own.at(MAIN)
    own.own_commit("more", "--amend")
    assert own.at("main~1") == own.c
    assert own.at(MAIN) != first
    own.own_commit("yet", "--amend")
    assert own.at("main~1") == own.c


def test_a_pull_with_rebase(own: World) -> None:
    d = forward(own)
    own.git("pull", "-q", "--rebase", at=own.place)
    assert own.at("main~1") == d == own.at(TRACKING)
    own.own_commit("more")
    own.git("rebase", "-q", "--force-rebase", "origin/main", at=own.place)
    assert own.at("main~2") == d


def test_a_pull_with_a_merge(own: World) -> None:
    d = forward(own)
    own.git("pull", "-q", "--no-rebase", "--no-edit", at=own.place)
    assert own.at("main^2") == d
    own.refused("not-descendant", "reset", "-q", "--hard", "main^1")  # d was there already
    own.git("reset", "-q", "--hard", at=own.place)  # git has set back the files, not the branch
    own.git("rebase", "-q", "origin/main", at=own.place)
    assert own.at("main~1") == d


def test_throwing_own_commits_away(own: World) -> None:
    own.own_commit("more")
    own.git("reset", "-q", "--hard", "HEAD~1", at=own.place)
    own.git("reset", "-q", "--hard", "origin/main", at=own.place)
    assert own.at(MAIN) == own.c


def test_going_behind_what_is_published(own: World) -> None:
    own.refused("not-descendant", "reset", "-q", "--hard", "HEAD~2")
    own.refused("not-descendant", "update-ref", MAIN, own.b.hex())
    beside = own.commit(own.b, signer="bob")
    own.write(own.place)
    own.refused("not-descendant", "update-ref", MAIN, beside.hex())


def test_once_they_are_published_they_stay(own: World) -> None:
    mine = own.at(MAIN)
    own.git("push", "-q", at=own.place)
    assert own.at(TRACKING) == mine == own.at(MAIN, own.server)
    own.refused("not-descendant", "reset", "-q", "--hard", "HEAD~1")
    own.refused("not-descendant", "commit", "-q", "--amend", "--allow-empty", "-m", "x")


def test_what_others_built_on_stays(own: World) -> None:
    """What was published is part of what the server has, though the server is ahead of it."""
    own.git("push", "-q", at=own.place)
    mine = own.at(MAIN)
    assert mine is not None
    own.sign_as("alice")
    own.git("switch", "-q", "-c", "aside", at=own.place)
    more = own.own_commit("more")
    own.git("push", "-q", "origin", "aside:main", at=own.place)
    assert own.at(TRACKING) == more
    own.refused("not-descendant", "update-ref", MAIN, own.c.hex())


def test_a_reset_after_others_were_fetched(own: World) -> None:
    """The local branch may go to what the server has, and not behind where it was before."""
    d = forward(own)
    own.git("fetch", "-q", at=own.place)
    own.refused("not-descendant", "reset", "-q", "--hard", own.b.hex())
    own.git("reset", "-q", "--hard", own.c.hex(), at=own.place)
    own.git("reset", "-q", "--hard", "origin/main", at=own.place)
    own.refused("not-descendant", "reset", "-q", "--hard", own.c.hex())
    assert own.at(MAIN) == d


# --- where only the branch itself is followed ---


def test_a_mirror_follows_its_branches(bare_world: World) -> None:
    world = bare_world
    mirror = world.clone("mirror.git", "--mirror")
    world.nixauth("hook", "install", "--follower", "-C", mirror)
    assert world.git("config", "--get-all", "nixauth-hook.follow", at=mirror) == MAIN
    d = forward(world)
    world.git("remote", "update", at=mirror)
    assert world.at(MAIN, mirror) == d
    for evil, reason in (
        (world.commit(d, signer="mallory"), "unauthorized-key"),
        (world.c, "not-descendant"),
    ):
        world.publish({MAIN: evil})
        done = world.try_git("remote", "update", "--prune", at=mirror)
        assert done.code != 0
        assert f"({reason})" in done.err
        assert world.at(MAIN, mirror) == d


def test_the_remote_tracking_ref_alone(bare_world: World) -> None:
    """Somebody who works on the branch without signing follows only the server."""
    world = bare_world
    world.follow("clone", "--remote-only")
    world.own_commit("not signed")
    forward(world)
    world.git("pull", "-q", "--rebase", at=world.place)
    world.publish({MAIN: world.c})
    world.refused("not-descendant", "fetch")
