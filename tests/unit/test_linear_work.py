"""No reader does more than linear work, whatever is long in its input.

Work is counted as instructions. What the count leaves out is measured, on inputs of 400 kilobytes,
with so much time that only what is not linear takes longer.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial

import pytest

from nixauth.authorizations import read_all_problems, sniff
from nixauth.authorizations.ssh_keys import read_ssh_key
from nixauth.display import commit_text
from nixauth.lint import lint
from nixauth.model import FileFormat
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.commit_object import outline, read_commit, tree_of
from nixauth.signatures.openpgp import transfer
from nixauth.signatures.reader import read_signature
from tests.fuzz import openpgp_parts as parts
from tests.fuzz import ssh_parts
from tests.fuzz.harness import Allowance
from tests.support import openpgp as support
from tests.support.work import instructions
from tests.unit.signatures.openpgp import maker

Shape = Callable[[int], bytes]


# --- What is asked of each kind of input ---


def commit(data: bytes) -> None:
    outline(data)
    tree_of(data)
    read_commit(data)
    commit_text(data)


def signature(data: bytes) -> None:
    found = read_signature(data)
    if isinstance(found, openpgp.Signature):
        found.describe()
        found.digest(b"")
        openpgp.verify(found, PUBLIC, b"")
        certificates = openpgp.Certificates()
        for issuer in found.issuers:
            certificates.find(issuer)
    if isinstance(found, ssh.Signature):
        found.describe()
        ssh.verify(found, found.digest(b""))


def keyring(data: bytes) -> None:
    certificates = openpgp.Certificates()
    certificates.add(data)
    for key in certificates:
        certificates.find(openpgp.Issuer(None, key.key_id))
        certificates.facts(key.fingerprint)
        certificates.claimed_primaries(key.fingerprint)
        certificates.export(key.fingerprint)


def whole_certificates(data: bytes) -> None:
    found = transfer.read(data)
    for certificate in found.certificates:
        transfer.merged(certificate, certificate).to_bytes()
    if found.certificates and not found.problems:
        transfer.put(data, found.certificates[-1])


def authorizations(data: bytes) -> None:
    sniff(data)
    for kind in FileFormat:
        read_all_problems(kind, data)
        lint(kind, data, lambda _: False)


def key_line(data: bytes) -> None:
    read_ssh_key(data.decode())


# --- Commit objects ---

ID = b"0" * 40
HEAD = b"tree " + ID + b"\n"
PEOPLE = b"author a <b> 1 +0000\ncommitter a <b> 1 +0000\n"
SIGNED = b"gpgsig a\n b\n"
END = b"\nmessage\n"

COMMITS: dict[str, Shape] = {
    "parents": lambda n: HEAD + (b"parent " + ID + b"\n") * n + PEOPLE + SIGNED + END,
    "parents alone": lambda n: (b"parent " + ID + b"\n") * n,
    "headers": lambda n: HEAD + PEOPLE + b"x y\n" * n + SIGNED + END,
    "empty headers": lambda n: HEAD + PEOPLE + SIGNED + b"x\n" * n + END,
    "lines of a signature": lambda n: HEAD + PEOPLE + b"gpgsig a\n" + b" b\n" * n + END,
    "lines of another header": lambda n: HEAD + PEOPLE + b"x a\n" + b" b\n" * n + SIGNED + END,
    "signatures": lambda n: HEAD + PEOPLE + b"gpgsig a\n" * n + END,
    "signatures of the other kind": lambda n: HEAD + PEOPLE + b"gpgsig-sha256 a\n" * n + SIGNED,
    "spaces": lambda n: HEAD + PEOPLE + SIGNED + b" " * n + END,
    "lines of spaces": lambda n: HEAD + PEOPLE + SIGNED + b" \n" * n,
    "authors": lambda n: HEAD + b"author a\n" * n + PEOPLE + SIGNED + END,
    "dates": lambda n: HEAD + b"author a\ncommitter a" + b" 1 +1" * n + b"\n" + SIGNED + END,
    "one date": lambda n: HEAD + b"author a\ncommitter a 1 +" + b"1" * n + b"x\n" + SIGNED + END,
    "brackets": lambda n: HEAD + b"author " + b"<" * n + b"\ncommitter " + b" <>" * n + b"\n",
    "empty lines": lambda n: HEAD + PEOPLE + SIGNED + b"\n" * n,
    "NUL": lambda n: HEAD + PEOPLE + b"\0" * n + SIGNED + END,
}

# --- OpenPGP ---

ALICE, SUBKEY = parts.ALICE, parts.SIGNING
PUBLIC = openpgp.PublicKey(ALICE.body)
NAME = b"Alice"


def numbered(n: int, size: int = 8) -> list[bytes]:
    return [number.to_bytes(size, "big") for number in range(n)]


def many(kind: int, contents: list[bytes]) -> bytes:
    return b"".join(maker.subpacket(kind, content) for content in contents)


def version_6(hashed: bytes = b"", unhashed: bytes = b"") -> bytes:
    """A signature whose areas may be as long as one likes."""
    key = parts.key("alice", "ed25519", 6)
    areas = {"hashed": maker.created() + hashed, "unhashed": unhashed}
    return support.armor(maker.packet(2, maker.sign(key, b"", numbers=bytes(64), **areas)))


def all_ones(bits: int) -> bytes:
    return maker.mpi((1 << bits) - 1)


BEGIN = b"-----BEGIN PGP SIGNATURE-----\n"
ARMORED: dict[str, Shape] = {
    "subpackets": lambda n: version_6(maker.subpacket(99, b"") * n),
    "subpackets that are not hashed": lambda n: version_6(unhashed=maker.subpacket(99, b"") * n),
    "key ids": lambda n: version_6(many(16, numbered(n))),
    "fingerprints": lambda n: version_6(many(33, [b"\6" + one for one in numbered(n, 32)])),
    "key ids and fingerprints": lambda n: version_6(
        many(16, numbered(n)),
        many(33, [b"\6" + one + bytes(24) for one in numbered(n)]),
    ),
    "notations": lambda n: version_6(many(20, [b"\x80\0\0\0\0\1\0\1nv"] * n)),
    "one user id": lambda n: version_6(maker.subpacket(28, b"\xff" * n)),
    "one integer": lambda n: support.armor(
        maker.packet(
            2, maker.sign(parts.KEPT[1], b"", numbers=maker.mpi((1 << min(4 * n, 65528)) - 1))
        )
    ),
    "packets": lambda n: support.armor(maker.packet(13, b"") * n),
    "armor headers": lambda n: BEGIN + b"A: b\n" * n,
    "empty lines": lambda n: BEGIN + b"\n" * n,
    "blanks": lambda n: BEGIN[:-1] + b" \n" * n + b"x",
    "ends": lambda n: BEGIN + b"\n" + b"-----END PGP SIGNATURE-----\n" * n,
    "base64": lambda n: support.armor(bytes(50 * n)),
    "a kind of block": lambda n: b"-----BEGIN " + b"X" * n,
}


def forged(n: int, type: int, body: bytes = b"") -> bytes:  # noqa: A002 - the field's name
    """Many signatures that say they are Alice's."""
    made = body or maker.sign(
        ALICE, b"", type=type, hashed=maker.created() + ALICE.issuer() + maker.flags(2)
    )
    return b"".join(maker.packet(2, made[:-2] + one) for one in numbered(n, 2))


def subkeys(n: int) -> bytes:
    return b"".join(maker.packet(14, SUBKEY.body[:-4] + one) for one in numbered(n, 4))


def primaries(n: int, after: bytes = b"") -> bytes:
    return b"".join(maker.packet(6, ALICE.body[:-4] + one) + after for one in numbered(n, 4))


def back_signatures(n: int) -> bytes:
    back = maker.sign(SUBKEY, b"", type=0x19)
    area = b"".join(maker.subpacket(32, back[:-2] + one) for one in numbered(n, 2))
    bound = maker.binding(ALICE, SUBKEY, back=area[:65000])
    return PRIMARY + maker.packet(14, SUBKEY.body) + maker.packet(2, bound)


PRIMARY = maker.packet(6, ALICE.body)
OWN = maker.packet(13, NAME) + maker.packet(2, maker.certify(ALICE, NAME))
CERTIFICATIONS = OWN + maker.packet(2, maker.certify(ALICE, NAME, by=parts.KEPT[1]))

KEYRINGS: dict[str, Shape] = {
    "keys": primaries,
    "keys with the same subkey": lambda n: primaries(n, maker.packet(14, SUBKEY.body)),
    "user ids": lambda n: PRIMARY + b"".join(maker.packet(13, one) for one in numbered(n)),
    "subkeys": lambda n: PRIMARY + subkeys(n),
    "subkeys and user ids": lambda n: (
        PRIMARY + b"".join(maker.packet(13, one) for one in numbered(n)) + subkeys(n)
    ),
    "subkeys and certifications": lambda n: PRIMARY + OWN + forged(n, 0x13) + subkeys(n),
    "subkeys and direct signatures": lambda n: PRIMARY + forged(n, 0x20) + subkeys(n),
    "certifications": lambda n: PRIMARY + OWN + forged(n, 0x13),
    "certifications of others": lambda n: PRIMARY + CERTIFICATIONS + forged(n, 0x10, b"x" * 80),
    "bindings": lambda n: PRIMARY + maker.packet(14, SUBKEY.body) + forged(n, 0x18),
    "back-signatures": back_signatures,
    "copies": lambda n: (PRIMARY + OWN) * n,
    "damage": lambda n: PRIMARY + maker.packet(6, b"\5") * n,
    "other packets": lambda n: PRIMARY + maker.packet(60, b"") * n,
    "armored blocks": lambda n: support.armor(PRIMARY, "PGP PUBLIC KEY BLOCK") * n,
    "begins": lambda n: b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" * n,
    "text": lambda n: b"text\n" * n + support.armor(PRIMARY, "PGP PUBLIC KEY BLOCK"),
    "headers": lambda n: b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + b"A: b\n" * n,
}

# --- SSH ---


def sshsig(**fields: bytes) -> bytes:
    outer = ssh_parts.new(ssh_parts.KEPT[0])
    for name, value in fields.items():
        setattr(outer, name, value)
    return ssh_parts.armor(outer.framed())


def inner_of(kind: bytes, numbers: bytes) -> bytes:
    return ssh_parts.strings(kind, numbers)


RSA, P256 = ssh_parts.KEPT[4], ssh_parts.KEPT[1]
SSH_BEGIN = b"-----BEGIN SSH SIGNATURE-----\n"
SSH: dict[str, Shape] = {
    "namespace": lambda n: sshsig(namespace=b"\xff" * n),
    "digest": lambda n: sshsig(hash_name=b"x" * n),
    "key type": lambda n: sshsig(blob=ssh_parts.strings(b"\xff" * n)),
    "modulus": lambda n: sshsig(blob=ssh_parts.strings(b"ssh-rsa", b"\3", b"\1" * n)),
    "exponent": lambda n: sshsig(blob=ssh_parts.strings(b"ssh-rsa", b"\1" * n, b"\1" * 256)),
    "application": lambda n: sshsig(
        blob=ssh_parts.strings(ssh_parts.SK_ED25519, bytes(32), b"x" * n)
    ),
    "RSA's number": lambda n: sshsig(blob=RSA.blob, inner=inner_of(b"rsa-sha2-256", b"\1" * n)),
    "ECDSA's numbers": lambda n: sshsig(
        blob=P256.blob, inner=inner_of(P256.kind, ssh_parts.strings(b"\1" * n, b"\1" * n))
    ),
    "zeros": lambda n: sshsig(inner=bytes(n)),
    "lines": lambda n: SSH_BEGIN + b"AAAA\n" * n + b"-----END SSH SIGNATURE-----",
    "empty lines": lambda n: sshsig() + b"\n" * n,
    "blanks": lambda n: SSH_BEGIN + b" \t\r" * n + b"\n",
}


def line(*fields: bytes) -> bytes:
    return fields[0] + b" " + base64.b64encode(ssh_parts.strings(*fields))


LINES: dict[str, Shape] = {
    "words": lambda n: b"x " * n,
    "blanks": lambda n: b"ssh-ed25519" + b" " * n,
    "comment": lambda n: line(b"ssh-ed25519", bytes(32)) + b" x" * n,
    "base64": lambda n: b"ssh-rsa " + b"AAAA" * n,
    "padding": lambda n: b"ssh-rsa " + b"=" * n,
    "modulus": lambda n: line(b"ssh-rsa", b"\3", b"\1" * n),
    "application": lambda n: line(b"sk-ssh-ed25519@openssh.com", bytes(32), b"x" * n),
}

# --- Authorizations files ---


def fingerprints(n: int) -> list[str]:
    return [f"{number:040X}" for number in range(n)]


def native(lines: list[str]) -> bytes:
    return ("version: 1\npeople:\n" + "".join(f"{line}\n" for line in lines)).encode()


def keys(entries: list[str]) -> bytes:
    return native(["  a:", "    keys:", *(f"    - {entry}" for entry in entries)])


def guix(entries: str) -> bytes:
    return f"(authorizations (version 0) ({entries}))".encode()


ED25519 = line(b"ssh-ed25519", bytes(32)).decode()
FILES: dict[str, Shape] = {
    "keys": lambda n: keys(fingerprints(n)),
    "SSH keys": lambda n: keys([line(b"ssh-ed25519", one).decode() for one in numbered(n, 32)]),
    "the same key": lambda n: keys([fingerprints(1)[0]] * n),
    "people": lambda n: native(
        [f"  p{at}: {{keys: [{key}]}}" for at, key in enumerate(fingerprints(n))]
    ),
    "the same person": lambda n: native(["  a: {keys: []}"] * n),
    "unknown fields": lambda n: native([f"  a{at}: {{x: [{'y, ' * 20}]}}" for at in range(n)]),
    "a name": lambda n: native([f"  {'x' * n}: {{}}"]),
    "a comment": lambda n: native(["# x"] * n),
    "a comment to a key": lambda n: keys([f"{ED25519} {'x ' * n}"]),
    "a scalar in lines": lambda n: native(["  a: >-", *["    x"] * n]),
    "brackets": lambda n: b"[" * n,
    "entries": lambda n: guix(" ".join(f'("{key}" (name "x"))' for key in fingerprints(n))),
    "the same entry": lambda n: guix(f'("{fingerprints(1)[0]}" (name "\\a"))' * n),
    "names of an entry": lambda n: guix(f'("{fingerprints(1)[0]}" {"(name x)" * n})'),
    "what is no entry": lambda n: guix("x " * n),
    "lists": lambda n: b"(" * n,
    "lists in a comment": lambda n: b"#|" * n + b"|#" * n + guix(""),
    "comments": lambda n: b";\n" * n + guix(""),
    "data that are dropped": lambda n: b"#;" * n + b"() " * n + guix(""),
    "escapes": lambda n: guix('("' + r"\\\x41" * n + '" (name "x"))'),
    "lines with hidden characters": lambda n: b"; \xe2\x80\xae\n" * n + guix(""),
}

ALL: list[tuple[Callable[[bytes], None], str, Shape]] = [
    (read, name, shape)
    for read, shapes in (
        (commit, COMMITS),
        (signature, ARMORED),
        (keyring, KEYRINGS),
        (whole_certificates, KEYRINGS),
        (signature, SSH),
        (key_line, LINES),
        (authorizations, FILES),
    )
    for name, shape in shapes.items()
]
each = pytest.mark.parametrize(
    ("read", "shape"),
    [(read, shape) for read, _, shape in ALL],
    ids=[f"{read.__name__}: {name}" for read, name, _ in ALL],
)


@each
def test_twice_the_input_is_twice_the_work(read: Callable[[bytes], None], shape: Shape) -> None:
    """The second half of a long input costs what the first does, or a third more."""
    read(shape(10))
    inputs = [shape(n) for n in (40, 80, 160)]
    once, twice, four = (instructions(partial(read, data)) for data in inputs)
    assert four - twice <= 2.7 * max(twice - once, 0) + 500


@each
def test_a_long_input(read: Callable[[bytes], None], shape: Shape) -> None:
    per_piece = max(1, (len(shape(300)) - len(shape(100))) // 200)
    data = shape(400_000 // per_piece)
    Allowance(each=0.02).watch(read, data)


def test_the_count_tells_quadratic_work() -> None:
    """As it would be if a keyring were read anew for each of its keys."""

    def quadratic(n: int) -> None:
        for _ in range(n):
            transfer.read(primaries(n))

    once, twice, four = (instructions(partial(quadratic, n)) for n in (5, 10, 20))
    assert four - twice > 2.7 * (twice - once) + 500
