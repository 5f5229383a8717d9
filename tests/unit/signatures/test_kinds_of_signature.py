"""Which kind of signature a `gpgsig` header holds, by its first line."""

from __future__ import annotations

import pytest

from nixauth.model import MalformedSignature, UnsupportedSignature
from nixauth.signatures.reader import read_signature


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"-----BEGIN SIGNED MESSAGE-----\nMIIB\n", "an X.509 (S/MIME) signature"),
        (b"-----BEGIN PKCS7-----\nMIIB\n", "an X.509 (S/MIME) signature"),
        (b"-----BEGIN CMS-----", "an X.509 (S/MIME) signature"),
        (b"-----BEGIN MINISIGN-----\nRWQ\n", "a block of the unknown kind 'MINISIGN'"),
        (b"-----BEGIN \xff-----\n", "a block of the unknown kind '\\\\xff'"),
        (b"-----BEGIN -----\n", "a block of the unknown kind ''"),
    ],
)
def test_other_kinds_are_told_by_name(value: bytes, found: str) -> None:
    assert read_signature(value) == UnsupportedSignature(found)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"x",
        b"\n-----BEGIN PGP SIGNATURE-----\n",
        b" -----BEGIN SSH SIGNATURE-----\n",
        b"----BEGIN SSH SIGNATURE-----\n",
        b"-----begin SSH SIGNATURE-----\n",
        b"-----END SSH SIGNATURE-----\n",
        b"untrusted comment: minisign\nRWQ\n",
    ],
)
def test_what_does_not_begin_a_block_is_malformed(value: bytes) -> None:
    assert isinstance(read_signature(value), MalformedSignature)


@pytest.mark.parametrize("kind", [b"MESSAGE", b"PUBLIC KEY BLOCK", b"SIGNED MESSAGE", b""])
def test_another_block_of_openpgp_is_malformed(kind: bytes) -> None:
    value = b"-----BEGIN PGP " + kind + b"-----\n\nAAAA\n-----END PGP " + kind + b"-----\n"
    assert isinstance(read_signature(value), MalformedSignature)
