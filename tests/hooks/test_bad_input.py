"""Whatever cannot be decided stops the operation, and it is said why, and how to go on."""

from __future__ import annotations

import json
import shutil

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


def test_report_only_is_for_servers(world: World) -> None:
    config(world, "nixauth-hook.reportOnly", "true")
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch")


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


def test_what_git_says_is_not_understood(world: World) -> None:
    hook = world.place / ".git/hooks/reference-transaction"
    hook.rename(hook.with_name("inner"))
    hook.write_text('#!/bin/sh\nsed "s/ / x/" | "$(dirname "$0")/inner" "$@"\n')
    hook.chmod(0o755)
    world.publish({MAIN: world.commit(world.c)})
    stopped(world, "unsupported-repository", "does not understand")
