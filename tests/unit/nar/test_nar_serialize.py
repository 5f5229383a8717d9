"""The archive format: what is written, and what is refused to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from nixauth import MemoryObjects, ObjectId
from nixauth.nar import nar_hash
from nixauth.nar.digests import Nar, base32
from nixauth.nar.serialize import NarError, NarWriter, string
from tests.support.commits import Objects
from tests.support.make_nar_golden import GOLDEN, TREE
from tests.support.nar_trees import put


def written(write: Callable[[NarWriter], object]) -> bytes:
    out = bytearray()
    writer = NarWriter(out.extend)
    write(writer)
    assert writer.finish() == writer.size == len(out)
    return bytes(out)


def s(*words: bytes) -> bytes:
    return b"".join(map(string, words))


@pytest.mark.parametrize("size", range(18))
def test_a_string(size: int) -> None:
    text = b"x" * size
    found = string(text)
    assert found == size.to_bytes(8, "little") + text + bytes(-size % 8)
    assert len(found) % 8 == 0


def test_a_file() -> None:
    head = s(b"nix-archive-1", b"(", b"type", b"regular")
    plain = written(lambda writer: writer.file(b"abc", executable=False))
    assert plain == head + s(b"contents", b"abc", b")")
    executable = written(lambda writer: writer.file(b"abc", executable=True))
    assert executable == head + s(b"executable", b"", b"contents", b"abc", b")")


def test_a_link() -> None:
    assert written(lambda writer: writer.symlink(b"target")) == s(
        b"nix-archive-1", b"(", b"type", b"symlink", b"target", b"target", b")"
    )


def test_a_directory() -> None:
    def write(writer: NarWriter) -> None:
        writer.directory()
        writer.entry(b"a")
        writer.directory()
        writer.close()
        writer.entry(b"b")
        writer.symlink(b"a")
        writer.close()

    assert written(write) == s(
        *(b"nix-archive-1", b"(", b"type", b"directory"),
        *(b"entry", b"(", b"name", b"a", b"node", b"(", b"type", b"directory", b")", b")"),
        *(b"entry", b"(", b"name", b"b", b"node"),
        *(b"(", b"type", b"symlink", b"target", b"a", b")", b")"),
        b")",
    )


@pytest.mark.parametrize("sizes", [[], [0], [1, 2, 3], [70_000, 5], [3, 1 << 17, 1 << 16, 9]])
@pytest.mark.parametrize("executable", [False, True])
def test_a_file_in_pieces(sizes: list[int], executable: bool) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    streamed = written(
        lambda writer: writer.stream(sum(sizes), iter(pieces), executable=executable)
    )
    whole = b"".join(pieces)
    assert streamed == written(lambda writer: writer.file(whole, executable=executable))
    assert streamed == written(lambda writer: writer.file(memoryview(whole), executable=executable))


def test_the_golden_archive() -> None:
    golden = GOLDEN.read_bytes()
    objects: Objects = {}
    found = nar_hash(MemoryObjects(objects), ObjectId(put(TREE, objects)))
    assert found.plain == Nar(hashlib.sha256(golden).digest(), len(golden))


@pytest.mark.parametrize("size", [2, 4])
def test_a_file_of_another_size_than_said(size: int) -> None:
    writer = NarWriter(bytearray().extend)
    with pytest.raises(NarError, match=f"of {size} bytes has 3"):
        writer.stream(size, (b"ab", b"c"), executable=False)


@pytest.mark.parametrize("name", [b"", b".", b"..", b"a/b", b"/", b"a\0"])
def test_a_name_that_is_none(name: bytes) -> None:
    writer = NarWriter(bytearray().extend)
    writer.directory()
    with pytest.raises(NarError, match="no name"):
        writer.entry(name)


@pytest.mark.parametrize("second", [b"b", b"a", b"B"])
def test_names_that_do_not_ascend(second: bytes) -> None:
    writer = NarWriter(bytearray().extend)
    writer.directory()
    writer.entry(b"b")
    writer.file(b"", executable=False)
    with pytest.raises(NarError, match="comes after"):
        writer.entry(second)


@pytest.mark.parametrize("target", [b"", b"a\0b"])
def test_a_link_to_what_cannot_be(target: bytes) -> None:
    with pytest.raises(NarError, match="target"):
        NarWriter(bytearray().extend).symlink(target)


OUT_OF_TURN: dict[str, Callable[[NarWriter], object]] = {
    "nothing": lambda writer: writer.finish(),
    "an entry first": lambda writer: writer.entry(b"a"),
    "close first": lambda writer: writer.close(),
    "two nodes": lambda writer: (writer.symlink(b"a"), writer.symlink(b"b")),
    "two files": lambda writer: (
        writer.file(b"", executable=False),
        writer.file(b"", executable=False),
    ),
    "two directories": lambda writer: (writer.directory(), writer.directory()),
    "a node without an entry": lambda writer: (writer.directory(), writer.symlink(b"a")),
    "two entries": lambda writer: (writer.directory(), writer.entry(b"a"), writer.entry(b"b")),
    "an entry without a node": lambda writer: (
        writer.directory(),
        writer.entry(b"a"),
        writer.close(),
    ),
    "an open directory": lambda writer: (writer.directory(), writer.finish()),
    "an entry after the end": lambda writer: (
        writer.directory(),
        writer.close(),
        writer.entry(b"a"),
    ),
}


@pytest.mark.parametrize("write", OUT_OF_TURN.values(), ids=OUT_OF_TURN.keys())
def test_what_is_out_of_turn(write: Callable[[NarWriter], object]) -> None:
    with pytest.raises(NarError):
        write(NarWriter(bytearray().extend))


# --- the forms of a hash ---


def test_forms_of_a_hash() -> None:
    """The hashes of the Nix manual's example, the empty string in SHA-256."""
    nar = Nar(hashlib.sha256(b"").digest(), 0)
    assert nar.sri == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert nar.base16 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert nar.base32 == "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"


@pytest.mark.parametrize(
    ("digest", "expected"),
    [(b"", ""), (b"\x1f", "0z"), (b"\0" * 20, "0" * 32), (b"\xff" * 5, "z" * 8)],
)
def test_base32(digest: bytes, expected: str) -> None:
    assert base32(digest) == expected
