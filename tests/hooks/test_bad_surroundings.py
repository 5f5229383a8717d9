"""git, its hooks or our program are not as they should be: it is said, and nothing passes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.hooks.world import MAIN, World

AROUND = "git -c core.hooksPath=/dev/null"


@pytest.fixture
def forward(world: World) -> World:
    """A world whose server is a good step ahead of the clone: whatever stops that is bad input."""
    world.publish({MAIN: world.commit(world.c, signer="bob")})
    return world


@pytest.fixture
def cloned(bare_world: World) -> World:
    bare_world.clone()
    return bare_world


def config(world: World, *arguments: str) -> None:
    world.git("config", *arguments, at=world.place)


# --- git, and where it keeps hooks ---


def old_git(world: World, version: str) -> str:
    """Return a PATH with a git of that version."""
    folder = world.folder / "old"
    folder.mkdir()
    real = shutil.which("git")
    (folder / "git").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit 0\nexec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    return f"{folder}:{world.box.environment['PATH']}"


@pytest.mark.parametrize("version", ["git version 2.27.9", "git version 1.9.5.msysgit.0"])
def test_a_git_too_old(cloned: World, version: str) -> None:
    path = old_git(cloned, version)
    done = cloned.nixauth("hook", "install", "-C", cloned.place, code=3, PATH=path)
    assert "has no hook that could stop a fetch" in done.err
    assert "nixauth verify --after" in done.err
    assert not (cloned.place / ".git/hooks/pre-push").exists(), "nothing by halves"
    cloned.nixauth("hook", "install", "--committer", "-C", cloned.place, PATH=path)


@pytest.mark.parametrize("version", ["git version 2.28.0", "git version 3.0.1", "git version 10.0"])
def test_a_git_that_is_not(cloned: World, version: str) -> None:
    path = old_git(cloned, version)
    cloned.nixauth("hook", "install", "-C", cloned.place, PATH=path)


def test_a_git_that_says_nothing(cloned: World) -> None:
    path = old_git(cloned, "hello")
    done = cloned.nixauth("hook", "install", "-C", cloned.place, code=3, PATH=path)
    assert "does not say of which version" in done.err


def test_no_git(cloned: World) -> None:
    done = cloned.nixauth("hook", "install", "-C", cloned.place, code=3, PATH="/nowhere")
    assert "git cannot be run" in done.err


def test_a_directory_of_hooks_that_cannot_be_written(cloned: World) -> None:
    """A file stands in its place."""
    hooks = cloned.place / ".git/hooks"
    shutil.rmtree(hooks)
    hooks.write_text("")
    done = cloned.nixauth("hook", "install", "-C", cloned.place, code=3)
    assert "cannot be" in done.err
    assert str(hooks) in done.err
    assert "nixauth-hook" not in (cloned.place / ".git/config").read_text()


def test_hooks_elsewhere(cloned: World) -> None:
    elsewhere = cloned.folder / "shared"
    config(cloned, "core.hooksPath", str(elsewhere))
    done = cloned.nixauth("hook", "install", "-C", cloned.place, code=2)
    assert f"git looks for hooks in {elsewhere} (core.hooksPath)" in done.err
    assert "--in-hooks-path" in done.err
    assert not elsewhere.exists()
    cloned.nixauth("hook", "install", "--in-hooks-path", "-C", cloned.place / "pkgs")
    cloned.publish({MAIN: cloned.commit(cloned.c, signer=None)})
    cloned.refused("unsigned", "fetch")
    cloned.nixauth("hook", "status", "-C", cloned.place)
    told = cloned.nixauth("hook", "uninstall", "-C", cloned.place).out
    assert "the hooks stay" in told
    assert len(list(elsewhere.iterdir())) == 2
    cloned.nixauth("hook", "uninstall", "--in-hooks-path", "-C", cloned.place)
    assert list(elsewhere.iterdir()) == []


def test_hooks_in_the_work_tree(cloned: World) -> None:
    """There they would be what the history says, and another thing in each work tree."""
    for path in ("shared", str(cloned.place / "deep" / "shared")):
        config(cloned, "core.hooksPath", path)
        arguments = ("hook", "install", "--in-hooks-path", "-C", cloned.place)
        assert "within the work tree" in cloned.nixauth(*arguments, code=2).err


def test_hooks_that_are_switched_off_later(world: World) -> None:
    """core.hooksPath was set since: status says that nothing looks any more."""
    config(world, "core.hooksPath", str(world.folder / "empty"))
    done = world.nixauth("hook", "status", "-C", world.place, code=1)
    assert "fetches are not checked" in done.out


# --- the program ---


@pytest.mark.parametrize("body", [None, "exit 1", "exit 3", "exit 127", "kill -9 $$", "exit 130"])
def test_a_program_that_is_gone_or_fails(forward: World, body: str | None) -> None:
    program = forward.folder / "program"
    if body is not None:
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    forward.with_program(program)
    path = ":".join(
        one
        for one in forward.box.environment["PATH"].split(":")
        if not Path(one, "nixauth").exists()
    )
    before = forward.refs()
    for command in (("fetch",), ("push", "origin", "main:topic")):
        done = forward.try_git(*command, at=forward.place, PATH=path)
        assert done.code != 0
        if body is None:
            assert f"nothing was moved: it is gone from {program}" in done.err
            assert "install nixauth again" in done.err
            assert AROUND in done.err
    assert forward.refs() == before
    forward.git("branch", "topic", at=forward.place, PATH=path)


def test_python_without_the_package(forward: World) -> None:
    before = forward.refs()
    done = forward.try_git("fetch", at=forward.place, PYTHONPATH="", PYTHONHOME="/nowhere")
    assert done.code != 0
    assert forward.refs() == before


# --- the command ---

WRONG = [
    (["--server", "--follower"], "--server stands alone"),
    (["--server", "main"], "--server stands alone"),
    (["--protect", "main"], "belong to --server"),
    (["--report-only"], "belong to --server"),
    (["--in-hooks-path", "nowhere", "--remote-only", "--server"], "--server stands alone"),
]


@pytest.mark.parametrize(("arguments", "why"), WRONG)
def test_options_that_do_not_go_together(cloned: World, arguments: list[str], why: str) -> None:
    done = cloned.nixauth("hook", "install", *arguments, "-C", cloned.place, code=2)
    assert why in done.err


def test_a_bare_repository_wants_a_word(cloned: World) -> None:
    cloned.nixauth("trust", *cloned.introduction, "-C", cloned.server)
    done = cloned.nixauth("hook", "install", "-C", cloned.server, code=2)
    assert "this is a bare repository" in done.err


def test_a_ref_that_is_not_followed_is_not_accepted(world: World) -> None:
    for named in ("topic", "refs/heads/x", ""):
        done = world.nixauth("hook", "accept", named, "-C", world.place, code=2)
        assert "no followed ref" in done.err
