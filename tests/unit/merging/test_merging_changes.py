"""Which authorizations a merge would have, and what changes."""

from __future__ import annotations

from nixauth.authorizations import read
from nixauth.merging.changes import changes, three_way
from nixauth.merging.values import Change, Origin, Row
from nixauth.model import Authorizations, FileFormat, Fingerprint, HistoryMode, Problem

A, B, C = (Fingerprint(letter * 40) for letter in "ABC")


def file(text: str, mode: str = "every-commit", comment: str = "") -> Authorizations:
    """Read a file written short: `alice=A+B robot!=C`."""
    lines = [f"# {comment}", "version: 1", f"history: {mode}", "people:"]
    for entry in text.split():
        name, _, keys = entry.partition("=")
        lines.append(f"  {name.rstrip('!')}:")
        lines += ["    service: true"] if name.endswith("!") else []
        lines += ["    keys:", *(f"      - {key * 40}" for key in keys.split("+"))]
    found = read(FileFormat.NATIVE, "\n".join([*lines, ""]).encode())
    assert isinstance(found, Authorizations)
    return found


def test_a_person_added_and_one_removed() -> None:
    assert changes(file("alice=A bob=B"), file("alice=A carol=C")) == (
        Change(Row.PERSON_REMOVED, "bob"),
        Change(Row.KEY_REMOVED, "bob", B),
        Change(Row.PERSON_ADDED, "carol"),
        Change(Row.KEY_ADDED, "carol", C),
    )


def test_keys_of_somebody_who_stays() -> None:
    assert changes(file("alice=A+B"), file("alice=B+C")) == (
        Change(Row.KEY_REMOVED, "alice", A),
        Change(Row.KEY_ADDED, "alice", C),
    )


def test_a_key_that_changes_its_owner() -> None:
    assert changes(file("alice=A+B bob=C"), file("alice=A bob=C+B")) == (
        Change(Row.KEY_REMOVED, "alice", B),
        Change(Row.KEY_ADDED, "bob", B),
    )


def test_services_and_the_mode() -> None:
    assert changes(file("alice=A robot!=B"), file("alice!=A robot=B", "trusted-path")) == (
        Change(Row.HISTORY_MODE, mode=HistoryMode.TRUSTED_PATH),
        Change(Row.BECOMES_SERVICE, "alice", service=True),
        Change(Row.BECOMES_PERSON, "robot"),
    )


def test_text_only() -> None:
    assert changes(file("alice=A"), file("alice=A", comment="x")) == (Change(Row.TEXT_ONLY),)
    assert changes(file("alice=A"), file("alice=A")) == ()


def test_a_file_that_comes_into_being() -> None:
    assert changes(None, file("alice=A")) == (
        Change(Row.PERSON_ADDED, "alice"),
        Change(Row.KEY_ADDED, "alice", A),
    )


ONE, TWO, THREE = file("alice=A"), file("alice=A bob=B"), file("alice=A carol=C")
BROKEN = Problem(1, 1, "it is broken")


def test_nobody_changed_it() -> None:
    effect = three_way([ONE], ONE, ONE)
    assert (effect.origin, effect.result, effect.changes) == (Origin.UNCHANGED, ONE, ())


def test_head_changed_it() -> None:
    effect = three_way([ONE], ONE, TWO)
    assert (effect.origin, effect.result) == (Origin.HEAD, TWO)
    assert effect.changes == changes(ONE, TWO)


def test_base_changed_it() -> None:
    effect = three_way([ONE], TWO, ONE)
    assert (effect.origin, effect.result, effect.changes) == (Origin.BASE, TWO, ())


def test_both_changed_it() -> None:
    effect = three_way([ONE], TWO, THREE)
    assert (effect.origin, effect.result) == (Origin.BOTH, None)
    assert effect.changes == changes(ONE, THREE)


def test_both_changed_it_to_the_same() -> None:
    assert three_way([ONE], TWO, TWO).origin is Origin.UNCHANGED


def test_merge_bases_that_differ() -> None:
    assert three_way([ONE, TWO], ONE, TWO).origin is Origin.BOTH
    assert three_way([ONE, ONE], ONE, TWO).origin is Origin.HEAD


def test_a_file_that_head_removed_or_broke() -> None:
    assert three_way([ONE], ONE, None).result is None
    assert three_way([ONE], ONE, None).origin is Origin.HEAD
    assert three_way([ONE], ONE, BROKEN).result == BROKEN
    assert three_way([ONE], TWO, BROKEN).origin is Origin.BOTH


def test_a_branch_that_is_older_than_the_file() -> None:
    assert three_way([None], ONE, None).result == ONE
    assert three_way([], ONE, None).result == ONE
