"""What was found with a key counts while the key is at hand, and bound as it was."""

from __future__ import annotations

from typing import Any

import pytest

from nixauth import findings
from nixauth.authenticate import Options, authenticate
from nixauth.findings import MemoryStore, Scope
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, WeakDigest
from tests.support import openpgp, scenario

ALICE = openpgp.key("alice")
PEOPLE = {"people": ["alice"]}


def history(*commits: dict[str, Any]) -> scenario.Built:
    return scenario.build(
        scenario.parse(
            {
                "description": "A history of this test.",
                "introduction": {"commit": "a", "signer": "alice"},
                "history": list(commits),
                "expect": {"verdict": "authentic"},
            }
        )
    )


def keyring(*, bound: bool) -> Keyring:
    """Hold alice's key and her subkey, with a good binding or without a back-signature."""
    binding = openpgp.Binding(ALICE.subkey("laptop"), back=bound)
    return Keyring.from_files([("alice.key", ALICE.certificate([binding]))])


def ask(built: scenario.Built, keys: Keyring, store: MemoryStore, options: Options) -> Report:
    introduction = Introduction(ObjectId(built.ids["a"]), Fingerprint(ALICE.fingerprint))
    objects = MemoryObjects(built.objects)
    target = ObjectId(built.ids[built.scenario.question.target])
    return authenticate(objects, keys, introduction, target, options, store=store)


@pytest.mark.parametrize("stats", [True, False], ids=["totals", "brief"])
@pytest.mark.parametrize(
    "commits",
    [
        [{"id": "a", "signer": "alice/laptop", "authorizations": PEOPLE}],
        [
            {"id": "a", "signer": "alice/laptop", "authorizations": PEOPLE},
            {"id": "b", "signer": "alice"},
        ],
        [
            {"id": "a", "signer": "alice", "authorizations": PEOPLE},
            {"id": "b", "signer": "alice/laptop"},
        ],
        [
            {"id": "a", "signer": "alice", "authorizations": PEOPLE},
            {"id": "b", "signer": "alice/laptop"},
            {"id": "c", "signer": "alice"},
        ],
    ],
    ids=["introduction", "behind it", "target", "on the way"],
)
def test_a_binding_that_is_not_at_hand_any_more(commits: list[dict[str, Any]], stats: bool) -> None:
    built, store, options = history(*commits), MemoryStore(), Options(stats=stats)
    cold = ask(built, keyring(bound=False), MemoryStore(), options)
    assert [refusal.reason.code for refusal in cold.refusals][:1] == ["unusable-key"]
    assert ask(built, keyring(bound=True), store, options).verdict.value == "authentic"
    assert ask(built, keyring(bound=False), store, options) == cold
    assert ask(built, keyring(bound=True), store, options).verdict.value == "authentic"


def test_what_is_remembered_of_one_commit_is_said_of_no_other() -> None:
    """No signature is read of either: that makes them no commits of one kind.

    The file of `e` is known when it is judged once more, since `f` asked for it.
    """
    listed = {**PEOPLE, "history": "trusted-path"}
    built = history(
        {"id": "a", "signer": "alice", "authorizations": listed},
        {"id": "b", "signer": "alice"},
        {"id": "e", "parents": ["a"], "signer": "alice/laptop"},
        {"id": "f", "parents": ["e", "b"], "signer": "alice", "authorizations": None},
        {"id": "g", "parents": ["b", "e", "f"], "signer": "alice"},
    )
    store, options = MemoryStore(), Options(stats=True)
    assert ask(built, keyring(bound=True), store, options).verified == 3
    cold = ask(built, keyring(bound=False), MemoryStore(), options)
    warm = ask(built, keyring(bound=False), store, options)
    assert (warm.verdict, warm.stats) == (cold.verdict, cold.stats)
    assert cold.stats is not None
    assert cold.stats.trusted == 2


def test_a_binding_that_is_at_hand_by_now() -> None:
    """A subkey that a service lists is a person's once its primary key is known."""
    people = {"alice": {}, "forge": {"keys": ["alice/laptop"], "service": True}}
    built = history(
        {"id": "a", "signer": "alice", "authorizations": {"people": people}},
        {"id": "b", "signer": "alice/laptop"},
        {"id": "c", "signer": "alice"},
    )
    store, options = MemoryStore(), Options(stats=True)
    before = ask(built, keyring(bound=False), store, options)
    assert before.stats is not None
    assert before.stats.service_only == 1
    cold = ask(built, keyring(bound=True), MemoryStore(), options)
    assert cold.stats is not None
    assert cold.stats.service_only == 0
    warm = ask(built, keyring(bound=True), store, options)
    assert (warm.verdict, warm.stats) == (cold.verdict, cold.stats)


def test_sha1_counts_only_beside_historical_authorizations() -> None:
    built = history({"id": "a", "signer": "alice", "signature": "weak"})
    report = ask(built, keyring(bound=True), MemoryStore(), Options(historical_sha1=True))
    assert [refusal.reason for refusal in report.refusals] == [WeakDigest("SHA-1")]


def test_another_version_of_the_rule_is_another_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    introduction = Introduction(ObjectId(bytes(20)), Fingerprint("A" * 40))
    scope = Scope(introduction, ".authorizations", ".authorizations")
    before = scope.digest()
    monkeypatch.setattr(findings, "RULE_VERSION", findings.RULE_VERSION + 1)
    assert scope.digest() != before
