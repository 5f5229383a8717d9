"""The signatures of a real history, by nixauth's own mathematics and by GnuPG's."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from nixauth import Options, Verdict, authenticate
from nixauth.engines import Engine, open_engine
from nixauth.evidence import Claim, examine, verify_together
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import read_commit
from tests.differential.programs import Witness, watched
from tests.real.corpus import Corpus

COMMITS = 9371


@dataclass
class Seen:
    """Every commit's signer by each engine, and what GnuPG said while it was asked."""

    native: dict[ObjectId, str]
    gnupg: dict[ObjectId, str]
    witness: Witness


def commits(corpus: Corpus, *options: str) -> list[ObjectId]:
    """Return the commits between introduction and target, as git lists them."""
    git = ["git", "-c", "safe.directory=*", "-C", str(corpus.path), "rev-list", *options]
    wanted = f"{corpus.introduction}..{corpus.target}"
    listed = subprocess.run([*git, wanted], capture_output=True, check=True).stdout
    return [ObjectId(bytes.fromhex(line.decode())) for line in listed.split()]


def signers(corpus: Corpus, asked: list[ObjectId], name: str) -> dict[ObjectId, str]:
    """Return who signed each commit; nobody where no signature was found good.

    A loop of its own, that knows nothing of parents and authorizations.
    """
    repository, keyring = corpus.open(), corpus.keyring()
    engine = open_engine(name, keyring)
    found: dict[ObjectId, str] = {}
    for start in range(0, len(asked), 512):
        batch = asked[start : start + 512]
        found.update(zip(batch, ask(repository, keyring, batch, engine), strict=True))
    engine.close()
    return found


def ask(repository: object, keyring: object, batch: list[ObjectId], engine: Engine) -> list[str]:
    read = [
        examine(read_commit(repository.commit(one)), keyring, lambda: False, engine)  # type: ignore[attr-defined, arg-type]
        for one in batch
    ]
    claims = [one for one in read if isinstance(one, Claim)]
    verify_together([(claim, signer) for claim in claims for signer in claim.signers])
    return [
        " ".join(signer.key for signer in one.signers if one.verifies(signer))
        if isinstance(one, Claim)
        else f"({one.code})"
        for one in read
    ]


@pytest.fixture(scope="module")
def seen(guix: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Ask both engines about every commit, once for all tests."""
    asked = commits(guix)
    assert len(asked) == COMMITS
    native = signers(guix, asked, "native")
    with watched(tmp_path_factory.mktemp("witness")) as witness:
        gnupg = signers(guix, asked, "gnupg")
    return Seen(native, gnupg, witness)


def test_every_signer_is_the_same(seen: Seen) -> None:
    assert len(seen.native) == COMMITS
    assert seen.native == seen.gnupg
    assert all(len(signer) == 40 for signer in seen.native.values())


def test_gnupg_was_asked_about_every_commit(seen: Seen) -> None:
    """It says itself whose each signature is, and how often."""
    assert seen.witness.signatures == COMMITS
    assert seen.witness.runs >= COMMITS // 512
    valid = seen.witness.said("VALIDSIG")
    assert Counter(words[1] for words in valid) == Counter(seen.native.values())
    assert {words[0] for words in valid} == {"VALIDSIG"}


@pytest.mark.parametrize("engine", ["gnupg", "both"])
def test_the_whole_question(guix: Corpus, tmp_path: Path, engine: str) -> None:
    """The same report from every engine; `both` would not let a disagreement pass."""
    repository, keyring = guix.open(), guix.keyring()
    # The beginning of the history: the way of each commit is the same, and all were asked above.
    target, options = commits(guix, "--ancestry-path")[-300], Options(stats=True)
    expected = authenticate(repository, keyring, guix.trust, target, options)
    with watched(tmp_path) as witness:
        opened = open_engine(engine, keyring)
        report = authenticate(repository, keyring, guix.trust, target, options, engine=opened)
        opened.close()
    assert report.verdict is Verdict.AUTHENTIC
    assert report == expected
    assert report.stats is not None
    assert witness.signatures == report.stats.trusted + 1, "the introduction's among them"
    assert report.stats.trusted > 50
