"""Ways around a server's hook, each of which is closed."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.hooks.world import World, certificates

NOBODY = b"\0" * 20


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def protect(world: World, *options: str, trust: Sequence[str] = ()) -> None:
    world.nixauth("trust", *world.introduction, *trust, "-C", world.server)
    world.nixauth("hook", "install", "--server", *options, "-C", world.server)


def pusher(world: World, *commits: bytes) -> Path:
    world.git("clone", "-q", world.url, "pusher")
    world.write(world.folder / "pusher")
    return world.folder / "pusher"


def raw_push(
    world: World, commands: Sequence[tuple[bytes, bytes, str]], **environment: str
) -> bytes:
    """Push by the bare protocol: the old value is whatever the pusher claims."""
    lines = b""
    for number, (old, new, ref) in enumerate(commands):
        line = f"{old.hex()} {new.hex()} {ref}".encode() + (b"" if number else b"\0report-status")
        lines += b"%04x" % (len(line) + 4) + line
    pack = b"PACK" + (2).to_bytes(4, "big") + (0).to_bytes(4, "big")
    done = subprocess.run(
        ["git", "receive-pack", str(world.server)],
        input=lines + b"0000" + pack + hashlib.sha1(pack).digest(),
        capture_output=True,
        check=False,
        env={**world.box.environment, **environment},
        cwd=world.folder,
    )
    return done.stdout + done.stderr


def test_a_symbolic_ref_of_the_server_is_no_way_around(world: World) -> None:
    """master -> main, as after a rename: a push to master moves main, unasked."""
    protect(world, "--protect", "main")
    world.git("symbolic-ref", "refs/heads/master", "refs/heads/main", at=world.server)
    evil = world.commit(world.c, signer=None)
    at = pusher(world)
    world.try_git("push", "origin", f"{evil.hex()}:refs/heads/master", at=at)
    assert world.at("refs/heads/main", world.server) == world.c


def test_a_branch_that_also_holds_keys_is_protected_when_it_is_named(world: World) -> None:
    """Keys kept in main itself: main drops out of protection, and install says it is in."""
    keyrings = ["--keyring", "refs/heads/main", "--keyring", "refs/heads/keyring"]
    protect(world, "--protect", "main", trust=keyrings)
    evil = world.commit(world.c, signer=None)
    at = pusher(world)
    world.try_git("push", "origin", f"{evil.hex()}:refs/heads/main", at=at)
    assert world.at("refs/heads/main", world.server) == world.c


def test_the_old_value_that_git_will_compare_with_is_asked_about(world: World) -> None:
    """The pusher claims old = d, which is not there yet; d lands between the hook and the

    transaction (here: in the update hook), git finds old = d true, and main goes from d to e, which
    is no step forward from d. A removed key undoes its removal so.
    """
    protect(world, "--protect", "main")
    d = world.commit(world.c, people=("alice",))  # bob is removed
    e = world.commit(world.c, signer="bob")
    world.write(world.server)
    late = world.server / "hooks" / "update"
    late.write_text(f"#!/bin/sh\ngit update-ref refs/heads/main {d.hex()} {world.c.hex()}\n")
    late.chmod(0o755)
    raw_push(world, [(d, e, "refs/heads/main")])
    assert world.at("refs/heads/main", world.server) != e


def test_a_ref_named_twice_goes_forward_each_time(world: World) -> None:
    """c -> d and d -> e in one push: each is forward from c, the second not from d."""
    protect(world, "--protect", "main")
    d = world.commit(world.c, people=("alice",))
    e = world.commit(world.c, signer="bob")
    world.write(world.server)
    raw_push(world, [(world.c, d, "refs/heads/main"), (d, e, "refs/heads/main")])
    assert world.at("refs/heads/main", world.server) != e


def test_a_namespace_is_not_judged_by_the_refs_outside_of_it(world: World) -> None:
    """With GIT_NAMESPACE git says refs/heads/main and means refs/namespaces/x/…."""
    protect(world, "--protect", "main")
    d = world.commit(world.c, people=("alice",))
    e = world.commit(world.c, signer="bob")
    world.write(world.server)
    ref = "refs/namespaces/x/refs/heads/main"
    world.git("update-ref", ref, d.hex(), at=world.server)
    raw_push(world, [(d, e, "refs/heads/main")], GIT_NAMESPACE="x")
    assert world.at(ref, world.server) == d


def test_replacements_cannot_be_pushed_beside_protected_refs(world: World) -> None:
    """refs/replace/<tip>: `git archive`, `show`, cgit on the server give out other files."""
    protect(world, "--protect", "main")
    evil = world.commit(world.c, signer=None)
    at = pusher(world)
    world.try_git("push", "origin", f"{evil.hex()}:refs/replace/{world.c.hex()}", at=at)
    plain = world.git("--no-replace-objects", "show", "main:pkgs/a.nix", at=world.server)
    assert world.git("show", "main:pkgs/a.nix", at=world.server) == plain


def test_a_pattern_that_cannot_be_read_again_is_not_written(world: World) -> None:
    """Accepted by install, and then every push to any ref is refused."""
    world.nixauth("trust", *world.introduction, "-C", world.server)
    done = world.box.process(
        "hook", "install", "--server", "--protect", "refs/tags/v*", "-C", world.server
    )
    assert done.code == 2


def test_report_only_reports_only(world: World) -> None:
    """Whatever concerns all refs at once (a record, here) stops pushes in spite of it."""
    protect(world, "--protect", "main", "--report-only")
    at = pusher(world)
    d = world.commit(world.c)
    world.write(at)
    world.git("config", "nixauth.introductionSigner", "x", at=world.server)
    done = world.try_git("push", "origin", f"{d.hex()}:refs/heads/main", at=at)
    assert done.code == 0


def test_a_deleted_keyring_says_how_to_get_it_back(world: World) -> None:
    """Any pusher can stop all others by pushing an empty keyring; the hint names a fetch."""
    protect(world, "--protect", "main")
    at = pusher(world)
    d, empty = world.commit(world.c), world.maker.keyring(certificates("mallory"))
    world.write(at)
    world.git("push", "-q", "origin", f"+{empty.hex()}:refs/heads/keyring", at=at)
    done = world.try_git("push", "origin", f"{d.hex()}:refs/heads/main", at=at)
    assert done.code != 0
    assert "push the keyring" in done.err
