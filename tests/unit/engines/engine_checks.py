"""One signature to ask engines about, and the lines that GnuPG prints of it."""

from __future__ import annotations

from nixauth.engines import Check
from nixauth.keyring import Keyring
from nixauth.signatures import openpgp as real
from tests.support import openpgp

PAYLOAD = b"payload\n"
ALICE, BOB = openpgp.key("alice"), openpgp.key("bob")
KEYRING = Keyring.from_files([("keys", ALICE.certificate() + BOB.certificate())])


def check(payload: bytes = PAYLOAD, *, over: bytes | None = None, **faults: object) -> Check:
    """Return the question whether alice signed the payload; `over` is what she did sign."""
    armored = ALICE.sign(payload, over=over, **faults)
    signature = real.read_signature(armored)
    assert isinstance(signature, real.Signature)
    key = KEYRING.certificates.get(real.PublicKey(ALICE.body).fingerprint)
    assert key is not None
    return Check(signature, payload, key)


def status(text: str) -> list[list[bytes]]:
    """Return status lines as words, from the form without their prefix."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return [line.encode().split(b" ") for line in lines if line]


ID = ALICE.fingerprint[-16:]
OTHER = BOB.fingerprint[-16:]
GOOD = f"GOODSIG {ID} alice"
VALID = f"VALIDSIG {ALICE.fingerprint} 2017-07-14 1500000000 0 4 0 22 8 00 {ALICE.fingerprint}"
