"""Authorizations over time: who changed them, and for whom."""

from __future__ import annotations

from tests.unit.audit.conftest import Audited, fingerprint
from tests.unit.cli.places import listing


def test_changes_in_their_order(audited: Audited) -> None:
    audited.commit(people=("alice",))
    audited.commit(people=("alice", "bob"))
    audited.commit(people=("alice", "bob"), signer="bob")
    audited.commit(people=("alice",))
    first, second = audited.json()["grants"]
    assert first["commit"] == audited.made[1].hex()
    assert (first["person"], first["signer"]) == ("alice", fingerprint("alice"))
    assert [one["change"] for one in first["changes"]] == ["person-added", "key-added"]
    assert first["changes"][1]["fingerprint"] == fingerprint("bob")
    assert not first["adds_own"]
    assert second["commit"] == audited.made[3].hex()
    assert [one["change"] for one in second["changes"]] == ["person-removed", "key-removed"]


def test_who_gives_something_to_themselves(audited: Audited) -> None:
    audited.commit(people=("alice", "bob"))
    own = listing({"alice": ["alice"], "bob": ["bob", "mallory"]})
    audited.commit(file=own, signer="bob")
    other = listing({"alice": ["alice"], "bob": ["bob", "mallory"], "bobby": ["carol"]})
    audited.commit(file=other, signer="bob")
    found = audited.json()["grants"]
    assert [one["adds_own"] for one in found] == [True, False]
    assert "the signer gives something to themselves" in audited.run().out


def test_attempts(audited: Audited) -> None:
    audited.commit(people=("alice", "robot"))
    audited.commit(people=("alice", "robot", "mallory"), signer="robot")
    (found,) = audited.json()["grants"]
    assert (found["state"], found["reason"]) == ("refused", "service-changes-authorizations")
    assert [one["change"] for one in found["changes"]] == ["person-added", "key-added"]
    audited.box.run("cache", "clear")


def test_a_stranger_who_lists_themselves(audited: Audited) -> None:
    audited.commit()
    audited.commit(people=("alice", "bob", "mallory"), signer="mallory")
    (found,) = audited.json()["grants"]
    assert (found["state"], found["reason"]) == ("refused", "unauthorized-key")
    assert found["adds_own"]
    assert found["signer"] == fingerprint("mallory")


def test_a_file_that_is_broken(audited: Audited) -> None:
    audited.commit()
    audited.commit(file=b"version: 7\n")
    (found,) = audited.json()["grants"]
    assert (found["reason"], found["changes"]) == ("authorizations-malformed", [])


def test_merges_change_nothing_unless_they_choose(audited: Audited) -> None:
    first = audited.commit(people=("alice", "bob"))
    left = audited.commit(first, people=("alice", "bob", "carol"))
    right = audited.commit(first, people=("alice", "bob"))
    merge = audited.commit(right, left, people=("alice", "bob", "carol"))
    assert len(audited.json()["grants"]) == 1
    audited.maker.date += 60
    mixed = audited.maker.commit(merge, right, people=("alice",))
    audited.made.append(mixed)
    audited.repository = None
    audited.box.folder = audited.box.folder / "again"
    audited.box.folder.mkdir()
    last = audited.json()["grants"][-1]
    assert last["chooses"]
    assert last["commit"] == mixed.hex()


def test_the_same_from_the_cache(audited: Audited) -> None:
    audited.commit(people=("alice",))
    audited.commit(people=("alice", "bob"))
    audited.commit(people=("alice", "bob"), signer="bob")
    runs = [audited.json("--no-cache"), audited.json(), audited.json(), audited.json("--jobs", "1")]
    for one in runs:
        del one["now"]
    assert runs[0] == runs[1] == runs[2] == runs[3]
    (facts,) = audited.box.cache.glob("*.facts")
    good = facts.read_bytes()
    for damaged in (b"", good[:40], good[:-1], bytes([good[0] ^ 1]) + good[1:], good + b"x"):
        facts.write_bytes(damaged)
        found = audited.json()
        del found["now"]
        assert found == runs[0]
    assert audited.box.run("cache", "clear").code == 0
    assert not facts.exists()


def test_an_audit_leaves_to_verify_what_it_found(audited: Audited) -> None:
    for _ in range(3):
        audited.commit()
    audited.run()
    trust = ["--introduction", audited.made[0].hex(), "--signer", fingerprint("alice")]
    done = audited.box.run("verify", "-C", audited.repository, *trust, "--format", "json")
    assert '"verified": 0' in done.out
