"""Taking a file of certificates apart (RFC 9580, section 10.1), without judging any signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import packets
from nixauth.signatures.openpgp.armor import key_blocks
from nixauth.signatures.openpgp.keys import PublicKey
from nixauth.signatures.openpgp.packets import FormatError

_SECRET: Final = frozenset({packets.SECRET_KEY, packets.SECRET_SUBKEY})
_OTHER_COMPONENT: Final = 17
"""User attributes: the signatures that follow are over a picture."""


class Parts:
    """What the certificates of one primary key hold: bodies of signature packets, by target.

    Sets, so that copies in several files merge to the same in any order.
    """

    __slots__ = ("direct", "subkeys", "user_ids")

    def __init__(self) -> None:
        self.direct: set[bytes] = set()
        self.user_ids: dict[bytes, set[bytes]] = {}
        self.subkeys: dict[Fingerprint, set[bytes]] = {}

    def merge(self, other: Parts) -> None:
        """Add what `other` holds."""
        self.direct |= other.direct
        for user_id, bodies in other.user_ids.items():
            self.user_ids.setdefault(user_id, set()).update(bodies)
        for subkey, bodies in other.subkeys.items():
            self.subkeys.setdefault(subkey, set()).update(bodies)


class FileReader:
    """Reads one keyring file: `keys` and `certificates` (by primary key) and `problems`."""

    def __init__(self, data: bytes) -> None:
        self.keys: list[PublicKey] = []
        self.certificates: list[tuple[Fingerprint, Parts]] = []
        self.problems: list[str] = []
        for block, problem in blocks(data):
            if problem:
                self.problems.append(problem)
            _BlockReader(self, block)
        if not self.keys and not self.problems:
            self.problems.append("no OpenPGP key in it")


def is_binary(data: bytes) -> bool:
    """Say whether a file is to be read as packets, not as armored text."""
    # A binary file starts with a packet header. A text may start with any letter, too.
    return data[:1] >= b"\x80" and (b"-----BEGIN PGP " not in data or _starts_with_key(data))


def blocks(data: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the binary content of a file, or of each armored block, and a problem or ""."""
    if is_binary(data):
        yield data, ""
    else:
        yield from key_blocks(data.removeprefix(b"\xef\xbb\xbf"))


def _starts_with_key(data: bytes) -> bool:
    try:
        tag, start, _ = packets.read_packet(data, 0)
    except FormatError:
        return False
    return tag == packets.PUBLIC_KEY and data[start : start + 1] in {b"\2", b"\3", b"\4", b"\6"}


class _BlockReader:
    """Hands the packets of one block to the certificate they belong to."""

    def __init__(self, file: FileReader, data: bytes) -> None:
        self.file = file
        self.parts: Parts | None = None
        self.target: set[bytes] | None = None
        position = 0
        while position < len(data):
            begun = position
            try:
                tag, start, position = packets.read_packet(data, position)
            except FormatError as error:
                file.problems.append(f"octet {begun}: {error}; what follows is not read")
                return
            self._take(tag, data[start:position])

    def _take(self, tag: int, body: bytes) -> None:
        if tag == packets.SIGNATURE:
            if self.target is not None:
                self.target.add(body)
        elif tag == packets.PUBLIC_KEY:
            self._begin(body)
        elif tag == packets.PUBLIC_SUBKEY:
            self._add_subkey(body)
        elif tag == packets.USER_ID and self.parts is not None:
            self.target = self.parts.user_ids.setdefault(body, set())
        elif tag in _SECRET:
            self._skip_secret(tag)
        elif tag == _OTHER_COMPONENT:
            self.target = None

    def _begin(self, body: bytes) -> None:
        self.parts = self.target = None
        key = self._read_key(body)
        if key is not None:
            self.parts = Parts()
            self.target = self.parts.direct
            self.file.certificates.append((key.fingerprint, self.parts))

    def _add_subkey(self, body: bytes) -> None:
        self.target = None
        key = self._read_key(body)
        if key is not None and self.parts is not None:
            self.target = self.parts.subkeys.setdefault(key.fingerprint, set())

    def _read_key(self, body: bytes) -> PublicKey | None:
        """Return the key; None for versions that are not accepted, and for fragments."""
        if body[:1] in {b"\2", b"\3"}:
            return None
        try:
            key = PublicKey(body)
        except FormatError as error:
            self.file.problems.append(f"a key is skipped: {error}")
            return None
        self.file.keys.append(key)
        return key

    def _skip_secret(self, tag: int) -> None:
        if tag == packets.SECRET_KEY:
            self.file.problems.append("a secret key is skipped: it has no place in a keyring")
            self.parts = None
        self.target = None
