"""Faults of structure that no later check would notice: what is not read need not be there."""

from __future__ import annotations

from typing import Any

import pytest

from nixauth.model import MalformedSignature, UnsupportedSignature
from nixauth.signatures.openpgp import packets, read_signature
from nixauth.signatures.openpgp.packets import FormatError
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import key, packet, sign

UNKNOWN = 99
"""A public-key algorithm whose numbers nobody reads."""


def read(body: bytes) -> Any:
    return read_signature(maker.armor(packet(2, body)))


def unknown(version: int, **changes: Any) -> bytes:
    made: dict[str, Any] = {"algorithm": UNKNOWN, "numbers": b"", **changes}
    return sign(key("ed25519", version), b"payload", **made)


@pytest.mark.parametrize("version", [4, 6])
def test_well_formed_it_is_unsupported(version: int) -> None:
    assert isinstance(read(unknown(version)), UnsupportedSignature)
    assert isinstance(read(unknown(version, numbers=b"any octets")), UnsupportedSignature)


@pytest.mark.parametrize("more", [1, 2, 100])
@pytest.mark.parametrize("version", [4, 6])
def test_an_area_that_is_longer_than_the_packet(version: int, more: int) -> None:
    wide = 2 if version == 4 else 4
    body = unknown(version)
    hashed = int.from_bytes(body[4 : 4 + wide], "big")
    at = 4 + wide + hashed
    assert body[at : at + wide] == bytes(wide)
    for cut in (body[: at + wide], body[: at + wide + 1], body[: at + wide + 2]):
        left = len(cut) - at - wide
        for length in (max(0, left - 1), left, left + more):
            spoilt = body[:at] + length.to_bytes(wide, "big") + cut[at + wide :]
            assert isinstance(read(spoilt), MalformedSignature), (cut, length)
    spoilt = body[:4] + (len(body) + more).to_bytes(wide, "big") + body[4 + wide :]
    assert isinstance(read(spoilt), MalformedSignature)


def test_a_salt_that_is_cut_off() -> None:
    body = unknown(6)
    for short in range(1, 18):
        assert isinstance(read(body[:-short]), MalformedSignature), short
    assert isinstance(read(unknown(6, salt=bytes(15))), MalformedSignature)


@pytest.mark.parametrize("algorithm", [2, 16, 18, 20, 21, 25, 26, 99, 110])
@pytest.mark.parametrize("version", [4, 6])
def test_algorithms_that_sign_nothing(version: int, algorithm: int) -> None:
    by = key("ed25519", version)
    for numbers in (b"", maker.mpi(1), maker.mpi(1) * 2, bytes(64)):
        body = sign(by, b"payload", algorithm=algorithm, numbers=numbers)
        assert isinstance(read(body), UnsupportedSignature)


@pytest.mark.parametrize("length", [b"\xc0", b"\xff", b"\xff\0", b"\xff\0\0\0"])
def test_a_subpackets_length_that_is_cut_off(length: bytes) -> None:
    good = b"\2\x65\0"
    for data in (good + length, length):
        with pytest.raises(FormatError):
            list(packets.subpackets(data, 0, len(data)))
        with pytest.raises(FormatError):
            list(packets.subpackets(data + b"\1\1\1\1\1", 0, len(data)))
