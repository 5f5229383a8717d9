"""Keys as SSH signatures hold them, and the names of algorithms (RFC 8332, 5656, 8709).

The `sk-` types are of hardware tokens (OpenSSH's PROTOCOL.u2f).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from nixauth.model import Fingerprint
from nixauth.signatures.ssh.wire import FormatError, Reader
from nixauth.ssh_keys import FIELDS, blob_fault, is_certificate, ssh_fingerprint

Form: TypeAlias = Literal["rsa", "ecdsa", "ed25519"]
"""How the numbers of a signature are written."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature algorithm: the key type that it belongs to, and the digest it is made over.

    `token` says that the signature comes from a FIDO token. `digest` is empty for Ed25519.
    """

    kind: str
    form: Form
    digest: str
    token: bool = False


_SK_ED25519: Final = "sk-ssh-ed25519@openssh.com"
_SK_ECDSA: Final = "sk-ecdsa-sha2-nistp256@openssh.com"

ALGORITHMS: Final = {
    "ssh-ed25519": Algorithm("ssh-ed25519", "ed25519", ""),
    "ecdsa-sha2-nistp256": Algorithm("ecdsa-sha2-nistp256", "ecdsa", "SHA-256"),
    "ecdsa-sha2-nistp384": Algorithm("ecdsa-sha2-nistp384", "ecdsa", "SHA-384"),
    "ecdsa-sha2-nistp521": Algorithm("ecdsa-sha2-nistp521", "ecdsa", "SHA-512"),
    "rsa-sha2-256": Algorithm("ssh-rsa", "rsa", "SHA-256"),
    "rsa-sha2-512": Algorithm("ssh-rsa", "rsa", "SHA-512"),
    "ssh-rsa": Algorithm("ssh-rsa", "rsa", "SHA-1"),
    _SK_ED25519: Algorithm(_SK_ED25519, "ed25519", "", token=True),
    _SK_ECDSA: Algorithm(_SK_ECDSA, "ecdsa", "SHA-256", token=True),
}
"""What is read. That `ssh-rsa` is made over SHA-1 refuses it afterwards."""

CURVES: Final = {
    "ecdsa-sha2-nistp256": ("SECP256R1", 32),
    "ecdsa-sha2-nistp384": ("SECP384R1", 48),
    "ecdsa-sha2-nistp521": ("SECP521R1", 66),
    _SK_ECDSA: ("SECP256R1", 32),
}
"""By key type, the curve's name in the library and the octets of a coordinate."""

_NAMES: Final = {
    "ssh-ed25519": "Ed25519",
    "ecdsa-sha2-nistp256": "ECDSA NIST P-256",
    "ecdsa-sha2-nistp384": "ECDSA NIST P-384",
    "ecdsa-sha2-nistp521": "ECDSA NIST P-521",
    "ssh-rsa": "RSA",
    _SK_ED25519: "Ed25519 of a token",
    _SK_ECDSA: "ECDSA NIST P-256 of a token",
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of an accepted type; `fields` are what follows the type in its blob."""

    kind: str
    blob: bytes
    fields: tuple[bytes, ...]
    fingerprint: Fingerprint

    @property
    def bits(self) -> int:
        """The size of an RSA modulus, else 0."""
        return int.from_bytes(self.fields[1], "big").bit_length() if self.kind == "ssh-rsa" else 0

    @property
    def algorithm_name(self) -> str:
        """The algorithm with its size or curve, for people: `SSH RSA 3072`."""
        size = f" {self.bits}" if self.bits else ""
        return f"SSH {_NAMES[self.kind]}{size}"


def plain(name: bytes) -> str:
    """Return a name that stands in a signature, for messages: short, printable ASCII."""
    shown = ascii(name[:60].decode("latin-1"))[1:-1]
    return f"{shown}..." if len(name) > 60 else shown


def read_key(blob: bytes) -> PublicKey | str:
    """Return the key, or what unsupported kind of key it is; FormatError for a malformed one."""
    named = Reader(blob, "the key").string()
    kind = plain(named)
    if kind not in FIELDS:
        what = "certificate" if is_certificate(kind) else "key"
        return f"a {what} of the type {kind}"
    return _read_accepted(kind, blob)


@lru_cache(maxsize=1024)
def _read_accepted(kind: str, blob: bytes) -> PublicKey:
    """Read a key of a kind whose blobs are short: one person signs thousands of commits with it."""
    fault = blob_fault(kind, blob)
    if fault is not None:
        raise FormatError(f"not a {kind} key: {fault}")
    reader = Reader(blob, "the key")
    fields = tuple(reader.string() for _ in range(1 + len(FIELDS[kind])))
    return PublicKey(kind, blob, fields[1:], ssh_fingerprint(blob))
