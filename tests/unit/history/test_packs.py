"""Objects in packs: the usual place, read without looking for a loose file first."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from nixauth.errors import CorruptObjectError, MissingObjectError
from nixauth.history.repository import Repository
from nixauth.model import ObjectId
from tests.benchmarks.packs import Pack, Run
from tests.support import commits

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git (Debian: git) is not here")

BLOBS = [b"content %d\n" % number * 9 for number in range(20)]


def packed(directory: Path, blobs: list[bytes]) -> list[ObjectId]:
    if not directory.exists():
        subprocess.run(["git", "init", "--quiet", "--bare", str(directory)], check=True)
    run = Run()
    with Pack(directory) as pack:
        names = [ObjectId(run.add("blob", blob)) for blob in blobs]
        pack.append(run.data, run.count)
    return names


def pack_file(directory: Path, suffix: str) -> Path:
    (found,) = (directory / "objects" / "pack").glob(f"*.{suffix}")
    found.chmod(0o600)
    return found


def test_packed_loose_borrowed_and_absent(tmp_path: Path) -> None:
    lender = packed(tmp_path / "lender", BLOBS[:5])
    names = packed(tmp_path / "mine", BLOBS[5:10])
    git = ["git", "-C", str(tmp_path / "mine"), "hash-object", "-w", "--stdin"]
    subprocess.run(git, input=BLOBS[10], check=True, capture_output=True)
    (tmp_path / "mine/objects/info/alternates").write_text(f"{tmp_path}/lender/objects\n")
    repository = Repository.open(tmp_path / "mine")
    loose = ObjectId(commits.object_id("blob", BLOBS[10]))
    for name, content in zip([*lender, *names, loose], BLOBS, strict=False):
        assert repository.blob(name) == content
    with pytest.raises(MissingObjectError):
        repository.blob(ObjectId(commits.object_id("blob", BLOBS[11])))


def test_a_pack_that_comes_later(tmp_path: Path) -> None:
    packed(tmp_path / "mine", BLOBS[:5])
    repository = Repository.open(tmp_path / "mine")
    (later,) = packed(tmp_path / "mine", BLOBS[5:6])
    assert repository.blob(later) == BLOBS[5]


def test_content_of_another_hash(tmp_path: Path) -> None:
    """The index of a pack is not signed: it can name any content by any id."""
    names = packed(tmp_path / "mine", BLOBS)
    index = pack_file(tmp_path / "mine", "idx")
    content = index.read_bytes()
    assert content.count(names[3]) == 1
    other = ObjectId(names[3][:-1] + bytes([names[3][-1] ^ 1]))
    index.write_bytes(content.replace(names[3], other))
    repository = Repository.open(tmp_path / "mine")
    with pytest.raises(CorruptObjectError):
        repository.blob(other)
    assert repository.blob(names[4]) == BLOBS[4]


def test_a_pack_with_a_damaged_object(tmp_path: Path) -> None:
    names = packed(tmp_path / "mine", BLOBS[:1])
    pack = pack_file(tmp_path / "mine", "pack")
    content = bytearray(pack.read_bytes())
    content[-25] ^= 0xFF  # in the checksum of the one object's compressed content
    pack.write_bytes(content)
    repository = Repository.open(tmp_path / "mine")
    with pytest.raises(CorruptObjectError):
        repository.blob(names[0])
