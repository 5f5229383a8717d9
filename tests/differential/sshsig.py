"""Makes SSH signatures piece by piece (OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f), with faults.

What `ssh-keygen -Y sign` does not make: signatures as a hardware token makes them, RSA with
another digest than its own, and structures that are not as the standard has them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

APPLICATION = b"ssh:"
PRESENT = 1


def string(data: bytes) -> bytes:
    """Put the length before it."""
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    """Return an integer in its shortest form, which is never negative here."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


def armor(blob: bytes) -> bytes:
    """Return the text that stands in a commit."""
    text = base64.b64encode(blob)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    lines = [b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----"]
    return b"\n".join(lines) + b"\n"


def unarmored(armored: bytes) -> bytes:
    """Return the octets in the text."""
    return base64.b64decode(b"".join(armored.strip().split(b"\n")[1:-1]))


def strings(blob: bytes) -> list[bytes]:
    """Divide octets that are strings, one after the other."""
    found = []
    while blob:
        size = 4 + int.from_bytes(blob[:4], "big")
        found.append(blob[4:size])
        blob = blob[size:]
    return found


def rebuilt(armored: bytes, **changes: bytes) -> bytes:
    """Return a signature with some of its fields replaced."""
    blob = unarmored(armored)
    names = ("key", "namespace", "reserved", "hash_name", "inner")
    fields = dict(zip(names, strings(blob[10:]), strict=True))
    head = changes.pop("head", blob[:10])
    tail = changes.pop("tail", b"")
    fields.update(changes)
    return armor(head + b"".join(map(string, fields.values())) + tail)


def field(armored: bytes, name: str) -> bytes:
    """Return one of the fields."""
    names = ("key", "namespace", "reserved", "hash_name", "inner")
    return dict(zip(names, strings(unarmored(armored)[10:]), strict=True))[name]


@dataclass(frozen=True)
class Signer:
    """A key: its public blob, and what makes the inner signature of a message."""

    blob: bytes
    make: Callable[[bytes], bytes]

    @property
    def line(self) -> str:
        """The public key as it stands in a file."""
        return f"{strings(self.blob)[0].decode()} {base64.b64encode(self.blob).decode()}"

    def sign(
        self,
        payload: bytes,
        *,
        hash_name: str = "sha512",
        namespace: bytes = b"git",
        reserved: bytes = b"",
        shown_namespace: bytes | None = None,
        version: int = 1,
    ) -> bytes:
        """Return an armored signature; `shown_namespace` stands in it instead of the signed one."""
        digest = hashlib.new(hash_name, payload, usedforsecurity=False).digest()
        name = hash_name.encode()
        signed = b"SSHSIG" + b"".join(map(string, (namespace, reserved, name, digest)))
        shown = namespace if shown_namespace is None else shown_namespace
        fields = (self.blob, shown, reserved, name, self.make(signed))
        return armor(b"SSHSIG" + version.to_bytes(4, "big") + b"".join(map(string, fields)))


# --- tokens ---


def token_ed25519(flags: int = PRESENT, counter: int = 7) -> Signer:
    """A token with an Ed25519 key."""
    private = ed25519.Ed25519PrivateKey.generate()
    kind = b"sk-ssh-ed25519@openssh.com"
    public = private.public_key().public_bytes_raw()

    def make(signed: bytes) -> bytes:
        made = string(private.sign(_seen(signed, flags, counter)))
        return string(kind) + made + bytes([flags]) + counter.to_bytes(4, "big")

    return Signer(b"".join(map(string, (kind, public, APPLICATION))), make)


def token_ecdsa(flags: int = PRESENT, counter: int = 7) -> Signer:
    """A token with a key on P-256."""
    private = ec.generate_private_key(ec.SECP256R1())
    kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
    numbers = private.public_key().public_numbers()
    point = b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def make(signed: bytes) -> bytes:
        made = private.sign(_seen(signed, flags, counter), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(made)
        pair = string(mpint(r) + mpint(s))
        return string(kind) + pair + bytes([flags]) + counter.to_bytes(4, "big")

    return Signer(b"".join(map(string, (kind, b"nistp256", point, APPLICATION))), make)


def _seen(signed: bytes, flags: int, counter: int) -> bytes:
    """Return what a token signs for a message."""
    application = hashlib.sha256(APPLICATION).digest()
    return application + bytes([flags]) + counter.to_bytes(4, "big") + _sha256(signed)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# --- RSA, as ssh-keygen does not sign with it ---

RSA_DIGESTS = {
    b"rsa-sha2-256": hashes.SHA256,
    b"rsa-sha2-512": hashes.SHA512,
    b"ssh-rsa": hashes.SHA1,
}


def rsa_signer(private_key: bytes, algorithm: bytes, shown: bytes | None = None) -> Signer:
    """A key from its file, with the digest of one of the algorithms."""
    private = load_ssh_private_key(private_key, password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    numbers = private.public_key().public_numbers()
    blob = string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n)

    def make(signed: bytes) -> bytes:
        made = private.sign(signed, padding.PKCS1v15(), RSA_DIGESTS[algorithm]())
        return string(shown or algorithm) + string(made)

    return Signer(blob, make)
