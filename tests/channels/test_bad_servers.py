"""Servers that are silent, slow, shallow or of bad will: an update ends, says why, and is over."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from nixauth.channels import mirror, revision
from nixauth.channels.mirror import Limits
from nixauth.cli import channel_update
from tests.channels.following import Follower, answering, logged, wrapped_git
from tests.channels.test_fetching import large
from tests.hooks.world import KEYRING, MAIN

# --- silence ---


@contextmanager
def silence() -> Iterator[tuple[int, threading.Event]]:
    """Listen on a port, take what comes, and say nothing; the event is set when somebody came."""
    came, over = threading.Event(), threading.Event()
    taken: list[socket.socket] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.05)

        def take() -> None:
            while not over.is_set():
                try:
                    taken.append(listening.accept()[0])
                    came.set()
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listening.getsockname()[1], came
        finally:
            over.set()
            thread.join()
            for one in taken:
                one.close()


def running(word: str) -> list[str]:
    """Return the commands of this machine that name a word, but for this test's own."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line and "pytest" not in line:
            found.append(line)
    return found


def gone(word: str) -> bool:
    """Say whether no such command is left after a moment."""
    for _ in range(100):
        if not running(word):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("scheme", "command"), [("git", "update"), ("http", "gate")])
def test_silent_server_is_given_up(scheme: str, command: str, follower: Follower) -> None:
    with silence() as (port, _):
        url = f"{scheme}://127.0.0.1:{port}/server.git"
        follower.configure(url=url)
        before = follower.state()
        words: list[object] = ["channel", "update", "it", "--timeout", "1s"]
        if command == "gate":
            words = ["gate", "it", "--timeout", "1s", "--", "touch", follower.made / "ran"]
        done = follower.box.process(*words)
        assert done.code == {"update": 3, "gate": 123}[command], done.err
        assert "git ls-remote was ended: the time for it was up (fetch-failed)" in done.err
        assert gone(url), running(url)
    assert follower.state() == before
    follower.configure()
    follower.update()


def test_silence_ends_before_the_time_is_up(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_update, "Limits", lambda **_: Limits(silence=1))
    with silence() as (port, _):
        follower.configure(url=f"git://127.0.0.1:{port}/server.git")
        done = follower.update(code=3)
    assert "nothing was heard for 1 seconds" in done.err


def test_the_time_is_for_all_of_an_update(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transfer has what those before it left."""
    seen = []
    real = mirror.transfer

    def late(*arguments: object, patience: mirror.Patience, **options: object) -> bytes:
        seen.append(patience)
        return real(*arguments, patience=patience, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(mirror, "transfer", late)
    follower.advance()
    follower.update()
    assert len(seen) > 2
    assert len(set(seen)) == 1
    assert seen[0].until < time.monotonic() + 2 * 3600


@pytest.mark.parametrize("time", ["0s", "x", "", "1", "-1s", "1y"])
def test_times_that_are_none(time: str, follower: Follower) -> None:
    assert "is no time" in follower.update(f"--timeout={time}", code=2).err
    assert follower.gate("true", options=[f"--timeout={time}"]).code == 2


def as_usual() -> None:
    """Whoever starts this may have signals ignored, and what is started would, too."""
    for one in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)


@pytest.mark.parametrize("scheme", ["git", "http"])
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, -15), (signal.SIGINT, 130), (signal.SIGHUP, -1)],
)
def test_stopped_while_a_server_is_silent(
    number: signal.Signals, code: int, scheme: str, follower: Follower
) -> None:
    """nixauth ends at once, and git with it."""
    with silence() as (port, came):
        url = f"{scheme}://127.0.0.1:{port}/server.git"
        follower.configure(url=url)
        process = subprocess.Popen(
            follower.box.command("channel", "update", "it"),
            env=follower.box.environment,
            stderr=subprocess.DEVNULL,
            preexec_fn=as_usual,  # noqa: PLW1509 - no thread of it takes a lock
        )
        assert came.wait(20)
        process.send_signal(number)
        assert process.wait(10) == code
        assert gone(url), running(url)


def lots(request: BaseHTTPRequestHandler) -> None:
    """Answer `ls-remote` with refs without an end."""
    request.send_response(200)
    request.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
    request.end_headers()
    line = b"%s\trefs/heads/main\n" % (b"1" * 40)
    packet = b"%04x%s" % (4 + len(line), line.replace(b"\t", b" "))
    request.wfile.write(b"001e# service=git-upload-pack\n0000")
    for _ in range(20_000):
        request.wfile.write(packet * 100)


def test_server_that_never_stops(follower: Follower) -> None:
    with answering(lots) as url:
        follower.configure(url=f"{url}/server.git")
        follower.refused("(fetch-failed)", code=3)
    follower.configure()
    follower.goes_on()


# --- what is kept back ---


def test_shallow_server(fresh: Follower) -> None:
    """A server that is a shallow clone itself has not what it says; git must not ask for ever."""
    world = fresh.world
    tip = large(world, length=3, files=3)
    fresh.publish(tip)
    world.git("clone", "-q", "--bare", "--depth=1", f"file://{world.server}", "shallow.git")
    shallow = world.folder / "shallow.git"
    world.git("config", "uploadpack.allowFilter", "true", at=shallow)
    world.git("fetch", "-q", f"file://{world.server}", f"+{KEYRING}:{KEYRING}", at=shallow)
    fresh.configure(url=f"file://{shallow}")
    done = fresh.update("--timeout", "60s", code=3)
    assert "time for it was up" not in done.err
    fresh.configure()
    assert f"updated to {tip.hex()}" in fresh.update().out


def test_commits_withheld_once_are_asked_for_again(follower: Follower) -> None:
    """A server leaves out parents in one pack; the good one is of use right afterwards."""
    commits = [follower.world.c]
    for _ in range(4):
        commits.append(follower.world.commit(commits[-1]))
    follower.publish(commits[3])
    hook = follower.world.folder / "evil-pack"
    hook.write_text(
        f"#!/bin/sh\ncat >/dev/null\necho {commits[3].hex()} | git pack-objects --stdout\n"
    )
    hook.chmod(0o755)
    settings = follower.world.box.folder / "evil.gitconfig"
    settings.write_text(f"[uploadpack]\n\tpackObjectsHook = {hook}\n\tallowFilter = true\n")
    evil = {"GIT_CONFIG_GLOBAL": str(settings)}
    packs = set((follower.place / "repository.git/objects/pack").iterdir())
    before = follower.state()
    assert follower.box.run("channel", "update", "it", **evil).code == 3
    assert follower.state() == before
    assert set((follower.place / "repository.git/objects/pack").iterdir()) == packs
    again = follower.update()
    assert f"updated to {commits[3].hex()}" in again.out
    follower.publish(commits[4])
    assert f"updated to {commits[4].hex()}" in follower.update().out


def test_batch_that_is_cut_off_is_not_answered_by_asking_for_everything(
    follower: Follower, tmp_path: Path
) -> None:
    """A line that breaks says nothing of what the server can do."""
    made = large(follower.world, length=2, files=40)
    follower.publish(made)
    path, log = wrapped_git(
        tmp_path / "bin",
        before="if '--stdin' in arguments:\n"
        "    print('fatal: early EOF', file=sys.stderr)\n"
        "    sys.exit(128)",
    )
    done = follower.update(code=3, PATH=path)
    assert "early EOF (fetch-failed)" in done.err
    assert [words for words in logged(log) if "--stdin" in words]
    assert not [words for words in logged(log) if "--refetch" in words]
    assert f"updated to {made.hex()}" in follower.update().out


def test_server_that_gives_no_single_objects_is_asked_for_everything_once(
    follower: Follower, tmp_path: Path
) -> None:
    """It sends everything, and not all of that either: that is the end of it."""
    follower.publish(large(follower.world, length=2, files=40))
    path, log = wrapped_git(
        tmp_path / "bin",
        before="if '--stdin' in arguments or '--refetch' in arguments:\n"
        "    print('fatal: remote error: upload-pack: not our ref', file=sys.stderr)\n"
        "    sys.exit('--stdin' in arguments)",
    )
    done = follower.update(code=3, PATH=path)
    assert "does not send" in done.err
    assert len([words for words in logged(log) if "--refetch" in words]) == 1


# --- a revision ---


def dripping_headers(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(60):
        request.wfile.write(b"X-%d: y\r\n" % number)
        request.wfile.flush()
        time.sleep(0.1)


def test_headers_that_drip(fresh: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is soon enough, and all of them take too long."""
    monkeypatch.setattr(revision, "_SECONDS", 1)
    begun = time.monotonic()
    with answering(dripping_headers) as url:
        fresh.configure(revision_url=f"{url}/git-revision")
        found = fresh.document(code=3)
        assert time.monotonic() - begun < 4
    assert found["error"]["kind"] == "fetch-failed"


# --- refs ---


def test_keyring_that_was_no_commit_once(fresh: Follower) -> None:
    """The ref is put right, or goes; what was fetched of it once must not stand in the way."""
    world = fresh.world
    ref = "refs/keys/all"
    (world.folder / "blob").write_text("no key")
    blob = world.git("hash-object", "-w", str(world.folder / "blob"), at=world.server)
    world.git("update-ref", ref, blob, at=world.server)
    fresh.configure(keyring=[ref, KEYRING])
    done = fresh.update(code=3)
    assert blob in done.err
    assert "should be a commit and is a blob" in done.err
    world.git("update-ref", "-d", ref, at=world.server)
    assert "updated to" in fresh.update().out
    world.git("update-ref", ref, blob, at=world.server)
    fresh.refused("should be a commit and is a blob", code=3)
    world.git("update-ref", ref, world.keys.hex(), at=world.server)
    fresh.goes_on()


def test_branch_in_the_place_of_a_folder(follower: Follower) -> None:
    """`main` becomes `main/next`, and comes back: refs are files, and one cannot be both."""
    world = follower.world
    made = world.commit(world.c)
    world.publish({MAIN: None})
    world.publish({f"{MAIN}/next": made})
    follower.configure(branch="main/next")
    assert f"updated to {made.hex()}" in follower.update().out
    world.publish({f"{MAIN}/next": None})
    world.publish({MAIN: made})
    follower.configure()
    assert f"updated to {made.hex()}" in follower.update().out


def test_keyring_gone_where_the_branch_is_now(follower: Follower) -> None:
    world = follower.world
    world.publish({KEYRING: None})
    follower.configure(branch="keyring/main")
    world.publish({"refs/heads/keyring/main": world.c})
    assert "(missing-key)" in follower.update(code=1).out
    world.publish({"refs/heads/keyring/main": None})
    world.publish({KEYRING: world.keys})
    follower.configure()
    follower.goes_on()


def test_remote_of_the_person_is_another(fresh: Follower) -> None:
    """`origin` in one's own configuration is no address of a channel."""
    (fresh.box.folder / "home/.gitconfig").write_text(
        '[remote "origin"]\n\turl = file:///nowhere\n\tpromisor = false\n'
    )
    assert "updated to" in fresh.update().out
    fresh.goes_on()


# --- many packs ---


def test_packs_are_put_together(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_MANY_PACKS", 6)
    packs = follower.place / "repository.git/objects/pack"
    tip, counts = follower.world.c, []
    for _ in range(8):
        tip = follower.world.commit(tip)
        follower.publish(tip)
        assert f"updated to {tip.hex()}" in follower.update().out
        counts.append(len(list(packs.glob("*.pack"))))
    assert max(counts) <= 6
    assert 1 in counts
    assert len(list(packs.glob("*.promisor"))) == counts[-1]  # git still knows what it lacks
    follower.goes_on_from(tip)


def test_packs_that_cannot_be_put_together(
    follower: Follower, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mirror, "_MANY_PACKS", 1)
    path, _ = wrapped_git(tmp_path / "bin", before="if 'repack' in arguments: sys.exit(9)")
    made = follower.advance()
    done = follower.update(PATH=path)
    assert f"updated to {made.hex()}" in done.out
    assert "packs could not be put together" in done.out
