"""`nixauth check-merge` on real repositories, and git's merges that follow."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import openpgp
from tests.unit.cli.places import Maker, Place, Result, Sandbox, certificates, clear

NAMES = ("alice", "bob", "carol", "mallory", "robot")


class Merge:
    """A history with a base and a head, to be asked about."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.maker = Maker()
        self.count = 0

    def ask(self, first: bytes, base: bytes, head: bytes, *arguments: object) -> Result:
        self.count += 1
        keys = self.maker.keyring(certificates(*NAMES))
        refs = {
            "refs/heads/main": base,
            "refs/heads/feature": head,
            "refs/heads/keyring": keys,
        }
        folder = self.box.folder / f"repository-{self.count}.git"
        place = Place(self.box, self.maker, [first], self.maker.write(folder, refs))
        options = ["-C", folder, *place.introduction]
        return self.box.run("check-merge", "main", "feature", *options, *arguments)

    def document(self, first: bytes, base: bytes, head: bytes, *arguments: object) -> dict:
        result = self.ask(first, base, head, "--format", "json", *arguments)
        found: dict = json.loads(result.out)
        assert result.code == {"accepted": 0, "refused": 1, "undecided": 3}[found["verdict"]]
        return found


@pytest.fixture
def merge(box: Sandbox) -> Merge:
    return Merge(box)


def able(found: dict) -> list[str]:
    return [one["name"] for one in found["signers"] if one["may_sign"]]


# --- trusted-path ---


def test_an_unsigned_branch_under_trusted_path(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, history="trusted-path")
    head = make(
        make(first, signer=None, history="trusted-path"), signer=None, history="trusted-path"
    )
    found = merge.document(first, base, head)
    assert (found["verdict"], found["kind"], found["history"]) == (
        "accepted",
        "merge",
        "trusted-path",
    )
    assert able(found) == ["alice", "bob"]
    assert found["counts"] == {"authentic": 0, "trusted": 0, "not-trusted": 2, "undecided": 0}
    assert [one["reason"] for one in found["new"]] == ["no-trusted-parent", "unsigned"]
    text = merge.ask(first, base, head)
    assert text.code == 0
    assert text.out.startswith("accepted: a merge of ")
    assert "new commits: 2 (2 not trusted)" in text.out
    assert ".authorizations: would stay as it is" in text.out


def test_services_are_named_with_their_limit(merge: Merge) -> None:
    make = merge.maker.commit
    people = ("alice", "robot")
    first = make(people=people, history="trusted-path")
    head = make(first, signer=None, people=people, history="trusted-path")
    base = make(first, people=people, history="trusted-path")
    found = merge.document(first, base, head)
    assert able(found) == ["alice", "robot"]
    assert [one["service"] for one in found["signers"]] == [False, True]
    text = merge.ask(first, base, head).out
    assert "robot (a service: only while the authorizations stay byte for byte" in text
    changed = make(first, signer=None, people=(*people, "mallory"), history="trusted-path")
    found = merge.document(first, base, changed)
    assert able(found) == ["alice"]
    assert found["signers"][1]["refusal"]["reason"] == "service-changes-authorizations"


def test_a_service_alone_is_no_person(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(people=("robot",), history="trusted-path")
    base = make(first, signer="robot", people=("robot",), history="trusted-path")
    head = make(first, signer=None, people=("robot",), history="trusted-path")
    found = merge.document(first, base, head)
    assert (found["verdict"], able(found)) == ("refused", ["robot"])


# --- every-commit ---


def test_an_unsigned_commit_under_every_commit(merge: Merge) -> None:
    make = merge.maker.commit
    first = make()
    base, head = make(first), make(first, signer=None)
    found = merge.document(first, base, head)
    assert (found["verdict"], found["merge"], able(found)) == ("refused", "refused", [])
    assert found["obstacles"] == [{"commit": head.hex(), "reason": "unsigned"}]
    text = merge.ask(first, base, head)
    assert text.code == 1
    assert f"first obstacle: {head.hex()[:12]}: it carries no signature (unsigned)" in text.out


def test_every_parent_has_to_list_the_signer(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(people=("alice", "bob"))
    base = make(first, people=("alice", "bob", "carol"))
    head = make(first, signer="bob", people=("alice", "bob"))
    found = merge.document(first, base, head)
    assert able(found) == ["alice", "bob"]
    (carol,) = [one for one in found["signers"] if one["name"] == "carol"]
    assert carol["refusal"]["reason"] == "unauthorized-key"
    assert carol["refusal"]["parent"] == head.hex()


def test_require_every_commit(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, history="trusted-path")
    head = make(first, signer=None, history="trusted-path")
    assert merge.document(first, base, head)["verdict"] == "accepted"
    found = merge.document(first, base, head, "--require", "every-commit")
    assert (found["verdict"], found["history"]) == ("refused", "every-commit")


# --- BASE, and what is there already ---


def test_base_is_asked_first(merge: Merge) -> None:
    make = merge.maker.commit
    first = make()
    base = make(first, signer="mallory")
    head = make(first)
    found = merge.document(first, base, head)
    assert found["verdict"] == "refused"
    assert found["base_report"]["refusals"][0]["reason"] == "unauthorized-key"
    assert "signers" not in found
    text = merge.ask(first, base, head)
    assert text.code == 1
    assert text.out.startswith(f"refused: {base.hex()}, which would be merged into, is not")


def test_nothing_to_merge(merge: Merge) -> None:
    made = merge.maker.chain(3)
    for head in made:
        found = merge.document(made[0], made[2], head)
        assert (found["verdict"], found["kind"], found["new"]) == ("accepted", "up-to-date", [])


# --- fast-forward ---


def test_fast_forward(merge: Merge) -> None:
    made = merge.maker.chain(4)
    found = merge.document(made[0], made[1], made[3])
    assert (found["verdict"], found["kind"]) == ("accepted", "fast-forward")
    assert found["fast_forward"]["verdict"] == "authentic"
    assert [one["state"] for one in found["new"]] == ["authentic"] * 2


def test_fast_forward_to_an_unsigned_commit(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(history="trusted-path")
    head = make(first, signer=None, history="trusted-path")
    found = merge.document(first, first, head)
    assert (found["verdict"], found["merge"]) == ("refused", "accepted")
    text = merge.ask(first, first, head)
    assert text.code == 1
    assert "--no-ff" in text.out
    found = merge.document(first, first, head, "--no-ff")
    assert (found["verdict"], found["kind"]) == ("accepted", "merge")


def test_fast_forward_that_is_no_step_forward(merge: Merge) -> None:
    """A removed key goes on from an old commit and then merges today's tip."""
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, people=("alice",), history="trusted-path")
    old = make(first, signer="bob", history="trusted-path")
    head = make(old, base, signer="bob", history="trusted-path")
    found = merge.document(first, base, head)
    assert (found["verdict"], found["kind"]) == ("refused", "fast-forward")
    (refusal,) = found["fast_forward"]["refusals"]
    assert (refusal["reason"], refusal["step_forward"]) == ("not-descendant", True)
    (bob,) = [one for one in found["signers"] if one["name"] == "bob"]
    assert bob["may_sign"] is False
    assert bob["refusal"]["reason"] == "not-descendant"


# --- the authorizations ---


def test_changes_of_the_authorizations(merge: Merge) -> None:
    make = merge.maker.commit
    first = make()
    base, head = make(first), make(first, people=("alice", "carol"))
    found = merge.document(first, base, head)["authorizations"]
    assert found["origin"] == "head"
    key = {name: openpgp.key(name).fingerprint for name in NAMES}
    rows = [(one["change"], one["person"], one["fingerprint"]) for one in found["changes"]]
    assert rows == [
        ("person-removed", "bob", ""),
        ("key-removed", "bob", key["bob"]),
        ("person-added", "carol", ""),
        ("key-added", "carol", key["carol"]),
    ]
    text = merge.ask(first, base, head).out
    assert "would change:\n    removes the person bob\n" in text


def test_both_sides_changed_the_authorizations(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(people=("alice", "robot"), history="trusted-path")
    base = make(first, people=("alice", "bob", "robot"), history="trusted-path")
    head = make(first, signer=None, people=("alice", "carol", "robot"), history="trusted-path")
    found = merge.document(first, base, head)
    assert (found["verdict"], found["authorizations"]["origin"]) == ("accepted", "both")
    limits = {one["name"]: one["limit"] for one in found["signers"]}
    assert limits == {"alice": "none", "bob": "none", "robot": "keeps-base-authorizations"}
    assert "both sides changed it" in merge.ask(first, base, head).out


@pytest.mark.parametrize("content", [b"version: 1\npeople: {}\n", b"\xff"])
def test_a_broken_file(merge: Merge, content: bytes) -> None:
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, history="trusted-path")
    head = make(first, signer=None, file=content)
    found = merge.document(first, base, head)
    assert (found["verdict"], able(found)) == ("refused", [])
    assert found["authorizations"]["fault"]["reason"] == "authorizations-malformed"


# --- keys ---


def test_a_key_that_is_not_at_hand(merge: Merge, tmp_path: Path) -> None:
    make = merge.maker.commit
    first = make()
    base, head = make(first), make(first)
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "alice.key").write_bytes(certificates("alice")["alice.key"])
    found = merge.document(first, base, head, "--keyring", keys)
    assert able(found) == ["alice"]
    assert found["signers"][1]["refusal"]["reason"] == "missing-key"


# --- undecided, and used wrongly ---


def test_an_object_that_is_missing(merge: Merge) -> None:
    make = merge.maker.commit
    first = make()
    base = make(first)
    gone = make(first)
    head = make(gone)
    del merge.maker.objects[gone]
    found = merge.document(first, base, head)
    assert (found["verdict"], found["error"]["kind"]) == ("undecided", "missing-object")
    assert merge.ask(first, base, head).code == 3


def test_a_shallow_clone(merge: Merge) -> None:
    made = merge.maker.chain(6)
    side = merge.maker.commit(made[1])
    merge.ask(made[0], made[5], side)
    origin = merge.box.folder / "repository-1.git"
    clone = merge.box.folder / "clone"
    merge.box.git(
        "clone", "-q", "--bare", "--depth=2", "--no-single-branch", f"file://{origin}", clone
    )
    place = Place(merge.box, merge.maker, [made[0]], clone)
    result = merge.box.run("check-merge", "main", "feature", "-C", clone, *place.introduction)
    assert result.code == 3
    assert "shallow" in result.out
    assert "git fetch --unshallow" in result.out


def test_commits_that_are_not_there(place: Place) -> None:
    for pair in (("nowhere", "main"), ("main", "nowhere")):
        result = place.box.run("check-merge", *pair, "-C", place.repository, *place.introduction)
        assert result.code == 2
        assert clear(result.err)


def test_no_introduction(place: Place) -> None:
    result = place.box.run("check-merge", "main", "main", "-C", place.repository)
    assert result.code == 2
    assert clear(result.err)


# --- what is shown ---


def test_the_first_ten_and_all(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, history="trusted-path")
    head = first
    for _ in range(14):
        head = make(head, signer=None, history="trusted-path")
    short = merge.ask(first, base, head).out
    assert len(re.findall("not-trusted:", short)) == 10
    assert "and 4 more (-v lists them)" in short
    assert "by reason: 13 no-trusted-parent, 1 unsigned" in short
    assert len(re.findall("not-trusted:", merge.ask(first, base, head, "-v").out)) == 14


def test_nothing_from_a_history_drives_the_terminal(merge: Merge) -> None:
    make = merge.maker.commit
    first = make()
    base = make(first)
    head = make(first, message="\x1b[2J\u202e\n".encode())
    out = merge.ask(first, base, head).out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)


def test_warm_and_cold_say_the_same(merge: Merge) -> None:
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, history="trusted-path")
    side = make(first, signer=None, history="trusted-path")
    head = make(base, side, history="trusted-path")
    said = [merge.document(first, base, head) for _ in range(2)]
    said.append(merge.document(first, base, head, "--no-cache"))
    for one in said:
        for report in (one["base_report"], one["fast_forward"]):
            report.pop("verified")
    assert said[0] == said[1] == said[2]
    assert [one["state"] for one in said[0]["new"]] == ["authentic", "not-trusted"]


def test_what_git_merges_is_accepted(merge: Merge) -> None:
    """The merge that was foretold is made, signed and verified, as a step forward from BASE."""
    make = merge.maker.commit
    first = make(history="trusted-path")
    base = make(first, history="trusted-path")
    head = make(first, signer=None, history="trusted-path")
    found = merge.document(first, base, head)
    for name in ("alice", "bob", "mallory"):
        made = make(base, head, signer=name, history="trusted-path")
        folder = merge.box.folder / name
        keys = merge.maker.keyring(certificates(*NAMES))
        refs = {"refs/heads/main": made, "refs/heads/keyring": keys}
        place = Place(merge.box, merge.maker, [first], merge.maker.write(folder, refs))
        result = place.verify("--after", base.hex())
        assert (result.code == 0) == (name in able(found))
