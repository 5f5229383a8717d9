"""Certificates and signatures of OpenPGP on which the parties differ, made piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.differential.damage import body_of
from tests.support import openpgp
from tests.support.openpgp import CREATED, Binding, Key, armor, packet, subpacket

DAY = 86_400
ALICE, BOB = openpgp.key("alice"), openpgp.key("bob")


def seconds(number: int) -> bytes:
    """Return a time as subpackets have it."""
    return number.to_bytes(4, "big")


def certificate(
    key: Key,
    *,
    flags: int = 3,
    own: tuple[bytes, ...] = (),
    direct: bytes = b"",
    subkeys: bytes = b"",
    user_id: bytes | None = None,
    **changes: object,
) -> bytes:
    """Return a certificate; `own` are more subpackets of the self-signature."""
    identity = key.user_id if user_id is None else user_id
    over = key._hashable() + b"\xb4" + len(identity).to_bytes(4, "big") + identity
    hashed = [subpacket(27, bytes([flags])), *own]
    made = key.signature(over, signature_type=0x13, hashed=hashed, **changes)
    return packet(6, key.body) + direct + packet(13, identity) + made + subkeys


def bound(key: Key, binding: Binding, *more: bytes) -> bytes:
    """Return a subkey's part of its primary key's certificate."""
    return packet(14, binding.subkey.body) + key.binding(binding) + b"".join(more)


def revocation(key: Key, subkey: Key | None = None) -> bytes:
    """Return a revocation of a key, or of its subkey, said to be compromised."""
    over = key._hashable() + (subkey._hashable() if subkey else b"")
    reason = [subpacket(29, b"\2")]
    return key.signature(over, signature_type=0x28 if subkey else 0x20, hashed=reason)


@dataclass(frozen=True)
class Case:
    """Keys, and a signature of a payload; `listed` is the key that an authorizations file names."""

    name: str
    keys: tuple[bytes, ...]
    sign: Callable[[bytes], bytes]
    listed: str


def by(key: Key, **faults: object) -> Callable[[bytes], bytes]:
    """Return what signs with these faults."""
    return lambda payload: key.sign(payload, **faults)


def text(payload: bytes) -> bytes:
    """Return a payload as a signature of a text has it: with carriage returns."""
    return payload.replace(b"\n", b"\r\n")


def _plain(name: str, sign: Callable[[bytes], bytes], key: Key = ALICE) -> Case:
    return Case(name, (ALICE.certificate(), BOB.certificate()), sign, key.fingerprint)


def _of_time() -> Iterator[Case]:
    for name, lifetime, at in (
        ("key expired since", DAY, CREATED + 10),
        ("key expired before", DAY, CREATED + 2 * DAY),
    ):
        key = openpgp.key(name)
        held = certificate(key, own=(subpacket(9, seconds(lifetime)),))
        yield Case(name, (held,), by(key, created=at), key.fingerprint)
    yield _plain("signature expired", by(ALICE, hashed=[subpacket(3, seconds(DAY))]))
    yield _plain("before the key was made", by(ALICE, created=CREATED - DAY))
    yield _plain("in the future", by(ALICE, created=4_000_000_000))


def _of_revocation() -> Iterator[Case]:
    key = openpgp.key("revoked")
    held = certificate(key, direct=revocation(key))
    yield Case("key revoked", (held,), by(key), key.fingerprint)
    key = openpgp.key("revoker")
    subkey = key.subkey()
    part = bound(key, Binding(subkey), revocation(key, subkey))
    held = certificate(key, subkeys=part)
    yield Case("subkey revoked", (held,), by(subkey), key.fingerprint)


def _of_bindings() -> Iterator[Case]:
    for name, changes in (
        ("subkey", {}),
        ("binding by SHA-1", {"digest": "SHA1"}),
        ("back-signature by SHA-1", {"back_digest": "SHA1"}),
        ("no back-signature", {"back": False}),
        ("subkey for encryption", {"flags": 12}),
        ("bad binding", {"good": False}),
    ):
        key = openpgp.key(f"with {name}")
        subkey = key.subkey()
        part = bound(key, Binding(subkey, **changes))  # type: ignore[arg-type]
        yield Case(name, (certificate(key, subkeys=part),), by(subkey), key.fingerprint)
    key = openpgp.key("stray")
    part = packet(14, key.subkey().body)
    held = certificate(key, subkeys=part)
    yield Case("subkey without binding", (held,), by(key.subkey()), key.subkey().fingerprint)


def _of_primaries() -> Iterator[Case]:
    key = openpgp.key("old-fashioned")
    held = key.certificate(digest="SHA1")
    yield Case("self-signature by SHA-1", (held,), by(key), key.fingerprint)
    key = openpgp.key("reader")
    yield Case("key for encryption", (certificate(key, flags=12),), by(key), key.fingerprint)
    key = openpgp.key("unsigned")
    held = packet(6, key.body) + packet(13, b"Nobody <nobody@example.org>")
    yield Case("user id without signature", (held,), by(key), key.fingerprint)
    key = openpgp.key("nameless")
    yield Case("no user id", (packet(6, key.body),), by(key), key.fingerprint)


def _of_blocks() -> Iterator[Case]:
    def both(payload: bytes, *keys: Key) -> bytes:
        return armor(b"".join(key.signature(payload) for key in keys))

    yield _plain("two signatures, alice's first", lambda payload: both(payload, ALICE, BOB))
    yield _plain("two signatures, bob's first", lambda payload: both(payload, BOB, ALICE))
    yield _plain(
        "a bad one behind it",
        lambda payload: armor(ALICE.signature(payload) + BOB.signature(payload, flip=True)),
    )
    yield _plain(
        "a stranger's behind it",
        lambda payload: armor(
            ALICE.signature(payload) + openpgp.key("stranger").signature(payload)
        ),
    )
    yield _plain("text before it", lambda payload: b"Hello\n" + ALICE.sign(payload))
    yield _plain("text behind it", lambda payload: ALICE.sign(payload) + b"Hello\n")
    yield _plain("another block behind it", lambda payload: ALICE.sign(payload) * 2)
    yield _plain("no checksum", by(ALICE, checksum=False))
    yield _plain("wrong checksum", by(ALICE, checksum=0x123456))
    yield _plain("marker packet before it", _after(packet(10, b"PGP")))
    yield _plain("unknown packet behind it", by(ALICE, trailing=packet(60, b"?")))


def _after(before: bytes) -> Callable[[bytes], bytes]:
    return lambda payload: armor(before + ALICE.signature(payload))


def _of_signatures() -> Iterator[Case]:
    for digest in ("MD5", "SHA1", "RIPEMD160", "SHA3-256"):
        yield _plain(f"made over {digest}", by(ALICE, digest=digest))
    yield _plain("text", lambda payload: ALICE.sign(text(payload), signature_type=1))
    yield _plain("standalone", lambda payload: ALICE.sign(b"", signature_type=2))
    yield _plain("version 3", by(ALICE, version=3))
    yield _plain("unknown critical", by(ALICE, hashed=[subpacket(99, b"?", critical=True)]))
    yield _plain("unknown", by(ALICE, hashed=[subpacket(99, b"?")]))
    notation = b"\x80\0\0\0\0\x10\0\1name@example.orgv"
    yield _plain("critical notation", by(ALICE, hashed=[subpacket(20, notation, critical=True)]))
    yield _plain("notation", by(ALICE, hashed=[subpacket(20, notation)]))
    signer = subpacket(28, b"alice@example.org", critical=True)
    yield _plain("critical signer's user id", by(ALICE, hashed=[signer]))
    yield _plain("critical signer's user id, bad", by(ALICE, hashed=[signer], over=b"other"))
    yield _plain("critical, beside", by(ALICE, unhashed=[subpacket(99, b"?", critical=True)]))


def _of_issuers() -> Iterator[Case]:
    other = subpacket(16, BOB.key_id)
    yield _plain("only a key id", by(ALICE, issuer_fingerprint=False))
    yield _plain("no issuer", by(ALICE, issuer_fingerprint=False, issuer_key_id=False))
    yield _plain("only a fingerprint", by(ALICE, issuer_key_id=False))
    yield _plain("unhashed id of another", by(ALICE, issuer_key_id=False, unhashed=[other]))
    yield _plain(
        "unhashed id of another, alone",
        by(ALICE, issuer_fingerprint=False, issuer_key_id=False, unhashed=[other]),
    )


def _of_numbers() -> Iterator[Case]:
    def loosely(payload: bytes) -> bytes:
        for later in range(64):
            body = body_of(ALICE.sign(payload, created=CREATED + later))
            if len(body) - 2 >= body.rindex(ALICE.key_id) and _loose(body[-68:]) != body[-68:]:
                return armor(packet(2, body[:-68] + _loose(body[-68:])))
        raise AssertionError("no integer with a zero in front")

    yield _plain("loose bit counts", loosely)
    for name, algorithm, curve, digest in (
        ("P-521 with SHA-256", "ecdsa", "secp521r1", "SHA256"),
        ("P-384 with SHA-256", "ecdsa", "secp384r1", "SHA256"),
        ("Ed25519, newer form", "ed25519", "", "SHA256"),
        ("Ed448", "ed448", "", "SHA512"),
    ):
        key = openpgp.key(name, algorithm, curve)  # type: ignore[arg-type]
        held = key.certificate(digest="SHA512")
        yield Case(name, (held,), by(key, digest=digest), key.fingerprint)


def _loose(numbers: bytes) -> bytes:
    """Return two integers whose bit counts are rounded up to whole octets."""
    found = b""
    while numbers:
        size = (int.from_bytes(numbers[:2], "big") + 7) // 8
        found += (8 * size).to_bytes(2, "big") + numbers[2 : 2 + size]
        numbers = numbers[2 + size :]
    return found


def cases() -> dict[str, Case]:
    """Return all of them, by name."""
    groups = (
        _of_time,
        _of_revocation,
        _of_bindings,
        _of_primaries,
        _of_blocks,
        _of_signatures,
        _of_issuers,
        _of_numbers,
    )
    found = [case for group in groups for case in group()]
    assert len({case.name for case in found}) == len(found)
    return {case.name: case for case in found}
