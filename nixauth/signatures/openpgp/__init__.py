"""OpenPGP signatures and keys: bytes in, values out (RFC 9580).

Pure: no I/O, no clock, no environment. Strict and total: no input raises. Everything else in
this package is private to it.
"""

from nixauth.signatures.openpgp.algorithms import SIGNING
from nixauth.signatures.openpgp.certificates import Certificates, Facts
from nixauth.signatures.openpgp.check import key_fault, usability_fault, verify
from nixauth.signatures.openpgp.keys import PublicKey
from nixauth.signatures.openpgp.packets import framed
from nixauth.signatures.openpgp.signature import Issuer, Signature, read_signature

__all__ = [
    "SIGNING",
    "Certificates",
    "Facts",
    "Issuer",
    "PublicKey",
    "Signature",
    "framed",
    "key_fault",
    "read_signature",
    "usability_fault",
    "verify",
]
