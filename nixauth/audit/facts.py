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

_VERSION = 1
_ROW = struct.Struct(">20sI")
_CHECK = 32


class Fact(NamedTuple):
    """Algorithm and digest of the signature, and the blob at the path, None where nothing is."""

    algorithm: str
    digest: str
    blob: ObjectId | None


class Facts:
    """Facts that hold for one path; a file in the cache. `place` is whatever fixes the path."""

    def __init__(self, directory: Path | None, place: bytes) -> None:
        self._key = hashlib.sha256(b"%d\0" % _VERSION + place).digest()
        self._file = directory / f"audit-{self._key.hex()[:40]}.facts" if directory else None
        self._rows: dict[bytes, Fact] = {}
        self._new = False
        with contextlib.suppress(OSError, ValueError, TypeError, IndexError, struct.error):
            self._load()

    def get(self, commit: ObjectId) -> Fact | None:
        """Return what is known of a commit."""
        return self._rows.get(commit)

    def add(self, facts: Iterable[tuple[ObjectId, Fact]]) -> None:
        """Remember what was read of commits."""
        for commit, fact in facts:
            self._rows[commit] = fact
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
        rows = memoryview(data)[end + 1 :]
        self._rows = {commit: known[number] for commit, number in _ROW.iter_unpack(rows)}

    def _check(self, body: bytes | memoryview) -> bytes:
        checked = hashlib.sha256(self._key)
        checked.update(body)
        return checked.digest()

    def save(self) -> None:
        """Keep what is new; where that is not possible, it is not kept."""
        if self._file is None or not self._new:
            return
        numbers = {fact: number for number, fact in enumerate(dict.fromkeys(self._rows.values()))}
        table = [
            [one.algorithm, one.digest, one.blob.hex() if one.blob else None] for one in numbers
        ]
        rows = b"".join(_ROW.pack(commit, numbers[fact]) for commit, fact in self._rows.items())
        body = json.dumps(table).encode() + b"\n" + rows
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}.new.facts")
        with contextlib.suppress(OSError):
            own_directory(self._file.parent)
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._check(body) + body)
            draft.replace(self._file)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
