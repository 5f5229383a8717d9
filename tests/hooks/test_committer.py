"""A push of a followed branch is aborted before anything is sent, and other pushes are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hooks.conftest import Worlds
from tests.hooks.world import ATTACKS, KEYRING, MAIN, TRACKING, UNCHECKED, Attack, World

PUSH = ("push", "-q", "origin", "mine:main")
MINE = "refs/heads/mine"


def prepare(world: World, commit: bytes, ref: str = MINE) -> bytes:
    """Have a commit on a branch of the clone, however it came there."""
    world.publish({ref: commit}, world.place)
    return commit


def refused(world: World, reason: str, *command: object) -> str:
    """Push, which must neither move anything here nor there."""
    before = world.refs(world.server)
    said = world.refused(reason, *command)
    assert world.refs(world.server) == before
    return said


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_not_pushed(worlds: Worlds, attack: Attack) -> None:
    world = worlds(attack.history)
    prepare(world, attack.make(world))
    said = refused(world, attack.reason, "push", "--force", "origin", "mine:main")
    assert f"nixauth: {MAIN} stays where it is\n" in said
    assert "failed to push some refs" in said
    world.git(*UNCHECKED, "push", "-q", "--force", "origin", "mine:main", at=world.place)
    assert world.at(MAIN, world.server) == world.at(MINE), "without the hook it would have been"


def test_a_step_forward_is_pushed(world: World) -> None:
    d = prepare(world, world.commit(world.c))
    world.git(*PUSH, at=world.place)
    assert world.at(MAIN, world.server) == d == world.at(TRACKING)
    assert world.accepted()[TRACKING] == d.hex()


def test_an_own_commit_made_by_git(world: World) -> None:
    world.sign_as("alice")
    mine = world.own_commit("mine")
    world.git("push", "-q", at=world.place)
    assert world.at(MAIN, world.server) == mine


def test_a_push_without_the_check_does_not_make_it_authentic(world: World) -> None:
    """The server has it then, and what this clone knows of the server stays where it was."""
    evil = prepare(world, world.commit(world.c, signer="mallory"))
    world.refused("unauthorized-key", "push", "--no-verify", "origin", "mine:main")
    assert world.at(MAIN, world.server) == evil


def test_deletion(world: World) -> None:
    before = world.refs(world.server)
    for command in (("push", "origin", "--delete", "main"), ("push", "origin", ":main")):
        done = world.try_git(*command, at=world.place)
        assert done.code != 0
        assert f"nixauth: {MAIN} stays where it is\nrefused: it would be deleted\n" in done.err
        assert "git push --no-verify" in done.err
    assert world.refs(world.server) == before


def test_several_branches_at_once(world: World) -> None:
    """One of them evil: nothing at all is sent. All of them good: all are."""
    d = prepare(world, world.commit(world.c), "refs/heads/good")
    prepare(world, world.commit(world.c, signer="mallory"))
    specs = ["good:topic", "mine:main", "good:other"]
    refused(world, "unauthorized-key", "push", "--force", "origin", *specs)
    refused(world, "unauthorized-key", "push", "--atomic", "origin", *specs)
    specs[1] = "good:main"
    world.git("push", "-q", "origin", *specs, at=world.place)
    there = world.refs(world.server)
    assert [there[f"refs/heads/{name}"] for name in ("topic", "main", "other")] == [d.hex()] * 3


def test_all_at_once(world: World) -> None:
    prepare(world, world.commit(world.c, signer=None), MINE)
    world.git("push", "-q", "--all", at=world.place)
    assert world.at(MINE, world.server), "not followed"
    world.publish({MAIN: world.commit(world.c, signer=None)}, world.place)
    refused(world, "unsigned", "push", "--all")
    refused(world, "unsigned", "push", "--mirror")


def test_the_keyring_another_branch_and_tags(world: World) -> None:
    evil = prepare(world, world.commit(world.b, signer=None))
    prepare(world, world.maker.keyring({}), KEYRING)
    world.git("tag", "v1", "mine", at=world.place)
    world.git("push", "-q", "--force", "origin", "keyring", "mine", "v1", at=world.place)
    assert world.at(MINE, world.server) == world.at("refs/tags/v1", world.server) == evil
    assert world.at(KEYRING, world.server) == world.at(KEYRING)
    world.git("push", "-q", "origin", ":mine", ":keyring", ":v1", at=world.place)
    assert list(world.refs(world.server)) == [MAIN]


# --- where to ---


@pytest.fixture
def fork(world: World) -> Path:
    """A fork on the same server, and its remote, which is not followed."""
    world.git("clone", "-q", "--bare", world.url, "fork.git")
    world.git("remote", "add", "fork", f"file://{world.folder}/fork.git", at=world.place)
    return world.folder / "fork.git"


def test_a_fork_that_is_not_followed(world: World, fork: Path) -> None:
    evil = prepare(world, world.commit(world.b, signer=None))
    world.git("push", "-q", "--force", "fork", "mine:main", at=world.place)
    assert world.at(MAIN, fork) == evil
    world.git("push", "-q", "fork", "mine", at=world.place)
    world.git("push", "-q", "fork", ":mine", at=world.place)
    assert world.at(MINE, fork) is None


def test_the_same_place_by_its_url(world: World) -> None:
    prepare(world, world.commit(world.c, signer=None))
    refused(world, "unsigned", "push", world.url, "mine:main")
    prepare(world, world.b)
    refused(world, "not-descendant", "push", "--force", world.url, "mine:main")


def test_the_same_place_by_another_name(world: World) -> None:
    world.git("remote", "add", "again", world.url, at=world.place)
    prepare(world, world.commit(world.c, signer=None))
    refused(world, "unsigned", "push", "again", "mine:main")


def test_the_same_place_by_an_url_that_nobody_knows(world: World) -> None:
    """It may be the one that is followed, under another address."""
    prepare(world, world.commit(world.c, signer=None))
    refused(world, "unsigned", "push", str(world.server), "mine:main")


@pytest.mark.parametrize("key", ["pushurl", "pushInsteadOf"])
def test_another_address_to_push_to(world: World, key: str) -> None:
    """Of a remote that is followed: it is the remote that is asked about."""
    if key == "pushurl":
        world.git("config", "remote.origin.pushurl", str(world.server), at=world.place)
    else:
        name = f"url.{world.server}.pushInsteadOf"
        world.git("config", name, world.url, at=world.place)
    prepare(world, world.commit(world.c, signer=None))
    refused(world, "unsigned", *PUSH)


def test_a_branch_that_is_followed_here_alone_is_followed_wherever_it_goes(
    world: World, fork: Path
) -> None:
    world.git("config", "--unset", "nixauth-hook.follow", "remotes", at=world.place)
    prepare(world, world.commit(world.c, signer=None))
    for remote in ("fork", "origin"):
        refused(world, "unsigned", "push", remote, "mine:main")


# --- by whose word ---


def test_a_rollback_of_the_server_is_not_built_on(world: World) -> None:
    """The server is back at b: what is pushed is forward from that, and not from c, seen before."""
    world.publish({MAIN: world.b})
    prepare(world, world.commit(world.b, signer="bob"))
    refused(world, "not-descendant", *PUSH)


def test_where_the_server_is_is_not_known_here(world: World) -> None:
    prepare(world, world.commit(world.c, signer="bob"))
    world.publish({MAIN: world.commit(world.c)})
    said = refused(world, "missing-object", "push", "--force", "origin", "mine:main")
    assert "Fetch first (git fetch)" in said
    assert "git push --no-verify" in said


def test_what_the_server_has_counts_though_nobody_fetched_it(world: World) -> None:
    d = world.commit(world.c)
    prepare(world, world.commit(world.c, signer="bob"))
    world.publish({MAIN: d})  # its objects came by another branch
    world.write(world.place)
    refused(world, "not-descendant", "push", "--force", "origin", "mine:main")


def test_a_branch_that_is_not_there_yet(world: World) -> None:
    world.publish({MAIN: None})
    prepare(world, world.b)
    refused(world, "not-descendant", *PUSH)  # behind what was accepted
    prepare(world, world.c)
    world.git(*PUSH, at=world.place)


ODD = ["HEAD", "HEAD~0", "@{0}", "main^{commit}", ":/A change", "refs/heads/main"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_of_what_is_pushed(world: World, name: str) -> None:
    """`:/A change` has a space, which stands in what git tells the hook."""
    evil = world.commit(world.c, signer="mallory")
    world.publish({MAIN: evil}, world.place)
    world.git(*UNCHECKED, "reset", "-q", "--hard", at=world.place)
    source = world.git("rev-parse", name, at=world.place)
    assert bytes.fromhex(source) == evil
    name = name if not name.startswith(":") else evil.hex()
    refused(world, "unauthorized-key", "push", "origin", f"{name}:{MAIN}")


def test_a_ref_of_this_name_elsewhere_is_not_the_branch(world: World) -> None:
    evil = prepare(world, world.commit(world.c, signer=None))
    names = ["refs/heads/main2", "refs/heads/x/refs/heads/main", "refs/tags/main"]
    world.git("push", "-q", "origin", *(f"mine:{name}" for name in names), at=world.place)
    assert all(world.at(name, world.server) == evil for name in names)


def test_a_push_with_nothing_to_do(world: World) -> None:
    world.git("push", "origin", "main", at=world.place)


def test_only_a_committer(bare_world: World) -> None:
    """What is fetched is not asked about, what is pushed is."""
    world = bare_world
    world.follow("clone", "--committer")
    evil = world.commit(world.c, signer=None)
    world.publish({MAIN: evil})
    world.git("pull", "-q", at=world.place)
    prepare(world, world.commit(evil))
    refused(world, "unsigned", *PUSH)
