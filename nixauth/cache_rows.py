"""Findings of one scope as rows of the cache, each under a checksum, and back.

A history has many commits and few keys: what rows have in common is put together once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TypeAlias

from nixauth.findings import Finding, Scope
from nixauth.model import Fingerprint, ObjectId

CHECK = 8
"""The length of a checksum, with which every packed finding begins."""
ID = 20
"""The length of a commit's id."""
DIGITS = 19
"""Digits of a signer's number in a record: as many as SQLite's largest has."""

_KEPT = 4096
"""So many different findings are held; a history that has more of them is read more slowly."""

Signer: TypeAlias = tuple[str, str, str, bool]
"""Fingerprint, primaries (with spaces between), person, service: a row of `signers`."""

_Parts: TypeAlias = tuple[str, tuple[Fingerprint, ...], str, bool, tuple[int, ...], bool]


class Rows:
    """Packs and unpacks; the numbers of the signers are given and asked by the caller."""

    def __init__(self, scope: Scope) -> None:
        self._keyed = hashlib.blake2b(digest_size=CHECK, key=scope.digest())
        self._packed: dict[_Parts, tuple[bytes, bytes]] = {}
        """What the checksum covers besides the commit, and how the record ends."""
        self._unpacked: dict[tuple[int, bytes], tuple[bytes, Finding]] = {}
        """What the checksum covers besides the commit, and the finding."""

    def forget(self) -> None:
        """Let go of the signers' numbers: those of a transaction that failed are void."""
        self._packed.clear()
        self._unpacked.clear()

    def records(
        self,
        findings: Iterable[tuple[ObjectId, Finding]],
        number: Callable[[Signer], int],
    ) -> Iterator[tuple[int, bytes]]:
        """Return records of one length after the other: the length, and all of them joined.

        A record is the commit, the packed finding and, in `DIGITS` digits, the signer's number.
        Those of one length come by commit, so that a page of the table is met once.
        """
        records = []
        known = self._packed
        for commit, finding in findings:
            parts = (
                finding.signer,
                finding.primaries,
                finding.person,
                finding.service,
                finding.admitted_by,
                finding.line,
            )
            found = known.get(parts) or self._pack(parts, finding, number)
            records.append(commit + self._checksum(commit, found[0]) + found[1])
        records.sort()
        records.sort(key=len)
        for size, some in groupby(records, len):
            yield size, b"".join(some)

    def finding(
        self,
        commit: ObjectId,
        number: object,
        packed: object,
        signer: Callable[[int], Signer | None],
    ) -> Finding | None:
        """Return what a row says of a commit; None where its checksum says otherwise."""
        if not isinstance(number, int) or not isinstance(packed, bytes) or len(packed) <= CHECK:
            return None
        body = packed[CHECK:]
        known = self._unpacked.get((number, body))
        if known is not None:
            return known[1] if self._checksum(commit, known[0]) == packed[:CHECK] else None
        who = signer(number)
        if who is None:
            return None
        checked = _checked(who, body)
        if self._checksum(commit, checked) != packed[:CHECK]:
            return None
        finding = _unpack(who, body)
        if len(self._unpacked) >= _KEPT:
            self._unpacked.clear()
        self._unpacked[number, body] = checked, finding
        return finding

    def findings(
        self,
        rows: Iterable[tuple[bytes, object, object]],
        signer: Callable[[int], Signer | None],
    ) -> dict[bytes, Finding | None]:
        """Return what rows say of their commits, as `finding` would say it of each."""
        found: dict[bytes, Finding | None] = {}
        for commit, number, packed in rows:
            if type(commit) is not bytes:
                continue  # SQLite keeps what it is given, whatever the column's type
            # A call a row is what most of the time would go to; these are nearly all rows.
            if type(packed) is bytes and type(number) is int:
                known = self._unpacked.get((number, packed[CHECK:]))
                if known is not None:
                    checksum = self._keyed.copy()
                    checksum.update(commit + known[0])
                    found[commit] = known[1] if checksum.digest() == packed[:CHECK] else None
                    continue
            found[commit] = self.finding(ObjectId(commit), number, packed, signer)
        return found

    def _checksum(self, commit: bytes, checked: bytes) -> bytes:
        checksum = self._keyed.copy()
        checksum.update(commit + checked)
        return checksum.digest()

    def _pack(
        self, parts: _Parts, finding: Finding, number: Callable[[Signer], int]
    ) -> tuple[bytes, bytes]:
        signer = (finding.signer, " ".join(finding.primaries), finding.person, finding.service)
        mask = sum(1 << position for position in finding.admitted_by)
        body = bytes([finding.line]) + mask.to_bytes((mask.bit_length() + 7) // 8, "little")
        found = _checked(signer, body), body + b"%0*d" % (DIGITS, number(signer))
        if len(self._packed) >= _KEPT:
            self._packed.clear()
        self._packed[parts] = found
        return found


def split(primaries: str) -> tuple[Fingerprint, ...]:
    """Return the primaries of a row of `signers`."""
    return tuple(Fingerprint(primary) for primary in primaries.split())


def _checked(signer: Signer, body: bytes) -> bytes:
    name = f"{signer[0]}\0{signer[1]}\0{signer[2]}\0{int(signer[3])}\0"
    return name.encode("utf-8", "surrogatepass") + body


def _unpack(signer: Signer, body: bytes) -> Finding:
    mask = int.from_bytes(body[1:], "little")
    return Finding(
        Fingerprint(signer[0]),
        split(signer[1]),
        signer[2],
        service=signer[3],
        admitted_by=tuple(i for i in range(mask.bit_length()) if mask >> i & 1),
        line=body[0] == 1,
    )
