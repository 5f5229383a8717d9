"""Keys that can't count, and numbers that the mathematics refuses."""

import pickle
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from nixauth.model import UnsupportedSignature, UnusableKey
from nixauth.signatures import mathematics
from nixauth.signatures.openpgp import PublicKey, Signature, key_fault, verify
from nixauth.signatures.openpgp import mathematics as openpgp_mathematics
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import ED25519_OID, key, key_body, mpi, sign

PAYLOAD = b"payload"
ORDER_ED25519 = 2**252 + 27742317777372353535851937790883648493
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def signature(by: maker.Key, **changes: Any) -> Signature:
    return Signature(sign(by, PAYLOAD, **changes))


def fault_of(body: bytes, algorithm: int, version: int = 4) -> Any:
    """What is said of a key with this body, for a signature that fits it otherwise."""
    numbers = {1: mpi(1), 3: mpi(1), 27: bytes(64), 28: bytes(114)}.get(algorithm, mpi(1) * 2)
    by = key("ed25519", version)
    return key_fault(signature(by, algorithm=algorithm, numbers=numbers), PublicKey(body))


COMBINATIONS = [
    (kind, digest, version)
    for kind in maker.KINDS
    for digest in (2, 8, 9, 10, 11, 12, 14)
    for version in (4, 6)
    if version == 4 or (kind != "eddsa" and digest != 2)
]


@pytest.mark.parametrize(("kind", "digest", "version"), COMBINATIONS)
def test_good_and_bad_signatures(kind: str, digest: int, version: int) -> None:
    by = key(kind, version)
    made, public = signature(by, digest=digest), PublicKey(by.body)
    assert public.fingerprint == by.fingerprint
    assert public.key_id == by.key_id
    assert key_fault(made, public) is None
    assert verify(made, public, made.digest(PAYLOAD))
    assert not verify(made, public, made.digest(PAYLOAD + b"!"))
    assert not verify(made, public, b"")
    stranger = PublicKey(key(kind, version, number=1).body)
    assert key_fault(made, stranger) is None
    assert not verify(made, stranger, made.digest(PAYLOAD))


def test_digests_that_the_library_lacks_do_not_verify() -> None:
    made = signature(key("rsa"), digest=3)
    assert not verify(made, PublicKey(key("rsa").body), made.digest(PAYLOAD))


def test_a_wrong_hint_of_the_digest_decides_nothing() -> None:
    by = key("rsa")
    body = sign(by, PAYLOAD)
    at = len(sign(by, PAYLOAD, numbers=b"")) - 2
    assert Signature(body).left16 == body[at : at + 2]
    made = Signature(
        body[:at] + bytes(octet ^ 0xFF for octet in body[at : at + 2]) + body[at + 2 :]
    )
    assert made.left16 != made.digest(PAYLOAD)[:2]
    assert verify(made, PublicKey(by.body), made.digest(PAYLOAD))


# --- A key that does not fit the signature ---


def test_versions_must_agree() -> None:
    fault = key_fault(signature(key("ed25519", 6)), PublicKey(key("ed25519").body))
    assert isinstance(fault, UnusableKey)
    assert fault.detail == "signature of version 6, key of version 4"
    fault = key_fault(signature(key("ed25519")), PublicKey(key("ed25519", 6).body))
    assert isinstance(fault, UnusableKey)
    by = key("ed25519", 6)
    other = PublicKey(key_body(4, by.body[5], by.body[10:]))
    made = signature(by)
    assert verify(made, PublicKey(by.body), made.digest(PAYLOAD))
    assert not verify(made, other, made.digest(PAYLOAD)), "although the numbers are the same"


def test_algorithms_must_agree() -> None:
    public = PublicKey(key("ed25519").body)
    fault = key_fault(signature(key("rsa")), public)
    assert fault == UnusableKey(public.fingerprint, "signature by RSA, key of Ed25519")
    sign_only = signature(key("rsa"), algorithm=3)
    assert isinstance(key_fault(sign_only, PublicKey(key("rsa").body)), UnusableKey)
    assert not verify(sign_only, PublicKey(key("rsa").body), sign_only.digest(PAYLOAD))


def test_rsa_sign_only_is_good() -> None:
    by = key("rsa")
    public = PublicKey(key_body(4, 3, by.body[6:]))
    made = signature(by, algorithm=3)
    assert verify(made, public, made.digest(PAYLOAD))


# --- Damaged keys ---

N = int.from_bytes(key("rsa").body[8 : 8 + 128], "big")
P256 = bytes.fromhex("2a8648ce3d030107")
OTHERS_CURVE = bytes.fromhex("2b8104000a")


def rsa(n: int, e: int) -> bytes:
    return key_body(4, 1, mpi(n) + mpi(e))


def curve(algorithm: int, oid: bytes, point: bytes, version: int = 4) -> bytes:
    return key_body(version, algorithm, bytes([len(oid)]) + oid + mpi(point))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (rsa(N + 1, 65537), "even modulus"),
        (rsa(N, 1), "exponent 1"),
        (rsa(N, 0), "even exponent"),
        (rsa(N, 65536), "even exponent"),
        (rsa(N, N + 2), "exponent of more than 64 bits"),
        (rsa(N >> 1 | 1, 65537), "RSA key of 1023 bits"),
        (rsa(3, 3), "RSA key of 2 bits"),
        (rsa(0, 0), "RSA key of 0 bits"),
        (rsa(1 << 16384 | 1, 65537), "more than 16384 bits"),
        (key_body(4, 1, mpi(N)), "truncated integer"),
        (key_body(4, 1, mpi(N) + mpi(3) + b"\0"), "octets after"),
        (key_body(4, 1, b"\0\x08\1" + mpi(3)), "wrong bit count"),
        (key_body(4, 1, b""), "truncated integer"),
    ],
)
def test_damaged_rsa(body: bytes, detail: str) -> None:
    fault = fault_of(body, 1)
    assert isinstance(fault, UnusableKey)
    assert detail in fault.detail


def dsa_numbers() -> list[int]:
    numbers = key("dsa").private.public_key().public_numbers()
    group = numbers.parameter_numbers
    return [group.p, group.q, group.g, numbers.y]


def dsa_variants() -> list[tuple[list[int], str]]:
    p, q, g, y = dsa_numbers()
    return [
        ([p + 1, q, g, y], "impossible group"),
        ([p, q + 1, g, y], "impossible group"),
        ([p, q + 2, g, y], "impossible group"),
        ([p, q, 1, y], "g"),
        ([p, q, p, y], "g"),
        ([p, q, g + 1, y], "another group"),
        ([p, q, g, 0], "outside of the group"),
        ([p, q, g, 1], "outside of the group"),
        ([p, q, g, p], "outside of the group"),
        ([p, q, g, y + 1], "outside of the group"),
        ([p >> 1 | 1, q, g, y], "p must be"),
        ([p, q >> 1, g, y], "q must be"),
        ([0, 0, 0, 0], "p must be"),
    ]


@pytest.mark.parametrize(("numbers", "detail"), dsa_variants())
def test_damaged_dsa(numbers: list[int], detail: str) -> None:
    fault = fault_of(key_body(4, 17, b"".join(map(mpi, numbers))), 17)
    assert isinstance(fault, UnusableKey)
    assert detail in fault.detail


@pytest.mark.parametrize(
    ("body", "algorithm"),
    [
        (curve(19, P256, b"\4" + bytes(63) + b"\1"), 19),
        (curve(19, P256, b"\2" + bytes(31) + b"\1"), 19),
        (curve(19, P256, b"\4" + bytes(64) + b"\1"), 19),
        (curve(19, P256, b""), 19),
        (key_body(4, 19, b""), 19),
        (key_body(4, 19, b"\0"), 19),
        (key_body(4, 19, b"\xff" + bytes(300)), 19),
        (key_body(4, 19, b"\x08" + P256), 19),
        (curve(22, ED25519_OID, b"\x41" + bytes(32)), 22),
        (curve(22, ED25519_OID, b"\x40" + bytes(31)), 22),
        (curve(22, ED25519_OID, b"\x40" + b"\2" + bytes(31)), 22),
        (curve(22, ED25519_OID, b"\x40" + b"\xff" * 32), 22),
        (curve(22, ED25519_OID, b"\x40\1" + bytes(30) + b"\x80"), 22),
        (key_body(4, 27, bytes(31)), 27),
        (key_body(4, 27, b"\2" + bytes(31)), 27),
        (key_body(4, 28, bytes(56)), 28),
        (key_body(4, 28, b"\2" + bytes(56)), 28),
        (key_body(4, 28, bytes(56) + b"\1"), 28),
        (key_body(4, 28, b"\xff" * 56 + b"\0"), 28),
    ],
)
def test_damaged_points(body: bytes, algorithm: int) -> None:
    fault = fault_of(body, algorithm)
    assert isinstance(fault, UnusableKey)
    assert "damaged key" in fault.detail


def test_damaged_lengths_of_version_6() -> None:
    body = key("ed25519", 6).body
    assert isinstance(fault_of(body + b"\0", 27, 6), UnusableKey)
    assert isinstance(fault_of(body[:-1], 27, 6), UnusableKey)


def test_giant_keys_are_damaged_unread() -> None:
    assert "too long" in fault_of(key_body(4, 27, bytes(9000)), 27).detail


@pytest.mark.parametrize(
    ("body", "algorithm", "found"),
    [
        (curve(19, OTHERS_CURVE, b"\4" + bytes(64)), 19, "ECDSA secp256k1"),
        (curve(19, b"abc", b"\4" + bytes(64)), 19, "ECDSA curve 616263"),
        (curve(22, P256, b"\x40" + bytes(32)), 22, "EdDSA NIST P-256"),
        (key_body(4, 99, b"what"), 99, "public-key algorithm 99"),
    ],
)
def test_unsupported(body: bytes, algorithm: int, found: str) -> None:
    assert fault_of(body, algorithm) == UnsupportedSignature(f"OpenPGP: {found}")


def test_older_eddsa_has_no_version_6() -> None:
    by = key("eddsa", 6)
    assert isinstance(key_fault(signature(by), PublicKey(by.body)), UnsupportedSignature)


def test_a_curve_that_openssl_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("no")

    monkeypatch.setattr(ec.EllipticCurvePublicKey, "from_encoded_point", refuse)
    by = key("bp256")
    fault = key_fault(signature(by), PublicKey(by.body))
    assert fault == UnsupportedSignature("OpenPGP: ECDSA brainpoolP256r1, which OpenSSL lacks here")


# --- Numbers out of range ---


def refused(kind: str, numbers: bytes) -> bool:
    by = key(kind)
    made = signature(by, numbers=numbers)
    assert key_fault(made, PublicKey(by.body)) is None
    return not verify(made, PublicKey(by.body), made.digest(PAYLOAD))


def good_pair(kind: str) -> tuple[int, int]:
    r, s = signature(key(kind)).numbers
    return int.from_bytes(r, "big"), int.from_bytes(s, "big")


@pytest.mark.parametrize("kind", ["dsa", *maker.CURVES])
def test_r_and_s_out_of_range(kind: str) -> None:
    r, s = good_pair(kind)
    order = dsa_numbers()[1] if kind == "dsa" else key(kind).private.curve.group_order
    assert refused(kind, mpi(0) + mpi(s))
    assert refused(kind, mpi(r) + mpi(0))
    assert refused(kind, mpi(order) + mpi(s))
    assert refused(kind, mpi(r) + mpi(order))
    assert refused(kind, mpi(r + order) + mpi(s))
    assert refused(kind, mpi(r) + mpi(s + order))
    assert refused(kind, mpi(1 << 60000) + mpi(s))


def test_the_order_of_p256_is_what_the_library_says() -> None:
    assert key("p256").private.curve.group_order == ORDER_P256


def test_rsa_out_of_range() -> None:
    good = int.from_bytes(signature(key("rsa")).numbers[0], "big")
    assert not refused("rsa", mpi(good))
    assert refused("rsa", mpi(0))
    assert refused("rsa", mpi(1))
    assert refused("rsa", mpi(N))
    assert refused("rsa", mpi(good + N))
    assert refused("rsa", mpi(1 << 60000))


def test_rsa_integer_as_long_as_the_modulus() -> None:
    """Forges write it so, whatever its first octets are."""
    by, public = key("rsa"), PublicKey(key("rsa").body)
    for attempt in range(3000):
        payload = b"%d" % attempt
        made = Signature(sign(by, payload))
        if made.numbers[0][0] < 0x80 or len(made.numbers[0]) < 128:
            break
    padded = (1024).to_bytes(2, "big") + made.numbers[0].rjust(128, b"\0")
    made = Signature(sign(by, payload, numbers=padded))
    assert verify(made, public, made.digest(payload))


def test_eddsa_integers() -> None:
    """Short ones are padded on the left, long ones refused."""
    by, public = key("eddsa"), PublicKey(key("eddsa").body)
    for attempt in range(5000):
        payload = b"%d" % attempt
        made = Signature(sign(by, payload))
        if len(made.numbers[0]) < 32:
            break
    assert len(made.numbers[0]) < 32
    assert verify(made, public, made.digest(payload))
    r, s = good_pair("eddsa")
    assert refused("eddsa", mpi(r << 256) + mpi(s))
    assert refused("eddsa", mpi(r) + mpi(s << 256))
    assert refused("eddsa", mpi(0) + mpi(0))


def test_s_must_be_canonical() -> None:
    raw = signature(key("ed25519")).numbers[0]
    assert not refused("ed25519", raw)
    s = int.from_bytes(raw[32:], "little") + ORDER_ED25519
    assert refused("ed25519", raw[:32] + s.to_bytes(32, "little"))
    raw = signature(key("ed448")).numbers[0]
    assert not refused("ed448", raw)
    s = int.from_bytes(raw[57:], "little") + mathematics._ED448_ORDER
    assert refused("ed448", raw[:57] + s.to_bytes(57, "little"))


# --- The key itself ---


@pytest.mark.parametrize(
    ("kind", "name", "bits"),
    [
        ("rsa", "RSA 1024", 1024),
        ("dsa", "DSA 1024", 1024),
        ("p521", "ECDSA NIST P-521", 0),
        ("eddsa", "EdDSA Ed25519", 0),
        ("ed448", "Ed448", 0),
    ],
)
def test_names(kind: str, name: str, bits: int) -> None:
    public = PublicKey(key(kind).body)
    assert (public.algorithm_name, public.bits) == (name, bits)
    assert (public.version, public.created) == (4, maker.CREATED)
    assert public.fingerprint in repr(public)


def test_keys_travel_between_processes_unloaded() -> None:
    public = PublicKey(key("rsa").body)
    made = signature(key("rsa"))
    assert verify(made, public, made.digest(PAYLOAD))
    copy = pickle.loads(pickle.dumps(public))
    assert copy.fingerprint == public.fingerprint
    assert verify(made, copy, made.digest(PAYLOAD))


def test_a_key_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    public, made = PublicKey(key("rsa").body), signature(key("rsa"))
    assert verify(made, public, made.digest(PAYLOAD))
    monkeypatch.setattr(openpgp_mathematics, "load", None)
    assert verify(made, public, made.digest(PAYLOAD))


def test_verify_says_no_where_the_key_is_at_fault() -> None:
    made = signature(key("rsa"))
    assert not verify(made, PublicKey(rsa(N + 1, 65537)), made.digest(PAYLOAD))
