"""The forms in which a SHA-256 of a Nix archive is written."""

from __future__ import annotations

import base64
import re
from enum import Enum

_NIX32 = "0123456789abcdfghijklmnpqrsvwxyz"
"""Nix's base32: without e, o, u and t."""
_SRI = re.compile(r"sha256-([A-Za-z0-9+/]{43}=)")
_NIX32_TEXT = re.compile(rf"[01][{_NIX32}]{{51}}")  # 52 characters are 260 bits: the first has one


class Form(Enum):
    """How a hash is written."""

    SRI = "sri"
    """`sha256-` and base64 with its padding."""
    NIX32 = "nix32"
    """52 characters, as `nix-prefetch-url` prints them."""


def form_of(text: str) -> Form | None:
    """Return how a hash is written, None for something else."""
    if _NIX32_TEXT.fullmatch(text):
        return Form.NIX32
    return Form.SRI if digest(text) is not None else None


def digest(sri: str) -> bytes | None:
    """Return the 32 bytes of a hash in SRI form, None for something else or not in its one form."""
    found = _SRI.fullmatch(sri)
    if found is None:
        return None
    value = base64.b64decode(found[1])
    return value if base64.b64encode(value).decode("ascii") == found[1] else None


def written(value: bytes, form: Form) -> str:
    """Write a digest of 32 bytes."""
    if form is Form.SRI:
        return f"sha256-{base64.b64encode(value).decode('ascii')}"
    number = int.from_bytes(value, "little")
    return "".join(_NIX32[number >> 5 * at & 31] for at in reversed(range(52)))
