"""Makes OpenPGP keys, signatures and certificates for these tests, good ones and broken ones."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed448,
    ed25519,
    padding,
    rsa,
    utils,
)

CREATED = 1_600_000_000
SHA256, SHA512, SHA1, MD5, RIPEMD160 = 8, 10, 2, 1, 3
DIGESTS = {
    1: ("md5", hashes.MD5),
    2: ("sha1", hashes.SHA1),
    8: ("sha256", hashes.SHA256),
    9: ("sha384", hashes.SHA384),
    10: ("sha512", hashes.SHA512),
    11: ("sha224", hashes.SHA224),
    12: ("sha3_256", hashes.SHA3_256),
    14: ("sha3_512", hashes.SHA3_512),
}
SALT_SIZES = {8: 16, 9: 24, 10: 32, 11: 16, 12: 16, 14: 32}
CURVES = {
    "p256": ("2a8648ce3d030107", ec.SECP256R1),
    "p384": ("2b81040022", ec.SECP384R1),
    "p521": ("2b81040023", ec.SECP521R1),
    "bp256": ("2b2403030208010107", ec.BrainpoolP256R1),
    "bp384": ("2b240303020801010b", ec.BrainpoolP384R1),
    "bp512": ("2b240303020801010d", ec.BrainpoolP512R1),
}
ED25519_OID = bytes.fromhex("2b06010401da470f01")
KINDS = ("rsa", "dsa", *CURVES, "eddsa", "ed25519", "ed448")


def mpi(value: int | bytes) -> bytes:
    number = int.from_bytes(value, "big") if isinstance(value, bytes) else value
    bits = number.bit_length()
    return bits.to_bytes(2, "big") + number.to_bytes((bits + 7) // 8, "big")


def packet(tag: int, body: bytes) -> bytes:
    """A packet of the new format with a length of five octets."""
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body


def old_packet(tag: int, body: bytes) -> bytes:
    return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body


def subpacket(kind: int, content: bytes, *, critical: bool = False) -> bytes:
    inner = bytes([kind | 0x80 * critical]) + content
    if len(inner) < 192:
        return bytes([len(inner)]) + inner
    return b"\xff" + len(inner).to_bytes(4, "big") + inner


def created(at: int = CREATED) -> bytes:
    return subpacket(2, at.to_bytes(4, "big"))


def flags(octet: int) -> bytes:
    return subpacket(27, bytes([octet]))


def crc(data: bytes) -> int:
    """The checksum as RFC 9580, section 6.1.1 spells it out: bit by bit."""
    value = 0xB704CE
    for octet in data:
        value ^= octet << 16
        for _ in range(8):
            value <<= 1
            if value & 0x1000000:
                value ^= 0x1864CFB
    return value


def armor(
    data: bytes, kind: str = "SIGNATURE", *, headers: str = "", checksum: bool = True
) -> bytes:
    text = base64.b64encode(data).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    if checksum:
        lines.append("=" + base64.b64encode(crc(data).to_bytes(3, "big")).decode())
    body = "\n".join(lines)
    return f"-----BEGIN PGP {kind}-----\n{headers}\n{body}\n-----END PGP {kind}-----".encode()


@dataclass(frozen=True)
class Key:
    kind: str
    algorithm: int
    version: int
    body: bytes
    private: Any

    @property
    def hashed_form(self) -> bytes:
        if self.version == 6:
            return b"\x9b" + len(self.body).to_bytes(4, "big") + self.body
        return b"\x99" + len(self.body).to_bytes(2, "big") + self.body

    @property
    def raw_fingerprint(self) -> bytes:
        digest = hashlib.sha256 if self.version == 6 else hashlib.sha1
        return digest(self.hashed_form).digest()

    @property
    def fingerprint(self) -> str:
        return self.raw_fingerprint.hex().upper()

    @property
    def key_id(self) -> bytes:
        return self.raw_fingerprint[:8] if self.version == 6 else self.raw_fingerprint[-8:]

    def issuer(self) -> bytes:
        return subpacket(33, bytes([self.version]) + self.raw_fingerprint)

    def issuer_id(self) -> bytes:
        return subpacket(16, self.key_id)

    def sign_digest(self, digest: bytes, number: int) -> bytes:
        """The numbers of a signature, as they stand in the packet."""
        if number not in DIGESTS:
            sizes = {17: mpi(1) * 2, 19: mpi(1) * 2, 22: mpi(1) * 2, 27: bytes(64), 28: bytes(114)}
            return sizes.get(self.algorithm, mpi(1))
        prehashed = utils.Prehashed(DIGESTS[number][1]())
        if self.kind == "rsa":
            return mpi(self.private.sign(digest, padding.PKCS1v15(), prehashed))
        if self.kind == "dsa":
            r, s = utils.decode_dss_signature(self.private.sign(digest, prehashed))
            return mpi(r) + mpi(s)
        if self.kind in CURVES:
            signed = self.private.sign(digest, ec.ECDSA(prehashed))
            r, s = utils.decode_dss_signature(signed)
            return mpi(r) + mpi(s)
        raw = self.private.sign(digest)
        return mpi(raw[:32]) + mpi(raw[32:]) if self.kind == "eddsa" else raw


def key_body(version: int, algorithm: int, material: bytes, at: int = CREATED) -> bytes:
    head = bytes([version]) + at.to_bytes(4, "big") + bytes([algorithm])
    return head + (len(material).to_bytes(4, "big") if version == 6 else b"") + material


def key(kind: str, version: int = 4, number: int = 0) -> Key:
    """A key of this kind; another `number` is another key."""
    return _key(kind, version, number)


@cache
def _key(kind: str, version: int, _: int) -> Key:
    algorithm, material, private = _MAKERS.get(kind, _make_ecdsa)(kind)
    return Key(kind, algorithm, version, key_body(version, algorithm, material), private)


def _make_rsa(_: str) -> tuple[int, bytes, Any]:
    private = rsa.generate_private_key(65537, 1024)
    numbers = private.public_key().public_numbers()
    return 1, mpi(numbers.n) + mpi(numbers.e), private


def _make_dsa(_: str) -> tuple[int, bytes, Any]:
    private = dsa.generate_private_key(1024)
    numbers = private.public_key().public_numbers()
    group = numbers.parameter_numbers
    return 17, mpi(group.p) + mpi(group.q) + mpi(group.g) + mpi(numbers.y), private


def _make_ecdsa(kind: str) -> tuple[int, bytes, Any]:
    oid, curve = CURVES[kind]
    private = ec.generate_private_key(curve())
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    raw = bytes.fromhex(oid)
    return 19, bytes([len(raw)]) + raw + mpi(point), private


def _make_eddsa(_: str) -> tuple[int, bytes, Any]:
    private = ed25519.Ed25519PrivateKey.generate()
    point = b"\x40" + private.public_key().public_bytes_raw()
    return 22, bytes([len(ED25519_OID)]) + ED25519_OID + mpi(point), private


def _make_ed25519(_: str) -> tuple[int, bytes, Any]:
    private = ed25519.Ed25519PrivateKey.generate()
    return 27, private.public_key().public_bytes_raw(), private


def _make_ed448(_: str) -> tuple[int, bytes, Any]:
    private = ed448.Ed448PrivateKey.generate()
    return 28, private.public_key().public_bytes_raw(), private


_MAKERS = {
    "rsa": _make_rsa,
    "dsa": _make_dsa,
    "eddsa": _make_eddsa,
    "ed25519": _make_ed25519,
    "ed448": _make_ed448,
}


def sign(
    by: Key,
    payload: bytes,
    *,
    type: int = 0,  # noqa: A002 - the field's name
    digest: int = SHA256,
    hashed: bytes | None = None,
    unhashed: bytes = b"",
    numbers: bytes | None = None,
    salt: bytes | None = None,
    version: int | None = None,
    algorithm: int | None = None,
) -> bytes:
    """The body of a signature packet; each part may be replaced by a broken one."""
    version = by.version if version is None else version
    algorithm = by.algorithm if algorithm is None else algorithm
    hashed = created() + by.issuer() if hashed is None else hashed
    wide = 4 if version == 6 else 2
    head = bytes([version, type, algorithm, digest]) + len(hashed).to_bytes(wide, "big") + hashed
    if salt is None:
        salt = bytes(SALT_SIZES.get(digest, 0)) if version == 6 else b""
    made = _digest(
        salt + payload + head + bytes([version, 255]) + len(head).to_bytes(4, "big"), digest
    )
    if numbers is None:
        numbers = by.sign_digest(made, digest)
    salted = bytes([len(salt)]) + salt if version == 6 else b""
    return head + len(unhashed).to_bytes(wide, "big") + unhashed + made[:2] + salted + numbers


def _digest(data: bytes, number: int) -> bytes:
    if number not in DIGESTS:
        return bytes(32)
    return hashlib.new(DIGESTS[number][0], data).digest()


def back_signature(primary: Key, subkey: Key, **changes: Any) -> bytes:
    """A subpacket with the subkey's signature over the two keys."""
    over = primary.hashed_form + subkey.hashed_form
    return subpacket(32, sign(subkey, over, **{"type": 0x19, **changes}))


def binding(
    primary: Key,
    subkey: Key,
    *,
    octet: int = 2,
    back: bytes | None = None,
    by: Key | None = None,
    extra: bytes = b"",
    **changes: Any,
) -> bytes:
    """The body of a binding signature, with flags and a back-signature."""
    by = by or primary
    back = back_signature(primary, subkey) if back is None else back
    hashed = created() + by.issuer() + flags(octet) + extra
    over = primary.hashed_form + subkey.hashed_form
    return sign(by, over, **{"type": 0x18, "hashed": hashed, "unhashed": back, **changes})


def over_user_id(primary: Key, user_id: bytes) -> bytes:
    return primary.hashed_form + b"\xb4" + len(user_id).to_bytes(4, "big") + user_id


def certify(primary: Key, user_id: bytes, *, by: Key | None = None, **changes: Any) -> bytes:
    return sign(by or primary, over_user_id(primary, user_id), **{"type": 0x13, **changes})


def certificate(primary: Key, *subkeys: tuple[Key, bytes], user_id: bytes = b"A <a@b>") -> bytes:
    """A binary certificate; each subkey comes with the body of its binding signature."""
    parts = [packet(6, primary.body), packet(13, user_id), packet(2, certify(primary, user_id))]
    for subkey, bound in subkeys:
        parts += [packet(14, subkey.body), packet(2, bound)]
    return b"".join(parts)
