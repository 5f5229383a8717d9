"""Private keys and raw signatures as plain numbers, each a function of a name and nothing else.

Written out where a library would not: a library refuses to make what vectors are for, and it
draws random numbers. None of this is fit for secrets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from tests.support import openpgp

EXPONENT = 65537

ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        16,
    ),
    "secp521r1": int(
        "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
        "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        16,
    ),
    "brainpoolP256r1": 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
    "brainpoolP384r1": int(
        "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b3"
        "1f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
        16,
    ),
    "brainpoolP512r1": int(
        "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870"
        "553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
        16,
    ),
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
"""How many points each curve has (SEC 2, RFC 5639)."""

CURVES: dict[str, ec.EllipticCurve] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
    "secp256k1": ec.SECP256K1(),
}

DIGEST_INFO = {
    "MD5": "3020300c06082a864886f70d020505000410",
    "SHA1": "3021300906052b0e03021a05000414",
    "RIPEMD160": "3021300906052b2403020105000414",
    "SHA224": "302d300d06096086480165030402040500041c",
    "SHA256": "3031300d060960864801650304020105000420",
    "SHA384": "3041300d060960864801650304020205000430",
    "SHA512": "3051300d060960864801650304020305000440",
    "SHA3-256": "3031300d060960864801650304020805000420",
    "SHA3-512": "3051300d060960864801650304020a05000440",
}
"""What stands before the digest in PKCS #1 version 1.5 (RFC 8017, section 9.2)."""


def seed(name: str, size: int = 32) -> bytes:
    """Return bytes that depend on the name only."""
    return hashlib.shake_256(b"nixauth test vector: " + name.encode()).digest(size)


def number(name: str, below: int) -> int:
    """Return a number from 1 to below - 1."""
    return int.from_bytes(seed(name, (below.bit_length() + 71) // 8)) % (below - 1) + 1


# --- RSA ---


@dataclass(frozen=True)
class Rsa:
    """An RSA key; `size` in octets."""

    n: int
    e: int
    d: int

    @property
    def size(self) -> int:
        return (self.n.bit_length() + 7) // 8

    def sign(self, digest: str, value: bytes) -> int:
        return self.raw(padded(self.size, bytes.fromhex(DIGEST_INFO[digest]) + value))

    def raw(self, message: bytes) -> int:
        return pow(int.from_bytes(message), self.d, self.n)


def padded(size: int, info: bytes) -> bytes:
    """Pad as PKCS #1 version 1.5 does for signatures."""
    return b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info


@cache
def rsa(name: str, bits: int = 1024, exponent: int = EXPONENT, *, even: bool = False) -> Rsa:
    """Return an RSA key of exactly so many bits; an even modulus has the factor 2 as well.

    Where the exponent has no inverse, the private exponent is 1.
    """
    half, factor = bits // 2, 2 if even else 1
    q = prime(f"{name} q", half, exponent)
    p = prime(f"{name} p", bits - half - (1 if even else 0), exponent)
    try:
        d = pow(exponent, -1, (p - 1) * (q - 1))
    except ValueError:
        d = 1
    assert (p * q * factor).bit_length() == bits
    return Rsa(p * q * factor, exponent, d)


@cache
def prime(name: str, bits: int, exponent: int = EXPONENT) -> int:
    """Return the first probable prime after a number made from the name."""
    candidate = int.from_bytes(seed(name, (bits + 7) // 8)) % (1 << bits) | 3 << bits - 2 | 1
    while not (is_prime(candidate) and (exponent < 3 or candidate % exponent != 1)):
        candidate += 2
    return candidate


_SMALL = [n for n in range(3, 1000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


def is_prime(candidate: int) -> bool:
    """Miller and Rabin's test with fixed bases."""
    if any(candidate % n == 0 for n in _SMALL):
        return candidate in _SMALL
    odd, power = candidate - 1, 0
    while not odd & 1:
        odd, power = odd >> 1, power + 1
    return all(openpgp._passes(candidate, base, odd, power) for base in (2, *_SMALL[:12]))


# --- DSA ---


@dataclass(frozen=True)
class Dsa:
    """A DSA key."""

    p: int
    q: int
    g: int
    y: int
    x: int

    def sign(self, value: bytes) -> tuple[int, int]:
        z = leftmost(value, self.q)
        k = number(f"k {self.x} {z}", self.q)
        r = pow(self.g, k, self.p) % self.q
        return r, pow(k, -1, self.q) * (z + r * self.x) % self.q


@cache
def dsa(name: str) -> Dsa:
    """Return a DSA key of 1024 bits over a group of 160 bits."""
    q = prime("dsa q", 160)
    k = number("dsa p", 1 << 863) | 1 << 863
    k += k & 1
    while not is_prime(q * k + 1) or (q * k + 1).bit_length() != 1024:
        k += 2
    p = q * k + 1
    g = pow(2, k, p)
    x = number(f"{name} x", q)
    return Dsa(p, q, g, pow(g, x, p), x)


def leftmost(value: bytes, order: int) -> int:
    """Return as much of a digest as the order has bits (FIPS 186-5)."""
    return int.from_bytes(value) >> max(0, 8 * len(value) - order.bit_length())


# --- Elliptic curves ---


@dataclass(frozen=True)
class Ecdsa:
    """A key on an elliptic curve."""

    curve: str
    secret: int

    @property
    def order(self) -> int:
        return ORDERS[self.curve]

    @property
    def size(self) -> int:
        return (CURVES[self.curve].key_size + 7) // 8

    @property
    def point(self) -> bytes:
        """The uncompressed point (SEC 1, section 2.3.3)."""
        x, y = multiple(self.curve, self.secret)
        return b"\x04" + x.to_bytes(self.size) + y.to_bytes(self.size)

    def sign(self, value: bytes) -> tuple[int, int]:
        z = leftmost(value, self.order)
        k = number(f"k {self.curve} {self.secret} {z}", self.order)
        r = multiple(self.curve, k)[0] % self.order
        return r, pow(k, -1, self.order) * (z + r * self.secret) % self.order


@cache
def multiple(curve: str, factor: int) -> tuple[int, int]:
    """Return a multiple of the curve's base point."""
    public = ec.derive_private_key(factor, CURVES[curve]).public_key().public_numbers()
    return public.x, public.y


@cache
def ecdsa(name: str, curve: str = "secp256r1") -> Ecdsa:
    """Return the key of that name on that curve."""
    return Ecdsa(curve, number(f"{name} {curve}", ORDERS[curve]))


ED25519_PRIME = 2**255 - 19
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
ED448_ORDER = 2**446 - int("8335dc163bb124b65129c96fde933d8d723a70aadc873d6d54a7bb0d", 16)


def above_order(signature: bytes, order: int) -> bytes:
    """Return an EdDSA signature with the order added to S: the same S, written otherwise."""
    half = len(signature) // 2
    s = int.from_bytes(signature[half:], "little") + order
    return signature[:half] + s.to_bytes(half, "little")
