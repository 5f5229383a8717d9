"""SSH keys that are the same in every run, and SSH's strings taken apart and put together again.

As in `openpgp_parts`, the kept keys signed what is in `SIGNED`, and Mallory's sign anything.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from tests.fuzz.harness import splice
from tests.support import openpgp as support

PAYLOAD = b"payload"
SK_ED25519 = b"sk-ssh-ed25519@openssh.com"
SK_ECDSA = b"sk-ecdsa-sha2-nistp256@openssh.com"
TYPES = (
    b"ssh-ed25519",
    b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384",
    b"ecdsa-sha2-nistp521",
    b"ssh-rsa",
    SK_ED25519,
    SK_ECDSA,
)
_CURVES = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
_HASHES = {
    b"ecdsa-sha2-nistp256": hashes.SHA256(),
    b"ecdsa-sha2-nistp384": hashes.SHA384(),
    b"ecdsa-sha2-nistp521": hashes.SHA512(),
    b"rsa-sha2-256": hashes.SHA256(),
    b"rsa-sha2-512": hashes.SHA512(),
    b"ssh-rsa": hashes.SHA1(),
    SK_ECDSA: hashes.SHA256(),
}


# --- Strings ---


def strings(*fields: bytes) -> bytes:
    """Give fields as SSH writes them one after the other."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def split_strings(blob: bytes) -> list[bytes]:
    """Take such fields apart as far as they go."""
    found = []
    at = 0
    while at + 4 <= len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        found.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b""


def armor(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    ends = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
    return b"\n".join([ends[0], *lines, ends[1], b""])


# --- Keys ---


@dataclass(frozen=True)
class Key:
    """A key pair of a type."""

    kind: bytes
    private: Any

    @cached_property
    def blob(self) -> bytes:
        application = [b"ssh:"] if self.kind.startswith(b"sk-") else []
        match self.private:
            case ed25519.Ed25519PrivateKey():
                fields = [self.private.public_key().public_bytes_raw()]
            case ec.EllipticCurvePrivateKey():
                point = self.private.public_key().public_numbers()
                bits = self.private.curve.key_size
                both = (n.to_bytes((bits + 7) // 8, "big") for n in (point.x, point.y))
                fields = [f"nistp{bits}".encode(), b"\4" + b"".join(both)]
            case _:
                numbers = self.private.public_key().public_numbers()
                fields = [mpint(numbers.e), mpint(numbers.n)]
        return strings(self.kind, *fields, *application)

    @property
    def algorithms(self) -> tuple[bytes, ...]:
        return (b"rsa-sha2-256", b"rsa-sha2-512") if self.kind == b"ssh-rsa" else (self.kind,)

    def inner(self, message: bytes, algorithm: bytes, flags: bytes, counter: bytes) -> bytes:
        """Sign; give the field that holds the algorithm and the numbers."""
        tail = b""
        if self.kind.startswith(b"sk-"):
            tail = flags + counter
            message = _sha256(b"ssh:") + tail + _sha256(message)
        match self.private:
            case ed25519.Ed25519PrivateKey():
                made = self.private.sign(message)
            case ec.EllipticCurvePrivateKey():
                der = self.private.sign(message, ec.ECDSA(_HASHES[self.kind]))
                made = strings(*map(mpint, utils.decode_dss_signature(der)))
            case _:
                made = self.private.sign(message, padding.PKCS1v15(), _HASHES[algorithm])
        return strings(algorithm, made) + tail


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _ecdsa(name: str, bits: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_sha256(name.encode()), "big") >> 8, _CURVES[bits])


def _ed25519(name: str) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(_sha256(name.encode()))


def _rsa() -> rsa.RSAPrivateKey:
    private = support.rsa_key("alice", 2048).private
    assert isinstance(private, rsa.RSAPrivateKey)
    return private


KEPT = [
    Key(b"ssh-ed25519", _ed25519("alice")),
    Key(b"ecdsa-sha2-nistp256", _ecdsa("alice", 256)),
    Key(b"ecdsa-sha2-nistp384", _ecdsa("alice", 384)),
    Key(b"ecdsa-sha2-nistp521", _ecdsa("alice", 521)),
    Key(b"ssh-rsa", _rsa()),
    Key(SK_ED25519, _ed25519("alice's token")),
    Key(SK_ECDSA, _ecdsa("alice's token", 256)),
]
MALLORY = [
    Key(b"ssh-ed25519", _ed25519("mallory")),
    Key(b"ecdsa-sha2-nistp256", _ecdsa("mallory", 256)),
    Key(SK_ED25519, _ed25519("mallory's token")),
    Key(SK_ECDSA, _ecdsa("mallory's token", 256)),
]


# --- Signatures ---


@dataclass
class Outer:
    """The octets in the armor, field by field."""

    magic: bytes
    version: bytes
    blob: bytes
    namespace: bytes
    reserved: bytes
    hash_name: bytes
    inner: bytes
    rest: bytes = b""

    def framed(self) -> bytes:
        fields = (self.blob, self.namespace, self.reserved, self.hash_name, self.inner)
        return self.magic + self.version + strings(*fields) + self.rest

    def sign(
        self, by: Key, algorithm: bytes, flags: bytes = b"\1", counter: bytes = bytes(4)
    ) -> None:
        """Put a good signature by a key in the place of what is there."""
        name = self.hash_name.decode("latin-1")
        known = name in {"sha256", "sha512", "sha1", "md5"}
        digest = hashlib.new(name if known else "sha256", PAYLOAD, usedforsecurity=False).digest()
        message = b"SSHSIG" + strings(self.namespace, self.reserved, self.hash_name, digest)
        self.blob, self.inner = by.blob, by.inner(message, algorithm, flags, counter)


def split_outer(data: bytes) -> Outer:
    fields = [*split_strings(data[10:]), *[b""] * 5]
    return Outer(data[:6], data[6:10], *fields[:5])


def new(by: Key, hash_name: bytes = b"sha512", algorithm: bytes = b"") -> Outer:
    made = Outer(b"SSHSIG", b"\0\0\0\1", b"", b"git", b"", hash_name, b"")
    made.sign(by, algorithm or by.algorithms[-1])
    return made


def documents() -> Iterator[Outer]:
    """What the kept keys signed."""
    for key in KEPT:
        for algorithm in key.algorithms:
            for hash_name in (b"sha256", b"sha512"):
                yield new(key, hash_name, algorithm)


# --- Mutations ---


def change_outer(outer: Outer, rng: random.Random, pieces: Sequence[bytes]) -> None:
    """Change one field, or a field in a field; or let Mallory sign what the fields now say."""
    match rng.randrange(10):
        case 0:
            outer.version = rng.choice((bytes(4), b"\0\0\0\2", b"\1\0\0\1"))
        case 1:
            outer.namespace = rng.choice((b"git", b"file", b"", b"git\0", b"\xff" * 70))
        case 2:
            outer.reserved = rng.choice((b"", b"x"))
        case 3:
            names = (b"sha256", b"sha512", b"sha1", b"md5", b"ripemd160", b"sha384", b"\xe9" * 61)
            outer.hash_name = rng.choice(names)
        case 4:
            outer.blob = change_strings(split_strings(outer.blob), rng, pieces)
        case 5:
            outer.blob = rng.choice([*KEPT, *MALLORY]).blob
        case 6:
            outer.inner = change_inner(outer.inner, rng, pieces)
        case 7:
            outer.rest = rng.randbytes(rng.randrange(3))
        case _:
            by = rng.choice(MALLORY)
            flags = bytes([rng.choice((0, 1, 4, 5, 0x81))])
            outer.sign(by, by.algorithms[0], flags, rng.randbytes(4))


def change_inner(inner: bytes, rng: random.Random, pieces: Sequence[bytes]) -> bytes:
    fields = split_strings(inner)[:2]
    tail = inner[len(strings(*fields)) :]
    what = rng.randrange(4)
    if what == 0 and len(fields) == 2:
        return strings(fields[0], change_strings(split_strings(fields[1]), rng, pieces)) + tail
    if what == 1:
        return strings(*fields) + rng.randbytes(rng.choice((0, 1, 4, 5, 6)))
    if what == 2 and fields:
        names = (*TYPES, b"rsa-sha2-256", b"rsa-sha2-512", b"ssh-dss", b"\xff" * 61)
        return strings(rng.choice(names), *fields[1:]) + tail
    return change_strings(fields, rng, pieces) + tail


def change_strings(fields: list[bytes], rng: random.Random, pieces: Sequence[bytes]) -> bytes:
    """Change, add, double, move or drop a field; or lie about its length."""
    if not fields:
        fields = [b"ssh-ed25519", bytes(32)]
    at, to = rng.randrange(len(fields)), rng.randrange(len(fields))
    match rng.randrange(7):
        case 0:
            fields[at] = rng.choice(pieces)
        case 1:
            fields.insert(to, fields[at])
        case 2:
            del fields[at]
        case 3:
            fields[at] = fields[at][: rng.randrange(len(fields[at]) + 1)]
        case 4:
            fields[at] = rng.choice((b"\0", b"\4", b"\x80")) + fields[at]
        case 5:
            whole = bytearray(strings(*fields))
            whole[rng.randrange(len(whole)) if rng.random() < 0.5 else 3] = rng.randrange(256)
            return bytes(whole)
        case _:
            fields[at] = splice(fields[at], rng, pieces)
    return strings(*fields)
