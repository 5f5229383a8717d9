"""`nixauth trust`, and what `verify` and `explain` take from it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from nixauth.display import spaced
from tests.support import commits, openpgp, ssh_signers
from tests.unit.cli.places import ROOT, Maker, Place, Result, Sandbox, certificates, clear

ALICE, BOB = openpgp.key("alice").fingerprint, openpgp.key("bob").fingerprint


def trust(place: Place, *arguments: object, **environment: str | None) -> Result:
    words = ["trust", *map(str, arguments), "-C", str(place.repository)]
    return place.box.run(*words, **environment)


def verify(place: Place, *arguments: object) -> Result:
    """Verify without naming an introduction."""
    return place.box.run("verify", "-C", place.repository, *arguments)


def configured(place: Place) -> str:
    return (place.repository / "config").read_text()


def git_config(place: Place, *arguments: object) -> str:
    return place.box.git("-C", place.repository, "config", *arguments)


def assert_message(result: Result, code: int, *words: str) -> None:
    message = result.err + result.out
    assert result.code == code, message
    assert clear(message), message
    for word in words:
        assert word in message, message


# --- record ---


def test_record_then_verify_and_explain_without_options(place: Place) -> None:
    first = place.commits[0].hex()
    done = trust(place, first, spaced(ALICE).lower())
    assert done.code == 0, done.err
    line, where = done.out.splitlines()
    assert line == f"nixauth trust {first} '{spaced(ALICE)}'"
    assert "the whole repository" in where
    assert str(place.repository / "config") in where
    assert git_config(place, "--local", "nixauth.introductionCommit") == first
    assert git_config(place, "--local", "nixauth.introductionSigner") == ALICE
    for asked in ((), ("main",), ("refs/heads/main",), (place.commits[2].hex(),), ("main~1",)):
        assert verify(place, *asked).code == 0
    assert "as recorded for the whole repository" in verify(place, "-v").out
    assert "recorded" not in verify(place, "-v", "-q").out
    assert place.box.run("explain", "main", "-C", place.repository).code == 0
    # The line to publish does the same again.
    assert trust(place, *shlex.split(line)[2:]).code == 0


def test_the_word_record_may_be_there(place: Place) -> None:
    assert trust(place, "record", place.commits[0].hex(), ALICE).code == 0
    assert trust(place, "--branch", "x", place.commits[0].hex(), ALICE).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["COMMIT", ALICE],
        ["record", "COMMIT", ALICE],
        ["--branch", "x", "COMMIT", ALICE],
        ["show"],
        ["forget"],
    ],
    ids=lambda words: words[0],
)
def test_the_directory_may_stand_anywhere(place: Place, words: list[str]) -> None:
    first, repository = place.commits[0].hex(), str(place.repository)
    words = [first if word == "COMMIT" else word for word in words]
    for whole in (
        ["-C", repository, "trust", *words],
        ["trust", "-C", repository, *words],
        ["trust", f"-C{repository}", *words],
        ["trust", *words, "-C", repository],
    ):
        assert trust(place, first, ALICE).code == 0
        done = place.box.run(*whole)
        assert done.code == 0, (whole, done.err)
        assert (f"nixauth trust {first} " in done.out) is (words != ["forget"])


def test_directories_are_relative_to_those_before(place: Place) -> None:
    first = place.commits[0].hex()
    folder, name = place.repository.parent, place.repository.name
    assert trust(place, first, ALICE).code == 0
    for words in (
        ["-C", folder, "trust", "-C", name, "show"],
        ["-C", folder, "trust", "show", "-C", name],
        ["trust", "-C", folder, "show", "-C", name],
        ["trust", "-C", folder, "-C", place.repository, "show"],
        ["-C", folder.parent, "trust", "-C", folder.name, "show", "-C", name],
    ):
        done = place.box.run(*words)
        assert done.code == 0, (words, done.err)
        assert f"nixauth trust {first} " in done.out
    done = place.box.run("-C", folder, "trust", "-C", name, first, ALICE)
    assert done.out.startswith(f"nixauth trust {first} ")


@pytest.mark.parametrize("words", [["-C"], ["-C", "."], ["-C", ".", "--no-such-option", "show"]])
def test_a_directory_alone_is_no_question(place: Place, words: list[str]) -> None:
    assert place.box.run("trust", *words).code == 2


def test_help_may_be_asked_for_behind_a_directory(place: Place) -> None:
    done = place.box.run("trust", "-C", ".", "--help")
    assert done.code == 0
    assert "Usage: nixauth trust [OPTIONS] COMMIT" in done.out


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_other_engines_verify_it_too(place: Place) -> None:
    first = place.commits[0].hex()
    assert trust(place, first, ALICE, "--engine", "both").code == 0
    missing = trust(place, first, ALICE, "--engine", "gnupg", PATH="/nonexistent")
    assert_message(missing, 3, "engine-failed")


@pytest.mark.parametrize(
    ("commit", "signer", "code", "word"),
    [
        (0, BOB, 1, "wrong-introduction-signer"),
        (2, ALICE, 1, "another key than the one you gave"),
        (5, ALICE, 1, "it carries no signature"),
        (6, ALICE, 1, "is not well formed"),
        (7, ALICE, 1, "its signature is false"),
        (8, ALICE, 1, "not in the keyring"),
    ],
)
def test_refusals_are_those_of_verify_and_record_nothing(
    box: Sandbox, commit: int, signer: str, code: int, word: str
) -> None:
    maker = Maker()
    made = maker.chain(5)
    made.append(maker.commit(made[-1], signer=None))
    made.append(maker.commit(made[0], file=b"version: 2\n"))
    good = maker.objects[made[0]][1]
    made.append(commits.add(maker.objects, "commit", good.replace(b"A change", b"Another")))
    made.append(maker.commit(made[0], signer="eve"))
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": made[4], "refs/heads/keyring": keys}
    place = Place(box, maker, made, maker.write(box.folder / "repository.git", refs))
    before = configured(place)
    found = trust(place, made[commit].hex(), signer)
    assert found.code == code
    assert word in found.out
    assert "  next: " in found.out
    asked = ["--introduction", made[commit].hex(), "--signer", signer]
    assert verify(place, made[commit].hex(), *asked).out == found.out
    assert configured(place) == before


def test_what_cannot_be_recorded(place: Place) -> None:
    first = place.commits[0].hex()
    assert_message(trust(place, "a" * 40, ALICE), 3, "is not in this repository")
    assert_message(trust(place, "main", ALICE), 2, "full commit id", "compare")
    assert_message(trust(place, first, ALICE[-16:]), 2, "is a key id")
    assert_message(trust(place, first, ALICE, "--branch", "a..b"), 2, "not the name of a branch")
    assert_message(trust(place, first, ALICE, "--branch", "a\nb"), 2, "not the name of a branch")
    assert_message(trust(place, first, ALICE, "--authorizations-file", "../x"), 2, "not a path")
    assert_message(trust(place, first, ALICE, "--historical-sha1"), 2, "needs --historical")
    assert "nixauth" not in configured(place)


def test_another_introduction_is_replaced_on_demand_only(place: Place) -> None:
    first, third = place.commits[0].hex(), place.commits[2].hex()
    assert trust(place, first, ALICE).code == 0
    before = configured(place)
    assert_message(trust(place, third, BOB), 2, "another introduction", first, "--replace")
    assert configured(place) == before
    assert trust(place, third, BOB, "--branch", "main").code == 0  # another record
    done = trust(place, third, BOB, "--replace")
    assert done.code == 0
    assert f"replaced: nixauth trust {first} '{spaced(ALICE)}'" in done.out
    assert git_config(place, "--get-all", "nixauth.introductionCommit") == third


def test_malformed_record_is_replaced_on_demand_only(place: Place) -> None:
    git_config(place, "nixauth.introductionCommit", "HEAD")
    assert_message(trust(place, place.commits[0].hex(), ALICE), 2, "nixauth.introductionCommit")
    done = trust(place, place.commits[0].hex(), ALICE, "--replace")
    assert done.code == 0
    assert "replaced: what could not be read" in done.out
    assert verify(place).code == 0


def test_paths_are_recorded_absolute(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place.box.folder / "folder"
    folder.mkdir()
    (folder / "alice.key").write_bytes(openpgp.key("alice").certificate())
    (folder / "old").write_text(f"version: 1\npeople:\n  a:\n    keys:\n      - {ALICE}\n")
    monkeypatch.chdir(folder)
    given = ["--keyring", ".", "--keyring", "refs/heads/keyring", "--require", "every-commit"]
    given += ["--historical-authorizations", "old", "--historical-sha1"]
    given += ["--authorizations-file", ".authorizations"]
    assert trust(place, place.commits[0].hex(), ALICE, *given).code == 0
    monkeypatch.chdir(place.box.folder)
    (record,) = json.loads(trust(place, "show", "--format", "json").out)["records"]
    assert record == {
        "branch": None,
        "commit": place.commits[0].hex(),
        "signer": ALICE,
        "keyring": [str(folder), "refs/heads/keyring"],
        "authorizations_file": ".authorizations",
        "historical_authorizations": str(folder / "old"),
        "historical_sha1": True,
        "require": "every-commit",
    }
    assert verify(place).code == 0
    shutil.rmtree(folder)
    assert verify(place, "--no-cache").code in {2, 3}


# --- one's own signature ---


def git_signs_with(place: Place, key: str, form: str | None = None) -> None:
    git_config(place, "user.signingkey", key)
    if form is not None:
        git_config(place, "gpg.format", form)


@pytest.mark.parametrize(
    "key", [BOB, spaced(BOB).lower(), f"0x{BOB}", BOB[-16:], f"0x{BOB[-16:].lower()}!"]
)
@pytest.mark.parametrize("revision", ["HEAD", "main", "id"])
def test_own_signature(place: Place, key: str, revision: str) -> None:
    git_signs_with(place, key)
    tip = place.commits[4].hex()
    place.box.git("-C", place.repository, "update-ref", "refs/heads/main", tip)
    done = trust(place, tip if revision == "id" else revision)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == f"nixauth trust {tip} '{spaced(BOB)}'"


@pytest.mark.parametrize(
    "key", ["", ALICE, ALICE[-16:], BOB[-8:], "bob@example.org", "bob", BOB[:16]]
)
def test_signature_of_somebody_else(place: Place, key: str) -> None:
    if key:
        git_signs_with(place, key)
    tip = place.commits[4].hex()
    result = trust(place, tip)
    assert_message(result, 2, tip, spaced(BOB), "Compare", "maintainers publish")
    assert "bob@example.org" in result.err
    assert "nixauth." not in configured(place)


def test_own_signature_that_is_false(box: Sandbox) -> None:
    maker = Maker()
    good = maker.objects[maker.commit()][1]
    false = commits.add(maker.objects, "commit", good.replace(b"A change", b"Another"))
    unsigned = maker.commit(signer=None)
    keys = maker.keyring(certificates("alice"))
    refs = {"refs/heads/main": false, "refs/heads/keyring": keys, "refs/heads/bare": unsigned}
    place = Place(box, maker, [false], maker.write(box.folder / "repository.git", refs))
    git_signs_with(place, ALICE)
    for revision, word in (("main", "bad-signature"), ("bare", "unsigned")):
        result = trust(place, revision)
        assert result.code == 1
        assert word in result.out
    assert "nixauth." not in configured(place)


@pytest.mark.parametrize("own", ["primary", "subkey", "subkey!"])
def test_own_subkey_stands_for_its_primary_key(box: Sandbox, own: str) -> None:
    maker = Maker()
    laptop = openpgp.key("alice").subkey("laptop")
    unsigned = maker.objects[maker.commit(signer=None)][1]
    signed = commits.add(maker.objects, "commit", commits.signed_by(unsigned, laptop.sign))
    keys = maker.keyring({"alice.key": openpgp.key("alice").certificate(subkeys=[laptop])})
    refs = {"refs/heads/main": signed, "refs/heads/keyring": keys}
    place = Place(box, maker, [signed], maker.write(box.folder / "repository.git", refs))
    named = {"primary": ALICE, "subkey": laptop.fingerprint, "subkey!": f"{laptop.fingerprint}!"}
    git_signs_with(place, named[own])
    done = trust(place, "HEAD")
    assert done.code == 0, done.out + done.err
    assert spaced(ALICE) in done.out


@pytest.mark.parametrize(
    "form", ["file", "private", "relative", "home", "literal", "key::", "other", "absent", "gpg"]
)
def test_own_ssh_key(box: Sandbox, form: str) -> None:
    maker = Maker()
    signer, other = ssh_signers.signer("alice@ssh"), ssh_signers.signer("bob@ssh")
    assert signer is not None
    assert other is not None
    file = f"version: 1\npeople:\n  alice:\n    keys:\n      - {signer.line}\n".encode()
    unsigned = maker.objects[maker.commit(signer=None, file=file)][1]
    signed = commits.add(maker.objects, "commit", commits.signed_by(unsigned, signer.sign))
    repository = maker.write(box.folder / "repository.git", {"refs/heads/main": signed})
    place = Place(box, maker, [signed], repository)
    home = Path(box.environment["HOME"])
    (home / "id.pub").write_text(f"{signer.line}\n")
    (home / "id").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    (repository / "here.pub").write_text(f"{signer.line}\n")
    (home / "other.pub").write_text(f"{other.line}\n")
    named = {
        "file": str(home / "id.pub"),
        "private": str(home / "id"),
        "relative": "here.pub",
        "home": "~/id.pub",
        "literal": signer.line,
        "key::": f"key::{signer.line}",
        "other": str(home / "other.pub"),
        "absent": str(home / "absent"),
        "gpg": str(home / "id.pub"),
    }
    git_signs_with(place, named[form], "openpgp" if form == "gpg" else "ssh")
    result = trust(place, "HEAD")
    if form in {"other", "absent", "gpg"}:
        assert_message(result, 2, signer.fingerprint, "Compare")
        return
    assert result.code == 0, result.out + result.err
    assert f"'{signer.fingerprint}'" in result.out
    assert verify(place).code == 0


# --- which record is used ---


def test_branch_has_its_own_record(place: Place) -> None:
    tip = place.commits[-1].hex()
    for name in ("refs/heads/other", "refs/remotes/origin/main", "refs/remotes/origin/other"):
        place.box.git("-C", place.repository, "update-ref", name, tip)
    assert trust(place, place.commits[0].hex(), ALICE).code == 0
    assert trust(place, place.commits[2].hex(), BOB, "--branch", "refs/heads/main").code == 0
    for target in ("HEAD", "main", "refs/heads/main", "origin/main", "refs/remotes/origin/main"):
        found = verify(place, target, "-v").out
        assert place.commits[2].hex()[:12] in found, target
        assert "as recorded for the branch main" in found
    for target in ("other", "origin/other", tip, "main~0"):
        found = verify(place, target, "-v").out
        assert place.commits[0].hex()[:12] in found, target
        assert "as recorded for the whole repository" in found
    shown = trust(place, "show").out
    assert "the whole repository: " in shown
    assert "the branch main: " in shown
    own = trust(place, "show", "--branch", "main").out
    assert own.count("nixauth trust") == 1
    assert place.commits[2].hex() in own
    assert place.commits[0].hex() in trust(place, "show", "--branch", "other").out
    assert trust(place, "forget", "--branch", "main").code == 0
    assert place.commits[0].hex()[:12] in verify(place, "main").out


def test_json_says_which_record_was_used(place: Place) -> None:
    def used(*arguments: object) -> object:
        found = json.loads(verify(place, *arguments, "--format", "json").out)
        merged = place.box.run(
            "check-merge", *arguments[:1], "main", *arguments[1:], "-C", place.repository,
            "--format", "json",
        )  # fmt: skip
        merge = json.loads(merged.out)
        assert found["record"] == merge["record"] == merge["base_report"]["record"]
        return found["record"]

    tip = place.commits[-1].hex()
    assert used("main", *place.introduction) is None
    assert trust(place, place.commits[0].hex(), ALICE).code == 0
    assert trust(place, place.commits[2].hex(), BOB, "--branch", "main").code == 0
    assert used("main") == {"branch": "main", "introduction": True}
    assert used(tip) == {"branch": None, "introduction": True}
    assert used("main", *place.introduction) == {"branch": "main", "introduction": False}
    assert used(tip, *place.introduction) == {"branch": None, "introduction": False}


def test_check_merge_uses_the_record_for_base(place: Place) -> None:
    """What is checked out has no part in what the other branch is checked against."""
    git = ["-C", place.repository]
    place.box.git(*git, "update-ref", "refs/remotes/origin/release", place.commits[3].hex())
    assert trust(place, place.commits[0].hex(), ALICE).code == 0
    assert trust(place, place.commits[2].hex(), BOB, "--branch", "release").code == 0
    for base, scope, first in (
        ("origin/release", "the branch release", place.commits[2]),
        (place.commits[3].hex(), "the whole repository", place.commits[0]),
    ):
        asked = place.box.run("check-merge", base, "main", *git, "-v")
        assert asked.code == 0, asked.err
        assert f"introduction: as recorded for {scope}\n" in asked.out
        assert "recorded" not in place.box.run("check-merge", base, "main", *git, "-v", "-q").out
        found = place.box.run("check-merge", base, "main", *git, "--format", "json").out
        assert json.loads(found)["introduction"]["commit"] == first.hex()


def test_options_replace_the_introduction_and_nothing_else(box: Sandbox) -> None:
    maker = Maker()
    made = [maker.commit(history="trusted-path")]
    aside = maker.commit(made[0], signer=None)
    made.append(maker.commit(made[0], aside, history="trusted-path"))
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": made[-1], "refs/heads/elsewhere": keys}
    place = Place(box, maker, made, maker.write(box.folder / "repository.git", refs))
    keyring = ["--keyring", "refs/heads/elsewhere"]
    assert trust(place, made[0].hex(), ALICE, *keyring).code == 0
    assert verify(place, *place.introduction).code == 0  # with the keyring of the record
    itself = ["--introduction", made[1].hex(), "--signer", ALICE]
    found = verify(place, *itself, "-v")
    assert made[1].hex()[:12] in found.out
    assert "introduction: as given; what else" in found.out
    assert trust(place, made[0].hex(), ALICE, *keyring, "--require", "every-commit").code == 0
    assert verify(place, *place.introduction).code == 1  # and what it demands
    for left in (["--introduction", made[0].hex()], ["--signer", ALICE]):
        assert_message(verify(place, *left), 2, "an introduction is needed")


def test_recorded_introduction_that_is_not_there(place: Place) -> None:
    git_config(place, "nixauth.introductionCommit", "a" * 40)
    git_config(place, "nixauth.introductionSigner", ALICE)
    words = ("recorded for the whole repository", "a" * 40, "git fetch", "nixauth trust forget")
    assert_message(verify(place), 3, *words)
    assert_message(place.box.run("explain", "-C", place.repository), 3, *words)
    document = json.loads(verify(place, "--format", "json").out)
    assert document["verdict"] == "undecided"
    assert document["error"]["kind"] == "missing-object"
    assert verify(place, *place.introduction).code == 0


def test_recorded_introduction_behind_a_shallow_boundary(place: Place) -> None:
    folder = place.box.folder / "shallow"
    place.box.git("clone", "-q", "--depth", "1", f"file://{place.repository}", folder)
    place.box.git("-C", folder, "config", "nixauth.main.introductionCommit", place.commits[0].hex())
    place.box.git("-C", folder, "config", "nixauth.main.introductionSigner", ALICE)
    result = place.box.run("verify", "-C", folder)
    assert_message(
        result, 3, "the branch main", "shallow-history", "--unshallow", "--branch 'main'"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nixauth.introductionSigner", "DEADBEEF"),
        ("nixauth.main.require", "all"),
        ("nixauth.keyring", "\x1b[31mred"),
        ("nixauth.main.keyrings", "/x"),
    ],
)
def test_malformed_record_is_never_passed_over(place: Place, key: str, value: str) -> None:
    assert trust(place, place.commits[0].hex(), ALICE).code == 0
    if ".main." in key:
        assert trust(place, place.commits[0].hex(), ALICE, "--branch", "main").code == 0
    git_config(place, key, value)
    for result in (verify(place), verify(place, *place.introduction), trust(place, "show")):
        assert_message(result, 2, key)
        assert "\x1b" not in result.err


# --- remember ---


def test_remember_after_success_only(box: Sandbox) -> None:
    maker = Maker()
    made = maker.chain(3)
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"main": made[-1], "bad": maker.commit(made[-1], signer=None), "keyring": keys}
    folder = maker.write(box.folder / "r.git", {f"refs/heads/{k}": v for k, v in refs.items()})
    place = Place(box, maker, made, folder)
    before = configured(place)
    assert verify(place, "bad", *place.introduction, "--remember").code == 1
    assert verify(place, "nowhere", *place.introduction, "--remember").code == 2
    assert verify(place, "a" * 40, *place.introduction, "--remember").code == 3
    assert configured(place) == before
    more = ["--keyring", "refs/heads/keyring", "--require", "every-commit"]
    result = verify(place, "main", *place.introduction, *more, "--remember")
    assert result.code == 0
    assert "recorded for the branch main" in result.err
    assert git_config(place, "nixauth.main.require") == "every-commit"
    assert git_config(place, "nixauth.main.keyring") == "refs/heads/keyring"
    assert git_config(place, "nixauth.main.introductionSigner") == ALICE
    assert verify(place, "main").code == 0
    assert verify(place, "bad").code == 2  # another branch: nothing is recorded for it
    assert verify(place, place.commits[-1].hex(), *place.introduction, "--remember").code == 0
    assert git_config(place, "nixauth.introductionCommit") == place.commits[0].hex()


def test_remember_does_not_replace_another_introduction(place: Place) -> None:
    assert trust(place, place.commits[0].hex(), ALICE, "--branch", "main").code == 0
    given = ["--introduction", place.commits[2].hex(), "--signer", BOB, "--remember"]
    assert_message(verify(place, "main", *given), 2, "another introduction", "--replace")
    assert verify(place, "main", *place.introduction, "--remember").code == 0


# --- show and forget ---


def test_nothing_recorded(place: Place) -> None:
    shown = trust(place, "show")
    assert (shown.code, shown.err) == (0, "")
    assert "nothing is recorded" in shown.out
    assert json.loads(trust(place, "show", "--format", "json").out) == {"schema": 1, "records": []}
    assert_message(trust(place, "forget"), 2, "nothing is recorded for the whole repository")
    assert_message(trust(place, "forget", "--branch", "x"), 2, "for the branch x")
    assert_message(verify(place), 2, "an introduction is needed", "nixauth trust")


def test_forget_takes_the_malformed_away(place: Place) -> None:
    git_config(place, "nixauth.nonsense", "x")
    assert trust(place, "show").code == 2
    assert trust(place, "forget").code == 0
    assert "nixauth" not in configured(place)


def test_names_of_branches_are_shown_printable(place: Place) -> None:
    odd = "a\u202eb"
    assert trust(place, place.commits[0].hex(), ALICE, "--branch", odd).code == 0
    assert "\u202e" not in trust(place, "show").out
    assert trust(place, "forget", "--branch", odd).code == 0


def test_help_explains_all_three(place: Place) -> None:
    for option in ("--help", "-h"):
        text = place.box.run("trust", option).out
        for word in ("COMMIT [FINGERPRINT]", "nixauth trust show", "nixauth trust forget", "HEAD"):
            assert word in text
    for command in ("record", "show", "forget"):
        assert "Examples:" in place.box.run("trust", command, "--help").out
    assert "FINGERPRINT" in place.box.run("trust", "--branch", "x", "--help").out


# --- what the machine does not allow ---


def as_nobody_special(place: Place, *arguments: object) -> Result:
    """Run a command for which permissions count, even where the tests run as root."""
    words = place.box.command(*arguments)
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("permissions do not count for root, and there is no setpriv")
        words = [setpriv, "--bounding-set=-dac_override,-dac_read_search", "--", *words]
    done = subprocess.run(
        words, capture_output=True, check=False, env=place.box.environment, cwd=ROOT
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("command", ["trust", "remember", "forget"])
def test_configuration_that_may_not_be_written(place: Place, command: str) -> None:
    where = ["-C", place.repository]
    git_config(place, "nixauth.other.keyring", "/x")
    before = configured(place)
    words: list[object] = {
        "trust": ["trust", place.commits[0].hex(), ALICE],
        "remember": ["verify", "main", *place.introduction, "--remember"],
        "forget": ["trust", "forget", "--branch", "other"],
    }[command]
    place.repository.chmod(0o500)
    try:
        result = as_nobody_special(place, *words, *where)
    finally:
        place.repository.chmod(0o700)
    assert_message(result, 3, "cannot be written", "Permission denied", "unwritable-config")
    assert configured(place) == before


@pytest.mark.parametrize("command", ["verify", "show", "trust"])
def test_configuration_that_may_not_be_read(place: Place, command: str) -> None:
    words: list[object] = {
        "verify": ["verify", "main", *place.introduction],
        "show": ["trust", "show"],
        "trust": ["trust", place.commits[0].hex(), ALICE],
    }[command]
    (place.repository / "config").chmod(0)
    result = as_nobody_special(place, *words, "-C", place.repository)
    assert_message(result, 3, "config", "unsupported-repository")
