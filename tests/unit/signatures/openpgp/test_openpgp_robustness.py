"""Any bytes at all: nothing is raised, nothing counts that was not signed, time stays linear."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nixauth.model import MalformedSignature, MultipleSignatures, UnsupportedSignature
from nixauth.signatures.openpgp import Certificates, PublicKey, Signature, read_signature, verify
from nixauth.signatures.openpgp.check import key_fault
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import (
    binding,
    certificate,
    certify,
    created,
    key,
    old_packet,
    packet,
    sign,
    subpacket,
)

PAYLOAD = b"payload"
FAULTS = (MultipleSignatures, MalformedSignature, UnsupportedSignature)
MAKERS = [("eddsa", 4), ("p256", 4), ("rsa", 4), ("ed25519", 6), ("ed448", 6)]
PUBLIC = {made: PublicKey(key(*made).body) for made in MAKERS}


def is_good(found: Signature, public: PublicKey) -> bool:
    found.describe()
    found.weak  # noqa: B018 - asked so that it could raise
    digest = found.digest(PAYLOAD)
    good = verify(found, public, digest)
    assert not (good and key_fault(found, public))
    return good


@pytest.mark.parametrize("made", MAKERS)
def test_truncated_at_every_byte(made: tuple[str, int]) -> None:
    body = sign(key(*made), PAYLOAD, unhashed=key(*made).issuer_id())
    data = packet(2, body)
    for cut in range(len(data)):
        assert isinstance(read_signature(maker.armor(data[:cut])), MalformedSignature)
    for cut in range(len(body)):
        found = read_signature(maker.armor(packet(2, body[:cut])))
        assert isinstance(found, MalformedSignature)


@pytest.mark.parametrize("checksum", [True, False])
def test_armor_truncated_at_every_byte(checksum: bool) -> None:
    text = maker.armor(packet(2, sign(key("eddsa"), PAYLOAD)), checksum=checksum)
    for cut in range(len(text)):
        assert isinstance(read_signature(text[:cut]), MalformedSignature)


@pytest.mark.parametrize("made", MAKERS)
def test_every_bit_flipped(made: tuple[str, int]) -> None:
    """What is still good afterwards was flipped where nothing is signed: names of the issuer,
    the hint of the digest, subpackets outside of the hashed area."""
    by, public = key(*made), PUBLIC[made]
    body = sign(by, PAYLOAD, unhashed=by.issuer_id() + subpacket(20, b"abc"))
    data = old_packet(2, body)
    signed = len(sign(by, PAYLOAD, numbers=b"")) - 2 - (17 if made[1] == 6 else 0)
    wide = 4 if made[1] == 6 else 2
    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            found = read_signature(maker.armor(bytes(flipped)))
            if not isinstance(found, Signature):
                assert isinstance(found, FAULTS)
            elif is_good(found, public):
                unhashed = signed - wide + 3 <= at < len(data) - len(b"".join(found.numbers))
                assert found.numbers == Signature(body).numbers
                assert unhashed
            if at < 3:
                assert not isinstance(found, Signature)


def test_every_octet_of_the_armor_changed() -> None:
    by, public = key("eddsa"), PUBLIC["eddsa", 4]
    text = maker.armor(packet(2, sign(by, PAYLOAD)))
    for at in range(len(text)):
        for octet in (0, 9, 10, 32, 45, 61, 65, text[at] ^ 1, 255):
            found = read_signature(text[:at] + bytes([octet]) + text[at + 1 :])
            if isinstance(found, Signature):
                assert found.body == sign(by, PAYLOAD)
                assert is_good(found, public)
            else:
                assert isinstance(found, FAULTS)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for value in (data, maker.armor(data), maker.armor(packet(2, b"\4\0\x16\x08" + data))):
        found = read_signature(value)
        assert isinstance(found, (*FAULTS, Signature))
    certificates = Certificates()
    for value in (
        data,
        packet(6, data),
        packet(6, b"\4" + data),
        maker.armor(data, "PUBLIC KEY BLOCK"),
    ):
        assert all(isinstance(problem, str) for problem in certificates.add(value))
    for public in certificates:
        certificates.facts(public.fingerprint)
        assert public.algorithm_name


ALICE, SUB = key("ed25519"), key("eddsa")
KEYRING = certificate(ALICE, (SUB, binding(ALICE, SUB)))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(KEYRING) - 1), st.integers(0, 255), st.booleans())
def test_damaged_keyrings(at: int, octet: int, cut: bool) -> None:
    data = KEYRING[:at] + (b"" if cut else bytes([octet]) + KEYRING[at + 1 :])
    certificates = Certificates()
    certificates.add(data)
    for public in certificates:
        certificates.facts(public.fingerprint)
        for primary in certificates.bound_primaries(public.fingerprint):
            assert certificates.get(primary) is not None
        for primary in certificates.claimed_primaries(public.fingerprint):
            assert certificates.binding_problem(public.fingerprint, primary)


# --- Time ---


def different(signature: bytes, count: int) -> bytes:
    """Copies of a packet, told apart by their last octets."""
    return b"".join(signature[:-2] + number.to_bytes(2, "big") for number in range(count))


def maker_armor(data: bytes) -> bytes:
    return maker.armor(data, checksum=False)


def whole(data: bytes) -> None:
    """Read a keyring and ask everything of it."""
    certificates = Certificates()
    certificates.add(data)
    for public in certificates:
        certificates.facts(public.fingerprint)
        certificates.claimed_primaries(public.fingerprint)


BEGIN = b"-----BEGIN PGP SIGNATURE-----\n"
CERTIFICATION = packet(2, certify(ALICE, b"A", by=key("rsa")))
FORGED = packet(2, sign(key("rsa"), b"", type=0x18, hashed=created() + ALICE.issuer()))
LARGE: dict[str, tuple[Callable[[bytes], object], Callable[[int], bytes]]] = {
    "subpackets": (
        read_signature,
        lambda n: maker_armor(packet(2, sign(SUB, b"", unhashed=subpacket(99, b"") * n))),
    ),
    "packets": (read_signature, lambda n: maker_armor(packet(13, b"") * n)),
    "lines": (read_signature, lambda n: BEGIN + b"A: b\n" * n),
    "blanks": (read_signature, lambda n: BEGIN[:-1] + b" \n" * n + b"x"),
    "ends": (read_signature, lambda n: BEGIN + b"\n" + b"-----END PGP SIGNATURE" * n),
    "base64": (read_signature, lambda n: maker.armor(bytes(50 * n))),
    "integer": (
        lambda data: verify(Signature(data), PUBLIC["rsa", 4], b""),
        lambda n: sign(key("rsa"), b"", numbers=maker.mpi(1 << 4 * n)),
    ),
    "blocks": (whole, lambda n: b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" * n),
    "damaged": (whole, lambda n: packet(2, b"x") * n),
    "certifications": (
        whole,
        lambda n: packet(6, ALICE.body) + packet(13, b"A") + CERTIFICATION * n,
    ),
    "bindings": (
        whole,
        lambda n: packet(6, ALICE.body) + packet(14, SUB.body) + different(FORGED, n),
    ),
    "keys": (whole, lambda n: packet(6, ALICE.body) * n),
}


@pytest.mark.parametrize("name", list(LARGE))
def test_time_is_linear(name: str) -> None:
    """Eight times the input takes nowhere near sixty-four times as long."""

    def seconds(count: int) -> float:
        read, make = LARGE[name]
        data = make(count)
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            read(data)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(8000) < 32 * seconds(1000) + 0.05
