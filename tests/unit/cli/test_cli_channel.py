"""`nixauth channel`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nixauth.channels import places
from tests.unit.channels.channel_samples import ID, KEY, SPACED, SSH, entry, text
from tests.unit.cli.places import Result, Sandbox, clear

GIVEN = ["--url", "https://example.org/r", "--branch", "main", "--introduction", ID]
GIVEN += ["--signer", SPACED]


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Make a folder to run commands in, with a file of the system of its own."""
    system = tmp_path / "etc" / "nixauth" / "channels.yaml"
    monkeypatch.setattr(places, "SYSTEM", system)
    return Sandbox(tmp_path)


def user_file(box: Sandbox) -> Path:
    return Path(box.environment["XDG_CONFIG_HOME"]) / "nixauth" / "channels.yaml"


def write(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(0o644)
    return file


def channel(box: Sandbox, *words: object) -> Result:
    return box.run("channel", *words)


def assert_message(result: Result, *words: str, code: int = 2) -> None:
    assert result.code == code, result
    assert result.out == ""
    assert clear(result.err), result.err
    for word in words:
        assert word in result.err, result.err


def test_add_list_show_remove(box: Sandbox) -> None:
    file = user_file(box)
    done = channel(box, "add", "a", *GIVEN)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"added to {file}: a\n"
    assert file.read_bytes() == text(entry(signer=SPACED))
    assert channel(box, "list").out == f"a: main of https://example.org/r\n  from {file}\n"
    shown = channel(box, "show", "a")
    assert shown.out == (
        f"a, from {file}\n  url: https://example.org/r\n  branch: main\n"
        f"  introduction: {ID}\n  signer: {SPACED}\n"
    )
    assert channel(box, "remove", "a").out == f"removed from {file}: a\n"
    assert file.read_bytes() == b"version: 1\nchannels: {}\n"
    assert "no channel is configured" in channel(box, "list").out


def test_every_option(box: Sandbox) -> None:
    words = ["--url", "git@example.org:r", "--branch", "b", "--introduction", ID, "--signer", SSH]
    words += ["--keyring", "refs/heads/k", "--keyring", "refs/k"]
    words += ["--authorizations-file", "f", "--historical-authorizations", "old"]
    words += ["--historical-sha1", "--require", "every-commit", "--max-age", "36h"]
    words += ["--newest-authentic", "--revision-url", "https://example.org/rev"]
    done = box.run("-C", box.folder, "channel", "add", "all", *words)
    assert done.code == 0, done.err
    document = json.loads(channel(box, "show", "all", "--format", "json").out)
    assert document == {
        "schema": 1,
        "channel": {
            "name": "all",
            "file": str(user_file(box)),
            "instead_of": None,
            "url": "git@example.org:r",
            "branch": "b",
            "introduction": {"commit": ID, "signer": SSH},
            "keyring": ["refs/heads/k", "refs/k"],
            "authorizations_file": "f",
            "historical_authorizations": str(box.folder / "old"),
            "historical_sha1": True,
            "require": "every-commit",
            "max_age": 36 * 3600,
            "newest_authentic": True,
            "revision_url": "https://example.org/rev",
        },
    }
    listed = json.loads(channel(box, "list", "--format", "json").out)
    assert listed == {"schema": 1, "channels": [document["channel"]]}
    shown = channel(box, "show", "all").out
    for word in ("keyring: refs/k\n", "maximal age: 36h\n", "require: every-commit\n", SSH):
        assert word in shown


def test_none_is_listed(box: Sandbox) -> None:
    assert json.loads(channel(box, "list", "--format", "json").out) == {"schema": 1, "channels": []}


def test_an_existing_one_is_replaced_only_when_asked(box: Sandbox) -> None:
    file = write(user_file(box), b"# mine\n" + text(entry(), entry("b")))
    file.chmod(0o600)
    other = [*GIVEN[:2], "--branch", "other", *GIVEN[4:]]
    assert_message(channel(box, "add", "a", *other), "a channel a already", "--replace")
    assert file.read_bytes() == b"# mine\n" + text(entry(), entry("b"))
    done = channel(box, "add", "a", *other, "--replace")
    assert done.out == f"replaced in {file}: a\n"
    assert file.read_bytes() == b"# mine\n" + text(entry(signer=SPACED, branch="other"), entry("b"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert channel(box, "add", "c", *GIVEN, "--replace").out == f"added to {file}: c\n"


def test_yours_goes_before_the_systems(box: Sandbox) -> None:
    done = channel(box, "add", "a", *GIVEN, "--system")
    assert done.out == f"added to {places.SYSTEM}: a\n"
    assert channel(box, "list").out.endswith(f"from {places.SYSTEM}\n")
    assert_message(channel(box, "remove", "a"), f"stands in {places.SYSTEM}", "--system")
    other = [*GIVEN[:2], "--branch", "other", *GIVEN[4:]]
    done = channel(box, "add", "a", *other)
    assert done.code == 0
    assert f"goes before the channel a in {places.SYSTEM}" in done.err
    found = channel(box, "list").out
    assert "a: other of" in found
    assert f"from {user_file(box)}, instead of the one in {places.SYSTEM}\n" in found
    assert "branch: main" in channel(box, "show", "a", "--system").out
    assert json.loads(channel(box, "list", "--format", "json").out)["channels"][0][
        "instead_of"
    ] == str(places.SYSTEM)
    done = channel(box, "remove", "a")
    assert f"the one in {places.SYSTEM} counts from now on" in done.err
    assert channel(box, "remove", "a", "--system").code == 0
    assert "no channel" in channel(box, "list").out


def test_another_file(box: Sandbox) -> None:
    write(user_file(box), text())
    there = ["-C", box.folder, "channel"]
    assert box.run(*there, "add", "x", *GIVEN, "--config", "odd.yaml").code == 0
    assert (box.folder / "odd.yaml").read_bytes() == text(entry("x", signer=SPACED))
    assert box.run(*there, "list", "--config", "odd.yaml").out.startswith("x: main")
    assert_message(box.run(*there, "show", "a", "--config", "odd.yaml"), "no channel 'a'")
    assert box.run(*there, "remove", "x", "--config", "odd.yaml").code == 0
    both = ["--config", "odd.yaml", "--system"]
    assert_message(channel(box, "list", *both), "give one of them")


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--url", "ext::sh -c id", "helper"),
        ("--url", "https://me:secret@example.org/r", "credential helpers"),
        ("--branch", "refs/heads/main", "short name"),
        ("--introduction", ID[:12], "full commit id"),
        ("--signer", KEY[-16:], "key id"),
        ("--max-age", "0d", "not an age"),
        ("--keyring", "keyring", "full name of a ref"),
        ("--revision-url", "ftp://x/y", "is none of"),
        ("--authorizations-file", "../x", "without .."),
    ],
)
def test_values_that_are_refused(box: Sandbox, option: str, value: str, word: str) -> None:
    result = channel(box, "add", "a", *GIVEN, option, value)
    assert_message(result, word)
    assert "secret" not in result.err
    assert not user_file(box).exists()


@pytest.mark.parametrize("name", ["../x", ".x", "a/b", "a b", "é", "a\x1b[31m", ""])
def test_names_that_are_refused(box: Sandbox, name: str) -> None:
    result = channel(box, "add", name, *GIVEN)
    assert_message(result, "cannot be a channel's name")
    assert "\x1b" not in result.err


def test_names_that_differ_in_case_only(box: Sandbox) -> None:
    write(places.SYSTEM, text(entry("A")))
    assert_message(channel(box, "add", "a", *GIVEN), "there is a channel A", "case only")
    assert not user_file(box).exists()


def test_no_such_channel(box: Sandbox) -> None:
    for command in ("show", "remove"):
        assert_message(channel(box, command, "a\u202e"), "there is no channel 'a\\u202e'")


@pytest.mark.parametrize("which", ["user", "system"])
@pytest.mark.parametrize("command", ["list", "show", "remove", "add"])
def test_malformed_files_are_never_passed_over(box: Sandbox, which: str, command: str) -> None:
    files = {"user": user_file(box), "system": places.SYSTEM}
    for name, file in files.items():
        write(file, text(entry(branch="..")) if name == which else text())
    words = {"list": [], "add": ["b", *GIVEN]}.get(command, ["a"])
    assert_message(channel(box, command, *words), f"{files[which]}:5:13: ")
    write(files[which], text())
    files[which].chmod(0o666)
    assert_message(channel(box, command, *words), str(files[which]), "written by others", "go-w")


def test_what_is_shown_is_printable(box: Sandbox) -> None:
    name = box.folder / "a\u202eb.yaml"
    write(name, text(entry(url="'/srv/\N{TAG SPACE}x'")))
    for words in (["list"], ["show", "a"], ["add", "b", *GIVEN], ["remove", "b"]):
        found = channel(box, *words, "--config", name)
        assert found.code == 0, found.err
        assert "\u202e" not in found.out + found.err
        assert "\N{TAG SPACE}" not in found.out + found.err


def test_a_directory_that_may_not_be_written(box: Sandbox) -> None:
    file = write(box.folder / "nowhere", b"").joinpath("channels.yaml")
    result = channel(box, "add", "a", *GIVEN, "--config", file)
    assert_message(result, "cannot be read: Not a directory")
    if os.geteuid() != 0:
        box.folder.chmod(0o500)
        result = channel(box, "add", "a", *GIVEN, "--config", box.folder / "x.yaml")
        box.folder.chmod(0o700)
        assert_message(result, "cannot be written: Permission denied")


def test_braces_are_for_the_hand(box: Sandbox) -> None:
    braces = f"{{a: {{url: /a, branch: b, introduction: {ID}, signer: {KEY}}}}}"
    file = write(user_file(box), f"version: 1\nchannels: {braces}\n".encode())
    result = channel(box, "add", "b", *GIVEN)
    assert_message(result, f"{file}:2:11: ", "by hand", "nothing was written")


def test_help_has_examples(box: Sandbox) -> None:
    for command in ("add", "list", "show", "remove"):
        assert "Examples:" in channel(box, command, "--help").out
        assert command in channel(box, "--help").out
