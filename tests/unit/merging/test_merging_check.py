"""What becomes of a merge, asked in memory: options, doubt, and whose keys may sign it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest

from nixauth.authenticate import Session
from nixauth.findings import NoStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.merging.check import check_merge
from nixauth.merging.values import Kind, Limit, MergeReport, Origin, Outlook, Row, State
from nixauth.model import (
    Fingerprint,
    HistoryMode,
    Introduction,
    MissingKey,
    ObjectId,
    UntrustedParent,
    UnusableKey,
    Verdict,
)
from nixauth.options import Options
from tests.support import commits, openpgp
from tests.unit.cli.places import Maker, certificates, listing

ALICE = Fingerprint(openpgp.key("alice").fingerprint)


def ask(
    maker: Maker,
    first: bytes,
    base: bytes,
    head: bytes,
    *,
    no_ff: bool = False,
    more: Mapping[str, bytes] = MappingProxyType({}),
    **options: Any,
) -> MergeReport:
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files([*certificates("alice", "bob", "robot").items(), *more.items()]),
        Introduction(ObjectId(first), ALICE),
        Options(**options),
        NoStore(),
    )
    return check_merge(session, ObjectId(base), ObjectId(head), merge_commit=no_ff)


def lose_tree(maker: Maker, commit: bytes) -> None:
    tree = bytes.fromhex(maker.objects[commit][1][5:45].decode())
    del maker.objects[tree]


def test_after_and_totals_are_not_asked_of_base() -> None:
    maker = Maker()
    made = maker.chain(4)
    found = ask(maker, made[0], made[1], made[3], after=ObjectId(made[3]), stats=True)
    assert (found.outlook, found.kind) == (Outlook.ACCEPTED, Kind.FAST_FORWARD)
    assert found.base_report.verdict is Verdict.AUTHENTIC
    assert found.base_report.stats is None


@pytest.mark.parametrize("mode", [None, "trusted-path"])
def test_a_commit_in_doubt_on_the_way(mode: str | None) -> None:
    """What cannot be judged is never called refused; where the mode does not ask, it is free."""
    maker = Maker()
    first = maker.commit(history=mode)
    base = maker.commit(first, history=mode)
    gone = maker.commit(first, history=mode)
    head = maker.commit(gone, history=mode)
    lose_tree(maker, gone)
    found = ask(maker, first, base, head)
    states = [one.state for one in found.new]
    if mode is None:
        assert found.outlook is Outlook.UNDECIDED
        assert found.error is not None
        assert found.error.kind == "missing-object"
    else:
        assert found.outlook is Outlook.ACCEPTED
        assert found.error is None
        assert states == [State.UNDECIDED, State.UNDECIDED]


def test_only_a_service_may_sign() -> None:
    """No person answers for such a merge: it is refused, and the service is named."""
    maker = Maker()
    people = ("alice", "robot")
    first = maker.commit(people=people)
    both = maker.commit(first, people=people)
    base = maker.commit(both, people=("robot",))
    head = maker.commit(both, people=("robot",))
    found = ask(maker, first, base, head)
    assert [one.name for one in found.candidates if one.may_sign] == ["robot"]
    assert found.outlook is Outlook.REFUSED


def test_a_service_is_a_service_in_one_file_and_a_person_in_the_other() -> None:
    maker = Maker()
    robot = openpgp.key("robot").fingerprint
    alice = f"  alice:\n    keys: [{ALICE}]\n"
    service = f"version: 1\npeople:\n{alice}  robot:\n    service: true\n    keys: [{robot}]\n"
    person = f"version: 1\npeople:\n{alice}  robot:\n    keys: [{robot}]\n"
    first = maker.commit(file=service.encode())
    base = maker.commit(first, file=service.encode())
    head = maker.commit(first, file=person.encode())
    found = ask(maker, first, base, head)
    able = {(one.name, one.service): one.may_sign for one in found.candidates}
    assert able == {("alice", False): True, ("robot", True): False}


def test_the_mode_is_base_s() -> None:
    maker = Maker()
    first = maker.commit(history="trusted-path")
    base = maker.commit(first, history="trusted-path")
    head = maker.commit(first, history="every-commit")
    assert ask(maker, first, base, head).mode is HistoryMode.TRUSTED_PATH
    assert ask(maker, first, head, base).mode is HistoryMode.EVERY_COMMIT
    demanded = ask(maker, first, base, head, require_every_commit=True)
    assert demanded.mode is HistoryMode.EVERY_COMMIT
    # What is read as if it said so anyway does not change.
    rows = [
        [one.row for one in found.effect.changes]
        for found in (ask(maker, first, base, head), demanded)
    ]
    assert rows == [[Row.HISTORY_MODE], [Row.TEXT_ONLY]]


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_machine_on_one_side_may_sign_what_keeps_that_sides_file(side: str) -> None:
    """Both sides changed the file: the merger decides, and 3f holds for whoever says service."""
    robot = openpgp.key("robot").fingerprint

    def file(comment: str, *, service: bool) -> bytes:
        kind = "    service: true\n" if service else ""
        alice = f"  alice:\n    keys: [{ALICE}]\n"
        text = f"version: 1 # {comment}\npeople:\n{alice}  robot:\n{kind}    keys: [{robot}]\n"
        return text.encode()

    maker = Maker()
    first = maker.commit(file=file("before", service=False))
    base = maker.commit(first, file=file("base", service=side == "base"))
    head = maker.commit(first, file=file("head", service=side == "head"))
    found = ask(maker, first, base, head)
    assert found.effect.origin is Origin.BOTH
    limits = {one.name: (one.service, one.limit) for one in found.candidates if one.may_sign}
    keeps = Limit.KEEPS_BASE if side == "base" else Limit.KEEPS_HEAD
    assert limits == {"alice": (False, Limit.NONE), "robot": (side == "base", keeps)}


def with_files(maker: Maker, parents: Sequence[bytes], files: Mapping[str, bytes]) -> bytes:
    """Add a commit by alice with these files."""
    blobs = {n: ("100644", commits.add(maker.objects, "blob", one)) for n, one in files.items()}
    raw = commits.commit_content(commits.add_tree(maker.objects, blobs), parents)
    return commits.add(maker.objects, "commit", commits.signed_by(raw, openpgp.key("alice").sign))


def test_the_file_is_the_one_that_was_asked_for() -> None:
    maker = Maker()
    few, more = listing({"alice": ["alice"]}), listing({"alice": ["alice"], "bob": ["bob"]})
    first = with_files(maker, [], {".authorizations": few, "who": few})
    base = with_files(maker, [first], {".authorizations": few, "who": few, "x": b"1"})
    head = with_files(maker, [first], {".authorizations": few, "who": more})
    usual, asked = (ask(maker, first, base, head, authorizations_path=p) for p in (None, "who"))
    assert (usual.path, usual.effect.origin) == (".authorizations", Origin.UNCHANGED)
    assert (asked.path, asked.effect.origin) == ("who", Origin.HEAD)
    assert [one.row for one in asked.effect.changes] == [Row.PERSON_ADDED, Row.KEY_ADDED]


def rsa_line(bits: int) -> str:
    """Return an SSH RSA key of that size; nobody has to sign with it."""
    parts = [b"ssh-rsa", b"\1\0\1", b"\0" + (2 ** (bits - 1) + 1).to_bytes(bits // 8, "big")]
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"ssh-rsa {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize(("bits", "able"), [(1024, False), (2040, False), (2048, True)])
def test_a_short_ssh_key_cannot_sign(bits: int, able: bool) -> None:
    file = listing({"alice": ["alice"]}) + f"  old:\n    keys: [{rsa_line(bits)}]\n".encode()
    maker = Maker()
    first = maker.commit(file=file)
    base, head = maker.commit(first, file=file), maker.commit(first, file=file)
    (old,) = [one for one in ask(maker, first, base, head).candidates if one.name == "old"]
    assert old.may_sign is able
    assert able or isinstance(old.reason, UnusableKey)


def test_a_key_that_is_not_at_hand_cannot_sign() -> None:
    people = ("alice", "carol")
    maker = Maker()
    first = maker.commit(people=people)
    base, head = maker.commit(first, people=people), maker.commit(first, people=people)
    found = {one.name: one for one in ask(maker, first, base, head).candidates}
    assert found["alice"].may_sign
    assert isinstance(found["carol"].reason, MissingKey)


def test_a_key_that_cannot_count_cannot_sign() -> None:
    small = openpgp.rsa_key("small", 512)
    file = listing({"alice": ["alice"]}) + f"  old:\n    keys: [{small.fingerprint}]\n".encode()
    maker = Maker()
    first = maker.commit(file=file)
    base, head = maker.commit(first, file=file), maker.commit(first, file=file)
    found = ask(maker, first, base, head, more={"old.key": small.certificate()})
    (old,) = [one for one in found.candidates if one.name == "old"]
    assert not old.may_sign
    assert isinstance(old.reason, UnusableKey)


def test_what_all_are_refused_for_is_said_of_each() -> None:
    """Even of a key that is not at hand: no key would help."""
    people = ("alice", "carol")
    maker = Maker()
    first = maker.commit(people=people)
    base, head = maker.commit(first, people=people), maker.commit(first, signer=None, people=people)
    found = ask(maker, first, base, head)
    assert [one.reason for one in found.candidates] == [UntrustedParent(ObjectId(head))] * 2
    assert found.outlook is Outlook.REFUSED
    assert [one.commit for one in found.obstacles] == [ObjectId(head)]


def test_whom_head_lists_may_sign_where_a_line_leads_from_base() -> None:
    """Then HEAD admits the merge, and those who have BASE can go on to it."""
    maker = Maker()
    first = maker.commit(people=("alice",), history="trusted-path")
    base = maker.commit(first, people=("alice",), history="trusted-path")
    head = maker.commit(base, people=("alice", "bob"), history="trusted-path")
    aside = maker.commit(first, people=("alice", "bob"), history="trusted-path")
    for tip, able in ((head, ["alice", "bob"]), (aside, ["alice"])):
        found = ask(maker, first, base, tip, no_ff=True)
        assert found.kind is Kind.MERGE
        assert [one.name for one in found.candidates if one.may_sign] == able


@pytest.mark.parametrize("order", [1, -1])
def test_keys_that_need_nothing_are_named_before_those_that_do(order: int) -> None:
    """HEAD makes one of the two keys a machine's: that one is good only for HEAD's file."""
    bob, robot = (openpgp.key(name).fingerprint for name in ("bob", "robot"))
    alice = f"version: 1\npeople:\n  alice:\n    keys: [{ALICE}]\n"
    both = f"{alice}  two:\n    keys: [{', '.join([robot, bob][::order])}]\n"
    apart = f"{alice}  machine:\n    service: true\n    keys: [{robot}]\n"
    maker = Maker()
    first = maker.commit(file=both.encode())
    base = maker.commit(first, file=f"{both}# more\n".encode())
    head = maker.commit(first, file=f"{apart}  two:\n    keys: [{bob}]\n".encode())
    found = ask(maker, first, base, head)
    (two,) = [one for one in found.candidates if one.name == "two"]
    assert (two.keys, two.limit) == ((bob,), Limit.NONE)


def test_what_lies_behind_the_introduction_need_not_be_there() -> None:
    maker = Maker()
    made = maker.chain(4)
    head = maker.commit(made[2])
    del maker.objects[made[0]]
    found = ask(maker, made[1], made[3], head)
    assert found.outlook is Outlook.ACCEPTED
    assert [one.commit for one in found.new] == [ObjectId(head)]
