"""What fails on the way changes nothing, and the next good update works."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nixauth.channels import own_directory
from tests.channels.following import Follower, answering, http_backend, killed, wrapped_git
from tests.channels.test_fetching import large
from tests.hooks.world import MAIN
from tests.unit.cli.places import write_loose

KILLS = "os.kill(os.getppid(), signal.SIGKILL); sys.exit(1)"
"""Kills nixauth, which started this git."""


def survives(follower: Follower, before: dict[str, bytes], made: bytes) -> None:
    """Nothing was changed by what was killed, and the next update goes on to the tip."""
    assert follower.state() == before
    done = follower.update(*follower.everywhere())
    assert f"updated to {made.hex()}" in done.out
    assert follower.gate("true").code == 0


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 6))
def test_killed_at_a_git_command(call: int, when: str, follower: Follower, tmp_path: Path) -> None:
    """At ls-remote, and at each fetch: the branch, files of who may sign, trees, files."""
    made = large(follower.world, length=3, files=9)
    follower.publish(made)
    before = follower.state()
    lines = {when: f"if calls == {call}: {KILLS}"}
    path, log = wrapped_git(tmp_path / "bin", **lines)
    command = follower.box.command("channel", "update", "it", *follower.everywhere())
    killed(command, {**follower.box.environment, "PATH": path}, tmp_path)
    assert len(log.read_text().splitlines()) == call + 1
    survives(follower, before, made)


@pytest.mark.parametrize("call", range(2, 7))
def test_killed_at_the_first_update(call: int, fresh: Follower, tmp_path: Path) -> None:
    before = fresh.state()
    path, _ = wrapped_git(tmp_path / "bin", after=f"if calls == {call}: {KILLS}")
    command = fresh.box.command("channel", "update", "it")
    killed(command, {**fresh.box.environment, "PATH": path}, tmp_path)
    survives(fresh, before, fresh.world.c)


DIES = """\
import os, signal, sys
name, last = os.environ["DIES_AT"].split(":")
if sys.argv[0].endswith("__main__.py") or sys.argv[:1] == ["-m"]:
    left = [int(last)]
    def dying(real):
        def run(*arguments, **options):
            left[0] -= 1
            if left[0] == 0 and name.startswith("before"):
                os.kill(os.getpid(), signal.SIGKILL)
            done = real(*arguments, **options)
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done
        return run
    what = name.partition("-")[2]
    setattr(os, what, dying(getattr(os, what)))
"""


def dying_at(tmp_path: Path, point: str, follower: Follower) -> dict[str, str]:
    """Return an environment in which nixauth is killed at a call of a function of `os`."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(DIES)
    environment = follower.box.environment
    paths = f"{folder}:{environment['PYTHONPATH']}"
    return {**environment, "PYTHONPATH": paths, "DIES_AT": point}


@pytest.mark.parametrize(
    ("point", "recorded"),
    [
        ("before-fsync:1", False),
        ("after-fsync:1", False),
        ("before-replace:1", False),
        ("after-replace:1", True),
        ("before-fsync:2", True),
        ("after-fsync:2", True),
        ("before-fsync:3", True),
        ("after-replace:2", True),
    ],
)
def test_killed_while_it_records(
    point: str, recorded: bool, follower: Follower, tmp_path: Path
) -> None:
    """The record is the old one or the new one, never something between."""
    made = follower.advance()
    before = follower.state()
    command = follower.box.command("channel", "update", "it")
    killed(command, dying_at(tmp_path, point, follower), tmp_path)
    if not recorded:
        survives(follower, before, made)
        return
    assert follower.at() == made
    found = follower.document(*follower.everywhere())
    assert found["changed"] is False
    assert follower.gate("true").code == 0


@pytest.mark.parametrize("point", ["before-symlink:1", "after-replace:3"])
def test_killed_while_it_writes_the_tree(point: str, follower: Follower, tmp_path: Path) -> None:
    """What is at the link is the old tree or the new one, whole."""
    made = follower.advance()
    link = follower.made / "tree"
    command = follower.box.command("channel", "update", "it", "--directory", link)
    killed(command, dying_at(tmp_path, point, follower), tmp_path)
    assert follower.at() == made
    assert (link / "pkgs/a.nix").is_file()
    follower.update("--directory", link)
    assert made.hex() in str(link.readlink())


# --- the disk ---


def test_disk_full_while_it_fetches(follower: Follower, tmp_path: Path) -> None:
    world = follower.world
    made = large(world, length=3, files=300)
    follower.publish(made)
    before = follower.state()

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))

    done = subprocess.run(
        follower.box.command("channel", "update", "it", *follower.everywhere()),
        # Python would leave modules behind that are cut off.
        env={**follower.box.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        preexec_fn=small,
        check=False,
    )
    assert done.returncode == 3, done
    assert b"Traceback" not in done.stderr
    survives(follower, before, made)


FULL = """\
import errno, os, sys
real = os.fsync
def fsync(descriptor):
    if os.environ["FULL_AT"] in os.readlink(f"/proc/self/fd/{descriptor}"):
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(descriptor)
os.fsync = fsync
"""


@pytest.mark.parametrize("command", ["update", "gate"])
def test_disk_full_while_it_records(command: str, follower: Follower, tmp_path: Path) -> None:
    made = follower.advance()
    before = follower.state()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(FULL)
    words = {
        "update": ["channel", "update", "it", *follower.everywhere()],
        "gate": ["gate", "it", "--", "touch", follower.made / "ran"],
    }
    done = follower.box.process(
        *words[command],
        PYTHONPATH=f"{tmp_path / 'site'}:{follower.box.environment['PYTHONPATH']}",
        FULL_AT="pin.json",
    )
    assert done.code == {"update": 3, "gate": 123}[command]
    assert "unwritable-record" in done.err
    assert "No space left" in done.err
    assert not list(follower.place.glob(".pin*"))
    survives(follower, before, made)


def test_a_disk_that_is_really_full(fresh: Follower) -> None:
    """All that is ours on a disk of a megabyte, at each of several sizes of what is free."""
    world = fresh.world
    fresh.place.parent.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(fresh.place.parent)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        return  # who may not mount has the limits of size above, which show the same
    try:
        fresh.update()
        made = world.commit(world.c)
        fresh.publish(made)
        filler = fresh.place.parent / "filler"
        for free in (0, 4096, 8192, 16384):
            filler.unlink(missing_ok=True)
            left = os.statvfs(fresh.place.parent)
            filler.write_bytes(b"x" * max(0, left.f_bavail * left.f_bsize - free))
            done = fresh.gate("true")
            assert done.code == 123, free
            assert "Traceback" not in done.err
            assert fresh.at() in {world.c, made}  # whole, in any case
        filler.unlink()
        assert fresh.gate("true").code == 0
        assert fresh.at() == made
    finally:
        subprocess.run(["umount", "--lazy", str(fresh.place.parent)], check=True)


# --- the network ---


@pytest.mark.parametrize("most", [0, 1, 20, 100, 300])
def test_server_that_closes_halfway(most: int, follower: Follower) -> None:
    """Of each answer only so many bytes come."""
    world = follower.world
    made = large(world, length=3, files=30)
    follower.publish(made)
    with answering(http_backend(world.folder, most=most)) as url:
        follower.configure(url=f"{url}/server.git")
        said = follower.refused("(fetch-failed)", code=3)
        assert "Nothing was changed" in said
    follower.configure()
    follower.goes_on_from(made)


def test_network_that_fails_at_a_later_fetch(follower: Follower, tmp_path: Path) -> None:
    made = large(follower.world, length=3, files=9)
    follower.publish(made)
    path, _ = wrapped_git(tmp_path / "bin", before="if calls >= 3: sys.exit('network is down')")
    good = follower.box.environment["PATH"]
    follower.box.environment["PATH"] = path
    said = follower.refused("(fetch-failed)", code=3)
    assert "network is down" in said
    follower.box.environment["PATH"] = good
    follower.goes_on_from(made)


def test_nobody_answers(follower: Follower) -> None:
    with answering(lambda _: None) as url:
        pass
    follower.configure(url=f"{url}/server.git")
    follower.refused("(fetch-failed)", code=3)
    follower.configure(url=f"file://{follower.world.folder}/absent.git")
    follower.refused("(fetch-failed)", code=3)


def test_no_git(follower: Follower, tmp_path: Path) -> None:
    before = follower.state()
    (tmp_path / "bin").mkdir()
    done = follower.update(code=3, PATH=str(tmp_path / "bin"))
    assert "git cannot be run" in done.err
    assert "(fetch-failed)" in done.err
    assert "Hooks" not in done.err
    assert follower.state() == before


@pytest.mark.parametrize("version", ["2.35.9", "2.38.1", "2.39.3", "2.43.0", "2.44.0", "1.9.5"])
def test_git_that_is_too_old(version: str, follower: Follower, tmp_path: Path) -> None:
    """Older ones would fetch without end what a server keeps back."""
    before = follower.state()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f"#!/bin/sh\necho git version {version}\n")
    (tmp_path / "bin/git").chmod(0o755)
    done = follower.update(code=3, PATH=str(tmp_path / "bin"))
    assert f"another git than {version}" in done.err
    assert follower.state() == before


def test_mirror_that_is_gone(follower: Follower) -> None:
    made = follower.advance()
    subprocess.run(["rm", "-rf", str(follower.place / "repository.git")], check=True)
    follower.goes_on_from(made)


def test_object_that_was_altered_in_the_mirror(follower: Follower) -> None:
    """Who can write there can keep us from going on, and cannot have us take what is none."""
    world = follower.world
    mirror = follower.place / "repository.git"
    made = follower.advance()
    world.git("update-ref", MAIN, made.hex(), at=world.server)
    evil = world.maker.objects[made][1].replace(b"A change", b"A charge")
    place = mirror / "objects" / made.hex()[:2] / made.hex()[2:]
    place.parent.mkdir(exist_ok=True)
    write_loose(mirror, made, "commit", evil)
    assert f"updated to {made.hex()}" in follower.update().out
    assert not place.exists()


# --- at once ---


def test_an_update_waits_for_another(tmp_path: Path) -> None:
    inside = threading.Event()

    def enter() -> None:
        with own_directory.alone(tmp_path / "it"):
            inside.set()

    other = threading.Thread(target=enter)
    with own_directory.alone(tmp_path / "it"):
        other.start()
        assert not inside.wait(0.3)
    assert inside.wait(10)
    other.join()


def test_updates_at_once(follower: Follower) -> None:
    """They wait for each other; nothing is lost, and no one goes back."""
    world = follower.world
    line = [world.c]
    for _ in range(4):
        line.append(world.commit(line[-1]))
    stop = threading.Event()

    def publish() -> None:
        for commit in line[1:]:
            follower.publish(commit)
            time.sleep(0.3)
        stop.set()

    mover = threading.Thread(target=publish)
    mover.start()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "nixauth", *words],
            env=follower.box.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for words in 2 * [["channel", "update", "it"], ["gate", "it", "--", "true"]]
        for _ in range(2)
    ]
    for process in running:
        _, err = process.communicate()
        assert process.returncode == 0, err
    mover.join()
    follower.update()
    assert follower.at() == line[-1]
