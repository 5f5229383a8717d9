"""What audits read of trusted commits, kept for the next audit.

It is all in the commits themselves, so it is true of them for ever, whoever trusts them: how they
are signed, and which file is at the path of the authorizations. Whatever is wrong with the file
that keeps it, it is read again from the commits.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from nixauth.cache_files import own_directory, unfit
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import Outline

_VERSION = 2
_ROW = struct.Struct(">20sIQB")
"""A commit, the number of its fact, its date, how many parents it has; these stand elsewhere."""
_ID = 20
_MOST_PARENTS = 255
_CHECK = 32


class Fact(NamedTuple):
    """Algorithm and digest of the signature, and the blob at the path, None where nothing is."""

    algorithm: str
    digest: str
    blob: ObjectId | None


class Known(NamedTuple):
    """A fact about a commit, and its outline."""

    fact: Fact
    outline: Outline


class Facts:
    """Facts that hold for one path; a file in the cache. `place` is whatever fixes the path."""

    def __init__(self, directory: Path | None, place: bytes) -> None:
        self._key = hashlib.sha256(b"%d\0" % _VERSION + place).digest()
        self._file = directory / f"audit-{self._key.hex()[:40]}.facts" if directory else None
        self._rows: dict[bytes, Known] = {}
        self._new = False
        with contextlib.suppress(OSError, ValueError, TypeError, IndexError, struct.error):
            self._load()

    def get(self, commit: ObjectId) -> Fact | None:
        """Return what is known of a commit."""
        known = self._rows.get(commit)
        return known.fact if known is not None else None

    def outline(self, commit: ObjectId) -> Outline | None:
        """Return the outline of a commit, if it is known."""
        known = self._rows.get(commit)
        return known.outline if known is not None else None

    def add(self, facts: Iterable[tuple[ObjectId, Known]]) -> None:
        """Remember what was read of signed commits."""
        for commit, known in facts:
            if len(known.outline.parents) <= _MOST_PARENTS:
                self._rows[commit] = known
                self._new = True

    def _load(self) -> None:
        if self._file is None or unfit(self._file):
            return
        data = self._file.read_bytes()
        if data[:_CHECK] != self._check(memoryview(data)[_CHECK:]):
            return
        end = data.index(b"\n", _CHECK)
        known = [
            Fact(algorithm, digest, ObjectId(bytes.fromhex(blob)) if blob is not None else None)
            for algorithm, digest, blob in json.loads(data[_CHECK:end])
        ]
        size = end + 9 + _ROW.size * int.from_bytes(data[end + 1 : end + 9], "big")
        found: dict[bytes, Known] = {}
        for commit, number, date, parents in _ROW.iter_unpack(memoryview(data)[end + 9 : size]):
            if parents == 1:  # as nearly all have
                above: tuple[ObjectId, ...] = (ObjectId(data[size : size + _ID]),)
                size += _ID
            else:
                starts = range(size, size + _ID * parents, _ID)
                above = tuple(ObjectId(data[start : start + _ID]) for start in starts)
                size += _ID * parents
            found[commit] = Known(known[number], Outline(above, True, date))  # noqa: FBT003
        self._rows = found

    def _check(self, body: bytes | memoryview) -> bytes:
        checked = hashlib.sha256(self._key)
        checked.update(body)
        return checked.digest()

    def save(self) -> None:
        """Keep what is new; where that is not possible, it is not kept."""
        if self._file is None or not self._new:
            return
        facts = dict.fromkeys(known.fact for known in self._rows.values())
        numbers = {fact: number for number, fact in enumerate(facts)}
        table = [
            [one.algorithm, one.digest, one.blob.hex() if one.blob else None] for one in numbers
        ]
        rows = b"".join(
            _ROW.pack(commit, numbers[fact], outline.date, len(outline.parents))
            for commit, (fact, outline) in self._rows.items()
        )
        parents = b"".join(b"".join(known.outline.parents) for known in self._rows.values())
        size = len(self._rows).to_bytes(8, "big")
        body = json.dumps(table).encode() + b"\n" + size + rows + parents
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}.new.facts")
        with contextlib.suppress(OSError):
            own_directory(self._file.parent)
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._check(body) + body)
            draft.replace(self._file)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
