"""What the commands write: the documents, the words, and never what drives a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.support import commits, openpgp
from tests.unit.cli.places import ROOT, Maker, Place, Sandbox, certificates, listing

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
SIGNATURE_COMMANDS = ["verify", "explain", "lint", "demo", "cache"]


def document(place: Place, *arguments: object) -> dict[str, object]:
    result = place.verify("--format", "json", *arguments)
    found: dict[str, object] = json.loads(result.out)
    codes = {"authentic": 0, "refused": 1, "undecided": 3}
    assert result.code == codes[str(found["verdict"])]
    assert found["schema"] == 1
    return found


# --- the document ---

ALWAYS = {
    "schema",
    "verdict",
    "target",
    "introduction",
    "record",
    "path",
    "historical",
    "verified",
    "refusals",
    "untrusted",
    "warnings",
}


def test_document_of_an_authentic_commit(place: Place) -> None:
    found = document(place)
    assert set(found) == ALWAYS
    assert found["verdict"] == "authentic"
    assert found["target"] == place.commits[-1].hex()
    assert found["introduction"] == {
        "commit": place.commits[0].hex(),
        "signer": openpgp.key("alice").fingerprint,
    }
    assert found["path"] == ".authorizations"
    assert (found["verified"], found["refusals"], found["warnings"]) == (4, [], [])
    assert document(place)["verified"] == 0


def test_document_with_totals(place: Place) -> None:
    found = document(place, "--stats")
    assert set(found) == ALWAYS | {"trusted", "service_only", "signers"}
    assert (found["trusted"], found["service_only"]) == (4, 0)
    signers = found["signers"]
    assert isinstance(signers, list)
    assert [set(one) for one in signers] == [{"person", "fingerprint", "service", "commits"}] * 2
    assert {one["person"]: one["commits"] for one in signers} == {"alice": 2, "bob": 2}
    warm = document(place, "--stats")
    assert {**warm, "verified": 4} == found


def test_document_of_a_refusal(place: Place) -> None:
    maker = place.maker
    evil = maker.commit(place.commits[-1], signer="mallory")
    child = maker.commit(evil, signer="alice")
    keys = maker.keyring(certificates("alice", "bob", "mallory"))
    refs = {"refs/heads/main": child, "refs/heads/keyring": keys}
    other = maker.write(place.box.folder / "other.git", refs)
    found = document(place, "-C", other)
    assert found["verdict"] == "refused"
    refusals = found["refusals"]
    assert isinstance(refusals, list)
    assert refusals[0] == {
        "commit": evil.hex(),
        "reason": "unauthorized-key",
        "fingerprint": openpgp.key("mallory").fingerprint,
        "parent": place.commits[-1].hex(),
    }
    assert refusals[1] == {"commit": child.hex(), "reason": "no-trusted-parent", "parents": 1}
    text = place.verify("-C", other)
    assert text.code == 1
    lines = text.out.splitlines()
    assert lines[0].startswith(f"refused: {child.hex()} is not authentic, because of commit ")
    assert "(unauthorized-key)" in lines[0]
    for word in (
        f"commit: {evil.hex()}",
        "subject: A change",
        "author: A U Thor <author@example.org>, 2020-",
        "reason: ",
        "(mallory <mallory@example.org>)",
        f"in force: .authorizations as of its parent {place.commits[-1].hex()}",
        "next: ",
    ):
        assert word in text.out, word


def test_document_of_what_was_not_decided(place: Place) -> None:
    found = document(place, "--keyring", "refs/heads/missing")
    assert set(found) == ALWAYS | {"error"}
    error = found["error"]
    assert isinstance(error, dict)
    assert set(error) == {"kind", "message", "hint"}
    assert error["kind"] == "unreadable-keyring"


def test_document_is_ascii(place: Place) -> None:
    maker = place.maker
    people = {"Zoë \U0001f600": ["alice"], "bob": ["bob"]}
    start = maker.commit(file=listing(people))
    tip = maker.commit(start, file=listing(people))
    keys = maker.keyring(certificates("alice", "bob"))
    other = maker.write(
        place.box.folder / "o.git", {"refs/heads/main": tip, "refs/heads/keyring": keys}
    )
    asked = Place(place.box, maker, [start], other)
    result = asked.verify("--format", "json", "--stats")
    assert result.out.isascii()
    assert json.loads(result.out)["signers"][0]["person"] == "Zoë \U0001f600"
    assert "Zoë \U0001f600" in asked.verify("--stats").out


# --- options ---


def test_quiet_and_verbose(place: Place) -> None:
    tip, start = place.commits[-1].hex(), place.commits[0].hex()[:12]
    only = f"authentic: {tip} is trusted, by a line from the introduction {start}\n"
    assert place.verify("-q").out == only
    assert "verified in this run: 0 commits" in place.verify("-v").out
    assert "verified in this run" not in place.verify().out


def test_long_lists_are_cut_unless_verbose(place: Place) -> None:
    maker = place.maker
    tip = maker.commit(place.commits[-1], signer=None)
    for _ in range(14):
        tip = maker.commit(tip)
    refs = {"refs/heads/main": tip, "refs/heads/keyring": maker.keyring(certificates("alice"))}
    other = maker.write(place.box.folder / "other.git", refs)
    keys = place.box.folder / "keys.key"
    keys.write_bytes(b"".join(certificates("alice", "bob").values()))
    short = place.verify("-C", other, "--keyring", keys)
    assert short.out.count("no-trusted-parent") == 10
    assert "and 4 more (-v lists them)" in short.out
    assert place.verify("-C", other, "--keyring", keys, "-v").out.count("no-trusted-parent") == 14


def test_after(place: Place) -> None:
    ids = [commit.hex() for commit in place.commits]
    assert place.verify("--after", ids[2]).code == 0
    assert place.verify("--after", ids[-1]).code == 0
    assert place.verify("--after", ids[0]).code == 0
    back = place.verify(ids[2], "--after", ids[3])
    assert back.code == 1
    assert "(not-descendant)" in back.out
    found = document(place, ids[2], "--after", "main")
    refusals = found["refusals"]
    assert isinstance(refusals, list)
    assert refusals[0]["since"] == ids[-1]


def test_behind_the_introduction_is_refused(place: Place) -> None:
    asked = Place(place.box, place.maker, place.commits[1:], place.repository, signer="alice")
    result = asked.verify(place.commits[0].hex())
    assert result.code == 1
    assert "(not-descendant)" in result.out


def test_require(place: Place) -> None:
    maker = place.maker
    start = maker.commit(history="trusted-path")
    side = maker.commit(start, signer=None, history="trusted-path")
    merge = maker.commit(start, side, history="trusted-path")
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": merge, "refs/heads/keyring": keys}
    asked = Place(place.box, maker, [start], maker.write(place.box.folder / "o.git", refs))
    assert asked.verify().code == 0
    refused = asked.verify("--require", "every-commit")
    assert refused.code == 1
    assert "(unsigned)" in refused.out
    assert side.hex() in refused.out
    assert asked.verify().code == 0


def test_historical_authorizations(place: Place) -> None:
    maker = Maker()
    empty = commits_without_file(maker, 4)
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": empty[-1], "refs/heads/keyring": keys}
    asked = Place(place.box, maker, empty, maker.write(place.box.folder / "o.git", refs))
    refused = asked.verify()
    assert refused.code == 1
    assert "(authorizations-missing)" in refused.out
    file = place.box.folder / "historical"
    file.write_bytes(listing({"alice": ["alice"]}))
    result = asked.verify("--historical-authorizations", file)
    assert result.code == 0, result.out
    assert "historical authorizations stand in" in result.out
    assert document(asked, "--historical-authorizations", file)["historical"] is True
    file.write_bytes(listing({"bob": ["bob"]}))
    assert asked.verify("--historical-authorizations", file).code == 1, "another file"


def commits_without_file(maker: Maker, length: int) -> list[bytes]:
    made: list[bytes] = []
    for number in range(length):
        files = {"a": ("100644", commits.add(maker.objects, "blob", b"%d" % number))}
        raw = commits.commit_content(commits.add_tree(maker.objects, files), made[-1:])
        made.append(
            commits.add(maker.objects, "commit", commits.signed_by(raw, openpgp.key("alice").sign))
        )
    return made


def test_authorizations_file(place: Place) -> None:
    result = place.verify("--authorizations-file", "pkgs/a.nix")
    assert result.code == 1
    assert "(authorizations-malformed)" in result.out
    assert "pkgs/a.nix" in result.out
    assert place.verify("--authorizations-file", ".authorizations").code == 0


# --- malformed authorizations, by every command ---

MALFORMED = {
    "empty": b"",
    "binary": bytes(range(256)),
    "no version": b"people: {a: {keys: []}}\n",
    "deep": b"[" * 100_000,
    "alias": b"version: 1\na: &x 1\nb: *x\n",
    "large": b"#" * (1024 * 1024 + 1),
    "terminal": b"version: 1\n\x1b[2J: \xc2\x9b31m\n",
    "bidi": "version: 1\npeople:\n  \u202eecila:\n    keys: []\n".encode(),
    "key id": b"version: 1\npeople:\n  a:\n    keys: [0123456789ABCDEF]\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_authorizations(place: Place, name: str) -> None:
    maker = place.maker
    tip = maker.commit(place.commits[-1], file=MALFORMED[name])
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": tip, "refs/heads/keyring": keys}
    repository = maker.write(place.box.folder / "other.git", refs)
    for extra in ([], ["--introduction", tip.hex()]):
        result = place.verify("-C", repository, *extra)
        assert result.code == 1, result.out
        assert "(authorizations-malformed)" in result.out
        assert "line 1" in result.out or "line " in result.out
        assert not CONTROL.search(result.out)
    assert place.box.run("explain", "-C", repository, *place.introduction).code == 1
    linted = place.box.run("lint", "-C", repository, "main")
    assert linted.code == 1
    assert not CONTROL.search(linted.out + linted.err)
    assert re.search(r"^main:\.authorizations:\d+:\d+: error: ", linted.out, re.MULTILINE)
    file = place.box.folder / ".authorizations"
    file.write_bytes(MALFORMED[name])
    assert place.box.run("lint", file).code == 1


# --- hostile text ---

HOSTILE = "\x1b[31mred\x1b]0;title\x07\r\b\x9b\u202eevil\u2066\u200b\u2028\x00\t"


def test_hostile_commit_texts_are_escaped(box: Sandbox) -> None:
    maker = Maker()
    hostile = HOSTILE.encode()
    start = maker.commit()
    clean = hostile.replace(b"\0", b"")
    tip = maker.commit(start, message=hostile + b"\n\nbody", author=clean + b" <" + clean + b">")
    evil = maker.commit(tip, signer="mallory", message=hostile, author=clean)
    key = openpgp.key("mallory").certificate(user_id=hostile)
    files = {**certificates("alice", "bob"), "\x1b[1m.key": key, "\u202e.key": b"garbage\x1b"}
    refs = {"refs/heads/main": evil, "refs/heads/keyring": maker.keyring(files)}
    place = Place(box, maker, [start], maker.write(box.folder / "r.git", refs))
    for arguments in (
        ["verify", tip.hex()],
        ["verify", tip.hex(), "--stats", "-v"],
        ["verify"],
        ["verify", "-v"],
        ["verify", "--format", "json"],
        ["explain"],
        ["explain", tip.hex()],
        ["lint", "main"],
    ):
        introduction = [] if arguments[0] == "lint" else place.introduction
        result = box.run(*arguments, "-C", place.repository, *introduction)
        shown = result.out + result.err
        assert result.code in {0, 1}, shown
        assert not CONTROL.search(shown.replace("\t", "!")), repr(shown)


def test_hostile_arguments_are_escaped(place: Place) -> None:
    hostile = "\x1b[31m\u202ex"
    for arguments in (
        place.arguments(hostile),
        place.arguments("-C", f"/{hostile}"),
        place.arguments("--keyring", hostile),
        place.arguments("--keyring", f"refs/{hostile}"),
        place.arguments("--after", hostile),
        place.arguments("--authorizations-file", hostile),
        place.arguments("--authorizations-file", f"../{hostile}"),
        place.arguments("--historical-authorizations", hostile),
        ["verify", "-C", place.repository, "--introduction", hostile, "--signer", "A" * 40],
        ["verify", "-C", place.repository, "--introduction", "a" * 40, "--signer", hostile],
        ["lint", hostile, "-C", place.repository],
        ["lint", "-C", place.repository, "--authorizations-file", hostile],
    ):
        result = place.box.run(*arguments)
        assert result.code in {1, 2, 3}
        assert not CONTROL.search(result.out + result.err), (arguments, result.out, result.err)


def test_hostile_names_in_files(place: Place) -> None:
    maker = place.maker
    fingerprint = openpgp.key("alice").fingerprint
    guix = f'(authorizations (version 0) (("{fingerprint}" (name "\x1b[31m\u202e\x9b")))) ;\x1b'
    blob = commits.add(maker.objects, "blob", guix.encode())
    tree = commits.add_tree(maker.objects, {".guix-authorizations": ("100644", blob)})
    tip = b""
    ids = []
    for _ in range(2):
        raw = commits.commit_content(tree, [tip] if tip else [])
        tip = commits.add(
            maker.objects, "commit", commits.signed_by(raw, openpgp.key("alice").sign)
        )
        ids.append(tip)
    keys = maker.keyring(certificates("alice"))
    refs = {"refs/heads/main": tip, "refs/heads/keyring": keys}
    asked = Place(place.box, maker, ids, maker.write(place.box.folder / "o.git", refs))
    for command in (asked.arguments("--stats", "-v"), ["explain", *asked.arguments()[1:]]):
        result = place.box.run(*command)
        assert result.code in {0, 1}
        assert not CONTROL.search(result.out + result.err)
    linted = place.box.run("lint", "main", "-C", asked.repository)
    assert not CONTROL.search(linted.out)
    for _ in range(2):  # with what the cache remembers
        assert asked.verify("--stats").code in {0, 1}


# --- colour ---


def on_terminal(place: Place, *arguments: object, **environment: str) -> str:
    """Run a command whose output is a terminal and return what it wrote there."""
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(
            place.box.command(*arguments),
            stdout=follower,
            stderr=follower,
            stdin=subprocess.DEVNULL,
            env={**place.box.environment, "TERM": "xterm", **environment},
            check=False,
        )
        assert done.returncode in {0, 1}
        return os.read(leader, 100_000).decode()
    finally:
        os.close(leader)
        os.close(follower)


def test_colour_on_a_terminal_only(place: Place) -> None:
    assert on_terminal(place, *place.arguments()).startswith("\x1b[1;32mauthentic\x1b[0m: ")
    assert "\x1b" not in on_terminal(place, *place.arguments(), NO_COLOR="1")
    assert "\x1b" not in on_terminal(place, *place.arguments(), TERM="dumb")
    assert "\x1b" not in on_terminal(place, *place.arguments("--format", "json"))
    assert "\x1b" not in place.box.process(*place.arguments()).out
    assert "\x1b" not in place.box.process(*place.arguments(), FORCE_COLOR="1").out


# --- the other commands ---


def test_version_and_help(box: Sandbox) -> None:
    version = box.run("--version")
    assert version.code == 0
    assert version.out.startswith("nixauth ")
    assert box.process("--version").code == 0
    root = box.run("--help")
    assert root.code == 0
    for command in SIGNATURE_COMMANDS:
        assert command in root.out
        shown = box.run(command, "--help")
        assert shown.code == 0
        assert "Usage: " in shown.out
        assert box.run(command, "-h").out == shown.out
    assert "Exit codes: 0 authentic, 1 refused" in root.out


@pytest.mark.parametrize("command", ["verify", "explain", "lint"])
def test_help_has_examples(box: Sandbox, command: str) -> None:
    shown = box.run(command, "--help").out
    assert re.search(rf"Examples?:\n +nixauth {command}", shown), shown


@pytest.mark.parametrize("command", ["demo", "cache"])
def test_help_of_the_small_commands_has_examples(box: Sandbox, command: str) -> None:
    assert f"nixauth {command}" in box.run(command, "--help").out.partition("\n")[2]


def test_nothing_given_shows_help(box: Sandbox) -> None:
    for arguments in ([], ["cache"]):
        result = box.run(*arguments)
        assert "Usage: " in result.out + result.err
    assert box.run("frobnicate").code == 2


def test_module(place: Place) -> None:
    result = place.box.process(*place.arguments())
    assert result.code == 0
    assert result.out.startswith("authentic: ")
    assert not result.err


def test_explain(place: Place) -> None:
    result = place.box.run("explain", "main~1", "-C", place.repository, *place.introduction)
    assert result.code == 0
    for word in (
        f"{place.commits[2].hex()}: trusted",
        "in force: .authorizations, every-commit, 2 people, 0 services",
        "admits this commit: yes",
        "issuer fingerprint",
        "decided by: step 4",
    ):
        assert word in result.out, word
    start = place.box.run(
        "explain", place.commits[0].hex(), "-C", place.repository, *place.introduction
    )
    assert start.code == 0
    warm = place.box.run("explain", "main~1", "-C", place.repository, *place.introduction)
    assert warm.out == result.out


def test_explain_says_of_a_bad_cache(place: Place) -> None:
    assert place.verify().code == 0
    (store,) = place.box.stores()
    store.write_bytes(b"x" * 3000)
    result = place.box.run("explain", "-C", place.repository, *place.introduction)
    assert result.code == 0
    assert "warning: " in result.err
    assert "set aside" in result.err


def test_lint_of_files_and_revisions(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "draft"
    file.write_bytes(listing({"alice": ["alice"]}))
    result = place.box.run("lint", file)
    assert result.code == 0
    assert "only person" in result.out
    keys = tmp_path / "keys"
    keys.mkdir()
    assert "keyring lacks" in place.box.run("lint", file, "--keyring", keys).out
    file.write_bytes(listing({"robot": ["bob"]}))
    assert place.box.run("lint", file).code == 1
    assert place.box.run("lint", "main", "-C", place.repository).code == 0
    assert place.box.run("lint", "HEAD", "-C", place.repository).code == 0
    example = ROOT / ".authorizations.example"
    assert place.box.run("lint", example).code == 0
    work = tmp_path / "tree"
    place.box.git("clone", "-q", place.repository, work)
    assert place.box.run("lint", "-C", work).code == 0
    assert place.box.run("lint", "nowhere", "-C", place.repository).code == 2


def test_cache_commands(place: Place) -> None:
    empty = place.box.run("cache", "info")
    assert (empty.code, "it is empty" in empty.out) == (0, True)
    place.verify()
    info = place.box.run("cache", "info")
    assert "5 commits" in info.out
    assert place.commits[0].hex() in info.out
    assert str(place.box.cache) in info.out
    assert re.match(r"removed \d files? from ", place.box.run("cache", "clear").out)
    assert not list(place.box.cache.iterdir())
    assert "removed 0 files" in place.box.run("cache", "clear").out


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM scope",
        "UPDATE scope SET text = 'not json'",
        "UPDATE scope SET text = '[1]'",
        "UPDATE scope SET text = '\"\x1b[31m\"'",
        'UPDATE scope SET text = \'{"a": "\x1b[31m", "\u202e": 1}\'',
        "UPDATE scope SET text = 7",
        "UPDATE scope SET text = x'ff'",
        "UPDATE scope SET text = CAST(x'ff' AS TEXT)",
        "DROP TABLE commits",
        "DROP TABLE scope",
    ],
)
def test_cache_info_of_a_damaged_store(place: Place, statement: str) -> None:
    place.verify()
    (store,) = place.box.stores()
    database = sqlite3.connect(store)
    database.execute(statement)
    database.commit()
    database.close()
    result = place.box.run("cache", "info")
    assert result.code == 0, result.err
    assert not CONTROL.search(result.out)
    assert place.box.run("cache", "clear").code == 0


def test_cache_commands_without_a_home(place: Place) -> None:
    for command in ("info", "clear"):
        result = place.box.run("cache", command, HOME=None, XDG_CACHE_HOME=None)
        assert result.code == 2
        assert "neither HOME nor XDG_CACHE_HOME" in result.err


def test_demo(box: Sandbox) -> None:
    before = sorted(box.folder.rglob("*"))
    result = box.process("demo", PATH="/nonexistent", HOME=None, XDG_CACHE_HOME=None)
    assert result.code == 0, result.err
    assert not result.err
    verdicts = [line for line in result.out.splitlines() if re.match(r"authentic|refused", line)]
    assert len(verdicts) == 4
    assert verdicts[0].startswith("authentic: ")
    for line, reason in zip(
        verdicts[1:], ("bad-signature", "unauthorized-key", "unauthorized-key"), strict=True
    ):
        assert line.endswith(f"({reason})")
    assert sorted(box.folder.rglob("*")) == before
