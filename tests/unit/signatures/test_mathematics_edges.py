"""Numbers at the edges of their ranges, as Project Wycheproof has them: no, and never an exception.

Asked through `openpgp.verify`, with keys and signatures that no library would make. What has a
whole commit around it, for other implementers too, stands in fixtures/signatures/.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from nixauth.model import UnusableKey
from nixauth.signatures import openpgp
from tests.support.openpgp import armor, mpi, packet
from tests.support.vectors import numbers, pgp
from tests.support.vectors.pgp import Key, Parts, pair

PAYLOAD = b"payload"
VALID, INVALID, UNUSABLE, MALFORMED = "valid", "invalid", "unusable", "malformed"


def ask(key: Key, made: bytes | None = None, payload: bytes = PAYLOAD) -> str:
    """Say what is made of a signature with these numbers by this key."""
    body = pgp.body(key, payload, Parts(numbers=made))
    signature = openpgp.read_signature(armor(packet(2, body)))
    if not isinstance(signature, openpgp.Signature):
        return MALFORMED
    public = openpgp.PublicKey(key.body)
    digest = signature.digest(payload)
    verified = openpgp.verify(signature, public, digest)
    fault = openpgp.key_fault(signature, public)
    if fault is not None:
        assert isinstance(fault, UnusableKey)
        assert not verified
        return UNUSABLE
    return VALID if verified else INVALID


# --- DSA and ECDSA ---

CURVES = [curve for curve in pgp.OIDS if curve != "secp256k1"]
EXPONENTS = (7, 8, 63, 64, 127, 128, 255, 256, 511, 512, 520, 521, 522, 528, 1024, 4096, 65_000)


def pair_makers() -> list[tuple[str, Key, tuple[int, int], int]]:
    key, own = pgp.dsa("alice"), numbers.dsa("alice")
    found = [("dsa", key, own.sign(pgp.value_of(key, PAYLOAD)), own.q)]
    for curve in CURVES:
        key, point = pgp.ecdsa("alice", curve), numbers.ecdsa("alice", curve)
        found.append((curve, key, point.sign(pgp.value_of(key, PAYLOAD)), point.order))
    return found


@pytest.mark.parametrize(
    ("key", "good", "order"), [row[1:] for row in pair_makers()], ids=[r[0] for r in pair_makers()]
)
def test_r_and_s_at_their_edges(key: Key, good: tuple[int, int], order: int) -> None:
    r, s = good
    assert ask(key, pair(r, s)) == VALID
    # Over a curve anybody can make the other one: the same signer, over the same payload.
    assert ask(key, pair(r, order - s)) == (INVALID if key.algorithm == 17 else VALID)
    edges = [0, 1, 2, order - 1, order, order + 1, 2 * order, *(1 << bit for bit in EXPONENTS)]
    for edge in edges:
        assert ask(key, pair(edge, s)) == INVALID, edge
        assert ask(key, pair(r, edge)) == INVALID, edge
    for first, second in product([0, 1, order - 1, order, order + 1], repeat=2):
        assert ask(key, pair(first, second)) == INVALID, (first, second)
    for multiple in (order, 2 * order, order << 64):
        assert ask(key, pair(r + multiple, s)) == INVALID
        assert ask(key, pair(r, s + multiple)) == INVALID
    assert ask(key, pair(order - r, s)) == INVALID
    assert ask(key, pair(s, r)) == INVALID


def test_negative_numbers_cannot_be_written() -> None:
    """Integers of OpenPGP have no sign: the nearest is one with its top bit set."""
    key, own = pgp.ecdsa("alice"), numbers.ecdsa("alice")
    r, s = own.sign(pgp.value_of(key, PAYLOAD))
    negative = (s - own.order).to_bytes(33, "big", signed=True)
    assert ask(key, mpi(r) + mpi(negative)) == INVALID


DSA = numbers.dsa("alice")


@pytest.mark.parametrize(
    "changed",
    [
        replace(DSA, q=DSA.q + 2),
        replace(DSA, q=numbers.prime("another q", 160)),
        replace(DSA, q=DSA.q * numbers.prime("factor", 64)),
        replace(DSA, q=DSA.q * numbers.prime("factor", 96)),
        replace(DSA, q=DSA.q + 1),
        replace(DSA, q=3),
        replace(DSA, q=1),
        replace(DSA, q=0),
        replace(DSA, p=0),
        replace(DSA, p=1),
        replace(DSA, p=DSA.q),
        replace(DSA, p=DSA.p + 1),
        replace(DSA, p=DSA.p << 1024),
        replace(DSA, g=0),
        replace(DSA, g=1),
        replace(DSA, g=1, y=1),
        replace(DSA, g=2),
        replace(DSA, g=DSA.p - 1),
        replace(DSA, g=DSA.p),
        replace(DSA, g=DSA.p + 1),
        replace(DSA, g=DSA.g + DSA.p),
        replace(DSA, y=0),
        replace(DSA, y=1),
        replace(DSA, y=2),
        replace(DSA, y=DSA.p - 1),
        replace(DSA, y=DSA.p),
        replace(DSA, y=DSA.y + DSA.p),
    ],
    ids=range(27),
)
def test_groups_of_dsa_that_are_none(changed: numbers.Dsa) -> None:
    key = pgp.dsa_of("alice", changed)
    for made in (pair(*DSA.sign(pgp.value_of(key, PAYLOAD))), pair(1, 1), pair(0, 0)):
        assert ask(key, made) == UNUSABLE


# --- Ed25519 and Ed448 ---

PRIME = numbers.ED25519_PRIME
SMALL_ORDER = [
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
]
NOT_CANONICAL = [
    (y | sign << 255).to_bytes(32, "little") for y in range(PRIME, 2**255) for sign in (0, 1)
] + [
    (1 | 1 << 255).to_bytes(32, "little"),  # minus zero
    (PRIME - 1 | 1 << 255).to_bytes(32, "little"),
]


def ed25519_forms(point: bytes) -> tuple[Key, Key, Key]:
    """Return a key of that point in each of the forms that it can have."""
    old = replace(pgp.eddsa("alice"), material=pgp.on_curve(pgp.ED25519_OID, b"\x40" + point))
    new = replace(pgp.ed25519("alice"), material=point)
    return old, new, new.of_version_6()


def in_form(key: Key, raw: bytes) -> bytes:
    return mpi(raw[:32]) + mpi(raw[32:]) if key.algorithm == 22 else raw


@pytest.mark.parametrize("point", SMALL_ORDER, ids=range(8))
def test_no_signature_by_an_ed25519_key_of_small_order(point: bytes) -> None:
    """With S zero every eighth message, at least, would verify, for anybody."""
    for key in ed25519_forms(point):
        for r in SMALL_ORDER:
            for payload in (b"%d" % n for n in range(12)):
                assert ask(key, in_form(key, r + bytes(32)), payload) == UNUSABLE


@pytest.mark.parametrize("point", NOT_CANONICAL, ids=range(len(NOT_CANONICAL)))
def test_ed25519_points_that_are_not_canonical(point: bytes) -> None:
    for key in ed25519_forms(point):
        for r in (SMALL_ORDER[0], point):
            assert ask(key, in_form(key, r + bytes(32))) == UNUSABLE


def test_ed25519_edges_of_r_and_s() -> None:
    public = pgp.eddsa("alice").material[-32:]
    order = numbers.ED25519_ORDER
    for key in ed25519_forms(public):
        good = pgp.ed25519("alice").make("", _value(key))
        assert ask(key, in_form(key, good)) == VALID
        s = int.from_bytes(good[32:], "little")
        for other in (0, 1, order - 1, order, order + 1, 2**252, 2**253, 2**255 - 1, 2**256 - 1):
            made = good[:32] + other.to_bytes(32, "little")
            assert ask(key, in_form(key, made)) == INVALID, other
        for times in range(1, 8):
            made = good[:32] + (s + times * order).to_bytes(32, "little")
            assert ask(key, in_form(key, made)) == INVALID, times
        off_curve = (2).to_bytes(32, "little")
        for r in (*SMALL_ORDER, *NOT_CANONICAL, off_curve, bytes([good[31] ^ 0x80])):
            made = r.ljust(32, b"\0") + good[32:]
            assert ask(key, in_form(key, made)) == INVALID, r.hex()


def _value(key: Key) -> bytes:
    """Return the digest that a signature by this key is made over."""
    signature = openpgp.Signature(pgp.body(key, PAYLOAD))
    return signature.digest(PAYLOAD)


ED448_PRIME = 2**448 - 2**224 - 1
ED448_SMALL = [
    y.to_bytes(56, "little") + bytes([sign]) for y in (0, 1, ED448_PRIME - 1) for sign in (0, 0x80)
]


@pytest.mark.parametrize("point", ED448_SMALL, ids=range(len(ED448_SMALL)))
def test_no_signature_by_an_ed448_key_of_small_order(point: bytes) -> None:
    for key in (replace(pgp.ed448("alice"), material=point, version=v) for v in (4, 6)):
        for r in ED448_SMALL:
            for payload in (b"%d" % n for n in range(12)):
                assert ask(key, r + bytes(57), payload) == UNUSABLE


def test_ed448_edges_of_r_and_s() -> None:
    key, order = pgp.ed448("alice"), numbers.ED448_ORDER
    good = key.make("", _value(key))
    assert ask(key, good) == VALID
    s = int.from_bytes(good[57:], "little")
    edges = [0, 1, order - 1, order, order + 1, 2**446, 2**455, 2**456 - 1]
    edges += [s + order, s + 2 * order, s + (1 << 448)]
    for edge in edges:
        assert ask(key, good[:57] + edge.to_bytes(57, "little")) == INVALID, edge
    for r in (*ED448_SMALL, (2).to_bytes(57, "little"), b"\xff" * 57):
        assert ask(key, r + good[57:]) == INVALID
    for y in (ED448_PRIME, ED448_PRIME + 1, 2**448 - 1):
        other = replace(key, material=y.to_bytes(57, "little"))
        assert ask(other, good) == UNUSABLE


# --- RSA ---

RSA = numbers.rsa("alice")
RSA_KEY = pgp.rsa("alice")
VALUE = pgp.value_of(RSA_KEY, PAYLOAD)
INFO = bytes.fromhex(numbers.DIGEST_INFO["SHA256"]) + VALUE
BLOCK = numbers.padded(RSA.size, INFO)


def info(name: str, value: bytes = VALUE) -> bytes:
    return numbers.padded(RSA.size, bytes.fromhex(numbers.DIGEST_INFO[name]) + value)


LONG_LENGTH = bytes.fromhex("308131300d060960864801650304020105000420") + VALUE
WITHOUT_NULL = bytes.fromhex("302f300b06096086480165030402010420") + VALUE
TRAILING_IN_SEQUENCE = bytes.fromhex("3033300d060960864801650304020105000420") + VALUE + b"\5\0"
LONG_NULL = bytes.fromhex("3033300f0609608648016503040201050200000420") + VALUE
SHORT = b"\0\1" + b"\xff" * 8 + b"\0" + INFO

RSA_BLOCKS = {
    "no-null": numbers.padded(RSA.size, WITHOUT_NULL),
    "long-length": numbers.padded(RSA.size, LONG_LENGTH),
    "trailing-in-sequence": numbers.padded(RSA.size, TRAILING_IN_SEQUENCE),
    "null-with-content": numbers.padded(RSA.size, LONG_NULL),
    "garbage-after": SHORT.ljust(RSA.size, b"\0"),
    "garbage-before": BLOCK.replace(b"\xff\xff\0", b"\xff\0\0", 1),
    "zero-in-padding": BLOCK[:8] + b"\0" + BLOCK[9:],
    "other-octet-in-padding": BLOCK[:8] + b"\xfe" + BLOCK[9:],
    "last-octet-of-padding": BLOCK.replace(b"\xff\0" + INFO, b"\xfe\0" + INFO),
    "no-zero-behind-padding": BLOCK.replace(b"\xff\0" + INFO, b"\xff\xff" + INFO),
    "type-0": b"\0\0" + BLOCK[2:],
    "type-2": b"\0\2" + BLOCK[2:],
    "first-octet": b"\1" + BLOCK[1:],
    "no-padding": (b"\0\1\0" + INFO).ljust(RSA.size, b"\0"),
    "digest-alone": VALUE.rjust(RSA.size, b"\0"),
    "info-alone": INFO.rjust(RSA.size, b"\0"),
    "no-info": numbers.padded(RSA.size, VALUE),
    "of-sha512": info("SHA512"),
    "of-sha224": info("SHA224"),
    "of-sha3": info("SHA3-256"),
    "of-sha1": info("SHA1", VALUE[:20]),
    "digest-cut-off": info("SHA256", VALUE[:-1]),
    "digest-with-more": info("SHA256", VALUE + b"\0"),
    "other-digest": info("SHA256", bytes(32)),
}


@pytest.mark.parametrize("name", RSA_BLOCKS)
def test_rsa_blocks_that_are_not_as_pkcs1_has_them(name: str) -> None:
    assert len(RSA_BLOCKS[name]) == RSA.size
    assert RSA_BLOCKS[name] != BLOCK
    assert ask(RSA_KEY, mpi(RSA.raw(RSA_BLOCKS[name]))) == INVALID


def test_rsa_numbers_at_their_edges() -> None:
    good = RSA.raw(BLOCK)
    assert ask(RSA_KEY, mpi(good)) == VALID
    edges = [0, 1, 2, RSA.n - 1, RSA.n, RSA.n + 1, good + RSA.n, RSA.n - good, 2 * RSA.n + good]
    edges += [good << 8, good | 1 << 8 * RSA.size, 1 << 8 * RSA.size, 1 << 65_000]
    for edge in edges:
        assert ask(RSA_KEY, mpi(edge)) == INVALID, edge


def test_rsa_numbers_with_leading_zeros() -> None:
    """As long as the modulus a number may be written with them; longer it is the same number."""
    good = RSA.raw(BLOCK)
    for size in (RSA.size, RSA.size + 1, 2 * RSA.size):
        written = (8 * size).to_bytes(2, "big") + good.to_bytes(size, "big")
        assert ask(RSA_KEY, written) == VALID
    assert ask(RSA_KEY, (8 * RSA.size).to_bytes(2, "big") + bytes(RSA.size)) == INVALID


@pytest.mark.parametrize("padding", [1, 8, 16])
def test_bleichenbachers_forgery_with_exponent_3(padding: int) -> None:
    """A cube root has the right beginning, and garbage where nobody may look away."""
    own = numbers.rsa("cube", 2048, 3)
    key = pgp.rsa_of("cube", own)
    wanted = b"\0\1" + b"\xff" * padding + b"\0" + INFO[:-32] + pgp.value_of(key, PAYLOAD)
    root = _cube_root(int.from_bytes(wanted.ljust(own.size, b"\0"), "big"))
    assert (root**3).to_bytes(own.size, "big").startswith(wanted)
    assert ask(key, mpi(root)) == INVALID


def _cube_root(number: int) -> int:
    low, high = 0, 1 << number.bit_length() // 3 + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


@pytest.mark.parametrize("exponent", [0, 1, 2, 4, 65536, 1 << 64, (1 << 64) + 1, RSA.n])
def test_exponents_of_rsa_that_are_none(exponent: int) -> None:
    key = pgp.rsa_of("alice", numbers.Rsa(RSA.n, exponent, 1))
    for made in (mpi(1), mpi(int.from_bytes(BLOCK, "big"))):
        assert ask(key, made) == UNUSABLE


# --- Exceptions ---


def test_exceptions_are_caught_by_their_type() -> None:
    """What nobody thought of has to be seen, not to be taken for a bad signature."""
    root = Path(__file__).parents[3] / "nixauth" / "signatures"
    files = sorted(root.rglob("*.py"))
    assert len(files) > 5
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{file}:{node.lineno}"
                named = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
                assert not named & {"Exception", "BaseException"}, f"{file}:{node.lineno}"
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "suppress", f"{file}:{node.lineno}"


@pytest.mark.parametrize("bit", range(7))
def test_the_last_octet_of_an_ed448_key_is_its_sign(bit: int) -> None:
    key = pgp.ed448("alice")
    assert ask(key, key.make("", _value(key))) == VALID
    material = key.material[:-1] + bytes([key.material[-1] | 1 << bit])
    assert ask(replace(key, material=material), bytes(114)) == UNUSABLE


@pytest.mark.parametrize("prefix", [b"\x00", b"\x04", b"\x41", b"\x60", b"\xc0", b""])
def test_the_prefix_of_the_older_form_of_ed25519(prefix: bytes) -> None:
    point = pgp.eddsa("alice").material[-32:]
    good, bad = (
        replace(pgp.eddsa("alice"), material=pgp.on_curve(pgp.ED25519_OID, one + point))
        for one in (b"\x40", prefix)
    )
    made = pgp.ed25519("alice").make("", _value(good))
    assert ask(good, in_form(good, made)) == VALID
    assert ask(bad, in_form(bad, made)) == UNUSABLE
