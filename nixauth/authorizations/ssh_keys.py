"""SSH public keys as they stand in an authorizations file: `type base64 [comment]`.

Reading is strict: one key has one spelling.
"""

from __future__ import annotations

from typing import NamedTuple

from nixauth.model import Fingerprint
from nixauth.ssh_keys import FIELDS, blob_fault, decode_base64, is_certificate, ssh_fingerprint
from nixauth.text_problems import Refused, quoted


class SshKey(NamedTuple):
    """A key's name and its blob (the decoded base64)."""

    fingerprint: Fingerprint
    blob: bytes


def read_ssh_key(line: str) -> SshKey | Refused:
    """Read one public key line; say in one message why it is none."""
    kind, _, rest = line.partition(" ")
    if kind not in FIELDS:
        return _other(line)
    # Other blanks than spaces, of which Unicode has many, separate nothing here or in OpenSSH.
    encoded = rest.lstrip(" ").partition(" ")[0]
    blob = decode_base64(encoded.encode("utf-8", "replace"))
    if blob is None:
        return Refused(f"what follows {kind} is not base64")
    fault = blob_fault(kind, blob)
    if fault is not None:
        return Refused(f"not a {kind} key: {fault}")
    return SshKey(ssh_fingerprint(blob), blob)


def _other(line: str) -> Refused:
    """Name what stands in the place of a key."""
    words = line.split()
    kind = words[0] if words else ""
    if is_certificate(kind):
        return Refused(f"SSH certificates are refused ({quoted(kind)}): list the key itself")
    if kind == "ssh-dss":
        return Refused("ssh-dss keys are refused: too weak")
    if any(word in FIELDS for word in words[1:]):
        return Refused("options in front of an SSH key are refused: begin with the key's type")
    if kind.startswith(("ssh-", "ecdsa-", "sk-")):
        return Refused(f"SSH keys of the type {quoted(kind)} are not known")
    return Refused(
        f"not a key: {quoted(line)} is neither an OpenPGP fingerprint nor an SSH public key"
    )
