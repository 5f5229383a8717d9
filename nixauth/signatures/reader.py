"""Tell the kinds of signature apart by their first line."""

from __future__ import annotations

from typing import TypeAlias

from nixauth.model import (
    MalformedSignature,
    MultipleSignatures,
    UnsupportedSignature,
    WeakDigest,
)
from nixauth.signatures import openpgp, ssh

Signature: TypeAlias = openpgp.Signature | ssh.Signature

_BEGIN = b"-----BEGIN "
_X509 = (b"SIGNED MESSAGE", b"PKCS7", b"CMS")


def read_signature(
    value: bytes,
) -> Signature | MultipleSignatures | MalformedSignature | UnsupportedSignature | WeakDigest:
    """Read the value of a `gpgsig` header; what is neither OpenPGP nor SSH is refused by name."""
    if value.startswith(b"-----BEGIN PGP "):
        return openpgp.read_signature(value)
    if not value.startswith(_BEGIN):
        return MalformedSignature("the signature does not start with a BEGIN line")
    label = value[len(_BEGIN) : value.find(b"\n") if b"\n" in value else len(value)]
    label = label.rstrip(b"\r \t").removesuffix(b"-----")
    if label == b"SSH SIGNATURE":
        return ssh.read_signature(value)
    if label in _X509:
        return UnsupportedSignature("an X.509 (S/MIME) signature")
    shown = label[:40].decode("ascii", "backslashreplace")
    return UnsupportedSignature(f"a block of the unknown kind {shown!r}")
