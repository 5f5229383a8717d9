"""Armor: the checksum, and what is refused around and inside a signature block."""

import base64
import random

import pytest

from nixauth.signatures.openpgp.armor import crc24, key_blocks, read_signature_block
from nixauth.signatures.openpgp.packets import FormatError
from tests.unit.signatures.openpgp import maker

DATA = bytes(range(100))
GOOD = maker.armor(DATA)
BEGIN = b"-----BEGIN PGP SIGNATURE-----"


def divides(exponents: list[int]) -> bool:
    polynomial = sum(1 << exponent for exponent in exponents)
    while polynomial.bit_length() > 24:
        polynomial ^= 0x1864CFB << polynomial.bit_length() - 25
    return polynomial == 0


def test_the_generator_divides_the_polynomial_that_the_folding_rests_on() -> None:
    assert divides([96, 27, 25, 17, 11, 0])


@pytest.mark.parametrize("length", [*range(60), 95, 96, 97, 191, 192, 193, 560, 4097])
def test_the_checksum_is_that_of_the_standard(length: int) -> None:
    data = random.Random(length).randbytes(length)
    assert crc24(data) == maker.crc(data)
    assert crc24(bytes(length)) == maker.crc(bytes(length))


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        GOOD + b"\n",
        GOOD + b"\n\n\n",
        GOOD + b" \t\r\n \n",
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b" \t\n"),
        maker.armor(DATA, checksum=False),
        maker.armor(DATA, headers="Version: GnuPG v2\n"),
        maker.armor(DATA, headers="Comment:\nMessage-ID: a: b\n"),
        maker.armor(DATA, headers="Comment: ").replace(b"Comment: ", b"Comment: \xff\n"),
    ],
)
def test_good_blocks(value: bytes) -> None:
    assert read_signature_block(value) == DATA


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "first line"),
        (b"\n" + GOOD, "first line"),
        (b" " + GOOD, "first line"),
        (b"text\n" + GOOD, "first line"),
        (GOOD.replace(b"SIGNATURE", b"MESSAGE"), "first line"),
        (maker.armor(DATA, "PUBLIC KEY BLOCK"), "first line"),
        (GOOD[: GOOD.rindex(b"\n")], "no end line"),
        (GOOD + b"x", "after the end"),
        (GOOD + b"\ntext", "after the end"),
        (GOOD + b"\n" + GOOD, "base64"),
        (GOOD.replace(b"-----\n\n", b"-----\n"), "no empty line"),
        (GOOD.replace(b"-----\n\n", b"-----\nnonsense\n\n"), "no empty line"),
        (GOOD.replace(b"-----\n\n", b"-----\nKey:value\n\n"), "no empty line"),
        (GOOD.replace(b"-----\n\n", b"-----\n: value\n\n"), "no empty line"),
        (BEGIN + b"\n-----END PGP SIGNATURE-----", "no empty line"),
        (GOOD.replace(b"\n=", b"\n\n="), "empty line within"),
        (GOOD.replace(b"-----\n\n", b"-----\n\n\n"), "empty line within"),
        (GOOD.replace(b"-----\n\n", b"-----\n\n-----BEGIN PGP SIGNATURE-----\n\n"), "empty line"),
        (GOOD.replace(b"AAEC", b"AA*C"), "base64"),
        (GOOD.replace(b"AAEC", b"AAE"), "base64"),
        (GOOD.replace(b"AAEC", b"AAE="), "base64"),
        (maker.armor(b"abcd", checksum=False).replace(b"ZA==", b"ZB=="), "unused bits"),
        (maker.armor(b"abcde", checksum=False).replace(b"ZGU=", b"ZGV="), "unused bits"),
        (GOOD.replace(b"\n=", b"\n=A")[:-1] + b"-", "base64"),
        (maker.armor(DATA).replace(b"AAEC", b"AAED"), "wrong checksum"),
    ],
)
def test_bad_blocks(value: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_signature_block(value)


def test_an_empty_block_holds_nothing() -> None:
    assert read_signature_block(BEGIN + b"\n\n\n-----END PGP SIGNATURE-----") == b""
    checksum = base64.b64encode(crc24(b"").to_bytes(3, "big"))
    assert (
        read_signature_block(BEGIN + b"\n\n=" + checksum + b"\n-----END PGP SIGNATURE-----") == b""
    )


KEYS = maker.armor(DATA, "PUBLIC KEY BLOCK", headers="Version: 1\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (KEYS, [(DATA, "")]),
        (b"-----\nmy key:\n" + KEYS + b"\nand\n" + KEYS + b"\n", [(DATA, ""), (DATA, "")]),
        (KEYS.replace(b"\n", b"\r\n"), [(DATA, "")]),
        (maker.armor(DATA, "PUBLIC KEY BLOCK", checksum=False), [(DATA, "")]),
        (b"nothing here", []),
    ],
)
def test_key_blocks_are_found_in_text(text: bytes, found: list[tuple[bytes, str]]) -> None:
    assert list(key_blocks(text)) == found


@pytest.mark.parametrize(
    ("text", "data", "problem"),
    [
        (KEYS.replace(b"\n=", b"\n=AAAA\n="), b"", "line 1: base64"),
        (b"\n" + KEYS.replace(b"AAEC", b"AAED"), b"\0\1\3" + DATA[3:], "line 2: wrong checksum"),
        (KEYS[: KEYS.rindex(b"\n")], DATA, "line 1: no end line"),
        (KEYS[: KEYS.rindex(b"\n")] + b"\n-----END PGP MESSAGE-----", DATA, "no end line"),
        (maker.armor(DATA, "PRIVATE KEY BLOCK"), b"", "not a block of public keys"),
    ],
)
def test_problems_of_key_blocks(text: bytes, data: bytes, problem: str) -> None:
    [(found, said)] = key_blocks(text)
    assert found == data
    assert problem in said


def test_a_block_that_never_ends_does_not_hide_the_next() -> None:
    found = list(key_blocks(KEYS[: KEYS.rindex(b"\n")] + b"\n" + KEYS))
    assert [data for data, _ in found] == [DATA, DATA]
