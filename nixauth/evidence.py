"""What a commit's own bytes and the keyring say of who signed it: step 3c, and the means for 3e."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nixauth.engines import Check, Engine, Native, Outcome
from nixauth.errors import UndecidedError
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
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.commit_object import FaultyCommit, SignedCommit
from nixauth.signatures.kind import NOTHING, Kind
from nixauth.signatures.reader import Signature, read_signature

_SHA1 = 2
"""OpenPGP's number for SHA-1 (RFC 9580, section 9.5)."""
_NATIVE = Native()


@dataclass(slots=True)
class Claim:
    """A well-formed signature, and the usable keys that it may have been made by.

    `material` is what the engine needs of the payload, usually its digest.
    """

    signature: Signature
    material: bytes
    keys: tuple[openpgp.PublicKey, ...] | tuple[ssh.PublicKey, ...]
    signers: tuple[Signer, ...]
    engine: Engine = _NATIVE
    outcomes: dict[Fingerprint, Outcome] = field(default_factory=dict)

    def check(self, signer: Signer) -> Check:
        """Return what an engine is asked about one of the keys."""
        for key in self.keys:
            if key.fingerprint == signer.key:
                return Check(self.signature, self.material, key)
        raise ValueError("the signer is none of the claim's")

    def verifies(self, signer: Signer) -> bool:
        """Step 3e: have the mathematics done for one of the keys, once.

        Raises UndecidedError where the engine cannot say.
        """
        known = self.outcomes.get(signer.key)
        if known is None:
            known = self.engine.verify([self.check(signer)])[0]
            self.outcomes[signer.key] = known
        if isinstance(known, UndecidedError):
            raise known
        return known


def verify_together(claims: Sequence[tuple[Claim, Signer]]) -> None:
    """Have the mathematics of several claims done in one go; the answers stay in the claims."""
    if claims:
        engine = claims[0][0].engine
        outcomes = engine.verify([claim.check(signer) for claim, signer in claims])
        for (claim, signer), outcome in zip(claims, outcomes, strict=True):
            claim.outcomes[signer.key] = outcome


@dataclass(frozen=True, slots=True)
class Testimony:
    """What remains of a claim: who may have signed, and what the mathematics said so far.

    `outcomes` lacks the keys that nobody has asked about. `kind` decides nothing: audits tell it.
    Claims by one key with the same outcome and of the same kind leave one and the same testimony,
    since there may be a million of them.
    """

    signers: tuple[Signer, ...]
    outcomes: Mapping[Fingerprint, Outcome] = field(default_factory=dict, compare=False)
    kind: Kind = field(default=NOTHING, compare=False)


Evidence: TypeAlias = Claim | SignatureFault | KeyFault


def examine(
    commit: SignedCommit | FaultyCommit,
    keyring: Keyring,
    sha1_counts: Callable[[], bool],
    engine: Engine = _NATIVE,
) -> Evidence:
    """Step 3c: read the signature and find its key.

    `sha1_counts` is asked when an OpenPGP signature is made over SHA-1; `engine` is for step 3e.
    Raises UnreadableKeyringError where a source of the keyring is not there.
    """
    if isinstance(commit, FaultyCommit):
        return commit.fault
    signature = read_signature(commit.signature)
    if isinstance(signature, ssh.Signature):
        return _claim_of_ssh(signature, commit.payload, engine)
    if not isinstance(signature, openpgp.Signature):
        return signature
    weak = signature.weak
    if weak is not None and not _acceptable(signature, sha1_counts):
        return weak
    return _find_keys(signature, commit.payload, keyring, engine)


def _acceptable(signature: openpgp.Signature, sha1_counts: Callable[[], bool]) -> bool:
    return signature.digest_algorithm == _SHA1 and sha1_counts()


def _claim_of_ssh(signature: ssh.Signature, payload: bytes, engine: Engine) -> Evidence:
    """The signature holds its key: it is at hand, and stands for itself."""
    fault = ssh.key_fault(signature)
    if fault is not None:
        return fault
    key = signature.key
    material = engine.prepare(signature, payload)
    return Claim(signature, material, (key,), (Signer(key.fingerprint),), engine)


def _find_keys(
    signature: openpgp.Signature, payload: bytes, keyring: Keyring, engine: Engine
) -> Evidence:
    keys = keyring.find(signature.issuers)
    if len(keys) == 1:  # as nearly always
        fault = openpgp.key_fault(signature, keys[0])
        if fault is not None:
            return fault
        signer = keyring.signer(keys[0].fingerprint)
        material = engine.prepare(signature, payload)
        return Claim(signature, material, (keys[0],), (signer,), engine)
    if not keys:
        return MissingKey(signature.issuers[0].text if signature.issuers else "")
    faults = [openpgp.key_fault(signature, key) for key in keys]
    usable = tuple(key for key, fault in zip(keys, faults, strict=True) if fault is None)
    if not usable:
        return _first_fault(faults)
    signers = tuple(keyring.signer(key.fingerprint) for key in usable)
    return Claim(signature, engine.prepare(signature, payload), usable, signers, engine)


def _first_fault(faults: Sequence[UnusableKey | UnsupportedSignature | None]) -> Evidence:
    """Say of several keys with the same id what is asked first."""
    found = [fault for fault in faults if fault is not None]
    unsupported = [fault for fault in found if isinstance(fault, UnsupportedSignature)]
    return unsupported[0] if unsupported else found[0]
