"""SSH public keys: the blob, its parts, its name.

RFC 4253 section 6.6 (RSA), RFC 5656 section 3.1 (ECDSA), RFC 8709 section 4 (Ed25519), and
OpenSSH's PROTOCOL.u2f (the `sk-` types). Reading is strict: one key has one blob.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from nixauth.model import Fingerprint

_MAX_RSA_BYTES = 2048
"""16384 bits, OpenSSH's own limit."""

_MAX_APPLICATION = 1024
"""Bytes; OpenSSH's own are `ssh:` and a word."""

FieldCheck: TypeAlias = Callable[[bytes], str | None]
"""Says what is wrong with one field of a key, or None."""


def ssh_fingerprint(blob: bytes) -> Fingerprint:
    """Name a key blob as `ssh-keygen -l` does: SHA-256, base64 without padding."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii")
    return Fingerprint(f"SHA256:{digest.rstrip('=')}")


def is_certificate(kind: str) -> bool:
    """Say whether a type is that of a certificate (PROTOCOL.certkeys)."""
    return kind.endswith(("-cert-v01@openssh.com", "-cert-v00@openssh.com"))


def decode_base64(encoded: bytes) -> bytes | None:
    """Decode base64 that has exactly one spelling (RFC 4648 sections 3.3 to 3.5)."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    canonical = base64.b64encode(blob) == encoded
    return blob if blob and canonical else None


def blob_fault(kind: str, blob: bytes) -> str | None:
    """Say what is wrong with the blob of a key of this type, which is one of FIELDS."""
    found = strings(blob, 1 + len(FIELDS[kind]))
    if isinstance(found, str):
        return found
    if found[0] != kind.encode("ascii"):
        return "the key inside is of another type"
    for check, value in zip(FIELDS[kind], found[1:], strict=True):
        fault = check(value)
        if fault is not None:
            return fault
    return None


def strings(blob: bytes, count: int) -> list[bytes] | str:
    """Split a blob into `count` strings (RFC 4251 section 5) that fill it; else say what is off."""
    found: list[bytes] = []
    at = 0
    for _ in range(count):
        start = at + 4
        at = start + int.from_bytes(blob[at:start], "big")
        if start > len(blob) or at > len(blob):
            return "it is cut short"
        found.append(blob[start:at])
    return found if at == len(blob) else "something follows the key"


def _ed25519_point(value: bytes) -> str | None:
    return None if len(value) == 32 else "an Ed25519 key has 32 bytes"


def _curve(name: str) -> FieldCheck:
    return lambda value: None if value == name.encode("ascii") else "it names another curve"


def _nist_point(size: int) -> FieldCheck:
    """Check for an uncompressed point (SEC 1 section 2.3.3) with coordinates of `size` bytes."""

    def check(value: bytes) -> str | None:
        whole = len(value) == 1 + 2 * size and value[0] == 4
        return None if whole else "its point is not an uncompressed one of the curve's size"

    return check


def _positive_integer(value: bytes) -> str | None:
    """Check for a positive mpint in its one shortest form (RFC 4251 section 5)."""
    if not value or value[0] & 0x80:
        return "an integer of it is not positive"
    if value[0] == 0 and (len(value) == 1 or not value[1] & 0x80):
        return "an integer of it is zero or begins with a needless zero"
    if len(value.lstrip(b"\0")) > _MAX_RSA_BYTES:
        return "it is longer than 16384 bits"
    return None


def _application(value: bytes) -> str | None:
    if len(value) > _MAX_APPLICATION:
        return f"its application is longer than {_MAX_APPLICATION} bytes"
    return None if value else "its application is empty"


FIELDS: Mapping[str, Sequence[FieldCheck]] = {
    "ssh-ed25519": (_ed25519_point,),
    "ecdsa-sha2-nistp256": (_curve("nistp256"), _nist_point(32)),
    "ecdsa-sha2-nistp384": (_curve("nistp384"), _nist_point(48)),
    "ecdsa-sha2-nistp521": (_curve("nistp521"), _nist_point(66)),
    "ssh-rsa": (_positive_integer, _positive_integer),
    "sk-ssh-ed25519@openssh.com": (_ed25519_point, _application),
    "sk-ecdsa-sha2-nistp256@openssh.com": (_curve("nistp256"), _nist_point(32), _application),
}
"""What follows the type in a key of each type that is read."""


def rsa_bits(blob: bytes) -> int:
    """Return the size of an RSA key's modulus in bits; 0 for a key of another type."""
    found = strings(blob, 3)
    if isinstance(found, str) or found[0] != b"ssh-rsa":
        return 0
    return int.from_bytes(found[2], "big").bit_length()
