"""The signature: structure, what is refused by name, and what was signed (PROTOCOL.sshsig)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from nixauth.model import MalformedSignature, UnsupportedSignature, WeakDigest
from nixauth.signatures.ssh.keys import ALGORITHMS, Algorithm, PublicKey, plain, read_key
from nixauth.signatures.ssh.wire import FormatError, Reader, read_armor, string

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_NAMESPACE: Final = b"git"
_DIGESTS: Final = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_BROKEN_DIGESTS: Final = {b"md5": "MD5", b"sha1": "SHA-1", b"ripemd160": "RIPEMD-160"}
_USER_PRESENT: Final = 0x01


@dataclass(frozen=True, slots=True)
class Signature:
    """A well-formed signature of an accepted kind.

    `hash_name` is the digest of the message (`sha256` or `sha512`), `algorithm` the signature's,
    of which the digest is another one. `numbers` are as the mathematics takes them. `flags` (one
    octet) and `counter` (four) are a token's, and empty without one.
    """

    key: PublicKey
    hash_name: str
    algorithm: str
    numbers: tuple[bytes, ...]
    flags: bytes = b""
    counter: bytes = b""

    def digest(self, payload: bytes) -> bytes:
        """Return the message that the key signed for `payload`; it holds the payload's digest."""
        digest = _DIGESTS[self.hash_name.encode("ascii")](payload).digest()
        parts = (_NAMESPACE, b"", self.hash_name.encode("ascii"), digest)
        return _MAGIC + b"".join(map(string, parts))

    def describe(self) -> list[tuple[str, str]]:
        """Return every field with its value, as printable ASCII."""
        rows = [
            ("kind", "SSH signature of version 1, namespace git"),
            ("public key", f"{self.key.kind} {self.key.fingerprint}"),
            ("digest of the payload", self.hash_name),
            ("signature algorithm", self.algorithm),
        ]
        if self.flags:
            rows.append(("token's flags", f"0x{self.flags.hex()} (user present)"))
            rows.append(("token's counter", str(int.from_bytes(self.counter, "big"))))
        names = ("r", "s") if len(self.numbers) == 2 else ("signature",)
        rows += [
            (name, f"{len(number)} octets: {number.hex()}")
            for name, number in zip(names, self.numbers, strict=True)
        ]
        return rows


def read_signature(
    value: bytes,
) -> Signature | MalformedSignature | UnsupportedSignature | WeakDigest:
    """Read an armored signature of a commit: one, of the namespace `git`.

    `value` is that of the `gpgsig` header, its lines joined by line feeds. Never raises.
    """
    try:
        return _read(read_armor(value))
    except FormatError as error:
        return MalformedSignature(f"SSH: {error}")


@dataclass(frozen=True, slots=True)
class _Inner:
    """What stands in the field `signature`."""

    name: str
    algorithm: Algorithm | None
    numbers: tuple[bytes, ...] = ()
    flags: bytes = b""
    counter: bytes = b""


def _read(data: bytes) -> Signature | UnsupportedSignature | WeakDigest:
    reader = Reader(data, "the signature")
    if reader.octets(len(_MAGIC)) != _MAGIC:
        raise FormatError("it does not begin with SSHSIG")
    version = reader.number()
    if version != _VERSION:
        return UnsupportedSignature(f"an SSH signature of version {version}")
    blob, namespace, reserved, hash_name, inner = (reader.string() for _ in range(5))
    reader.end()
    if reserved:
        raise FormatError("the reserved field is not empty")
    key = read_key(blob)
    signature = _read_inner(inner)
    fault = _unsupported(namespace, key, hash_name, signature)
    if fault or isinstance(key, str):
        return UnsupportedSignature(f"SSH: {fault}")
    broken = _BROKEN_DIGESTS.get(hash_name)
    if broken is not None:
        return WeakDigest(broken)
    if signature.algorithm is not None and signature.algorithm.digest == "SHA-1":
        return WeakDigest("SHA-1 (the SSH signature algorithm ssh-rsa)")
    return Signature(
        key,
        hash_name.decode("ascii"),
        signature.name,
        signature.numbers,
        signature.flags,
        signature.counter,
    )


def _read_inner(data: bytes) -> _Inner:
    """Read the field that holds the algorithm's name and its numbers."""
    reader = Reader(data, "the signature's inner field")
    name = plain(reader.string())
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        return _Inner(name, None)
    numbers = _read_numbers(algorithm, reader.string())
    if not algorithm.token:
        reader.end()
        return _Inner(name, algorithm, numbers)
    flags, counter = reader.octets(1), reader.octets(4)
    reader.end()
    return _Inner(name, algorithm, numbers, flags, counter)


def _read_numbers(algorithm: Algorithm, data: bytes) -> tuple[bytes, ...]:
    if algorithm.form == "ecdsa":
        reader = Reader(data, "the pair of integers")
        numbers = (reader.integer(), reader.integer())
        reader.end()
        return numbers
    if algorithm.form == "ed25519" and len(data) != 64:
        raise FormatError("an Ed25519 signature has 64 octets")
    return (data,)


def _unsupported(
    namespace: bytes, key: PublicKey | str, hash_name: bytes, signature: _Inner
) -> str:
    """Say what is not accepted, or nothing."""
    if namespace != _NAMESPACE:
        return f"made for the namespace '{plain(namespace)}', not for git"
    if isinstance(key, str):
        return key
    if hash_name not in _DIGESTS and hash_name not in _BROKEN_DIGESTS:
        return f"digest '{plain(hash_name)}'"
    if signature.algorithm is None:
        return f"signature algorithm '{signature.name}'"
    if signature.algorithm.token and not signature.flags[0] & _USER_PRESENT:
        return "the token does not say that its user was present"
    return ""
