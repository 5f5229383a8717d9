"""Reading signatures: which are read, which fault has which reason, and who decides the key."""

import hashlib
from typing import Any

import pytest

from nixauth.model import MalformedSignature, MultipleSignatures, UnsupportedSignature, WeakDigest
from nixauth.signatures.openpgp import Issuer, Signature, read_signature
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import created, key, packet, sign, subpacket

ALICE = key("eddsa")
BOB = key("eddsa", number=1)
CAROL = key("ed25519", 6)
PAYLOAD = b"tree 0\n\nmessage \xff\n"


def read(body: bytes, tag: int = 2) -> Any:
    return read_signature(maker.armor(packet(tag, body)))


def read_block(data: bytes) -> Any:
    return read_signature(maker.armor(data))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("digest", [8, 9, 10, 11, 12, 14])
def test_a_good_signature(version: int, digest: int) -> None:
    by = key("ed25519", version)
    signature = read(sign(by, PAYLOAD, digest=digest))
    assert isinstance(signature, Signature)
    assert signature.version == version
    assert (signature.type, signature.public_key_algorithm) == (0, 27)
    assert (signature.digest_algorithm, signature.created) == (digest, maker.CREATED)
    assert [issuer.text for issuer in signature.issuers] == [by.fingerprint]
    assert signature.issuers[0].key_id == by.key_id
    assert signature.weak is None
    assert signature.digest(PAYLOAD)[:2] == signature.left16


def test_the_digest_is_as_the_standard_has_it() -> None:
    body = sign(ALICE, PAYLOAD, hashed=created())
    head = body[:12]
    assert (
        read(body).digest(PAYLOAD)
        == hashlib.sha256(PAYLOAD + head + b"\x04\xff\x00\x00\x00\x0c").digest()
    )


@pytest.mark.parametrize(("digest", "name"), [(1, "MD5"), (2, "SHA-1"), (3, "RIPEMD-160")])
def test_weak_digests_are_told(digest: int, name: str) -> None:
    signature = read(sign(ALICE, PAYLOAD, digest=digest))
    assert isinstance(signature, Signature)
    assert signature.weak == WeakDigest(name)
    assert len(signature.digest(PAYLOAD)) in {0, 16, 20}


def test_an_unknown_digest_is_empty() -> None:
    assert Signature(sign(ALICE, PAYLOAD, digest=99)).digest(PAYLOAD) == b""


def test_a_digest_that_this_python_lacks_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    signature = read(sign(ALICE, PAYLOAD, digest=3))
    monkeypatch.setattr(hashlib, "new", refuse)
    assert signature.digest(PAYLOAD) == b""


def test_old_packet_format_and_a_version_header() -> None:
    data = maker.old_packet(2, sign(ALICE, PAYLOAD))
    assert isinstance(read_signature(maker.armor(data, headers="Version: x\n")), Signature)


# --- One packet, and nothing else ---

GOOD = packet(2, sign(ALICE, PAYLOAD))
OTHER = packet(2, sign(BOB, PAYLOAD))


@pytest.mark.parametrize(
    "data",
    [
        GOOD + OTHER,
        OTHER + GOOD,
        GOOD + GOOD,
        GOOD + packet(2, b""),
        packet(2, b"\xff") + GOOD,
        GOOD + packet(13, b"x") + GOOD,
        GOOD + GOOD + b"\0",
    ],
)
def test_several_packets(data: bytes) -> None:
    assert isinstance(read_block(data), MultipleSignatures)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD + b"\0",
        GOOD + b"\xc2",
        b"\0" + GOOD,
        GOOD + packet(13, b"x"),
        packet(10, b"PGP") + GOOD,
        packet(6, ALICE.body),
        packet(2, b""),
        packet(2, b"\4"),
        b"\xc2\xe1" + GOOD[6:8] + b"\x01x",
        b"\x8b" + GOOD[6:],
    ],
)
def test_anything_else_in_the_block(data: bytes) -> None:
    assert isinstance(read_block(data), MalformedSignature)


def test_a_block_of_another_kind() -> None:
    block = maker.armor(packet(6, ALICE.body), "PUBLIC KEY BLOCK")
    assert isinstance(read_signature(block), MalformedSignature)


# --- Structure ---


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hashed": b""}, "no creation time"),
        ({"hashed": b"", "unhashed": created()}, "no creation time"),
        ({"hashed": subpacket(2, b"123")}, "creation time of a wrong length"),
        ({"hashed": created() + b"\0"}, "length 0"),
        ({"hashed": created() + b"\5\x10"}, "longer than its area"),
        ({"hashed": created() + b"\xff\0"}, "truncated subpacket length"),
        ({"unhashed": b"\0"}, "length 0"),
        ({"hashed": created() + subpacket(16, bytes(7))}, "key id of a wrong length"),
        ({"unhashed": subpacket(16, bytes(9))}, "key id of a wrong length"),
        ({"hashed": created() + subpacket(33, b"")}, "fingerprint of a wrong length"),
        ({"hashed": created() + subpacket(33, b"\4" + bytes(32))}, "fingerprint of a wrong"),
        ({"hashed": created() + subpacket(33, b"\6" + bytes(20))}, "fingerprint of a wrong"),
        ({"hashed": created() + subpacket(33, b"\5" + bytes(32))}, "fingerprint of a wrong"),
        ({"numbers": b""}, "truncated integer"),
        ({"numbers": b"\0\1\1"}, "truncated integer"),
        ({"numbers": b"\0\1\1\0\1\1\0"}, "octets after"),
        ({"numbers": b"\0\2\1\0\1\1"}, "wrong bit count"),
        ({"numbers": b"\0\x08\1\0\1\1"}, "wrong bit count"),
        ({"algorithm": 27, "numbers": bytes(63)}, "native signature of a wrong length"),
        ({"algorithm": 28, "numbers": bytes(64)}, "native signature of a wrong length"),
        # Structure comes before what is not supported or weak.
        ({"type": 1, "numbers": b""}, "truncated integer"),
        ({"digest": 99, "numbers": b""}, "truncated integer"),
        ({"digest": 2, "numbers": b""}, "truncated integer"),
        ({"hashed": subpacket(99, b"", critical=True)}, "no creation time"),
    ],
)
def test_malformed(changes: dict[str, Any], message: str) -> None:
    fault = read(sign(ALICE, PAYLOAD, **changes))
    assert isinstance(fault, MalformedSignature)
    assert message in fault.detail


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"salt": bytes(15)}, "salt"),
        ({"salt": bytes(17)}, "salt"),
        ({"digest": 2, "salt": bytes(16)}, "salt"),
        ({"numbers": bytes(65)}, "native signature of a wrong length"),
    ],
)
def test_malformed_of_version_6(changes: dict[str, Any], message: str) -> None:
    fault = read(sign(CAROL, PAYLOAD, **changes))
    assert isinstance(fault, MalformedSignature)
    assert message in fault.detail


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"type": 0x01}, "text document"),
        ({"type": 0x10}, "generic certification"),
        ({"type": 0x77}, "signature type 0x77"),
        ({"digest": 99}, "digest algorithm 99"),
        ({"algorithm": 99}, "public-key algorithm 99"),
        ({"algorithm": 2}, "RSA (encrypt only)"),
        ({"algorithm": 16}, "ElGamal"),
        ({"hashed": created() + subpacket(99, b"", critical=True)}, "unknown type 99"),
        ({"unhashed": subpacket(99, b"", critical=True)}, "unknown type 99"),
        ({"unhashed": subpacket(20, b"", critical=True)}, "critical notation"),
        (
            {"hashed": created() + subpacket(20, b"", critical=True), "digest": 2},
            "critical notation",
        ),
    ],
)
def test_unsupported(changes: dict[str, Any], found: str) -> None:
    fault = read(sign(ALICE, PAYLOAD, **changes))
    assert isinstance(fault, UnsupportedSignature)
    assert found in fault.found


@pytest.mark.parametrize("version", [0, 2, 3, 5, 7, 255])
def test_versions_that_are_not_read(version: int) -> None:
    fault = read(bytes([version]) + sign(ALICE, PAYLOAD)[1:])
    assert fault == UnsupportedSignature(f"OpenPGP signature of version {version}")


def test_unsupported_of_version_6() -> None:
    older = read(sign(key("eddsa", 6), PAYLOAD))
    assert isinstance(older, UnsupportedSignature)
    assert "EdDSA" in older.found
    unknown = read(sign(CAROL, PAYLOAD, digest=99, salt=b"any"))
    assert isinstance(unknown, UnsupportedSignature)


@pytest.mark.parametrize(
    "more",
    [
        subpacket(99, b"x"),
        subpacket(20, b"x"),
        subpacket(28, b"a@b", critical=True),
        subpacket(3, bytes(4), critical=True),
        subpacket(99, bytes(300)),
        created(),
    ],
)
def test_subpackets_that_are_good(more: bytes) -> None:
    assert isinstance(read(sign(ALICE, PAYLOAD, hashed=created() + more)), Signature)
    assert isinstance(read(sign(ALICE, PAYLOAD, unhashed=more)), Signature)


def test_the_last_creation_time_counts() -> None:
    assert read(sign(ALICE, PAYLOAD, hashed=created(1) + created(2))).created == 2


# --- Which key is named ---

A_FP, A_ID = ALICE.issuer(), ALICE.issuer_id()
B_FP, B_ID = BOB.issuer(), BOB.issuer_id()


@pytest.mark.parametrize(
    ("hashed", "unhashed", "names"),
    [
        (b"", b"", []),
        (A_FP, b"", [ALICE.fingerprint]),
        (A_FP, B_FP + B_ID, [ALICE.fingerprint]),
        (A_FP + B_ID, b"", [ALICE.fingerprint]),
        (A_FP + B_FP, b"", [ALICE.fingerprint, BOB.fingerprint]),
        (A_FP + A_FP, b"", [ALICE.fingerprint]),
        (A_ID, b"", [ALICE.key_id.hex().upper()]),
        (A_ID, A_FP, [ALICE.fingerprint]),
        (A_ID, B_FP, [ALICE.key_id.hex().upper()]),
        (A_ID + B_ID, B_FP, [ALICE.key_id.hex().upper(), BOB.fingerprint]),
        (b"", A_FP + B_ID, [ALICE.fingerprint]),
        (b"", A_ID, [ALICE.key_id.hex().upper()]),
        (b"", A_ID + A_ID, [ALICE.key_id.hex().upper()]),
        (CAROL.issuer_id(), CAROL.issuer(), [CAROL.fingerprint]),
    ],
)
def test_issuers(hashed: bytes, unhashed: bytes, names: list[str]) -> None:
    signature = read(sign(ALICE, PAYLOAD, hashed=created() + hashed, unhashed=unhashed))
    assert [issuer.text for issuer in signature.issuers] == names


def test_an_issuer_by_key_id_has_no_fingerprint() -> None:
    [issuer] = read(sign(ALICE, PAYLOAD, hashed=created() + A_ID)).issuers
    assert issuer == Issuer(None, ALICE.key_id)


# --- For people ---


def test_describe_tells_every_field() -> None:
    notation = b"\x80\0\0\0\0\3\0\5" + b"a@b" + "né\n".encode() + b"!"
    hashed = (
        created()
        + A_FP
        + subpacket(20, notation)
        + subpacket(20, b"\0" * 4 + b"\0\1\0\1" + b"n\xff")
        + subpacket(20, b"short")
        + subpacket(3, bytes([0, 0, 0, 9]))
        + subpacket(9, b"x")
        + subpacket(33 + 2, b"")
        + subpacket(28, b"A\xff", critical=True)
    )
    rows = read(
        sign(ALICE, PAYLOAD, hashed=hashed, unhashed=A_ID + subpacket(99, b"\1"))
    ).describe()
    assert all(text.isascii() and text.isprintable() for row in rows for text in row)
    assert ("version", "4") in rows
    assert ("type", "0x00 (binary document)") in rows
    assert ("digest algorithm", "8 (SHA-256)") in rows
    assert ("signature creation time (hashed)", "1600000000 (2020-09-13 12:26:40 UTC)") in rows
    assert ("issuer fingerprint (hashed)", f"version 4, {ALICE.fingerprint}") in rows
    assert ("issuer key id (unhashed)", ALICE.key_id.hex().upper()) in rows
    assert ("notation (hashed)", r"a@b=n\xe9\n!") in rows
    assert ("notation (hashed)", "n=ff") in rows
    assert ("notation (hashed)", b"short".hex()) in rows
    assert ("signature expiration time (hashed)", "9 seconds") in rows
    assert ("key expiration time (hashed)", "78") in rows
    assert ("signer's user id (hashed, critical)", r"A\\xff") in rows
    assert ("subpacket of type 99 (unhashed)", "01") in rows
    assert {"r", "s"} <= {name for name, _ in rows}


def test_describe_of_version_6() -> None:
    rows = dict(read(sign(CAROL, PAYLOAD)).describe())
    assert rows["salt"] == "00" * 16
    assert rows["signature"].startswith("64 octets: ")


def test_of_two_creation_times_the_later_subpacket_counts() -> None:
    """However the area begins: what is usual is read by a short cut."""
    fingerprint = subpacket(33, b"\4" + bytes.fromhex(ALICE.fingerprint))
    for first in (b"", fingerprint):
        for between in (b"", fingerprint, subpacket(20, bytes(8))):
            hashed = first + subpacket(2, bytes(4)) + between + subpacket(2, b"\0\0\1\0")
            assert Signature(sign(ALICE, PAYLOAD, hashed=hashed)).created == 256
