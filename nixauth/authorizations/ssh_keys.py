"""SSH public keys as they stand in an authorizations file: `type base64 [comment]`.

RFC 4253 section 6.6 (RSA), RFC 5656 section 3.1 (ECDSA), RFC 8709 section 4 (Ed25519), and
OpenSSH's PROTOCOL.u2f (the `sk-` types). Reading is strict: one key has one spelling.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nixauth.authorizations.problems import Refused, quoted
from nixauth.model import Fingerprint

_MAX_RSA_BYTES = 2048
"""16384 bits, OpenSSH's own limit."""

FieldCheck: TypeAlias = Callable[[bytes], str | None]
"""Says what is wrong with one field of a key, or None."""


class SshKey(NamedTuple):
    """A key's name and its blob (the decoded base64)."""

    fingerprint: Fingerprint
    blob: bytes


def ssh_fingerprint(blob: bytes) -> Fingerprint:
    """Name a key blob as `ssh-keygen -l` does: SHA-256, base64 without padding."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii")
    return Fingerprint(f"SHA256:{digest.rstrip('=')}")


def read_ssh_key(line: str) -> SshKey | Refused:
    """Read one public key line; say in one message why it is none."""
    kind, *rest = line.split(" ", 1)
    if kind not in _FIELDS:
        return _other(line)
    encoded, *_comment = rest[0].split(maxsplit=1) if rest and rest[0].strip() else [""]
    blob = _decode(encoded)
    if blob is None:
        return Refused(f"what follows {kind} is not base64")
    fault = _blob_fault(kind, blob)
    if fault is not None:
        return Refused(f"not a {kind} key: {fault}")
    return SshKey(ssh_fingerprint(blob), blob)


def _other(line: str) -> Refused:
    """Name what stands in the place of a key."""
    words = line.split()
    kind = words[0] if words else ""
    if kind.endswith(("-cert-v01@openssh.com", "-cert-v00@openssh.com")):
        return Refused(f"SSH certificates are refused ({quoted(kind)}): list the key itself")
    if kind == "ssh-dss":
        return Refused("ssh-dss keys are refused: too weak")
    if any(word in _FIELDS for word in words[1:]):
        return Refused("options in front of an SSH key are refused: begin with the key's type")
    if kind.startswith(("ssh-", "ecdsa-", "sk-")):
        return Refused(f"SSH keys of the type {quoted(kind)} are not known")
    return Refused(
        f"not a key: {quoted(line)} is neither an OpenPGP fingerprint nor an SSH public key"
    )


def _decode(encoded: str) -> bytes | None:
    """Decode base64 that has exactly one spelling (RFC 4648 sections 3.3 to 3.5)."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    canonical = base64.b64encode(blob).decode("ascii") == encoded
    return blob if blob and canonical else None


def _blob_fault(kind: str, blob: bytes) -> str | None:
    strings = _strings(blob, 1 + len(_FIELDS[kind]))
    if isinstance(strings, str):
        return strings
    if strings[0] != kind.encode("ascii"):
        return "the key inside is of another type"
    for check, value in zip(_FIELDS[kind], strings[1:], strict=True):
        fault = check(value)
        if fault is not None:
            return fault
    return None


def _strings(blob: bytes, count: int) -> list[bytes] | str:
    """Split a blob into `count` strings (RFC 4251 section 5) that fill it; else say what is off."""
    strings: list[bytes] = []
    at = 0
    for _ in range(count):
        start = at + 4
        at = start + int.from_bytes(blob[at:start], "big")
        if start > len(blob) or at > len(blob):
            return "it is cut short"
        strings.append(blob[start:at])
    return strings if at == len(blob) else "something follows the key"


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
    return None if value else "its application is empty"


_FIELDS: Mapping[str, Sequence[FieldCheck]] = {
    "ssh-ed25519": (_ed25519_point,),
    "ecdsa-sha2-nistp256": (_curve("nistp256"), _nist_point(32)),
    "ecdsa-sha2-nistp384": (_curve("nistp384"), _nist_point(48)),
    "ecdsa-sha2-nistp521": (_curve("nistp521"), _nist_point(66)),
    "ssh-rsa": (_positive_integer, _positive_integer),
    "sk-ssh-ed25519@openssh.com": (_ed25519_point, _application),
    "sk-ecdsa-sha2-nistp256@openssh.com": (_curve("nistp256"), _nist_point(32), _application),
}
"""What follows the type in a key of each type that is read."""
