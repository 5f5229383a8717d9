"""Installing, looking at and taking away hooks: what could leave a branch unguarded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hooks.world import World

TRACKING = "refs/remotes/origin/main"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def take_over(world: World) -> bytes:
    evil = world.commit(world.c, signer=None)
    world.publish({"refs/heads/main": evil})
    return evil


@pytest.mark.parametrize("name", ["origin/main", "mian", "a\nb", "a..b"])
def test_a_branch_that_is_not_there_is_not_followed(world: World, name: str) -> None:
    """`hook install origin/main`, as verify takes it: success, and nothing is guarded."""
    clone = world.clone()
    assert world.box.process("hook", "install", name, "-C", clone).code == 2


def test_installing_for_one_branch_leaves_the_others(world: World) -> None:
    """`hook install release` after `hook install main`: main is not followed any more."""
    world.publish({"refs/heads/release": world.c})
    clone = world.follow()
    world.nixauth("hook", "install", "release", "-C", clone)
    take_over(world)
    world.try_git("fetch", at=clone)
    assert world.at(TRACKING, clone) == world.c


def test_remote_only_in_a_mirror_guards_something(world: World) -> None:
    """It follows refs/remotes/origin/main, which a mirror never has."""
    world.git("clone", "-q", "--mirror", world.url, "mirror.git")
    mirror = world.folder / "mirror.git"
    world.nixauth("trust", *world.introduction, "-C", mirror)
    arguments = ("hook", "install", "--follower", "--remote-only", "-C", mirror)
    assert world.box.process(*arguments).code == 2


def test_uninstalling_here_leaves_other_repositories_alone(world: World) -> None:
    """In a shared core.hooksPath the hooks of all repositories go, without a word."""
    settings = world.folder / "gitconfig"
    settings.write_text(f"[core]\n\thooksPath = {world.folder / 'hooks'}\n")
    world.box.environment["GIT_CONFIG_GLOBAL"] = str(settings)
    one, other = world.clone("one"), world.clone("other")
    for clone in (one, other):
        world.nixauth("hook", "install", "--in-hooks-path", "-C", clone)
    world.box.process("hook", "uninstall", "-C", one)
    take_over(world)
    world.try_git("fetch", at=other)
    assert world.at(TRACKING, other) == world.c


def test_a_hooks_path_in_the_work_tree_counts_in_every_work_tree(world: World) -> None:
    """core.hooksPath=.githooks is another directory in each worktree, and history's own."""
    clone = world.clone()
    world.git("config", "core.hooksPath", ".githooks", at=clone)
    done = world.box.process("hook", "install", "--in-hooks-path", "-C", clone)
    world.git("worktree", "add", "-q", "--detach", "../linked", at=clone)
    take_over(world)
    world.try_git("fetch", at=world.folder / "linked")
    assert done.code != 0 or world.at(TRACKING, clone) == world.c


def status(world: World, clone: Path) -> int:
    return world.box.process("hook", "status", "-C", clone).code


def test_status_misses_the_hook_that_stops_fetches(world: World) -> None:
    """pre-push being there is enough for it."""
    clone = world.follow()
    (clone / ".git" / "hooks" / "reference-transaction").unlink()
    assert status(world, clone) == 1


def test_status_tells_of_a_ref_that_is_elsewhere(world: World) -> None:
    """`branch -M` and `symbolic-ref` move branches with no hook (git 2.39); it shows where

    main is, and exits with 0.
    """
    clone = world.follow()
    world.publish({"refs/heads/evil": world.commit(world.c, signer=None)})
    world.git("fetch", "-q", at=clone)
    world.git("branch", "-q", "evil", "origin/evil", at=clone)
    world.git("switch", "-q", "--detach", at=clone)
    world.git("branch", "-M", "evil", "main", at=clone)
    assert world.at("refs/heads/main", clone) != world.c
    assert status(world, clone) == 1


def test_status_tells_of_a_remote_that_has_another_name(world: World) -> None:
    """After `git remote rename` fetches are unguarded (local main still is guarded)."""
    clone = world.follow()
    world.git("remote", "rename", "origin", "upstream", at=clone)
    take_over(world)
    world.try_git("fetch", "upstream", at=clone)
    assert world.at("refs/remotes/upstream/main", clone) == world.c or status(world, clone) == 1


def test_a_failed_install_accepts_nothing(world: World) -> None:
    """ "nothing was installed", but origin/main was recorded as accepted."""
    clone = world.clone()
    evil = world.commit(world.c, signer=None)
    world.write(clone)
    world.git("reset", "-q", "--hard", evil.hex(), at=clone)
    assert world.box.process("hook", "install", "-C", clone).code == 1
    assert not (clone / ".git" / "nixauth" / "accepted.json").exists()


def test_a_remote_that_libgit2_does_not_know_stops_nothing(world: World) -> None:
    """git fetches from other remotes in spite of it; the hook stops them, without a next step."""
    clone = world.follow()
    world.git("config", "remote.a b.url", "x", at=clone)
    world.publish({"refs/heads/main": world.commit(world.c)})
    done = world.try_git("fetch", "origin", "main", at=clone)
    assert done.code == 0 or "next:" in done.err
