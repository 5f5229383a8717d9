"""Faults of keys that are one check's own."""

from __future__ import annotations

import pytest

from nixauth.model import Fingerprint, UnusableKey
from nixauth.signatures.openpgp import (
    Certificates,
    Issuer,
    PublicKey,
    Signature,
    key_fault,
    verify,
)
from nixauth.signatures.openpgp.packets import FormatError
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import (
    ED25519_OID,
    back_signature,
    binding,
    created,
    flags,
    key,
    key_body,
    mpi,
    packet,
    sign,
)


def short_rsa(bits: int) -> bytes:
    """An odd modulus of so many bits, and an exponent."""
    return mpi((1 << bits - 1) + 1) + mpi(65537)


@pytest.mark.parametrize("algorithm", [1, 3])
def test_rsa_needs_1024_bits(algorithm: int) -> None:
    made = Signature(sign(key("ed25519"), b"", algorithm=algorithm, numbers=mpi(1)))
    for bits in (512, 768, 1016, 1023):
        fault = key_fault(made, PublicKey(key_body(4, algorithm, short_rsa(bits))))
        assert isinstance(fault, UnusableKey), bits
        assert f"{bits} bits" in fault.detail
    assert key_fault(made, PublicKey(key_body(4, algorithm, short_rsa(1024)))) is None


@pytest.mark.parametrize("version", [0, 1, 2, 3, 5, 7, 255])
def test_other_versions_are_no_keys(version: int) -> None:
    body = key("ed25519").body
    with pytest.raises(FormatError):
        PublicKey(bytes([version]) + body[1:])


def test_the_length_of_version_6_is_that_of_the_material() -> None:
    for kind in ("rsa", "p256", "ed25519"):
        body = key(kind, 6).body
        assert not PublicKey(body).damage
        length = int.from_bytes(body[6:10], "big")
        for other in (0, length - 1, length + 1):
            assert PublicKey(body[:6] + other.to_bytes(4, "big") + body[10:]).damage


def test_a_curves_name_that_is_cut_off() -> None:
    for algorithm in (18, 19, 22):
        for material in (b"", b"\0", b"\xff", b"\x09\x2b\x06", ED25519_OID):
            assert PublicKey(key_body(4, algorithm, material)).damage, (algorithm, material)


def test_an_empty_point() -> None:
    oid = bytes([len(ED25519_OID)]) + ED25519_OID
    made = Signature(sign(key("eddsa"), b""))
    for point in (mpi(0), mpi(0x40), mpi(0x40 << 248), mpi(0x40 << 264)):
        assert isinstance(key_fault(made, PublicKey(key_body(4, 22, oid + point))), UnusableKey)


# --- Numbers ---


def verifies(by: maker.Key, payload: bytes, numbers: bytes | None = None) -> bool:
    made = Signature(sign(by, payload, numbers=numbers))
    return verify(made, PublicKey(by.body), made.digest(payload))


def test_a_number_of_rsa_that_begins_with_zeros() -> None:
    by = key("rsa")
    size = by.private.key_size // 8
    for attempt in range(10_000):
        payload = b"%d" % attempt
        made = Signature(sign(by, payload))
        if len(made.numbers[0]) < size:
            break
    assert len(made.numbers[0]) < size
    assert verifies(by, payload)


def test_a_number_of_rsa_that_is_longer_than_the_modulus() -> None:
    by = key("rsa")
    good = int.from_bytes(Signature(sign(by, b"payload")).numbers[0], "big")
    assert verifies(by, b"payload", mpi(good))
    for more in (1, 0x80, 0xFF00):
        assert not verifies(by, b"payload", mpi(good + (more << by.private.key_size)))


def test_numbers_of_eddsa_that_are_longer_than_32_octets() -> None:
    by = key("eddsa")
    r, s = (int.from_bytes(one, "big") for one in Signature(sign(by, b"payload")).numbers)
    assert verifies(by, b"payload", mpi(r) + mpi(s))
    assert not verifies(by, b"payload", mpi(r + (1 << 256)) + mpi(s))
    assert not verifies(by, b"payload", mpi(r) + mpi(s + (1 << 256)))


# --- Certificates ---

PRIMARY, SUBKEY, OTHER = key("eddsa"), key("eddsa", number=1), key("eddsa", number=2)
BINDING = packet(2, binding(PRIMARY, SUBKEY))
OLD_KEY = bytes([3]) + PRIMARY.body[1:]
PICTURE = packet(17, b"\2\1x")


def bound(*parts: bytes) -> frozenset[str]:
    store = Certificates()
    store.add(b"".join(parts))
    return frozenset(store.bound_primaries(Fingerprint(SUBKEY.fingerprint)))


def test_a_binding_stands_behind_its_subkey() -> None:
    primary, subkey = packet(6, PRIMARY.body), packet(14, SUBKEY.body)
    assert bound(primary, subkey, BINDING) == {PRIMARY.fingerprint}
    assert bound(primary, PICTURE, subkey, BINDING) == {PRIMARY.fingerprint}
    assert not bound(primary, subkey, PICTURE, BINDING)
    assert not bound(primary, subkey, packet(14, OLD_KEY), BINDING)
    assert not bound(primary, packet(6, OLD_KEY), subkey, BINDING)
    assert not bound(primary, BINDING, subkey)
    assert not bound(primary, subkey, packet(13, b"A"), BINDING)


def test_a_binding_of_another_algorithm_than_its_key() -> None:
    hashed = created() + PRIMARY.issuer() + flags(2)
    over = PRIMARY.hashed_form + SUBKEY.hashed_form
    head = {"type": 0x18, "hashed": hashed, "algorithm": 27}
    digest = Signature(sign(PRIMARY, over, numbers=bytes(64), **head)).digest(over)
    numbers = PRIMARY.private.sign(digest)
    other = sign(PRIMARY, over, numbers=numbers, unhashed=back_signature(PRIMARY, SUBKEY), **head)
    assert not bound(packet(6, PRIMARY.body), packet(14, SUBKEY.body), packet(2, other))


def test_of_two_keys_with_one_fingerprint_the_same_one_stays() -> None:
    kept = []
    for bodies in ((PRIMARY.body, OTHER.body), (OTHER.body, PRIMARY.body)):
        store = Certificates()
        for body in bodies:
            public = PublicKey(body)
            public.fingerprint = Fingerprint("A" * 40)
            store._add_key(public)
        [stays] = store
        kept.append(stays.body)
    assert kept[0] == kept[1]


def test_keys_of_an_id_are_looked_for_again_when_more_come() -> None:
    store = Certificates()
    store.add(packet(6, PRIMARY.body))
    issuer = Issuer(None, PRIMARY.key_id)
    assert [one.body for one in store.find(issuer)] == [PRIMARY.body]
    store._by_key_id[PRIMARY.key_id].add(Fingerprint(OTHER.fingerprint))
    store.add(packet(6, OTHER.body))
    assert {one.body for one in store.find(issuer)} == {PRIMARY.body, OTHER.body}


def test_an_exponent_of_rsa_that_is_too_long() -> None:
    """Its length is what a verification costs."""
    modulus = mpi((1 << 1023) + 1)
    made = Signature(sign(key("ed25519"), b"", algorithm=1, numbers=mpi(1)))
    assert key_fault(made, PublicKey(key_body(4, 1, modulus + mpi((1 << 64) - 1)))) is None
    for exponent in ((1 << 64) + 1, (1 << 1000) + 1):
        fault = key_fault(made, PublicKey(key_body(4, 1, modulus + mpi(exponent))))
        assert isinstance(fault, UnusableKey)
