"""What SSH keys signed is found again in the cache, though no keyring holds such keys."""

from __future__ import annotations

from collections.abc import Sequence

from nixauth import (
    Fingerprint,
    Introduction,
    Keyring,
    MemoryObjects,
    ObjectId,
    authenticate,
    authorizations,
)
from nixauth.cautions import cautions
from nixauth.engines import Check, Native, Outcome
from nixauth.findings import MemoryStore
from nixauth.model import Authorizations, FileFormat, Report, Verdict
from tests.support import scenario
from tests.support.vectors import sshsig

TEXT = """
description: An SSH key and an OpenPGP key sign in turn.
introduction: {commit: a, signer: alice@ssh}
history:
  - id: a
    signer: alice@ssh
    authorizations: {people: {alice: {keys: [alice@ssh]}, bob: {keys: [bob]}}}
  - {id: b, signer: alice@ssh}
  - {id: c, signer: alice@ssh}
  - {id: d, parents: [a], signer: bob}
expect: {verdict: authentic}
"""


class Counting(Native):
    """Counts the signatures that it verifies."""

    def __init__(self) -> None:
        self.count = 0

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        self.count += len(checks)
        return super().verify(checks)


class Other(Counting):
    """The same mathematics under another name."""

    name = "other"


class Asker:
    def __init__(self, tmp_path) -> None:
        path = tmp_path / "s.yaml"
        path.write_text(TEXT)
        self.built = scenario.build(scenario.load(path))
        self.stores = MemoryStore()

    def ask(
        self, target: str, keyring: Sequence[str], engine: Counting | None = None
    ) -> tuple[Report, int]:
        engine = engine or Counting()
        built = self.built
        files = list(built.keyring_files(keyring).items())
        report = authenticate(
            MemoryObjects(built.objects),
            Keyring.from_files(files),
            Introduction(ObjectId(built.ids["a"]), Fingerprint(built.fingerprint("alice@ssh"))),
            ObjectId(built.ids[target]),
            store=self.stores,
            engine=engine,
        )
        return report, engine.count


def test_nothing_is_verified_twice(tmp_path) -> None:
    asker = Asker(tmp_path)
    report, count = asker.ask("c", [])
    assert (report.verdict, report.verified, count) == (Verdict.AUTHENTIC, 2, 3)
    report, count = asker.ask("c", [])
    assert (report.verdict, report.verified, count) == (Verdict.AUTHENTIC, 0, 0)


def test_what_one_engine_verified_is_verified_again_by_another(tmp_path) -> None:
    asker = Asker(tmp_path)
    assert asker.ask("c", [])[1] == 3
    assert asker.ask("c", [], Other())[1] == 3
    assert asker.ask("c", [], Other())[1] == 0


def test_the_mathematics_is_spared_where_another_key_is_gone(tmp_path) -> None:
    asker = Asker(tmp_path)
    assert asker.ask("d", ["bob"])[0].verdict is Verdict.AUTHENTIC
    assert asker.ask("c", ["bob"])[0].verdict is Verdict.AUTHENTIC
    # Without bob's key the findings are not all to be had again: they spare the mathematics only.
    report, count = asker.ask("c", [])
    assert report.verdict is Verdict.AUTHENTIC
    assert count == 1  # the introduction


def test_a_listed_key_that_is_too_short_is_told(tmp_path) -> None:
    asker = Asker(tmp_path)
    short = sshsig.rsa("carol", bits=1024)
    whole = sshsig.rsa("carol", bits=2048)
    lines = "".join(f"      - {key.line}\n" for key in (short, whole))
    found = authorizations.read(
        FileFormat.NATIVE, b"version: 1\npeople:\n  carol:\n    keys:\n" + lines.encode()
    )
    assert isinstance(found, Authorizations)
    told = cautions(Keyring.from_files([]), found, None, 0)
    assert [(one.kind, one.fingerprint, one.person) for one in told] == [
        ("key-weak", short.fingerprint, "carol")
    ]
    assert "1024 bits" in told[0].message
    assert asker.ask("c", [])[0].warnings[0].kind == "key-missing"  # bob's; alice's is none
