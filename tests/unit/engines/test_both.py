"""Two engines: good is what both call good, and a disagreement is an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from nixauth.engines import Check, Outcome
from nixauth.engines.both import Both
from nixauth.errors import EngineDisagreementError, UncheckedSignatureError, UndecidedError
from nixauth.signatures import ssh
from tests.differential.sshsig import token_ed25519
from tests.unit.engines.engine_checks import ALICE, PAYLOAD, check

CANNOT = UncheckedSignatureError("it cannot say", "try another")


class Stub:
    """Stands for GnuPG: gives these answers."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = answers
        self.asked: list[Check] = []
        self.closed = 0

    def prepare(self, signature: Any, payload: bytes) -> bytes:
        if isinstance(signature, ssh.Signature):
            return signature.digest(payload)
        return payload

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        self.asked += checks
        return self.answers[: len(checks)]

    def close(self) -> None:
        self.closed += 1


def both(*answers: Outcome) -> tuple[Both, Stub]:
    stub: Any = Stub(*answers)
    return Both(stub), stub


GOOD, BAD = check(), check(over=b"another payload\n")
WORDS = {True: "good", False: "bad"}


@pytest.mark.parametrize("gnupg", [True, False, CANNOT], ids=["good", "bad", "cannot say"])
@pytest.mark.parametrize("native", [True, False], ids=["good", "bad"])
def test_every_combination(native: bool, gnupg: Outcome) -> None:
    engine, stub = both(gnupg)
    [found] = engine.verify([GOOD if native else BAD])
    assert len(stub.asked) == 1, "GnuPG was asked"
    if native is (gnupg is True):
        assert found is native
        return
    assert isinstance(found, EngineDisagreementError)
    assert found.ends_run
    assert f"nixauth's own finds it {WORDS[native]};" in found.message
    word = "impossible to say (it cannot say)" if gnupg is CANNOT else WORDS[gnupg is True]
    assert f"GnuPG finds it {word}" in found.message
    assert ALICE.fingerprint in found.message
    assert "docs/engines.md" in found.hint


def test_where_the_native_one_cannot_say() -> None:
    """It always can today; the comparison would hold all the same."""
    from nixauth.engines.both import _compare  # noqa: PLC0415 - private on purpose

    assert _compare(GOOD, CANNOT, CANNOT) is CANNOT
    assert _compare(GOOD, CANNOT, False) is CANNOT
    found = _compare(GOOD, CANNOT, True)
    assert isinstance(found, EngineDisagreementError)
    assert "nixauth's own finds it impossible to say (it cannot say); GnuPG" in found.message


def test_answers_stay_with_their_questions() -> None:
    engine, _ = both(True, False, False, True)
    found = engine.verify([GOOD, BAD, GOOD, BAD])
    assert found[:2] == [True, False]
    assert all(isinstance(one, EngineDisagreementError) for one in found[2:])


def test_an_answer_that_is_missing() -> None:
    engine, _ = both(True)
    with pytest.raises(ValueError, match="shorter"):
        engine.verify([GOOD, GOOD])


def test_it_hands_on_what_the_other_needs() -> None:
    engine, stub = both(True)
    assert engine.prepare(GOOD.signature, PAYLOAD) == PAYLOAD
    engine.close()
    assert stub.closed == 1
    assert engine.name == "both"


def test_ssh_is_the_native_engines_business(monkeypatch: pytest.MonkeyPatch) -> None:
    signature = ssh.read_signature(token_ed25519().sign(PAYLOAD))
    assert isinstance(signature, ssh.Signature)
    for payload, good in ((PAYLOAD, True), (b"another", False)):
        engine, _ = both(good)  # what the engine gnupg says of SSH is the native engine's answer
        material = engine.prepare(signature, payload)
        assert engine.verify([Check(signature, material, signature.key)]) == [good]
    engine, _ = both(True)
    [found] = engine.verify([Check(signature, engine.prepare(signature, b"x"), signature.key)])
    assert isinstance(found, UndecidedError)
