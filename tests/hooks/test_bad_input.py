"""Hooks that cannot decide: each stops git, says why, and how to go on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nixauth.hooks.scripts import Hook
from tests.hooks.world import KEYRING, MAIN, TRACKING, World
from tests.unit.cli.places import loose

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


def stopped(world: World, kind: str, *parts: str, command: tuple[str, ...] = ("fetch",)) -> str:
    said = world.refused(kind, *command)
    assert "nixauth: " in said
    assert AROUND in said, "how to go on"
    for part in parts:
        assert part in said
    return said


def config(world: World, *arguments: str) -> None:
    world.git("config", *arguments, at=world.place)


# --- introductions ---


def test_no_introduction_recorded(cloned: World) -> None:
    cloned.nixauth("trust", "forget", "-C", cloned.place)
    for arguments in ([], ["main"], ["--server", "--protect", "main"]):
        done = cloned.nixauth("hook", "install", *arguments, "-C", cloned.place, code=2)
        assert "no introduction is recorded" in done.err
        assert "nixauth trust COMMIT FINGERPRINT" in done.err
    assert not (cloned.place / ".git/hooks/reference-transaction").exists()


def test_an_introduction_forgotten_since(forward: World) -> None:
    forward.nixauth("trust", "forget", "-C", forward.place)
    stopped(forward, "usage", "no introduction is recorded for main", "nixauth hook uninstall")
    forward.nixauth("trust", *forward.introduction, "-C", forward.place)
    forward.git("fetch", "-q", at=forward.place)


def test_nothing_happens_to_branches_without_an_introduction(bare_world: World) -> None:
    world = bare_world
    world.git("clone", "-q", world.url, "clone")
    world.nixauth("trust", *world.introduction, "--branch", "main", "-C", world.place)
    world.nixauth("hook", "install", "-C", world.place)
    world.publish({"refs/heads/topic": world.commit(world.c, signer=None)})
    world.git("fetch", "-q", at=world.place)
    world.git("switch", "-q", "topic", at=world.place)
    world.git("commit", "-q", "--allow-empty", "-m", "not signed", at=world.place)
    world.git("push", "-q", at=world.place)


def test_an_introduction_that_is_not_in_the_repository(forward: World) -> None:
    nowhere = "ab" * 20
    config(forward, "nixauth.introductionCommit", nowhere)
    stopped(forward, "missing-object", f"{nowhere}, is not in this repository")
    done = forward.nixauth("hook", "install", "-C", forward.place, code=3)
    assert "is not in this repository" in done.err


def test_one_that_signed_something_else(forward: World) -> None:
    config(forward, "nixauth.introductionCommit", forward.b.hex())
    config(forward, "nixauth.introductionSigner", "00" * 20)
    forward.refused("wrong-introduction-signer", "fetch")


MALFORMED = [
    ("nixauth.introductionCommit", "abc", "full commit id"),
    ("nixauth.introductionSigner", "0123456789ABCDEF", "fingerprint in full"),
    ("nixauth.introductionComit", "abc", "is no setting of nixauth"),
    ("nixauth.keyring", "keyring", "has to be a ref"),
    ("nixauth.require", "some", "every-commit"),
    ("nixauth.main.keyring", "refs/heads/keyring", "needs nixauth.main.introductionCommit"),
    ("nixauth-hook.folow", "refs/heads/main", "is no setting of nixauth"),
    ("nixauth-hook.sub.follow", "refs/heads/main", "is no setting of nixauth"),
    ("nixauth-hook.reportOnly", "perhaps", "has to be true or false"),
]


@pytest.mark.parametrize(("name", "value", "why"), MALFORMED)
def test_malformed_settings(forward: World, name: str, value: str, why: str) -> None:
    config(forward, name, value)
    stopped(forward, "usage", why)
    said = forward.try_git("push", "origin", "main:topic", at=forward.place)
    if name.startswith("nixauth-hook"):
        assert said.code != 0
        assert why in said.err
        status = forward.nixauth("hook", "status", "-C", forward.place, code=2)
        assert why in status.err


@pytest.mark.parametrize(
    "value", ["main", "", "refs/tags/v1", "HEAD", "refs/heads/", "refs/remotes/"]
)
def test_a_followed_name_that_is_none(forward: World, value: str) -> None:
    """Also where every other name is right, and for refs that are not followed."""
    config(forward, "--add", "nixauth-hook.follow", value)
    stopped(forward, "usage", "has to be a full name")
    done = forward.try_git("branch", "topic", at=forward.place)
    assert done.code != 0
    assert "has to be a full name" in done.err


def test_a_followed_name_without_a_value(forward: World) -> None:
    path = forward.place / ".git/config"
    path.write_text(path.read_text() + "[nixauth-hook]\n\tfollow\n")
    stopped(forward, "usage", "no value")


def test_report_only_twice(forward: World) -> None:
    config(forward, "--add", "nixauth-hook.reportOnly", "true")
    config(forward, "--add", "nixauth-hook.reportOnly", "false")
    stopped(forward, "usage", "once")


def test_a_configuration_that_git_cannot_read(world: World) -> None:
    """git itself says so first."""
    path = world.place / ".git/config"
    path.write_text(path.read_text() + "[nixauth-hook\n")
    assert world.try_git("fetch", at=world.place).code != 0


# --- the record ---

RECORDS = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"not json",
    b'{"schema": 2, "accepted": {}}',
    b'{"schema": 1, "accepted": {}, "more": 1}',
    b'{"schema": 1, "accepted": {"refs/heads/main": {"commit": "abc", "floor": "abc"}}}',
    b'{"schema": 1, "accepted": {"refs/heads/main": {}}}',
    b'{"schema": 1, "accepted": ["refs/heads/main"]}',
    b'{"schema": 1, "accepted": {"refs/heads/main": "commit"}}',
    b'{"schema": 1, "accepted": {"refs/heads/main": 1}}',
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", RECORDS, ids=range(len(RECORDS)))
def test_a_damaged_record(forward: World, content: bytes) -> None:
    path = forward.place / ".git/nixauth/accepted.json"
    path.write_bytes(content)
    stopped(forward, "damaged-record", str(path), "nixauth hook install")
    forward.nixauth("hook", "install", "-C", forward.place, code=3)
    assert path.read_bytes() == content
    path.unlink()  # as the message says
    forward.nixauth("hook", "install", "-C", forward.place)
    forward.git("fetch", "-q", at=forward.place)


def test_half_a_record(forward: World) -> None:
    path = forward.place / ".git/nixauth/accepted.json"
    path.write_bytes(path.read_bytes()[:-40])
    stopped(forward, "damaged-record")
    done = forward.try_git("push", "origin", "main:topic", at=forward.place)
    assert "(damaged-record)" in done.err


def test_a_record_that_is_a_directory(forward: World) -> None:
    path = forward.place / ".git/nixauth/accepted.json"
    path.unlink()
    path.mkdir()
    stopped(forward, "damaged-record")


@pytest.mark.parametrize("left", [True, False], ids=["file", "lock"])
def test_a_record_that_cannot_be_written(forward: World, left: bool) -> None:
    """A file in the directory's place, or a directory in the lock's: git moves nothing."""
    directory = forward.place / ".git/nixauth"
    if left:
        shutil.rmtree(directory)
        directory.write_text("")
        kinds = {"damaged-record", "unwritable-record"}
    else:
        (directory / "lock").unlink()
        (directory / "lock").mkdir()
        kinds = {"unwritable-record"}
    before = forward.refs()
    done = forward.try_git("fetch", at=forward.place)
    assert done.code != 0
    assert any(f"({kind})" in done.err for kind in kinds), done.err
    assert AROUND in done.err
    assert "Traceback" not in done.err
    assert forward.refs() == before


def test_an_accepted_commit_that_is_gone(forward: World) -> None:
    """Nobody can say whether what comes is a step forward from it."""
    path = forward.place / ".git/nixauth/accepted.json"
    document = json.loads(path.read_text())
    document["accepted"][TRACKING] = {"commit": "ab" * 20, "floor": "ab" * 20}
    path.write_text(json.dumps(document))
    before = forward.refs()
    done = forward.try_git("fetch", at=forward.place)
    assert done.code != 0
    assert forward.refs() == before
    told = forward.nixauth(
        "hook", "accept", "--allow-downgrade", TRACKING, forward.c.hex(), "-C", forward.place
    )
    assert told.code == 0
    forward.git("fetch", "-q", at=forward.place)


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


# --- the repository ---


def test_a_keyring_that_is_gone(forward: World) -> None:
    forward.publish({KEYRING: None})
    forward.git("update-ref", "-d", "refs/remotes/origin/keyring", at=forward.place)
    forward.box.run("cache", "clear")
    forward.refused("missing-key", "fetch")
    config(forward, "nixauth.keyring", "refs/heads/keys")
    stopped(forward, "unreadable-keyring", "refs/heads/keys does not exist")


def test_a_damaged_object(forward: World) -> None:
    path = loose(forward.server, forward.at(MAIN, forward.server) or b"")
    git = forward.place / ".git"
    forward.write(forward.place)
    shutil.rmtree(forward.box.cache, ignore_errors=True)
    broken = loose(git, forward.b)
    broken.write_bytes(path.read_bytes())  # another commit's content under this name
    for pack in (git / "objects/pack").glob("*"):
        pack.unlink()
    before = forward.at(MAIN)
    done = forward.try_git("update-ref", MAIN, path.parent.name + path.name, at=forward.place)
    assert done.code != 0
    assert "(corrupt-object)" in done.err
    assert forward.at(MAIN) == before


def test_a_shallow_clone(bare_world: World) -> None:
    world = bare_world
    world.git("clone", "-q", "--depth=1", "--no-single-branch", world.url, "clone")
    world.nixauth("trust", *world.introduction, "-C", world.place, code=3)
    for name, value in zip(("Commit", "Signer"), world.introduction, strict=True):
        config(world, f"nixauth.introduction{name}", value)
    done = world.nixauth("hook", "install", "-C", world.place, code=3)
    assert "git fetch --unshallow" in done.err + done.out
    config(world, "nixauth-hook.follow", TRACKING)
    text = world.nixauth("hook", "script", Hook.REFERENCE_TRANSACTION.value).out
    hook = world.place / ".git/hooks/reference-transaction"
    hook.write_text(text)
    hook.chmod(0o755)
    world.publish({MAIN: world.commit(world.c)})
    stopped(world, "shallow-history", "git fetch --unshallow", command=("fetch", "--depth=1"))
    hook.unlink()
    world.git("fetch", "-q", "--unshallow", at=world.place)
    world.nixauth("hook", "install", "-C", world.place)


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


def test_what_git_says_is_not_understood(world: World) -> None:
    hook = world.place / ".git/hooks/reference-transaction"
    hook.rename(hook.with_name("inner"))
    hook.write_text('#!/bin/sh\nsed "s/ / x/" | "$(dirname "$0")/inner" "$@"\n')
    hook.chmod(0o755)
    world.publish({MAIN: world.commit(world.c)})
    stopped(world, "unsupported-repository", "does not understand")
