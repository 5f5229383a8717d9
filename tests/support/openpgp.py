"""Makes OpenPGP version 4 keys, certificates and signatures for tests (RFC 9580), without gpg.

Everything is a function of a name: the same name gives the same key, the same certificate and
the same signatures on every machine, and nothing reads a clock. The private keys are no secrets.

    >>> bob = key("bob")
    >>> bob.certificate()           # bytes, binary: what a keyring file holds
    >>> bob.sign(b"payload")        # bytes, armored: what a `gpgsig` header holds
    >>> bob.sign(b"payload", digest="SHA1")         # ... with a fault
    >>> bob.subkey("laptop").sign(b"payload")       # by a signing subkey

`packet`, `mpi`, `subpacket` and `armor` are the pieces, for vectors with one fault each.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, utils

CREATED = 1_500_000_000
"""When every key and every signature says it was made, unless told otherwise."""

DIGESTS = {
    "MD5": (1, "md5"),
    "SHA1": (2, "sha1"),
    "RIPEMD160": (3, "ripemd160"),
    "SHA256": (8, "sha256"),
    "SHA384": (9, "sha384"),
    "SHA512": (10, "sha512"),
    "SHA224": (11, "sha224"),
    "SHA3-256": (12, "sha3_256"),
    "SHA3-512": (14, "sha3_512"),
}
"""Name to OpenPGP's number and hashlib's name."""

_PREHASHED: dict[str, hashes.HashAlgorithm] = {
    "MD5": hashes.MD5(),
    "SHA1": hashes.SHA1(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
    "SHA224": hashes.SHA224(),
    "SHA3-256": hashes.SHA3_256(),
    "SHA3-512": hashes.SHA3_512(),
}

CURVES: dict[str, tuple[bytes, ec.EllipticCurve]] = {
    "secp256r1": (bytes.fromhex("2A8648CE3D030107"), ec.SECP256R1()),
    "secp384r1": (bytes.fromhex("2B81040022"), ec.SECP384R1()),
    "secp521r1": (bytes.fromhex("2B81040023"), ec.SECP521R1()),
    "brainpoolP256r1": (bytes.fromhex("2B2403030208010107"), ec.BrainpoolP256R1()),
    "brainpoolP384r1": (bytes.fromhex("2B240303020801010B"), ec.BrainpoolP384R1()),
    "brainpoolP512r1": (bytes.fromhex("2B240303020801010D"), ec.BrainpoolP512R1()),
}

_ED25519_LEGACY = bytes.fromhex("2B06010401DA470F01")

PrivateKey = (
    ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | rsa.RSAPrivateKey
    | dsa.DSAPrivateKey
    | ec.EllipticCurvePrivateKey
)

SIGNATURE, PUBLIC_KEY, USER_ID, PUBLIC_SUBKEY = 2, 6, 13, 14
"""Packet types."""

# --- The pieces ---


def packet(tag: int, body: bytes, *, old: bool = False) -> bytes:
    """Frame a packet with the shortest length; `old` gives the old format (tags below 16)."""
    if old:
        if len(body) < 1 << 8:
            return bytes([0x80 | tag << 2, len(body)]) + body
        if len(body) < 1 << 16:
            return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body
        return bytes([0x80 | tag << 2 | 2]) + len(body).to_bytes(4, "big") + body
    return bytes([0xC0 | tag]) + new_length(len(body)) + body


def new_length(length: int) -> bytes:
    """Encode a length as new packets and subpackets have it."""
    if length < 192:
        return bytes([length])
    if length < 8384:
        return bytes([192 + (length - 192 >> 8), length - 192 & 0xFF])
    return b"\xff" + length.to_bytes(4, "big")


def mpi(number: int | bytes) -> bytes:
    """Encode a multiprecision integer."""
    value = int.from_bytes(number, "big") if isinstance(number, bytes) else number
    return value.bit_length().to_bytes(2, "big") + value.to_bytes((value.bit_length() + 7) // 8)


def subpacket(kind: int, data: bytes, *, critical: bool = False) -> bytes:
    """Frame a signature subpacket."""
    return new_length(len(data) + 1) + bytes([kind | (0x80 if critical else 0)]) + data


def _crc24_step(crc: int) -> int:
    for _ in range(8):
        crc <<= 1
        if crc & 0x1000000:
            crc ^= 0x1864CFB
    return crc


_CRC24 = tuple(_crc24_step(byte << 16) for byte in range(256))


def crc24(data: bytes) -> int:
    """Compute the armor's checksum."""
    crc = 0xB704CE
    for byte in data:
        crc = (crc << 8 & 0xFFFFFF) ^ _CRC24[crc >> 16 ^ byte]
    return crc


def armor(
    data: bytes,
    label: str = "PGP SIGNATURE",
    *,
    headers: Iterable[str] = (),
    checksum: bool | int = True,
    width: int = 64,
) -> bytes:
    """Armor `data`. `checksum`: False leaves it out, a number stands as given."""
    encoded = base64.b64encode(data).decode()
    lines = [f"-----BEGIN {label}-----", *headers, ""]
    lines += [encoded[i : i + width] for i in range(0, len(encoded), width)]
    if checksum is not False:
        value = crc24(data) if checksum is True else checksum
        lines.append("=" + base64.b64encode(value.to_bytes(3, "big")).decode())
    lines.append(f"-----END {label}-----")
    return "\n".join(lines).encode() + b"\n"


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(DIGESTS[name][1], data, usedforsecurity=False).digest()


def _seed(name: str, size: int = 32) -> bytes:
    return hashlib.shake_256(b"nixauth test key: " + name.encode()).digest(size)


# --- Keys ---

Algorithm = Literal["eddsa", "ed25519", "ed448", "ecdsa"]


@dataclass(frozen=True)
class Key:
    """A key pair, primary or subkey. Make it with `key(name)` or `Key.subkey(name)`."""

    name: str
    private: PrivateKey
    algorithm: int
    created: int = CREATED
    primary: Key | None = None

    @cached_property
    def body(self) -> bytes:
        """The body of the public-key packet."""
        head = b"\x04" + self.created.to_bytes(4, "big") + bytes([self.algorithm])
        return head + self._material()

    @cached_property
    def fingerprint(self) -> str:
        """40 upper-case hexadecimal digits."""
        return hashlib.sha1(self._hashable()).hexdigest().upper()

    @property
    def key_id(self) -> bytes:
        """The fingerprint's last 8 bytes."""
        return bytes.fromhex(self.fingerprint)[-8:]

    @property
    def user_id(self) -> bytes:
        """Name and address."""
        return f"{self.name} <{self.name}@example.org>".encode()

    def subkey(self, name: str = "sign", algorithm: Algorithm = "eddsa") -> Key:
        """Return this key's subkey of that name (always the same)."""
        return _subkey(self, name, algorithm)

    def certificate(
        self,
        subkeys: Sequence[Key | Binding] = (),
        *,
        digest: str = "SHA256",
        user_id: bytes | None = None,
    ) -> bytes:
        """Return the public key with user id and self-signature, and its bound subkeys, binary."""
        identity = self.user_id if user_id is None else user_id
        framed = b"\xb4" + len(identity).to_bytes(4, "big") + identity
        own = self.signature(
            self._hashable() + framed,
            signature_type=0x13,
            digest=digest,
            hashed=[subpacket(27, b"\x03")],
        )
        parts = [packet(PUBLIC_KEY, self.body), packet(USER_ID, identity), own]
        for each in subkeys:
            binding = each if isinstance(each, Binding) else Binding(each)
            parts.append(packet(PUBLIC_SUBKEY, binding.subkey.body))
            parts.append(self.binding(binding))
        return b"".join(parts)

    def binding(self, binding: Binding) -> bytes:
        """Return the signature packet that binds a subkey to this primary key."""
        over = self._hashable() + binding.subkey._hashable()
        hashed = [subpacket(27, bytes([binding.flags]))] if binding.flags is not None else []
        unhashed = []
        if binding.back:
            back = binding.subkey.signature(
                over, signature_type=0x19, digest=binding.back_digest or binding.digest
            )
            unhashed.append(subpacket(32, unframed(back)))
        return self.signature(
            over if binding.good else over + b"!",
            signature_type=0x18,
            digest=binding.digest,
            hashed=hashed,
            unhashed=unhashed,
        )

    def sign(self, payload: bytes, digest: str = "SHA256", **faults: object) -> bytes:
        """Return an armored signature of a binary document.

        `faults` are those of `signature`, and: `packets` (how many copies stand in the block),
        `trailing` (bytes after them), `headers`, `checksum` and `label` of the armor.
        """
        own = {"packets": 1, "trailing": b"", "headers": (), "checksum": True}
        own["label"] = "PGP SIGNATURE"
        own.update({name: faults.pop(name) for name in list(faults) if name in own})
        made = self.signature(payload, digest=digest, **faults)  # type: ignore[arg-type]
        return armor(
            made * own["packets"] + own["trailing"],  # type: ignore[operator]
            own["label"],  # type: ignore[arg-type]
            headers=own["headers"],  # type: ignore[arg-type]
            checksum=own["checksum"],  # type: ignore[arg-type]
        )

    def signature(
        self,
        payload: bytes,
        *,
        digest: str = "SHA256",
        over: bytes | None = None,
        signature_type: int = 0x00,
        version: int = 4,
        created: int | None = None,
        issuer: Key | None = None,
        issuer_fingerprint: bool = True,
        issuer_key_id: bool = True,
        hashed: Sequence[bytes] = (),
        unhashed: Sequence[bytes] = (),
        prefix: bytes | None = None,
        algorithm: int | None = None,
        integers: bytes | None = None,
        flip: bool = False,
    ) -> bytes:
        """Return a signature packet.

        The faults: `over` (another payload is what gets signed), `issuer` (another key is named),
        `issuer_fingerprint` and `issuer_key_id` (left out when False), `hashed` and `unhashed`
        (more subpackets), `prefix` (the two bytes of the digest), `algorithm` (another number is
        written), `integers` (stand instead of the right ones), `flip` (one bit of the last
        integer). `version` 3 gives that version's layout.
        """
        named = issuer or self
        number = self.algorithm if algorithm is None else algorithm
        when = (self.created if created is None else created).to_bytes(4, "big")
        message = payload if over is None else over
        kind = bytes([signature_type])
        if version == 3:
            head = b"\x03\x05" + kind + when + named.key_id + bytes([number, DIGESTS[digest][0]])
            trailer = kind + when
            tail = b""
        else:
            area = [subpacket(2, when)]
            if issuer_fingerprint:
                area.append(subpacket(33, b"\x04" + bytes.fromhex(named.fingerprint)))
            first = b"".join([*area, *hashed])
            rest = [subpacket(16, named.key_id)] if issuer_key_id else []
            second = b"".join([*rest, *unhashed])
            head = bytes([version]) + kind + bytes([number, DIGESTS[digest][0]])
            head += len(first).to_bytes(2, "big") + first
            trailer = head + bytes([version, 0xFF]) + len(head).to_bytes(4, "big")
            tail = len(second).to_bytes(2, "big") + second
        hashed_value = _digest(digest, message + trailer)
        numbers = self._integers(hashed_value, digest) if integers is None else integers
        if flip:
            numbers = numbers[:-1] + bytes([numbers[-1] ^ 1])
        left = hashed_value[:2] if prefix is None else prefix
        return packet(SIGNATURE, head + tail + left + numbers)

    # --- what depends on the algorithm ---

    def _hashable(self) -> bytes:
        return b"\x99" + len(self.body).to_bytes(2, "big") + self.body

    def _material(self) -> bytes:
        match self.private:
            case ed25519.Ed25519PrivateKey():
                raw = self.private.public_key().public_bytes_raw()
                if self.algorithm == 27:
                    return raw
                return bytes([len(_ED25519_LEGACY)]) + _ED25519_LEGACY + mpi(b"\x40" + raw)
            case ed448.Ed448PrivateKey():
                return self.private.public_key().public_bytes_raw()
            case ec.EllipticCurvePrivateKey():
                point = self.private.public_key().public_numbers()
                size = (self.private.curve.key_size + 7) // 8
                oid = CURVES[self.private.curve.name][0]
                raw = b"\x04" + point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")
                return bytes([len(oid)]) + oid + mpi(raw)
            case rsa.RSAPrivateKey():
                public = self.private.public_key().public_numbers()
                return mpi(public.n) + mpi(public.e)
            case dsa.DSAPrivateKey():
                numbers = self.private.public_key().public_numbers()
                group = numbers.parameter_numbers
                return mpi(group.p) + mpi(group.q) + mpi(group.g) + mpi(numbers.y)

    def _integers(self, value: bytes, digest: str) -> bytes:
        match self.private:
            case ed25519.Ed25519PrivateKey():
                made = self.private.sign(value)
                return made if self.algorithm == 27 else mpi(made[:32]) + mpi(made[32:])
            case ed448.Ed448PrivateKey():
                return self.private.sign(value)
            case ec.EllipticCurvePrivateKey():
                return self._pair(
                    self.private.sign(value, ec.ECDSA(utils.Prehashed(_PREHASHED[digest])))
                )
            case dsa.DSAPrivateKey():
                return self._pair(self.private.sign(value, utils.Prehashed(_PREHASHED[digest])))
            case rsa.RSAPrivateKey():
                made = self.private.sign(
                    value, padding.PKCS1v15(), utils.Prehashed(_PREHASHED[digest])
                )
                return mpi(made)

    @staticmethod
    def _pair(der: bytes) -> bytes:
        r, s = utils.decode_dss_signature(der)
        return mpi(r) + mpi(s)


@dataclass(frozen=True)
class Binding:
    """How a subkey is bound: the defaults make a signing subkey that counts.

    `flags` None leaves the key-flags subpacket out; 2 is signing, 12 encryption. `good` False
    spoils the binding signature. `back_digest` None is `digest`.
    """

    subkey: Key
    flags: int | None = 2
    back: bool = True
    digest: str = "SHA256"
    back_digest: str | None = None
    good: bool = True


def unframed(framed: bytes) -> bytes:
    """Return the body of a packet that `packet` made in the new format."""
    if framed[1] < 192:
        return framed[2:]
    return framed[3:] if framed[1] < 255 else framed[6:]


@cache
def key(name: str, algorithm: Algorithm = "eddsa", curve: str = "secp256r1") -> Key:
    """Return the primary key of that name: Ed25519 in the form that GnuPG writes, by default."""
    return Key(name, *_private(name, algorithm, curve))


@cache
def rsa_key(name: str, bits: int = 2048) -> Key:
    """Return an RSA key, from primes derived from the name (slow: a second for 2048 bits)."""
    exponent = 65537
    p = _prime(f"{name} p {bits}", bits // 2, exponent)
    q = _prime(f"{name} q {bits}", bits - bits // 2, exponent)
    p, q = max(p, q), min(p, q)
    d = pow(exponent, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(exponent, p * q),
    )
    return Key(name, numbers.private_key(unsafe_skip_rsa_key_validation=True), 1)


@cache
def _subkey(primary: Key, name: str, algorithm: Algorithm) -> Key:
    full = f"{primary.name}/{name}"
    private, number = _private(full, algorithm, "secp256r1")
    return Key(full, private, number, primary.created, primary)


def _private(name: str, algorithm: Algorithm, curve: str) -> tuple[PrivateKey, int]:
    if algorithm == "eddsa":
        return ed25519.Ed25519PrivateKey.from_private_bytes(_seed(name)), 22
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(_seed(name)), 27
    if algorithm == "ed448":
        return ed448.Ed448PrivateKey.from_private_bytes(_seed(name, 57)), 28
    return ec.derive_private_key(int.from_bytes(_seed(name), "big") >> 8, CURVES[curve][1]), 19


def _prime(name: str, bits: int, exponent: int) -> int:
    """Return the first probable prime after a number made from the name."""
    start = int.from_bytes(_seed(name, (bits + 7) // 8), "big") % (1 << bits)
    candidate = start | 3 << bits - 2 | 1
    small = [n for n in range(3, 1000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
    while True:
        if all(candidate % n for n in small) and candidate % exponent != 1:
            odd, power = candidate - 1, 0
            while not odd & 1:
                odd, power = odd >> 1, power + 1
            if all(_passes(candidate, base, odd, power) for base in small[:12]):
                return candidate
        candidate += 2


def _passes(candidate: int, base: int, odd: int, power: int) -> bool:
    x = pow(base, odd, candidate)
    if x in (1, candidate - 1):
        return True
    for _ in range(power - 1):
        x = x * x % candidate
        if x == candidate - 1:
            return True
    return False
