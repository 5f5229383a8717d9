"""What a question takes from a record, and what it does not."""

from __future__ import annotations

from pathlib import Path

from nixauth.cli.question import Question
from nixauth.model import Fingerprint, Introduction, ObjectId
from nixauth.trust import Trust

INTRODUCTION = Introduction(ObjectId(b"\1" * 20), Fingerprint("A" * 40))
RECORD = Trust(
    INTRODUCTION,
    "main",
    keyring=("refs/heads/keys", "/keys"),
    authorizations_path="who",
    historical=Path("/old"),
    historical_sha1=True,
    require_every_commit=True,
)


def test_what_was_not_given_is_the_records() -> None:
    question = Question()
    question._fill_in(RECORD)
    assert question.trust(INTRODUCTION, "main") == RECORD


def test_what_was_given_stays() -> None:
    question = Question(keyring=["/mine"], authorizations_file="mine", historical=Path("/mine"))
    question._fill_in(RECORD)
    told = question.trust(INTRODUCTION, "main")
    assert (told.keyring, told.authorizations_path) == (("/mine",), "mine")
    assert told.historical == Path("/mine")


def test_what_is_demanded_stays_demanded() -> None:
    question = Question(every_commit=True, historical_sha1=True)
    question._fill_in(Trust(INTRODUCTION))
    assert (question.every_commit, question.historical_sha1) == (True, True)
    question = Question(every_commit=False, historical_sha1=False)
    question._fill_in(RECORD)
    assert (question.every_commit, question.historical_sha1) == (True, True)
