"""The engine that is always there: the libraries' mathematics, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nixauth.engines.interface import Check, Outcome
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.reader import Signature

_BATCH: Final = 128


class Native:
    """See `Engine`; it can always say."""

    name = "native"
    batch = _BATCH
    keeps_payloads = False

    def prepare(self, signature: Signature, payload: bytes) -> bytes:
        """Return the digest; for SSH the message that holds it."""
        return signature.digest(payload)

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        """See `Engine`; raises nothing."""
        return [_verify(*check) for check in checks]

    def close(self) -> None:
        """There is nothing to give back."""


def _verify(signature: Signature, digest: bytes, key: openpgp.PublicKey | ssh.PublicKey) -> Outcome:
    if isinstance(signature, ssh.Signature):
        return key == signature.key and ssh.verify(signature, digest)
    return isinstance(key, openpgp.PublicKey) and openpgp.verify(signature, key, digest)
