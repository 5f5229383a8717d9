"""Public keys of the `cryptography` and PyNaCl libraries, made from the numbers of a key.

The only module that imports the libraries: that takes longer than the rest of the start-up.
Numbers are big-endian octets, points are as the standards encode them (SEC 1, RFC 8032). Two
exceptions leave the `load_…` functions: ValueError (the numbers are no such key) and
UnsupportedAlgorithm (the library, as built here, lacks it). What they return raises neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

Verifier: TypeAlias = Callable[[tuple[bytes, ...], bytes, str], bool]
"""Takes the signature's numbers, the digest, the digest algorithm's name ("SHA-256").

Over Ed25519 and Ed448 the digest may be a message of any length: they hash what they get.
"""

_DIGESTS: Final = {
    "MD5": utils.Prehashed(hashes.MD5()),  # noqa: S303 - for reports on old certificates
    "SHA-1": utils.Prehashed(hashes.SHA1()),  # noqa: S303 - for history, where the user asks for it
    "SHA-256": utils.Prehashed(hashes.SHA256()),
    "SHA-384": utils.Prehashed(hashes.SHA384()),
    "SHA-512": utils.Prehashed(hashes.SHA512()),
    "SHA-224": utils.Prehashed(hashes.SHA224()),
    "SHA3-256": utils.Prehashed(hashes.SHA3_256()),
    "SHA3-512": utils.Prehashed(hashes.SHA3_512()),
}
_ECDSA: Final = {name: ec.ECDSA(digest) for name, digest in _DIGESTS.items()}
_PADDING: Final = padding.PKCS1v15()
_FAILURES: Final = (BadSignatureError, InvalidSignature, ValueError, UnsupportedAlgorithm)

_ED25519_PRIME: Final = 2**255 - 19
_ED25519_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_ED25519_D: Final = -121665 * pow(121666, -1, _ED25519_PRIME) % _ED25519_PRIME
_ED25519_ORDER_8: Final = int(
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16
)
_ED25519_SMALL: Final = frozenset(
    y % _ED25519_PRIME for y in (0, 1, -1, _ED25519_ORDER_8, -_ED25519_ORDER_8)
)
"""The heights of the eight points for which anybody can sign."""
_ED448_PRIME: Final = 2**448 - 2**224 - 1
_ED448_ORDER: Final = 2**446 - int("8335dc163bb124b65129c96fde933d8d723a70aadc873d6d54a7bb0d", 16)
_ED448_D: Final = -39081 % _ED448_PRIME

UnsupportedByLibrary = UnsupportedAlgorithm
"""The library's exception, under a name that can be caught without importing the library."""


def load_rsa(n: bytes, e: bytes) -> Verifier:
    """RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2); `n` without leading zeros."""
    modulus, exponent = int.from_bytes(n, "big"), int.from_bytes(e, "big")
    if modulus & 1 == 0:
        raise ValueError("even modulus")
    if exponent & 1 == 0 or exponent == 1:
        raise ValueError("even exponent or exponent 1")
    if exponent.bit_length() > 64:
        raise ValueError("exponent of more than 64 bits")
    if modulus.bit_length() > 16384:
        raise ValueError("modulus of more than 16384 bits")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    size = len(n)

    def verify(numbers: tuple[bytes, ...], digest: bytes, name: str) -> bool:
        signature = numbers[0].rjust(size, b"\0")
        if len(signature) != size or signature >= n:
            return False
        public.verify(signature, digest, _PADDING, _DIGESTS[name])
        return True

    return _guarded(verify)


def load_dsa(numbers: tuple[bytes, ...]) -> Verifier:
    """DSA (FIPS 186-4) over p, q, g with the value y."""
    p, q, g, y = (int.from_bytes(number, "big") for number in numbers)
    parameters = dsa.DSAParameterNumbers(p, q, g)
    public = dsa.DSAPublicNumbers(y, parameters).public_key()
    # The library takes parameters on trust. An even modulus stops its own arithmetic.
    if not p & 1 or not q & 1 or (p - 1) % q:
        raise ValueError("impossible group")
    if not 1 < g < p or pow(g, q, p) != 1:
        raise ValueError("generator of another group")
    if not 1 < y < p or pow(y, q, p) != 1:
        raise ValueError("value outside of the group")

    def verify(numbers: tuple[bytes, ...], digest: bytes, name: str) -> bool:
        signature = _two_integers(numbers, q)
        if signature:
            public.verify(signature, digest, _DIGESTS[name])
        return bool(signature)

    return _guarded(verify)


def load_ecdsa(curve: str, size: int, point: bytes) -> Verifier:
    """ECDSA over the library's curve of that name, with coordinates of `size` octets."""
    if len(point) != 2 * size + 1 or point[0] != 4:
        raise ValueError("point of a wrong form")
    public = ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, curve)(), point)
    order = 1 << 8 * size

    def verify(numbers: tuple[bytes, ...], digest: bytes, name: str) -> bool:
        # The library itself compares with the exact order; this keeps giants away from it.
        signature = _two_integers(numbers, order)
        if signature:
            public.verify(signature, digest, _ECDSA[name])
        return bool(signature)

    return _guarded(verify)


def _two_integers(numbers: tuple[bytes, ...], order: int) -> bytes:
    """Return r and s as the library takes them; empty where one is not in 1 … order - 1."""
    r, s = (int.from_bytes(number, "big") for number in numbers)
    if not (0 < r < order and 0 < s < order):
        return b""
    return utils.encode_dss_signature(r, s)


def load_ed25519(point: bytes) -> Verifier:
    """Ed25519 (RFC 8032, section 5.1): a point of 32 octets; one number of 64, or two."""
    y = int.from_bytes(point, "little")
    y &= (1 << 255) - 1  # without the sign of x
    if y in _ED25519_SMALL:
        raise ValueError("point of small order")
    if not _is_on_edwards_curve(y, _ED25519_PRIME, -1, _ED25519_D):
        raise ValueError("point not on the curve")

    def verify(numbers: tuple[bytes, ...], digest: bytes, _: str) -> bool:
        if len(numbers) == 2:
            if len(numbers[0]) > 32 or len(numbers[1]) > 32:
                return False
            signature = numbers[0].rjust(32, b"\0") + numbers[1].rjust(32, b"\0")
        else:
            signature = numbers[0]
        if int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
            return False
        # libsodium takes half of OpenSSL's time, and this is what most new keys are.
        crypto_sign_open(signature + digest, point)
        return True

    return _guarded(verify)


def load_ed448(point: bytes) -> Verifier:
    """Ed448 (RFC 8032, section 5.2): a point of 57 octets, one number of 114."""
    y = int.from_bytes(point[:56], "little")
    if y in {0, 1, _ED448_PRIME - 1}:
        raise ValueError("point of small order")  # anybody can sign for it
    if point[56] & 0x7F or not _is_on_edwards_curve(y, _ED448_PRIME, 1, _ED448_D):
        raise ValueError("point not on the curve")
    public = Ed448PublicKey.from_public_bytes(point)

    def verify(numbers: tuple[bytes, ...], digest: bytes, _: str) -> bool:
        if int.from_bytes(numbers[0][57:], "little") >= _ED448_ORDER:
            return False
        public.verify(numbers[0], digest)
        return True

    return _guarded(verify)


def _is_on_edwards_curve(y: int, prime: int, a: int, d: int) -> bool:
    """Say whether `a x² + y² = 1 + d x² y²` has two solutions for x (RFC 8032).

    It has one, zero, for two of the points of small order.
    """
    if y >= prime:
        return False
    above, below = y * y - 1, d * y * y - a
    square = above * pow(below, -1, prime) % prime
    return pow(square, (prime - 1) // 2, prime) == 1


def _guarded(verify: Verifier) -> Verifier:
    """Return `verify` with the library's refusals, and digests it lacks, as False."""

    def guarded(numbers: tuple[bytes, ...], digest: bytes, name: str) -> bool:
        if name not in _DIGESTS:
            return False
        try:
            return verify(numbers, digest, name)
        except _FAILURES:
            return False

    return guarded
