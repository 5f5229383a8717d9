"""`nixauth flake update`: with Nix, with `--in-place`, and without Nix."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.flakes.flake_world import NOTHING, FlakeWorld
from tests.support.nix import Nix
from tests.unit.cli.places import Result

TARBALL = {"type": "tarball", "url": "https://h.example/x"}


def nix_lock(nix: Nix, flake: FlakeWorld) -> None:
    """Have Nix make the lock."""
    nix.run("flake", "lock", f"path:{flake.flake}")


def nix_accepts(nix: Nix, flake: FlakeWorld) -> dict[str, Any]:
    """Have Nix read the flake, which fetches its inputs, and must leave the lock alone."""
    before = flake.there()
    nix.run("flake", "metadata", "--json", "--no-update-lock-file", f"path:{flake.flake}")
    found = json.loads(nix.run("flake", "metadata", "--json", f"path:{flake.flake}").out)
    nix.run("flake", "lock", f"path:{flake.flake}")
    assert flake.there() == before
    locks: dict[str, Any] = found["locks"]
    assert locks == json.loads(flake.lock.read_text())
    return locks


# --- without Nix ---


@pytest.fixture
def behind(flake: FlakeWorld) -> FlakeWorld:
    """A flake at b, a channel whose branch is at c, and no Nix."""
    flake.channel()
    flake.at(flake.world.b)
    return flake


def test_without_nix_the_lock_is_edited(behind: FlakeWorld) -> None:
    before = behind.lock.read_text()
    b, c = behind.attributes(behind.world.b), behind.attributes(behind.world.c)
    done = behind.run("update")
    expected = before.replace(b["rev"], c["rev"]).replace(b["narHash"], c["narHash"])
    expected = expected.replace(str(b["lastModified"]), str(c["lastModified"]))
    assert behind.lock.read_text() == expected
    assert f"it: authentic, updated to {c['rev']}\n" in done.out
    assert f"it: {b['rev']} -> {c['rev']} (authentic, channel it)\n" in done.out
    assert done.out.endswith(f"{behind.lock}: written\n")
    assert behind.pins() == {"main": c["rev"]}
    behind.run("check")


def test_nothing_new(behind: FlakeWorld) -> None:
    behind.run("update", "-q")
    before = behind.lock.stat()
    done = behind.run("update")
    assert done.out.endswith(f"{behind.lock}: nothing new\n")
    now = behind.lock.stat()
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert behind.run("update", "-q") == Result(0, "", "")


def test_quiet(behind: FlakeWorld) -> None:
    assert behind.run("update", "-q") == Result(0, "", "")
    assert behind.locked()["rev"] == behind.world.c.hex()


def test_named_inputs(flake: FlakeWorld) -> None:
    b, c = flake.world.b, flake.world.c
    flake.world.publish({"refs/heads/two": c})
    flake.channel()
    flake.channel("two", "--branch", "two")
    flake.write({"one": flake.node(b), "two": flake.node(b, ref="two")})
    flake.run("update", "one")
    assert (flake.locked("one")["rev"], flake.locked("two")["rev"]) == (c.hex(), b.hex())


def test_named_inputs_that_are_behind_what_was_accepted(flake: FlakeWorld) -> None:
    """`two` would be refused by a check, so the update of `one` alone is."""
    b, c = flake.world.b, flake.world.c
    flake.channel()
    flake.at(b)
    flake.run("update")
    flake.write({"one": flake.node(b), "two": flake.node(b)})
    done = flake.stays("one", code=1)
    assert "two: refused" in done.out
    flake.run("update", "one", "two")
    assert (flake.locked("one")["rev"], flake.locked("two")["rev"]) == (c.hex(), c.hex())


def test_an_input_by_a_path_of_its_own(flake: FlakeWorld) -> None:
    b = flake.world.b
    nodes = {"foo": flake.node(b, inputs={"bar": "bar"}), "bar": flake.node(b)}
    flake.channel()
    flake.write(nodes, {"foo": "foo", "alias": ["foo", "bar"]})
    for path in ("foo/bar", "alias"):
        flake.write(nodes, {"foo": "foo", "alias": ["foo", "bar"]})
        flake.stays("nothing", code=2)
        flake.world.nixauth("flake", "update", path, "foo", "--lock", flake.lock)
        assert flake.locked("bar")["rev"] == flake.world.c.hex()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone"], "no input 'gone'"),
        (["it/gone"], "no input"),
        ([""], "no input"),
        (["foo"], "foo is unauthenticated"),
    ],
)
def test_inputs_that_cannot_be_updated(flake: FlakeWorld, words: list[str], said: str) -> None:
    flake.channel()
    foo = {"locked": TARBALL, "original": TARBALL}
    flake.write({"it": flake.node(flake.world.b), "foo": foo})
    assert said in flake.stays(*words, code=2).err
    flake.run("update")


def test_no_channel_for_any_input(flake: FlakeWorld) -> None:
    flake.at(flake.world.b)
    assert "no input of this lock has a channel" in flake.stays(code=2).err


def test_an_input_without_a_channel_stays(flake: FlakeWorld) -> None:
    flake.channel()
    foo = {"locked": TARBALL, "original": TARBALL}
    flake.write({"it": flake.node(flake.world.b), "foo": foo})
    flake.run("update")
    assert flake.locked("foo") == foo["locked"]
    assert flake.locked()["rev"] == flake.world.c.hex()


def test_a_link_stays_one(behind: FlakeWorld) -> None:
    elsewhere = behind.world.folder / "elsewhere.lock"
    behind.lock.rename(elsewhere)
    behind.lock.symlink_to(elsewhere)
    behind.run("update")
    assert behind.lock.is_symlink()
    assert json.loads(elsewhere.read_text()) == json.loads(behind.lock.read_text())
    assert behind.locked()["rev"] == behind.world.c.hex()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_the_mode_stays(behind: FlakeWorld, mode: int) -> None:
    behind.lock.chmod(mode)
    behind.run("update")
    assert behind.lock.stat().st_mode & 0o777 == mode
    assert behind.locked()["rev"] == behind.world.c.hex()


def test_an_input_that_is_ahead_stays(behind: FlakeWorld) -> None:
    """The lock is at c already, which is authentic, and the channel's server still says b."""
    world = behind.world

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(world.b.hex().encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    behind.channel("it", "--replace", "--revision-url", f"http://127.0.0.1:{server.server_port}/r")
    behind.at(world.c)
    before = behind.lock.read_bytes()
    done = behind.run("update")
    server.shutdown()
    server.server_close()
    assert behind.pins() == {"main": world.b.hex()}
    assert f"it stays: it is ahead of the channel's {world.b.hex()}" in done.err
    assert behind.lock.read_bytes() == before


def test_a_server_that_went_back(flake: FlakeWorld) -> None:
    """Nothing was accepted before, but what is locked came here once, and is authentic."""
    world = flake.world
    flake.channel()
    flake.at(world.c)
    flake.run("check")
    world.publish({"refs/heads/main": world.b})
    done = flake.stays(code=1)
    assert "(not-on-branch)" in done.out
    world.publish({"refs/heads/main": world.c})
    flake.run("update")
    assert flake.locked()["rev"] == world.c.hex()


def test_a_server_that_went_back_is_said(flake: FlakeWorld) -> None:
    """No pin is there to compare with, and the commit that was locked is not sent any more."""
    world = flake.world
    flake.channel()
    flake.at(world.c)
    world.publish({"refs/heads/main": world.b})
    done = flake.run("update")
    assert f"warning: it was locked to {world.c.hex()}, which the branch main" in done.err


def test_versions_5_and_6_keep_their_form(flake: FlakeWorld) -> None:
    flake.channel()
    for version in (5, 6):
        flake.write({"it": flake.node(flake.world.b)}, version=version)
        flake.run("update")
        document = json.loads(flake.lock.read_text())
        assert document["version"] == version
        assert document["nodes"]["it"]["locked"] == flake.attributes(flake.world.c)


def test_a_branch_that_is_not_the_channels(flake: FlakeWorld) -> None:
    flake.channel()
    flake.write({"it": flake.node(flake.world.b, ref="other")})
    assert "of the branch other" in flake.stays(code=2).err


def test_a_commit_that_flake_nix_asks_for(flake: FlakeWorld) -> None:
    flake.channel()
    node = flake.node(flake.world.b)
    node["original"]["rev"] = flake.world.b.hex()
    flake.write({"it": node})
    assert "flake.nix asks for one commit" in flake.stays(code=3).err


def test_without_a_number_of_commits(flake: FlakeWorld) -> None:
    """Nix compares it where it is there, and nobody has counted."""
    flake.channel()
    flake.at(flake.world.b, revCount=2)
    flake.run("update")
    assert flake.locked() == flake.attributes(flake.world.c)


# --- with Nix ---


@pytest.fixture
def nix_behind(nix_flake: FlakeWorld, nix: Nix) -> FlakeWorld:
    """A flake that Nix has locked to b, a channel whose branch is at c."""
    world = nix_flake.world
    nix_flake.channel()
    world.publish({"refs/heads/main": world.b})
    nix_flake.asks(f'it = {{ url = "git+{world.url}?ref=main"; flake = false; }};')
    nix_lock(nix, nix_flake)
    assert nix_flake.locked()["rev"] == world.b.hex()
    world.publish({"refs/heads/main": world.c})
    return nix_flake


@pytest.mark.parametrize("words", [[], ["it"], ["--in-place"]])
def test_nix_accepts_the_lock(nix_behind: FlakeWorld, nix: Nix, words: list[str]) -> None:
    before = nix_behind.lock.read_bytes()
    nix_behind.run("update", *words)
    assert nix_behind.lock.read_bytes() != before
    locks = nix_accepts(nix, nix_behind)
    locked = locks["nodes"]["it"]["locked"]
    counted = {"revCount": 3} if "--in-place" not in words else {}
    assert locked == nix_behind.attributes(nix_behind.world.c) | counted
    nix_behind.run("check")
    done = nix_behind.run("update", *words)
    assert "nothing new" in done.out


def test_nix_alone_goes_where_the_branch_is_and_is_held_against_the_channel(
    nix_behind: FlakeWorld, nix: Nix
) -> None:
    """`nix flake update` asks nobody; a check after it does."""
    world = nix_behind.world
    nix_behind.run("update")
    evil = world.commit(world.c, signer="mallory")
    world.publish({"refs/heads/main": evil})
    nix.run("flake", "update", f"path:{nix_behind.flake}", "--tarball-ttl", "0")
    if nix_behind.locked()["rev"] != evil.hex():
        pytest.fail("Nix did not move the input")
    found = nix_behind.report(code=1)[0]
    assert (found["standing"], found["reason"]) == ("refused", "unauthorized-key")


def test_the_flake_is_only_read(nix_behind: FlakeWorld, nix: Nix) -> None:
    """What flake.nix puts out is evaluated neither by the update nor by the check."""
    text = f'it = {{ url = "git+{nix_behind.world.url}?ref=main"; flake = false; }};'
    nix_behind.asks(text, 'builtins.abort "evaluated"')
    nix_behind.run("update")
    assert nix_behind.locked()["rev"] == nix_behind.world.c.hex()


def test_follows_stay(nix_flake: FlakeWorld, nix: Nix) -> None:
    """`pk` at the top follows what foo locks: Nix drops that where `pk` itself is overridden."""
    world = nix_flake.world
    world.publish({"refs/heads/main": world.b})
    foo = world.folder / "foo"
    foo.mkdir()
    (foo / "flake.nix").write_text(
        f'{{ inputs.pk = {{ url = "git+{world.url}?ref=main"; flake = false; }};'
        " outputs = _: { }; }\n"
    )
    commit_here(world, foo)
    nix_flake.channel()
    nix_flake.asks(f'foo.url = "git+file://{foo}?ref=main"; pk.follows = "foo/pk";')
    nix_lock(nix, nix_flake)
    world.publish({"refs/heads/main": world.c})
    done = nix_flake.run("update")
    assert f"foo/pk: {world.b.hex()} -> {world.c.hex()} (authentic, channel it)\n" in done.out
    document = json.loads(nix_flake.lock.read_text())
    assert document["nodes"]["root"]["inputs"] == {"foo": "foo", "pk": ["foo", "pk"]}
    assert nix_flake.locked("pk")["rev"] == world.c.hex()
    nix_accepts(nix, nix_flake)


def commit_here(world: Any, folder: Path) -> str:
    """Commit all of a folder, which nobody signs, and return the commit."""
    if not (folder / ".git").exists():
        world.git("init", "-q", "-b", "main", at=folder)
    world.git("add", ".", at=folder)
    world.git("commit", "-q", "-m", "x", at=folder)
    return str(world.git("rev-parse", "HEAD", at=folder))


def test_inputs_below_one_that_moves_are_named(nix_flake: FlakeWorld, nix: Nix) -> None:
    """What an authentic commit asks for is taken as its lock has it; who has no channel is said."""
    world = nix_flake.world
    dep = world.folder / "dep"
    dep.mkdir()
    (dep / "a").write_text("1")
    first = commit_here(world, dep)
    asked = f'{{ inputs.dep = {{ url = "git+file://{dep}?ref=main"; flake = false; }};'
    text = f"{asked} outputs = _: {{ }}; }}\n"
    d = nix_flake.commit(world.c, files={"flake.nix": text})
    world.publish({"refs/heads/main": d})
    nix_flake.channel()
    nix_flake.asks(f'it.url = "git+{world.url}?ref=main";')
    nix_lock(nix, nix_flake)
    (dep / "a").write_text("2")
    second = commit_here(world, dep)
    e = nix_flake.commit(d, files={"flake.nix": text, "new": "1"})
    world.publish({"refs/heads/main": e})
    assert nix_flake.locked("dep")["rev"] == first
    done = nix_flake.run("update")
    assert nix_flake.locked()["rev"] == e.hex()
    assert nix_flake.locked("dep")["rev"] == second
    assert f"it/dep: {first} -> {second} (unauthenticated, no channel)\n" in done.out
    nix_accepts(nix, nix_flake)


def test_inputs_below_are_as_the_authentic_tree_has_them(nix_flake: FlakeWorld, nix: Nix) -> None:
    """The lock in that tree names the first commit; the branch is elsewhere by now."""
    world = nix_flake.world
    dep = world.folder / "dep"
    dep.mkdir()
    (dep / "a").write_text("1")
    first = commit_here(world, dep)
    other = world.folder / "library"
    other.mkdir()
    text = (
        f'{{ inputs.dep = {{ url = "git+file://{dep}?ref=main"; flake = false; }};'
        " outputs = _: { }; }\n"
    )
    (other / "flake.nix").write_text(text)
    nix.run("flake", "lock", f"path:{other}")
    d = nix_flake.commit(world.c, files={"flake.nix": "{ outputs = _: { }; }\n"})
    world.publish({"refs/heads/main": d})
    nix_flake.channel()
    nix_flake.asks(f'it.url = "git+{world.url}?ref=main";')
    nix_lock(nix, nix_flake)
    (dep / "a").write_text("2")
    commit_here(world, dep)
    lock = (other / "flake.lock").read_text()
    e = nix_flake.commit(d, files={"flake.nix": text, "flake.lock": lock})
    world.publish({"refs/heads/main": e})
    done = nix_flake.run("update")
    assert f"it/dep: new -> {first} (unauthenticated, no channel)\n" in done.out
    nix_accepts(nix, nix_flake)


def test_an_input_below_that_has_a_channel_is_held_against_it(
    nix_flake: FlakeWorld, nix: Nix
) -> None:
    """An authentic commit of one repository asks for another one that has a channel, too."""
    world = nix_flake.world
    world.publish({"refs/heads/lib": world.c})
    text = (
        f'{{ inputs.lib = {{ url = "git+{world.url}?ref=lib"; flake = false; }};'
        " outputs = _: { }; }\n"
    )
    d = nix_flake.commit(world.c, files={"flake.nix": "{ outputs = _: { }; }\n"})
    world.publish({"refs/heads/main": d})
    nix_flake.channel()
    nix_flake.channel("lib", "--branch", "lib")
    nix_flake.asks(f'it.url = "git+{world.url}?ref=main";')
    nix_lock(nix, nix_flake)
    evil = world.commit(world.c, signer="mallory")
    e = nix_flake.commit(d, files={"flake.nix": text})
    world.publish({"refs/heads/main": e, "refs/heads/lib": evil})
    done = nix_flake.stays(code=1)
    assert "it/lib: refused (channel lib)" in done.out
    assert "(unauthorized-key)" in done.out
    good = world.commit(world.c)
    world.publish({"refs/heads/lib": good})
    done = nix_flake.run("update")
    assert f"it/lib: new -> {good.hex()} (authentic, channel lib)\n" in done.out
    nix_accepts(nix, nix_flake)


def test_flake_nix_is_newer_than_its_lock(nix_behind: FlakeWorld, nix: Nix) -> None:
    """Nix would lock the new input, of which nobody was asked."""
    world = nix_behind.world
    other = world.folder / "other"
    other.mkdir()
    (other / "a").write_text("1")
    commit_here(world, other)
    text = f'it = {{ url = "git+{world.url}?ref=main"; flake = false; }};'
    new = f'new = {{ url = "git+file://{other}?ref=main"; flake = false; }};'
    nix_behind.asks(text + new)
    done = nix_behind.stays(code=3)
    assert "Nix changed new as well, which was not asked for" in done.err
    nix_lock(nix, nix_behind)
    nix_behind.run("update")
    nix_accepts(nix, nix_behind)


def test_flake_nix_is_not_there(nix_behind: FlakeWorld) -> None:
    (nix_behind.flake / "flake.nix").unlink()
    assert "--in-place" in nix_behind.stays(code=2).err
    nix_behind.run("update", "--in-place")
    assert nix_behind.locked()["rev"] == nix_behind.world.c.hex()


def test_an_input_by_a_relative_path_stays(nix_behind: FlakeWorld, nix: Nix) -> None:
    world = nix_behind.world
    sub = nix_behind.flake / "sub"
    sub.mkdir()
    (sub / "flake.nix").write_text("{ outputs = _: { }; }\n")
    text = f'it = {{ url = "git+{world.url}?ref=main"; flake = false; }};'
    nix_behind.asks(f'{text} sub.url = "path:{sub}";')
    nix_lock(nix, nix_behind)
    before = nix_behind.locked("sub")
    nix_behind.run("update")
    assert nix_behind.locked("sub") == before
    assert nix_behind.locked()["rev"] == world.c.hex()
    found = {one["node"]: one["standing"] for one in nix_behind.report()}
    assert found == {"it": "authentic", "sub": "unauthenticated"}


def test_a_symlinked_lock(nix_behind: FlakeWorld, nix: Nix) -> None:
    """flake.nix is looked for beside the link."""
    elsewhere = nix_behind.world.folder / "elsewhere.lock"
    nix_behind.lock.rename(elsewhere)
    nix_behind.lock.symlink_to(elsewhere)
    nix_behind.run("update")
    assert nix_behind.lock.is_symlink()
    assert nix_behind.locked()["rev"] == nix_behind.world.c.hex()


def test_a_branch_whose_name_needs_escapes(nix_flake: FlakeWorld, nix: Nix) -> None:
    world = nix_flake.world
    branch = "a+b%20/é&c=d"
    ref = f"refs/heads/{branch}"
    world.publish({ref: world.b})
    nix_flake.channel("it", "--branch", branch)
    nix_flake.asks(
        f'it = {{ type = "git"; url = "{world.url}"; ref = "{branch}"; flake = false; }};'
    )
    nix_lock(nix, nix_flake)
    world.publish({ref: world.c})
    nix_flake.run("update")
    assert nix_flake.locked()["ref"] == branch
    assert nix_flake.locked()["rev"] == world.c.hex()
    nix_accepts(nix, nix_flake)


def test_a_wrong_hash_at_the_right_commit(nix_behind: FlakeWorld, nix: Nix) -> None:
    nix_behind.at(nix_behind.world.c, narHash=NOTHING)
    nix_behind.run("check", code=1)
    nix_behind.run("update")
    assert nix_behind.locked()["narHash"] == nix_behind.hash(nix_behind.world.c)
    nix_accepts(nix, nix_behind)


@pytest.mark.parametrize("words", [[], ["--in-place"]], ids=["by Nix", "in place"])
def test_a_tree_with_attributes(nix_behind: FlakeWorld, nix: Nix, words: list[str]) -> None:
    """The lock has the hash that this Nix takes."""
    world = nix_behind.world
    made = nix_behind.commit(
        world.c, files={".gitattributes": "gone export-ignore\n", "gone": "x\n"}
    )
    world.publish({"refs/heads/main": made})
    nix_behind.run("update", *words)
    assert (nix_behind.locked()["narHash"] != nix_behind.hash(made)) == nix.archives()
    nix_accepts(nix, nix_behind)
    nix_behind.run("check")


def test_in_place_though_nix_is_broken(nix_behind: FlakeWorld, nix: Nix) -> None:
    nix_behind.with_nix("exit 1")
    nix_behind.run("update", "--in-place")
    nix_behind.with_real_nix()
    nix_accepts(nix, nix_behind)


def test_an_older_input_below_follows_or_is_refused(nix_flake: FlakeWorld, nix: Nix) -> None:
    """What an authentic commit asks for may be older than what was accepted of its channel."""
    world = nix_flake.world
    world.publish({"refs/heads/lib": world.c})
    lib = f'url = "git+{world.url}?ref=lib"; flake = false;'
    old = {
        "nodes": {
            "lib": nix_flake.node(world.b, ref="lib"),
            "root": {"inputs": {"lib": "lib"}},
        },
        "root": "root",
        "version": 7,
    }
    text = f"{{ inputs.lib = {{ {lib} }}; outputs = _: {{ }}; }}\n"
    d = nix_flake.commit(world.c, files={"flake.nix": "{ outputs = _: { }; }\n"})
    world.publish({"refs/heads/main": d})
    nix_flake.channel()
    nix_flake.channel("lib", "--branch", "lib")
    nix_flake.asks(f'it.url = "git+{world.url}?ref=main"; lib = {{ {lib} }};')
    nix.run("flake", "lock", f"path:{nix_flake.flake}")
    nix_flake.run("update")
    e = nix_flake.commit(d, files={"flake.nix": text, "flake.lock": json.dumps(old)})
    world.publish({"refs/heads/main": e})
    done = nix_flake.stays(code=1)
    assert "it/lib: refused (channel lib)" in done.out
    assert "(not-descendant)" in done.out
    follows = 'inputs.lib.follows = "lib";'
    nix_flake.asks(f'it = {{ url = "git+{world.url}?ref=main"; {follows} }}; lib = {{ {lib} }};')
    nix_flake.run("update")
    assert nix_flake.locked()["rev"] == e.hex()
    nix_accepts(nix, nix_flake)
