"""Fuzz the reader of SSH public keys, as they stand in an authorizations file.

The first octet of an input says what the rest is: `L` the text of a line; `B` a key's blob, which
is encoded here and put behind the type that it names.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence

from nixauth.authorizations.problems import Refused, fits_one_line
from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key, ssh_fingerprint
from tests.fuzz.harness import splice, stretch
from tests.fuzz.texts import check_shown

_POINTS = {256: 32, 384: 48, 521: 66}
TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
DICTIONARY = (
    *(name.encode() for name in TYPES),
    b"ssh-dss",
    b"-cert-v01@openssh.com",
    b"nistp256",
    b"nistp384",
    b"nistp521",
    b"ssh:",
    b"\0\0\0\0",
    b"\0\0\0\x20",
    b"\xff\xff\xff\xff",
    b" ",
    b"=",
    b"no-pty ",
)


def strings(*fields: bytes) -> bytes:
    """Give fields as SSH writes them one after the other."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def split_strings(blob: bytes) -> list[bytes]:
    """Take such fields apart as far as they go; what is left over is the last."""
    found = []
    at = 0
    while at + 4 <= len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        found.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def blobs() -> Iterator[bytes]:
    """A key of each type."""
    yield strings(b"ssh-ed25519", bytes(range(32)))
    for bits, size in _POINTS.items():
        name = f"nistp{bits}".encode()
        yield strings(b"ecdsa-sha2-" + name, name, b"\4" + bytes(2 * size))
    yield strings(b"ssh-rsa", b"\1\0\1", b"\0" + b"\xc1" * 256)
    yield strings(b"sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:")
    yield strings(b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\4" + bytes(64), b"ssh:")
    yield strings(b"ssh-dss", b"\1", b"\1", b"\1", b"\1")


def line_of(blob: bytes) -> str:
    """Put a blob behind the type that it names."""
    kind = next(iter(split_strings(blob)), b"").decode("latin-1")
    return f"{kind} {base64.b64encode(blob).decode()}"


def seeds() -> Iterator[bytes]:
    """Keys of all types, as lines and as blobs."""
    for blob in blobs():
        yield b"B" + blob
        yield b"L" + line_of(blob).encode() + b" a@b"


def check(data: bytes) -> None:
    """Hand an input to the reader it is meant for."""
    kind, rest = data[:1], data[1:]
    if kind == b"B":
        check_line(line_of(rest))
    else:
        check_line(rest.decode("utf-8", "replace"))


def compare(data: bytes) -> None:
    """There is nothing to compare with."""


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
    assert kind.decode() in TYPES
    assert line.startswith(kind.decode() + " ")
    assert read_ssh_key(line_of(found.blob)) == found


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Change a field of a blob; or do something less kind."""
    kind, rest = data[:1], data[1:]
    what = rng.randrange(8)
    if what == 0:
        return kind + stretch(rest, rng)
    if what < 3 or kind != b"B":
        return rng.choice((kind, b"L")) + splice(rest, rng, DICTIONARY)
    return kind + change_strings(split_strings(rest), rng)


def change_strings(
    fields: list[bytes], rng: random.Random, pieces: Sequence[bytes] = DICTIONARY
) -> bytes:
    """Change, add, double, move or drop a field; or lie about its length."""
    if not fields:
        fields = [b"ssh-ed25519", bytes(32)]
    at, to = rng.randrange(len(fields)), rng.randrange(len(fields))
    match rng.randrange(7):
        case 0:
            fields[at] = rng.choice(pieces)
        case 1:
            fields.insert(to, fields[at])
        case 2:
            del fields[at]
        case 3:
            fields[at] = fields[at][: rng.randrange(len(fields[at]) + 1)]
        case 4:
            fields[at] = rng.choice((b"\0", b"\4", b"\x80")) + fields[at]
        case 5:
            whole = bytearray(strings(*fields))
            whole[rng.randrange(len(whole)) if rng.random() < 0.5 else 3] = rng.randrange(256)
            return bytes(whole)
        case _:
            fields[at] = splice(fields[at], rng, pieces)
    return strings(*fields)
