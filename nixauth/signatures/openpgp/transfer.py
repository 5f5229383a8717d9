"""Certificates handed on whole: taken from files, merged, written (RFC 9580, section 10.1).

Unlike `parts`, nothing that a certificate holds is dropped here but markers, padding and trust
packets, which are somebody's own notes (section 5.10). Pure, and no input raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import packets
from nixauth.signatures.openpgp.armor import armored_keys, key_blocks
from nixauth.signatures.openpgp.keys import PublicKey
from nixauth.signatures.openpgp.packets import FormatError, framed
from nixauth.signatures.openpgp.parts import Parts, blocks, is_binary
from nixauth.signatures.openpgp.signature import Signature

__all__ = ["Transfer", "Transferable", "armored_keys", "merged", "put", "read", "serialised"]

_USER_ATTRIBUTE: Final = 17
_DROPPED: Final = frozenset({10, 12, 21})
"""Markers and padding, which say nothing, and trust packets."""
_SECRET: Final = frozenset({packets.SECRET_KEY, packets.SECRET_SUBKEY})
_NAMES: Final = frozenset({packets.USER_ID, _USER_ATTRIBUTE})
_PARTS: Final = _NAMES | {packets.SIGNATURE, packets.PUBLIC_SUBKEY}
_BELONGING: Final = _DROPPED | _PARTS | {packets.PUBLIC_KEY}
MAX_USER_ID: Final = 2048
"""Octets. GnuPG (g10/parse-packet.c) reads no more, and nothing of the file behind one."""
_MAX_SIGNATURE: Final = 64 * 1024
_MAX_AREA: Final = 10_000
"""Octets of subpackets; GnuPG again."""
_MAX_NUMBER: Final = 2048
"""Octets, 16384 bits; GnuPG again."""
_SHORTEST_KEY: Final = 11
_ECDH: Final = 18
_ELGAMAL: Final = frozenset({16, 20})
_OLD_SIGNATURE, _OLD_HASHED = 21, 5
"""Octets of a signature of version 3 at least, and of them those that are hashed."""
_BLOCK: Final = re.compile(
    rb"^[ \t]*-----BEGIN PGP PUBLIC KEY BLOCK-----.*?^[ \t]*-----END PGP PUBLIC KEY BLOCK-----"
    rb"[ \t\r]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)

Packet: TypeAlias = tuple[int, bytes]
"""Type and body."""

Atom: TypeAlias = tuple[Packet, Packet | None]
"""A key or a user id; or with it one packet that follows: what merging must not lose."""


@dataclass(frozen=True, slots=True)
class Transferable:
    """A certificate: each key and name with the packets that follow it, the primary key first.

    `block` counts the blocks of the file it came from, `start` and `end` are octets in that block.
    """

    primary: PublicKey
    components: tuple[tuple[Packet, tuple[Packet, ...]], ...]
    block: int = 0
    start: int = 0
    end: int = 0

    @property
    def fingerprint(self) -> Fingerprint:
        """The primary key's name."""
        return self.primary.fingerprint

    def atoms(self) -> Iterator[Atom]:
        """Yield all that the certificate holds."""
        for head, following in self.components:
            yield head, None
            for packet in following:
                yield head, packet

    def to_bytes(self) -> bytes:
        """Return the certificate, binary."""
        found = []
        for head, following in self.components:
            found.append(framed(*head))
            found.extend(framed(*packet) for packet in following)
        return b"".join(found)

    @property
    def user_id(self) -> bytes:
        """The first user id, whoever may have certified it; for messages."""
        return next((body for (tag, body), _ in self.components if tag == packets.USER_ID), b"")


@dataclass(slots=True)
class Transfer:
    """What a file holds. `problems` are damage, `left_out` keys that nobody here reads.

    `secret` says that there is a secret key in it, `stray` that something stands behind no key (a
    problem, too). `foreign` are the types of packets that do not belong into certificates, and
    `damaged` says which keys cannot be made out; all the same both are in the certificates.
    """

    certificates: list[Transferable] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    secret: bool = False
    stray: bool = False
    foreign: list[int] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def read(data: bytes) -> Transfer:
    """Take the certificates from a file, armored or binary."""
    found = Transfer()
    for number, (block, problem) in enumerate(blocks(data)):
        if problem:
            found.problems.append(problem)
        _BlockReader(found, number, block).run()
    return found


class _BlockReader:
    def __init__(self, found: Transfer, number: int, data: bytes) -> None:
        self.found = found
        self.number = number
        self.data = data
        self.primary: PublicKey | None = None
        self.components: list[tuple[Packet, list[Packet]]] = []
        self.following: list[Packet] | None = None
        self.start = 0
        self.skipping = False

    def run(self) -> None:
        position = 0
        while position < len(self.data):
            begun = position
            try:
                tag, start, position = packets.read_packet(self.data, position)
            except FormatError as error:
                self.found.problems.append(f"octet {begun}: {error}")
                position = begun
                break
            self._take(tag, self.data[start:position], begun)
        self._finish(position)

    def _take(self, tag: int, body: bytes, begun: int) -> None:
        if tag in _SECRET:
            self.found.secret = True
        elif tag not in _BELONGING:
            self.found.foreign.append(tag)
        if tag in _PARTS and self.primary is None and not self.skipping:
            self.found.problems.append(f"octet {begun}: a packet of type {tag} behind no key")
            self.found.stray = True
        if tag in {packets.PUBLIC_KEY, packets.SECRET_KEY}:
            self._finish(begun)
            if tag == packets.PUBLIC_KEY:
                self._begin(body, begun)
        elif tag in _NAMES:
            self._component(tag, body)
        elif tag in {packets.PUBLIC_SUBKEY, packets.SECRET_SUBKEY}:
            self.following = None
            if tag == packets.PUBLIC_SUBKEY and self._key(body, "a subkey") is not None:
                self._component(tag, body)
        elif tag not in _DROPPED and self.following is not None:
            self.following.append((tag, body))

    def _begin(self, body: bytes, begun: int) -> None:
        self.primary = self._key(body, "a key")
        self.skipping = self.primary is None
        self.start = begun
        if self.primary is not None:
            self._component(packets.PUBLIC_KEY, body)

    def _component(self, tag: int, body: bytes) -> None:
        self.following = []
        self.components.append(((tag, body), self.following))

    def _key(self, body: bytes, what: str) -> PublicKey | None:
        try:
            key = PublicKey(body)
        except FormatError as error:
            self.found.left_out.append(f"{what} is left out: {error}")
            return None
        if key.damage:
            self.found.damaged.append(f"{what}, {key.fingerprint}, is damaged: {key.damage}")
        return key

    def _finish(self, end: int) -> None:
        """End the certificate that was begun, if there is one."""
        if self.primary is not None:
            components = tuple((head, tuple(after)) for head, after in self.components)
            self.found.certificates.append(
                Transferable(self.primary, components, self.number, self.start, end)
            )
        self.primary = self.following = None
        self.components = []


def merged(base: Transferable, *others: Transferable) -> Transferable:
    """Add to `base` what only the others have; nothing of any is lost.

    All are certificates of one primary key. What is new comes behind what was there; new user
    ids come before the subkeys.
    """
    held: dict[Packet, dict[Packet, None]] = {}
    for certificate in (base, *others):
        for head, following in certificate.components:
            held.setdefault(head, {}).update(dict.fromkeys(following))
    # Stable, so each kind stays in the order in which it came.
    heads = sorted(held, key=lambda head: _RANKS.get(head[0], 1))
    components = tuple((head, tuple(held[head])) for head in heads)
    return Transferable(base.primary, components, base.block, base.start, base.end)


_RANKS: Final = {packets.PUBLIC_KEY: 0, packets.PUBLIC_SUBKEY: 2}


def put(data: bytes, *certificates: Transferable) -> bytes:
    """Return the file `data` with each certificate in the place that it came from.

    For files that were read without a problem. Everything else in the file stays as it is; of the
    blocks they stand in the armor's own headers go.
    """
    if is_binary(data):
        return _spliced(data, certificates)
    places = list(_BLOCK.finditer(data))
    held = [block for block, _ in key_blocks(data.removeprefix(b"\xef\xbb\xbf"))]
    if len(places) != len(held):
        return data  # whoever asked reads back, and sees that nothing has changed
    by_block: dict[int, list[Transferable]] = {}
    for certificate in certificates:
        by_block.setdefault(certificate.block, []).append(certificate)
    found, position = [], 0
    for number, inside in sorted(by_block.items()):
        place = places[number]
        found += [data[position : place.start()], armored_keys(_spliced(held[number], inside))]
        position = place.end()
    return b"".join([*found, data[position:]])


def _spliced(block: bytes, certificates: Iterable[Transferable]) -> bytes:
    found, position = [], 0
    for certificate in sorted(certificates, key=lambda one: one.start):
        found += [block[position : certificate.start], certificate.to_bytes()]
        position = certificate.end
    return b"".join([*found, block[position:]])


def serialised(
    primary: PublicKey, parts: Parts, keys: Mapping[Fingerprint, PublicKey]
) -> tuple[bytes, list[str]]:
    """Return a certificate of what `parts` holds, in an order that depends on nothing else.

    What other readers stumble over is left out, and told: anybody can put it there, and GnuPG then
    reads nothing of all that follows in the file. Without words, subkeys and signatures of another
    version than the primary key allows.
    """
    writer = _Writer(primary)
    fault = _key_fault(primary)
    if fault:
        return b"", [f"{primary.fingerprint}: {fault}"]
    writer.add(packets.PUBLIC_KEY, primary.body, parts.direct, "")
    for user_id in sorted(parts.user_ids):
        if len(user_id) > MAX_USER_ID:
            writer.leave_out(f"a user id of {len(user_id)} octets")
        else:
            writer.add(packets.USER_ID, user_id, parts.user_ids[user_id], " of a user id")
    for subkey in sorted(parts.subkeys):
        key = keys[subkey]
        fault = _key_fault(key)
        if fault:
            writer.leave_out(f"the subkey {subkey}: {fault}")
        elif key.version == primary.version:
            writer.add(packets.PUBLIC_SUBKEY, key.body, parts.subkeys[subkey], f" of {subkey}")
    return b"".join(writer.found), writer.left_out


class _Writer:
    """A certificate as it is written."""

    def __init__(self, primary: PublicKey) -> None:
        self.fingerprint = primary.fingerprint
        self.versions = _VERSIONS[primary.version]
        self.found: list[bytes] = []
        self.left_out: list[str] = []

    def leave_out(self, what: str) -> None:
        self.left_out.append(f"{self.fingerprint}: {what}")

    def add(self, tag: int, body: bytes, signatures: set[bytes], of: str) -> None:
        self.found.append(framed(tag, body))
        for signature in sorted(signatures):
            if signature[:1] in self.versions:
                fault = _signature_fault(signature)
                if fault:
                    self.leave_out(f"a signature{of}: {fault}")
                else:
                    self.found.append(framed(packets.SIGNATURE, signature))


_VERSIONS: Final = {4: frozenset({b"\2", b"\3", b"\4"}), 6: frozenset({b"\6"})}
"""Versions of signatures, by that of the primary key."""


def _key_fault(key: PublicKey) -> str:
    """Say why a key is not handed on to other programs."""
    damage = key.damage
    if not damage and len(key.body) < _SHORTEST_KEY:
        damage = "truncated key"
    if not damage:
        try:
            damage = _numbers_fault([*key.numbers, *_encryption_numbers(key)])
        except FormatError as error:
            damage = str(error)
    return f"damaged key: {damage}" if damage else ""


def _encryption_numbers(key: PublicKey) -> tuple[bytes, ...]:
    """Return the integers of a key that is for encryption, which nobody else here reads."""
    start = 6 if key.version == 4 else 10
    if key.algorithm in _ELGAMAL:
        return packets.integers(key.body, start, 3)
    if key.algorithm != _ECDH:
        return ()
    start += 1 + len(key.curve)
    end = start + 2 + (int.from_bytes(key.body[start : start + 2], "big") + 7 >> 3)
    size = int.from_bytes(key.body[end : end + 1], "big")
    if size < 3 or end + 1 + size != len(key.body):
        raise FormatError("derivation parameters of a wrong length")
    return packets.integers(key.body[:end], start, 1)


def _numbers_fault(numbers: Iterable[bytes]) -> str:
    return "integer too long" if any(len(one) > _MAX_NUMBER for one in numbers) else ""


def _signature_fault(body: bytes) -> str:
    """Say why a signature is not handed on to other programs."""
    if len(body) > _MAX_SIGNATURE:
        return f"of {len(body)} octets"
    if body[0] in {2, 3}:  # not read here: RFC 4880, section 5.2.2
        whole = len(body) >= _OLD_SIGNATURE and body[1] == _OLD_HASHED
        return "" if whole else "truncated signature"
    try:
        signature = Signature(body)
    except FormatError as error:
        return str(error)
    if any(size > _MAX_AREA for size in signature.area_sizes):
        return "subpackets too long"
    return _numbers_fault(signature.numbers)
