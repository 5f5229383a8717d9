"""Whether a key can have made a signature, and whether it has."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, NamedTuple

from nixauth.model import UnsupportedSignature, UnusableKey
from nixauth.signatures.ssh.keys import ALGORITHMS, CURVES, PublicKey
from nixauth.signatures.ssh.signature import Signature

_MINIMAL_RSA_BITS: Final = 2048
_HASHES: Final = {
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


class _Damaged(NamedTuple):
    detail: str
    unsupported: bool = False


def key_fault(signature: Signature) -> UnusableKey | UnsupportedSignature | None:
    """Say why the key that the signature holds cannot count as its maker, or None."""
    key = signature.key
    if ALGORITHMS[signature.algorithm].kind != key.kind:
        return UnusableKey(
            key.fingerprint, f"signature by {signature.algorithm}, key of the type {key.kind}"
        )
    detail = usability_fault(key)
    if not detail:
        return None
    loaded = _load(key)
    if isinstance(loaded, _Damaged) and loaded.unsupported:
        return UnsupportedSignature(f"SSH: {detail}")
    return UnusableKey(key.fingerprint, detail)


def usability_fault(key: PublicKey) -> str:
    """Say why nothing that `key` signs can ever count; empty when it may."""
    if key.kind == "ssh-rsa" and key.bits < _MINIMAL_RSA_BITS:
        return f"RSA key of {key.bits} bits, fewer than {_MINIMAL_RSA_BITS}"
    loaded = _load(key)
    return loaded.detail if isinstance(loaded, _Damaged) else ""


def verify(signature: Signature, message: bytes) -> bool:
    """Say whether the key signed `message`, which `signature.digest` made of the payload.

    False, too, for every number out of range, and where `key_fault` has something to say.
    """
    if key_fault(signature) is not None:
        return False
    loaded = _load(signature.key)
    if not callable(loaded):
        return False
    algorithm = ALGORITHMS[signature.algorithm]
    if algorithm.token:  # PROTOCOL.u2f: what a token signs
        application = hashlib.sha256(signature.key.fields[-1]).digest()
        message = application + signature.flags + signature.counter + _sha256(message)
    if algorithm.digest:
        message = _HASHES[algorithm.digest](message).digest()
    return bool(loaded(signature.numbers, message, algorithm.digest or "SHA-512"))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@lru_cache(maxsize=1024)
def _load(key: PublicKey) -> object:
    # Only a signature that is worth verifying pays for importing the library.
    from nixauth.signatures import mathematics  # noqa: PLC0415

    try:
        if key.kind == "ssh-rsa":
            exponent, modulus = (field.lstrip(b"\0") for field in key.fields)
            return mathematics.load_rsa(modulus, exponent)
        if key.kind in CURVES:
            return mathematics.load_ecdsa(*CURVES[key.kind], key.fields[1])
        return mathematics.load_ed25519(key.fields[0])
    except ValueError as error:
        return _Damaged(f"damaged key: {error}")
    except mathematics.UnsupportedByLibrary:
        return _Damaged(f"{key.algorithm_name}, which OpenSSL lacks here", unsupported=True)
