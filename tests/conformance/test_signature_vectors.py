"""Every vector of fixtures/signatures/ gets the answer that it expects; see the README there."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nixauth.rule import Trusted
from nixauth.signatures.commit_object import SignedCommit, read_commit
from tests.conformance.conftest import OWN_VECTORS
from tests.support import make_signature_vectors, openpgp, signature_vectors
from tests.support.signature_vectors import GOOD, REASONS, Vector, answer, answer_for, load, shown
from tests.support.vectors import sshsig


def test_vector(vector_file: Path) -> None:
    vector = load(vector_file)
    found = answer(vector)
    assert shown(found) == (vector.expect, vector.signer), f"{vector.description} {found}"


def test_the_files_are_what_the_script_makes() -> None:
    made = make_signature_vectors.files()
    there = {file.name: file.read_text(encoding="utf-8") for file in OWN_VECTORS.glob("*.yaml")}
    assert there.keys() == made.keys()
    assert [name for name in made if there[name] != made[name]] == []


def test_every_reason_has_vectors() -> None:
    assert {vector.expect for vector in make_signature_vectors.all_vectors()} == {GOOD, *REASONS}


def test_a_description_for_each() -> None:
    described = [vector.description for vector in make_signature_vectors.all_vectors()]
    assert sorted({text for text in described if described.count(text) > 1}) == []


# --- Cut short at every octet ---

TRUNCATED = (
    "openpgp-good-eddsa",
    "openpgp-good-rsa",
    "openpgp-good-old-format",
    "openpgp-good-v6-sha512",
    "ssh-good-ed25519",
    "ssh-good-ecdsa-256",
    "ssh-good-rsa-sha2-256",
    "ssh-good-sk-ed25519",
    "ssh-good-sk-ecdsa",
)


def read(name: str) -> tuple[Vector, SignedCommit]:
    vector = load(OWN_VECTORS / f"{name}.yaml")
    commit = read_commit(vector.commit)
    assert isinstance(commit, SignedCommit)
    assert isinstance(answer(vector), Trusted)
    return vector, commit


def ask(vector: Vector, commit: SignedCommit, value: bytes) -> str:
    return shown(answer_for(SignedCommit(commit.tree, value, commit.payload), vector))[0]


@pytest.mark.parametrize("name", TRUNCATED)
def test_every_truncation_of_the_armored_value(name: str) -> None:
    vector, commit = read(name)
    value = commit.signature.rstrip(b"\n")
    first = value.index(b"\n")
    for end in range(len(value)):
        # A first line that is cut off is that of another kind of block, or of none.
        allowed = {"malformed-signature"} | ({"unsupported-signature"} if end < first else set())
        assert ask(vector, commit, value[:end]) in allowed, end


@pytest.mark.parametrize("name", TRUNCATED)
def test_every_truncation_of_the_binary_value(name: str) -> None:
    vector, commit = read(name)
    for value in truncated(commit.signature):
        assert ask(vector, commit, value) == "malformed-signature", value


@pytest.mark.parametrize("name", TRUNCATED)
def test_an_octet_more_at_any_length(name: str) -> None:
    vector, commit = read(name)
    data, armor = unarmored(commit.signature)
    assert ask(vector, commit, armor(data)) == GOOD
    for extra in (b"\0", b"\x01", b"\xff", bytes(4), data):
        found = ask(vector, commit, armor(data + extra))
        several = {"multiple-signatures"} if extra == data and b"PGP" in commit.signature else set()
        assert found in (several or {"malformed-signature"}), extra


def truncated(value: bytes) -> Iterator[bytes]:
    """Yield armored values whose binary is cut short; an OpenPGP packet's body also within it."""
    data, armor = unarmored(value)
    for end in range(len(data)):
        yield armor(data[:end])
    if b"PGP" in value:
        body = openpgp.unframed(data) if data[0] & 0x40 else data[2:]
        for end in range(len(body)):
            yield armor(openpgp.packet(openpgp.SIGNATURE, body[:end]))


def unarmored(value: bytes) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Return what is in the armor, and what puts other octets into such an armor."""
    armor = sshsig.armor if b"SSH SIGNATURE" in value else openpgp.armor
    lines = [line for line in value.split(b"\n") if line and line[:1] not in {b"-", b"="}]
    return base64.b64decode(b"".join(lines)), armor


def test_a_file_that_is_not_as_the_form_asks(tmp_path: Path) -> None:
    text = (OWN_VECTORS / "openpgp-good-eddsa.yaml").read_text()
    for name, changed in (
        ("twice", text + "expect: good\n"),
        ("unknown", text + "extra: 1\n"),
        ("missing", text.replace("expect: good\n", "")),
        ("reason", text.replace("expect: good\n", "expect: fine\n")),
        ("signer", text.replace("signer:", "encoding: base64\n#")),
        ("listed", text.replace("version: 1", "version: 2")),
    ):
        file = tmp_path / f"{name}.yaml"
        file.write_text(changed)
        with pytest.raises(signature_vectors.VectorError):
            load(file)
