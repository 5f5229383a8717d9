"""Public-key packets (RFC 9580, section 5.5.2): what a key is, before any mathematics."""

from __future__ import annotations

import hashlib
from typing import Final

from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import algorithms, packets
from nixauth.signatures.openpgp.packets import FormatError

MAX_BODY: Final = 8192
"""Octets. No accepted algorithm needs more; a bound keeps the digests over a key cheap."""

_INTEGERS: Final = {algorithms.RSA: 2, 2: 2, algorithms.RSA_SIGN_ONLY: 2, algorithms.DSA: 4}
_CURVES: Final = frozenset({18, algorithms.ECDSA, algorithms.EDDSA_LEGACY})
_NATIVE: Final = {algorithms.ED25519: 32, algorithms.ED448: 57}


class PublicKey:
    """A public key: `created` in seconds since 1970, `bits` the size of an RSA or DSA modulus.

    `curve` is the object identifier of an elliptic curve, or empty. `numbers` are the integers
    (big-endian, no leading zeros) of RSA (n, e) and DSA (p, q, g, y), the one point of a curve,
    or the octets of Ed25519 and Ed448. `damage` is empty, or says why `numbers` cannot be read.
    """

    __slots__ = (
        "algorithm",
        "bits",
        "body",
        "created",
        "curve",
        "damage",
        "fingerprint",
        "key_id",
        "loaded",
        "numbers",
        "version",
    )

    def __init__(self, body: bytes) -> None:
        """Read the body of a key packet of version 4 or 6; FormatError where it is neither."""
        start = {4: 6, 6: 10}.get(body[0] if body else 0)
        if start is None:
            raise FormatError("a key of another version than 4 and 6")
        if len(body) < start:
            raise FormatError("truncated key")
        self.body = body
        self.version = body[0]
        self.created = int.from_bytes(body[1:5], "big")
        self.algorithm = body[5]
        digest = hashlib.sha256 if self.version == 6 else hashlib.sha1
        raw = digest(self.hashed_form()).digest()
        self.fingerprint = Fingerprint(raw.hex().upper())
        self.key_id = raw[:8] if self.version == 6 else raw[-8:]
        self.bits = 0
        self.curve = b""
        self.numbers: tuple[bytes, ...] = ()
        self.damage = ""
        self.loaded: object = None
        """What `check` made of the key, remembered."""
        try:
            self._read_material(start)
        except FormatError as error:
            self.damage = str(error)

    def _read_material(self, start: int) -> None:
        body, algorithm = self.body, self.algorithm
        if self.version == 6 and int.from_bytes(body[6:10], "big") != len(body) - start:
            raise FormatError("key material of a wrong length")
        if len(body) > MAX_BODY:
            raise FormatError("key material too long")
        if algorithm in _INTEGERS:
            self.numbers = packets.integers(body, start, _INTEGERS[algorithm])
            first = self.numbers[0]
            self.bits = int.from_bytes(first[:1], "big").bit_length() + 8 * len(first[1:])
        elif algorithm in _CURVES:
            self._read_curve(start)
        elif algorithm in _NATIVE:
            if len(body) - start != _NATIVE[algorithm]:
                raise FormatError("key material of a wrong length")
            self.numbers = (body[start:],)

    def _read_curve(self, start: int) -> None:
        size = self.body[start] if start < len(self.body) else 0
        if size in {0, 0xFF} or start + 1 + size > len(self.body):
            raise FormatError("curve identifier of a wrong length")
        end = start + 1 + size
        self.curve = self.body[start + 1 : end]
        # An encryption key's derivation parameters follow its point; nobody asks for them here.
        if self.algorithm in algorithms.SIGNING:
            self.numbers = packets.integers(self.body, end, 1)

    def hashed_form(self) -> bytes:
        """Return the key as fingerprints and signatures over keys have it (section 5.2.4)."""
        if self.version == 6:
            return b"\x9b" + len(self.body).to_bytes(4, "big") + self.body
        # A body that is too long for the two octets can't be reached by framing it again.
        return b"\x99" + (len(self.body) & 0xFFFF).to_bytes(2, "big") + self.body

    @property
    def algorithm_name(self) -> str:
        """The algorithm with its size or curve, for people: `RSA 4096`, `EdDSA Ed25519`."""
        name = algorithms.public_key_name(self.algorithm)
        if self.curve:
            curve = algorithms.CURVE_NAMES.get(self.curve)
            return f"{name} {curve or 'curve ' + self.curve.hex()}"
        return f"{name} {self.bits}" if self.bits else name

    def __repr__(self) -> str:
        return f"<PublicKey {self.fingerprint} {self.algorithm_name}>"

    def __reduce__(self) -> tuple[type[PublicKey], tuple[bytes]]:
        # Loaded keys of the library do not travel between processes.
        return PublicKey, (self.body,)
