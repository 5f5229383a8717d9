"""Keyring files, bindings of subkeys, and what is told of a key."""

import itertools
from typing import Any

import pytest

from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import Certificates, Issuer
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import (
    back_signature,
    binding,
    certificate,
    certify,
    created,
    flags,
    key,
    key_body,
    mpi,
    packet,
    sign,
    subpacket,
)

ALICE, SUB = key("rsa"), key("eddsa")
BOB = key("ed25519")
CAROL, CAROL_SUB = key("ed25519", 6), key("ed448", 6)
PLAIN = certificate(ALICE)
GOOD = certificate(ALICE, (SUB, binding(ALICE, SUB)))
V3_KEY = packet(6, b"\3" + bytes(40))


def fp(made: maker.Key) -> Fingerprint:
    return Fingerprint(made.fingerprint)


def store(*files: bytes) -> Certificates:
    certificates = Certificates()
    for data in files:
        assert certificates.add(data) == []
    return certificates


def names(certificates: Certificates) -> list[str]:
    return [public.fingerprint for public in certificates]


# --- Files ---


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        maker.armor(GOOD, "PUBLIC KEY BLOCK"),
        b"\xef\xbb\xbf" + maker.armor(GOOD, "PUBLIC KEY BLOCK") + b"\n",
        maker.armor(PLAIN, "PUBLIC KEY BLOCK") + b"\n" + maker.armor(GOOD, "PUBLIC KEY BLOCK"),
        V3_KEY + packet(2, b"\3") + GOOD,
        GOOD + V3_KEY,
        GOOD + packet(12, b"trust") + packet(60, b"what") + packet(17, b"me") + packet(2, b"x"),
        packet(2, b"stray") + packet(13, b"stray") + GOOD,
    ],
)
def test_readable_files(data: bytes) -> None:
    assert names(store(data)) == sorted([ALICE.fingerprint, SUB.fingerprint])
    assert len(store(data)) == 2


def test_a_user_id_that_looks_like_armor_hides_nothing() -> None:
    data = certificate(ALICE, user_id=b"\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    assert names(store(data)) == [ALICE.fingerprint]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no OpenPGP key"),
        (b"text", "no OpenPGP key"),
        (V3_KEY, "no OpenPGP key"),
        (b"\xe9t\xe9\n-----BEGIN PGP MESSAGE-----\n", "not a block of public keys"),
        (b"\xff\xff\xff\xff\xff\xff", "truncated packet"),
        (packet(6, b""), "another version"),
        (packet(6, b"\4\0"), "truncated key"),
        (packet(6, b"\6" + bytes(6)), "truncated key"),
        (packet(5, ALICE.body) + packet(7, SUB.body), "secret key"),
        (maker.armor(packet(5, b""), "PRIVATE KEY BLOCK"), "not a block of public keys"),
        (b"\xc6\xe1\0", "partial"),
    ],
)
def test_unreadable_files(data: bytes, problem: str) -> None:
    certificates = Certificates()
    assert problem in " ".join(certificates.add(data))
    assert list(certificates) == []


@pytest.mark.parametrize(
    "data",
    [
        GOOD + b"\xc6",
        GOOD + packet(6, b"\4"),
        packet(6, b"\4") + packet(13, b"x") + packet(14, b"\4") + GOOD,
        packet(5, b"") + packet(13, b"x") + packet(7, b"") + GOOD,
        maker.armor(GOOD, "PUBLIC KEY BLOCK").replace(b"\n=", b"\n=A")[:-30],
        maker.armor(b"\xc6", "PUBLIC KEY BLOCK") + b"\n" + maker.armor(GOOD, "PUBLIC KEY BLOCK"),
    ],
)
def test_damage_around_good_keys(data: bytes) -> None:
    certificates = Certificates()
    assert certificates.add(data) != []
    if b"-----" not in data or data.count(b"BEGIN") == 2:
        assert {ALICE.fingerprint, SUB.fingerprint} <= set(names(certificates))


def test_a_block_with_a_wrong_checksum_is_reported_and_read() -> None:
    text = maker.armor(GOOD, "PUBLIC KEY BLOCK")
    at = text.rindex(b"\n=")
    certificates = Certificates()
    [problem] = certificates.add(text[:at] + b"\n=AAAA" + text[at + 6 :])
    assert "wrong checksum" in problem
    assert len(certificates) == 2


def test_a_subkey_without_its_primary_is_still_a_key() -> None:
    certificates = store(V3_KEY + packet(14, SUB.body) + packet(2, b"x"))
    assert certificates.get(fp(SUB)) is not None
    assert certificates.bound_primaries(fp(SUB)) == frozenset()


# --- Looking keys up ---


def test_finding_by_fingerprint_and_key_id() -> None:
    certificates = store(GOOD, certificate(CAROL))
    [found] = certificates.find(Issuer(fp(SUB), SUB.key_id))
    assert found is certificates.get(fp(SUB))
    assert certificates.find(Issuer(fp(SUB), SUB.key_id)) == (found,)
    assert certificates.find(Issuer(None, SUB.key_id)) == (found,)
    assert [one.fingerprint for one in certificates.find(Issuer(None, CAROL.key_id))] == [fp(CAROL)]
    assert certificates.find(Issuer(fp(BOB), BOB.key_id)) == ()
    assert certificates.find(Issuer(None, BOB.key_id)) == ()
    assert certificates.get(fp(BOB)) is None
    certificates.add(certificate(BOB))
    assert len(certificates.find(Issuer(None, BOB.key_id))) == 1


def test_a_fingerprint_is_not_answered_by_a_key_id() -> None:
    certificates = store(GOOD)
    assert certificates.find(Issuer(fp(BOB), SUB.key_id)) == ()


def test_colliding_key_ids_give_every_key() -> None:
    certificates = store(GOOD, certificate(BOB))
    certificates._by_key_id[SUB.key_id].add(fp(BOB))
    found = certificates.find(Issuer(None, SUB.key_id))
    assert [one.fingerprint for one in found] == sorted([fp(SUB), fp(BOB)])


def test_of_colliding_fingerprints_the_order_does_not_decide() -> None:
    certificates = store(GOOD)
    other = store(certificate(BOB)).get(fp(BOB))
    assert other is not None
    present = certificates.get(fp(SUB))
    assert present is not None
    other.fingerprint = fp(SUB)
    certificates._add_key(other)
    certificates._add_key(present)
    assert certificates.get(fp(SUB)) is min(other, present, key=lambda one: one.body)


def test_keys_of_unknown_algorithms_are_there() -> None:
    body = key_body(4, 99, b"some future key")
    certificates = store(packet(6, body))
    [public] = certificates
    assert (public.algorithm, public.algorithm_name) == (99, "public-key algorithm 99")


def test_encryption_keys_are_there() -> None:
    x25519 = key_body(
        4, 18, b"\x0a+\x06\x01\x04\x01\x97U\x01\x05\x01" + mpi(b"\x40" * 33) + b"\3\1\x08\7"
    )
    elgamal = key_body(4, 16, mpi(5) * 3)
    certificates = store(packet(6, x25519) + packet(14, elgamal))
    assert {one.algorithm_name for one in certificates} == {"ECDH Curve25519", "ElGamal"}


# --- Bindings ---


@pytest.mark.parametrize(
    ("primary", "subkey"),
    [(ALICE, SUB), (BOB, key("p256")), (key("dsa"), ALICE), (CAROL, CAROL_SUB)],
)
def test_a_good_binding(primary: maker.Key, subkey: maker.Key) -> None:
    certificates = store(certificate(primary, (subkey, binding(primary, subkey))))
    for _ in range(2):
        assert certificates.bound_primaries(fp(subkey)) == {primary.fingerprint}
    assert certificates.claimed_primaries(fp(subkey)) == frozenset()
    assert certificates.binding_problem(fp(subkey), fp(primary)) == ""
    assert certificates.bound_primaries(fp(primary)) == frozenset()


HASHED_BACK = back_signature(ALICE, SUB)


@pytest.mark.parametrize(
    "bound",
    [
        binding(ALICE, SUB, back=b"", extra=HASHED_BACK),
        binding(ALICE, SUB, octet=0x2E),
        binding(ALICE, SUB, back=subpacket(32, b"junk") + HASHED_BACK),
        binding(ALICE, SUB, back=back_signature(ALICE, SUB, digest=2) + HASHED_BACK),
        binding(ALICE, SUB, extra=subpacket(9, bytes([0, 0, 0, 1]))),
        binding(ALICE, SUB, hashed=created() + flags(0) + flags(2)),
    ],
)
def test_other_good_bindings(bound: bytes) -> None:
    certificates = store(certificate(ALICE, (SUB, bound)))
    assert certificates.bound_primaries(fp(SUB)) == {ALICE.fingerprint}


@pytest.mark.parametrize(
    ("bound", "problem"),
    [
        (b"", "no binding signature"),
        (binding(ALICE, SUB, type=0x28), "no binding signature"),
        (binding(ALICE, SUB)[:-1], "malformed"),
        (b"\5" + binding(ALICE, SUB)[1:], "malformed"),
        (binding(ALICE, SUB, extra=subpacket(99, b"", critical=True)), "not supported"),
        (binding(ALICE, SUB, extra=subpacket(20, b"", critical=True)), "not supported"),
        (binding(ALICE, SUB, digest=99), "not supported"),
        (binding(ALICE, SUB, by=BOB), "does not verify"),
        (binding(ALICE, SUB, by=key("rsa", number=1)), "does not verify"),
        (binding(ALICE, BOB), "does not verify"),
        (binding(ALICE, SUB, octet=0x0C), "does not allow it to sign"),
        (binding(ALICE, SUB, hashed=created()), "does not allow it to sign"),
        (binding(ALICE, SUB, hashed=created() + subpacket(27, b"")), "does not allow it to sign"),
        (binding(ALICE, SUB, hashed=created(), unhashed=flags(2) + HASHED_BACK), "does not allow"),
        (binding(ALICE, SUB, hashed=created() + flags(2) + flags(0)), "does not allow it to sign"),
        (binding(ALICE, SUB, digest=2), "made with SHA-1: list the subkey itself"),
        (binding(ALICE, SUB, digest=1), "made with MD5: list the subkey itself"),
        (binding(ALICE, SUB, back=b""), "no back-signature"),
        (binding(ALICE, SUB, back=subpacket(32, b"")), "no back-signature"),
        (binding(ALICE, SUB, back=back_signature(ALICE, SUB, type=0x18)), "no back-signature"),
        (binding(ALICE, SUB, back=back_signature(BOB, SUB)), "back-signature in its binding does"),
        (
            binding(ALICE, SUB, back=subpacket(32, sign(ALICE, b"", type=0x19))),
            "back-signature in its binding does not verify",
        ),
        (
            binding(ALICE, SUB, back=back_signature(ALICE, SUB, digest=2)),
            "back-signature in its binding is made with SHA-1: list",
        ),
    ],
)
def test_bindings_that_do_not_count(bound: bytes, problem: str) -> None:
    certificates = store(certificate(ALICE, (SUB, bound)))
    assert problem in certificates.binding_problem(fp(SUB), fp(ALICE))
    assert certificates.bound_primaries(fp(SUB)) == frozenset()
    assert certificates.claimed_primaries(fp(SUB)) == {ALICE.fingerprint}


def test_a_subkey_of_a_certificate_that_does_not_carry_it() -> None:
    certificates = store(PLAIN)
    assert "carries" in certificates.binding_problem(fp(SUB), fp(ALICE))
    assert certificates.claimed_primaries(fp(SUB)) == frozenset()


def test_versions_do_not_mix() -> None:
    certificates = store(certificate(CAROL, (SUB, binding(CAROL, SUB))))
    assert "version 6" in certificates.binding_problem(fp(SUB), fp(CAROL))


def test_giant_keys_are_not_bound() -> None:
    body = key_body(4, 27, bytes(9000))
    certificates = store(PLAIN + packet(14, body))
    giant = next(one for one in certificates if one.damage)
    assert "too long" in certificates.binding_problem(giant.fingerprint, fp(ALICE))
    assert certificates.facts(giant.fingerprint) is not None
    giant_primary = store(packet(6, body) + packet(13, b"x") + packet(2, b"y"))
    [facts] = [giant_primary.facts(one.fingerprint) for one in giant_primary]
    assert facts is not None
    assert facts.user_id is None


def test_another_certificate_that_claims_the_subkey_changes_nothing() -> None:
    """An attacker adopts a subkey: it stays bound to its primary, and to that one only."""
    adopted = certificate(BOB, (SUB, binding(BOB, SUB, back=HASHED_BACK)))
    for files in itertools.permutations([adopted, GOOD]):
        certificates = store(*files)
        assert certificates.bound_primaries(fp(SUB)) == {ALICE.fingerprint}
        assert certificates.claimed_primaries(fp(SUB)) == {BOB.fingerprint}


def test_adding_more_never_takes_a_binding_away() -> None:
    revoked = certificate(ALICE, (SUB, binding(ALICE, SUB, type=0x28)))
    weak = certificate(ALICE, (SUB, binding(ALICE, SUB, digest=2)))
    for files in itertools.permutations([revoked, weak, GOOD]):
        assert store(*files).bound_primaries(fp(SUB)) == {ALICE.fingerprint}
    certificates = store(weak)
    assert certificates.bound_primaries(fp(SUB)) == frozenset()
    certificates.add(GOOD)
    assert certificates.bound_primaries(fp(SUB)) == {ALICE.fingerprint}


# --- Facts ---


def expiring(primary: maker.Key, user_id: bytes, seconds: int, at: int, **changes: Any) -> bytes:
    hashed = created(at) + primary.issuer() + subpacket(9, seconds.to_bytes(4, "big"))
    return certify(primary, user_id, hashed=hashed, **changes)


def cert_with(*bodies: bytes, user_id: bytes = b"A <a@b>", direct: bytes = b"") -> bytes:
    parts = [packet(6, ALICE.body), direct, packet(13, user_id)]
    return b"".join(parts + [packet(2, body) for body in bodies])


def test_facts_of_a_primary_key_and_its_subkey() -> None:
    certificates = store(GOOD)
    facts = certificates.facts(fp(ALICE))
    assert facts is not None
    assert (facts.primary, facts.user_id) == (ALICE.fingerprint, b"A <a@b>")
    assert (facts.created, facts.expires, facts.revoked) == (maker.CREATED, None, False)
    assert (facts.bits, facts.algorithm_name) == (1024, "RSA 1024")
    facts = certificates.facts(fp(SUB))
    assert facts is not None
    assert (facts.primary, facts.user_id) == (ALICE.fingerprint, b"A <a@b>")
    assert facts.algorithm_name == "EdDSA Ed25519"
    assert certificates.facts(fp(BOB)) is None


def test_facts_that_were_told_are_told_anew_when_a_file_comes() -> None:
    certificates = store(GOOD)
    for name in (fp(ALICE), fp(SUB)):
        told = certificates.facts(name)
        assert told is not None
        assert not told.revoked
    revoking = packet(2, sign(ALICE, ALICE.hashed_form, type=0x20))
    assert certificates.add(packet(6, ALICE.body) + revoking) == []
    for name in (fp(ALICE), fp(SUB)):
        told = certificates.facts(name)
        assert told is not None
        assert told.revoked


def test_the_newest_self_signature_says_when_it_expires() -> None:
    bodies = [expiring(ALICE, b"A <a@b>", 10 * at, at) for at in (1, 3, 2)]
    for order in itertools.permutations(bodies):
        facts = store(cert_with(*order)).facts(fp(ALICE))
        assert facts is not None
        assert facts.expires == maker.CREATED + 30


@pytest.mark.parametrize(
    "body",
    [
        expiring(ALICE, b"A <a@b>", 0, 5),
        certify(ALICE, b"A <a@b>", hashed=created(5) + ALICE.issuer()),
        certify(ALICE, b"A <a@b>", hashed=created(5) + ALICE.issuer() + subpacket(9, b"")),
    ],
)
def test_no_expiry(body: bytes) -> None:
    facts = store(cert_with(expiring(ALICE, b"A <a@b>", 10, 1), body)).facts(fp(ALICE))
    assert facts is not None
    assert facts.expires is None


def test_others_do_not_say_when_it_expires() -> None:
    lie = certify(
        ALICE, b"A <a@b>", by=BOB, hashed=created(9) + ALICE.issuer() + subpacket(9, b"1234")
    )
    facts = store(cert_with(lie, b"\4\x13" + ALICE.key_id, certify(ALICE, b"A <a@b>"))).facts(
        fp(ALICE)
    )
    assert facts is not None
    assert facts.expires is None


def test_old_digests_are_good_enough_for_reports() -> None:
    facts = store(cert_with(certify(ALICE, b"A <a@b>", digest=2))).facts(fp(ALICE))
    assert facts is not None
    assert facts.user_id == b"A <a@b>"


def test_a_direct_key_signature_counts_too() -> None:
    hashed = created(9) + ALICE.issuer() + subpacket(9, bytes([0, 0, 0, 7]))
    direct = packet(2, sign(ALICE, ALICE.hashed_form, type=0x1F, hashed=hashed))
    facts = store(cert_with(expiring(ALICE, b"A <a@b>", 10, 1), direct=direct)).facts(fp(ALICE))
    assert facts is not None
    assert facts.expires == maker.CREATED + 7


def test_which_user_id_is_told() -> None:
    primary = subpacket(25, b"\1")
    old = certify(ALICE, b"old", hashed=created(1) + ALICE.issuer() + primary)
    new = certify(ALICE, b"new", hashed=created(9) + ALICE.issuer() + subpacket(25, b"\0"))
    gone = certify(ALICE, b"old", type=0x30, hashed=created(9) + ALICE.issuer())
    both = cert_with(old, user_id=b"old") + packet(13, b"new") + packet(2, new)
    long = packet(13, b"x" * 5000) + packet(2, certify(ALICE, b"x" * 5000))
    stranger = packet(13, b"fake") + packet(2, certify(ALICE, b"fake", by=BOB))
    for data, expected in (
        (both, b"old"),
        (both + long + stranger, b"old"),
        (cert_with(old, gone, user_id=b"old") + packet(13, b"new") + packet(2, new), b"new"),
        (packet(6, ALICE.body) + stranger, None),
        (packet(6, ALICE.body), None),
    ):
        facts = store(data).facts(fp(ALICE))
        assert facts is not None
        assert facts.user_id == expected


def test_revocation_is_told_and_must_verify() -> None:
    revocation = sign(ALICE, ALICE.hashed_form, type=0x20)
    fake = sign(BOB, ALICE.hashed_form, type=0x20, unhashed=ALICE.issuer_id())
    over = ALICE.hashed_form + SUB.hashed_form
    subkey_revocation = sign(ALICE, over, type=0x28)
    bound = packet(14, SUB.body) + packet(2, binding(ALICE, SUB))
    for data, primary_revoked, subkey_revoked in (
        (packet(6, ALICE.body) + packet(2, revocation) + bound, True, True),
        (packet(6, ALICE.body) + packet(2, fake) + bound, False, False),
        (packet(6, ALICE.body) + bound + packet(2, subkey_revocation), False, True),
    ):
        certificates = store(data)
        facts, subkey_facts = certificates.facts(fp(ALICE)), certificates.facts(fp(SUB))
        assert facts is not None
        assert subkey_facts is not None
        assert (facts.revoked, subkey_facts.revoked) == (primary_revoked, subkey_revoked)
        assert certificates.bound_primaries(fp(SUB)) == {ALICE.fingerprint}


def test_facts_of_stray_and_claimed_subkeys() -> None:
    stray = store(packet(14, SUB.body)).facts(fp(SUB))
    assert stray is not None
    assert (stray.primary, stray.user_id) == (SUB.fingerprint, None)
    claimed = store(certificate(BOB, (SUB, b""))).facts(fp(SUB))
    assert claimed is not None
    assert claimed.primary == BOB.fingerprint


def test_the_expiry_of_a_subkey_is_its_bindings() -> None:
    bound = binding(ALICE, SUB, extra=subpacket(9, bytes([0, 0, 0, 5])))
    facts = store(certificate(ALICE, (SUB, bound))).facts(fp(SUB))
    assert facts is not None
    assert facts.expires == maker.CREATED + 5
