"""SSH keys for scenarios, with the same face as those of OpenPGP: `bob@ssh`, `bob@ssh-rsa`, …"""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.vectors import sshsig
from tests.support.vectors.sshsig import Parts

KINDS = {
    "ssh": sshsig.ed25519,
    "ssh-ecdsa": sshsig.ecdsa,
    "ssh-rsa": sshsig.rsa,
    "ssh-sk": sshsig.sk_ed25519,
    "ssh-sk-ecdsa": sshsig.sk_ecdsa,
}


@dataclass(frozen=True)
class SshSigner:
    """A key pair; `line` is what an authorizations file has."""

    pair: sshsig.Key

    @property
    def fingerprint(self) -> str:
        return self.pair.fingerprint

    @property
    def line(self) -> str:
        return self.pair.line

    def signature(self, payload: bytes) -> bytes:
        return sshsig.binary(self.pair, payload)

    def sign(
        self, payload: bytes, *, over: bytes | None = None, digest: str | None = None
    ) -> bytes:
        parts = Parts(hash_name=digest.lower()) if digest else Parts()
        return sshsig.sign(self.pair, payload if over is None else over, parts)

    def cut_short(self, payload: bytes) -> bytes:
        return sshsig.armor(self.signature(payload)[:-1])


def signer(name: str) -> SshSigner | None:
    """Return the SSH key of a name, None for a name of another kind of key."""
    owner, at, kind = name.partition("@")
    return SshSigner(KINDS[kind](owner)) if at else None
