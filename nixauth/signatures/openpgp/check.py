"""Whether a key can have made a signature, and whether it has (RFC 9580, sections 5.2.3, 5.2.4).

What the library made of a key is remembered with the key: one key verifies thousands of commits.
"""

from __future__ import annotations

from nixauth.model import UnsupportedSignature, UnusableKey
from nixauth.signatures.openpgp import algorithms
from nixauth.signatures.openpgp.keys import PublicKey
from nixauth.signatures.openpgp.signature import Signature

_MINIMAL_RSA_BITS = 1024


class _Damaged:
    __slots__ = ("detail",)

    def __init__(self, detail: str) -> None:
        self.detail = detail


class _Unsupported(_Damaged):
    __slots__ = ()


def key_fault(signature: Signature, key: PublicKey) -> UnusableKey | UnsupportedSignature | None:
    """Say why `key` cannot count as the maker of `signature`, or None."""
    if signature.version != key.version:
        return UnusableKey(
            key.fingerprint,
            f"signature of version {signature.version}, key of version {key.version}",
        )
    if signature.public_key_algorithm != key.algorithm:
        made = algorithms.public_key_name(signature.public_key_algorithm)
        return UnusableKey(key.fingerprint, f"signature by {made}, key of {key.algorithm_name}")
    loaded = _load(key)
    if isinstance(loaded, _Unsupported):
        return UnsupportedSignature(f"OpenPGP: {loaded.detail}")
    if isinstance(loaded, _Damaged):
        return UnusableKey(key.fingerprint, loaded.detail)
    return None


def usability_fault(key: PublicKey) -> str:
    """Say why nothing that `key` signs can ever count; empty when it may."""
    loaded = _load(key)
    if not isinstance(loaded, _Damaged):
        return ""
    accepted = not isinstance(loaded, _Unsupported)
    return loaded.detail if accepted else f"{loaded.detail}: not accepted for signatures"


def verify(signature: Signature, key: PublicKey, digest: bytes) -> bool:
    """Say whether `key` signed `digest`, which `signature.digest` made of the payload.

    False, too, for every number out of range, and where `key_fault` has something to say.
    The first two octets of the digest that the packet repeats are a hint, and decide nothing: a
    forge wrote them wrongly for years, into signatures that are good.
    """
    loaded = key.loaded or _load(key)
    if (
        not callable(loaded)
        or signature.version != key.version
        or signature.public_key_algorithm != key.algorithm
    ):
        return False
    name = algorithms.digest_name(signature.digest_algorithm)
    return bool(loaded(signature.numbers, digest, name))


def _load(key: PublicKey) -> object:
    if key.loaded is None:
        key.loaded = _first_load(key)
    return key.loaded


def _first_load(key: PublicKey) -> object:
    if key.algorithm not in algorithms.SIGNING:
        return _Unsupported(algorithms.public_key_name(key.algorithm))
    if not _is_listed_curve(key):
        return _Unsupported(key.algorithm_name)
    if key.damage:
        return _Damaged(f"damaged key: {key.damage}")
    if key.algorithm in {algorithms.RSA, algorithms.RSA_SIGN_ONLY} and key.bits < _MINIMAL_RSA_BITS:
        return _Damaged(f"RSA key of {key.bits} bits, fewer than {_MINIMAL_RSA_BITS}")
    # Only a signature that is worth verifying pays for importing the library.
    from nixauth.signatures.openpgp import mathematics  # noqa: PLC0415

    try:
        return mathematics.load(key)
    except ValueError as error:
        return _Damaged(f"damaged key: {error}")
    except mathematics.UnsupportedByLibrary:
        return _Unsupported(f"{key.algorithm_name}, which OpenSSL lacks here")


def _is_listed_curve(key: PublicKey) -> bool:
    """Say whether the key's curve, if it names one, is accepted for its algorithm."""
    if not key.curve:
        return True
    if key.algorithm == algorithms.EDDSA_LEGACY:
        return key.version == 4 and key.curve == algorithms.ED25519_LEGACY_OID
    return key.curve in algorithms.NIST_AND_BRAINPOOL
