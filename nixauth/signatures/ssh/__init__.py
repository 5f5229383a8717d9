"""SSH signatures: bytes in, values out (OpenSSH's PROTOCOL.sshsig).

The signature holds its public key, so the key is always at hand; who is listed is asked by its
fingerprint. Pure, strict and total: no input raises. Everything else in this package is private.
"""

from nixauth.signatures.ssh.check import key_fault, usability_fault, verify
from nixauth.signatures.ssh.keys import PublicKey, read_key
from nixauth.signatures.ssh.signature import Signature, read_signature

__all__ = [
    "PublicKey",
    "Signature",
    "key_fault",
    "read_key",
    "read_signature",
    "usability_fault",
    "verify",
]
