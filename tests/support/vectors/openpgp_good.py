"""OpenPGP signatures that are good, one of every kind and of every habit of real forges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.support.openpgp import armor, packet, subpacket
from tests.support.vectors import numbers, pgp
from tests.support.vectors.made import ALICE, BOB, GOOD, PAYLOAD, Vector, payload, vector
from tests.support.vectors.pgp import Key, Parts


def vectors() -> Iterator[Vector]:
    yield from _algorithms()
    yield from _digests()
    yield from _lengths_of_integers()
    yield from _issuers()
    yield from _subpackets()
    yield from _armor()
    yield from _framing()


def _by(key: Key, name: str, guards: str, description: str, parts: Parts = Parts()) -> Vector:  # noqa: B008
    return vector(
        f"openpgp-good-{name}",
        GOOD,
        guards,
        description,
        sign=lambda content: pgp.sign(key, content, parts),
        keyring=[pgp.certificate(key)],
        listed=[key.fingerprint],
    )


def _algorithms() -> Iterator[Vector]:
    kinds = (
        ("eddsa", ALICE, "EdDSA in the form of RFC 4880bis, which GnuPG writes by default"),
        (
            "ed25519",
            pgp.ed25519("alice"),
            "Ed25519 in the form of RFC 9580, no integers but octets",
        ),
        ("ed448", pgp.ed448("alice"), "Ed448, whose signatures have 114 octets"),
        ("rsa", pgp.rsa("alice"), "RSA of 1024 bits, the least that is accepted"),
        ("rsa-sign-only", pgp.rsa("alice", algorithm=3), "RSA under its number for signing only"),
        ("dsa", pgp.dsa("alice"), "DSA, for whose group of 160 bits SHA-256 is cut to its left"),
    )
    for name, key, what in kinds:
        yield _by(
            key,
            name,
            "algorithms.py: INTEGERS and NATIVE_SIGNATURE_SIZES; mathematics: its loader",
            f"{what}: old or rare algorithms are easily left out.",
        )
    for curve in pgp.OIDS:
        if curve != "secp256k1":
            yield _by(
                pgp.ecdsa("alice", curve),
                f"ecdsa-{curve.lower()}",
                "algorithms.py: NIST_AND_BRAINPOOL",
                f"ECDSA over {curve}, which may be lacking in a list of curves.",
            )
    for kind in (pgp.ed448("alice"), pgp.rsa("alice"), pgp.dsa("alice"), pgp.ecdsa("alice")):
        number = {28: "ed448", 1: "rsa", 17: "dsa", 19: "ecdsa"}[kind.algorithm]
        yield _by(
            kind.of_version_6(),
            f"v6-{number}",
            "keys.py and signature.py: version 6 for an algorithm that is older than it",
            f"A version 6 key and signature with {number.upper()}: version 6 is not for"
            " the new algorithms alone.",
        )
    six = pgp.ed25519("alice").of_version_6()
    yield _by(
        six,
        "v6-key-id-only",
        "keys.py: the key id of version 6",
        "Only a key id names the version 6 key: it is the start of the fingerprint, not its end.",
        Parts(hashed=[pgp.created(), pgp.issuer_id(six)]),
    )
    yield _by(
        pgp.ecdsa("alice"),
        "ecdsa-p256-with-sha512",
        "mathematics: ECDSA with a digest that is longer than the order",
        "ECDSA over P-256 with SHA-512: of a digest that is too long the left bits count,"
        " not the right ones and not the whole modulo the order.",
        Parts(digest="SHA512"),
    )


def _digests() -> Iterator[Vector]:
    six = pgp.ed25519("alice").of_version_6()
    for digest in ("SHA256", "SHA384", "SHA512", "SHA224", "SHA3-256", "SHA3-512"):
        if digest != "SHA256":
            yield _by(
                pgp.rsa("alice"),
                f"rsa-{digest.lower()}",
                "algorithms.py: DIGESTS; mathematics: the prefix of PKCS #1 for the digest",
                f"RSA with {digest}, whose object identifier is part of what RSA signs.",
                Parts(digest=digest),
            )
        yield _by(
            six,
            f"v6-{digest.lower()}",
            "algorithms.py: DIGESTS, the sizes of salts; signature.py: the salt is signed first",
            f"Version 6 with {digest}: a salt whose size depends on the digest is hashed before"
            " the commit.",
            Parts(digest=digest),
        )


def _found(key: Key, wanted: Callable[[bytes], bool]) -> bytes:
    """Return the first payload for which the numbers of the signature are as wanted."""
    for count in range(100_000):
        content = payload(b"Try %d\n" % count)
        if wanted(key.make("SHA256", pgp.value_of(key, content))):
            return content
    raise AssertionError("no such payload")


def _lengths_of_integers() -> Iterator[Vector]:
    yield vector(
        "openpgp-good-eddsa-short-r",
        GOOD,
        "mathematics: EdDSA's first number is padded on its left",
        """The first integer of an EdDSA signature begins with a zero octet, which an integer does
        not store: one in 256 signatures fails where nobody pads it back to 32 octets.""",
        over=_found(ALICE, lambda made: int.from_bytes(made[:2]) <= 248),
    )
    yield vector(
        "openpgp-good-eddsa-short-s",
        GOOD,
        "mathematics: EdDSA's second number is padded on its left",
        """The second integer of an EdDSA signature begins with a zero octet, which an integer
        does not store: one in 256 signatures fails where nobody pads it back to 32 octets.""",
        over=_found(
            ALICE,
            lambda made: int.from_bytes(made[2 + (int.from_bytes(made[:2]) + 7) // 8 :][:2]) <= 248,
        ),
    )
    rsa = pgp.rsa("alice")
    short = _found(rsa, lambda made: int.from_bytes(made[:2]) <= 1016)
    yield vector(
        "openpgp-good-rsa-short",
        GOOD,
        "mathematics: RSA's number is padded to the modulus",
        """The number of an RSA signature is an octet shorter than the modulus; libraries want it
        as long as the modulus.""",
        over=short,
        sign=lambda content: pgp.sign(rsa, content),
        keyring=[pgp.certificate(rsa)],
        listed=[rsa.fingerprint],
    )
    raw = numbers.rsa("alice").sign("SHA256", pgp.value_of(rsa, short)).to_bytes(128)
    yield vector(
        "openpgp-good-rsa-padded",
        GOOD,
        "packets.py: padded_integer",
        """The number of an RSA signature is written as long as the modulus, its leading zero
        counted: against the letter of the standard, and a forge signs so.""",
        signature=pgp.sign(rsa, short, Parts(numbers=(1024).to_bytes(2) + raw)),
        over=short,
        keyring=[pgp.certificate(rsa)],
        listed=[rsa.fingerprint],
    )
    own = numbers.ecdsa("alice")
    r, s = own.sign(pgp.value_of(pgp.ecdsa("alice"), PAYLOAD))
    yield _by(
        pgp.ecdsa("alice"),
        "ecdsa-other-s",
        "mathematics: nothing is asked of s beyond the standard",
        """The s of an ECDSA signature is replaced by the order less s, which anybody can do, and
        which verifies: only who asks for the smaller of the two refuses real signatures.""",
        Parts(numbers=pgp.pair(r, own.order - s)),
    )


def _issuers() -> Iterator[Vector]:
    rows = (
        (
            "key-id-only",
            [pgp.created()],
            [pgp.issuer_id(ALICE)],
            """Only an unhashed key id names the key, as GnuPG wrote until version 2.1 and
            some forges still do.""",
            "signature.py: _issuers, a key id in the unhashed area",
        ),
        (
            "hashed-key-id-only",
            [pgp.created(), pgp.issuer_id(ALICE)],
            [],
            "Only a key id in the hashed area names the key.",
            "signature.py: _issuers, a key id in the hashed area",
        ),
        (
            "unhashed-fingerprint-only",
            [pgp.created()],
            [pgp.issuer(ALICE)],
            "Only a fingerprint in the unhashed area names the key.",
            "signature.py: _issuers, a fingerprint in the unhashed area",
        ),
        (
            "unhashed-key-id-lies-too",
            [pgp.created()],
            [pgp.issuer_id(BOB), pgp.issuer(ALICE)],
            "All names are unhashed; the key id contradicts the fingerprint, which decides.",
            "signature.py: _issuers, fingerprints before key ids in the unhashed area",
        ),
        (
            "unhashed-key-id-lies",
            None,
            [pgp.issuer_id(BOB)],
            """The unhashed area names another key than the hashed one; anybody could have
            put that there, so the hashed area wins.""",
            "signature.py: _issuers, the hashed area wins",
        ),
        (
            "unhashed-fingerprint-lies",
            [pgp.created(), pgp.issuer_id(ALICE)],
            [pgp.issuer(BOB)],
            """A fingerprint in the unhashed area contradicts the key id in the hashed one: the
            area decides before the kind of name does.""",
            "signature.py: _sharpened, fingerprints that do not agree with the id",
        ),
        (
            "hashed-key-id-lies",
            [pgp.created(), pgp.issuer_id(BOB), pgp.issuer(ALICE)],
            [],
            "In the hashed area a key id contradicts the fingerprint, which decides.",
            "signature.py: _issuers, fingerprints before key ids",
        ),
        (
            "two-key-ids",
            [pgp.created(), pgp.issuer_id(BOB), pgp.issuer_id(ALICE)],
            [],
            """Two key ids are named and both keys are listed, the maker's second: every key
            that may have made it is tried.""",
            "evidence.py: every key that is named is tried; rule.py: judge goes on",
        ),
        (
            "two-key-ids-first",
            [pgp.created(), pgp.issuer_id(ALICE), pgp.issuer_id(BOB)],
            [],
            """Two key ids are named and both keys are listed, the maker's first: every key
            that may have made it is tried.""",
            "rule.py: judge stops at the key that verifies",
        ),
    )
    for name, hashed, unhashed, description, guards in rows:
        yield vector(
            f"openpgp-good-{name}",
            GOOD,
            guards,
            description,
            signature=pgp.sign(ALICE, PAYLOAD, Parts(hashed=hashed, unhashed=unhashed)),
            keyring=[pgp.certificate(ALICE), pgp.certificate(BOB)],
            listed=[ALICE.fingerprint, BOB.fingerprint],
        )


def _subpackets() -> Iterator[Vector]:
    notation = b"\x80\0\0\0\0\x10\0\5test@example.orgvalue"
    rows = (
        ("notation", subpacket(20, notation), "a notation"),
        ("user-id", subpacket(28, b"alice@example.org"), "the signer's user id"),
        ("critical-user-id", subpacket(28, b"alice", critical=True), "a critical signer's user id"),
        ("unknown-subpacket", subpacket(99, b"?"), "a subpacket that nobody knows, not critical"),
        ("private-subpacket", subpacket(105, b"?"), "a subpacket for private use, not critical"),
        ("expired", subpacket(3, b"\0\0\0\1"), "an expiry after a second: no clock is asked"),
        ("long-subpacket", subpacket(20, notation + b"x" * 300), "a subpacket of over 191 octets"),
    )
    for name, extra, what in rows:
        hashed = [pgp.created(), pgp.issuer(ALICE), extra]
        yield vector(
            f"openpgp-good-{name}",
            GOOD,
            "signature.py: Area passes over what decides nothing",
            f"The hashed area holds {what}; it refuses nothing.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(hashed=hashed)),
        )
    yield vector(
        "openpgp-good-critical-time-and-issuer",
        GOOD,
        "signature.py: critical subpackets that are understood",
        "Creation time and issuer fingerprint are marked critical, and both are understood.",
        signature=pgp.sign(
            ALICE,
            PAYLOAD,
            Parts(
                hashed=[
                    subpacket(2, pgp.CREATED.to_bytes(4), critical=True),
                    subpacket(33, b"\4" + ALICE.raw_fingerprint, critical=True),
                ]
            ),
        ),
    )
    yield vector(
        "openpgp-good-wrong-hint",
        GOOD,
        "check.py: verify, the two octets decide nothing",
        """The two octets of the digest that the packet repeats are wrong. They are a hint for the
        impatient, and a forge wrote them wrongly for years.""",
        signature=pgp.sign(ALICE, PAYLOAD, Parts(left16=b"\0\0")),
    )


def _armor() -> Iterator[Vector]:
    made = pgp.signature(ALICE, PAYLOAD)
    whole = armor(made)
    rows = (
        (
            "no-checksum",
            armor(made, checksum=False),
            "The armor has no checksum, which RFC 9580 allows.",
        ),
        (
            "armor-headers",
            armor(made, headers=["Version: GnuPG v2", "Comment: https://example.org"]),
            "The armor has headers, Version and Comment, as older programs write them.",
        ),
        (
            "armor-blanks",
            whole.replace(b"\n", b" \t\n"),
            "Blanks at the ends of the armor's lines do not count.",
        ),
        (
            "armor-crlf",
            whole.replace(b"\n", b"\r\n"),
            "The armor's lines end with CR LF; what was signed is the commit as it is.",
        ),
        (
            "armor-short-lines",
            armor(made, width=20),
            "The base64 stands in lines of 20 characters instead of 64 or 76.",
        ),
        ("armor-empty-lines-after", whole + b"\n\n", "Empty lines follow the armor's last line."),
    )
    for name, signature, description in rows:
        if name == "armor-empty-lines-after":
            head, _, message = PAYLOAD.partition(b"\n\n")
            lines = b"\n ".join(signature.removesuffix(b"\n").split(b"\n"))
            commit = head + b"\ngpgsig " + lines + b"\n\n" + message
        else:
            commit = None
        yield vector(
            f"openpgp-good-{name}",
            GOOD,
            "armor.py: read_signature_block is no stricter than this",
            description,
            signature=signature,
            commit=commit,
        )


def _framing() -> Iterator[Vector]:
    made = pgp.body(ALICE, PAYLOAD)
    rows = (
        (
            "old-format",
            packet(2, made, old=True),
            "The packet has the old format, as GnuPG writes.",
        ),
        (
            "long-length",
            b"\xc2\xff" + len(made).to_bytes(4) + made,
            "The packet's length is written in five octets where one would do.",
        ),
        (
            "old-long-length",
            b"\x8a" + len(made).to_bytes(4) + made,
            "The old format's length is written in four octets where one would do.",
        ),
        (
            "old-two-octet-length",
            b"\x89" + len(made).to_bytes(2) + made,
            "The old format's length is written in two octets, as GnuPG does for RSA.",
        ),
    )
    for name, framed, description in rows:
        yield vector(
            f"openpgp-good-{name}",
            GOOD,
            "packets.py: lengths",
            description,
            signature=armor(framed),
        )
