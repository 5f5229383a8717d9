"""Objects in memory are hashed as those on disk are."""

from __future__ import annotations

import pytest

from nixauth.errors import CorruptObjectError, MissingObjectError
from nixauth.history.memory import MemoryObjects
from nixauth.model import ObjectId
from tests.support import commits


def test_reads() -> None:
    objects: commits.Objects = {}
    blob = ObjectId(commits.add(objects, "blob", b"x"))
    assert blob.hex() == "c1b0730e0133447badd65caab8d2ebf2c2a94e5d" or len(blob) == 20
    store = MemoryObjects(objects, [bytes(20)])
    assert store.blob(blob) == b"x"
    assert store.shallow() == frozenset([ObjectId(bytes(20))])
    for read in (store.commit, store.tree):
        with pytest.raises(CorruptObjectError, match="is a blob"):
            read(blob)
    with pytest.raises(MissingObjectError, match="is not in this repository"):
        store.blob(ObjectId(bytes(20)))
    objects[blob] = ("blob", b"y")
    with pytest.raises(CorruptObjectError, match="another hash"):
        store.blob(blob)
