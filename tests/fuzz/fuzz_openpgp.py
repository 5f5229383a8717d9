"""Fuzz the reader of OpenPGP signatures and certificates.

The first octet of an input says what the rest is: `A` an armored signature; `P` packets, which are
armored here with the right checksum; `K` a keyring file; `B` packets of a keyring, armored here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from nixauth.model import (
    Fingerprint,
    MalformedSignature,
    MultipleSignatures,
    UnsupportedSignature,
    UnusableKey,
    WeakDigest,
)
from nixauth.signatures.openpgp import (
    Certificates,
    Facts,
    Issuer,
    PublicKey,
    Signature,
    algorithms,
    key_fault,
    read_signature,
    transfer,
    verify,
)
from nixauth.signatures.openpgp.check import usability_fault
from tests.fuzz import openpgp_parts as parts
from tests.fuzz import real, vectors
from tests.fuzz.harness import splice, stretch
from tests.fuzz.texts import check_ascii, check_shown
from tests.support import openpgp as support
from tests.unit.signatures.openpgp import maker

FAULTS = (MultipleSignatures, MalformedSignature, UnsupportedSignature)
ONE_IN = 8
DICTIONARY = (
    b"-----BEGIN PGP SIGNATURE-----\n",
    b"-----END PGP SIGNATURE-----\n",
    b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
    b"-----END PGP PUBLIC KEY BLOCK-----\n",
    b"Version: GnuPG v2\n",
    b"\n\n",
    b"\r\n",
    b"\n=",
    b"=\n",
    b"\xef\xbb\xbf",
    b"\x04\x00\x16\x08",
    b"\x06\x00\x1b\x08",
    b"\x05\x02",
    b"\x09\x10",
    b"\x16\x21\x04",
    b"\x22\x21\x06",
    b"\x02\x1b\x02",
    b"\xff\xff\xff\xff",
    b"\x88",
    b"\xc2",
    b"\xc6",
    b"\xcd",
    b"\xce",
    bytes.fromhex("092b06010401da470f01"),
    bytes.fromhex("082a8648ce3d030107"),
    *(key.issuer() for key in parts.KEPT),
    *(key.issuer_id() for key in parts.KEPT),
)
_HEX = re.compile("[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64}")


# --- Seeds ---


def document_seeds() -> Iterator[bytes]:
    """Signature packets of every algorithm and digest, and of some faults."""
    for key in [*parts.KEPT, *parts.MALLORY]:
        body = maker.sign(key, parts.PAYLOAD, unhashed=key.issuer_id())
        yield maker.packet(2, body)
        yield maker.old_packet(2, maker.sign(key, parts.PAYLOAD, digest=10))
    by = parts.ALICE
    for digest in (1, 2, 3, 9, 11, 12, 14):
        yield maker.old_packet(2, maker.sign(by, parts.PAYLOAD, digest=digest))
    extra = maker.subpacket(20, b"\x80\0\0\0\0\1\0\1nv") + maker.subpacket(28, b"A <a@b>")
    extra += maker.subpacket(3, bytes(4)) + maker.subpacket(99, b"x" * 200)
    hashed = maker.created() + by.issuer() + extra
    yield maker.packet(2, maker.sign(by, parts.PAYLOAD, hashed=hashed, unhashed=extra))
    hashed = maker.created() + maker.subpacket(99, b"", critical=True)
    yield maker.packet(2, maker.sign(by, parts.PAYLOAD, hashed=hashed))
    yield maker.packet(2, maker.sign(by, parts.PAYLOAD, type=1)) * 2


def keyring_seeds() -> Iterator[bytes]:
    """Binary certificates."""
    yield parts.certificate()
    yield parts.certificate_with_faults()
    yield parts.mallorys_certificate()
    yield b"".join(maker.packet(6, key.body) for key in parts.KEPT)
    primary = parts.key("alice", "ed25519", 6)
    subkey = parts.key("alice", "ed448", 6)
    yield maker.certificate(primary, (subkey, maker.binding(primary, subkey)))
    by, name = parts.MALLORY[0], b"Mallory"
    expiring = maker.subpacket(9, b"\0\1\0\0") + maker.subpacket(25, b"\1")
    yield (
        maker.packet(6, by.body)
        + maker.packet(2, maker.sign(by, by.hashed_form, type=0x20))
        + maker.packet(2, maker.sign(by, by.hashed_form, type=0x1F))
        + maker.packet(13, name)
        + maker.packet(2, maker.certify(by, name, hashed=maker.created() + by.issuer() + expiring))
        + maker.packet(2, maker.certify(by, name, type=0x30))
        + maker.packet(17, b"picture")
        + maker.packet(2, maker.certify(by, name))
        + maker.packet(5, by.body)
        + maker.packet(7, by.body)
    )


def seeds() -> Iterator[bytes]:
    """Signatures and certificates, armored and not, and some of real histories."""
    for packets in document_seeds():
        yield b"P" + packets
        yield b"A" + support.armor(packets)
    yield b"A" + support.armor(next(document_seeds()), headers=["Version: x"], checksum=False)
    for packets in keyring_seeds():
        yield b"K" + packets
        yield b"K" + support.armor(packets, "PGP PUBLIC KEY BLOCK")
        yield b"B" + packets
    for value in vectors.signatures(b"-----BEGIN PGP "):
        yield b"A" + value
    for keys in sorted(vectors.keys()):
        yield b"K" + keys
    for commit in real.objects(real.COMMIT):
        for value in vectors.signatures_in(commit):
            yield b"A" + value
    for content in real.objects(real.BLOB):
        if b"-----BEGIN PGP PUBLIC KEY" in content or content[:1] in {b"\x99", b"\x98", b"\xc6"}:
            yield b"K" + content
    service = real.keyring()
    if service is not None:
        yield b"K" + service


# --- Checks ---

KEPT = [PublicKey(key.body) for key in parts.KEPT]
KEYS = [*KEPT, *(PublicKey(key.body) for key in parts.MALLORY)]
CERTIFICATE = parts.certificate()


def _keyring(*files: bytes) -> Certificates:
    certificates = Certificates()
    for data in files:
        certificates.add(data)
    return certificates


KEYRING = _keyring(CERTIFICATE, *(maker.packet(6, key.body) for key in parts.KEPT))
ALICE = KEPT[0].fingerprint
BOUND = {Fingerprint(parts.SIGNING.fingerprint)}


def _signed(packets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What the kept keys did sign: the hashed part of a signature, and its salt."""
    for packet in parts.split_packets(packets):
        body = parts.split_body(packet.body)
        assert body is not None
        yield parts.hashed_part(packet.body), body.salt


SIGNED = {each for packets in document_seeds() for each in _signed(packets)}


def check(data: bytes) -> None:
    """Hand an input to the reader it is meant for."""
    value = _value(data)
    if data[:1] in {b"A", b"P"}:
        check_signature(value)
    else:
        check_keyring(value)
        check_transfer(value)


def compare(data: bytes) -> None:
    """What is in a file makes no difference to Alice's certificate, nor does the order."""
    if data[:1] in {b"A", b"P"}:
        return
    value = _value(data)
    before, after = _keyring(CERTIFICATE, value), _keyring(value, CERTIFICATE, value)
    answers = _answers(before)
    assert _answers(after) == answers
    assert {name for name, told in answers.items() if ALICE in told[0]} == BOUND
    facts = before.facts(ALICE)
    assert facts is not None
    assert (facts.user_id, facts.expires, facts.revoked) == (b"A <a@b>", None, False)


def _value(data: bytes) -> bytes:
    """Give what is read."""
    kind, rest = data[:1], data[1:]
    if kind == b"P":
        return support.armor(rest)
    return support.armor(rest, "PGP PUBLIC KEY BLOCK") if kind == b"B" else rest


def check_signature(value: bytes) -> None:
    """Read a signature and ask everything of it."""
    found = read_signature(value)
    if type(found) is not Signature:
        assert type(found) in FAULTS, type(found)
        for name in found.__slots__:  # type: ignore[attr-defined]
            check_ascii(getattr(found, name))
        return
    assert found.unsupported == ""
    assert found.type == 0
    for name, value_ in found.describe():
        check_ascii(name)
        check_ascii(value_)
    assert found.weak is None or type(found.weak) is WeakDigest
    digest = found.digest(parts.PAYLOAD)
    assert len(digest) == algorithms.DIGESTS[found.digest_algorithm].size
    assert 0 <= found.created < 1 << 32
    assert len(found.left16) == 2
    _check_issuers(found)
    _check_verification(found, digest)
    again = read_signature(support.armor(maker.packet(2, found.body)))
    assert type(again) is Signature
    assert (again.body, again.issuers, again.numbers) == (found.body, found.issuers, found.numbers)


def _check_issuers(found: Signature) -> None:
    assert len(set(found.issuers)) == len(found.issuers)
    for issuer in found.issuers:
        assert len(issuer.key_id) == 8
        assert _HEX.fullmatch(issuer.text)
        for key in KEYRING.find(issuer):
            assert key.key_id == issuer.key_id
            assert issuer.fingerprint in {None, key.fingerprint}
    held: dict[int, list[bytes]] = {}
    for area, octet, content in found.areas():
        assert area in {"hashed", "unhashed"}
        held.setdefault(octet & 0x7F, []).append(content)
    for kind, contents in held.items():
        assert found.anywhere(kind) == contents


def _check_verification(found: Signature, digest: bytes) -> None:
    for key in KEYS:
        fault = key_fault(found, key)
        good = verify(found, key, digest)
        assert type(good) is bool
        if fault is not None:
            assert not good
            assert type(fault) in {UnusableKey, UnsupportedSignature}
            check_ascii(fault.detail if isinstance(fault, UnusableKey) else fault.found)
        elif good and key in KEPT:
            (body,) = [parts.split_body(found.body)]
            assert body is not None
            assert (found.body[: len(body.head)], found.salt) in SIGNED


def check_keyring(data: bytes) -> None:
    """Read a file of certificates and ask everything of it."""
    certificates = Certificates()
    problems = certificates.add(data)
    assert type(problems) is list
    for problem in problems:
        check_ascii(problem)
    assert problems or len(certificates)
    answers = _answers(certificates)
    for primary in (name for name in answers if name in certificates.carriers(name)):
        exported, left_out = certificates.export(primary)
        if not exported:
            assert left_out
            continue
        alone = _keyring(exported)
        assert alone.export(primary) == (exported, [])
        if left_out:
            continue
        assert alone.facts(primary) == certificates.facts(primary)
        for subkey in certificates.subkeys(primary):
            assert (primary in answers[subkey][0]) is (primary in alone.bound_primaries(subkey))


def check_transfer(data: bytes) -> None:
    """Take certificates from a file whole, write them, and put them back."""
    found = transfer.read(data)
    for text in (*found.problems, *found.left_out):
        check_ascii(text)
    for certificate in found.certificates:
        check_shown(certificate.user_id)
        whole = certificate.to_bytes()
        for data_again in (whole, transfer.armored_keys(whole)):
            (again,) = transfer.read(data_again).certificates
            assert again.components == certificate.components
        twice = transfer.merged(certificate, again)
        assert set(twice.atoms()) == set(certificate.atoms())
        assert transfer.merged(twice, certificate) == twice
    if found.certificates and not found.problems:
        last = found.certificates[-1]
        assert _held(transfer.read(transfer.put(data, last))) == _held(found)


def _held(found: transfer.Transfer) -> list[object]:
    return [certificate.components for certificate in found.certificates]


_Told = tuple[frozenset[Fingerprint], frozenset[Fingerprint], Facts]


def _answers(certificates: Certificates) -> dict[Fingerprint, _Told]:
    told: dict[Fingerprint, _Told] = {}
    for key in certificates:
        name = key.fingerprint
        assert _HEX.fullmatch(name)
        assert certificates.get(name) is key
        assert certificates.find(Issuer(name, key.key_id)) == (key,)
        assert key in certificates.find(Issuer(None, key.key_id))
        check_ascii(key.damage)
        check_ascii(usability_fault(key))
        assert set(certificates.carriers(name)) >= certificates.bound_primaries(name)
        check_ascii(key.algorithm_name)
        bound, claimed = certificates.bound_primaries(name), certificates.claimed_primaries(name)
        assert not bound & claimed
        for primary in bound | claimed:
            assert certificates.get(primary) is not None
            problem = certificates.binding_problem(name, primary)
            check_ascii(problem)
            assert (problem == "") is (primary in bound)
        facts = certificates.facts(name)
        assert type(facts) is Facts
        assert certificates.get(facts.primary) is not None
        assert facts.created == key.created
        assert facts.expires is None or facts.expires > key.created
        assert facts.user_id is None or type(facts.user_id) is bytes
        check_shown(facts.user_id or b"")
        told[name] = (bound, claimed, facts)
    assert len(told) == len(certificates)
    return told


# --- Mutations ---


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Change packets, their fields, and now and then sign anew; or do something less kind."""
    kind, rest = data[:1], data[1:]
    what = rng.randrange(10)
    if what == 0:
        return kind + stretch(rest, rng)
    if what == 1:
        return kind + splice(rest, rng, DICTIONARY)
    if what == 2:
        return rng.choice((b"A", b"P", b"K", b"B")) + rest
    if kind == b"A" or (kind == b"K" and rest.startswith(b"-----")):
        lines = rest.split(b"\n")
        at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
        if what < 5:
            lines[at] = splice(lines[at], rng, DICTIONARY)
        elif what < 7:
            lines.insert(to, lines.pop(at))
        elif what < 9:
            lines.insert(to, rng.choice((lines[at], *DICTIONARY[:6])).rstrip(b"\n"))
        else:
            del lines[at]
        return kind + b"\n".join(lines)
    packets = parts.split_packets(rest)
    for _ in range(rng.choice((1, 1, 2))):
        parts.change_packets(packets, rng)
    if rng.random() < 0.4:
        if kind == b"P":
            parts.sign_document(packets, rng)
        else:
            parts.sign_certificate(packets)
    return kind + parts.join_packets(packets)
