"""Records in a configuration: read strictly, written as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nixauth.errors import UsageError
from nixauth.model import Fingerprint, Introduction, ObjectId
from nixauth.trust import Setting, Trust, all_recorded, forget, record, recorded, recorded_for

COMMIT, SIGNER = "ab" * 20, "0123456789ABCDEF0123456789ABCDEF01234567"
INTRODUCTION = Introduction(ObjectId(bytes.fromhex(COMMIT)), Fingerprint(SIGNER))
BOTH = [("introductioncommit", COMMIT), ("introductionsigner", SIGNER)]


@dataclass
class Memory:
    """A configuration in memory."""

    found: list[Setting] = field(default_factory=list)

    def settings(self) -> Sequence[Setting]:
        return self.found

    def replace(self, subsection: str | None, settings: Sequence[tuple[str, str]]) -> None:
        kept = [one for one in self.found if one.subsection != subsection]
        self.found = kept + [Setting(subsection, key.lower(), value) for key, value in settings]


def config(*pairs: tuple[str, str | None], branch: str | None = None) -> Memory:
    return Memory([Setting(branch, key, value) for key, value in pairs])


FULL = Trust(
    INTRODUCTION,
    "main",
    keyring=("refs/heads/keyring", "/keys/a b"),
    authorizations_path="a/who",
    historical=Path("/h/old"),
    historical_sha1=True,
    require_every_commit=True,
)


@pytest.mark.parametrize("trust", [FULL, Trust(INTRODUCTION), replace(FULL, branch="")])
def test_what_is_recorded_is_read(trust: Trust) -> None:
    memory = Memory()
    record(memory, trust)
    assert recorded(memory, trust.branch or None) == trust
    assert recorded_for(memory, trust.branch) == trust
    assert all_recorded(memory) == [trust]
    record(memory, replace(trust, keyring=()))
    assert recorded(memory, trust.branch) == replace(trust, keyring=())


def test_a_branch_has_its_own_or_the_repository_s() -> None:
    memory = Memory()
    assert recorded(memory, "main") is None
    assert recorded(memory, None) is None
    record(memory, FULL)
    assert recorded(memory, "other") is None
    assert recorded(memory, "Main") is None
    whole = Trust(INTRODUCTION)
    record(memory, whole)
    assert recorded(memory, "main") == FULL
    assert recorded(memory, "other") == recorded(memory, None) == recorded(memory, "") == whole
    assert recorded_for(memory, "other") is None
    assert all_recorded(memory) == [whole, FULL]
    assert forget(memory, "main")
    assert not forget(memory, "main")
    assert recorded(memory, "main") == whole


WRONG: list[tuple[str, list[tuple[str, str | None]]]] = [
    ("introductionCommit", [BOTH[0]]),
    ("introductionSigner", [BOTH[1]]),
    ("introductionCommit", [("introductioncommit", "ab" * 19), BOTH[1]]),
    ("introductionCommit", [("introductioncommit", "HEAD"), BOTH[1]]),
    ("introductionCommit", [("introductioncommit", "ab" * 32), BOTH[1]]),
    ("introductionCommit", [("introductioncommit", f"{COMMIT}\n"), BOTH[1]]),
    ("introductionCommit", [("introductioncommit", ""), BOTH[1]]),
    ("introductionCommit", [("introductioncommit", None), BOTH[1]]),
    ("introductionCommit", [*BOTH, BOTH[0]]),
    ("introductionSigner", [*BOTH, ("introductionsigner", SIGNER[::-1])]),
    ("introductionSigner", [BOTH[0], ("introductionsigner", SIGNER[-16:])]),
    ("introductionSigner", [BOTH[0], ("introductionsigner", "alice@example.org")]),
    ("introductionSigner", [BOTH[0], ("introductionsigner", "SHA256:short")]),
    ("introductionSigner", [BOTH[0], ("introductionsigner", None)]),
    ("keyring", [("keyring", "refs/heads/keyring")]),
    ("keyring", [*BOTH, ("keyring", "")]),
    ("keyring", [*BOTH, ("keyring", "/a"), ("keyring", None)]),
    ("keyring", [*BOTH, ("keyring", "keys/")]),
    ("authorizationsFile", [*BOTH, ("authorizationsfile", "../x")]),
    ("authorizationsFile", [*BOTH, ("authorizationsfile", "/x")]),
    ("authorizationsFile", [*BOTH, ("authorizationsfile", "")]),
    ("authorizationsFile", [*BOTH, ("authorizationsfile", None)]),
    ("authorizationsFile", [*BOTH, ("authorizationsfile", "x"), ("authorizationsfile", "x")]),
    ("historicalAuthorizations", [*BOTH, ("historicalauthorizations", "x")]),
    ("historicalAuthorizations", [*BOTH, ("historicalauthorizations", "~/x")]),
    ("historicalAuthorizations", [*BOTH, ("historicalauthorizations", None)]),
    ("historicalAuthorizations", [*BOTH, *[("historicalauthorizations", "/x")] * 2]),
    ("historicalSha1", [*BOTH, ("historicalsha1", "true")]),
    ("historicalSha1", [*BOTH, ("historicalauthorizations", "/x"), ("historicalsha1", "maybe")]),
    ("historicalSha1", [*BOTH, *[("historicalsha1", "false")] * 2]),
    ("require", [*BOTH, ("require", "every-comit")]),
    ("require", [*BOTH, ("require", "trusted-path")]),
    ("require", [*BOTH, ("require", "")]),
    ("require", [*BOTH, ("require", None)]),
    ("require", [*BOTH, ("require", "every-commit"), ("require", "every-commit")]),
    ("requre", [*BOTH, ("requre", "every-commit")]),
]


@pytest.mark.parametrize("branch", [None, "a.b"])
@pytest.mark.parametrize(("key", "pairs"), WRONG)
def test_malformed_records_are_errors_that_name_key_and_value(
    key: str, pairs: list[tuple[str, str | None]], branch: str | None
) -> None:
    memory = config(*pairs, branch=branch)
    whole = f"nixauth.{branch}.{key} " if branch else f"nixauth.{key} "
    for ask in (lambda: recorded(memory, branch), lambda: all_recorded(memory)):
        with pytest.raises(UsageError) as caught:
            ask()
        assert whole in caught.value.message
        assert caught.value.hint
        values = [value for name, value in pairs if name == key.lower()]
        if key != "requre":
            for value in values:
                assert (repr(value) if value is not None else "no value") in caught.value.message
    assert forget(memory, branch or "")
    assert all_recorded(memory) == []


@pytest.mark.parametrize("value", ["true", "YES", "on", "1", None])
def test_truth_as_git_writes_it(value: str | None) -> None:
    pairs = [*BOTH, ("historicalauthorizations", "/x"), ("historicalsha1", value)]
    found = recorded(config(*pairs), None)
    assert found is not None
    assert found.historical_sha1


@pytest.mark.parametrize("value", ["false", "no", "Off", "0", ""])
def test_falsehood_as_git_writes_it(value: str) -> None:
    assert recorded(config(*BOTH, ("historicalsha1", value)), None) == Trust(INTRODUCTION)


def test_a_malformed_record_of_another_branch_does_not_matter() -> None:
    memory = config(*BOTH)
    memory.found.append(Setting("broken", "keyring", "x"))
    assert recorded(memory, "main") == Trust(INTRODUCTION)
    with pytest.raises(UsageError, match=r"nixauth\.broken\.keyring"):
        recorded(memory, "broken")


def test_a_section_for_no_branch() -> None:
    with pytest.raises(UsageError, match="belongs to no branch"):
        all_recorded(config(*BOTH, branch=""))


@pytest.mark.parametrize(
    "trust",
    [
        replace(FULL, keyring=("keys",)),
        replace(FULL, historical=Path("old")),
        replace(FULL, historical=None),
        replace(FULL, authorizations_path="../who"),
        replace(FULL, introduction=Introduction(INTRODUCTION.commit, Fingerprint("0123"))),
        replace(FULL, introduction=Introduction(INTRODUCTION.commit, Fingerprint(SIGNER.lower()))),
    ],
)
def test_what_would_not_be_read_is_not_written(trust: Trust) -> None:
    memory = Memory()
    with pytest.raises(UsageError):
        record(memory, trust)
    assert memory.found == []
