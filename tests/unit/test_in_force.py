"""Which path is in force, and what counts as a file there."""

from __future__ import annotations

import pytest

from nixauth.errors import MissingObjectError, UsageError
from nixauth.history.memory import MemoryObjects
from nixauth.in_force import Files, Historical, normalized_path
from nixauth.model import Authorizations, FileFormat, HistoryMode, ObjectId, Problem
from tests.support import commits, openpgp
from tests.unit.cli.places import listing

GOOD = listing({"alice": ["alice"]})
GUIX = f'(authorizations (version 0) (("{openpgp.key("alice").fingerprint}" (name "a"))))'.encode()
PATHS = (".authorizations", ".guix-authorizations")


def built(files: dict[str, bytes], mode: str = "100644") -> tuple[commits.Objects, ObjectId]:
    objects: commits.Objects = {}
    listed = {name: (mode, commits.add(objects, "blob", text)) for name, text in files.items()}
    return objects, ObjectId(commits.add_tree(objects, listed))


def fixed(
    files: dict[str, bytes],
    path: str | None = None,
    historical: bytes | None = None,
    *,
    every_commit: bool = False,
) -> Files | None:
    objects, root = built(files)
    return Files.fixed_by(
        MemoryObjects(objects),
        root,
        path=path,
        historical=Historical.read(historical) if historical is not None else None,
        every_commit=every_commit,
    )


@pytest.mark.parametrize("path", ["a", ".authorizations", "a/b/c", "a b", "a..b", "...", "\xe9"])
def test_good_paths(path: str) -> None:
    assert normalized_path(path) == path


@pytest.mark.parametrize("path", ["", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/..", "a\0b"])
def test_bad_paths(path: str) -> None:
    with pytest.raises(UsageError):
        normalized_path(path)


def test_the_introduction_fixes_the_path() -> None:
    for files, path, format_ in (
        ({PATHS[0]: GOOD}, PATHS[0], FileFormat.NATIVE),
        ({PATHS[1]: GUIX}, PATHS[1], FileFormat.GUIX),
        ({PATHS[0]: GOOD, PATHS[1]: GUIX}, PATHS[0], FileFormat.NATIVE),
        ({PATHS[0]: b"malformed", PATHS[1]: GUIX}, PATHS[0], FileFormat.NATIVE),
    ):
        found = fixed(files)
        assert found is not None
        assert (found.path, found.format) == (path, format_)
    assert fixed({"a": b""}) is None


def test_historical_authorizations_give_the_path_where_there_is_none() -> None:
    for content, path in ((GOOD, PATHS[0]), (GUIX, PATHS[1])):
        found = fixed({"a": b""}, historical=content)
        assert found is not None
        assert found.path == path
        assert found.historical is not None
    found = fixed({PATHS[1]: GUIX}, historical=GOOD)
    assert found is not None
    assert found.path == PATHS[1]
    with pytest.raises(UsageError, match="line 1"):
        fixed({}, historical=b"nonsense")


def test_another_path() -> None:
    for path, content, format_ in (
        ("x/.guix-authorizations", GUIX, FileFormat.GUIX),
        ("x/.authorizations", GUIX, FileFormat.NATIVE),
        ("keys.scm", GUIX, FileFormat.GUIX),
        ("keys.yaml", GOOD, FileFormat.NATIVE),
        ("a/b/c/d", GOOD, FileFormat.NATIVE),
    ):
        found = fixed({path: content}, path)
        assert found is not None
        assert (found.path, found.format) == (path, format_)
    with pytest.raises(UsageError):
        fixed({}, "../x")


def test_modes() -> None:
    for mode, good in (
        ("100644", True),
        ("100755", True),
        ("100664", False),
        ("100600", False),
        ("120000", False),
        ("160000", False),
        ("0100644", False),
    ):
        objects, root = built({PATHS[0]: GOOD}, mode)
        files = Files(MemoryObjects(objects), PATHS[0], FileFormat.NATIVE)
        assert isinstance(files.own(root), Authorizations if good else Problem), mode


def test_a_folder_in_its_place() -> None:
    objects, root = built({f"{PATHS[0]}/x": GOOD})
    own = Files(MemoryObjects(objects), PATHS[0], FileFormat.NATIVE).own(root)
    assert isinstance(own, Problem)
    assert "directory" in own.message


def test_in_a_folder() -> None:
    objects, root = built({"etc/keys/list": GOOD, "etc/x": b""})
    store = MemoryObjects(objects)

    def own(path: str) -> object:
        return Files(store, path, FileFormat.NATIVE).own(root)

    assert isinstance(own("etc/keys/list"), Authorizations)
    assert own("etc/keys/other") is None
    assert own("etc/other/list") is None
    assert own("other/list") is None
    assert isinstance(own("etc/keys"), Problem), "a directory is not a file"
    assert isinstance(own("etc/x/list"), Problem), "a file is not a directory"


def test_every_commit_is_read_into_each_file() -> None:
    content = b"version: 1\nhistory: trusted-path\n" + GOOD.partition(b"\n")[2]
    objects, root = built({PATHS[0]: content})
    for demand, mode in ((False, HistoryMode.TRUSTED_PATH), (True, HistoryMode.EVERY_COMMIT)):
        store = MemoryObjects(objects)
        own = Files(store, PATHS[0], FileFormat.NATIVE, every_commit=demand).own(root)
        assert isinstance(own, Authorizations)
        assert own.history is mode
        found = fixed({}, historical=content, every_commit=demand)
        assert found is not None
        assert found.historical is not None
        assert found.historical.history is mode


def test_what_is_missing_is_no_absence() -> None:
    objects, root = built({"etc/list": GOOD})
    for gone in [oid for oid in objects if oid != root]:
        store = MemoryObjects({oid: one for oid, one in objects.items() if oid != gone})
        with pytest.raises(MissingObjectError):
            Files(store, "etc/list", FileFormat.NATIVE).own(root)
