"""Where a pin is put: what is written is the authentic tree, and others' files keep all else."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nixauth.cli import channel_apply
from nixauth.errors import ChangedFileError
from nixauth.nar.on_disk import hash_path
from tests.channels.following import OTHER, SRI, Follower
from tests.support import commits, openpgp


def rich_tree(follower: Follower) -> bytes:
    """Publish a commit whose tree has one of each: links, programs, odd names, an empty file."""
    world = follower.world
    objects = world.maker.objects
    listed = world.git("show", f"{world.c.hex()}:.authorizations", at=world.server) + "\n"

    def blob(content: bytes) -> bytes:
        return commits.add(objects, "blob", content)

    files = {
        ".authorizations": ("100644", blob(listed.encode())),
        "default.nix": ("100644", blob(b'{ it = "works"; }\n')),
        "bin/run": ("100755", blob(b"#!/bin/sh\n")),
        "link": ("120000", blob(b"default.nix")),
        "up/link": ("120000", blob(b"../bin")),
        "far": ("120000", blob(b"/nonexistent/" + b"x" * 150)),
        "empty": ("100644", blob(b"")),
        "d" * 90 + "/" + "e" * 90 + "/f": ("100644", blob(b"deep")),
        "grüß dich": ("100644", blob(b"umlaut")),
        "large": ("100644", blob(bytes(range(256)) * 4000)),
    }
    raw = commits.commit_content(
        commits.add_tree(objects, files), [world.c], date=commits.EPOCH + 5000
    )
    made = commits.add(objects, "commit", commits.signed_by(raw, openpgp.key("bob").sign))
    follower.publish(made)
    return made


# --- a link to a directory ---


def test_directory_is_the_tree(fresh: Follower) -> None:
    made = rich_tree(fresh)
    link = fresh.made / "tree"
    done = fresh.update("--directory", link)
    assert f"directory: {link} -> {link.readlink()}" in done.out
    assert link.is_symlink()
    assert made.hex() in str(link.readlink())
    assert hash_path(link.resolve()).sri == fresh.pin()["narHash"]
    assert os.access(link / "bin/run", os.X_OK)
    assert (link / "up/link/run").is_file()


def test_directory_is_moved_in_one_step(follower: Follower) -> None:
    link = follower.made / "tree"
    old = link.resolve()
    made = follower.advance()
    follower.update("--directory", link)
    assert made.hex() in str(link.readlink())
    assert old.is_dir()
    assert sorted(one.name for one in follower.made.iterdir()) == [
        "flake.lock",
        "sources.json",
        "tree",
        "tree.tar.gz",
    ]


def test_directory_that_is_no_link_stays(follower: Follower) -> None:
    there = follower.made / "mine"
    there.mkdir()
    (there / "file").write_text("mine")
    done = follower.update("--directory", there, code=2)
    assert "no symbolic link" in done.err
    assert (there / "file").read_text() == "mine"
    file = follower.made / "mine.txt"
    file.write_text("mine")
    follower.update("--directory", file, code=2)
    assert file.read_text() == "mine"


def test_directory_below_nothing(follower: Follower) -> None:
    done = follower.update("--directory", follower.made / "absent" / "tree", code=3)
    assert "unwritable-tree" in done.err


# --- a tarball ---

FORMS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.decompress,
    ".tgz": gzip.decompress,
    ".tar.xz": lzma.decompress,
}


@pytest.mark.parametrize("ending", FORMS)
def test_tarball_is_the_same_every_time(ending: str, fresh: Follower) -> None:
    rich_tree(fresh)
    files = [fresh.made / f"{number}{ending}" for number in range(2)]
    for file in files:
        fresh.update("--tarball", file)
        os.utime(fresh.place, (1, 1))
        time.sleep(1.1 if ending == ".tar.gz" else 0)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert files[0].stat().st_mode & 0o777 == 0o644
    with tarfile.open(fileobj=io.BytesIO(FORMS[ending](first))) as tar:
        members = tar.getmembers()
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}
    assert {one.mtime for one in members} == {fresh.pin()["lastModified"]}
    assert {one.name.split("/")[0] for one in members} == {f"it-{fresh.pin()['rev'][:12]}"}


def test_tarball_is_the_tree(fresh: Follower, tmp_path: Path) -> None:
    rich_tree(fresh)
    file = fresh.made / "it.tar.gz"
    assert f"tarball: {file}" in fresh.update("--tarball", file).out
    with tarfile.open(file) as tar:
        tar.extractall(tmp_path / "out", filter="fully_trusted")
    (top,) = (tmp_path / "out").iterdir()
    assert hash_path(top).sri == fresh.pin()["narHash"]


def test_tarball_of_no_known_form(follower: Follower) -> None:
    file = follower.made / "it.zip"
    assert "does not end in" in follower.update("--tarball", file, code=2).err
    assert not file.exists()


def test_tarball_that_cannot_be_written_leaves_the_old_one(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = follower.made / "tree.tar.gz"
    before = file.read_bytes()
    follower.advance()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tarfile.TarFile, "addfile", full)
        done = follower.update("--tarball", file, code=3)
    assert "No space left" in done.err
    assert file.read_bytes() == before
    assert not list(follower.made.glob(".tree*"))
    follower.update("--tarball", file)
    assert file.read_bytes() != before


def test_what_is_said_where_the_pin_moved_and_its_tree_was_not_put(follower: Follower) -> None:
    """The pin was recorded: 'nothing was changed' would be untrue."""
    made = follower.advance()
    place = follower.made / "absent" / "it.tar"
    done = follower.update("--tarball", place, code=3)
    assert follower.at() == made
    assert "nothing was changed" not in done.err
    assert f"updated to {made.hex()}" in done.out
    follower.publish(follower.world.commit(made))
    found = follower.document("--tarball", place, code=3)
    assert found["verdict"] == "authentic"
    assert found["changed"] is True
    assert found["pin"] == follower.pin()
    assert found["applied"] == []
    assert found["error"]["kind"] == "unwritable-tree"


# --- npins ---


def test_npins(follower: Follower) -> None:
    """One pin's revision and hash change; all else stays, byte for byte, and the mode."""
    file = follower.made / "sources.json"
    before = file.read_text()
    file.chmod(0o640)
    made = follower.advance()
    done = follower.update("--write-npins", file)
    assert f"npins: {file}, pin it" in done.out
    pin = follower.pin()
    old = follower.world.c.hex()
    assert file.read_text() == before.replace(old, made.hex()).replace(
        json.loads(before)["pins"]["it"]["hash"], pin["archivedNarHash"]
    )
    assert json.loads(file.read_text())["pins"]["other"]["revision"] == OTHER
    assert file.stat().st_mode & 0o777 == 0o640


def test_npins_of_version_8(follower: Follower) -> None:
    file = follower.made / "sources.json"
    document = json.loads(file.read_text())
    url = {"type": "MutableUrl", "update_url": follower.url, "unpack": True, "url": follower.url}
    document["pins"]["url"] = url | {"hash": document["pins"]["it"]["hash"]}
    file.write_text(json.dumps(document | {"version": 8}))
    before = file.read_text()
    made = follower.advance()
    follower.update("--write-npins", file)
    hashes = document["pins"]["it"]["hash"], follower.pin()["archivedNarHash"]
    expected = before.replace(follower.world.c.hex(), made.hex()).replace(*hashes, 1)
    assert file.read_text() == expected


def test_npins_by_a_link(follower: Follower) -> None:
    link = follower.made / "link.json"
    link.symlink_to("sources.json")
    made = follower.advance()
    follower.update("--write-npins", link)
    assert link.is_symlink()
    assert made.hex() in (follower.made / "sources.json").read_text()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"pins": {}, "version": 7}', b'{"pins": {}, "version": 99}', b"\xff"],
)
def test_npins_that_does_not_fit(content: bytes, follower: Follower) -> None:
    file = follower.made / "sources.json"
    file.write_bytes(content)
    follower.advance()
    done = follower.update("--write-npins", file, code=2 if b"7" in content else 3)
    assert file.read_bytes() == content
    assert "Traceback" not in done.err


def test_npins_with_two_pins_of_the_branch(follower: Follower) -> None:
    file = follower.made / "sources.json"
    document = json.loads(file.read_text())
    document["pins"]["again"] = document["pins"]["it"]
    file.write_text(json.dumps(document))
    before = file.read_bytes()
    assert "more than one pin follows" in follower.update("--write-npins", file, code=2).err
    assert file.read_bytes() == before


def test_file_that_is_not_there(follower: Follower) -> None:
    follower.update("--write-npins", follower.made / "absent.json", code=2)
    follower.update("--flake-input", "it", "--flake-lock", follower.made / "absent", code=2)
    assert not (follower.made / "absent.json").exists()


def test_file_that_somebody_else_changes_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "sources.json"
    file.write_bytes(b"before")

    def change(content: bytes) -> bytes:
        file.write_bytes(b"theirs")
        return content + b" changed"

    with pytest.raises(ChangedFileError):
        channel_apply.rewrite(file, change)
    assert file.read_bytes() == b"theirs"


def test_file_that_stays_as_it_is_is_not_written(follower: Follower) -> None:
    file = follower.made / "sources.json"
    before = file.stat()
    follower.update("--write-npins", file)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# --- a flake's lock ---


def test_flake_lock(follower: Follower) -> None:
    file = follower.made / "flake.lock"
    other = json.loads(file.read_text())["nodes"]["other"]
    made = follower.advance()
    done = follower.update("--flake-input", "it", "--flake-lock", file)
    assert f"flake: {file}, input it" in done.out
    document = json.loads(file.read_text())
    locked, pin = document["nodes"]["it"]["locked"], follower.pin()
    assert (locked["rev"], locked["narHash"]) == (made.hex(), pin["narHash"])
    assert locked["lastModified"] == pin["lastModified"]
    assert document["nodes"]["other"] == other
    assert other["locked"]["narHash"] == SRI


def test_flake_input_that_is_another(follower: Follower) -> None:
    file = follower.made / "flake.lock"
    before = file.read_bytes()
    follower.advance()
    done = follower.update("--flake-input", "other", "--flake-lock", file, code=2)
    assert "is not of" in done.err
    done = follower.update("--flake-input", "absent", "--flake-lock", file, code=2)
    assert "no input 'absent'" in done.err
    assert file.read_bytes() == before


def test_everything_at_once_is_the_same_commit(follower: Follower) -> None:
    follower.goes_on()
    document = follower.document(*follower.everywhere())
    assert [one.split(":")[0] for one in document["applied"]] == [
        "directory",
        "tarball",
        "npins",
        "flake",
    ]
