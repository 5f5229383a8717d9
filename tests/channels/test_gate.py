"""A command runs only behind an authentic update, and then as if nothing were before it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nixauth.nar.on_disk import hash_path
from tests.channels.following import Follower, answering


def test_environment(follower: Follower) -> None:
    done = follower.gate(
        "sh", "-c", 'echo "$NIXAUTH_REV $NIXAUTH_NAR_HASH $NIXAUTH_PATH $HOME"', NIXAUTH_REV="x"
    )
    rev, nar_hash, path, home = done.out.split()
    assert rev == follower.world.c.hex()
    assert nar_hash == follower.pin()["narHash"] == hash_path(Path(path)).sri
    assert Path(path).is_relative_to(follower.place)
    assert home == follower.box.environment["HOME"]
    assert (Path(path) / "pkgs/a.nix").is_file()


def test_the_update_is_made(fresh: Follower) -> None:
    """The gate moves the pin, as an update does, before the command runs."""
    record = fresh.place / "pin.json"
    done = fresh.gate("cat", record)
    assert fresh.world.c.hex() in done.out
    made = fresh.advance()
    assert made.hex() in fresh.gate("cat", record).out
    assert fresh.at() == made


@pytest.mark.parametrize("code", [0, 1, 2, 3, 7, 121, 123, 126, 127, 255])
def test_exit_code_is_passed_on(code: int, follower: Follower) -> None:
    assert follower.gate("sh", "-c", f"exit {code}").code == code


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT"])
def test_end_by_a_signal_is_passed_on(name: str, follower: Follower) -> None:
    number = getattr(signal, name)
    assert follower.gate("sh", "-c", f"kill -{name[3:]} $$").code == -number


def test_command_that_cannot_be_run(follower: Follower) -> None:
    plain = follower.made / "plain"
    plain.write_text("no program")
    done = follower.gate(plain)
    assert (done.code, done.err.splitlines()[-1]) == (
        126,
        f"nixauth gate: {plain}: Permission denied",
    )
    assert follower.gate(follower.made).code == 126
    done = follower.gate("no-such-program-anywhere")
    assert done.code == 127
    assert "not found" in done.err
    assert follower.gate("").code == 127


def test_arguments_are_passed_as_they_are(follower: Follower) -> None:
    odd = ["", "--rev", "-q", "--", "a b", "$HOME", "*", "é\n"]
    done = follower.gate(sys.executable, "-c", "import sys; print(sys.argv[1:])", *odd)
    assert done.out == f"{odd}\n"


def test_input_and_output_are_the_commands(follower: Follower) -> None:
    """Not a byte is read or written by the gate: its own words go to standard error."""
    given = bytes(range(256)) * 5000
    command = follower.box.command("gate", "it", "--", "cat")
    done = subprocess.run(
        command, input=given, env=follower.box.environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout == given) == (0, True)
    assert done.stderr.decode().startswith("it: authentic, nothing new")
    quiet = follower.gate("true", options=["--quiet"])
    assert (quiet.out, quiet.err) == ("", "")


def test_command_takes_the_place_of_the_gate(follower: Follower) -> None:
    """One process, with no file of the gate's open but its own tree, which it keeps that way."""
    code = (
        "import os, json; print(json.dumps([os.getpid(), os.getppid(), sorted(os.path.realpath("
        "'/proc/self/fd/' + one) for one in os.listdir('/proc/self/fd') if int(one) > 2)]))"
    )
    bare = subprocess.Popen(
        follower.box.command("gate", "it", "-q", "--", sys.executable, "-ISc", code),
        env=follower.box.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    out, _ = bare.communicate()
    pid, parent, opened = json.loads(out)
    assert (pid, parent) == (bare.pid, os.getpid())
    # The other one is the list of them, which is closed by now.
    assert len(opened) == 2
    assert str(follower.place / "trees" / follower.world.c.hex()) in opened


def test_signals_are_not_ignored_for_the_command(follower: Follower) -> None:
    """A Python program ignores SIGPIPE; what it becomes must not.

    SIGHUP, SIGINT and SIGQUIT are left out: who runs this in the background has them ignored.
    """
    done = follower.gate("sh", "-c", "grep SigIgn /proc/self/status")
    assert int(done.out.split()[1], 16) & ~0b111 == 0
    quiet = follower.gate("sh", "-c", "yes | head -n 1", options=["-q"])
    assert (quiet.code, quiet.out, quiet.err) == (0, "y\n", "")


# --- the tree ---


def tree_of(follower: Follower) -> Path:
    return follower.place / "trees" / follower.world.c.hex()


def changed(tree: Path) -> None:
    (tree / "pkgs/a.nix").write_text("evil")


def added(tree: Path) -> None:
    (tree / "default.nix").write_text("evil")


def executable(tree: Path) -> None:
    (tree / "pkgs/a.nix").chmod(0o755)


def removed(tree: Path) -> None:
    (tree / "pkgs/a.nix").unlink()


def linked(tree: Path) -> None:
    tree.rename(tree.with_name("aside"))
    tree.symlink_to(tree.with_name("aside"))


def a_file(tree: Path) -> None:
    tree.rename(tree.with_name("aside"))
    tree.write_text("evil")


def a_pipe(tree: Path) -> None:
    (tree / "pkgs/a.nix").unlink()
    os.mkfifo(tree / "pkgs/a.nix")


@pytest.mark.parametrize("tamper", [changed, added, executable, removed, linked, a_file, a_pipe])
def test_tree_that_was_tampered_with_is_written_anew(tamper: object, follower: Follower) -> None:
    assert follower.gate("true").code == 0
    tree = tree_of(follower)
    tamper(tree)  # type: ignore[operator]
    done = follower.gate("sh", "-c", 'echo "$NIXAUTH_PATH"')
    assert done.out == f"{tree}\n"
    assert not tree.is_symlink()
    assert hash_path(tree).sri == follower.pin()["narHash"]
    assert not list(tree.parent.glob(".new-*"))


def test_older_trees_go_and_linked_ones_stay(follower: Follower) -> None:
    """The tree before is kept for who still uses it; so is one that a link leads to."""
    world = follower.world
    trees = follower.place / "trees"
    line = [world.c]
    for _ in range(3):
        line.append(world.commit(line[-1]))
        follower.publish(line[-1])
        assert follower.gate("true").code == 0
    names = {one.name for one in trees.iterdir()}
    assert {line[3].hex(), line[2].hex()} <= names
    assert line[1].hex() not in names
    assert (follower.made / "tree" / "pkgs/a.nix").is_file()
    assert line[0].hex() in names
    follower.update("--directory", follower.made / "tree")
    line.append(world.commit(line[-1]))
    follower.publish(line[-1])
    assert follower.gate("true").code == 0
    assert line[0].hex() not in {one.name for one in trees.iterdir()}
    assert len(list((follower.place / "links").iterdir())) == 1
    (follower.made / "tree").unlink()
    follower.publish(world.commit(line[-1]))
    assert follower.gate("true").code == 0
    assert not list((follower.place / "links").iterdir())


# --- --rev ---


def test_commit_that_is_asked_for(follower: Follower) -> None:
    world = follower.world
    one = world.commit(world.c)
    two = world.commit(one, signer="bob")
    follower.publish(two)
    done = follower.gate("sh", "-c", "echo $NIXAUTH_REV", options=["--rev", one.hex()])
    assert done.out == f"{one.hex()}\n"
    assert follower.at() == one
    follower.gate("true")
    assert follower.at() == two
    done = follower.gate("true", options=["--rev", one.hex()])
    assert done.code == 121
    assert "(not-descendant)" in done.err


@pytest.mark.parametrize("rev", ["main", "abc123", "HEAD", "", "-x", "g" * 40])
def test_only_full_ids_name_a_commit(rev: str, follower: Follower) -> None:
    ran = follower.made / "ran"
    done = follower.gate("touch", ran, options=[f"--rev={rev}"])
    assert done.code == 2
    assert "full commit id" in done.err
    assert not ran.exists()


def test_upper_case_names_the_same_commit(follower: Follower) -> None:
    rev = follower.world.c.hex().upper()
    done = follower.gate("sh", "-c", "echo $NIXAUTH_REV", options=["--rev", rev])
    assert done.out == f"{follower.world.c.hex()}\n"


# --- what goes wrong ---


def test_used_wrongly(follower: Follower) -> None:
    done = follower.box.process("gate", "absent", "--", "true")
    assert done.code == 123
    assert "no channel 'absent' is configured" in done.err
    assert follower.box.process("gate", "it").code == 2
    assert follower.box.process("gate").code == 2


def test_files_of_channels_that_others_can_write(follower: Follower) -> None:
    file = follower.box.folder / "home/config/nixauth/channels.yaml"
    file.chmod(0o666)
    ran = follower.made / "ran"
    assert follower.gate("touch", ran).code == 123
    assert not ran.exists()


def test_record_that_is_damaged(follower: Follower) -> None:
    record = follower.place / "pin.json"
    for content in (b"", b"{}", b"[]", record.read_bytes()[:-9], b"\xff", b'{"schema": 2}'):
        record.write_bytes(content)
        follower.refused("damaged-record", code=3)
    record.unlink()
    follower.refused("damaged-record", code=3)
    follower.update("--allow-downgrade")
    follower.goes_on()


def test_tree_that_cannot_be_written(follower: Follower) -> None:
    """A file stands where the trees are to be: the command does not run."""
    trees = follower.place / "trees"
    assert follower.gate("true").code == 0
    trees.rename(trees.with_name("aside"))
    trees.write_text("in the way")
    ran = follower.made / "ran"
    done = follower.gate("touch", ran)
    assert done.code == 123
    assert "unwritable-tree" in done.err
    assert not ran.exists()


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", -signal.SIGTERM), ("SIGINT", 130)])
def test_stopped_while_it_fetches(name: str, code: int, follower: Follower) -> None:
    ran = follower.made / "ran"
    asked: list[str] = []

    def slow(request: object) -> None:
        asked.append("")
        time.sleep(3)

    with answering(slow) as url:
        follower.configure(url=f"{url}/it.git")
        process = subprocess.Popen(
            follower.box.command("gate", "it", "--", "touch", ran),
            env=follower.box.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not asked and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(getattr(signal, name))
        assert process.wait(10) == code
    assert not ran.exists()
    follower.configure()
    follower.goes_on()


def test_pin_that_is_asked_for_has_to_be_on_the_branch(follower: Follower) -> None:
    """As any other commit that is named: the branch may have left it."""
    pin = follower.world.c.hex()
    assert follower.gate("true", options=["--rev", pin]).code == 0
    follower.publish(follower.world.commit(follower.world.c, signer=None))
    done = follower.gate("true", options=["--rev", pin])
    assert done.code == 121
    assert "(not-on-branch)" in done.err
    follower.configure(newest_authentic="true")
    assert follower.gate("true", options=["--rev", pin]).code == 0
    follower.publish(follower.world.b)
    assert follower.gate("true", options=["--rev", pin]).code == 121
