"""From OpenPGP's numbers to the libraries' keys (RFC 9580, sections 5.2 and 5.5)."""

from __future__ import annotations

from nixauth.signatures.mathematics import (
    UnsupportedByLibrary,
    Verifier,
    load_dsa,
    load_ecdsa,
    load_ed448,
    load_ed25519,
    load_rsa,
)
from nixauth.signatures.openpgp import algorithms
from nixauth.signatures.openpgp.keys import PublicKey

__all__ = ["UnsupportedByLibrary", "load"]


def load(key: PublicKey) -> Verifier:
    """Return what verifies signatures by an undamaged key of an accepted algorithm and curve.

    Raises ValueError and UnsupportedByLibrary, as the libraries' loaders do.
    """
    match key.algorithm:
        case algorithms.RSA | algorithms.RSA_SIGN_ONLY:
            return load_rsa(key.numbers[0], key.numbers[1])
        case algorithms.DSA:
            return load_dsa(key.numbers)
        case algorithms.ECDSA:
            curve = algorithms.NIST_AND_BRAINPOOL[key.curve]
            return load_ecdsa(curve.library_name, curve.size, key.numbers[0])
        case algorithms.ED448:
            return load_ed448(key.numbers[0])
        case algorithms.EDDSA_LEGACY:
            point = key.numbers[0]
            if len(point) != 33 or point[0] != 0x40:
                raise ValueError("point of a wrong form")
            return load_ed25519(point[1:])
        case _:
            return load_ed25519(key.numbers[0])
