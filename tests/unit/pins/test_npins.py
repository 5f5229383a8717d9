"""What npins pins, and its file with one pin at another commit."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.errors import PinsError, UsageError
from nixauth.pins.hashes import Form, digest, form_of, written
from nixauth.pins.npins import Pins, pinned, read
from nixauth.pins.problems import Fault, RefusedPinsError

OLD, NEW = "8d13b593fa8d8d6e5075f541f3231222a08e84df", "b" * 40
OLD_HASH = "1blpqs2ifw10xvfpfk77p1bq35gzgssng2m8wqw0kqydcz7fzm8y"
# From npins' own tests: the same hash before and after the upgrade to version 6.
NIX32 = "1i56llz037x416bw698v8j6arvv622qc0vsycd20lx3yx8n77n44"
SRI = "sha256-hNhzLOp+dApEY15vwLAQZu+sjEQbJcOXCaSfAT6lpsQ="
PLAIN, ARCHIVED = SRI, f"sha256-{'B' * 42}A="

# As npins 0.2 wrote it, without a line break at the end.
V3 = f"""{{
  "pins": {{
    "nixfmt": {{
      "type": "Git",
      "repository": {{
        "type": "GitHub",
        "owner": "piegamesde",
        "repo": "nixfmt"
      }},
      "branch": "rfc101-style",
      "revision": "{OLD}",
      "url": "https://github.com/piegamesde/nixfmt/archive/{OLD}.tar.gz",
      "hash": "{OLD_HASH}"
    }},
    "nixos": {{
      "type": "Channel",
      "name": "nixos-21.11",
      "url": "https://releases.nixos.org/nixos/21.11/nixexprs.tar.xz",
      "hash": "{OLD_HASH}"
    }}
  }},
  "version": 3
}}""".encode()

# As npins 0.5 writes each type of pin, with the line break at the end.
V8 = f"""{{
  "pins": {{
    "container": {{
      "type": "Container",
      "image_name": "ubuntu",
      "image_tag": "latest",
      "arch": "arm64",
      "image_digest": "sha256:{"0" * 64}",
      "hash": "{SRI}"
    }},
    "iso": {{
      "type": "Channel",
      "name": "nixos-26.05",
      "artifact": "latest-nixos-minimal-x86_64-linux.iso",
      "url": "https://releases.nixos.org/nixos/26.05/nixos-26.05.1.aaaaaaaaaaaa/minimal.iso",
      "hash": "{SRI}"
    }},
    "latest": {{
      "type": "MutableUrl",
      "update_url": "https://h.example/latest.tar.gz",
      "unpack": true,
      "url": "https://h.example/1.tar.gz",
      "hash": "{SRI}",
      "frozen": true
    }},
    "nixfmt": {{
      "type": "Git",
      "repository": {{
        "type": "GitHub",
        "owner": "piegamesde",
        "repo": "nixfmt"
      }},
      "branch": "rfc101-style",
      "submodules": false,
      "revision": "{OLD}",
      "url": "https://github.com/piegamesde/nixfmt/archive/{OLD}.tar.gz",
      "hash": "{PLAIN}"
    }},
    "page": {{
      "type": "Url",
      "url": "https://h.example/page",
      "unpack": false,
      "hash": "{SRI}"
    }},
    "streamlit": {{
      "type": "PyPi",
      "name": "streamlit",
      "version_upper_bound": null,
      "version": "1.45.1",
      "url": "https://files.example/streamlit-1.45.1.tar.gz",
      "hash": "{SRI}"
    }}
  }},
  "version": 8
}}
""".encode()

GITHUB = {"type": "GitHub", "owner": "NixOS", "repo": "nixpkgs"}
GIT = {"type": "Git", "url": "https://h.example/x.git"}
GITLAB = {"type": "GitLab", "repo_path": "a/b/c", "server": "https://gitlab.com/"}
FORGEJO = {"type": "Forgejo", "owner": "a", "repo": "b", "server": "https://codeberg.org/"}
URLS = {
    "GitHub": "https://github.com/NixOS/nixpkgs/archive/{}.tar.gz",
    "Forgejo": "https://codeberg.org/a/b/archive/{}.tar.gz",
    "GitLab": "https://gitlab.com/api/v4/projects/a%2Fb%2Fc/repository/archive.tar.gz?sha={}",
}


def pin(repository: Any, **more: Any) -> dict[str, Any]:
    kind = repository.get("type") if isinstance(repository, dict) else None
    url = URLS[kind].format(OLD) if kind in URLS else None
    made = {"type": "Git", "repository": repository, "branch": "main", "submodules": False}
    return made | {"revision": OLD, "url": url, "hash": SRI} | more


def file(it: Any, **more: Any) -> bytes:
    return json.dumps({"pins": {"it": it}, "version": 7} | more, indent=2).encode() + b"\n"


def problems(found: Pins) -> list[tuple[Fault, str]]:
    return [
        (problem.fault, ".".join(map(str, problem.path[2:])))
        for problem in found.pins["it"].problems
    ]


def change(content: bytes, name: str = "it", **more: Any) -> bytes:
    values = {"revision": NEW, "plain": ARCHIVED, "archived": ARCHIVED} | more
    return pinned(content, name, **values)


def refusal(content: bytes, name: str = "it", **more: Any) -> Fault:
    with pytest.raises(RefusedPinsError) as caught:
        change(content, name, **more)
    return caught.value.problem.fault


def test_nothing_but_the_values_changes() -> None:
    found = read(V3)
    assert (found.version, found.problems) == (3, ())
    it = found.pins["nixfmt"]
    assert (it.type, it.url, it.branch) == (
        "Git",
        "https://github.com/piegamesde/nixfmt.git",
        "rfc101-style",
    )
    assert (it.revision, it.hash, it.problems) == (OLD, OLD_HASH, ())
    assert it.archive == f"https://github.com/piegamesde/nixfmt/archive/{OLD}.tar.gz"
    made = change(V3, "nixfmt", plain=PLAIN)
    new = base32(ARCHIVED)
    assert made == V3.replace(OLD.encode(), NEW.encode()).replace(OLD_HASH.encode(), new, 1)
    other = found.pins["nixos"]
    assert (other.type, other.url, other.problems) == ("Channel", None, ())
    assert refusal(V3, "nixos") is Fault.NOT_GIT


def test_version_8() -> None:
    """Of all types that it has, none keeps a pin of a branch from changing alone."""
    found = read(V8)
    assert (found.version, found.problems) == (8, ())
    assert {name: (it.type, it.url) for name, it in found.pins.items()} == {
        "container": ("Container", None),
        "iso": ("Channel", None),
        "latest": ("MutableUrl", None),
        "nixfmt": ("Git", "https://github.com/piegamesde/nixfmt.git"),
        "page": ("Url", None),
        "streamlit": ("PyPi", None),
    }
    assert not any(it.problems for it in found.pins.values())
    begin = V8.index(b'"nixfmt": {')
    end = V8.index(b'"page"')
    new = (
        V8[begin:end].replace(OLD.encode(), NEW.encode()).replace(PLAIN.encode(), ARCHIVED.encode())
    )
    assert change(V8, "nixfmt", plain=PLAIN) == V8[:begin] + new + V8[end:]
    for name in set(found.pins) - {"nixfmt"}:
        assert refusal(V8, name) is Fault.NOT_GIT


@pytest.mark.parametrize(
    ("version", "known", "unknown"),
    [
        (7, ("Tarball", "File"), ("Url", "MutableUrl")),
        (8, ("Url", "MutableUrl"), ("Tarball", "File")),
    ],
)
def test_types_of_a_version(version: int, known: tuple[str], unknown: tuple[str]) -> None:
    """A type of another version is a problem of the pin that has it, and of no other."""
    url = {"url": "https://h.example/1.tar.gz", "unpack": True, "hash": SRI}
    pins = {kind: {"type": kind} | url for kind in (*known, *unknown)} | {"it": pin(GITHUB)}
    content = json.dumps({"pins": pins, "version": version}).encode()
    found = read(content).pins
    for kind in known:
        assert (found[kind].problems, refusal(content, kind)) == ((), Fault.NOT_GIT)
    for kind in unknown:
        assert [problem.path for problem in found[kind].problems] == [("pins", kind, "type")]
        assert refusal(content, kind) is Fault.UNKNOWN
    expected = {"it": pin(GITHUB, revision=NEW, hash=ARCHIVED, url=URLS["GitHub"].format(NEW))}
    assert json.loads(change(content))["pins"] == pins | expected


def test_hashes_of_version_8() -> None:
    for hash_ in (NIX32, f"sha256:{NIX32}", digest_in_hex(SRI), f"sha512-{'A' * 86}=="):
        content = file(pin(GITHUB, hash=hash_), version=8)
        assert problems(read(content)) == [(Fault.VALUE, "hash")]
        assert refusal(content) is Fault.VALUE
    assert refusal(file(pin(GITHUB, submodules=True, url=None), version=8)) is Fault.CONTENT


def digest_in_hex(sri: str) -> str:
    value = digest(sri)
    assert value is not None
    return value.hex()


def base32(sri: str) -> bytes:
    value = digest(sri)
    assert value is not None
    return written(value, Form.NIX32).encode()


def test_forms_of_hashes() -> None:
    assert base32(SRI).decode() == NIX32
    assert (form_of(NIX32), form_of(SRI)) == (Form.NIX32, Form.SRI)
    assert written(base64.b64decode(SRI[7:]), Form.SRI) == SRI
    for text in (NIX32[1:], f"2{NIX32[1:]}", f"{NIX32[:-1]}e", SRI[:-1], SRI[7:], "", f"{SRI}\n"):
        assert form_of(text) is None
    assert form_of(f"sha256-{'A' * 42}B=") is None  # bits that say nothing are not zero


@given(st.binary(min_size=32, max_size=32))
def test_any_digest(value: bytes) -> None:
    assert digest(written(value, Form.SRI)) == value
    assert form_of(written(value, Form.NIX32)) is Form.NIX32


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        (GITHUB, "https://github.com/NixOS/nixpkgs.git"),
        (GIT, "https://h.example/x.git"),
        (GITLAB, "https://gitlab.com/a/b/c.git"),
        (FORGEJO, "https://codeberg.org/a/b.git"),
    ],
)
@pytest.mark.parametrize("version", [7, 8])
def test_repositories(repository: dict[str, str], url: str, version: int) -> None:
    content = file(pin(repository), version=version)
    found = read(content).pins["it"]
    assert (found.url, found.problems) == (url, ())
    made = change(content)
    archive = URLS[repository["type"]].format(NEW) if repository["type"] in URLS else None
    expected = pin(repository, revision=NEW, hash=ARCHIVED, url=archive)
    assert json.loads(made)["pins"]["it"] == expected
    assert len(made) == len(content)


@pytest.mark.parametrize("repository", [GITHUB, GITLAB, FORGEJO])
def test_a_tarball_has_the_hash_of_what_is_archived(repository: dict[str, str]) -> None:
    made = change(file(pin(repository)), plain=f"sha256-{'C' * 42}A=")
    assert read(made).pins["it"].hash == ARCHIVED


@pytest.mark.parametrize(
    "content", [file(pin(GIT)), file(pin(GITHUB, url=None)), file(pin(GIT, hash=NIX32), version=4)]
)
def test_where_git_fetches_there_may_be_no_right_hash(content: bytes) -> None:
    assert refusal(content, plain=PLAIN) is Fault.CONTENT
    made = read(change(content)).pins["it"]
    assert made.hash in {ARCHIVED, base32(ARCHIVED).decode()}
    assert made.revision == NEW


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"frozen": True}, Fault.FIXED),
        ({"submodules": True, "url": None}, Fault.CONTENT),
        ({"submodules": True}, Fault.CONTENT),
        ({"lfs": True}, Fault.CONTENT),
        ({"revision": None, "url": None}, Fault.UNLOCKED),
        ({"hash": None}, Fault.UNLOCKED),
    ],
)
def test_pins_that_stay(more: dict[str, Any], expected: Fault) -> None:
    content = file(pin(GITHUB, **more))
    assert problems(read(content)) == []
    assert refusal(content) is expected


def test_what_is_false_or_not_there_is_the_same() -> None:
    more = pin(GITHUB, frozen=False, lfs=False)
    assert read(change(file(more))).pins["it"].revision == NEW
    del more["submodules"], more["frozen"]
    it = read(change(file(more))).pins["it"]
    assert (it.submodules, it.frozen, it.lfs) == (False, False, False)


def test_releases() -> None:
    release = pin(GITHUB, type="GitRelease", version="1", pre_releases=False)
    release |= {"version_upper_bound": None, "release_prefix": None}
    del release["branch"]
    release["url"] = "https://api.github.com/repos/NixOS/nixpkgs/tarball/1"
    found = read(file(release)).pins["it"]
    assert (found.problems, found.url) == ((), "https://github.com/NixOS/nixpkgs.git")
    assert refusal(file(release)) is Fault.FIXED


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        ([], (Fault.TYPE, "")),
        ({"type": "Svn"}, (Fault.UNKNOWN, "type")),
        ({}, (Fault.UNKNOWN, "type")),
        ({"type": ["Git"]}, (Fault.UNKNOWN, "type")),
        (pin(GITHUB, other=1), (Fault.UNKNOWN, "other")),
        (pin(GITHUB, version="1"), (Fault.UNKNOWN, "version")),
        (pin(GITHUB, frozen="yes"), (Fault.TYPE, "frozen")),
        (pin(GITHUB, submodules=None), (Fault.TYPE, "submodules")),
        (pin(GITHUB, branch=None), (Fault.MISSING, "branch")),
        (pin(GITHUB, branch=""), (Fault.MISSING, "branch")),
        (pin(GITHUB, revision=1), (Fault.TYPE, "revision")),
        (pin(GITHUB, revision="a" * 39), (Fault.VALUE, "revision")),
        (pin(GITHUB, revision="a" * 64), (Fault.VALUE, "revision")),
        (pin(GITHUB, hash="x"), (Fault.VALUE, "hash")),
        (pin(GITHUB, hash=1), (Fault.TYPE, "hash")),
        (pin(GITHUB, url=1), (Fault.TYPE, "url")),
        (pin("x"), (Fault.TYPE, "repository")),
        (pin({"type": "Svn"}), (Fault.UNKNOWN, "repository.type")),
        (pin({}), (Fault.UNKNOWN, "repository.type")),
        (pin(GITHUB | {"server": "x"}), (Fault.UNKNOWN, "repository.server")),
        (pin(GIT | {"private_token": "x"}), (Fault.UNKNOWN, "repository.private_token")),
        (pin(GIT | {"url": "../x"}), (Fault.URL, "repository")),
        (pin(GITHUB | {"owner": "a/b"}), (Fault.URL, "repository")),
        (pin(GITLAB | {"server": "https://h.example/sub/"}), (Fault.URL, "repository")),
        (pin(GITLAB | {"server": "https://u@h.example/"}), (Fault.URL, "repository")),
        (pin(GITLAB | {"repo_path": "a//b"}), (Fault.URL, "repository")),
        (pin(GITLAB | {"repo_path": "a/../b"}), (Fault.URL, "repository")),
        (pin(GITLAB | {"private_token": "x"}), (Fault.URL, "url")),
        (pin(GIT, url=f"https://h.example/{OLD}.tar.gz"), (Fault.URL, "url")),
        (pin(GITHUB, url=URLS["GitHub"].format(NEW)), (Fault.URL, "url")),
        (
            pin(GITHUB, url=f"https://github.com/evil/nixpkgs/archive/{OLD}.tar.gz"),
            (Fault.URL, "url"),
        ),
        (pin(GITHUB, revision=None), (Fault.URL, "url")),
    ],
)
def test_pins_that_are_not_understood(it: Any, expected: tuple[Fault, str]) -> None:
    assert problems(read(file(it))) == [expected]
    assert refusal(file(it)) is expected[0]


def test_a_repository_without_its_parts() -> None:
    assert problems(read(file(pin({"type": "GitHub", "owner": "a"})))) == [
        (Fault.MISSING, "repository.repo"),
        (Fault.URL, "repository"),
    ]


def test_a_server_without_a_slash() -> None:
    it = read(file(pin(GITLAB | {"server": "https://gitlab.com"}))).pins["it"]
    assert (it.url, it.problems) == ("https://gitlab.com/a/b/c.git", ())


@pytest.mark.parametrize("version", [0, 2, 9, "7", 7.0, 8.0, True, None, [7]])
def test_other_versions(version: object) -> None:
    with pytest.raises(RefusedPinsError) as caught:
        read(file(pin(GIT), version=version))
    assert caught.value.problem.fault is Fault.VERSION


@pytest.mark.parametrize("version", [3, 4, 5, 6, 7, 8])
def test_versions(version: int) -> None:
    assert read(change(file(pin(GIT), version=version))).version == version


def test_files_that_are_not_understood() -> None:
    content = file(pin(GIT), other=1)
    assert [problem.path for problem in read(content).problems] == [("other",)]
    assert refusal(content) is Fault.UNKNOWN
    for content in (b"[]", b'{"version": 7}', b'{"version": 7, "pins": []}'):
        with pytest.raises(RefusedPinsError) as caught:
            read(content)
        assert caught.value.problem.fault is Fault.TYPE
    assert refusal(file(pin(GIT)), "other") is Fault.MISSING


@pytest.mark.parametrize(
    "values",
    [{"revision": "b" * 39}, {"revision": "B" * 40}, {"plain": NIX32}, {"archived": ARCHIVED[:-1]}],
)
def test_values_that_no_pin_has(values: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        change(file(pin(GIT)), **values)


TEXT = file(pin(GITHUB)).decode()


@given(
    st.integers(0, len(TEXT) - 1),
    st.sampled_from([*'{}[]",:0 ax', "null", "Git", "7", ""]),
    st.integers(0, 9),
)
def test_any_damage_is_refused_or_harmless(at: int, new: str, width: int) -> None:
    content = (TEXT[:at] + new + TEXT[at + width :]).encode()
    try:
        names = list(read(content).pins)
        made = [change(content, name) for name in names]
    except PinsError:
        return
    for name, after in zip(names, made, strict=True):
        assert json.loads(after)["pins"][name]["revision"] == NEW


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.sampled_from(["Git", "GitLab", OLD, SRI, ""]),
    lambda v: (
        st.lists(v, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "repository", "url", "branch", "server", "hash"]), v
        )
    ),
    max_leaves=15,
)


@given(JUNK, JUNK, st.sampled_from(["Git", "GitHub", "GitLab", "Forgejo"]))
def test_any_pins(one: Any, other: Any, kind: str) -> None:
    repository = (other if isinstance(other, dict) else {}) | {"type": kind}
    for it in (one, other, pin(GIT) | {"repository": repository}):
        try:
            change(file(it))
        except PinsError:
            continue
