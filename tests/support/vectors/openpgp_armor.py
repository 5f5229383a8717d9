"""Faults of OpenPGP's armor, and other kinds of block."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.support.openpgp import armor, crc24, packet
from tests.support.vectors import pgp
from tests.support.vectors.made import ALICE, MALFORMED, PAYLOAD, UNSUPPORTED, Vector, vector

_MADE = pgp.signature(ALICE, PAYLOAD)
_ARMORED = armor(_MADE)
_BEGIN = b"-----BEGIN PGP SIGNATURE-----\n"
_END = b"-----END PGP SIGNATURE-----\n"


def vectors() -> Iterator[Vector]:
    for name, signature, guards, description in (*_around(), *_within(), *_base64(), *_labels()):
        yield vector(
            f"openpgp-armor-{name}",
            MALFORMED,
            f"armor.py: {guards}",
            description,
            signature=signature,
        )
    yield from _other_blocks()


Row = tuple[str, bytes, str, str]


def _around() -> Iterator[Row]:
    yield (
        "text-before",
        b"Signed by me:\n" + _ARMORED,
        "the first line (also reader.py)",
        "A line of text stands before the armor, which GnuPG passes over.",
    )
    yield (
        "empty-line-before",
        b"\n" + _ARMORED,
        "the first line (also reader.py)",
        "An empty line stands before the armor.",
    )
    yield (
        "blank-before",
        b" " + _ARMORED,
        "the first line (also reader.py)",
        "A space stands before the armor's first line.",
    )
    yield (
        "text-after",
        _ARMORED + b"Regards\n",
        "text after the end line",
        "A line of text stands after the armor, which GnuPG passes over.",
    )
    yield (
        "two-blocks",
        _ARMORED + _ARMORED,
        "base64 holds no dashes",
        "Two armored blocks stand in one header; GnuPG reads both.",
    )
    yield (
        "nested",
        _BEGIN + b"\n" + _ARMORED + _END,
        "base64 holds no dashes",
        "A whole block stands within another one's lines.",
    )
    yield ("no-end", _ARMORED.removesuffix(_END), "an end line", "The armor has no last line.")


def _within() -> Iterator[Row]:
    encoded = base64.b64encode(_MADE)
    yield (
        "no-empty-line",
        _ARMORED.replace(b"\n\n", b"\n", 1),
        "an empty line before the base64",
        "No empty line divides the armor headers from the base64.",
    )
    yield (
        "empty-line-within",
        _ARMORED.replace(encoded[64:70], b"\n" + encoded[64:70]),
        "no empty line within the base64",
        "An empty line stands within the base64.",
    )
    yield (
        "header-without-colon",
        _ARMORED.replace(b"\n\n", b"\nVersion\n\n", 1),
        "a header has a colon",
        "An armor header has no colon.",
    )
    yield (
        "header-without-name",
        _ARMORED.replace(b"\n\n", b"\n: 2\n\n", 1),
        "a header has a name",
        "An armor header has no name.",
    )
    yield (
        "wrong-checksum",
        armor(_MADE, checksum=crc24(_MADE) ^ 1),
        "a wrong checksum",
        """The checksum is wrong. RFC 9580 lets that pass; GnuPG refuses it, and a signature that
        was damaged on its way proves nothing.""",
    )
    yield (
        "short-checksum",
        armor(_MADE, checksum=False).replace(_END, b"=AAA\n" + _END),
        "a checksum has four characters",
        "The checksum has three characters.",
    )
    yield (
        "checksum-is-not-last",
        _ARMORED.replace(encoded[:64] + b"\n", b"").replace(_END, encoded[:64] + b"\n" + _END),
        "nothing follows the checksum",
        "The checksum stands before the last line of the base64.",
    )
    yield (
        "header-without-blank",
        _ARMORED.replace(b"\n\n", b"\nVersion:2\n\n", 1),
        "a space after a header's colon",
        "No space follows the colon of an armor header.",
    )
    yield (
        "empty-line-first",
        _ARMORED.replace(b"\n\n", b"\n\n\n", 1),
        "no second empty line before the base64",
        "Two empty lines divide the armor headers from the base64.",
    )
    yield (
        "empty-line-last",
        armor(_MADE, checksum=False).replace(_END, b"\n" + _END),
        "no empty line after the base64",
        "An empty line stands between the base64 and the armor's last line.",
    )
    yield (
        "empty",
        armor(b""),
        "nothing in the armor",
        "The armor holds nothing but the right checksum of nothing.",
    )


def _base64() -> Iterator[Row]:
    body = pgp.body(ALICE, PAYLOAD)
    framings = (packet(2, body), b"\x89" + len(body).to_bytes(2) + body)
    made = next(framed for framed in framings if len(framed) % 3)
    whole = armor(made, checksum=False)
    at = whole.index(b"=")
    last = whole[at - 1 : at]
    other = bytes([last[0] + 1])
    yield (
        "unused-bits",
        whole[: at - 1] + other + whole[at:],
        "base64: unused bits",
        "The bits that the last character of the base64 does not use are not zero.",
    )
    yield (
        "no-padding",
        whole.replace(b"=", b""),
        "base64 is strict",
        "The base64 lacks the equals signs at its end.",
    )
    yield (
        "padding-within",
        whole.replace(b"\n\n", b"\n\nwg==", 1),
        "base64 is strict",
        "The base64 has equals signs in its midst.",
    )
    yield (
        "foreign-character",
        _ARMORED.replace(b"\n\n", b"\n\n*", 1),
        "base64 is strict",
        "A character stands in the base64 that it does not have; lenient readers pass over it.",
    )
    yield (
        "blank-within",
        _ARMORED.replace(b"\n\n", b"\n\n ", 1),
        "base64 is strict",
        "A space stands at the start of a line of base64.",
    )


def _labels() -> Iterator[Row]:
    yield (
        "of-a-key",
        pgp.certificate(ALICE),
        "the first line says signature",
        "A block of public keys stands in the place of the signature.",
    )
    yield (
        "of-a-message",
        armor(_MADE, "PGP MESSAGE"),
        "the first line says signature",
        "The block says that it is a message, and holds a good signature.",
    )
    yield (
        "misspelled",
        _ARMORED.replace(b"BEGIN PGP SIGNATURE", b"BEGIN PGP SIGNATURF"),
        "the first line says signature",
        "The first line is misspelled, and the last one is right.",
    )
    yield (
        "clearsigned",
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nA change\n" + _ARMORED,
        "the first line says signature",
        "A cleartext signature, which brings its own text, stands in the header.",
    )


def _other_blocks() -> Iterator[Vector]:
    rows = (
        ("x509", "SIGNED MESSAGE", "An X.509 signature as gpgsm and smimesign make it."),
        ("x509-pkcs7", "PKCS7", "An X.509 signature under its other name."),
        ("unknown-block", "MINISIGN SIGNATURE", "A block of a kind that nobody knows."),
    )
    for name, label, description in rows:
        yield vector(
            f"block-{name}",
            UNSUPPORTED,
            "reader.py: read_signature",
            description,
            signature=armor(_MADE, label, checksum=False),
        )
    yield vector(
        "block-none",
        MALFORMED,
        "reader.py: a BEGIN line",
        "The header holds the base64 of a good signature without any armor.",
        signature=base64.b64encode(_MADE),
    )
