"""Trees that lead elsewhere end in no pin, and those that cannot be written in no tree."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from nixauth.nar.on_disk import hash_path
from tests.channels.following import Follower
from tests.support import commits, openpgp

Entries = list[tuple[str, str, bytes]]


def with_tree(follower: Follower, make: object, number: int = 0) -> bytes:
    """Publish a signed commit whose tree has these entries beside the file of who may sign."""
    world = follower.world
    objects = world.maker.objects
    listed = world.git("show", f"{world.c.hex()}:.authorizations", at=world.server) + "\n"
    entries: Entries = [(".authorizations", "100644", blob(objects, listed.encode()))]
    entries += make(objects)  # type: ignore[operator]
    tree = commits.add(
        objects, "tree", commits.tree_content([(mode, name, oid) for name, mode, oid in entries])
    )
    raw = commits.commit_content(tree, [world.c], date=commits.EPOCH + 5000 + number)
    made = commits.add(objects, "commit", commits.signed_by(raw, openpgp.key("bob").sign))
    follower.publish(made)
    return made


def blob(objects: commits.Objects, content: bytes = b"evil") -> bytes:
    return commits.add(objects, "blob", content)


def folder(objects: commits.Objects, name: str = "f") -> bytes:
    return commits.add(objects, "tree", commits.tree_content([("100644", name, blob(objects))]))


HOSTILE = {
    "..": lambda o: [("..", "40000", folder(o))],
    ".": lambda o: [(".", "40000", folder(o))],
    ".. a file": lambda o: [("..", "100644", blob(o))],
    "slash": lambda o: [("../../evil", "100644", blob(o))],
    "absolute": lambda o: [("/tmp/evil", "100644", blob(o))],
    ".. below": lambda o: [("d", "40000", folder(o, ".."))],
    "link and folder of one name": lambda o: [
        ("x", "120000", blob(o, b"/tmp")),
        ("x", "40000", folder(o)),
    ],
    "one name twice": lambda o: [("x", "100644", blob(o)), ("x", "100644", blob(o, b"2"))],
    "submodule": lambda o: [("sub", "160000", b"\1" * 20)],
    "link to nothing": lambda o: [("x", "120000", blob(o, b""))],
    "NUL in a link": lambda o: [("x", "120000", blob(o, b"a\0b"))],
    "a device": lambda o: [("x", "20000", blob(o))],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_tree(case: str, follower: Follower) -> None:
    """Its signature is good; it has no hash, so it is no pin."""
    with_tree(follower, HOSTILE[case])
    before = follower.state()
    everything = sorted(follower.box.folder.iterdir())
    done = follower.update(*follower.everywhere(), code=1)
    said = done.out + done.err
    assert "refused-tree" in said, said
    assert follower.state() == before
    ran = follower.made / "ran"
    gated = follower.gate("touch", ran)
    assert gated.code == 121
    assert "refused-tree" in gated.err
    assert not ran.exists()
    assert sorted(follower.box.folder.iterdir()) == everything
    assert not Path("/tmp/evil").exists()
    follower.goes_on()


def test_links_are_written_and_not_followed(fresh: Follower) -> None:
    outside = fresh.made / "outside"
    outside.mkdir()
    with_tree(
        fresh,
        lambda o: [
            ("a", "120000", blob(o, os.fsencode(outside))),
            ("b", "120000", blob(o, b"../../../../../../../../etc")),
            ("c", "40000", folder(o, "a")),
        ],
    )
    fresh.update("--directory", fresh.made / "tree", "--tarball", fresh.made / "t.tar")
    tree = fresh.made / "tree"
    assert str((tree / "a").readlink()) == str(outside)
    assert str((tree / "b").readlink()).endswith("../etc")
    assert not list(outside.iterdir())
    assert hash_path(tree.resolve()).sri == fresh.pin()["narHash"]
    with tarfile.open(fresh.made / "t.tar") as tar:
        assert {one.name.split("/")[1] for one in tar if one.issym()} == {"a", "b"}


def collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file system that tells no case apart."""
    real_open, real_mkdir, real_link = os.open, os.mkdir, os.symlink

    def folded(path: object) -> object:
        place = os.fspath(path)  # type: ignore[call-overload]
        return place.lower() if isinstance(place, bytes) and b"/tree/" in place else place

    monkeypatch.setattr(os, "open", lambda p, *a, **k: real_open(folded(p), *a, **k))  # type: ignore[arg-type]
    monkeypatch.setattr(os, "mkdir", lambda p, *a, **k: real_mkdir(folded(p), *a, **k))  # type: ignore[arg-type]
    monkeypatch.setattr(os, "symlink", lambda s, d, *a, **k: real_link(s, folded(d), *a, **k))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        lambda o: [("A", "100644", blob(o)), ("a", "100644", blob(o, b"2"))],
        lambda o: [("A", "120000", blob(o, b"/tmp")), ("a", "40000", folder(o))],
        lambda o: [("A", "120000", blob(o, b"/tmp/evil")), ("a", "100644", blob(o))],
        lambda o: [("A", "40000", folder(o)), ("a", "40000", folder(o))],
    ],
    ids=["files", "link and folder", "link and file", "folders"],
)
def test_names_that_are_one_where_case_is_not_told_apart(
    make: object, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written through a link; the pin holds, the tree is said not to be there."""
    old = follower.made / "tree"
    at = str(old.readlink())
    made = with_tree(follower, make)
    with monkeypatch.context() as patch:
        collide(patch)
        done = follower.update("--directory", old, code=3)
    assert "unwritable-tree" in done.err
    assert follower.at() == made
    assert str(old.readlink()) == at
    assert not Path("/tmp/f").exists()
    assert not Path("/tmp/evil").exists()
    assert [one.name for one in (follower.place / "trees").iterdir()] == [follower.world.c.hex()]


def test_names_that_are_not_utf8(fresh: Follower) -> None:
    world = fresh.world
    objects = world.maker.objects
    listed = world.git("show", f"{world.c.hex()}:.authorizations", at=world.server) + "\n"
    name = b"gr\xfc\xdf"
    tree = commits.tree_content(
        [("100644", ".authorizations", commits.add(objects, "blob", listed.encode()))]
    )
    tree += b"100644 " + name + b"\0" + blob(objects)
    raw = commits.commit_content(commits.add(objects, "tree", tree), [world.c])
    fresh.publish(commits.add(objects, "commit", commits.signed_by(raw, openpgp.key("bob").sign)))
    place = fresh.made / "tree"
    fresh.update("--directory", place, "--tarball", fresh.made / "t.tar.gz")
    assert os.fsdecode(name) in {one.name for one in place.iterdir()}
    with tarfile.open(fresh.made / "t.tar.gz") as tar:
        assert any(os.fsencode(one.name).endswith(name) for one in tar)


def test_umask_changes_no_hash(fresh: Follower) -> None:
    before = os.umask(0o077)
    try:
        fresh.update("--directory", fresh.made / "tree")
    finally:
        os.umask(before)
    assert hash_path((fresh.made / "tree").resolve()).sri == fresh.pin()["narHash"]
