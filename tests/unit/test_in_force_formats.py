"""The format of a file at a path that names neither, where the introduction lacks the file."""

from __future__ import annotations

import pytest

from nixauth.history.memory import MemoryObjects
from nixauth.in_force import Files, Historical
from nixauth.model import FileFormat, ObjectId
from tests.support import commits, scenario

PEOPLE = (scenario.Holder("alice", ("alice",)),)
NATIVE = scenario.Listing(PEOPLE).text()
GUIX = scenario.Listing(PEOPLE, guix=True).text()


def format_at(path: str, mode: str | None, historical: bytes | None) -> FileFormat:
    """Return the format of a path at which the introduction has an entry of a mode, or none."""
    objects: commits.Objects = {}
    blob = commits.add(objects, "blob", GUIX)
    root = ObjectId(commits.add_tree(objects, {path: (mode, blob)} if mode else {}))
    files = Files.fixed_by(
        MemoryObjects(objects),
        root,
        path=path,
        historical=Historical.read(historical) if historical is not None else None,
        every_commit=False,
    )
    assert files is not None
    return files.format


@pytest.mark.parametrize(
    ("path", "mode", "historical", "wanted"),
    [
        ("keys", None, GUIX, FileFormat.GUIX),
        ("keys", None, NATIVE, FileFormat.NATIVE),
        ("keys", None, None, FileFormat.NATIVE),
        ("keys", "100644", NATIVE, FileFormat.GUIX),
        ("keys", "120000", GUIX, FileFormat.NATIVE),
        ("x/.authorizations", None, GUIX, FileFormat.NATIVE),
        ("x/.guix-authorizations", None, NATIVE, FileFormat.GUIX),
    ],
)
def test_format(path: str, mode: str | None, historical: bytes | None, wanted: FileFormat) -> None:
    assert format_at(path, mode, historical) is wanted
