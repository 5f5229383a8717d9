"""Locks and servers that lie, and what goes wrong on the way.

The lock stays as it was, and the reason is said. After each of them the next good update works.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nixauth import durable
from nixauth.cli import channel_update
from tests.flakes.flake_world import NOTHING, FlakeWorld
from tests.hooks.world import ATTACKS, Attack, World
from tests.support.nix import Nix

PLAIN = [attack for attack in ATTACKS if attack.history is None]
ACCEPTED_ONCE = {"rollback", "another branch"}
"""Attacks on those who accepted c before; to anybody else they are authentic commits."""


def beside(world: World) -> bytes:
    return world.commit(world.b, signer="bob")


# --- what a lock names ---


def at_c(flake: FlakeWorld) -> None:
    """Have the channel accept c."""
    flake.channel()
    flake.at(flake.world.b)
    flake.run("update")


def good_update(flake: FlakeWorld, *words: str) -> None:
    """Publish a good commit, and lock the input to it."""
    good = flake.world.commit(flake.world.c)
    flake.world.publish({"refs/heads/main": good})
    flake.run("update", *words)
    assert flake.locked()["rev"] == good.hex()
    flake.run("check", "--require-all")


@pytest.mark.parametrize("attack", PLAIN, ids=[one.name for one in PLAIN])
def test_a_lock_names_what_is_on_the_branch_and_not_authentic(
    flake: FlakeWorld, attack: Attack
) -> None:
    world = flake.world
    at_c(flake)
    evil = attack.make(world)
    world.publish({"refs/heads/main": evil})
    flake.at(evil)
    before = flake.there()
    found = flake.report(code=1)[0]
    assert (found["standing"], found["reason"]) == ("refused", attack.reason)
    done = flake.run("check", code=1)
    assert f"({attack.reason})" in done.out
    done = flake.stays(code=1)
    assert f"({attack.reason})" in done.out
    assert f"{flake.lock} was left as it is" in done.err
    assert flake.there() == before
    assert flake.pins() == {"main": world.c.hex()}
    good_update(flake)


@pytest.mark.parametrize("attack", PLAIN, ids=[one.name for one in PLAIN])
def test_a_lock_names_what_is_not_on_the_branch(flake: FlakeWorld, attack: Attack) -> None:
    """The commit is on the server, on no branch or another one, and was never fetched."""
    world = flake.world
    at_c(flake)
    evil = attack.make(world)
    world.publish({"refs/heads/evil": evil})
    flake.at(evil)
    found = flake.report(code=1)[0]
    reason = "not-descendant" if evil == world.b else "not-on-branch"
    assert (found["standing"], found["reason"]) == ("refused", reason)
    assert f"({reason})" in flake.run("check", code=1).out
    flake.run("update")  # what the lock names is not believed, and the branch is good
    assert flake.locked()["rev"] == world.c.hex()
    good_update(flake)


def test_a_commit_that_is_nowhere(flake: FlakeWorld) -> None:
    at_c(flake)
    flake.at(flake.world.c, rev="d" * 40)
    assert flake.report(code=1)[0]["reason"] == "not-on-branch"
    good_update(flake)


def test_a_commit_beside_the_line(flake: FlakeWorld) -> None:
    """It is authentic and merged by nobody; the server had main there for a while."""
    world = flake.world
    flake.channel()
    side = beside(world)
    world.publish({"refs/heads/main": side})
    flake.at(side)
    flake.run("check")
    world.publish({"refs/heads/main": world.c})
    world.nixauth("channel", "update", "it")
    found = flake.report(code=1)[0]
    assert (found["standing"], found["reason"]) == ("refused", "not-descendant")
    good_update(flake)


def test_no_pin_and_a_commit_beside_the_line(flake: FlakeWorld) -> None:
    world = flake.world
    flake.channel()
    world.publish({"refs/heads/main": beside(world)})
    flake.at(beside(world))
    world.publish({"refs/heads/main": world.c})
    flake.at(flake.world.b)
    flake.run("check")
    side = beside(world)
    world.write(world.server)
    flake.at(side)
    assert flake.report(code=1)[0]["reason"] == "not-on-branch"


def test_an_id_that_is_a_tree(flake: FlakeWorld) -> None:
    world = flake.world
    flake.channel()
    flake.at(world.c)
    tree = flake.report()[0]["pin"]["tree"]
    flake.at(world.c, rev=tree)
    done = flake.world.box.run("flake", "check", flake.lock)
    assert done.code in {1, 3}, done
    good_update(flake)


def test_the_hash_of_another_tree(flake: FlakeWorld) -> None:
    """At the right commit: the lock is not up to date, whatever its commit says."""
    world = flake.world
    at_c(flake)
    for other in (flake.hash(world.b), NOTHING):
        flake.at(world.c, narHash=other)
        assert flake.report(code=1)[0]["standing"] == "other-content"
        flake.run("update")
        assert flake.locked()["narHash"] == flake.hash(world.c)
    flake.at(world.c, narHash=flake.hash(world.b))
    good_update(flake)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"submodules": True}, 3),
        ({"lfs": True}, 3),
        ({"unknown": "x"}, 3),
        ({"verifyCommit": "yes"}, 3),
        ({"dirtyRev": "d" * 40 + "-dirty"}, 3),
        ({"dirtyShortRev": "ddddddd-dirty"}, 3),
        ({"rev": None}, 3),
        ({"rev": "d" * 39}, 3),
        ({"rev": "HEAD"}, 3),
        ({"rev": "D" * 40}, 3),
        ({"rev": 5}, 3),
        ({"narHash": "sha1-AAAA"}, 3),
        ({"lastModified": -1}, 3),
        ({"lastModified": "5"}, 3),
        ({"url": "ext::sh -c evil"}, 2),
        ({"url": "../server.git"}, 2),
        ({"url": None}, 2),
    ],
    ids=str,
)
def test_what_is_not_understood(flake: FlakeWorld, change: dict[str, Any], code: int) -> None:
    at_c(flake)
    flake.at(flake.world.b, **change)
    found = flake.report(code=1)[0]
    assert found["standing"] == "not-understood"
    assert found["detail"]
    for words in ([], ["it"], ["--in-place"]):
        flake.stays(*words, code=code)
    flake.at(flake.world.b)
    good_update(flake)


def test_a_revision_of_another_kind_of_repository(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.b, rev="d" * 64)
    found = flake.report(code=1)[0]
    assert (found["standing"], found["detail"]) == ("not-understood", "its revision is no SHA-1")
    flake.run("update")


def test_attributes_of_the_node_and_the_lock(flake: FlakeWorld) -> None:
    at_c(flake)
    flake.write({"it": {**flake.node(flake.world.b), "strange": 1}})
    assert flake.report(code=1)[0]["standing"] == "not-understood"
    flake.stays(code=3)
    document = json.loads(flake.at(flake.world.c))
    flake.lock.write_text(json.dumps({**document, "strange": 1}))
    assert "warning: strange: not known" in flake.run("check").err
    flake.lock.write_text(json.dumps({**json.loads(flake.at(flake.world.b)), "strange": 1}))
    flake.stays(code=3)
    flake.at(flake.world.b)
    good_update(flake)


def test_a_type_that_is_not_known(flake: FlakeWorld) -> None:
    """It might be a git repository."""
    at_c(flake)
    flake.write({"it": {"locked": {"type": "new", "url": flake.world.url}, "original": {}}})
    assert flake.report(code=1)[0]["standing"] == "not-understood"
    flake.stays(code=2)


def test_several_channels_on_one_repository(flake: FlakeWorld) -> None:
    world = flake.world
    world.publish({"refs/heads/stable": world.b})
    flake.channel("main")
    flake.channel("stable", "--branch", "stable")
    flake.write({"it": flake.node(world.a, ref=None), "old": flake.node(world.a, ref="stable")})
    assert "it is ambiguous" in flake.stays(code=2).err
    flake.stays("it", code=2)
    flake.write({"it": flake.node(world.a), "old": flake.node(world.a, ref="stable")})
    flake.run("update")
    assert flake.locked("it")["rev"] == world.c.hex()
    assert flake.locked("old")["rev"] == world.b.hex()
    evil = world.commit(world.b, signer=None)
    world.publish({"refs/heads/main": world.commit(world.c), "refs/heads/stable": evil})
    done = flake.stays(code=1)
    assert "(unsigned)" in done.out
    flake.run("update", "it")
    world.publish({"refs/heads/stable": world.c})
    flake.run("update")
    assert flake.locked("old")["rev"] == world.c.hex()


def test_a_nested_input_that_is_not_authentic(flake: FlakeWorld) -> None:
    """One with a channel below one without: it is checked, and only it can be moved."""
    world = flake.world
    evil = world.commit(world.c, signer="mallory")
    foo = {"type": "git", "url": "https://h.example/foo", "rev": "b" * 40, "narHash": NOTHING}
    nodes = {
        "foo": {
            "locked": foo,
            "original": {"type": "git", "url": "https://h.example/foo"},
            "inputs": {"deep": "deep"},
        },
        "deep": flake.node(evil),
    }
    world.publish({"refs/heads/main": evil})
    flake.channel()
    flake.write(nodes, {"foo": "foo"})
    found = {one["node"]: one for one in flake.report(code=1)}
    assert found["deep"]["paths"] == ["foo/deep"]
    assert found["deep"]["reason"] == "unauthorized-key"
    flake.stays(code=1)
    flake.stays("foo/deep", code=1)
    world.publish({"refs/heads/main": world.c})
    flake.run("update", "foo/deep")
    assert flake.locked("deep")["rev"] == world.c.hex()
    assert flake.locked("foo") == foo


def test_the_wrong_introduction(flake: FlakeWorld) -> None:
    world = flake.world
    words = ["--url", world.url, "--branch", "main", "--introduction", world.a.hex()]
    signer = "0" * 40
    world.nixauth("channel", "add", "it", *words, "--signer", signer)
    flake.at(world.b)
    assert flake.report(code=1)[0]["reason"] == "wrong-introduction-signer"
    flake.stays(code=1)
    flake.channel("it", "--replace")
    good_update(flake)


def test_a_server_that_is_away(flake: FlakeWorld) -> None:
    at_c(flake)
    flake.at(flake.world.b)
    away = flake.world.folder / "away"
    flake.world.server.rename(away)
    assert "fetch-failed" in flake.stays(code=3).err
    away.rename(flake.world.server)
    good_update(flake)


def test_a_damaged_pin(flake: FlakeWorld) -> None:
    """Without it a step back would go unnoticed."""
    at_c(flake)
    pin = flake.world.folder / "home/.local/share/nixauth/channels/it/pin.json"
    content = pin.read_bytes()
    pin.write_text("{}")
    flake.at(flake.world.b)
    assert "damaged-record" in flake.stays(code=3).err
    assert flake.report(code=3)[0]["error"]["kind"] == "damaged-record"
    pin.write_bytes(content)
    good_update(flake)


# --- what goes wrong on the way ---


def test_a_lock_that_cannot_be_written(flake: FlakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    at_c(flake)
    flake.at(flake.world.b)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        replace = durable.replace
        patch.setattr(
            durable,
            "replace",
            lambda path, *rest: full() if path.name == "flake.lock" else replace(path, *rest),
        )
        assert "No space left on device" in flake.stays(code=2).err
    good_update(flake)


def test_a_lock_that_somebody_else_changed_meanwhile(
    flake: FlakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_c(flake)
    theirs = flake.at(flake.world.a)
    flake.at(flake.world.b)
    ask = channel_update.ask

    def meanwhile(*words: Any) -> Any:
        found = ask(*words)
        flake.lock.write_bytes(theirs)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(channel_update, "ask", meanwhile)
        done = flake.run("update", code=3)
    assert "changed-file" in done.err
    assert flake.lock.read_bytes() == theirs
    good_update(flake)


def test_a_lock_that_is_removed_meanwhile(
    flake: FlakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_c(flake)
    flake.at(flake.world.b)
    ask = channel_update.ask

    def meanwhile(*words: Any) -> Any:
        flake.lock.unlink()
        return ask(*words)

    with monkeypatch.context() as patch:
        patch.setattr(channel_update, "ask", meanwhile)
        flake.run("update", code=2)
    assert not flake.lock.exists()


# --- Nix ---


@pytest.fixture
def nix_behind(nix_flake: FlakeWorld, nix: Nix) -> FlakeWorld:
    """A flake that Nix has locked to b, a channel whose branch is at c."""
    world = nix_flake.world
    nix_flake.channel()
    world.publish({"refs/heads/main": world.b})
    nix_flake.asks(f'it = {{ url = "git+{world.url}?ref=main"; flake = false; }};')
    nix.run("flake", "lock", f"path:{nix_flake.flake}")
    world.publish({"refs/heads/main": world.c})
    return nix_flake


def nix_accepts(nix: Nix, flake: FlakeWorld) -> None:
    before = flake.there()
    nix.run("flake", "metadata", "--json", f"path:{flake.flake}")
    assert flake.there() == before


@pytest.mark.parametrize("attack", PLAIN, ids=[one.name for one in PLAIN])
def test_nothing_is_fetched_by_nix_before_it_is_authentic(
    nix_behind: FlakeWorld, nix: Nix, attack: Attack
) -> None:
    world = nix_behind.world
    world.nixauth("channel", "update", "it")
    world.publish({"refs/heads/main": attack.make(world)})
    log = world.folder / "nix.log"
    nix_behind.with_nix(f'echo "$@" >> "{log}"\nexec "$NIX" "$@"')
    assert f"({attack.reason})" in nix_behind.stays(code=1).out
    assert not log.exists()
    good_update(nix_behind)
    assert "flake lock" in log.read_text()
    nix_accepts(nix, nix_behind)


EDITS: dict[str, tuple[str, str]] = {
    "another hash": (r's|"narHash": "[^"]*"|"narHash": "@NOTHING@"|', "fetched something else"),
    "another commit": (r's|"rev": "[^"]*"|"rev": "@B@"|', "to something else"),
    "no commit": (r's|"rev": "[^"]*",||', "to something else"),
    "another repository": (r"s|server\.git|other.git|", "to another repository"),
    "another repository for the content": (
        r'/"locked"/,/}/s|server\.git|other.git|',
        "to another repository",
    ),
    "a directory": (r's|"type": "git"|"type": "git", "dir": "x"|', "was locked before"),
    "what is no flake": (r's|"flake": false|"flake": true|', "was locked before"),
    "submodules": (r's|"type": "git"|"type": "git", "submodules": true|', "was locked before"),
    "Git LFS": (r's|"type": "git"|"type": "git", "lfs": true|', "was locked before"),
    "attributes": (r's|"type": "git"|"type": "git", "new": "x"|', "to something else"),
    "an input by another name": (r's|"it": "it"|"other": "it"|', "to something else"),
    "no lock": (r"d", "line 1, column 1"),
    "another version": (r's|"version": 7|"version": 8|', "not a version"),
}


@pytest.mark.parametrize(("edit", "said"), EDITS.values(), ids=EDITS.keys())
def test_nix_makes_another_lock(nix_behind: FlakeWorld, nix: Nix, edit: str, said: str) -> None:
    edit = edit.replace("@NOTHING@", NOTHING).replace("@B@", nix_behind.world.b.hex())
    nix_behind.with_nix(
        '"$NIX" "$@" || exit\n'
        'case "$*" in *"flake lock"*)\n'
        '  for word; do case "$word" in path:*) folder="${word#path:}";; esac; done\n'
        f"  sed -i '{edit}' \"$folder/flake.lock\";;\n"
        "esac"
    )
    done = nix_behind.stays(code=3)
    assert said in done.err, done.err
    nix_behind.with_real_nix()
    good_update(nix_behind)
    nix_accepts(nix, nix_behind)


@pytest.mark.parametrize("change", [{"new": "x"}, {"dirtyRev": "d" * 40 + "-dirty"}], ids=str)
def test_nix_does_not_change_what_is_not_changed_in_place(
    nix_behind: FlakeWorld, change: dict[str, str]
) -> None:
    """Nix might drop what is not understood, and with it what the content depends on."""
    nix_behind.at(nix_behind.world.b, **change)
    nix_behind.with_nix(
        'test "$1" = --version && exec "$NIX" "$@"\n'
        'for word; do case "$word" in path:*) folder="${word#path:}";; esac; done\n'
        'sed -i \'/"new"/d; /dirtyRev/d\' "$folder/flake.lock"\n'
        'exec "$NIX" "$@"'
    )
    assert "(pins)" in nix_behind.stays(code=3).err
    nix_behind.with_real_nix()
    nix_behind.at(nix_behind.world.b)
    good_update(nix_behind)


def test_nix_moves_another_input(nix_behind: FlakeWorld, nix: Nix) -> None:
    foo = {"type": "git", "url": "https://h.example/foo", "ref": "main", "rev": "b" * 40}
    foo |= {"narHash": NOTHING, "lastModified": 1}
    asked = {"type": "git", "url": "https://h.example/foo", "ref": "main"}
    text = f'it = {{ url = "git+{nix_behind.world.url}?ref=main"; flake = false; }};'
    nix_behind.asks(text + 'foo = { url = "git+https://h.example/foo?ref=main"; flake = false; };')
    node = {"locked": foo, "original": asked, "flake": False}
    nix_behind.write({"it": nix_behind.node(nix_behind.world.b), "foo": node})
    nix_behind.with_nix(
        '"$NIX" "$@" || exit\n'
        'for word; do case "$word" in path:*) folder="${word#path:}";; esac; done\n'
        f'test -z "$folder" || sed -i "s/{"b" * 40}/{"e" * 40}/" "$folder/flake.lock"'
    )
    assert "Nix changed foo as well" in nix_behind.stays(code=3).err
    nix_behind.with_real_nix()
    nix_behind.run("update")
    assert nix_behind.locked("foo") == foo


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo broken >&2; exit 1", "broken"),
        ('test "$1" = --version && exec "$NIX" "$@"; echo broken >&2; exit 7', "broken"),
        ('test "$1" = --version && exec "$NIX" "$@"; kill -9 $$', "failed"),
        ('test "$1" = --version && exec "$NIX" "$@"; exit 0', "something else"),
        (
            'test "$1" = --version && exec "$NIX" "$@"; printf "\\033[31mred\\n\\200" >&2; exit 1',
            "red",
        ),
        (
            'test "$1" = --version && exec "$NIX" "$@"; printf "x%05000d" 1 >&2; exit 1',
            "x0000",
        ),
    ],
    ids=["always", "lock", "killed", "does nothing", "hostile words", "many words"],
)
def test_nix_fails(nix_behind: FlakeWorld, script: str, said: str) -> None:
    nix_behind.with_nix(script)
    done = nix_behind.stays(code=3)
    assert said in done.err
    assert "(nix-failed)" in done.err
    assert "\x1b" not in done.err
    assert len(done.err) < 1000
    nix_behind.with_real_nix()
    good_update(nix_behind)


def test_nix_that_cannot_be_started(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.b)
    flake.with_nix("")
    (flake.world.folder / "wrapped/nix").write_bytes(b"\x7fELF")
    assert "(nix-failed)" in flake.stays(code=3).err
    flake.with_real_nix()
    good_update(flake)


def test_flake_nix_that_is_broken(nix_behind: FlakeWorld) -> None:
    text = (nix_behind.flake / "flake.nix").read_text()
    (nix_behind.flake / "flake.nix").write_text("{")
    assert "(nix-failed)" in nix_behind.stays(code=3).err
    (nix_behind.flake / "flake.nix").write_text(text)
    good_update(nix_behind)


# --- killed ---


def waiting(flake: FlakeWorld, started: Path) -> None:
    """Have Nix wait once it was told to lock."""
    flake.with_nix(
        'test "$1" = --version && exec "$NIX" "$@"\n'
        f'"$NIX" "$@"; touch "{started}"; sleep 60 >/dev/null 2>&1'
    )


def started_update(flake: FlakeWorld, started: Path) -> subprocess.Popen[bytes]:
    box = flake.world.box
    process = subprocess.Popen(
        box.command("flake", "update", "--lock", flake.lock),
        env=box.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_in_between(nix_behind: FlakeWorld, number: signal.Signals) -> None:
    started = nix_behind.world.folder / "started"
    before = nix_behind.there()
    waiting(nix_behind, started)
    process = started_update(nix_behind, started)
    os.killpg(process.pid, number)
    assert process.wait(60) != 0
    assert nix_behind.there() == before
    nix_behind.with_real_nix()
    good_update(nix_behind)


def test_killed_before_the_new_lock_takes_the_place_of_the_old(
    flake: FlakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_c(flake)
    flake.at(flake.world.b)
    before = flake.lock.read_bytes()
    replace: Callable[..., Any] = Path.replace

    def killed(path: Path, target: Path) -> Path:
        if Path(target).name == "flake.lock":
            raise KeyboardInterrupt
        return Path(replace(path, target))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        done = flake.world.box.run("flake", "update", "--lock", flake.lock)
    assert done.code == 130
    assert flake.lock.read_bytes() == before
    assert sorted(flake.there()) == ["flake.lock", "flake.nix"]
    good_update(flake)


def test_updates_at_once(flake: FlakeWorld) -> None:
    """One of them writes; another one finds the lock changed, or nothing new."""
    flake.channel()
    flake.at(flake.world.b)
    box = flake.world.box
    box.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", box.environment["PYTHONPATH"])
    command = box.command("flake", "update", "--lock", flake.lock)
    processes = [
        subprocess.Popen(
            command, env=box.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    codes = []
    for process in processes:
        _, said = process.communicate(timeout=100)
        codes.append(process.returncode)
        assert process.returncode == 0 or b"(changed-file)" in said, said
    assert 0 in codes
    assert flake.locked() == flake.attributes(flake.world.c)


# --- what else a lock says ---


def test_time_that_is_not_the_commits(flake: FlakeWorld) -> None:
    """Nix believes it where it has the tree already, and versions are made of it."""
    at_c(flake)
    flake.at(flake.world.c, lastModified=1)
    found = flake.report(code=1)[0]
    assert found["standing"] == "other-content"
    assert "its lastModified is 1" in found["detail"]
    flake.at(flake.world.c, lastModified=None)
    flake.run("check", "--require-all")
    good_update(flake)


def test_forged_tip_that_is_gone_refuses_nothing(flake: FlakeWorld) -> None:
    """A server that once showed a forged tip is asked again before a good lock is refused."""
    world = flake.world
    at_c(flake)
    good = world.commit(world.c)
    world.publish({"refs/heads/main": world.commit(good, signer=None)})
    world.nixauth("channel", "update", "it", code=1)
    flake.at(good)
    before = flake.there()
    done = flake.run("check", code=1)
    assert "(not-on-branch)" in done.out
    world.publish({"refs/heads/main": good})
    flake.run("check", "--require-all")
    assert flake.there() == before


def test_server_that_cannot_be_asked_again(flake: FlakeWorld) -> None:
    """What was known before is what counts, and that is said."""
    world = flake.world
    at_c(flake)
    good = world.commit(world.c)
    world.publish({"refs/heads/main": world.commit(good, signer=None)})
    world.nixauth("channel", "update", "it", code=1)
    flake.at(good)
    world.server.rename(world.folder / "away")
    done = flake.run("check", code=1)
    assert "(not-on-branch)" in done.out
    assert "as of the last update" in done.out


def test_lock_at_the_pin_is_no_step(flake: FlakeWorld) -> None:
    """A forged tip does not make what was accepted before it refused."""
    world = flake.world
    at_c(flake)
    flake.at(world.c)
    world.publish({"refs/heads/main": world.commit(world.c, signer=None)})
    world.nixauth("channel", "update", "it", code=1)
    flake.run("check", "--require-all")
