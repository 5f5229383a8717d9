"""Commit objects by their bytes: the payload is git's, and every odd header is refused."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from nixauth.model import MalformedSignature, MultipleSignatures, Unsigned
from nixauth.signatures.commit_object import (
    FaultyCommit,
    SignedCommit,
    outline,
    read_commit,
    tree_of,
)

TREE, ONE, TWO = "a" * 40, "b" * 40, "c" * 40
HEAD = f"tree {TREE}\nparent {ONE}\nparent {TWO}\n".encode()
PEOPLE = b"author A <a> 1600000000 +0000\ncommitter C <c> 1600000001 -0130\n"
SIGNATURE = b"gpgsig -----BEGIN X-----\n \n AAAA\n -----END X-----\n"
VALUE = b"-----BEGIN X-----\n\nAAAA\n-----END X-----\n"
MESSAGE = b"\nSubject\n\nBody\n"
GOOD = HEAD + PEOPLE + SIGNATURE + MESSAGE


def raw(name: str) -> bytes:
    return bytes.fromhex(name)


def test_good() -> None:
    read = read_commit(GOOD)
    assert read == SignedCommit(raw(TREE), VALUE, HEAD + PEOPLE + MESSAGE)  # type: ignore[arg-type]
    seen = outline(GOOD)
    assert (seen.parents, seen.signed, seen.date) == ((raw(ONE), raw(TWO)), True, 1600000001)
    assert tree_of(GOOD) == raw(TREE)


@pytest.mark.parametrize(
    ("extra", "payload"),
    [
        (b"encoding ISO-8859-1\n" + SIGNATURE, b"encoding ISO-8859-1\n"),
        (SIGNATURE + b"encoding ISO-8859-1\n", b"encoding ISO-8859-1\n"),
        (b"gpgsig-sha256 x\n y\n" + SIGNATURE, b""),
        (SIGNATURE + b"gpgsig-sha256 x\n y\n", b""),
        (
            b"mergetag object x\n type commit\n gpgsig no\n" + SIGNATURE,
            b"mergetag object x\n type commit\n gpgsig no\n",
        ),
        (b"mergetag a\n" * 3 + SIGNATURE, b"mergetag a\n" * 3),
        (b"HG:extra x\n" + SIGNATURE + b"x-more y\n \n z\n", b"HG:extra x\nx-more y\n \n z\n"),
        (b"gpgsigs x\n" + SIGNATURE + b"gpgsi y\n", b"gpgsigs x\ngpgsi y\n"),
    ],
)
def test_other_headers(extra: bytes, payload: bytes) -> None:
    read = read_commit(HEAD + PEOPLE + extra + MESSAGE)
    assert read == SignedCommit(raw(TREE), VALUE, HEAD + PEOPLE + payload + MESSAGE)  # type: ignore[arg-type]


@pytest.mark.parametrize("message", [b"\n", b"\n\n", b"\ngpgsig x\n", b"\n\0\xff", b"\nno newline"])
def test_messages(message: bytes) -> None:
    read = read_commit(HEAD + PEOPLE + SIGNATURE + message)
    assert isinstance(read, SignedCommit)
    assert read.payload == HEAD + PEOPLE + message


def test_root_and_many_parents() -> None:
    lone = f"tree {TREE}\n".encode() + PEOPLE + SIGNATURE + MESSAGE
    assert outline(lone).parents == ()
    assert isinstance(read_commit(lone), SignedCommit)
    many = [f"{n:040x}" for n in range(500)]
    lines = "".join(f"parent {parent}\n" for parent in many).encode()
    wide = f"tree {TREE}\n".encode() + lines + PEOPLE + SIGNATURE + MESSAGE
    assert outline(wide).parents == tuple(raw(parent) for parent in many)


@pytest.mark.parametrize(
    "content",
    [
        HEAD + PEOPLE + MESSAGE,
        HEAD + PEOPLE + b"gpgsig-sha256 x\n" + MESSAGE,
        HEAD + PEOPLE + b"mergetag x\n gpgsig y\n" + MESSAGE,
        HEAD + PEOPLE + b"\ngpgsig in the message\n",
        HEAD + PEOPLE + b"Gpgsig x\n" + MESSAGE,
        HEAD + PEOPLE + b" gpgsig x\n" + MESSAGE,
        HEAD + PEOPLE + b"gpgsig\n" + MESSAGE,
        b"",
        b"\n\n",
        b"gpgsig",
        bytes(1000),
    ],
)
def test_unsigned(content: bytes) -> None:
    assert read_commit(content) == FaultyCommit(Unsigned())
    assert not outline(content).signed


@pytest.mark.parametrize(
    "content",
    [
        HEAD + PEOPLE + SIGNATURE * 2 + MESSAGE,
        HEAD + PEOPLE + SIGNATURE + b"x y\n" + SIGNATURE + MESSAGE,
        HEAD + PEOPLE + b"gpgsig a\ngpgsig b\n" + MESSAGE,
        HEAD + SIGNATURE + PEOPLE + SIGNATURE + MESSAGE,
    ],
)
def test_multiple(content: bytes) -> None:
    read = read_commit(content)
    assert isinstance(read, FaultyCommit)
    assert isinstance(read.fault, MultipleSignatures)
    assert outline(content).signed


FAULTS = {
    "signature before the tree": SIGNATURE + HEAD + PEOPLE,
    "signature after the tree": GOOD[:46] + SIGNATURE + GOOD[46:94] + GOOD[94:142] + PEOPLE,
    "signature between the parents": GOOD[:94] + SIGNATURE + GOOD[94:142] + PEOPLE,
    "signature before the author": HEAD + SIGNATURE + PEOPLE,
    "signature before the committer": HEAD + PEOPLE.replace(b"committer", SIGNATURE + b"committer"),
    "no tree": GOOD[46:142] + PEOPLE + SIGNATURE,
    "two trees": GOOD[:46] * 2 + PEOPLE + SIGNATURE,
    "tree again": HEAD + PEOPLE + SIGNATURE + GOOD[:46],
    "parent again": HEAD + PEOPLE + SIGNATURE + GOOD[46:94],
    "parent after author": GOOD[:46]
    + PEOPLE.replace(b"committer", GOOD[46:94] + b"committer")
    + SIGNATURE,
    "author again": HEAD + PEOPLE + b"author B <b> 1 +0000\n" + SIGNATURE,
    "committer again": HEAD + PEOPLE + SIGNATURE + b"committer B <b> 1 +0000\n",
    "two authors": HEAD + b"author B <b> 1 +0000\n" + PEOPLE + SIGNATURE,
    "no author": HEAD + PEOPLE.partition(b"\n")[2] + SIGNATURE,
    "no committer": HEAD + PEOPLE.partition(b"\n")[0] + b"\n" + SIGNATURE,
    "committer first": HEAD + b"".join(reversed(PEOPLE.splitlines(keepends=True))) + SIGNATURE,
    "encoding twice": HEAD + PEOPLE + b"encoding a\nencoding b\n" + SIGNATURE,
    "gpgsig-sha256 twice": HEAD + PEOPLE + b"gpgsig-sha256 a\ngpgsig-sha256 b\n" + SIGNATURE,
    "upper-case tree": GOOD[:46].replace(b"a", b"A") + GOOD[46:142] + PEOPLE + SIGNATURE,
    "upper-case parent": HEAD.replace(b"b", b"B") + PEOPLE + SIGNATURE,
    "short tree": HEAD.replace(b"a" * 40, b"a" * 39) + PEOPLE + SIGNATURE,
    "long tree": HEAD.replace(b"a" * 40, b"a" * 41) + PEOPLE + SIGNATURE,
    "sha256 ids": HEAD.replace(b"a" * 40, b"a" * 64) + PEOPLE + SIGNATURE,
    "short parent": HEAD.replace(b"b" * 40, b"b" * 39) + PEOPLE + SIGNATURE,
    "two spaces": HEAD.replace(b"parent b", b"parent  b") + PEOPLE + SIGNATURE,
    "tab": HEAD.replace(b"parent b", b"parent\tb") + PEOPLE + SIGNATURE,
    "carriage return": HEAD.replace(b"\n", b"\r\n") + PEOPLE + SIGNATURE,
    "blank after id": HEAD.replace(b"a\n", b"a \n") + PEOPLE + SIGNATURE,
    "tree continued": HEAD.replace(b"a\n", b"a\n x\n") + PEOPLE + SIGNATURE,
    "parent continued": HEAD.replace(b"b\n", b"b\n x\n") + PEOPLE + SIGNATURE,
    "author continued": HEAD + PEOPLE.replace(b"\nc", b"\n x\nc") + SIGNATURE,
    "committer continued": HEAD + PEOPLE + b" x\n" + SIGNATURE,
    "NUL in author": HEAD + PEOPLE.replace(b"A", b"\0") + SIGNATURE,
    "NUL in a header": HEAD + PEOPLE + b"x \0\n" + SIGNATURE,
    "NUL in the signature": HEAD + PEOPLE + SIGNATURE.replace(b"AAAA", b"AA\0A"),
    "NUL in the tree": HEAD.replace(b"aa\n", b"a\0\n") + PEOPLE + SIGNATURE,
    "header without value": HEAD + PEOPLE + b"x\n" + SIGNATURE,
    "header without name": HEAD + PEOPLE + SIGNATURE + b"x y\n\t\n",
    "capital Tree": b"T" + HEAD[1:] + PEOPLE + SIGNATURE,
    "byte before": b" " + HEAD + PEOPLE + SIGNATURE,
    "line before": b"\n" + HEAD + PEOPLE + SIGNATURE,
}


@pytest.mark.parametrize("name", FAULTS)
def test_malformed(name: str) -> None:
    content = FAULTS[name] + MESSAGE
    read = read_commit(content)
    assert isinstance(read, FaultyCommit), name
    assert isinstance(read.fault, MalformedSignature), read.fault
    assert "\n" not in read.fault.detail


@pytest.mark.parametrize("name", FAULTS)
def test_outline_of_malformed_never_fails(name: str) -> None:
    content = FAULTS[name] + MESSAGE
    seen = outline(content)
    assert all(len(parent) == 20 for parent in seen.parents)
    assert seen.signed


def test_no_blank_line_at_the_end() -> None:
    for content in (HEAD + PEOPLE + SIGNATURE, (HEAD + PEOPLE + SIGNATURE)[:-1]):
        read = read_commit(content)
        if content.endswith(b"\n"):
            continue
        assert isinstance(read, FaultyCommit)
        assert isinstance(read.fault, MalformedSignature)


def test_a_tree_is_not_taken_from_odd_headers() -> None:
    assert tree_of(FAULTS["two trees"] + MESSAGE) is None
    assert tree_of(b"") is None
    assert tree_of(b"tree " + b"a" * 40) is None


def test_linear_time() -> None:
    hostile = [
        HEAD + PEOPLE + b"x y\n" * 300_000 + SIGNATURE + MESSAGE,
        HEAD + PEOPLE + SIGNATURE[:-1] + b"\n " * 300_000 + b"\n" + MESSAGE,
        GOOD[:46] + GOOD[46:94] * 50_000 + b"author" + b" " * 1_000_000,
        b"tree " * 300_000 + SIGNATURE,
        HEAD + PEOPLE + b"\n" * 1_000_000,
        HEAD + PEOPLE.replace(b"+0000", b" 1" * 500_000) + SIGNATURE + MESSAGE,
    ]
    for content in hostile:
        begun = time.process_time()
        read_commit(content)
        outline(content)
        assert time.process_time() - begun < 3


def test_the_split_is_gits(tmp_path: Path) -> None:
    """Ask git itself: it hands payload and signature to the program that is to check them."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    environment = {
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH": "/usr/bin:/bin:/usr/local/bin",
    }
    program = tmp_path / "gpg"
    lines = [
        "#!/bin/sh",
        "for last; do before=$file file=$last; done",
        f"cat >{tmp_path}/payload",
        f'cat "$before" >{tmp_path}/signature',
        "exit 1",
    ]
    program.write_text("\n".join(lines) + "\n")
    program.chmod(0o755)

    def git(*arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["git", "-C", str(tmp_path), "-c", f"gpg.program={program}", *arguments],
            input=stdin,
            env=environment,
            capture_output=True,
            check=False,
        )
        return done.stdout

    git("init", "-q")
    signature = SIGNATURE.replace(b" X-", b" PGP SIGNATURE-")
    for extra in (
        signature,
        b"encoding ISO-8859-1\n" + signature,
        signature + b"encoding ISO-8859-1\n",
        b"mergetag object x\n type commit\n \n gpgsig no\n" + signature,
        b"gpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n \n BBBB\n" + signature,
        signature + b"gpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n \n BBBB\n x\n",
        b"x-one 1\n \n  two\n" + signature + b"x-two 2\n",
    ):
        for message in (MESSAGE, b"\n", b"\ncaf\xe9\n\xff", b"\ngpgsig x\n y\n"):
            content = HEAD + PEOPLE + extra + message
            name = git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=content)
            git("verify-commit", name.decode().strip())
            read = read_commit(content)
            assert isinstance(read, SignedCommit)
            assert (tmp_path / "payload").read_bytes() == read.payload
            assert (tmp_path / "signature").read_bytes() == read.signature
