"""The armor of SSH signatures and the strings within (PROTOCOL.sshsig; RFC 4251, section 5)."""

from __future__ import annotations

from typing import Final

from nixauth.ssh_keys import decode_base64

_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
_END: Final = b"-----END SSH SIGNATURE-----"
_BLANK: Final = b" \t\r"


class FormatError(Exception):
    """The bytes are not as the standard has them. Never leaves this package."""


def read_armor(value: bytes) -> bytes:
    """Return the octets in the one armored signature that `value` consists of.

    Empty lines may follow it, and nothing else; blanks at the ends of lines do not count.
    """
    lines = [line.rstrip(_BLANK) for line in value.split(b"\n")]
    if lines[0] != _BEGIN:
        raise FormatError("armor: the first line does not begin a signature block")
    while not lines[-1]:
        lines.pop()
    if lines[-1] != _END:
        raise FormatError("armor: the last line does not end the signature block")
    body = lines[1:-1]
    if not all(body):
        raise FormatError("armor: empty line within the base64")
    data = decode_base64(b"".join(body))
    if data is None:
        raise FormatError("armor: not base64")
    return data


def string(data: bytes) -> bytes:
    """Return `data` as a string of the format: its length in four octets before it."""
    return len(data).to_bytes(4, "big") + data


class Reader:
    """Takes strings and numbers off the front of some octets; FormatError where they end."""

    __slots__ = ("_at", "_data", "_what")

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    def octets(self, count: int) -> bytes:
        """Return the next `count` octets."""
        end = self._at + count
        if end > len(self._data):
            raise FormatError(f"{self._what} is cut short")
        found = self._data[self._at : end]
        self._at = end
        return found

    def number(self) -> int:
        """Return the next four octets as a number."""
        return int.from_bytes(self.octets(4), "big")

    def string(self) -> bytes:
        """Return the next string."""
        return self.octets(self.number())

    def integer(self) -> bytes:
        """Return the next integer, not negative and in its one shortest form, big-endian."""
        found = self.string()
        if found and found[0] & 0x80:
            raise FormatError(f"{self._what} holds a negative integer")
        if found and found[0] == 0 and (len(found) == 1 or not found[1] & 0x80):
            raise FormatError(f"{self._what} holds an integer with a needless zero")
        return found.lstrip(b"\0")

    def end(self) -> None:
        """Say that nothing may follow."""
        if self._at != len(self._data):
            raise FormatError(f"something follows {self._what}")
