"""A NAR's hash, and the forms in which Nix writes it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

_ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz"
"""Nix's base32: without e, o, u and t."""


@dataclass(frozen=True, slots=True)
class Nar:
    """The SHA-256 of a Nix archive (`digest`, 32 bytes) and the archive's size in bytes."""

    digest: bytes
    size: int

    @property
    def sri(self) -> str:
        """The hash as lock files have it: `sha256-` and base64, with its padding."""
        return f"sha256-{base64.b64encode(self.digest).decode('ascii')}"

    @property
    def base16(self) -> str:
        """The hash as 64 lower-case hexadecimal digits."""
        return self.digest.hex()

    @property
    def base32(self) -> str:
        """The hash as 52 characters of Nix's base32, as `sha256 = "…"` often has it."""
        return base32(self.digest)


def base32(digest: bytes) -> str:
    """Write bytes in Nix's base32: groups of five bits of a little-endian number, last first."""
    number = int.from_bytes(digest, "little")
    length = (len(digest) * 8 - 1) // 5 + 1 if digest else 0
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
