"""People and their keys: who vouched for what, and what hangs on one name."""

from __future__ import annotations

from typing import Any

from tests.unit.audit.conftest import Audited, fingerprint


def by_name(found: Any) -> dict[str, Any]:
    return {one["name"]: one for one in found["people"]}


def test_who_vouched_for_what(audited: Audited) -> None:
    people = ("alice", "bob", "carol")
    for signer in ("alice", "bob", "bob", "alice"):
        audited.commit(signer=signer, people=people)
    found = audited.json()
    names = by_name(found)
    assert names["bob"]["commits"] == 2
    assert names["bob"]["first"]["commit"] == audited.made[1].hex()
    assert names["bob"]["last"]["commit"] == audited.made[2].hex()
    assert round(names["bob"]["share"], 3) == 0.667
    assert names["bob"]["keys"][0]["fingerprint"] == fingerprint("bob")
    assert names["carol"]["commits"] == 0
    assert names["carol"]["unused_keys"] == [fingerprint("carol")]
    assert [name for name, one in names.items() if one["removable"]] == ["carol"]
    assert found["people"][0]["name"] == "bob"


def test_who_is_needed_on_the_trusted_path(audited: Audited) -> None:
    path = {"history": "trusted-path", "people": ("alice", "bob", "carol")}
    first = audited.commit(**path)
    left = audited.commit(first, signer="bob", **path)
    right = audited.commit(first, signer="carol", **path)
    audited.commit(left, right, signer="alice", **path)
    names = by_name(audited.json())
    # A line leads through bob's commit, and another one through carol's.
    assert names["bob"]["removable"]
    assert names["carol"]["removable"]
    assert not names["alice"]["removable"]


def test_where_every_commit_counts_everybody_is_needed(audited: Audited) -> None:
    path = {"people": ("alice", "bob", "carol")}
    first = audited.commit(**path)
    left = audited.commit(first, signer="bob", **path)
    right = audited.commit(first, signer="carol", **path)
    audited.commit(left, right, signer="alice", **path)
    assert not any(one["removable"] for one in audited.json()["people"])


def test_single_points_of_failure(audited: Audited) -> None:
    audited.commit(people=("alice", "robot"))
    audited.commit(people=("alice", "robot", "bob"))
    audited.commit(people=("alice", "robot"))
    names = by_name(audited.json())
    assert names["alice"]["reliances"] == ["only-person", "only-active", "only-authorizer"]
    assert not names["alice"]["removable"]
    assert names["robot"]["removable"]
    assert "single point of failure: alice" in audited.run().out


def test_the_only_person_stays(audited: Audited) -> None:
    people = ("alice", "robot")
    audited.commit(people=people)
    audited.commit(people=people, signer="robot")
    names = by_name(audited.json())
    assert names["alice"]["commits"] == 0
    assert not names["alice"]["removable"]
    assert names["alice"]["reliances"] == ["only-person"]
    assert names["robot"]["reliances"] == ["only-active"]


def test_nobody_is_removable_where_the_target_is_refused(audited: Audited) -> None:
    audited.commit()
    audited.commit(signer=None)
    assert not any(one["removable"] for one in audited.json()["people"])


def test_when_they_were_listed(audited: Audited) -> None:
    audited.commit(people=("alice", "bob"))
    audited.commit(people=("alice",))
    audited.commit(people=("alice", "carol"))
    audited.commit(people=("alice", "carol", "bob"))
    stays = {
        one["name"]: [
            (stay["joined"]["commit"], stay["left"] and stay["left"]["commit"])
            for stay in one["stays"]
        ]
        for one in audited.json()["memberships"]
    }
    a, b, c, d = (commit.hex() for commit in audited.made)
    assert stays == {"alice": [(a, None)], "bob": [(a, b), (d, None)], "carol": [(c, None)]}


def test_keys_to_look_at(audited: Audited) -> None:
    audited.keys = ("alice", "bob")
    audited.commit(people=("alice", "bob", "carol"))
    audited.commit(people=("alice", "carol"))
    notes = {(one["state"], one["fingerprint"], one["person"]) for one in audited.json()["keys"]}
    assert ("missing", fingerprint("carol"), "carol") in notes
    assert ("never-used", fingerprint("carol"), "carol") in notes
    assert ("unlisted", fingerprint("bob"), "") in notes
    assert not [note for note in notes if note[1] == fingerprint("alice")]
    text = audited.run("-v").out
    assert "listed, and not at hand" in text
    assert "at hand, and listed for nobody" in text
