"""What is wrong with the keys at hand. Pure: an inventory in, findings out.

Each finding is a value with a stable `kind`; its text is made in `reports` only. `fails` says that
something that is listed is missing, or cannot count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from nixauth.keys.inventory import CertificateEntry, Inventory, KeyEntry, SshEntry
from nixauth.model import Fingerprint
from nixauth.signatures.openpgp.bindings import ANYBODYS

_STRONG_BITS = 2048


@dataclass(frozen=True, slots=True)
class Missing:
    """A listed key is not at hand."""

    kind: ClassVar[str] = "missing"
    fingerprint: Fingerprint
    person: str
    fails: bool = True


@dataclass(frozen=True, slots=True)
class Unusable:
    """Nothing that the key signs can count."""

    kind: ClassVar[str] = "unusable"
    fingerprint: Fingerprint
    person: str
    detail: str
    fails: bool


@dataclass(frozen=True, slots=True)
class Unbound:
    """A signing subkey does not stand for its listed primary key."""

    kind: ClassVar[str] = "unbound-subkey"
    fingerprint: Fingerprint
    person: str
    primary: Fingerprint
    detail: str
    fails: bool


@dataclass(frozen=True, slots=True)
class Revoked:
    """The key is revoked."""

    kind: ClassVar[str] = "revoked"
    fingerprint: Fingerprint
    person: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Expired:
    """The key has expired, at `expires` seconds since 1970."""

    kind: ClassVar[str] = "expired"
    fingerprint: Fingerprint
    person: str
    expires: int
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Weak:
    """An RSA or DSA key has fewer bits than it should; it does count."""

    kind: ClassVar[str] = "weak"
    fingerprint: Fingerprint
    person: str
    bits: int
    algorithm: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Unused:
    """Nobody lists the key, nor any of its subkeys."""

    kind: ClassVar[str] = "unused"
    fingerprint: Fingerprint
    files: tuple[str, ...]
    fails: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateFile:
    """The same key stands in several files of one source."""

    kind: ClassVar[str] = "duplicate-file"
    fingerprint: Fingerprint
    files: tuple[str, ...]
    fails: bool = False


@dataclass(frozen=True, slots=True)
class SharedKey:
    """One key stands in the certificates of several primary keys."""

    kind: ClassVar[str] = "shared-key"
    fingerprint: Fingerprint
    primaries: tuple[Fingerprint, ...]
    fails: bool = False


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A key file, or a part of it, could not be read."""

    kind: ClassVar[str] = "unreadable-file"
    detail: str
    fails: bool = False


Finding: TypeAlias = (
    Missing
    | Unusable
    | Unbound
    | Revoked
    | Expired
    | Weak
    | Unused
    | DuplicateFile
    | SharedKey
    | UnreadableFile
)


def check(inventory: Inventory, now: int) -> list[Finding]:
    """Return what is wrong; `now` is in seconds since 1970. What fails comes first."""
    found: list[Finding] = [Missing(key, person) for key, person in inventory.missing]
    for certificate in inventory.certificates:
        found += _certificate(certificate, now)
    for entry in inventory.ssh_keys:
        found += _ssh(entry)
    found += [SharedKey(key, primaries) for key, primaries in inventory.shared]
    found += [UnreadableFile(problem) for problem in inventory.problems]
    return sorted(found, key=lambda finding: not finding.fails)


def _certificate(entry: CertificateEntry, now: int) -> Iterator[Finding]:
    primary = entry.key
    yield from _state(primary, now)
    for subkey in entry.subkeys:
        stands_for = bool(primary.person) and subkey.signs
        if subkey.key.person or (stands_for and not subkey.unbound):
            for finding in _state(subkey.key, now):
                # A primary key takes its subkeys with it: once is enough.
                if not (isinstance(finding, Revoked) and primary.revoked):
                    yield finding
        elif stands_for:
            key = subkey.key
            yield Unbound(
                key.fingerprint,
                primary.person,
                primary.fingerprint,
                subkey.unbound,
                fails=not (subkey.unbound in ANYBODYS or key.revoked or _is_past(key.expires, now)),
            )
    if not entry.listed:
        yield Unused(primary.fingerprint, entry.files)
    for files in _by_source(entry.files):
        if len(files) > 1:
            yield DuplicateFile(primary.fingerprint, files)


def _state(key: KeyEntry, now: int) -> Iterator[Finding]:
    if key.fault:
        yield Unusable(key.fingerprint, key.person, key.fault, fails=bool(key.person))
    elif 0 < key.bits < _STRONG_BITS:
        yield Weak(key.fingerprint, key.person, key.bits, key.algorithm)
    if key.revoked:
        yield Revoked(key.fingerprint, key.person)
    if key.expires is not None and _is_past(key.expires, now):
        yield Expired(key.fingerprint, key.person, key.expires)


def _is_past(expires: int | None, now: int) -> bool:
    return expires is not None and expires <= now


def _by_source(files: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Group files by the ref that they are on: a branch and its fetched copy hold the same."""
    sources: dict[str, list[str]] = {}
    for name in files:
        ref = name.partition(":")[0] if name.startswith("refs/") else ""
        sources.setdefault(ref, []).append(name)
    for group in sources.values():
        yield tuple(group)


def _ssh(entry: SshEntry) -> Iterator[Finding]:
    key = entry.key
    if key.fault:
        yield Unusable(key.fingerprint, entry.person, key.fault, fails=bool(entry.person))
    if not entry.person:
        yield Unused(key.fingerprint, entry.files)
