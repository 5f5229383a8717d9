"""How a commit was signed: algorithm and digest, read from its signature without verifying it."""

from __future__ import annotations

import binascii
from functools import lru_cache
from typing import Final

from nixauth.model import WeakDigest
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.commit_object import FaultyCommit, read_commit
from nixauth.signatures.kind import NOTHING, Kind, kind_of_signature, named
from nixauth.signatures.reader import read_signature

_OPENPGP: Final = b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n "
_FIRST: Final = 12
"""So many characters of base64 hold what is looked for, in a packet as everybody writes them."""
_SIGNATURE: Final = 2


def kind_of_sound(content: bytes) -> Kind:
    """Say it of a commit that is known to carry one well-formed signature.

    Most need no more than the first octets of the packet; of any other commit they say nothing.
    """
    end = content.find(b"\n\n")  # what looks like a header in a message is none
    start = content.find(_OPENPGP, 0, end)
    # An empty line ends the armor's headers, of which there are mostly none.
    empty = content.find(b"\n \n", start + len(_OPENPGP) - 2, end) if start >= 0 else -1
    if empty >= 0:
        kind = _peek(content[empty + 4 : empty + 4 + _FIRST])
        if kind is not None:
            return kind
    return kind_of(content)


@lru_cache(maxsize=4096)
def _peek(text: bytes) -> Kind | None:
    """Read the start of a signature packet; None where that takes more than these characters."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None
    if len(data) < _FIRST * 3 // 4:
        return None
    first = data[0]
    if first & 0xC0 == 0xC0:
        tag = first & 0x3F
        start = 2 if data[1] < 192 else 3
        if data[1] >= 224:
            return None
    else:
        tag = first >> 2 & 0x0F
        start = 1 + (1 << (first & 3))
        if first & 3 > 1:
            return None
    if tag != _SIGNATURE or not first & 0x80 or data[start] not in {4, 6}:
        return None
    return named(data[start + 2], data[start + 3])


def kind_of(content: bytes) -> Kind:
    """Say it of any commit object."""
    read = read_commit(content)
    if isinstance(read, FaultyCommit):
        return NOTHING
    signature = read_signature(read.signature)
    if isinstance(signature, openpgp.Signature | ssh.Signature):
        return kind_of_signature(signature)
    if isinstance(signature, WeakDigest):
        return "", signature.digest
    return NOTHING
