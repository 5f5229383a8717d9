"""Signature packets (RFC 9580, section 5.2), read strictly; and the digest that was signed."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from nixauth.model import (
    Fingerprint,
    MalformedSignature,
    MultipleSignatures,
    UnsupportedSignature,
    WeakDigest,
)
from nixauth.signatures.openpgp import algorithms, packets
from nixauth.signatures.openpgp.armor import read_signature_block
from nixauth.signatures.openpgp.packets import FormatError

_BINARY_DOCUMENT: Final = 0x00
_FINGERPRINT_SIZES: Final = {4: 20, 6: 32}


@dataclass(frozen=True, slots=True)
class Issuer:
    """What a signature says of the key that made it: `key_id` has 8 octets."""

    fingerprint: Fingerprint | None
    key_id: bytes

    @property
    def text(self) -> str:
        """The fingerprint, or else the key id, in upper-case hexadecimal digits."""
        return self.fingerprint or self.key_id.hex().upper()


@lru_cache(maxsize=1024)
def _issuer_by_fingerprint(raw: bytes) -> Issuer:
    key_id = raw[-8:] if len(raw) == 20 else raw[:8]
    return Issuer(Fingerprint(raw.hex().upper()), key_id)


class Area:
    """What decides, of one area of subpackets; `fault` names what is critical and unknown."""

    __slots__ = ("created", "fault", "fingerprints", "key_ids")

    def __init__(self, body: bytes, start: int, end: int) -> None:
        self.created: int | None = None
        self.fault = ""
        self.fingerprints: list[bytes] = []
        self.key_ids: list[bytes] = []
        for octet, begin, stop in packets.subpackets(body, start, end):
            kind = octet & 0x7F
            if kind == algorithms.ISSUER_FINGERPRINT:
                self.fingerprints.append(_issuer_fingerprint(body, begin, stop))
            elif kind == algorithms.ISSUER_KEY_ID:
                if stop - begin != 8:
                    raise FormatError("issuer key id of a wrong length")
                self.key_ids.append(body[begin:stop])
            elif kind == algorithms.CREATION_TIME:
                if stop - begin != 4:
                    raise FormatError("creation time of a wrong length")
                self.created = int.from_bytes(body[begin:stop], "big")
            elif octet & 0x80 and not self.fault:
                self.fault = _critical(kind)


@lru_cache(maxsize=1024)
def _area(area: bytes) -> Area:
    """Read an area that is mostly the same in all signatures of a key."""
    return Area(area, 0, len(area))


_DATED: Final = re.compile(rb"((?:\x16\x21\x04.{20})?)\x05\x02(.{4})", re.DOTALL)
"""How nearly all hashed areas begin: an issuer fingerprint, or nothing, and the creation time."""


def _hashed_area(area: bytes) -> tuple[Area, int | None]:
    """Read the hashed area: all but the time is mostly the same in all signatures of a key."""
    dated = _DATED.match(area)
    if dated is None:
        found = Area(area, 0, len(area))
        return found, found.created
    found = _area(dated[1] + area[dated.end() :])
    # Of two times the later subpacket counts, as it does without the short cut.
    created = int.from_bytes(dated[2], "big") if found.created is None else found.created
    return found, created


def _issuer_fingerprint(body: bytes, begin: int, stop: int) -> bytes:
    if begin == stop or _FINGERPRINT_SIZES.get(body[begin]) != stop - begin - 1:
        raise FormatError("issuer fingerprint of a wrong length")
    return body[begin + 1 : stop]


def _critical(kind: int) -> str:
    """Say why a critical subpacket is not understood, or nothing."""
    if kind == algorithms.NOTATION:
        return "critical notation"
    if kind not in algorithms.SUBPACKETS:
        return f"critical subpacket of unknown type {kind}"
    return ""


def _issuers(hashed: Area, unhashed: Area) -> tuple[Issuer, ...]:
    """Return what decides the key: the hashed area before the other, fingerprints before ids."""
    if hashed.fingerprints:
        return _by_fingerprint(hashed.fingerprints)
    if hashed.key_ids:
        return _sharpened(hashed.key_ids, unhashed.fingerprints)
    if unhashed.fingerprints:
        return _by_fingerprint(unhashed.fingerprints)
    return _sharpened(unhashed.key_ids, [])


def _by_fingerprint(raw: list[bytes]) -> tuple[Issuer, ...]:
    if len(raw) == 1:
        return (_issuer_by_fingerprint(raw[0]),)
    return tuple(_issuer_by_fingerprint(one) for one in dict.fromkeys(raw))


def _sharpened(key_ids: list[bytes], fingerprints: list[bytes]) -> tuple[Issuer, ...]:
    """Return issuers by key id, or by those fingerprints that agree with the id."""
    candidates: dict[bytes, list[Issuer]] = {key_id: [] for key_id in key_ids}
    for issuer in _by_fingerprint(fingerprints):
        if issuer.key_id in candidates:
            candidates[issuer.key_id].append(issuer)
    found: list[Issuer] = []
    for key_id, sharper in candidates.items():
        found += sharper or [Issuer(None, key_id)]
    return tuple(found)


class Signature:
    """One signature packet, well formed; `unsupported` is empty or says what is not accepted.

    `created` counts seconds since 1970. `numbers` are the integers of the signature (big-endian,
    no leading zeros), or its one native octet string. `left16` are the first two octets of
    the digest, as the signature claims them.
    """

    __slots__ = (
        "_hashed_end",
        "_salt",
        "_tail",
        "_unhashed",
        "body",
        "created",
        "digest_algorithm",
        "issuers",
        "left16",
        "numbers",
        "public_key_algorithm",
        "type",
        "unsupported",
        "version",
    )

    def __init__(self, body: bytes) -> None:
        """Read the body of a signature packet; FormatError where it is malformed."""
        if len(body) < 4:
            raise FormatError("truncated signature")
        version = body[0]
        if version == 4:
            wide, fixed, unpack = 2, 6, _TWO
        elif version == 6:
            wide, fixed, unpack = 4, 8, _FOUR
        else:
            raise _UnknownVersionError(version)
        try:
            hashed_end = fixed + unpack(body, 4)[0]
            unhashed_end = hashed_end + wide + unpack(body, hashed_end)[0]
        except struct.error:
            raise FormatError("truncated signature") from None
        if unhashed_end + 2 > len(body):
            raise FormatError("truncated signature")
        hashed, created = _hashed_area(body[fixed:hashed_end])
        unhashed = _area(body[hashed_end + wide : unhashed_end])
        if created is None:
            raise FormatError("no creation time in the hashed area")
        self.body = body
        self.version = version
        self.type = body[1]
        self.public_key_algorithm = body[2]
        self.digest_algorithm = body[3]
        self.created = created
        self.issuers = _issuers(hashed, unhashed)
        self.left16 = body[unhashed_end : unhashed_end + 2]
        self._hashed_end = hashed_end
        self._unhashed = (hashed_end + wide, unhashed_end)
        self._salt, start = b"", unhashed_end + 2
        if version == 6:
            self._salt, start = _read_salt(body, start)
        self._tail = body[:hashed_end] + struct.pack(">BBI", version, 0xFF, hashed_end)
        self.numbers = _read_numbers(body, start)
        self.unsupported = hashed.fault or unhashed.fault or self._unsupported()

    def _unsupported(self) -> str:
        algorithm = self.public_key_algorithm
        if algorithm not in algorithms.SIGNING:
            return algorithms.public_key_name(algorithm)
        if self.version == 6 and algorithm == algorithms.EDDSA_LEGACY:
            return "EdDSA of the older form in a signature of version 6"
        if self.digest_algorithm not in algorithms.DIGESTS:
            return algorithms.digest_name(self.digest_algorithm)
        return ""

    @property
    def weak(self) -> WeakDigest | None:
        """Whether the digest is a broken one."""
        digest = algorithms.DIGESTS.get(self.digest_algorithm)
        return WeakDigest(digest.name) if digest and digest.weak else None

    def digest(self, payload: bytes) -> bytes:
        """Return the digest of `payload` as this signature has it (section 5.2.4).

        Empty where the digest algorithm is unknown, or is not there in this Python.
        """
        known = algorithms.DIGESTS.get(self.digest_algorithm)
        if known is None:
            return b""
        try:
            state = known.new(self._salt + payload if self._salt else payload)
        except ValueError:
            return b""
        state.update(self._tail)
        result: bytes = state.digest()
        return result

    def hashed(self, kind: int) -> list[bytes]:
        """Return what the hashed subpackets of a type hold, in their order."""
        start = 6 if self.version == 4 else 8
        return self._find(kind, start, self._hashed_end)

    def anywhere(self, kind: int) -> list[bytes]:
        """Return what the subpackets of a type hold, hashed ones first."""
        return self.hashed(kind) + self._find(kind, *self._unhashed)

    def _find(self, kind: int, start: int, end: int) -> list[bytes]:
        return [
            self.body[begin:stop]
            for octet, begin, stop in packets.subpackets(self.body, start, end)
            if octet & 0x7F == kind
        ]

    def describe(self) -> list[tuple[str, str]]:
        """Return every field and subpacket with its value, as printable ASCII."""
        from nixauth.signatures.openpgp.description import describe  # noqa: PLC0415 - seldom asked

        return describe(self)

    def areas(self) -> Iterator[tuple[str, int, bytes]]:
        """Yield the subpackets: area, type octet (bit 7: critical) and what it holds."""
        start = 6 if self.version == 4 else 8
        for name, begin, end in (
            ("hashed", start, self._hashed_end),
            ("unhashed", *self._unhashed),
        ):
            for octet, first, last in packets.subpackets(self.body, begin, end):
                yield name, octet, self.body[first:last]

    @property
    def area_sizes(self) -> tuple[int, int]:
        """How many octets of subpackets are hashed, and how many are not."""
        begin, end = self._unhashed
        return self._hashed_end - (6 if self.version == 4 else 8), end - begin

    @property
    def salt(self) -> bytes:
        """The salt of a version 6 signature; empty in version 4."""
        return self._salt


class _UnknownVersionError(FormatError):
    def __init__(self, version: int) -> None:
        super().__init__(f"signature of version {version}")


_TWO: Final = struct.Struct(">H").unpack_from
_FOUR: Final = struct.Struct(">I").unpack_from


def _read_salt(body: bytes, position: int) -> tuple[bytes, int]:
    """Return the salt and where it ends (section 5.2.3, version 6)."""
    if position >= len(body):
        raise FormatError("truncated signature")
    size = body[position]
    end = position + 1 + size
    digest = algorithms.DIGESTS.get(body[3])
    if end > len(body) or (digest is not None and digest.salt_size != size):
        raise FormatError("salt of a wrong length")
    return body[position + 1 : end], end


def _read_numbers(body: bytes, start: int) -> tuple[bytes, ...]:
    """Return the numbers of the signature; none where the algorithm is unknown."""
    algorithm = body[2]
    count = algorithms.INTEGERS.get(algorithm)
    if count == 1:
        return (packets.padded_integer(body, start),)
    if count is not None:
        return packets.integers(body, start, count)
    size = algorithms.NATIVE_SIGNATURE_SIZES.get(algorithm)
    if size is None:
        return ()
    if len(body) - start != size:
        raise FormatError("native signature of a wrong length")
    return (body[start:],)


def _one_packet(data: bytes) -> bytes | None:
    """Return the body of the one signature packet; None where there are several."""
    bodies: list[bytes] = []
    fault = "" if data else "nothing in the armor"
    position = 0
    while position < len(data) and len(bodies) < 2:
        try:
            tag, start, position = packets.read_packet(data, position)
        except FormatError as error:
            fault = str(error)
            break
        if tag == packets.SIGNATURE:
            bodies.append(data[start:position])
        else:
            fault = f"a packet of type {tag} in the signature block"
    if len(bodies) > 1:
        return None
    if fault or not bodies:
        raise FormatError(fault)
    return bodies[0]


def read_signature(
    value: bytes,
) -> Signature | MultipleSignatures | MalformedSignature | UnsupportedSignature:
    """Read an armored signature of a commit: one packet, over a binary document.

    `value` is that of the `gpgsig` header, its lines joined by line feeds. A weak digest is no
    fault here: see `Signature.weak`. Never raises.
    """
    try:
        body = _one_packet(read_signature_block(value))
        if body is None:
            return MultipleSignatures("two signature packets in one block")
        signature = Signature(body)
    except _UnknownVersionError as error:
        return UnsupportedSignature(f"OpenPGP {error}")
    except FormatError as error:
        return MalformedSignature(f"OpenPGP: {error}")
    if signature.unsupported:
        return UnsupportedSignature(f"OpenPGP: {signature.unsupported}")
    if signature.type != _BINARY_DOCUMENT:
        return UnsupportedSignature(f"OpenPGP: {algorithms.signature_type_name(signature.type)}")
    return signature
