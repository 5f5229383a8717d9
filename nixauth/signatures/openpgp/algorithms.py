"""The numbers that OpenPGP gives to algorithms, curves, signature types (RFC 9580, section 9)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

# Public-key algorithms, section 9.1.
RSA: Final = 1
RSA_SIGN_ONLY: Final = 3
DSA: Final = 17
ECDSA: Final = 19
EDDSA_LEGACY: Final = 22
ED25519: Final = 27
ED448: Final = 28

PUBLIC_KEY_NAMES: Final = {
    RSA: "RSA",
    2: "RSA (encrypt only)",
    RSA_SIGN_ONLY: "RSA (sign only)",
    16: "ElGamal",
    DSA: "DSA",
    18: "ECDH",
    ECDSA: "ECDSA",
    20: "ElGamal (encrypt or sign)",
    EDDSA_LEGACY: "EdDSA",
    25: "X25519",
    26: "X448",
    ED25519: "Ed25519",
    ED448: "Ed448",
}

INTEGERS: Final = {RSA: 1, RSA_SIGN_ONLY: 1, DSA: 2, ECDSA: 2, EDDSA_LEGACY: 2}
"""How many multiprecision integers a signature of the algorithm holds (section 5.2.3)."""

NATIVE_SIGNATURE_SIZES: Final = {ED25519: 64, ED448: 114}
"""Octets of the signatures that are no integers."""

SIGNING: Final = frozenset(INTEGERS) | frozenset(NATIVE_SIGNATURE_SIZES)
"""The public-key algorithms that are accepted."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash algorithm (section 9.5); `salt_size` in octets, None where version 6 has none."""

    number: int
    name: str
    new: Callable[..., Any]
    size: int
    salt_size: int | None
    weak: bool = False


def _ripemd160(data: bytes = b"") -> Any:
    return hashlib.new("ripemd160", data)


def _md5(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)


def _sha1(data: bytes = b"") -> Any:
    return hashlib.sha1(data, usedforsecurity=False)


DIGESTS: Final = {
    digest.number: digest
    for digest in (
        Digest(1, "MD5", _md5, 16, None, weak=True),
        Digest(2, "SHA-1", _sha1, 20, None, weak=True),
        Digest(3, "RIPEMD-160", _ripemd160, 20, None, weak=True),
        Digest(8, "SHA-256", hashlib.sha256, 32, 16),
        Digest(9, "SHA-384", hashlib.sha384, 48, 24),
        Digest(10, "SHA-512", hashlib.sha512, 64, 32),
        Digest(11, "SHA-224", hashlib.sha224, 28, 16),
        Digest(12, "SHA3-256", hashlib.sha3_256, 32, 16),
        Digest(14, "SHA3-512", hashlib.sha3_512, 64, 32),
    )
}


@dataclass(frozen=True, slots=True)
class Curve:
    """An elliptic curve (section 9.2); `size` is the length of a coordinate in octets."""

    name: str
    size: int
    library_name: str = ""


NIST_AND_BRAINPOOL: Final = {
    bytes.fromhex("2a8648ce3d030107"): Curve("NIST P-256", 32, "SECP256R1"),
    bytes.fromhex("2b81040022"): Curve("NIST P-384", 48, "SECP384R1"),
    bytes.fromhex("2b81040023"): Curve("NIST P-521", 66, "SECP521R1"),
    bytes.fromhex("2b2403030208010107"): Curve("brainpoolP256r1", 32, "BrainpoolP256R1"),
    bytes.fromhex("2b240303020801010b"): Curve("brainpoolP384r1", 48, "BrainpoolP384R1"),
    bytes.fromhex("2b240303020801010d"): Curve("brainpoolP512r1", 64, "BrainpoolP512R1"),
}
"""The curves of ECDSA, by object identifier."""

ED25519_LEGACY_OID: Final = bytes.fromhex("2b06010401da470f01")

CURVE_NAMES: Final = {oid: curve.name for oid, curve in NIST_AND_BRAINPOOL.items()} | {
    ED25519_LEGACY_OID: "Ed25519",
    bytes.fromhex("2b060104019755010501"): "Curve25519",
    bytes.fromhex("2b8104000a"): "secp256k1",
    bytes.fromhex("2b6571"): "Ed448",
}

SIGNATURE_TYPES: Final = {
    0x00: "binary document",
    0x01: "text document",
    0x02: "standalone",
    0x10: "generic certification",
    0x11: "persona certification",
    0x12: "casual certification",
    0x13: "positive certification",
    0x18: "subkey binding",
    0x19: "primary key binding",
    0x1F: "direct key",
    0x20: "key revocation",
    0x28: "subkey revocation",
    0x30: "certification revocation",
    0x40: "timestamp",
    0x50: "third-party confirmation",
}

# Signature subpackets, section 5.2.3.7.
CREATION_TIME: Final = 2
KEY_EXPIRATION: Final = 9
ISSUER_KEY_ID: Final = 16
NOTATION: Final = 20
PRIMARY_USER_ID: Final = 25
KEY_FLAGS: Final = 27
EMBEDDED_SIGNATURE: Final = 32
ISSUER_FINGERPRINT: Final = 33

SUBPACKETS: Final = {
    CREATION_TIME: "signature creation time",
    3: "signature expiration time",
    4: "exportable certification",
    5: "trust signature",
    6: "regular expression",
    7: "revocable",
    KEY_EXPIRATION: "key expiration time",
    11: "preferred symmetric ciphers",
    12: "revocation key",
    ISSUER_KEY_ID: "issuer key id",
    NOTATION: "notation",
    21: "preferred hash algorithms",
    22: "preferred compression algorithms",
    23: "key server preferences",
    24: "preferred key server",
    PRIMARY_USER_ID: "primary user id",
    26: "policy URI",
    KEY_FLAGS: "key flags",
    28: "signer's user id",
    29: "reason for revocation",
    30: "features",
    31: "signature target",
    EMBEDDED_SIGNATURE: "embedded signature",
    ISSUER_FINGERPRINT: "issuer fingerprint",
    35: "intended recipient fingerprint",
    39: "preferred AEAD ciphersuites",
}
"""The subpackets that are understood; a critical one of another type refuses the signature."""


def public_key_name(number: int) -> str:
    """Return the name of a public-key algorithm, for people."""
    return PUBLIC_KEY_NAMES.get(number, f"public-key algorithm {number}")


def digest_name(number: int) -> str:
    """Return the name of a hash algorithm, for people."""
    digest = DIGESTS.get(number)
    return digest.name if digest else f"digest algorithm {number}"


def signature_type_name(number: int) -> str:
    """Return the name of a signature type, for people."""
    return SIGNATURE_TYPES.get(number, f"signature type 0x{number:02x}")
