"""How a commit is signed: the short way says what reading the whole signature says."""

from __future__ import annotations

import pytest

from nixauth.audit.signed import NOTHING, kind_of, kind_of_sound
from tests.support import commits, openpgp

PLAIN = commits.commit_content(b"\1" * 20, (), message=b"A message\n")


@pytest.mark.parametrize("algorithm", ["eddsa", "ed25519", "ecdsa", "rsa", "dsa"])
def test_both_ways_agree(algorithm: str) -> None:
    try:
        key = openpgp.rsa_key("r") if algorithm == "rsa" else openpgp.key("k", algorithm)  # type: ignore[arg-type]
    except (KeyError, ValueError):
        pytest.skip(f"no test key of the kind {algorithm}")
    signed = commits.signed_by(PLAIN, key.sign)
    assert kind_of_sound(signed) == kind_of(signed) != NOTHING


def test_a_message_that_looks_like_a_header() -> None:
    lure = b"-----BEGIN PGP SIGNATURE-----\n \n iQIzBAABCAAd\n -----END PGP SIGNATURE-----\n"
    content = commits.commit_content(b"\1" * 20, (), message=b"x\n\ngpgsig " + lure)
    assert kind_of_sound(content) == kind_of(content) == NOTHING


def test_headers_in_the_armor() -> None:
    armored = openpgp.key("k").sign(b"payload")
    with_header = armored.replace(
        b"-----BEGIN PGP SIGNATURE-----\n", b"-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v2\n", 1
    )
    content = commits.signed(PLAIN, with_header)
    assert kind_of_sound(content) == kind_of(content) == ("EdDSA", "SHA-256")


@pytest.mark.parametrize("text", [b"", b"!!!!!!!!!!!!", b"iQIz", b"AAAAAAAAAAAA", b"////////////"])
def test_what_is_no_packet(text: bytes) -> None:
    block = b"-----BEGIN PGP SIGNATURE-----\n\n" + text + b"\n-----END PGP SIGNATURE-----\n"
    content = commits.signed(PLAIN, block)
    assert kind_of_sound(content) == kind_of(content) == NOTHING
