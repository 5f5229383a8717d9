"""Signatures of a certificate over its own parts (RFC 9580, sections 5.2.1 and 10.1.5).

Expiry and revocation decide nothing here: the authorizations grant and withdraw.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nixauth.signatures.openpgp import algorithms
from nixauth.signatures.openpgp.check import key_fault, verify
from nixauth.signatures.openpgp.keys import MAX_BODY, PublicKey
from nixauth.signatures.openpgp.packets import FormatError
from nixauth.signatures.openpgp.signature import Signature

_SUBKEY_BINDING: Final = 0x18
_PRIMARY_KEY_BINDING: Final = 0x19
_MAY_SIGN: Final = 0x02
_REMEDY: Final = "list the subkey itself, or renew the binding"

NOT_FOR_SIGNING: Final = "its binding does not allow it to sign"
"""The one problem that is none: the subkey is for something else, as its owner wants it."""

_OTHER_VERSION: Final = {
    version: f"the primary key is of version {version}, the subkey is not" for version in (4, 6)
}
_TOO_LONG: Final = "the key is too long"
_NONE: Final = "the certificate has no binding signature for it"
_UNREADABLE: Final = "its binding signature is malformed or not supported"
_FALSE: Final = "its binding signature does not verify"

ANYBODYS: Final = frozenset({*_OTHER_VERSION.values(), _TOO_LONG, _NONE, _UNREADABLE, _FALSE})
"""Problems that anybody can make, who puts a subkey into somebody's certificate: the primary key
signed nothing."""


def read_self_signature(body: bytes) -> Signature | None:
    """Read the body of a signature packet; None where it is malformed or not understood."""
    try:
        signature = Signature(body)
    except FormatError:
        return None
    return None if signature.unsupported else signature


def is_made_by(signature: Signature, key: PublicKey, over: bytes) -> bool:
    """Say whether `key` made `signature` over the hashed form of a certificate's parts."""
    if key_fault(signature, key) is not None:
        return False
    return verify(signature, key, signature.digest(over))


def binding_problem(primary: PublicKey, subkey: PublicKey, bodies: Iterable[bytes]) -> str:
    """Return "" when one of the signatures `bodies` binds `subkey` for signing, else why not.

    Of several failures the one is told that came nearest to a binding.
    """
    if primary.version != subkey.version:
        return _OTHER_VERSION[primary.version]
    if max(len(primary.body), len(subkey.body)) > MAX_BODY:
        return _TOO_LONG
    nearest = (0, _NONE)
    over = primary.hashed_form() + subkey.hashed_form()
    for body in sorted(bodies):
        fault = _binding_fault(primary, subkey, over, body)
        if fault is None:
            return ""
        nearest = max(nearest, fault)
    return nearest[1]


def _binding_fault(
    primary: PublicKey, subkey: PublicKey, over: bytes, body: bytes
) -> tuple[int, str] | None:
    """Return None when the signature binds, else how near it came, and why it does not."""
    if body[1:2] != b"\x18":
        return 0, ""
    signature = read_self_signature(body)
    if signature is None:
        return 1, _UNREADABLE
    if not is_made_by(signature, primary, over):
        return 2, _FALSE
    flags = signature.hashed(algorithms.KEY_FLAGS)
    if not flags or not flags[-1][:1] or not flags[-1][0] & _MAY_SIGN:
        return 3, NOT_FOR_SIGNING
    if signature.weak:
        return 4, f"its binding is made with {signature.weak.digest}: {_REMEDY}"
    return _back_signature_fault(subkey, over, signature.anywhere(algorithms.EMBEDDED_SIGNATURE))


def _back_signature_fault(
    subkey: PublicKey, over: bytes, bodies: list[bytes]
) -> tuple[int, str] | None:
    """Return None when the subkey has agreed to be bound, else as `_binding_fault`."""
    nearest = (5, f"its binding has no back-signature by the subkey: {_REMEDY}")
    for body in bodies:
        signature = read_self_signature(body)
        if signature is None or signature.type != _PRIMARY_KEY_BINDING:
            continue
        if not is_made_by(signature, subkey, over):
            nearest = max(nearest, (6, "the back-signature in its binding does not verify"))
        elif signature.weak:
            text = f"the back-signature in its binding is made with {signature.weak.digest}"
            nearest = max(nearest, (7, f"{text}: {_REMEDY}"))
        else:
            return None
    return nearest
