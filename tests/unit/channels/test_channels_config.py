"""channels.yaml: what it means, and one fault at a time."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nixauth.channels import config, rules
from nixauth.channels.values import Channel
from nixauth.model import Fingerprint, Introduction, ObjectId, Problem
from nixauth.text_problems import MAX_BYTES, MAX_PROBLEMS, Place, Refused, fits_one_line
from tests.unit.channels.channel_samples import FIELDS, HEAD, ID, KEY, SPACED, SSH, entry, text

LOADERS = [pytest.param(yaml.SafeLoader, id="python")]
if hasattr(yaml, "CSafeLoader"):
    LOADERS.append(pytest.param(yaml.CSafeLoader, id="libyaml"))
INTRODUCTION = Introduction(ObjectId(bytes.fromhex(ID)), Fingerprint(KEY))
PAGE = Path(__file__).parents[3] / "docs" / "channels.md"

EVERYTHING = f"""\
# mine
version: 1
channels:
  nixos-unstable:
    url: https://github.com/NixOS/nixpkgs   # the forge
    branch: nixos-unstable
    introduction: {ID}
    signer: {SPACED}
    keyring: [refs/heads/keyring, 'refs/notes/k']
    authorizations-file: path/in/tree
    historical-authorizations: /absolute/path
    historical-sha1: true
    require: every-commit
    max-age: 7d
    newest-authentic: true
    revision-url: https://channels.nixos.org/nixos-unstable/git-revision
  b_2.x:
    {{url: 'git@example.org:r', branch: "a/b", introduction: {ID.upper()}, signer: '{SSH}',
     historical-sha1: false, newest-authentic: "false"}}
""".encode()


def good(content: bytes) -> dict[str, Channel]:
    reading = config.read(content)
    assert reading.channels is not None, reading.problems
    return dict(reading.channels)


@pytest.mark.parametrize("loader", LOADERS)
def test_everything_at_once(loader: type) -> None:
    reading = config.read(EVERYTHING, loader)
    assert reading.problems == ()
    assert reading.channels == {
        "nixos-unstable": Channel(
            name="nixos-unstable",
            url="https://github.com/NixOS/nixpkgs",
            branch="nixos-unstable",
            introduction=INTRODUCTION,
            keyring=("refs/heads/keyring", "refs/notes/k"),
            authorizations_path="path/in/tree",
            historical=Path("/absolute/path"),
            historical_sha1=True,
            require_every_commit=True,
            max_age=7 * 86400,
            newest_authentic=True,
            revision_url="https://channels.nixos.org/nixos-unstable/git-revision",
        ),
        "b_2.x": Channel(
            name="b_2.x",
            url="git@example.org:r",
            branch="a/b",
            introduction=Introduction(INTRODUCTION.commit, Fingerprint(SSH)),
        ),
    }
    assert reading.places == {"nixos-unstable": Place(4, 3), "b_2.x": Place(17, 3)}


def test_the_documented_example() -> None:
    found = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for block in found:
        assert good(block.encode())
    named = set(re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert named >= {*config.READERS, config.KEYRING}


def test_sha1_counts_only_where_it_is_said() -> None:
    one = good(text(entry(historical_authorizations="/old")))["a"]
    assert (one.historical, one.historical_sha1) == (Path("/old"), False)


def test_no_channel_is_configured() -> None:
    assert good(b"version: 1\nchannels: {}\n") == {}


@pytest.mark.parametrize("value", ["true", "1e3", "0x10", "null", "on", "1_000", "2026-01-01"])
def test_values_are_text(value: str) -> None:
    assert good(text(entry(branch=value)))["a"].branch == value


ONE = entry()
FAULTS = {
    # the text and the YAML, of which tests/unit/authorizations has more
    "too large": (b"#" * (MAX_BYTES + 1), 1, 1, "1 MiB"),
    "not UTF-8": (b"version: 1\n# \xff\n", 2, 3, "not UTF-8"),
    "control character": (b"version: 1\n# \x1b\n", 2, 3, "U+001B"),
    "empty": (b"", 1, 1, "empty"),
    "comments": (b"# x\n", 1, 1, "empty"),
    "two documents": (text() + b"---\n", 8, 1, "second document"),
    "anchor": (text(entry("&x a")), 3, 3, "anchors"),
    "alias": (text("  a: *x\n"), 3, 6, "aliases"),
    "tag": (text(entry(branch="!!str main")), 5, 13, "tags"),
    "deep": (text(entry("[[[a]]]")), 3, 3, "a name in channels must be a single value"),
    "syntax": (text(entry(branch="@x")), 5, 13, "not YAML"),
    # the file
    "a list": (b"- a\n", 1, 1, "the file must be a mapping"),
    "no version": (b"channels: {}\n", 1, 1, "lacks the field version"),
    "no channels": (b"version: 1\n", 1, 1, "lacks the field channels"),
    "another version": (text(head="version: 2\nchannels:\n"), 1, 10, '"2" is not known'),
    "version as list": (text(head="version: [1]\nchannels:\n"), 1, 10, "single value"),
    "unknown field": (text() + b"channel: x\n", 8, 1, '"channel" is not a field of the file'),
    "channels twice": (text() + b"channels: {}\n", 8, 1, '"channels" stands twice'),
    "channels null": (b"version: 1\nchannels:\n", 2, 10, "channels must be a mapping"),
    "channels a list": (b"version: 1\nchannels: [a]\n", 2, 11, "channels must be a mapping"),
    # a name
    "twice": (text(ONE, ONE), 8, 3, '"a" stands twice in channels (line 3)'),
    "but for the case": (text(ONE, entry("A")), 8, 3, "in line 3 differ in case only"),
    "name empty": (text(entry("''")), 3, 3, "cannot be a channel's name"),
    "name with a slash": (text(entry("a/b")), 3, 3, "cannot be a channel's name"),
    "name of dots": (text(entry("..")), 3, 3, "cannot be a channel's name"),
    "name hidden": (text(entry(".a")), 3, 3, "cannot be a channel's name"),
    "name as an option": (text(entry("-a")), 3, 3, "cannot be a channel's name"),
    "name with a blank": (text(entry("a b")), 3, 3, "cannot be a channel's name"),
    "name not ASCII": (text(entry("é")), 3, 3, "cannot be a channel's name"),
    "name with a line break": (text(entry('"a\\n"')), 3, 3, "line break"),
    "name too long": (text(entry("a" * 65)), 3, 3, "at most 64 characters"),
    # a channel
    "null": (text("  a:\n"), 3, 5, '"a" must be a mapping'),
    "a text": (text("  a: b\n"), 3, 6, '"a" must be a mapping'),
    "no url": (text(entry(url=None)), 3, 3, '"a" lacks the field url'),
    "no branch": (text(entry(branch=None)), 3, 3, '"a" lacks the field branch'),
    "no introduction": (text(entry(introduction=None)), 3, 3, "lacks the field introduction"),
    "no signer": (text(entry(signer=None)), 3, 3, '"a" lacks the field signer'),
    "misspelt": (text(entry(more="    max_age: 7d\n")), 8, 5, '"max_age" is not a field of "a"'),
    "field twice": (text(entry(more="    branch: x\n")), 8, 5, '"branch" stands twice in "a"'),
    "merge key": (text(entry(more="    <<: {a: b}\n")), 8, 5, '"<<" is not a field'),
    "branch as list": (text(entry(branch="[main]")), 5, 13, "branch must be a single value"),
    "branch over lines": (text(entry(branch='"a\\nb"')), 5, 13, "line break"),
    # url
    "url as an option": (text(entry(url="--upload-pack=x")), 4, 10, "begins with -"),
    "url empty": (text(entry(url="")), 4, 9, "the url is empty"),
    "url relative": (text(entry(url="../r")), 4, 10, "neither a URL"),
    "url of a helper": (text(entry(url="'ext::sh -c id'")), 4, 10, "transport helper"),
    "url unknown": (text(entry(url="ftp://example.org/r")), 4, 10, "is none of https://"),
    "url with a blank": (text(entry(url="'github: NixOS'")), 4, 10, "holds a blank"),
    "url with a password": (text(entry(url="https://me:secret@h/r")), 4, 10, "credential helpers"),
    "url with a token": (text(entry(url="https://ghp_x@h/r")), 4, 10, "credential helpers"),
    "url with a control": (text(entry(url="https://h/a%0ab")), 4, 10, "control character"),
    "url too long": (text(entry(url="https://h/" + "a" * 2000)), 4, 10, "2000 characters"),
    # branch
    "branch empty": (text(entry(branch="")), 5, 12, "cannot be the name of a branch"),
    "branch in full": (text(entry(branch="refs/heads/main")), 5, 13, "short name"),
    "branch as an option": (text(entry(branch="-b")), 5, 13, "cannot be the name of a branch"),
    "branch as a range": (text(entry(branch="a..b")), 5, 13, "cannot be the name of a branch"),
    "branch of git": (text(entry(branch="HEAD")), 5, 13, "cannot be the name of a branch"),
    # introduction and signer
    "short id": (text(entry(introduction=ID[:12])), 6, 19, "full commit id"),
    "41 digits": (text(entry(introduction=ID + "0")), 6, 19, "full commit id"),
    "no hex": (text(entry(introduction="g" * 40)), 6, 19, "full commit id"),
    "a ref": (text(entry(introduction="v1.0")), 6, 19, "full commit id"),
    "key id": (text(entry(signer=KEY[-16:])), 7, 13, "is a key id"),
    "39 digits": (text(entry(signer=KEY[1:])), 7, 13, "is not a fingerprint"),
    "SSH key cut": (text(entry(signer=SSH[:-1])), 7, 13, "is not a fingerprint"),
    "not ASCII": (text(entry(signer="\ufb00" * 20)), 7, 13, "is not a fingerprint"),
    "signer endless": (text(entry(signer="A" * 5000)), 7, 13, "is not a fingerprint"),
    # options
    "keyring a text": (text(entry(keyring="refs/heads/k")), 8, 14, "keyring must be a list"),
    "keyring empty": (text(entry(keyring="[]")), 8, 14, "keyring is empty"),
    "keyring short": (text(entry(keyring="[keyring]")), 8, 15, "full name of a ref"),
    "keyring no ref": (text(entry(keyring="[refs/a..b]")), 8, 15, "full name of a ref"),
    "keyring of lists": (text(entry(keyring="[[a]]")), 8, 15, "single value"),
    "keyring twice": (text(entry(keyring="[refs/a, refs/a]")), 8, 23, "stands twice"),
    "keyring endless": (
        text(entry(keyring=f"[{', '.join(f'refs/{n:02}' for n in range(21))}]")),
        8,
        15 + 20 * 9,
        "more than 20",
    ),
    "file above": (text(entry(authorizations_file="../a")), 8, 26, "without .."),
    "file absolute": (text(entry(authorizations_file="/a")), 8, 26, "top of the repository"),
    "file empty": (text(entry(authorizations_file="''")), 8, 26, "top of the repository"),
    "historical relative": (text(entry(historical_authorizations="a")), 8, 32, "absolute path"),
    "SHA-1 alone": (text(entry(historical_sha1="true")), 8, 22, "needs historical-auth"),
    "SHA-1 yes": (text(entry(historical_sha1="yes")), 8, 22, "neither true nor false"),
    "require": (text(entry(require="trusted-path")), 8, 14, "is not every-commit"),
    "newest": (text(entry(newest_authentic="True")), 8, 23, "neither true nor false"),
    "age 0": (text(entry(max_age="0d")), 8, 14, "is not an age"),
    "age of no unit": (text(entry(max_age="7")), 8, 14, "is not an age"),
    "age below 0": (text(entry(max_age="-7d")), 8, 14, "is not an age"),
    "age in years": (text(entry(max_age="1y")), 8, 14, "is not an age"),
    "age in other digits": (text(entry(max_age="\u0667d")), 8, 14, "is not an age"),
    "age endless": (text(entry(max_age="3651d")), 8, 14, "at most 3650d"),
    "revision of ssh": (text(entry(revision_url="ssh://h/r")), 8, 19, "is none of https://"),
    "revision of a file": (text(entry(revision_url="file:///r")), 8, 19, "is none of https://"),
    "revision of scp": (text(entry(revision_url="a@h:r")), 8, 19, "is none of https://"),
    "revision with a password": (
        text(entry(revision_url="http://a:b@h/r")),
        8,
        19,
        "credential helpers",
    ),
    "revision with a blank": (text(entry(revision_url="http://h/a b")), 8, 19, "blank"),
    "revision empty": (text(entry(revision_url="''")), 8, 19, "is empty"),
    "revision as an option": (text(entry(revision_url="-oX")), 8, 19, "begins with -"),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(fault: str, loader: type) -> None:
    content, line, column, message = FAULTS[fault]
    reading = config.read(content, loader)
    assert reading.channels is None
    first = reading.problems[0]
    assert fits_one_line(first.message)
    assert len(first.message) < 400
    assert first.line == line, first
    assert first.column == column, first
    assert message in first.message, first
    for secret in ("secret", "ghp_x"):
        assert secret not in first.message


def test_several_faults_are_told_by_position() -> None:
    content = text(
        entry(branch="a..b", signer="x"), entry("b", max_age="7"), head="version: 2\nchannels:\n"
    )
    found = config.read(content).problems
    assert [(one.line, one.column) for one in found] == [(1, 10), (5, 13), (7, 13), (13, 14)]


def test_a_fault_in_a_path_is_told_once() -> None:
    more = "    historical-sha1: true\n    historical-authorizations: x\n"
    (only,) = config.read(text(entry(more=more))).problems
    assert only.line == 9


def test_there_is_an_end_to_channels_and_to_telling() -> None:
    most = text(*(entry(f"c{n}") for n in range(config.MAX_CHANNELS)))
    assert len(good(most)) == config.MAX_CHANNELS
    (only,) = config.read(most + entry("more").encode()).problems
    assert only == Problem(3 + 5 * config.MAX_CHANNELS, 3, "more than 1000 channels")
    wrong = text(*(entry(f"c{n}", branch="..") for n in range(500)))
    assert len(config.read(wrong).problems) == MAX_PROBLEMS


# --- rules ---

URLS = {
    "https://github.com/NixOS/nixpkgs": True,
    "https://github.com/NixOS/nixpkgs.git?x=1": True,
    "http://127.0.0.1:8080/r": True,
    "http://[::1]:8080/r": True,
    "git://example.org/r": True,
    "ssh://git@example.org:2222/~me/r": True,
    "ssh://example.org/r": True,
    "file:///srv/r.git": True,
    "/srv/a b/é.git": True,
    "git@github.com:NixOS/nixpkgs": True,
    "github:NixOS/nixpkgs": True,
    "host:~/r": True,
    "git@[::1]:r": True,
    "me@host:a@b": True,
    "https://": False,
    "https://h": False,
    "https://h/": False,
    "https:///r": False,
    "https://h?x/r": False,
    "https://h:/r": False,
    "https://h:0/r": False,
    "https://h:65536/r": False,
    "https://h:1x/r": False,
    "https://h/r#main": False,
    "https://-h/r": False,
    "https://h%00/r": False,
    "https://h/a b": False,
    "https://h/é": False,
    "https://me@h/r": False,
    "HTTPS://h/r": False,
    "git+https://h/r": False,
    "ssh://-oProxyCommand=id/r": False,
    "ssh://-oX@h/r": False,
    "ssh://me:secret@h/r": False,
    "git://me@h/r": False,
    "file://h/r": False,
    "file://me@/r": False,
    "file:///": False,
    "ext::sh": False,
    "::x": False,
    "fd::0": False,
    "https::x": False,
    "git@-h:r": False,
    "-h:r": False,
    "host:-r": False,
    "host:": False,
    "me:secret@h:r": False,
    "./r": False,
    "r": False,
    "a/b:c": False,
    "~/r": False,
    "/a\nb": False,
    "/a\u202eb": False,
    "": False,
}


@pytest.mark.parametrize("url", URLS)
def test_urls(url: str) -> None:
    found = rules.read_url(url)
    assert isinstance(found, Refused) is not URLS[url], found
    if URLS[url]:
        assert found == url
    else:
        assert "secret" not in found.message
        assert ("credential helpers" in found.message) == ("secret" in url or "://me@" in url)


PIECES = ["a", "B", "/", ".", "..", "-", ".lock", "lock", "@", "{", "@{", "~", "^", ":", "?", "*"]
PIECES += ["[", "]", "\\", " ", "é", "//", "/.", "\x7f", "\x01", "refs", "HEAD", "x.lock/y", "}"]


def git_says(name: str) -> bool:
    run = subprocess.run(["git", "check-ref-format", name], capture_output=True, check=False)
    return run.returncode == 0


@pytest.mark.parametrize("seed", range(150))
def test_refs_are_what_git_says(seed: int) -> None:
    choose = random.Random(seed)
    name = "".join(choose.choices(PIECES, k=choose.choice((1, 2, 3, 4))))
    ref = f"refs/heads/{name}"
    assert isinstance(rules.read_ref(ref), str) == git_says(ref)
    refused = name.startswith(("-", "refs/")) or name in {"HEAD", "@"}
    assert isinstance(rules.read_branch(name), str) == (git_says(ref) and not refused)


@pytest.mark.parametrize("name", [*PIECES, "main.", "a/", "/a", "a.lock", ".a", "x/.a", "a.lock/b"])
def test_short_refs_are_what_git_says(name: str) -> None:
    assert isinstance(rules.read_ref(f"refs/{name}"), str) == git_says(f"refs/{name}")


def test_refs_of_no_end() -> None:
    assert isinstance(rules.read_ref("refs/" + "a" * 245), str)
    assert isinstance(rules.read_ref("refs/" + "a" * 246), Refused)
    assert isinstance(rules.read_ref("heads/main"), Refused)


@pytest.mark.parametrize(
    ("age", "seconds"),
    [("1s", 1), ("90s", 90), ("5m", 300), ("36h", 129600), ("7d", 604800), ("2w", 1209600)],
)
def test_ages(age: str, seconds: int) -> None:
    assert rules.read_age(age) == seconds
    assert rules.read_age(rules.written_age(seconds)) == seconds


@given(st.integers(1, rules.MAX_AGE))
def test_ages_are_written_as_they_are_read(seconds: int) -> None:
    assert rules.read_age(rules.written_age(seconds)) == seconds


# --- a channel made of texts ---


def test_made_of_texts() -> None:
    assert config.channel("a", FIELDS, []) == good(text())["a"]
    made = config.channel("a", {**FIELDS, "max-age": "1h"}, ["refs/a", "refs/b"])
    assert isinstance(made, Channel)
    assert (made.max_age, made.keyring) == (3600, ("refs/a", "refs/b"))


@pytest.mark.parametrize(
    ("name", "more", "keyring", "message"),
    [
        ("..", {}, [], "channel's name"),
        ("a", {"url": "ext::x"}, [], "helper"),
        ("a", {"branch": "a\nb"}, [], "line break"),
        ("a", {"authorizations-file": "a\x1b"}, [], "control character"),
        ("a", {"historical-sha1": "true"}, [], "needs historical-authorizations"),
        ("a", {}, ["keyring"], "full name"),
        ("a", {}, ["refs/a", "refs/a"], "twice"),
        ("a", {}, [f"refs/{n}" for n in range(21)], "more than 20"),
    ],
)
def test_not_made_of_texts(
    name: str, more: dict[str, str], keyring: list[str], message: str
) -> None:
    made = config.channel(name, {**FIELDS, **more}, keyring)
    assert isinstance(made, Refused)
    assert message in made.message


def test_texts_that_are_not_all() -> None:
    made = config.channel("a", {"url": "/r", "branch": "b"}, [])
    assert made == Refused("a channel needs introduction and signer")


# --- whatever the bytes are ---

SEEDS = [EVERYTHING.decode(), text().decode(), "version: 1\nchannels: {}\n"]
JUNK = [
    *"-?:,[]{}#&*!|>'\"%@`~\\\n\r 0a/.",
    "- ",
    ": ",
    " #",
    "\n  ",
    "!!str ",
    "''",
    "é",
    "::",
    "\x00",
]


def mutated(seed: int) -> bytes:
    choose = random.Random(seed)
    made = choose.choice(SEEDS)
    for _ in range(choose.choice((1, 1, 2, 4))):
        at = choose.randrange(len(made) + 1)
        made = made[:at] + choose.choice(JUNK) + made[at + choose.choice((0, 0, 1, 12)) :]
    return made.encode()


def check(content: bytes) -> None:
    reading = config.read(content)
    assert (reading.channels is None) == bool(reading.problems)
    assert all(
        one.line >= 1 and one.column >= 1 and fits_one_line(one.message) and len(one.message) < 500
        for one in reading.problems
    )


@given(st.binary(max_size=200))
@example(b"\xff\xfe\0")
@settings(max_examples=200, deadline=None)
def test_any_bytes(content: bytes) -> None:
    check(content)
    check(HEAD.encode() + content)


@given(st.integers(min_value=0))
@settings(max_examples=400, deadline=None)
def test_any_mutation(seed: int) -> None:
    content = mutated(seed)
    check(content)
    verdicts = [config.read(content, loader.values[0]).channels for loader in LOADERS]
    assert all(one == verdicts[0] for one in verdicts)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_for_any_value(value: str) -> None:
    for reader in (*config.READERS.values(), rules.read_ref, rules.read_name):
        found = reader(value)
        if isinstance(found, Refused):
            assert len(found.message) < 500
