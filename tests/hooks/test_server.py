"""A server lets in what is authentic and a step forward, asked while it is in quarantine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nixauth.hooks.scripts import Hook
from tests.hooks.conftest import Worlds
from tests.hooks.world import ATTACKS, KEYRING, MAIN, Attack, World, certificates

MINE = "refs/heads/mine"


def serve(world: World, *options: str) -> World:
    """Have the server ask, and the clone not."""
    world.nixauth("trust", *world.introduction, "-C", world.server)
    world.nixauth("hook", "install", "--server", "-C", world.server, *options)
    world.git("config", "core.hooksPath", "/dev/null", at=world.place)
    return world


@pytest.fixture
def served(world: World) -> World:
    return serve(world)


@contextlib.contextmanager
def daemon(world: World) -> Iterator[str]:
    """Have a daemon of git answer on this machine, and return the server's URL."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr"]
    command += ["--export-all", "--enable=receive-pack", f"--base-path={world.folder}"]
    process = subprocess.Popen(
        [*command, str(world.folder)],
        env=world.box.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}/server.git"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def prepare(world: World, commit: bytes, ref: str = MINE) -> bytes:
    """Have a commit on a branch of the clone."""
    world.publish({ref: commit}, world.place)
    return commit


def objects(repository: Path) -> list[str]:
    """Return the files of objects in a repository; a daemon may be tidying up still."""
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError):
            found = sorted(str(one) for one in (repository / "objects").rglob("*") if one.is_file())
            if not any("tmp_objdir" in one for one in found):
                return found
        time.sleep(0.05)
    raise AssertionError("the daemon does not tidy up")


def refused(world: World, reason: str, *push: str, url: str = "origin") -> str:
    """Push what must not get in: no ref moves, and no object stays."""
    refs, files = world.refs(world.server), objects(world.server)
    done = world.try_git("push", "--force", url, *push, at=world.place)
    assert done.code != 0, done.out + done.err
    assert f"({reason})" in done.err or f"remote: refused: {reason}" in done.err, done.err
    assert "pre-receive hook declined" in done.err
    assert "Traceback" not in done.err
    for _ in range(100):  # a daemon's process takes the quarantine away after it has answered
        if objects(world.server) == files:
            break
        time.sleep(0.05)
    assert (world.refs(world.server), objects(world.server)) == (refs, files)
    return "".join(line.rstrip() + "\n" for line in done.err.splitlines())


def fresh(world: World, commit: bytes) -> bytes:
    """Have a commit in the clone alone: the server sees it only in quarantine."""
    prepare(world, commit)
    return commit


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_does_not_get_in(worlds: Worlds, attack: Attack) -> None:
    world = serve(worlds(attack.history))
    fresh(world, attack.make(world))
    said = refused(world, attack.reason, "mine:main")
    assert f"remote: nixauth: {MAIN} stays where it is\n" in said


@pytest.mark.parametrize("attack", [ATTACKS[0], ATTACKS[1], ATTACKS[4]], ids=lambda a: a.name)
def test_by_a_daemon(served: World, attack: Attack) -> None:
    fresh(served, attack.make(served))
    with daemon(served) as url:
        refused(served, attack.reason, "mine:main", url=url)
        d = fresh(served, served.commit(served.c, signer="bob"))
        served.git("push", "-q", url, "mine:main", at=served.place)
        clone = served.folder / "another"
        served.git("clone", "-q", url, clone)
    assert served.at(MAIN, served.server) == served.at(MAIN, clone) == d


def test_a_step_forward_gets_in(served: World) -> None:
    d = fresh(served, served.commit(served.c, signer="bob"))
    served.git("push", "-q", "origin", "mine:main", at=served.place)
    assert served.at(MAIN, served.server) == d
    served.git("push", "origin", "mine:main", at=served.place)


def test_objects_are_looked_for_in_quarantine(served: World) -> None:
    """As packs, and loose; whoever asks without git's environment does not see them."""
    for limit in ("1", "1000"):
        served.git("config", "receive.unpackLimit", limit, at=served.server)
        tip = fresh(served, served.commit(served.at(MAIN, served.server), signer="bob"))
        served.git("push", "-q", "origin", "mine:main", at=served.place)
        assert served.at(MAIN, served.server) == tip


def test_deletion_is_refused(served: World) -> None:
    refused(served, "it would be deleted", ":main")


def test_several_at_once_all_or_nothing(served: World) -> None:
    fresh(served, served.commit(served.c, signer=None))
    refused(served, "unsigned", "mine:main", "mine:topic")
    served.git("push", "-q", "origin", "mine:topic", "mine:other", at=served.place)
    d = fresh(served, served.commit(served.c))
    served.git("push", "-q", "-f", "origin", "mine:main", "mine:topic", at=served.place)
    assert served.at(MAIN, served.server) == served.at("refs/heads/topic", served.server) == d


def test_a_newcomers_key_in_the_same_push(served: World) -> None:
    """The keys are read where the keyring is going to be, with its objects in quarantine."""
    d = served.commit(served.c, people=("alice", "bob", "dora"))
    fresh(served, served.commit(d, signer="dora", people=("alice", "bob", "dora")))
    refused(served, "missing-key", "mine:main")
    keys = served.maker.keyring(certificates("alice", "bob", "dora"))
    prepare(served, keys, KEYRING)
    served.git("push", "-q", "-f", "origin", "mine:main", "keyring", at=served.place)
    assert served.at(MAIN, served.server) == served.at(MINE)
    assert served.at(KEYRING, served.server) == keys


def test_the_keyring_and_other_branches_and_tags(served: World) -> None:
    evil = fresh(served, served.commit(served.b, signer=None))
    prepare(served, served.maker.keyring({}), KEYRING)
    served.git("tag", "v1", "mine", at=served.place)
    served.git("tag", "main", "mine", at=served.place)
    specs = ["mine", "keyring", "v1", "refs/tags/main", f"mine:refs/heads/x/{MAIN}"]
    served.git("push", "-q", "-f", "origin", *specs, "mine:main2", at=served.place)
    assert served.at("refs/heads/main2", served.server) == evil
    gone = [":mine", ":v1", ":refs/tags/main", ":main2", ":keyring", f":refs/heads/x/{MAIN}"]
    served.git("push", "-q", "origin", *gone, at=served.place)
    assert served.refs(served.server) == {MAIN: served.c.hex()}


# --- which refs ---


def test_patterns(world: World) -> None:
    serve(world, "--protect", "main", "--protect", "release-*", "--protect", "x/*/y")
    evil = fresh(world, world.commit(world.c, signer=None))
    for name in ("main", "release-1", "release-", "release-a/b", "x/1/y", "x/1/2/y"):
        refused(world, "unsigned", f"mine:refs/heads/{name}")
    for name in ("mains", "a-release-1", "release", "x/y", "x/1/y/z", "Release-1"):
        world.git("push", "-q", "-f", "origin", f"mine:refs/heads/{name}", at=world.place)
        assert world.at(f"refs/heads/{name}", world.server) == evil
        world.git("push", "-q", "origin", f":refs/heads/{name}", at=world.place)


def test_a_new_branch_of_a_protected_name(world: World) -> None:
    """It is authentic by the record of the whole repository; then it only goes forward."""
    serve(world, "--protect", "*")
    fresh(world, world.b)
    world.git("push", "-q", "origin", "mine:release", at=world.place)
    refused(world, "it would be deleted", ":release")
    fresh(world, world.a)
    refused(world, "not-descendant", "mine:release")
    prepare(world, world.maker.keyring({}), KEYRING)
    world.git("push", "-q", "-f", "origin", "keyring", at=world.place)


def test_a_pattern_in_another_case_where_the_file_system_knows_none(world: World) -> None:
    serve(world)
    world.git("config", "core.ignoreCase", "true", at=world.server)
    fresh(world, world.commit(world.c, signer=None))
    refused(world, "unsigned", "mine:refs/heads/MAIN")


def test_a_protected_branch_without_a_record(world: World) -> None:
    world.nixauth("trust", *world.introduction, "--branch", "main", "-C", world.server)
    world.nixauth("hook", "install", "--server", "--protect", "*", "-C", world.server)
    fresh(world, world.commit(world.c))
    refused(world, "usage", "mine:topic")
    world.git(
        *("-c", "core.hooksPath=/dev/null"), "push", "-q", "origin", "mine:main", at=world.place
    )


# --- report only ---


@pytest.mark.parametrize("attack", ATTACKS[:6], ids=lambda attack: attack.name)
def test_report_only(worlds: Worlds, attack: Attack) -> None:
    world = serve(worlds(attack.history), "--report-only")
    evil = fresh(world, attack.make(world))
    done = world.try_git("push", "--force", "origin", "mine:main", at=world.place)
    assert done.code == 0, done.err
    assert f"nixauth: {MAIN} would have been refused" in done.err
    assert f"({attack.reason})" in done.err
    assert world.at(MAIN, world.server) == evil


def test_report_only_of_a_deletion(world: World) -> None:
    serve(world, "--report-only", "--protect", "mine")
    fresh(world, world.c)
    world.git("push", "-q", "origin", "mine", at=world.place)
    done = world.try_git("push", "origin", ":mine", at=world.place)
    assert "refused: it would be deleted" in done.err
    assert world.at(MINE, world.server) is None


# --- by whatever environment ---


def test_a_pusher_leads_the_server_nowhere(served: World) -> None:
    """Over file:// the server inherits what the client has set."""
    fresh(served, served.commit(served.c, signer=None))
    other = served.folder / "other.git"
    served.git("clone", "-q", "--bare", served.url, other)
    refs = served.refs(served.server)
    for name in ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG", "GIT_INDEX_FILE"):
        done = served.try_git(
            "push", "-f", "origin", "mine:main", at=served.place, **{name: str(other / "objects")}
        )
        assert done.code != 0, (name, done.err)
        assert served.refs(served.server) == refs


def test_a_push_of_nothing_protected_starts_no_question(served: World) -> None:
    """A server asks once for each push; the clients' part is its filter."""
    program = served.recorder()
    served.with_program(program, Hook.PRE_RECEIVE, at=served.server)
    fresh(served, served.commit(served.c))
    served.git("push", "-q", "origin", "mine:main", "mine:other", at=served.place)
    assert len(served.starts()) == 1
    served.git("config", "--remove-section", "nixauth-hook", at=served.server)
    served.git("push", "-q", "origin", "mine:more", at=served.place)
    assert served.starts() == []


def test_a_damaged_introduction(served: World) -> None:
    """The introduction cannot be read: nothing is decided, and nothing gets in."""
    fresh(served, served.commit(served.c))
    intro = served.server / "objects" / served.a.hex()[:2] / served.a.hex()[2:]
    intro.chmod(0o644)
    intro.write_bytes(b"damaged")
    done = served.try_git("push", "-f", "origin", "mine:main", at=served.place)
    assert done.code != 0
    assert served.at(MAIN, served.server) == served.c
