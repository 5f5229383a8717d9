"""Certificates taken from files whole, merged, and written back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.signatures.openpgp import Certificates, transfer
from nixauth.signatures.openpgp.packets import framed, read_packet
from tests.support import openpgp
from tests.support.openpgp import PUBLIC_SUBKEY, SIGNATURE, USER_ID, packet
from tests.unit.signatures.openpgp import maker

ALICE = openpgp.key("alice")
WHOLE = ALICE.certificate([ALICE.subkey("laptop"), ALICE.subkey("desk")])
ATTRIBUTE = packet(17, b"a picture") + packet(SIGNATURE, b"\4over a picture")
UNKNOWN = packet(60, b"private or experimental")


def only(data: bytes) -> transfer.Transferable:
    (found,) = transfer.read(data).certificates
    return found


@pytest.mark.parametrize("size", [0, 1, 191, 192, 255, 256, 8383, 8384, 65535, 65536])
@pytest.mark.parametrize("tag", [2, 6, 13, 14, 17, 60])
def test_what_is_framed_is_read(tag: int, size: int) -> None:
    made = framed(tag, bytes(size))
    assert read_packet(made, 0) == (tag, len(made) - size, len(made))


@given(st.binary(max_size=300))
def test_armor_is_read_back(data: bytes) -> None:
    found = transfer.read(transfer.armored_keys(data))
    assert not [problem for problem in found.problems if "armor" in problem]
    if not data:
        assert found.certificates == []


def test_nothing_is_dropped_but_trust_packets() -> None:
    data = WHOLE + ATTRIBUTE + UNKNOWN + packet(12, b"my own trust")
    found = only(data)
    again = only(transfer.armored_keys(found.to_bytes()))
    assert again.components == found.components
    bodies = {body for (_, body), _ in found.components}
    assert b"a picture" in bodies
    following = {one for _, after in found.components for one in after}
    assert (60, b"private or experimental") in following
    assert not [one for one in following if one[0] == 12]


def test_merging_loses_nothing_of_either() -> None:
    first = only(ALICE.certificate([ALICE.subkey("laptop")]) + ATTRIBUTE)
    second = only(ALICE.certificate([ALICE.subkey("desk")], user_id=b"Alice at work") + UNKNOWN)
    both = transfer.merged(first, second)
    assert set(both.atoms()) == set(first.atoms()) | set(second.atoms())
    tags = [tag for (tag, _), _ in both.components]
    assert tags.index(PUBLIC_SUBKEY) > max(i for i, tag in enumerate(tags) if tag == USER_ID)
    assert transfer.merged(both, second).components == both.components
    read = Certificates()
    assert read.add(both.to_bytes()) == []
    for name in ("laptop", "desk"):
        bound = read.bound_primaries(ALICE.subkey(name).fingerprint)  # type: ignore[arg-type]
        assert bound == {ALICE.fingerprint}


def test_export_is_the_same_in_any_order_of_files() -> None:
    files = [
        WHOLE,
        ALICE.certificate(user_id=b"Alice at work"),
        ALICE.certificate([ALICE.subkey("third")]),
        openpgp.key("bob").certificate(),
    ]
    exported = set()
    for order in itertools.permutations(files):
        certificates = Certificates()
        for file in order:
            certificates.add(file)
        exported.add(certificates.export(ALICE.fingerprint)[0])  # type: ignore[arg-type]
    (one,) = exported
    again = Certificates()
    assert again.add(one) == []
    assert again.export(ALICE.fingerprint) == (one, [])  # type: ignore[arg-type]
    assert len(again.subkeys(ALICE.fingerprint)) == 3  # type: ignore[arg-type]
    assert Certificates().export(ALICE.fingerprint) == (b"", [])  # type: ignore[arg-type]


def test_export_leaves_out_what_readers_of_version_4_stumble_over() -> None:
    stranger = maker.key("ed25519", 6)
    certificates = Certificates()
    newer = packet(2, b"\6" + bytes(40))
    certificates.add(WHOLE + newer + packet(14, stranger.body) + newer)
    expected = Certificates()
    expected.add(WHOLE)
    name = ALICE.fingerprint
    assert certificates.export(name) == expected.export(name)  # type: ignore[arg-type]


def test_a_file_keeps_what_is_beside_the_certificate() -> None:
    bob = openpgp.key("bob").certificate()
    text = b"Alice, met in person\r\n" + transfer.armored_keys(WHOLE) + b"\nand bob:\n"
    text += transfer.armored_keys(bob) + b"the end"
    old = transfer.read(text).certificates[0]
    new = transfer.merged(old, only(ALICE.certificate(user_id=b"Alice at work")))
    written = transfer.put(text, new)
    assert written.startswith(b"Alice, met in person\r\n-----BEGIN")
    assert written.endswith(b"\nand bob:\n" + transfer.armored_keys(bob) + b"the end")
    assert set(transfer.read(written).certificates[0].atoms()) == set(new.atoms())


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_binary_file_keeps_its_other_certificates(position: int) -> None:
    others = [openpgp.key("bob").certificate(), packet(2, b"\4an orphan") + b""]
    files = [*others]
    files.insert(position, WHOLE)
    data = b"".join(files)
    if position == 2:
        data = b"".join([others[0], WHOLE])
    old = next(c for c in transfer.read(data).certificates if c.fingerprint == ALICE.fingerprint)
    new = transfer.merged(old, only(ALICE.certificate(user_id=b"Alice at work")))
    written = transfer.put(data, new)
    kept = data.replace(data[old.start : old.end], b"", 1)
    assert written.replace(new.to_bytes(), b"", 1) == kept


def test_damage_and_secrets_are_told() -> None:
    assert transfer.read(WHOLE[:-3]).problems
    assert transfer.read(transfer.armored_keys(WHOLE).replace(b"\n=", b"\n=AAAA\n", 1)).problems
    assert transfer.read(packet(5, ALICE.body + b"secret")).secret
    assert transfer.read(WHOLE + packet(7, ALICE.body + b"secret")).secret
    old = transfer.read(packet(6, b"\3" + bytes(20)) + WHOLE)
    assert [one.fingerprint for one in old.certificates] == [ALICE.fingerprint]
    assert old.left_out


@given(st.binary(max_size=200))
def test_no_input_raises(data: bytes) -> None:
    transfer.read(data)
    transfer.read(WHOLE + data)
