"""Coverage: what is trusted, on the path or beside it, refused, or not decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from nixauth.audit import coverage
from nixauth.audit.values import Row, State
from nixauth.model import Fingerprint, ObjectId
from tests.unit.audit.conftest import Audited
from tests.unit.cli.places import loose

PATH = {"history": "trusted-path"}


def test_a_line(audited: Audited) -> None:
    for signer in ("alice", "bob", "alice", "bob"):
        audited.commit(signer=signer)
    found = audited.json()
    assert found["verdict"] == "authentic"
    assert found["coverage"]["commits"] == found["coverage"]["trusted"] == 3
    assert found["coverage"]["on_path"] == 3
    assert found["coverage"]["refused"] == {}
    assert found["coverage"]["stretches"] == []
    assert found["head"] == audited.made[-1].hex()
    assert [(one["algorithm"], one["digest"], one["commits"]) for one in found["algorithms"]] == [
        ("EdDSA", "SHA-256", 3)
    ]
    assert sum(one["people"].get("bob", 0) for one in found["months"]) == 2


def test_it_goes_on_behind_a_refusal(audited: Audited) -> None:
    audited.commit()
    audited.commit()
    bad = audited.commit(signer="mallory")
    audited.commit()
    unsigned = audited.commit(signer=None)
    found = audited.json()
    assert found["verdict"] == "refused"
    assert found["reason"] == "unauthorized-key"
    assert found["coverage"]["trusted"] == 1
    assert found["coverage"]["refused"] == {"no-trusted-parent": 2, "unauthorized-key": 1}
    assert found["coverage"]["unsigned"] == 1
    assert found["head"] == audited.made[1].hex()
    (stretch,) = found["coverage"]["stretches"]
    assert stretch["commits"][0] == unsigned.hex()
    assert stretch["commits"][-1] == bad.hex()
    assert stretch["merged_by"] is None


def test_a_merge_brings_in_what_nobody_vouched_for(audited: Audited) -> None:
    first = audited.commit(**PATH)
    audited.commit(**PATH)
    side = audited.commit(first, signer=None, **PATH)
    side = audited.commit(side, signer=None, **PATH)
    beside = audited.commit(first, signer="bob", **PATH)
    merge = audited.commit(audited.made[1], side, **PATH)
    audited.commit(merge, beside, signer="robot", people=("alice", "bob"), **PATH)
    found = audited.json(code=0)
    assert found["verdict"] == "refused"  # robot is not listed
    audited.made.append(merge)
    found = audited.json(merge.hex())
    cover = found["coverage"]
    assert cover["refused"] == {"no-trusted-parent": 1, "unsigned": 1}
    assert cover["unsigned"] == 2
    assert cover["merges"] == {"all": 1, "trusted": 1, "by_service": 0, "bringing_in": 1}
    assert cover["stretches"][0]["merged_by"] == merge.hex()
    assert cover["stretches"][0]["reasons"] == {"no-trusted-parent": 1, "unsigned": 1}
    assert (cover["on_path"], cover["trusted_beside"]) == (2, 0)


def test_trusted_beside_the_path(audited: Audited) -> None:
    old = audited.maker.commit(people=("alice", "bob", "carol"), **PATH)
    audited.made.append(audited.maker.commit(old, people=("alice", "bob"), **PATH))
    early = audited.commit(old, signer="carol", people=("alice", "bob", "carol"), **PATH)
    audited.commit(audited.made[0], early, people=("alice", "bob"), **PATH)
    cover = audited.json()["coverage"]
    # It is admitted by an ancestor of the introduction: trusted, and on no line from it.
    assert cover["trusted"] == 2
    assert (cover["on_path"], cover["trusted_beside"]) == (1, 1)


def test_a_service(audited: Audited) -> None:
    people = ("alice", "robot")
    audited.commit(people=people)
    audited.commit(people=people, signer="robot")
    audited.commit(people=people)
    found = audited.json()
    assert (found["coverage"]["by_person"], found["coverage"]["service_only"]) == (1, 1)
    (month,) = found["months"]
    assert month["services"] == {"robot": 1}
    assert month["people"] == {"alice": 1}


def test_ranges(audited: Audited) -> None:
    for _ in range(5):
        audited.commit()
    names = [commit.hex() for commit in audited.made]
    assert audited.json(f"{names[2]}..{names[4]}")["coverage"]["commits"] == 2
    found = audited.json(f"{names[2]}..")
    assert found["since"] == names[2]
    assert found["coverage"]["on_path"] == 2
    assert audited.json(f"{names[0]}..main")["coverage"]["commits"] == 4
    assert audited.json("main..main")["coverage"]["commits"] == 0
    assert "A..B" in audited.run(f"{names[2]}...main", code=2).err
    audited.run("nowhere..main", code=2)


def test_a_range_from_beside(audited: Audited) -> None:
    for _ in range(3):
        audited.commit()
    beside = audited.maker.commit(audited.made[1], signer=None)
    audited.write(beside=beside)
    # What beside reaches and main does, too: one commit beyond the introduction.
    assert audited.json("beside..main")["coverage"]["commits"] == 1


def test_nothing_but_the_introduction(audited: Audited) -> None:
    audited.commit()
    found = audited.json()
    assert found["coverage"]["commits"] == 0
    assert found["head"] is None
    assert found["first"] is None
    assert "looked at: 0 commits" in audited.run().out


def test_the_introduction_is_refused(audited: Audited) -> None:
    audited.commit(signer="bob")
    audited.commit()
    found = audited.json(code=1)
    assert found["report"]["refusals"][0]["reason"] == "wrong-introduction-signer"
    assert audited.run(code=1).out.startswith("refused: ")
    done = audited.run("--format", "csv", code=1)
    assert len(done.out.splitlines()) == 1
    assert "wrong-introduction-signer" in done.err


def test_missing_objects(audited: Audited) -> None:
    first = audited.commit(**PATH)
    audited.commit(**PATH)
    lost = audited.commit(first, signer=None, **PATH)
    side = audited.commit(lost, signer=None, **PATH)
    audited.commit(audited.made[1], side, **PATH)
    loose(audited.write(), lost).unlink()
    found = audited.json(code=3)
    assert found["verdict"] == "authentic"
    assert found["coverage"]["undecided"] == {"missing-object": 1}
    assert found["coverage"]["trusted"] == 2
    assert "not decided" in audited.run(code=3).out


def test_what_is_not_decided_is_said_everywhere(audited: Audited, tmp_path: Path) -> None:
    first = audited.commit(**PATH)
    audited.commit(**PATH)
    lost = audited.commit(first, signer=None, **PATH)
    side = audited.commit(lost, signer=None, **PATH)
    audited.commit(audited.made[1], side, **PATH)
    loose(audited.write(), lost).unlink()
    said = "1 commit could not be decided (missing-object 1)"
    page = tmp_path / "audit.html"
    done = audited.run("--html", page, code=3)
    assert said in done.out.splitlines()[1]
    assert said in page.read_text("utf-8").partition("<main")[0]
    assert f"undecided: {said}" in done.err
    assert f"undecided: {said}" in audited.run("--format", "csv", code=3).err


def test_a_target_that_is_not_decided_and_not_looked_at(audited: Audited) -> None:
    """A range may leave out the very target; nobody is to take that for an answer."""
    audited.commit()
    lost = audited.commit()
    target = audited.commit()
    loose(audited.write(), lost).unlink()
    done = audited.run(f"{target.hex()}..{target.hex()}", code=3)
    assert "whether the target is authentic could not be decided" in done.out


def test_a_missing_target_or_introduction(audited: Audited) -> None:
    audited.commit()
    audited.commit()
    loose(audited.write(), audited.made[0]).unlink()
    assert audited.json(code=3)["error"]["kind"] == "missing-object"
    audited.run("11" * 20, code=3)


def test_fail_on(audited: Audited) -> None:
    good = audited.commit()
    audited.commit()
    audited.commit(signer=None)
    audited.run()
    audited.run("--fail-on", "refused", code=1)
    audited.run(good.hex(), "--fail-on", "refused")


def row(number: int, *parents: int, state: State = State.REFUSED, date: int = 0) -> Row:
    def commit(one: int) -> ObjectId:
        return ObjectId(one.to_bytes(20, "big"))

    trusted = state is State.TRUSTED
    reason, person = ("", "a") if trusted else ("unsigned", "")
    return Row(
        commit(number), tuple(map(commit, parents)), date, state, reason, person, service=False,
        signer=Fingerprint(""), on_path=False, signed=False, algorithm="", digest="",
        admitted_by=(), line=False,
    )  # fmt: skip


def test_the_longest_stretches_come_first_and_are_few() -> None:
    rows = [row(1, 0, state=State.TRUSTED)]
    for number in range(2, 200, 3):
        rows.append(row(number, 1))
        if number % 2:
            rows.append(row(number + 1, number))
    found = coverage.coverage(rows)
    assert found.stretches_in_all == 66
    assert len(found.stretches) == coverage.MOST_STRETCHES
    assert {len(one.commits) for one in found.stretches} == {2}


def test_branches_that_meet_are_one_stretch() -> None:
    rows = [row(1, 0), row(2, 1), row(3, 1), row(4, 2, 3)]
    (found,) = coverage.coverage(rows).stretches
    assert len(found.commits) == 4
    (found,) = coverage.coverage(rows[:3]).stretches
    assert len(found.commits) == 3


@pytest.mark.parametrize("date", [10**14, 253402300800, 999_999_999_999_999])
def test_dates_that_no_calendar_has(date: int) -> None:
    months = coverage.months([row(1, 0, date=date), row(2, 1, date=0)])
    assert [one.month for one in months] == ["1970-01", "unknown"]
