"""What a commit's own bytes and the keyring say of who signed it: step 3c, and the means for 3e."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nixauth.keyring import Keyring
from nixauth.model import (
    Fingerprint,
    KeyFault,
    MissingKey,
    SignatureFault,
    UnsupportedSignature,
    UnusableKey,
)
from nixauth.rule import Signer
from nixauth.signatures import openpgp
from nixauth.signatures.commit_object import FaultyCommit, SignedCommit
from nixauth.signatures.reader import read_signature

_SHA1 = 2
"""OpenPGP's number for SHA-1 (RFC 9580, section 9.5)."""


@dataclass(slots=True)
class Claim:
    """A well-formed signature, and the usable keys that it may have been made by."""

    signature: openpgp.Signature
    digest: bytes
    keys: tuple[openpgp.PublicKey, ...]
    signers: tuple[Signer, ...]
    _verified: dict[Fingerprint, bool] = field(default_factory=dict)

    def verifies(self, signer: Signer) -> bool:
        """Step 3e: do the mathematics for one of the keys, once."""
        known = self._verified.get(signer.key)
        if known is None:
            key = next(key for key in self.keys if key.fingerprint == signer.key)
            known = openpgp.verify(self.signature, key, self.digest)
            self._verified[signer.key] = known
        return known


Evidence: TypeAlias = Claim | SignatureFault | KeyFault


def examine(
    commit: SignedCommit | FaultyCommit, keyring: Keyring, sha1_counts: Callable[[], bool]
) -> Evidence:
    """Step 3c: read the signature and find its key.

    `sha1_counts` is asked when the signature is made over SHA-1.
    Raises UnreadableKeyringError where a source of the keyring is not there.
    """
    if isinstance(commit, FaultyCommit):
        return commit.fault
    signature = read_signature(commit.signature)
    if not isinstance(signature, openpgp.Signature):
        return signature
    weak = signature.weak
    if weak is not None and not _acceptable(signature, sha1_counts):
        return weak
    return _find_keys(signature, commit.payload, keyring)


def _acceptable(signature: openpgp.Signature, sha1_counts: Callable[[], bool]) -> bool:
    return signature.digest_algorithm == _SHA1 and sha1_counts()


def _find_keys(signature: openpgp.Signature, payload: bytes, keyring: Keyring) -> Evidence:
    keys = keyring.find(signature.issuers)
    if len(keys) == 1:  # as nearly always
        fault = openpgp.key_fault(signature, keys[0])
        if fault is not None:
            return fault
        signer = keyring.signer(keys[0].fingerprint)
        return Claim(signature, signature.digest(payload), (keys[0],), (signer,))
    if not keys:
        return MissingKey(signature.issuers[0].text if signature.issuers else "")
    faults = [openpgp.key_fault(signature, key) for key in keys]
    usable = tuple(key for key, fault in zip(keys, faults, strict=True) if fault is None)
    if not usable:
        return _first_fault(faults)
    signers = tuple(keyring.signer(key.fingerprint) for key in usable)
    return Claim(signature, signature.digest(payload), usable, signers)


def _first_fault(faults: Sequence[UnusableKey | UnsupportedSignature | None]) -> Evidence:
    """Say of several keys with the same id what is asked first."""
    found = [fault for fault in faults if fault is not None]
    unsupported = [fault for fault in found if isinstance(fault, UnsupportedSignature)]
    return unsupported[0] if unsupported else found[0]
