"""One spelling for one repository, and never one for two."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.pins.git_urls import forge_url, normalized
from nixauth.pins.problems import Fault, RefusedPinsError

SAME = {
    "https://github.com/nixos/nixpkgs": [
        "https://github.com/NixOS/nixpkgs",
        "https://github.com/NixOS/nixpkgs.git",
        "https://github.com/NixOS/nixpkgs/",
        "https://github.com/NixOS/nixpkgs.git/",
        "https://github.com:443/NixOS/nixpkgs",
        "https://github.com:/NixOS/nixpkgs",
        "HTTPS://GitHub.COM/NixOS/nixpkgs",
        "https://token:x@github.com/NixOS/nixpkgs",
        "https://github.com/Nix%4FS/nix%70kgs",
        "git+https://github.com/NixOS/nixpkgs?ref=nixos-unstable&rev=abc&dir=a/b&shallow=1",
        "git+https://github.com/NixOS/nixpkgs?",
        "ssh://git@github.com/NixOS/nixpkgs",
        "ssh://git@github.com:22/NixOS/nixpkgs.git",
        "ssh://me@github.com/NixOS/nixpkgs.git",
        "git+ssh://git@github.com/NixOS/nixpkgs?ref=x",
        "git@github.com:NixOS/nixpkgs",
        "git@github.com:/NixOS/nixpkgs.git",
        "github:NixOS/nixpkgs",
        "github:NixOS/nixpkgs/nixos-unstable",
        "github:NixOS/nixpkgs/release/1?dir=lib",
    ],
    "https://gitlab.com/a/B/c": [
        "gitlab:a%2FB/c",
        "git@gitlab.com:a/B/c.git",
        "https://gitlab.com/a/B/c",
    ],
    "https://git.sr.ht/~a/B": ["sourcehut:~a/B", "git@git.sr.ht:~a/B", "https://git.sr.ht/%7ea/B"],
    "https://git.example.org:8443/a": ["git+https://git.example.org:8443/a.git"],
    "https://git.example.org/a": [
        "git@git.example.org:a",
        "ssh://git@git.example.org/a",
        "ssh://git@git.example.org:22/a/",
    ],
    "https://[::1]/a": ["ssh://git@[::1]/a", "git@[::1]:a", "https://[::1]:443/a"],
    "https://h.example/a%20b/%C3%A9%2Fc%25": [
        "https://h.example/a b/é%2fc%25",
        "https://h.example/a%20b/%c3%a9%2Fc%25",
    ],
    "https://h.example/a%2520%3Fb%23": ["git@h.example:a%20?b#"],
    "file:///srv/x.git": [
        "/srv/x.git",
        "/srv//x.git/",
        "file:///srv/x.git",
        "file://localhost/srv/x.git",
        "git+file:///srv/x.git?ref=main&dir=x",
        "git+file:///srv/%78.git",
    ],
    "file:///srv/a%20b%25": ["/srv/a b%", "file:///srv/a%20b%25"],
    "http://h.example/a": ["http://h.example:80/a.git", "git+http://u@h.example/a?rev=1"],
    "git://h.example/a": ["git://h.example:9418/a", "git://h.example/a?ref=main"],
    "ssh://h.example/a": ["ssh://h.example:22/a.git"],
    "ssh://al@h.example/a": ["git+ssh://al@h.example/a", "al@h.example:/a"],
    "ssh://al@h.example/~/a": ["al@h.example:a", "ssh://al@h.example/~/a.git", "al@h.example:~/a"],
    "ssh://git@h.example:2222/a": ["ssh://git@h.example:2222/a.git"],
    "https://h.example/x.git.git": ["https://h.example/x.git.git/"],
    "https://h.example/x/.git": ["https://h.example/x/.git"],
    "https://h.example/x?y=1": ["https://h.example/x?y=1", "git+https://h.example/x.git?ref=1&y=1"],
    "https://h.example/x?ref=1": ["https://h.example/x?ref=1"],
    "https://h.example:22/a": ["https://h.example:22/a"],
    "ssh://git@h.example:443/a": ["ssh://git@h.example:443/a"],
    "https://h.example/A/b": ["https://H.example/A/b"],
    "https://github.com/A/b/c": ["https://github.com/A/b/c"],
    "https://ghe.example/A/b": ["github:A/b?host=ghe.example", "git@ghe.example:A/b.git"],
}


@pytest.mark.parametrize(("one", "url"), [(one, url) for one, urls in SAME.items() for url in urls])
def test_one_spelling(one: str, url: str) -> None:
    assert normalized(url) == one
    assert normalized(one) == one


def test_two_repositories_have_two_spellings() -> None:
    apart = [
        "https://h.example/a/b",
        "https://h.example/a/B",
        "https://h.example/a%2Fb",
        "https://h.example/a%2Bb",
        "https://h.example/a+b",
        "https://h.example/a//b",
        "https://h.example/a",
        "https://h.example/a.git.git",
        "https://h.example/a/.git",
        "https://h.example/.git",
        "https://h-example/a",
        "https://www.h.example/a",
        "https://h.example:80/a",
        "https://h.example:22/a",
        "http://h.example/a",
        "http://h.example:443/a",
        "git://h.example/a",
        "ssh://h.example/a",
        "ssh://al@h.example/a",
        "ssh://bo@h.example/a",
        "al@h.example:a",
        "bo@h.example:a",
        "ssh://git@h.example:443/a",
        "ssh://git@h.example:80/a",
        "https://h.example/a?b=1",
        "https://h.example/a?b=2",
        "https://h.example/a?ref=b",
        "git@h.example:a%2Fb",
        "git@h.example:a?b=1",
        "/h.example/a",
        "/h.example/A",
        "/h.example/a.git",
        "/a/b",
        "git@h.example:443/a",
    ]
    assert len({normalized(url) for url in apart}) == len(apart)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a/b",
        "./a",
        "../a",
        "/",
        "/a/../b",
        "/a/./b",
        "file://host/a",
        "file:///a?b=1",
        "file:///a#b",
        "file:a",
        "file:///",
        "https://",
        "https:///a",
        "https://h.example",
        "https://h.example/",
        "https://h.example/a#b",
        "https://h.example/a/../b",
        "https://h.example/a/%2e%2E/b",
        "https://h.example/./a",
        "https://h.example/a%",
        "https://h.example/a%4",
        "https://h.example/a\\b",
        "https://h.example/a\nb",
        "https://h.example/a\u202eb",
        "https://h.example:0/a",
        "https://h.example:0443/a",
        "https://h.example:x/a",
        "https://h\u00e9.example/a",
        "https://\u212aelvin.example/a",
        "https://h.example@b@c/a",
        "https://h example/a",
        "https://-h/a",
        "https://h./a",
        "https://h.example/a?\u00e9",
        "ftp://h.example/a",
        "hg+https://h.example/a",
        "tarball+https://h.example/a",
        "git+git+https://h.example/a",
        "h.example:a",
        "path:/a",
        "flake:nixpkgs",
        "nixpkgs",
        "git@h.example:",
        "git@h.example:/",
        "git@h.example:a/../b",
        "github:a",
        "github:a/b?host=x/y",
        "github:a/b?host=x&host=y",
        "github:a/b?other=1",
        "github:a/..",
        "github:a/%62",
        "gitlab:a%2F..%2Fb/c",
        "gitlab:a%2F%2Fb/c",
        "github:a%2Fb/c",
        "https://h.example/" + "a" * 2000,
    ],
)
def test_what_is_not_understood(url: str) -> None:
    with pytest.raises(RefusedPinsError) as caught:
        normalized(url)
    assert caught.value.problem.fault is Fault.URL


def test_forges() -> None:
    assert forge_url("github", "A", "b") == "https://github.com/A/b"
    assert forge_url("gitlab", "a%2fb", "c", "g.example:8443") == "https://g.example:8443/a/b/c"
    assert forge_url("sourcehut", "~a", "b") == "https://git.sr.ht/~a/b"
    for owner, repo, host in [
        ("a/b", "c", None),
        ("a", "b/c", None),
        ("a", "b", "x@y"),
        ("", "b", None),
        ("..", "b", None),
        ("a", ".", None),
    ]:
        with pytest.raises(RefusedPinsError):
            forge_url("github", owner, repo, host)


ANY = st.text(string.ascii_letters + string.digits + ":/@?#%.+~&=[]-é \\", max_size=30)


@given(
    st.sampled_from(["", "https://h.example/", "git@h.example:", "ssh://a@h.example/", "/"]), ANY
)
def test_any_text_has_a_spelling_that_stays_or_is_refused(start: str, text: str) -> None:
    try:
        one = normalized(start + text)
    except RefusedPinsError:
        return
    assert normalized(one) == one
    assert one.isascii()
    assert one.startswith("file:///") == (start + text).lower().startswith(
        ("/", "file:", "git+file:")
    )


SEGMENT = st.text(string.ascii_letters + "é %+._", min_size=1, max_size=4)


@given(st.lists(SEGMENT, min_size=1, max_size=3), st.lists(SEGMENT, min_size=1, max_size=3))
def test_paths_differ_where_they_differ(one: list[str], other: list[str]) -> None:
    def spelled(path: list[str]) -> str | None:
        try:
            return normalized("git@h.example:" + "/".join(path))
        except RefusedPinsError:
            return None

    def name(path: list[str]) -> str:
        whole = "/".join(path)
        return whole.removesuffix(".git")

    if spelled(one) is not None and spelled(one) == spelled(other):
        assert name(one) == name(other)
