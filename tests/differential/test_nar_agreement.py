"""Our hashes and Nix's own: of directories, by fetchGit, fetchTarball, and in locks of flakes."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nixauth import MemoryObjects, ObjectId, Repository
from nixauth.nar import NarHash, Submodules, nar_hash
from tests.support.commits import Objects
from tests.support.nar_trees import (
    File,
    Link,
    Module,
    Tree,
    git,
    put_commit,
    repository,
    trees,
    write,
)
from tests.support.nix import Nix, nix_home

FLAKE: Tree = {b"flake.nix": File(b"{ outputs = _: { }; }\n")}
CRLF, LF, MIXED = b"a\r\nb\r\n", b"a\nb\n", b"a\r\nb\n"
LINES: Tree = {b"crlf": File(CRLF), b"lf": File(LF), b"mixed": File(MIXED)}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def nix() -> Iterator[Nix]:
    with nix_home() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trees")


def made(folder: Path, tree: Tree) -> tuple[Path, ObjectId]:
    """Make a repository of one commit."""
    objects: Objects = {}
    commit = put_commit(tree, objects)
    return repository(folder / f"{next(_numbers)}.git", objects, commit), commit


def hashes(where: Path, commit: ObjectId, **options: Submodules) -> NarHash:
    return nar_hash(Repository.open(where), commit, **options)


# --- a directory ---


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=trees(empty=True))
def test_any_tree_is_hashed_as_nix_hashes_a_directory(nix: Nix, folder: Path, tree: Tree) -> None:
    objects: Objects = {}
    commit = put_commit(tree, objects)
    found = nar_hash(MemoryObjects(objects), commit)
    path = write(tree, folder / str(next(_numbers)))
    assert found.plain.sri == nix.hash_path(path)
    assert found.size == len(nix.dump(path))


LISTED: dict[str, Tree] = {
    "nothing": {},
    "a file": {b"a": File(b"content")},
    "an empty file": {b"a": File()},
    "an executable": {b"a": File(b"#!/bin/sh\n", executable=True)},
    "sorted otherwise by git": {b"a": {b"x": File(b"1")}, b"a.b": File(b"2"), b"a0": File(b"3")},
    "a directory before its prolongation": {b"a": {b"x": File()}, b"a-": File(), b"a ": File()},
    "no UTF-8": {b"\xff\xfe": File(b"1"), b"\xc3": {b"\x80": Link(b"\xff")}},
    "links": {b"l": Link(b"nowhere"), b"m": Link(b"../.."), b"n": Link(b"l/")},
    "a large file": {b"large": File(b"0123456789abcdef" * 70_000)},
    "deep": {b"a": {b"b": {b"c": {b"d": {b"e": {b"f": File(b"deep")}}}}}},
    "long names": {b"x" * 255: {b"y" * 255: File(b"1")}, b"z" * 100: Link(b"t" * 300)},
    "a name with a line feed": {b"a\nb": File(b"1"), b"-rf": File(b"2"), b"\\": File(b"3")},
}


@pytest.mark.parametrize("tree", LISTED.values(), ids=LISTED.keys())
def test_listed_trees_by_all_of_nix(nix: Nix, folder: Path, tree: Tree) -> None:
    where, commit = made(folder, tree | FLAKE)
    found = hashes(where, commit)
    assert found.archived is None
    assert nix.hash_path(write(tree | FLAKE, folder / str(next(_numbers)))) == found.plain.sri
    assert nix.fetch_git(where, commit.hex()) == found.plain.sri
    assert nix.flake(where, commit.hex()) == found.plain.sri


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=trees(empty=False), flake=st.booleans())
def test_any_tree_by_fetchers(nix: Nix, folder: Path, tree: Tree, flake: bool) -> None:
    where, commit = made(folder, tree | FLAKE if flake else tree)
    fetch = nix.flake if flake else nix.fetch_git
    assert hashes(where, commit).plain.sri == fetch(where, commit.hex())


def test_other_forms(nix: Nix, folder: Path) -> None:
    tree: Tree = {b"a": File(b"content")}
    where, commit = made(folder, tree)
    found = hashes(where, commit).plain
    path = write(tree, folder / str(next(_numbers)))
    assert found.base16 == nix.hash_path(path, "--base16")
    assert found.base32 == nix.hash_path(path, "--base32")


def test_a_lock(nix: Nix, folder: Path) -> None:
    where, commit = made(folder, LISTED["links"])
    flake = folder / f"flake-{next(_numbers)}"
    assert nix.locked(flake, where, commit.hex()) == hashes(where, commit).plain.sri


def test_a_checkout(nix: Nix, folder: Path) -> None:
    where, commit = made(folder, LISTED["sorted otherwise by git"] | LISTED["links"])
    checkout = folder / f"checkout-{next(_numbers)}"
    checkout.mkdir()
    tar = git(where, "archive", commit.hex())
    subprocess.run(["tar", "-x", "-C", str(checkout)], input=tar, check=True)
    assert nix.hash_path(checkout) == hashes(where, commit).plain.sri


# --- what attributes change ---

ATTRIBUTES: dict[str, tuple[Tree, bool | None]] = {
    "export-ignore": (
        {
            b".gitattributes": File(b"ci export-ignore\n*.md export-ignore\n"),
            b"ci": {b"x": File(b"1")},
            b"a.md": File(),
            b"b": {b"c.md": File(), b"d": File()},
        },
        True,
    ),
    "export-ignore in a directory": (
        {b"d": {b".gitattributes": File(b"/x export-ignore\n"), b"x": File(), b"y": File()}},
        True,
    ),
    "export-ignore of what is not there": (
        {b".gitattributes": File(b"nothing export-ignore\n"), b"x": File()},
        False,
    ),
    "export-ignore by a macro": (
        {b".gitattributes": File(b"[attr]away export-ignore\nx away\n"), b"x": File()},
        True,
    ),
    "all that is in a directory": (
        {b".gitattributes": File(b"d/x export-ignore\n"), b"d": {b"x": File()}},
        True,
    ),
    "export-subst": (
        {
            b".gitattributes": File(b"v export-subst\n"),
            b"v": File(b"$Format:%H %an %ad %cI%n%s$ and $Format:%T$\n"),
            b"w": File(b"$Format:%d$\n"),
        },
        True,
    ),
    "eol=crlf": ({b".gitattributes": File(b"* text eol=crlf\n")} | LINES, True),
    "eol=crlf without text": ({b".gitattributes": File(b"lf eol=crlf\n")} | LINES, True),
    "eol=lf": ({b".gitattributes": File(b"* text eol=lf\n")} | LINES, False),
    "text": ({b".gitattributes": File(b"* text\n")} | LINES, False),
    "text=auto": ({b".gitattributes": File(b"* text=auto\n")} | LINES, False),
    "crlf": ({b".gitattributes": File(b"* crlf\n")} | LINES, False),
    "ident": ({b".gitattributes": File(b"x ident\n"), b"x": File(b"$Id$ $Id: old $\n")}, True),
    "working-tree-encoding": (
        {
            b".gitattributes": File(b"x text working-tree-encoding=UTF-16LE\n"),
            b"x": File("é\n".encode()),
        },
        True,
    ),
    "an empty directory": ({b"a": {}, b"b": {b"c": {}}, b"x": File()}, True),
    "sorted otherwise by git": (
        {b".gitattributes": File(b"n export-ignore\n")} | LISTED["sorted otherwise by git"],
        False,
    ),
    "no UTF-8": ({b".gitattributes": File(b"n export-ignore\n")} | LISTED["no UTF-8"], False),
    "long names": ({b".gitattributes": File(b"n export-ignore\n")} | LISTED["long names"], False),
    "links": ({b".gitattributes": File(b"* eol=crlf\n")} | LISTED["links"], True),
    "attributes in a link": (
        {b".gitattributes": Link(b"* export-ignore"), b"x": File(b"1")},
        None,  # by git's version
    ),
}


@pytest.mark.parametrize(("tree", "changes"), ATTRIBUTES.values(), ids=ATTRIBUTES.keys())
def test_attributes(nix: Nix, folder: Path, tree: Tree, changes: bool | None) -> None:
    where, commit = made(folder, tree)
    found = hashes(where, commit)
    assert found.plain.sri == nix.hash_path(write(tree, folder / str(next(_numbers))))
    archived = found.as_archived().sri
    assert found.equal is (archived == found.plain.sri)
    assert changes is None or found.equal is not changes
    if nix.archives():
        assert nix.fetch_git(where, commit.hex()) == archived
    tarball = folder / f"{next(_numbers)}.tar"
    git(where, "archive", "--prefix=top/", f"--output={tarball}", commit.hex())
    assert nix.fetch_tarball(tarball) == archived


def test_a_flake_with_attributes(nix: Nix, folder: Path) -> None:
    where, commit = made(folder, ATTRIBUTES["export-ignore"][0] | FLAKE)
    found = hashes(where, commit)
    expected = found.as_archived() if nix.archives() else found.plain
    assert nix.flake(where, commit.hex()) == expected.sri


def test_submodules_as_empty_directories(nix: Nix, folder: Path) -> None:
    tree: Tree = {b"a": File(b"1"), b"m": Module(), b"d": {b"n": Module()}}
    where, commit = made(folder, tree)
    found = hashes(where, commit, submodules=Submodules.EMPTY)
    assert found.plain.sri == nix.hash_path(write(tree, folder / str(next(_numbers))))
    assert nix.fetch_git(where, commit.hex()) == found.plain.sri


def test_what_export_subst_of_ref_names_gives_is_not_fixed(nix: Nix, folder: Path) -> None:
    """Why such a tree has no hash as git archive makes it: the same commit has two."""
    if not nix.archives():
        pytest.skip("this Nix does not run git archive")
    tree: Tree = {b".gitattributes": File(b"v export-subst\n"), b"v": File(b"$Format:%d$\n")}
    where, commit = made(folder, tree)
    first = nix.fetch_git(where, commit.hex())
    git(where, "update-ref", "refs/heads/other", commit.hex())
    with nix_home() as another:
        assert another.fetch_git(where, commit.hex()) != first
