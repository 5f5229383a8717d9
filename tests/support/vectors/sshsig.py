"""SSH keys and signatures (OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f), each part replaceable."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.vectors import numbers

CURVES = {"nistp256": "secp256r1", "nistp384": "secp384r1", "nistp521": "secp521r1"}
HASHES = {"nistp256": "sha256", "nistp384": "sha384", "nistp521": "sha512"}
APPLICATION = b"ssh:"
PRESENT = 1
"""The flag that says that somebody touched the device."""
COUNTER = 7


def string(value: bytes) -> bytes:
    """Encode as RFC 4251, section 5 has it."""
    return len(value).to_bytes(4) + value


def mpint(value: int) -> bytes:
    """Encode an integer that is not negative, in its one shortest form."""
    return string(value.to_bytes(value.bit_length() // 8 + 1) if value else b"")


@dataclass(frozen=True)
class Key:
    """A key pair. `make` takes the octets that are signed and returns the raw signature."""

    type: str
    fields: bytes
    make: Callable[[bytes], bytes]
    algorithm: str = ""
    device: bool = False

    @property
    def blob(self) -> bytes:
        return string(self.type.encode()) + self.fields

    @property
    def fingerprint(self) -> str:
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return "SHA256:" + digest.rstrip("=")

    @property
    def line(self) -> str:
        """The key as an authorizations file has it."""
        return f"{self.type} {base64.b64encode(self.blob).decode()}"


# --- Kinds of keys ---


def ed25519(name: str) -> Key:
    private = Ed25519PrivateKey.from_private_bytes(numbers.seed(name))
    return Key("ssh-ed25519", string(private.public_key().public_bytes_raw()), private.sign)


def sk_ed25519(name: str) -> Key:
    usual = ed25519(name)
    fields = usual.fields + string(APPLICATION)
    return Key("sk-ssh-ed25519@openssh.com", fields, usual.make, device=True)


def ecdsa(name: str, curve: str = "nistp256") -> Key:
    own = numbers.ecdsa(name, CURVES[curve])

    def make(data: bytes) -> bytes:
        r, s = own.sign(hashlib.new(HASHES[curve], data).digest())
        return mpint(r) + mpint(s)

    return Key(f"ecdsa-sha2-{curve}", string(curve.encode()) + string(own.point), make)


def sk_ecdsa(name: str) -> Key:
    usual = ecdsa(name)
    fields = usual.fields + string(APPLICATION)
    return Key("sk-ecdsa-sha2-nistp256@openssh.com", fields, usual.make, device=True)


@cache
def rsa(name: str, algorithm: str = "rsa-sha2-512", bits: int = 2048) -> Key:
    return rsa_of(numbers.rsa(name, bits), algorithm)


def rsa_of(own: numbers.Rsa, algorithm: str = "rsa-sha2-512") -> Key:
    """Return a key of these numbers."""
    digest = {"rsa-sha2-512": "SHA512", "rsa-sha2-256": "SHA256", "ssh-rsa": "SHA1"}[algorithm]

    def make(data: bytes) -> bytes:
        value = hashlib.new(digest.lower(), data, usedforsecurity=False).digest()
        return own.sign(digest, value).to_bytes(own.size)

    return Key("ssh-rsa", mpint(own.e) + mpint(own.n), make, algorithm)


# --- Signatures ---


@dataclass(frozen=True)
class Parts:
    """What a signature is made of; None stands for what is right."""

    magic: bytes = b"SSHSIG"
    version: int = 1
    key: bytes | None = None
    namespace: bytes = b"git"
    reserved: bytes = b""
    hash_name: str = "sha512"
    algorithm: str | None = None
    raw: bytes | None = None
    flags: int = PRESENT
    behind_raw: bytes = b""
    behind: bytes = b""


def signed_data(content: bytes, parts: Parts) -> bytes:
    """Return what is signed of a commit's payload."""
    name = parts.hash_name.lower()
    known = name if name in {"md5", "sha1", "ripemd160", "sha256", "sha384", "sha512"} else "sha512"
    value = hashlib.new(known, content, usedforsecurity=False).digest()
    fields = (parts.namespace, parts.reserved, parts.hash_name.encode(), value)
    return b"SSHSIG" + b"".join(map(string, fields))


def binary(by: Key, content: bytes, parts: Parts = Parts()) -> bytes:
    """Return a signature of a commit's payload, before it is armored."""
    data = signed_data(content, parts)
    seen = bytes([parts.flags]) + COUNTER.to_bytes(4)
    if by.device:
        application = hashlib.sha256(APPLICATION).digest()
        data = application + seen + hashlib.sha256(data).digest()
    raw = by.make(data) if parts.raw is None else parts.raw
    algorithm = (by.algorithm or by.type) if parts.algorithm is None else parts.algorithm
    inner = string(algorithm.encode()) + string(raw) + (seen if by.device else b"")
    fields = (
        by.blob if parts.key is None else parts.key,
        parts.namespace,
        parts.reserved,
        parts.hash_name.encode(),
        inner + parts.behind_raw,
    )
    return parts.magic + parts.version.to_bytes(4) + b"".join(map(string, fields)) + parts.behind


def armor(data: bytes, label: str = "SSH SIGNATURE", width: int = 70) -> bytes:
    """Armor as ssh-keygen does."""
    encoded = base64.b64encode(data).decode()
    lines = [encoded[i : i + width] for i in range(0, len(encoded), width)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def sign(by: Key, content: bytes, parts: Parts = Parts()) -> bytes:
    """Return an armored signature."""
    return armor(binary(by, content, parts))


def with_fields(key: Key, fields: bytes) -> Key:
    """Return the key with other fields behind its type."""
    return replace(key, fields=fields)
