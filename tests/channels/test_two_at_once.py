"""Two that work on one channel: neither takes away what the other one uses."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from nixauth.channels import own_directory
from nixauth.cli import channel_update
from nixauth.cli.channel_options import all_channels
from tests.channels.following import NAME, Follower


def behind_the_gate(follower: Follower, flag: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a command that holds its tree until the flag is there; return it and the tree."""
    said = follower.made / "path"
    said.unlink(missing_ok=True)
    script = f'echo "$NIXAUTH_PATH" > {said}.new; mv {said}.new {said}; '
    script += f"until [ -e {flag} ]; do sleep 0.1; done; cat $NIXAUTH_PATH/pkgs/a.nix"
    process = subprocess.Popen(
        follower.box.command("gate", NAME, "--", "sh", "-c", script),
        env=follower.box.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    while not said.exists():
        assert process.poll() is None
        time.sleep(0.05)
    return process, Path(said.read_text().strip())


def test_tree_in_use_is_kept(follower: Follower) -> None:
    """However many updates pass through while a command runs."""
    flag = follower.made / "flag"
    tip = follower.world.commit(follower.world.c)
    follower.publish(tip)
    process, tree = behind_the_gate(follower, flag)
    for _ in range(4):
        tip = follower.world.commit(tip)
        follower.publish(tip)
        assert follower.gate("true").code == 0
    assert (tree / "pkgs/a.nix").is_file()
    flag.touch()
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out
    follower.publish(follower.world.commit(tip))
    assert follower.gate("true").code == 0
    assert not tree.exists()


def test_trees_are_cleared_by_updates(follower: Follower) -> None:
    """Those that no link leads to any more; the last two pins' stay."""
    link = follower.made / "tree"
    tip = follower.world.c
    for _ in range(4):
        tip = follower.world.commit(tip)
        follower.publish(tip)
        follower.update("--directory", link)
    assert len(list((follower.place / "trees").iterdir())) == 2
    assert tip.hex() in str(link.readlink())


@pytest.mark.parametrize("what", ["path", "kept", "forget_others", "link", "tarball"])
def test_trees_are_touched_by_one_at_a_time(
    what: str, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in follower.box.environment.items():
        monkeypatch.setenv(name, value)
    channel = all_channels(None)[NAME]
    outcome = channel_update.ask(channel, channel_update.Wishes(quiet=True))
    trees = channel_update.trees_of(channel)
    extra = {
        "link": [follower.made / "l"],
        "tarball": [follower.made / "t.tar"],
    }.get(what, [])
    finished = threading.Event()

    def work() -> None:
        getattr(trees, what)(outcome.pin, *extra)
        finished.set()

    with (follower.place / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=work)
        thread.start()
        assert not finished.wait(0.4)
    assert finished.wait(20)
    thread.join()


def test_nobody_waits_for_ever(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_directory, "WAIT", 1.5)
    with (follower.place / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = follower.update(code=3)
    assert "it: waiting for another update of it" in done.err
    assert "another nixauth has been working" in done.err
    assert "(unwritable-record)" in done.err
    follower.goes_on()


# --- whose directories they are ---


@pytest.mark.parametrize(("above", "mode"), [(0, 0o777), (1, 0o770), (2, 0o720)])
def test_data_that_others_can_write(mode: int, above: int, follower: Follower) -> None:
    place = [follower.place, *follower.place.parents][above]
    place.chmod(mode)
    done = follower.update(code=2)
    assert f"{place} can be written by others" in done.err
    assert follower.gate("true").code == 123
    place.chmod(0o755)
    follower.goes_on()


def test_data_of_another_user(follower: Follower) -> None:
    if os.geteuid() != 0:
        return  # who is not root cannot give a directory away
    os.chown(follower.place, 4242, 4242)
    done = follower.update(code=2)
    assert "belongs to another user (uid 4242)" in done.err
    os.chown(follower.place, 0, 0)
    follower.goes_on()
