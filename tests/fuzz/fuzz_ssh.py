"""Fuzz the readers of SSH signatures, and of SSH keys as they stand in an authorizations file.

The first octet of an input says what the rest is: `A` an armored signature; `S` the octets of one,
which are armored here; `L` the text of a key's line; `B` a key's blob, which is encoded here and
put behind the type that it names.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key
from nixauth.model import MalformedSignature, UnsupportedSignature, UnusableKey, WeakDigest
from nixauth.signatures import ssh
from nixauth.ssh_keys import ssh_fingerprint
from nixauth.text_problems import Refused, fits_one_line
from tests.fuzz import ssh_parts as parts
from tests.fuzz import vectors
from tests.fuzz.harness import splice, stretch
from tests.fuzz.ssh_parts import split_strings, strings
from tests.fuzz.texts import check_ascii, check_shown

ONE_IN = 1
DICTIONARY = (
    *parts.TYPES,
    *(parts.strings(kind) for kind in parts.TYPES),
    b"rsa-sha2-256",
    b"rsa-sha2-512",
    b"ssh-dss",
    b"-cert-v01@openssh.com",
    b"nistp256",
    b"nistp384",
    b"nistp521",
    b"ssh:",
    b"SSHSIG\0\0\0\1",
    strings(b"git", b"", b"sha512"),
    strings(b"git", b"", b"sha256"),
    b"sha1",
    b"\0\0\0\0",
    b"\0\0\0\x20",
    b"\0\0\0\x40",
    b"\xff\xff\xff\xff",
    b"-----BEGIN SSH SIGNATURE-----\n",
    b"-----END SSH SIGNATURE-----\n",
    b"\r\n",
    b"\n\n",
    b" ",
    b"=",
    b"no-pty ",
)


def seeds() -> Iterator[bytes]:
    """Signatures and keys of all types."""
    for outer in parts.documents():
        yield b"S" + outer.framed()
        yield b"A" + parts.armor(outer.framed())
    for value in vectors.signatures(b"-----BEGIN SSH "):
        yield b"A" + value
    for key in parts.MALLORY:
        yield b"S" + parts.new(key).framed()
    yield b"S" + parts.new(parts.KEPT[4], algorithm=b"ssh-rsa").framed()
    for blob in (
        *(key.blob for key in parts.KEPT),
        strings(b"ssh-dss", b"\1", b"\1", b"\1", b"\1"),
    ):
        yield b"B" + blob
        yield b"L" + line_of(blob).encode() + b" a@b"


def line_of(blob: bytes) -> str:
    """Put a blob behind the type that it names."""
    kind = next(iter(split_strings(blob)), b"").decode("latin-1")
    return f"{kind} {base64.b64encode(blob).decode()}"


KEPT = {ssh_fingerprint(key.blob) for key in parts.KEPT}
SIGNED = set()
for _outer in parts.documents():
    _inner = split_strings(_outer.inner)[0]
    _tail = b"\1" + bytes(4) if _inner.startswith(b"sk-") else b""
    SIGNED.add((_outer.blob, _outer.hash_name, _inner, _tail))


def check(data: bytes) -> None:
    """Hand an input to the reader it is meant for."""
    kind, rest = data[:1], data[1:]
    if kind == b"B":
        check_line(line_of(rest))
    elif kind == b"L":
        check_line(rest.decode("utf-8", "replace"))
    else:
        check_signature(rest if kind == b"A" else parts.armor(rest))


def compare(data: bytes) -> None:
    """There is nothing to compare with."""


def check_signature(value: bytes) -> None:
    """Read a signature and ask everything of it."""
    found = ssh.read_signature(value)
    if type(found) is not ssh.Signature:
        assert type(found) in {MalformedSignature, UnsupportedSignature, WeakDigest}
        for name in found.__slots__:
            check_ascii(getattr(found, name))
        return
    for name, text in found.describe():
        check_ascii(name)
        check_ascii(text)
    check_ascii(found.key.algorithm_name)
    assert found.key.fingerprint == ssh_fingerprint(found.key.blob)
    assert strings(found.key.kind.encode(), *found.key.fields) == found.key.blob
    assert read_ssh_key(line_of(found.key.blob)) == SshKey(found.key.fingerprint, found.key.blob)
    _check_verification(found)
    assert ssh.read_signature(parts.armor(_written(found))) == found


def _check_verification(found: ssh.Signature) -> None:
    fault = ssh.key_fault(found)
    good = ssh.verify(found, found.digest(parts.PAYLOAD))
    assert type(good) is bool
    if fault is not None:
        assert not good
        assert type(fault) in {UnusableKey, UnsupportedSignature}
        check_ascii(fault.detail if isinstance(fault, UnusableKey) else fault.found)
    elif good and found.key.fingerprint in KEPT:
        tail = found.flags + found.counter
        named = found.hash_name.encode(), found.algorithm.encode()
        assert (found.key.blob, *named, tail) in SIGNED
    assert not ssh.verify(found, found.digest(parts.PAYLOAD + b"!"))


def _written(found: ssh.Signature) -> bytes:
    """Write the one form that the fields of a signature have."""
    numbers = found.numbers
    made = numbers[0]
    if len(numbers) == 2:
        made = strings(*(parts.mpint(int.from_bytes(number, "big")) for number in numbers))
    inner = strings(found.algorithm.encode(), made) + found.flags + found.counter
    outer = strings(found.key.blob, b"git", b"", found.hash_name.encode(), inner)
    return b"SSHSIG\0\0\0\1" + outer


def check_line(line: str) -> None:
    """Read a line; what is read has one plain form, which reads as the same."""
    found = read_ssh_key(line)
    if type(found) is Refused:
        check_shown(found.message)
        assert fits_one_line(found.message) or not fits_one_line(line)
        return
    assert type(found) is SshKey
    assert found.fingerprint == ssh_fingerprint(found.blob)
    kind, *fields = split_strings(found.blob)
    assert strings(kind, *fields) == found.blob
    assert kind in parts.TYPES
    assert [word for word in line.split(" ") if word][:2] == line_of(found.blob).split(" ")
    assert read_ssh_key(line_of(found.blob)) == found


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Change a field, or a field in a field; or do something less kind."""
    kind, rest = data[:1], data[1:]
    what = rng.randrange(8)
    if what == 0:
        return kind + stretch(rest, rng)
    if what == 1:
        return rng.choice((kind, kind, b"A", b"S", b"L", b"B")) + splice(rest, rng, DICTIONARY)
    if kind == b"B":
        return kind + parts.change_strings(split_strings(rest), rng, DICTIONARY)
    if kind != b"S":
        return kind + splice(rest, rng, DICTIONARY)
    outer = parts.split_outer(rest)
    parts.change_outer(outer, rng, DICTIONARY)
    return kind + outer.framed()
