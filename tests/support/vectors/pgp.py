"""OpenPGP keys, signatures and certificates of versions 4 and 6, each part replaceable."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support import openpgp
from tests.support.openpgp import DIGESTS, armor, mpi, packet, subpacket
from tests.support.vectors import numbers

CREATED = 1_600_000_000
ED25519_OID = bytes.fromhex("2b06010401da470f01")
OIDS = {name: oid for name, (oid, _) in openpgp.CURVES.items()}
OIDS["secp256k1"] = bytes.fromhex("2b8104000a")
SALT_SIZES = {8: 16, 9: 24, 10: 32, 11: 16, 12: 16, 14: 32}

Signer = Callable[[str, bytes], bytes]
"""Takes a digest's name and the digest, returns the numbers as a signature packet has them."""


@dataclass(frozen=True)
class Key:
    """A key pair: `material` as the packet has it, without the length of version 6."""

    name: str
    algorithm: int
    material: bytes
    make: Signer
    version: int = 4
    count: int | None = None
    """What version 6 says of the material's length, where that is not the truth."""

    @cached_property
    def body(self) -> bytes:
        head = bytes([self.version]) + CREATED.to_bytes(4) + bytes([self.algorithm])
        count = len(self.material) if self.count is None else self.count
        return head + (count.to_bytes(4) if self.version == 6 else b"") + self.material

    @property
    def hashed_form(self) -> bytes:
        if self.version == 6:
            return b"\x9b" + len(self.body).to_bytes(4) + self.body
        return b"\x99" + len(self.body).to_bytes(2) + self.body

    @cached_property
    def raw_fingerprint(self) -> bytes:
        return hashlib.new("sha256" if self.version == 6 else "sha1", self.hashed_form).digest()

    @property
    def fingerprint(self) -> str:
        return self.raw_fingerprint.hex().upper()

    @property
    def key_id(self) -> bytes:
        return self.raw_fingerprint[:8] if self.version == 6 else self.raw_fingerprint[-8:]

    @property
    def user_id(self) -> bytes:
        return f"{self.name} <{self.name}@example.org>".encode()

    def of_version_6(self) -> Key:
        return replace(self, version=6)


# --- Kinds of keys ---


def pair(r: int, s: int) -> bytes:
    """Encode the two integers of DSA and ECDSA."""
    return mpi(r) + mpi(s)


def on_curve(oid: bytes, point: bytes) -> bytes:
    """Encode the material of ECDSA and of the older EdDSA."""
    return bytes([len(oid)]) + oid + mpi(point)


@cache
def eddsa(name: str) -> Key:
    """Ed25519 in the older form, as GnuPG writes it."""
    private = Ed25519PrivateKey.from_private_bytes(numbers.seed(name))
    point = b"\x40" + private.public_key().public_bytes_raw()

    def make(_: str, value: bytes) -> bytes:
        made = private.sign(value)
        return mpi(made[:32]) + mpi(made[32:])

    return Key(name, 22, on_curve(ED25519_OID, point), make)


@cache
def ed25519(name: str) -> Key:
    private = Ed25519PrivateKey.from_private_bytes(numbers.seed(name))
    public = private.public_key().public_bytes_raw()
    return Key(name, 27, public, lambda _, value: private.sign(value))


@cache
def ed448(name: str) -> Key:
    private = Ed448PrivateKey.from_private_bytes(numbers.seed(name, 57))
    public = private.public_key().public_bytes_raw()
    return Key(name, 28, public, lambda _, value: private.sign(value))


@cache
def rsa(name: str, bits: int = 1024, exponent: int = numbers.EXPONENT, algorithm: int = 1) -> Key:
    return rsa_of(name, numbers.rsa(name, bits, exponent), algorithm)


def rsa_of(name: str, own: numbers.Rsa, algorithm: int = 1) -> Key:
    """Return a key of these numbers."""

    def make(digest: str, value: bytes) -> bytes:
        return mpi(own.sign(digest, value))

    return Key(name, algorithm, mpi(own.n) + mpi(own.e), make)


@cache
def dsa(name: str) -> Key:
    return dsa_of(name, numbers.dsa(name))


def dsa_of(name: str, own: numbers.Dsa) -> Key:
    """Return a key of these numbers."""
    material = mpi(own.p) + mpi(own.q) + mpi(own.g) + mpi(own.y)
    return Key(name, 17, material, lambda _, value: pair(*own.sign(value)))


@cache
def ecdsa(name: str, curve: str = "secp256r1") -> Key:
    own = numbers.ecdsa(name, curve)
    return Key(name, 19, on_curve(OIDS[curve], own.point), lambda _, value: pair(*own.sign(value)))


# --- Signatures ---


def created(at: int = CREATED) -> bytes:
    return subpacket(2, at.to_bytes(4))


def issuer(key: Key) -> bytes:
    return subpacket(33, bytes([key.version]) + key.raw_fingerprint)


def issuer_id(key: Key) -> bytes:
    return subpacket(16, key.key_id)


def flags(octet: int) -> bytes:
    return subpacket(27, bytes([octet]))


@dataclass(frozen=True)
class Parts:
    """What a signature packet is made of; None stands for what is right."""

    type: int = 0
    digest: str = "SHA256"
    version: int | None = None
    algorithm: int | None = None
    digest_number: int | None = None
    hashed: Sequence[bytes] | None = None
    unhashed: Sequence[bytes] | None = None
    salt: bytes | None = None
    numbers: bytes | None = None
    left16: bytes | None = None


def body(by: Key, payload: bytes, parts: Parts = Parts()) -> bytes:
    """Return the body of a signature packet."""
    version = by.version if parts.version is None else parts.version
    wide = 4 if version == 6 else 2
    algorithm = by.algorithm if parts.algorithm is None else parts.algorithm
    digest = DIGESTS[parts.digest][0] if parts.digest_number is None else parts.digest_number
    hashed = b"".join((created(), issuer(by)) if parts.hashed is None else parts.hashed)
    usual = () if version == 6 else (issuer_id(by),)
    unhashed = b"".join(usual if parts.unhashed is None else parts.unhashed)
    head = bytes([version, parts.type, algorithm, digest]) + len(hashed).to_bytes(wide) + hashed
    salt = b""
    if version == 6:
        salt = bytes(range(SALT_SIZES.get(digest, 16))) if parts.salt is None else parts.salt
    trailer = head + bytes([version, 0xFF]) + len(head).to_bytes(4)
    value = hashed_value(parts.digest, salt + payload + trailer)
    made = by.make(parts.digest, value) if parts.numbers is None else parts.numbers
    left = value[:2] if parts.left16 is None else parts.left16
    salted = bytes([len(salt)]) + salt if version == 6 else b""
    return head + len(unhashed).to_bytes(wide) + unhashed + left + salted + made


def hashed_value(digest: str, data: bytes) -> bytes:
    return hashlib.new(DIGESTS[digest][1], data, usedforsecurity=False).digest()


def value_of(by: Key, payload: bytes, digest: str = "SHA256") -> bytes:
    """Return the digest that `body` signs where nothing is replaced (version 4)."""
    hashed = created() + issuer(by)
    head = bytes([4, 0, by.algorithm, DIGESTS[digest][0]]) + len(hashed).to_bytes(2) + hashed
    return hashed_value(digest, payload + head + b"\x04\xff" + len(head).to_bytes(4))


def signature(by: Key, payload: bytes, parts: Parts = Parts()) -> bytes:
    """Return a signature packet."""
    return packet(openpgp.SIGNATURE, body(by, payload, parts))


def version_3(by: Key, payload: bytes) -> bytes:
    """Return a good signature packet of version 3 (RFC 9580, section 5.2.2)."""
    hashed = b"\0" + CREATED.to_bytes(4)
    value = hashed_value("SHA256", payload + hashed)
    head = b"\3\5" + hashed + by.key_id + bytes([by.algorithm, 8])
    return packet(openpgp.SIGNATURE, head + value[:2] + by.make("SHA256", value))


def sign(by: Key, payload: bytes, parts: Parts = Parts()) -> bytes:
    """Return an armored signature."""
    return armor(signature(by, payload, parts))


# --- Certificates ---


def over_keys(primary: Key, subkey: Key) -> bytes:
    return primary.hashed_form + subkey.hashed_form


def back(primary: Key, subkey: Key, parts: Parts = Parts(type=0x19)) -> bytes:
    """Return a subpacket with the subkey's signature over both keys."""
    return subpacket(32, body(subkey, over_keys(primary, subkey), parts))


def binding(
    primary: Key,
    subkey: Key,
    *,
    octet: int | None = 2,
    backs: Sequence[bytes] | None = None,
    by: Key | None = None,
    digest: str = "SHA256",
    extra: Sequence[bytes] = (),
    unhashed: Sequence[bytes] = (),
    over: bytes | None = None,
) -> bytes:
    """Return the signature packet that binds a subkey; the defaults make one that counts."""
    maker = by or primary
    marked = [] if octet is None else [flags(octet)]
    parts = Parts(
        type=0x18,
        digest=digest,
        hashed=[created(), issuer(maker), *marked, *extra],
        unhashed=[*([back(primary, subkey)] if backs is None else backs), *unhashed],
    )
    return signature(maker, over_keys(primary, subkey) if over is None else over, parts)


def certificate(
    primary: Key, *subkeys: tuple[Key, Sequence[bytes]], extra: Sequence[bytes] = ()
) -> bytes:
    """Return an armored certificate: each subkey comes with its binding signatures."""
    identity = primary.user_id
    framed = primary.hashed_form + b"\xb4" + len(identity).to_bytes(4) + identity
    own = Parts(type=0x13, hashed=[created(), issuer(primary), flags(3), *extra])
    packets = [packet(6, primary.body), packet(13, identity), signature(primary, framed, own)]
    for subkey, bindings in subkeys:
        packets += [packet(14, subkey.body), *bindings]
    return armor(b"".join(packets), "PGP PUBLIC KEY BLOCK")


def bare(key: Key) -> bytes:
    """Return an armored block of the key packet alone, as no self-signature is asked for."""
    return armor(packet(6, key.body), "PGP PUBLIC KEY BLOCK")
