"""What was read of keys in a keyring, remembered by what the keyring holds.

Reading a keyring costs more than everything else of a run that finds nothing new. What is
remembered serves reports, and tells whether earlier findings rest on keys that are still at hand;
a signature is never judged by it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nixauth.model import Fingerprint

_VERSION = 1
_MOST_FILES = 16


@dataclass(frozen=True, slots=True)
class KeySummary:
    """A key: the primaries it is bound to, and what reports say of it.

    `expires` is in seconds since 1970, or None; `bits` is 0 where a size says nothing.
    """

    primaries: tuple[Fingerprint, ...]
    expires: int | None
    revoked: bool
    bits: int
    algorithm: str


@dataclass(slots=True)
class Remembered:
    """What is known of one keyring: files that could not be read, and keys (None: it lacks it)."""

    problems: list[str]
    keys: dict[Fingerprint, KeySummary | None]


class KeySummaries:
    """The remembered keyrings below a directory; damage and foreign files count as nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _path(self, keyring: bytes) -> Path:
        return self._directory / f"keyring-{keyring.hex()[:40]}.json"

    def load(self, keyring: bytes) -> Remembered | None:
        """Return what is remembered of the keyring with this digest, None where nothing is."""
        path = self._path(keyring)
        try:
            found = path.lstat()
            if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not path.is_file():
                return None
            check, _, body = path.read_bytes().partition(b"\n")
            if check != _check(keyring, body):
                return None
            return _parse(json.loads(body))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, keyring: bytes, known: Remembered) -> None:
        """Remember a keyring; where that is not possible, it is not."""
        document = {
            "problems": known.problems,
            "keys": {
                key: asdict(summary) if summary else None for key, summary in known.keys.items()
            },
        }
        body = json.dumps(document, sort_keys=True).encode()
        path = self._path(keyring)
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        with contextlib.suppress(OSError):
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_check(keyring, body) + b"\n" + body)
            draft.rename(path)
            self._forget_old()
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)

    def _forget_old(self) -> None:
        files = sorted(self._directory.glob("keyring-*.json"), key=lambda one: one.stat().st_mtime)
        for path in files[:-_MOST_FILES]:
            path.unlink(missing_ok=True)


def _check(keyring: bytes, body: bytes) -> bytes:
    checked = hashlib.sha256(b"%d\0" % _VERSION + keyring + b"\0" + body)
    return checked.hexdigest().encode()


def _parse(document: Mapping[str, Any]) -> Remembered:
    keys: dict[Fingerprint, KeySummary | None] = {}
    for key, data in document["keys"].items():
        summary = None
        if data is not None:
            primaries = tuple(Fingerprint(primary) for primary in data.pop("primaries"))
            summary = KeySummary(primaries, **data)
        keys[Fingerprint(key)] = summary
    return Remembered(list(document["problems"]), keys)
