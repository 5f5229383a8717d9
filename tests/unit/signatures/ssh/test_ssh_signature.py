"""SSH signatures where no vector reaches: armor, tokens, any byte changed, what is described."""

from __future__ import annotations

import random

import pytest

from nixauth.model import (
    MalformedSignature,
    MultipleSignatures,
    UnsupportedSignature,
    UnusableKey,
    WeakDigest,
)
from nixauth.signatures import ssh
from nixauth.signatures.reader import read_signature
from tests.support.vectors import sshsig

PAYLOAD = b"payload"
KEY = sshsig.ed25519("alice")
ARMORED = sshsig.sign(KEY, PAYLOAD)
TOKENS = [sshsig.sk_ed25519("alice"), sshsig.sk_ecdsa("alice")]
EVERY = [KEY, sshsig.ecdsa("alice"), sshsig.rsa("alice"), *TOKENS]
FAULTS = (
    MalformedSignature,
    MultipleSignatures,
    UnsupportedSignature,
    UnusableKey,
    WeakDigest,
)


def good(value: bytes) -> bool:
    signature = read_signature(value)
    if not isinstance(signature, ssh.Signature):
        assert isinstance(signature, FAULTS)
        return False
    fault = ssh.key_fault(signature)
    assert fault is None or isinstance(fault, FAULTS)
    return ssh.verify(signature, signature.digest(PAYLOAD))


@pytest.mark.parametrize("key", EVERY, ids=lambda key: key.type)
def test_good(key: sshsig.Key) -> None:
    signature = read_signature(sshsig.sign(key, PAYLOAD))
    assert isinstance(signature, ssh.Signature)
    assert signature.key.fingerprint == key.fingerprint
    assert signature.key.blob == key.blob
    assert ssh.key_fault(signature) is None
    assert ssh.verify(signature, signature.digest(PAYLOAD))
    assert not ssh.verify(signature, signature.digest(PAYLOAD + b"!"))


@pytest.mark.parametrize(
    "value",
    [
        ARMORED.replace(b"SIGNATURE-----\n", b"SIGNATURE-----  \t\n"),
        ARMORED.replace(b"\n", b"\r\n"),
        ARMORED.rstrip(b"\n"),
        ARMORED + b"\n\n",
        sshsig.armor(sshsig.binary(KEY, PAYLOAD), width=10),
        sshsig.armor(sshsig.binary(KEY, PAYLOAD), width=10_000),
    ],
    ids=["blanks", "carriage returns", "no newline", "newlines", "short lines", "one line"],
)
def test_what_armor_may_be(value: bytes) -> None:
    assert good(value)


@pytest.mark.parametrize(
    "value",
    [
        ARMORED.replace(b"BEGIN SSH SIGNATURE-----", b"BEGIN SSH SIGNATURE", 1),
        ARMORED.replace(b"-----\n", b"-----\n\n", 1),
        ARMORED.replace(b"\n-----END", b"\n\n-----END"),
        b"-----BEGIN SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
    ],
    ids=["first line", "empty line", "empty line at the end", "a line", "a begin", "nothing"],
)
def test_what_armor_may_not_be(value: bytes) -> None:
    assert isinstance(read_signature(value), MalformedSignature)


@pytest.mark.parametrize("key", TOKENS, ids=lambda key: key.type)
def test_nothing_follows_a_token_s_counter(key: sshsig.Key) -> None:
    value = sshsig.sign(key, PAYLOAD, sshsig.Parts(behind_raw=b"\0"))
    found = read_signature(value)
    assert isinstance(found, MalformedSignature)
    assert "something follows" in found.detail


@pytest.mark.parametrize("key", EVERY, ids=lambda key: key.type)
def test_any_bit_changed(key: sshsig.Key) -> None:
    """Every octet of a signature is either signed, or has one value only, or is the mathematics."""
    binary = sshsig.binary(key, PAYLOAD)
    assert good(sshsig.armor(binary))
    for at in range(len(binary)):
        changed = bytearray(binary)
        changed[at] ^= 1 << at % 8
        assert not good(sshsig.armor(bytes(changed))), at


def test_any_nonsense() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        binary = bytearray(sshsig.binary(chance.choice(EVERY[:2]), PAYLOAD))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(binary))
            binary[at : at + chance.randrange(9)] = chance.randbytes(chance.randrange(9))
        good(sshsig.armor(bytes(binary)))  # no exception, no other type


def test_described() -> None:
    signature = read_signature(sshsig.sign(TOKENS[1], PAYLOAD))
    assert isinstance(signature, ssh.Signature)
    fields = dict(signature.describe())
    assert fields["public key"] == f"{TOKENS[1].type} {TOKENS[1].fingerprint}"
    assert fields["token's counter"] == "7"
    assert {"r", "s", "signature algorithm", "digest of the payload"} < fields.keys()
    assert all(text.isascii() and text.isprintable() for row in fields.items() for text in row)


def test_names_are_told_safely() -> None:
    """What stands in a signature of somebody's is shown, and must not act on a terminal."""
    hostile = "\x1b[31m\n" + "x" * 500
    for parts in (
        sshsig.Parts(namespace=hostile.encode()),
        sshsig.Parts(hash_name=hostile),
        sshsig.Parts(algorithm=hostile),
    ):
        found = read_signature(sshsig.sign(KEY, PAYLOAD, parts))
        assert isinstance(found, UnsupportedSignature)
        assert found.found.isprintable()
        assert len(found.found) < 150
