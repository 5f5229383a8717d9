"""SSH public keys, beside the authorizations that list them. Pure.

Verification reads SSH keys from the authorizations alone; here they are shown, kept and printed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from nixauth.authorizations import read
from nixauth.authorizations.ssh_keys import read_ssh_key
from nixauth.display import printable
from nixauth.model import Authorizations, FileFormat, Fingerprint
from nixauth.signatures import ssh
from nixauth.ssh_keys import FIELDS, is_certificate, rsa_bits, ssh_fingerprint
from nixauth.text_problems import Refused

SUFFIX = ".pub"
_LONGEST_COMMENT = 200
_CURVE_BITS = {"nistp256": 256, "nistp384": 384, "nistp521": 521}


@dataclass(frozen=True, slots=True)
class SshPublicKey:
    """A key: its type as it stands in the line, its size, the decoded base64, a comment."""

    fingerprint: Fingerprint
    type: str
    bits: int
    blob: bytes
    comment: str = ""

    @property
    def encoded(self) -> str:
        """The key as a line has it behind the type."""
        return base64.b64encode(self.blob).decode("ascii")

    @property
    def line(self) -> str:
        """The line of a `.pub` file, without its end."""
        return " ".join(part for part in (self.type, self.encoded, self.comment) if part)

    @property
    def file_name(self) -> str:
        """Where the keyring branch keeps it."""
        return self.fingerprint.replace(":", "-").translate(_FOR_FILES) + SUFFIX

    @property
    def fault(self) -> str:
        """Why no signature by it can count; empty where one may."""
        key = ssh.read_key(self.blob)
        return key if isinstance(key, str) else ssh.usability_fault(key)


_FOR_FILES = str.maketrans("+/", "-_")


def from_line(text: str) -> SshPublicKey | Refused:
    """Read the line of a `.pub` file, or one that `ssh-add -L` printed."""
    words = text.split(None, 2)
    key = read_ssh_key(" ".join(words[:2]) if _begins_with_type(words) else text.strip())
    if isinstance(key, Refused):
        return key
    comment = words[2].strip() if len(words) > 2 else ""
    if printable(comment, _LONGEST_COMMENT) != comment:
        comment = ""  # it is told apart by the fingerprint as well
    return from_blob(key.blob, comment)


def refusal(text: str) -> str:
    """Say why a line is no key, in words that quote nothing of it: it may be a secret."""
    words = text.split()
    if words[0] in FIELDS or words[0] == "ssh-dss":
        found = from_line(text)
        if isinstance(found, Refused):
            return found.message
    if any(word in FIELDS for word in words[1:]):
        return "options in front of an SSH key are refused: begin with the key's type"
    if is_certificate(words[0]):
        return "SSH certificates are refused: list the key itself"
    if words[0].startswith(("ssh-", "ecdsa-", "sk-")):
        return "SSH keys of this type are not known"
    return "neither an OpenPGP key nor an SSH public key"


def _begins_with_type(words: list[str]) -> bool:
    return len(words) > 1 and not words[1].startswith(("ssh-", "ecdsa-", "sk-"))


def from_blob(blob: bytes, comment: str = "") -> SshPublicKey:
    """Make a key of a blob that was found good (RFC 4253, section 6.6)."""
    kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii", "replace")
    bits = rsa_bits(blob) or next((n for curve, n in _CURVE_BITS.items() if curve in kind), 256)
    return SshPublicKey(ssh_fingerprint(blob), kind, bits, blob, comment)


def list_item(key: SshPublicKey) -> str:
    """Return the line to paste below a person's `keys:`, found good by the file's own reader."""
    quoted = key.line.replace("'", "''")
    for text in (key.line, f"'{quoted}'"):
        sample = f"version: 1\npeople:\n  somebody:\n    keys:\n      - {text}\n"
        parsed = read(FileFormat.NATIVE, sample.encode())
        if isinstance(parsed, Authorizations) and key.fingerprint in parsed.ssh_keys:
            return f"- {text}"
    return f"- {key.type} {key.encoded}"
