"""`nixauth keys check` and `list`: each kind of finding, and what fails."""

from __future__ import annotations

import json
import typing

import pytest

from nixauth.cli import keys as command
from nixauth.keys import check
from nixauth.signatures.openpgp import PublicKey
from nixauth.signatures.openpgp.transfer import armored_keys
from tests.support import openpgp
from tests.support.openpgp import Binding, packet, subpacket
from tests.unit.keys.repositories import Checkout
from tests.unit.keys.test_keys_import import revoked, ssh_key
from tests.unit.signatures.openpgp import maker

ALICE, BOB = openpgp.key("alice"), openpgp.key("bob")
A, B = ALICE.fingerprint, BOB.fingerprint
NOW = openpgp.CREATED + 100_000_000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.time, "time", lambda: float(NOW))


def expiring(seconds: int) -> bytes:
    """Alice's certificate, which expires so long after it was made."""
    over = ALICE._hashable() + b"\xb4" + len(ALICE.user_id).to_bytes(4, "big") + ALICE.user_id
    own = ALICE.signature(
        over, signature_type=0x13, hashed=[subpacket(9, seconds.to_bytes(4, "big"))]
    )
    return packet(6, ALICE.body) + packet(13, ALICE.user_id) + own


def findings(checkout: Checkout, code: int) -> list[dict[str, typing.Any]]:
    done = checkout.keys("check", "--format", "json")
    assert (done.code, done.err) == (code, "")
    document = json.loads(done.out)
    assert document["ok"] is (code == 0)
    assert document["path"] == ".authorizations"
    return [
        {name: value for name, value in found.items() if name != "message"}
        for found in document["findings"]
    ]


def test_nothing_is_wrong(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate([ALICE.subkey("laptop")])})
    checkout.git("update-ref", "refs/remotes/origin/keyring", "keyring")
    checkout.authorize({"alice": [A], "kay": [ssh_key(checkout.box.folder)]})
    assert findings(checkout, 0) == []
    assert checkout.keys("check").out.startswith("0 findings")


def test_missing(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate()})
    checkout.authorize({"alice": [A], "bob": [B]})
    assert findings(checkout, 1) == [
        {"kind": "missing", "fingerprint": B, "person": "bob", "fails": True}
    ]
    text = checkout.keys("check")
    assert text.code == 1
    assert text.out.startswith(f"missing: {B} is listed for bob, and is not at hand\n1 finding,")


def test_unusable(checkout: Checkout) -> None:
    short = openpgp.rsa_key("short", 768)
    checkout.keyring_branch({"s.key": short.certificate(digest="SHA256")})
    checkout.authorize({"sue": [short.fingerprint]})
    (found,) = findings(checkout, 1)
    assert (found["kind"], found["person"], found["fails"]) == ("unusable", "sue", True)
    assert "768 bits" in found["detail"]
    checkout.authorize({"kay": [ssh_key(checkout.box.folder)]})
    kinds = {(one["kind"], one["fails"]) for one in findings(checkout, 0)}
    assert kinds == {("unusable", False), ("unused", False)}


def test_damaged_is_unusable(checkout: Checkout) -> None:
    body = ALICE.body[:-1]
    broken = PublicKey(body)
    checkout.keyring_branch({"x.key": packet(6, body) + packet(13, b"x")})
    checkout.authorize({"x": [broken.fingerprint]})
    (found,) = findings(checkout, 1)
    assert found["kind"] == "unusable"
    assert "damaged key" in found["detail"]


def test_unusable_ssh(checkout: Checkout) -> None:
    checkout.authorize({"sue": [ssh_key(checkout.box.folder, "-t", "rsa", "-b", "1024")]})
    (found,) = findings(checkout, 1)
    assert (found["kind"], found["person"], found["fails"]) == ("unusable", "sue", True)


def test_weak(checkout: Checkout) -> None:
    weak = openpgp.rsa_key("weak", 1024)
    checkout.keyring_branch({"w.key": weak.certificate()})
    checkout.authorize({"wim": [weak.fingerprint]})
    assert findings(checkout, 0) == [
        {
            "kind": "weak",
            "fingerprint": weak.fingerprint,
            "person": "wim",
            "bits": 1024,
            "algorithm": "RSA 1024",
            "fails": False,
        }
    ]


def test_expired(checkout: Checkout) -> None:
    checkout.authorize({"alice": [A]})
    checkout.keyring_branch({"a.key": expiring(100_000_001)})
    assert findings(checkout, 0) == []
    checkout.keyring_branch({"a.key": expiring(100_000_000)})
    assert findings(checkout, 0) == [
        {"kind": "expired", "fingerprint": A, "person": "alice", "expires": NOW, "fails": False}
    ]


def test_revoked(checkout: Checkout) -> None:
    laptop = Binding(ALICE.subkey("laptop"))
    subkey = packet(14, laptop.subkey.body) + ALICE.binding(laptop)
    checkout.keyring_branch({"a.key": revoked() + subkey})
    checkout.authorize({"alice": [A]})
    assert findings(checkout, 0) == [
        {"kind": "revoked", "fingerprint": A, "person": "alice", "fails": False}
    ]


def test_unused(checkout: Checkout) -> None:
    key = ssh_key(checkout.box.folder)
    stored = {"a.key": ALICE.certificate([ALICE.subkey("laptop")]), "b.key": BOB.certificate()}
    checkout.keyring_branch({**stored, "x.pub": f"{key}\n".encode()})
    checkout.authorize({"alice": [ALICE.subkey("laptop").fingerprint]})
    found = findings(checkout, 0)
    assert [one["kind"] for one in found] == ["unused", "unused"]
    assert found[0]["fingerprint"] == B
    assert found[0]["files"] == ["refs/heads/keyring:b.key"]
    assert found[1]["files"] == ["refs/heads/keyring:x.pub"]


def test_duplicate_file(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate(), "below/a.asc": revoked()})
    checkout.authorize({"alice": [A]})
    found = findings(checkout, 0)
    assert found[1:] == [
        {
            "kind": "duplicate-file",
            "fingerprint": A,
            "files": ["refs/heads/keyring:a.key", "refs/heads/keyring:below/a.asc"],
            "fails": False,
        }
    ]


def test_shared_key(checkout: Checkout) -> None:
    taken = ALICE.subkey("laptop")
    bobs = BOB.certificate([Binding(taken)])
    checkout.keyring_branch({"a.key": ALICE.certificate([taken]), "b.key": bobs})
    checkout.authorize({"alice": [A], "bob": [B]})
    assert findings(checkout, 0) == [
        {
            "kind": "shared-key",
            "fingerprint": taken.fingerprint,
            "primaries": sorted([A, B]),
            "fails": False,
        }
    ]


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        ({"back": False}, "no back-signature"),
        ({"digest": "SHA1"}, "SHA-1"),
        ({"back_digest": "SHA1"}, "SHA-1"),
    ],
)
def test_unbound_subkey(checkout: Checkout, binding: dict[str, typing.Any], reason: str) -> None:
    laptop = ALICE.subkey("laptop")
    checkout.keyring_branch({"a.key": ALICE.certificate([Binding(laptop, **binding)])})
    checkout.authorize({"alice": [A]})
    (found,) = findings(checkout, 1)
    assert reason in found.pop("detail")
    assert found == {
        "kind": "unbound-subkey",
        "fingerprint": laptop.fingerprint,
        "person": "alice",
        "primary": A,
        "fails": True,
    }
    checkout.authorize({"alice": [A, laptop.fingerprint]})
    assert findings(checkout, 0) == []  # listed itself, it needs no binding


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        (b"", "no binding signature"),
        (packet(2, b"\4\x18"), "malformed"),
        (ALICE.binding(Binding(ALICE.subkey("laptop"), good=False)), "does not verify"),
        (BOB.binding(Binding(ALICE.subkey("laptop"))), "does not verify"),
    ],
)
def test_a_subkey_that_anybody_may_have_added_does_not_fail(
    checkout: Checkout, added: bytes, reason: str
) -> None:
    laptop = ALICE.subkey("laptop")
    added = packet(14, laptop.body) + added
    checkout.keyring_branch({"a.key": ALICE.certificate() + added})
    checkout.authorize({"alice": [A]})
    (found,) = findings(checkout, 0)
    assert (found["kind"], found["fails"]) == ("unbound-subkey", False)
    assert reason in found["detail"]


def test_subkeys_for_something_else_are_no_finding(checkout: Checkout) -> None:
    encrypts = Binding(ALICE.subkey("mail"), flags=12, back=False)
    checkout.keyring_branch({"a.key": ALICE.certificate([encrypts])})
    checkout.authorize({"alice": [A]})
    assert findings(checkout, 0) == []


def test_a_revoked_subkey_without_binding_does_not_fail(checkout: Checkout) -> None:
    laptop = ALICE.subkey("laptop")
    over = ALICE._hashable() + laptop._hashable()
    gone = ALICE.signature(over, signature_type=0x28)
    whole = ALICE.certificate([Binding(laptop, back=False)]) + gone
    checkout.keyring_branch({"a.key": whole})
    checkout.authorize({"alice": [A]})
    (found,) = findings(checkout, 0)
    assert (found["kind"], found["fails"]) == ("unbound-subkey", False)


def test_unreadable_file(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate(), "x.asc": b"nonsense"})
    checkout.authorize({"alice": [A]})
    (found,) = findings(checkout, 0)
    assert found["kind"] == "unreadable-file"
    assert found["detail"].startswith("refs/heads/keyring:x.asc: ")


def test_every_kind_has_a_test() -> None:
    kinds = {kind.kind for kind in typing.get_args(check.Finding)}
    named = {name.removeprefix("test_").replace("_", "-") for name in globals()}
    assert kinds <= named


def test_questions_that_cannot_be_answered(checkout: Checkout) -> None:
    assert checkout.keys("check").code == 2  # no authorizations
    checkout.authorize({"alice": []})
    malformed = checkout.keys("check")
    assert malformed.code == 2
    assert "malformed" in malformed.err
    checkout.authorize({"alice": [A]})
    assert checkout.keys("check", "--keyring", "refs/heads/gone").code == 3
    assert checkout.keys("check", "no-such-revision").code == 2
    assert checkout.keys("check", "HEAD~1").code == 2


def test_another_file_and_revision(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate()})
    checkout.authorize({"alice": [A]})
    checkout.authorize({"bob": [B]})
    assert checkout.keys("check").code == 1
    assert checkout.keys("check", "HEAD~1").code == 0
    file = checkout.file("b.asc", armored_keys(BOB.certificate()))
    assert checkout.keys("check", "--keyring", file).code == 0
    assert checkout.keys("check", "--authorizations-file", "gone").code == 2


# --- list ---


def test_list(checkout: Checkout) -> None:
    subkeys = [
        Binding(ALICE.subkey("laptop")),
        Binding(ALICE.subkey("old"), digest="SHA1"),
        Binding(ALICE.subkey("mail"), flags=12, back=False),
    ]
    line = ssh_key(checkout.box.folder, "-t", "ed25519", "-C", "kay@home")
    checkout.keyring_branch(
        {
            "a.key": ALICE.certificate(subkeys),
            "b.key": BOB.certificate(user_id=b"Bob\x1b[2J\n\xe2\x80\xae"),
            "k.pub": f"{line}\n".encode(),
            "x.key": b"nonsense",
        }
    )
    checkout.authorize({"alice": [A], "kay": [line], "gone": ["9" * 40]})
    done = checkout.keys("list")
    assert done.code == 0
    assert "x.key" in done.err
    lines = done.out.splitlines()
    assert len(lines) == 6
    assert (
        f"{A}  EdDSA Ed25519  created 2017-07-14  listed for alice  alice <alice@example.org>"
        in lines
    )
    laptop = f"  {ALICE.subkey('laptop').fingerprint}  EdDSA Ed25519  created 2017-07-14"
    assert f"{laptop}  signing subkey  bound" in lines
    assert [one for one in lines if "not bound: its binding is made with SHA-1" in one]
    assert ALICE.subkey("mail").fingerprint not in done.out
    assert [one for one in lines if one.startswith(f"{B}  ") and "listed for nobody" in one]
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert [one for one in lines if one.startswith("SHA256:") and one.endswith("kay@home")]
    assert lines[-1] == f"{'9' * 40}  not at hand, listed for gone"


def test_list_as_json(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate([ALICE.subkey("laptop")])})
    checkout.authorize({"alice": [A]})
    document = json.loads(checkout.keys("list", "--format", "json").out)
    assert document["commit"] == checkout.git("rev-parse", "HEAD")
    (alice,) = document["certificates"]
    assert alice["person"] == "alice"
    assert alice["user_id"] == "alice <alice@example.org>"
    assert alice["files"] == ["refs/heads/keyring:a.key"]
    (laptop,) = alice["subkeys"]
    assert laptop["bound"] is True


def test_list_without_authorizations(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": revoked(), "b.key": maker.certificate(maker.key("p256"))})
    done = checkout.keys("list")
    assert done.code == 0
    assert "nobody is listed" in done.err
    assert len(done.out.splitlines()) == 2
    assert "  revoked  " in done.out
    assert checkout.keys("list", "HEAD").code == 2


def test_an_expired_key_says_so(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": expiring(86_400)})
    assert "expired 2017-07-15" in checkout.keys("list").out
