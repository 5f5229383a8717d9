"""What was read of trusted commits, kept for audits: a file in the cache that only grows.

It is all in the commits themselves, so it is true of them for ever, whoever trusts them: how they
are signed, and which file is at the path of the authorizations. Whoever finds commits trusted adds
what it read of them; whatever is wrong with the file, it is read again from the commits.

The file is a row of segments, each written in one go, under a SHA-256 over it: what stands behind
a segment that is damaged or cut off counts as nothing, and the next audit writes the file anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from nixauth.cache_files import own_directory, unfit
from nixauth.discover import Node
from nixauth.evidence import Testimony
from nixauth.in_force import Unseen
from nixauth.model import Authorizations, Introduction, ObjectId
from nixauth.options import Options
from nixauth.signatures.commit_object import Outline

_VERSION = 3
_HEAD = struct.Struct(">32sQ")
"""Of a segment: its check, and how long it is without this."""
_ROW = struct.Struct(">20sIQB")
"""A commit, the number of its fact, its date, how many parents it has; these stand elsewhere."""
_ID = 20
_MOST_PARENTS = 255
_MOST_SEGMENTS = 1000
"""A file of more is written anew, as one."""
_LARGEST = 512 * 1024 * 1024
"""A file of more octets is not read, and not added to: some ten million commits."""


class Fact(NamedTuple):
    """Algorithm and digest of the signature, and the blob at the path, None where nothing is."""

    algorithm: str
    digest: str
    blob: ObjectId | None


class Known(NamedTuple):
    """A fact about a commit, and its outline."""

    fact: Fact
    outline: Outline


_Entry: TypeAlias = tuple[bytes, Fact, tuple[ObjectId, ...], int]
"""A signed commit, the fact about it, its parents and its date."""


def place_of(introduction: Introduction, options: Options) -> bytes:
    """Return what fixes the path of the authorizations, and so what facts are about."""
    historical = hashlib.sha256(options.historical or b"").hexdigest()
    path = options.authorizations_path or ""
    text = f"{introduction.commit.hex()}\0{historical}\0{path}"
    return text.encode("utf-8", "surrogateescape")


class Facts:
    """Facts that hold for one place (see `place_of`). Nothing is known until they are loaded."""

    def __init__(self, directory: Path | None, place: bytes) -> None:
        self._key = hashlib.sha256(b"%d\0" % _VERSION + place).digest()
        self._file = directory / f"audit-{self._key.hex()[:40]}.facts" if directory else None
        self._rows: dict[bytes, Known] = {}
        self._loaded = False
        self._anew = False
        self._facts: dict[tuple[int, int], tuple[Fact, object, object]] = {}
        self._same: dict[Fact, Fact] = {}

    # --- asking ---

    def load(self) -> None:
        """Read what is there."""
        self._loaded = True
        with contextlib.suppress(OSError, ValueError, TypeError, IndexError, struct.error):
            self._load(self._rows)

    def get(self, commit: ObjectId) -> Fact | None:
        """Return what is known of a commit."""
        known = self._rows.get(commit)
        return known.fact if known is not None else None

    def outline(self, commit: ObjectId) -> Outline | None:
        """Return the outline of a commit, if it is known."""
        known = self._rows.get(commit)
        return known.outline if known is not None else None

    def _load(self, rows: dict[bytes, Known]) -> None:
        if self._file is None:
            return
        self._anew = bool(unfit(self._file))
        if self._anew:
            return
        self._anew = self._file.stat().st_size > _LARGEST
        if self._anew:
            return
        data = self._file.read_bytes()
        self._anew, start, segments = True, 0, 0
        while start < len(data):
            check, size = _HEAD.unpack_from(data, start)
            body = data[start + _HEAD.size : start + _HEAD.size + size]
            if check != self._check(body):
                return
            rows.update(_unpacked(body))
            start += _HEAD.size + size
            segments += 1
        self._anew = segments > _MOST_SEGMENTS

    def _check(self, body: bytes) -> bytes:
        return hashlib.sha256(self._key + body).digest()

    # --- adding ---

    def note(self, nodes: Iterable[tuple[ObjectId, Node]]) -> None:
        """Remember what a run read of commits that it found trusted, as far as it read them."""
        found: list[_Entry] = []
        for commit, node in nodes:
            evidence, own = node.evidence, node.own
            if not isinstance(evidence, Testimony) or isinstance(own, Unseen):
                continue
            known = self._facts.get((id(evidence), id(own)))
            if known is None:
                blob = _blob(own.content) if isinstance(own, Authorizations) else None
                fact = self._same.setdefault(one := Fact(*evidence.kind, blob), one)
                known = fact, evidence, own  # so that nothing else gets their ids
                self._facts[id(evidence), id(own)] = known
            found.append((commit, known[0], node.parents, node.date))
        self._add(found)

    def add(self, facts: Iterable[tuple[ObjectId, Known]]) -> None:
        """Remember what was read of signed commits; where it cannot be kept, it is not kept."""
        self._add([_entry(*one) for one in facts])

    def _add(self, entries: Sequence[_Entry]) -> None:
        new = [one for one in entries if len(one[2]) <= _MOST_PARENTS]
        if not new:
            return
        if self._loaded:
            for commit, fact, parents, date in new:
                self._rows[commit] = Known(fact, Outline(parents, signed=True, date=date))
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            own_directory(self._file.parent)
            if self._anew:
                self._write_anew(self._file, [_entry(*one) for one in self._rows.items()])
            elif not unfit(self._file):
                _append(self._file, self._segment(new))

    def _segment(self, entries: Iterable[_Entry]) -> bytes:
        body = _packed(entries)
        return _HEAD.pack(self._check(body), len(body)) + body

    def _write_anew(self, path: Path, entries: Iterable[_Entry]) -> None:
        draft = path.with_name(f"{path.name}.{os.getpid()}.new.facts")
        try:
            _write(draft, os.O_EXCL, self._segment(entries))
            draft.replace(path)
            self._anew = False
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


def _blob(content: bytes) -> ObjectId:
    """Return the id of the blob that has this content."""
    header = b"blob %d\0" % len(content)
    return ObjectId(hashlib.sha1(header + content, usedforsecurity=False).digest())


def _append(path: Path, segment: bytes) -> None:
    # Where the store beside it cannot be written, every run finds the same commits trusted anew.
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LARGEST:
            return
    _write(path, os.O_APPEND, segment)


def _write(path: Path, flag: int, data: bytes) -> None:
    flags = os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | flag
    with os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0) as file:
        file.write(data)


def _entry(commit: bytes, known: Known) -> _Entry:
    return commit, known.fact, known.outline.parents, known.outline.date


def _packed(entries: Iterable[_Entry]) -> bytes:
    numbers: dict[int, int] = {}
    table: list[Fact] = []
    rows: list[bytes] = []
    above: list[ObjectId] = []
    for commit, fact, parents, date in entries:
        number = numbers.get(id(fact))  # the same one may stand in the table twice
        if number is None:
            number = numbers[id(fact)] = len(table)
            table.append(fact)
        rows.append(_ROW.pack(commit, number, date, len(parents)))
        above += parents
    listed = [[one.algorithm, one.digest, one.blob.hex() if one.blob else None] for one in table]
    size = len(rows).to_bytes(8, "big")
    return json.dumps(listed).encode() + b"\n" + size + b"".join(rows) + b"".join(above)


def _unpacked(body: bytes) -> dict[bytes, Known]:
    end = body.index(b"\n")
    table = [
        Fact(algorithm, digest, ObjectId(bytes.fromhex(blob)) if blob is not None else None)
        for algorithm, digest, blob in json.loads(body[:end])
    ]
    size = end + 9 + _ROW.size * int.from_bytes(body[end + 1 : end + 9], "big")
    found: dict[bytes, Known] = {}
    make = tuple.__new__  # what a named tuple's own constructor calls, without the detour
    for commit, number, date, parents in _ROW.iter_unpack(memoryview(body)[end + 9 : size]):
        if parents == 1:  # as nearly all have
            above: tuple[bytes, ...] = (body[size : size + _ID],)
            size += _ID
        else:
            starts = range(size, size + _ID * parents, _ID)
            above = tuple(body[start : start + _ID] for start in starts)
            size += _ID * parents
        found[commit] = make(Known, (table[number], make(Outline, (above, True, date))))
    return found
