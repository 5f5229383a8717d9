"""A fresh clone: what hooks from a template or from core.hooksPath do in it, and what nobody does.

git runs `reference-transaction` while it clones, too, once settings and hooks are in place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nixauth.hooks.scripts import Hook
from tests.hooks.world import ATTACKS, MAIN, TRACKING, Attack, Result, World

FIRST = [one for one in ATTACKS if one.reason != "not-descendant" and one.history is None]
"""What can be seen by who has only the introduction."""


def hooks_in(world: World, directory: Path) -> None:
    directory.mkdir(parents=True)
    printed = world.nixauth("hook", "script", Hook.REFERENCE_TRANSACTION.value).out
    path = directory / Hook.REFERENCE_TRANSACTION.value
    path.write_text(printed)
    path.chmod(0o755)


def clone(
    world: World, how: str, *options: str, follow: tuple[str, ...] = (TRACKING, MAIN)
) -> Result:
    """Clone with hooks from a template or a directory, and with settings from the first moment."""
    if how == "template":
        hooks_in(world, world.folder / "template/hooks")
        given = [f"--template={world.folder}/template"]
    else:
        hooks_in(world, world.folder / "hooks")
        given = ["-c", f"core.hooksPath={world.folder}/hooks"]
    commit, signer = world.introduction
    given += ["-c", f"nixauth.introductionCommit={commit}"]
    given += ["-c", f"nixauth.introductionSigner={signer}"]
    for ref in follow:
        given += ["-c", f"nixauth-hook.follow={ref}"]
    return world.try_git("clone", *given, *options, world.url, "clone")


both = pytest.mark.parametrize("how", ["template", "hooksPath"])


@both
@pytest.mark.parametrize("follow", [(TRACKING, MAIN), (MAIN,), (TRACKING,)], ids=len)
def test_a_good_server(bare_world: World, how: str, follow: tuple[str, ...]) -> None:
    world = bare_world
    done = clone(world, how, follow=follow)
    assert done.code == 0, done.err
    assert world.at(MAIN) == world.at(TRACKING) == world.c
    assert (world.place / ".authorizations").exists()
    assert set(world.accepted()) == set(follow), "remembered from the first fetch on"
    if MAIN in follow:
        world.git("-c", "pull.ff=only", "pull", "-q", at=world.place)
    world.publish({MAIN: world.b})
    if TRACKING in follow:
        world.refused("not-descendant", "fetch")


@pytest.mark.parametrize("attack", FIRST, ids=lambda attack: attack.name)
def test_an_evil_server(bare_world: World, attack: Attack) -> None:
    """Nothing is checked out, and git takes the directory away again."""
    world = bare_world
    world.publish({MAIN: attack.make(world)})
    done = clone(world, "template")
    assert done.code != 0
    assert f"({attack.reason})" in done.err
    assert not world.place.exists()


@both
@pytest.mark.parametrize("follow", [(TRACKING, MAIN), (MAIN,), (TRACKING,)], ids=len)
def test_an_evil_server_whatever_is_followed(
    bare_world: World, how: str, follow: tuple[str, ...]
) -> None:
    world = bare_world
    world.publish({MAIN: world.commit(world.c, signer="mallory")})
    done = clone(world, how, follow=follow)
    assert done.code != 0
    assert "(unauthorized-key)" in done.err
    assert not world.place.exists()


@pytest.mark.parametrize(
    "options",
    [("--bare",), ("--mirror",), ("--no-checkout",), ("--single-branch",), ("--no-local",)],
    ids=lambda options: options[0],
)
def test_other_clones_of_an_evil_server(bare_world: World, options: tuple[str, ...]) -> None:
    """With --single-branch the keyring does not come along, and nothing can be decided."""
    world = bare_world
    world.publish({MAIN: world.commit(world.c, signer="mallory")})
    done = clone(world, "template", *options)
    assert done.code != 0
    reason = "missing-key" if "--single-branch" in options else "unauthorized-key"
    assert f"({reason})" in done.err
    assert not world.place.exists()


def test_a_clone_of_a_shallow_history(bare_world: World) -> None:
    done = clone(bare_world, "template", "--depth=1")
    assert done.code != 0
    assert "git fetch --unshallow" in done.err or "--depth" in done.err, done.err
    assert not bare_world.place.exists()


def test_a_clone_with_nobody_that_looks(bare_world: World) -> None:
    """That is what is said where hooks are installed; installing then says it."""
    world = bare_world
    world.publish({MAIN: world.commit(world.c, signer="mallory")})
    world.clone()
    said = world.nixauth("hook", "install", "-C", world.place, code=1).out
    assert "(unauthorized-key)" in said
    assert "nothing was installed" in said
    assert not (world.place / ".git/hooks/reference-transaction").exists()
    assert "nixauth-hook" not in (world.place / ".git/config").read_text()
    world.publish({MAIN: world.c})
    world.git("fetch", "-q", at=world.place)
    world.git("reset", "-q", "--hard", "origin/main", at=world.place)
    assert "not guarded: FETCH_HEAD" in world.nixauth("hook", "install", "-C", world.place).out


def test_hooks_of_a_template_do_nothing_where_nothing_is_followed(bare_world: World) -> None:
    world = bare_world
    hooks_in(world, world.folder / "template/hooks")
    world.publish({MAIN: world.commit(world.c, signer="mallory")})
    world.git("clone", "-q", f"--template={world.folder}/template", world.url, "clone")
    assert world.at(MAIN)
    assert not (world.place / ".git/nixauth").exists()


def test_what_is_fetched_without_a_branch_is_not_guarded(world: World) -> None:
    """FETCH_HEAD: as said at installation."""
    evil = world.commit(world.c, signer="mallory")
    world.publish({"refs/heads/evil": evil})
    world.git("fetch", "-q", "origin", "evil", at=world.place)
    assert world.at("FETCH_HEAD") == evil
    world.git("switch", "-q", "--detach", "FETCH_HEAD", at=world.place)
    world.git("switch", "-q", "main", at=world.place)
    world.refused("unauthorized-key", "merge", "--ff-only", "FETCH_HEAD")
