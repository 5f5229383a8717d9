"""SSH signatures that are good, one of every kind of key."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.vectors import sshsig
from tests.support.vectors.made import ALICE, GOOD, Vector, payload, vector
from tests.support.vectors.sshsig import Key, Parts


def vectors() -> Iterator[Vector]:
    kinds: tuple[tuple[str, Key, str], ...] = (
        ("ed25519", sshsig.ed25519("alice"), "Ed25519"),
        ("ecdsa-256", sshsig.ecdsa("alice", "nistp256"), "ECDSA over P-256"),
        (
            "ecdsa-384",
            sshsig.ecdsa("alice", "nistp384"),
            "ECDSA over P-384, whose own digest is SHA-384 whatever the message's is",
        ),
        (
            "ecdsa-521",
            sshsig.ecdsa("alice", "nistp521"),
            "ECDSA over P-521, whose numbers are no whole octets",
        ),
        ("rsa-sha2-256", sshsig.rsa("alice", "rsa-sha2-256"), "RSA with SHA-256"),
        ("rsa-sha2-512", sshsig.rsa("alice", "rsa-sha2-512"), "RSA with SHA-512"),
        (
            "sk-ed25519",
            sshsig.sk_ed25519("alice"),
            "Ed25519 on a device, which signs a digest with its own flags and counter",
        ),
        (
            "sk-ecdsa",
            sshsig.sk_ecdsa("alice"),
            "ECDSA on a device, which signs a digest with its own flags and counter",
        ),
    )
    for name, key, what in kinds:
        yield _good(name, key, f"the key type {key.type}", f"An SSH signature by {what}.")
    ed25519 = sshsig.ed25519("alice")
    yield _good(
        "sha256",
        ed25519,
        "the digest that is named",
        "The message's digest is SHA-256; ssh-keygen takes SHA-512 unless told otherwise.",
        Parts(hash_name="sha256"),
    )
    yield _good(
        "rsa-sha2-512-over-sha256",
        sshsig.rsa("alice"),
        "two digests, of the message and of the signature",
        "The message's digest is SHA-256 and RSA's own is SHA-512: the two are not the same.",
        Parts(hash_name="sha256"),
    )
    yield _good(
        "sk-verified-user",
        sshsig.sk_ed25519("alice"),
        "flags beside the user's presence",
        "The device also says that it verified who touched it, a second flag.",
        Parts(flags=5),
    )
    yield vector(
        "ssh-good-not-utf-8",
        GOOD,
        "ssh.py: nothing is decoded",
        "The message is Latin-1: who decodes it spoils the payload.",
        over=payload(b"Gr\xfc\xdfe\n"),
        sign=lambda content: sshsig.sign(ed25519, content),
        keyring=[],
        listed=[ed25519.line],
        signer=ed25519.fingerprint,
    )
    for name, old, new, description in (
        ("crlf", b"\n", b"\r\n", "The SSH armor's lines end with CR LF."),
        ("one-line", b"\n", b"", "The SSH armor's base64 stands in one long line."),
    ):
        yield vector(
            f"ssh-good-armor-{name}",
            GOOD,
            "wire.py: read_armor is no stricter than this",
            description,
            sign=lambda content, old=old, new=new: _rewritten(content, old, new),
            keyring=[],
            listed=[ed25519.line],
            signer=ed25519.fingerprint,
        )
    other = sshsig.ecdsa("alice", "nistp384")
    yield vector(
        "ssh-good-among-others",
        GOOD,
        "the list is asked for the very key",
        "The key is listed with a comment, between other keys, an OpenPGP fingerprint among them.",
        sign=lambda content: sshsig.sign(ed25519, content),
        listed=[ALICE.fingerprint, f"{ed25519.line} alice@example.org", other.line],
        signer=ed25519.fingerprint,
    )


def _rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a signature with other line ends; the first and the last line stay lines."""
    lines = sshsig.sign(sshsig.ed25519("alice"), content).splitlines(keepends=True)
    inner = b"".join(lines[1:-1]).replace(old, new)
    ends = (lines[0], lines[-1]) if not new else (lines[0].replace(old, new), lines[-1])
    return ends[0] + inner + (b"" if inner.endswith(b"\n") else b"\n") + ends[1]


def _good(name: str, key: Key, guards: str, description: str, parts: Parts = Parts()) -> Vector:  # noqa: B008
    return vector(
        f"ssh-good-{name}",
        GOOD,
        f"ssh.py: {guards}",
        description,
        sign=lambda content: sshsig.sign(key, content, parts),
        keyring=[],
        listed=[key.line],
        signer=key.fingerprint,
    )
