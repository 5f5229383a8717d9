"""How something was signed: algorithm and digest, by name. Nothing is verified for that."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

from nixauth.signatures import openpgp
from nixauth.signatures.openpgp import algorithms
from nixauth.signatures.reader import Signature

Kind: TypeAlias = tuple[str, str]
"""Algorithm and digest, empty where they could not be read."""

NOTHING: Final[Kind] = "", ""
_SSH_DIGESTS: Final = {"sha256": "SHA-256", "sha512": "SHA-512"}


def kind_of_signature(signature: Signature) -> Kind:
    """Return algorithm and digest of a signature that was read."""
    if isinstance(signature, openpgp.Signature):
        return named(signature.public_key_algorithm, signature.digest_algorithm)
    return signature.algorithm, _SSH_DIGESTS.get(signature.hash_name, signature.hash_name)


@lru_cache(maxsize=256)
def named(algorithm: int, digest: int) -> Kind:
    """Return the names of OpenPGP's numbers (RFC 9580, sections 9.1 and 9.5)."""
    return algorithms.public_key_name(algorithm), algorithms.digest_name(digest)
