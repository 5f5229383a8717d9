"""What is asked of git and of servers: a few batches, whatever there is to bring."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.channels.following import Follower, answering, http_backend, logged, wrapped_git
from tests.hooks.world import KEYRING, MAIN, World, listing
from tests.support import commits, openpgp

WARNING = "leaves nothing out"
READERS = {"cat-file", "log", "show", "rev-list", "ls-tree", "archive", "rev-parse", "diff"}


def large(world: World, *, length: int = 50, files: int = 200, after: bytes = b"") -> bytes:
    """Make a line of commits, each with another file of who may sign, the last with many files."""
    objects = world.maker.objects
    tip = after or world.c
    for number in range(length):
        people = listing({name: [name] for name in ("alice", "bob")}) + b"# %d\n" % number
        made = {".authorizations": ("100644", commits.add(objects, "blob", people + after))}
        for one in range(files):
            blob = commits.add(objects, "blob", b"%d %d" % (one, number * (one == number)))
            made[f"d{one % 7}/e{one % 3}/f{one}"] = ("100644", blob)
        tree = commits.add_tree(objects, made)
        raw = commits.commit_content(tree, [tip], date=commits.EPOCH + 9000 + number)
        tip = commits.add(objects, "commit", commits.signed_by(raw, openpgp.key("alice").sign))
    return tip


def blobs_here(follower: Follower) -> set[str]:
    mirror = follower.place / "repository.git"
    out = follower.world.git(
        "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)", at=mirror
    )
    return {line.split()[1] for line in out.splitlines() if line.startswith("blob")}


def test_number_of_fetches_does_not_grow(fresh: Follower, tmp_path: Path) -> None:
    """Fifty files of who may sign and two hundred others come in no more fetches than one of each.

    And nothing is read by a git command, which would fetch what is missing one by one.
    """
    path, log = wrapped_git(tmp_path / "bin")
    fresh.update(PATH=path)
    small = [words[0] for words in logged(log)]
    log.unlink()
    tip = large(fresh.world)
    fresh.publish(tip)
    fresh.world.git("repack", "-adq", at=fresh.world.server)
    done = fresh.update(PATH=path)
    assert f"updated to {tip.hex()}" in done.out
    many = [words[0] for words in logged(log)]
    # Branch; files of who may sign; the trees below the root, and the files.
    assert many.count("fetch") == 4
    assert many.count("ls-remote") == 1
    assert set(small) <= {"--version", "init", "ls-remote", "fetch"}
    assert set(many) <= {"--version", "ls-remote", "fetch"}
    assert small.count("fetch") <= 7
    assert not READERS & {*small, *many}


def test_nothing_new_fetches_nothing(follower: Follower, tmp_path: Path) -> None:
    path, log = wrapped_git(tmp_path / "bin")
    follower.update(PATH=path)
    assert [words[0] for words in logged(log)] == ["--version", "ls-remote"]


def test_what_is_not_read_is_not_brought(follower: Follower) -> None:
    """Of fifty commits' files, those of the tip and the files of who may sign."""
    world = follower.world
    tip = large(world)
    world.publish({MAIN: tip})
    done = follower.update()
    assert WARNING not in done.out
    here = blobs_here(follower)
    everything = {oid.hex() for oid, (kind, _) in world.maker.objects.items() if kind == "blob"}
    left_out = everything - here
    lists = {
        oid.hex()
        for oid, (kind, content) in world.maker.objects.items()
        if kind == "blob" and content.startswith(b"version: 1")
    }
    assert (
        lists & left_out
        <= {
            world.git("rev-parse", f"{one.hex()}:.authorizations", at=world.server)
            for one in [world.a]
        }
        - here
    )
    assert len(left_out) >= 40


def test_server_that_leaves_nothing_out(fresh: Follower) -> None:
    """It sends everything; that is said once, and works."""
    world = fresh.world
    world.git("config", "uploadpack.allowFilter", "false", at=world.server)
    done = fresh.update()
    assert f"updated to {world.c.hex()}" in done.out
    assert done.out.count(WARNING) == 1
    tip = large(world, length=3, files=10)
    fresh.publish(tip)
    done = fresh.update()
    assert f"updated to {tip.hex()}" in done.out
    assert done.out.count(WARNING) == 1
    assert fresh.gate("true").code == 0


def test_server_that_leaves_things_out_is_not_warned_of(fresh: Follower) -> None:
    world = fresh.world
    assert WARNING not in fresh.update().out
    fresh.publish(large(world, length=3, files=10))
    assert WARNING not in fresh.update().out


@contextmanager
def daemon(root: Path, *options: str) -> Iterator[str]:
    """Run git's own daemon for the repositories below a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *("git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1"),
            *(f"--port={port}", f"--base-path={root}", *options, str(root)),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"},
    )
    try:
        for _ in range(100):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def follows(follower: Follower) -> None:
    """An update, a larger one, an attack, and the next good one."""
    world = follower.world
    assert f"updated to {world.c.hex()}" in follower.update().out
    tip = large(world, length=4, files=20)
    follower.publish(tip)
    assert f"updated to {tip.hex()}" in follower.update().out
    follower.publish(world.commit(tip, signer=None))
    assert "(unsigned)" in follower.update(code=1).out
    good = world.commit(tip, signer="bob")
    follower.publish(good)
    assert f"updated to {good.hex()}" in follower.update().out


SERVERS = {
    "all at its best": {"allowFilter": "true", "allowAnySHA1InWant": "true"},
    "no filters": {"allowFilter": "false", "allowAnySHA1InWant": "true"},
    "no single objects": {"allowFilter": "true", "allowAnySHA1InWant": "false"},
    "neither": {"allowFilter": "false", "allowAnySHA1InWant": "false"},
}


@pytest.mark.parametrize("protocol", ["0", "2"])
@pytest.mark.parametrize("server", SERVERS)
def test_git_daemon(server: str, protocol: str, fresh: Follower, tmp_path: Path) -> None:
    """Protocol 0 is what a server speaks that knows no other: there single objects are refused."""
    world = fresh.world
    for name, value in SERVERS[server].items():
        world.git("config", f"uploadpack.{name}", value, at=world.server)
    if protocol == "0":
        # What decides is upload-pack's own reading of it.
        world.git("config", "protocol.version", "0", at=world.server)
    with daemon(world.folder) as url:
        fresh.configure(url=f"{url}/server.git")
        if protocol == "2":
            follows(fresh)
            return
        path, _ = wrapped_git(
            tmp_path / "bin",
            before="sys.argv = [a.replace('protocol.version=2', 'protocol.version=0')"
            " for a in sys.argv]",
        )
        fresh.box.environment["PATH"] = path
        follows(fresh)


def test_single_objects_refused_is_said(fresh: Follower, tmp_path: Path) -> None:
    path, log = wrapped_git(
        tmp_path / "bin",
        before="sys.argv = [a.replace('protocol.version=2', 'protocol.version=0')"
        " for a in sys.argv]",
    )
    done = fresh.update(PATH=path)
    assert "does not send single objects: everything was fetched" in done.out
    assert len([words for words in logged(log) if words[0] == "fetch"]) <= 4


@pytest.mark.parametrize("server", ["all at its best", "no filters"])
def test_http(server: str, fresh: Follower) -> None:
    world = fresh.world
    for name, value in SERVERS[server].items():
        world.git("config", f"uploadpack.{name}", value, at=world.server)
    with answering(http_backend(world.folder)) as url:
        fresh.configure(url=f"{url}/server.git")
        follows(fresh)


def test_path_of_this_machine(fresh: Follower) -> None:
    fresh.configure(url=str(fresh.world.server))
    follows(fresh)


def test_settings_of_the_person_lead_nowhere_else(fresh: Follower) -> None:
    """No hook runs, no tag comes, no helper of a URL's runs, no variable names another place."""
    world = fresh.world
    world.publish({"refs/tags/t": world.c})
    ran = world.folder / "ran"
    hooks = world.folder / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{ran}'\n")
        (hooks / name).chmod(0o755)
    (fresh.box.folder / "home/.gitconfig").write_text(
        f'[core]\n\thooksPath = {hooks}\n[remote "origin"]\n\tfetch = +refs/*:refs/*\n'
        "[fetch]\n\tprune = true\n[transfer]\n\tfsckObjects = true\n"
    )
    elsewhere = world.folder / "elsewhere.git"
    fresh.update(GIT_DIR=str(elsewhere), GIT_OBJECT_DIRECTORY=str(elsewhere))
    assert set(world.refs(fresh.place / "repository.git")) == {MAIN, KEYRING}
    assert not ran.exists()
    assert not elsewhere.exists()


def test_progress_is_shown_on_a_terminal_alone(fresh: Follower) -> None:
    assert "remote:" not in fresh.update().err
