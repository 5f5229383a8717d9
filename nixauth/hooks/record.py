"""What was last accepted for each ref: nixauth's own record, which pruning and packing leave alone.

One file below the directory that all worktrees share. It is replaced whole, and is on the disk
before git is told to go on: a ref is never ahead of what is remembered of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nixauth.durable import locked, replace
from nixauth.errors import DamagedRecordError, UnwritableRecordError
from nixauth.history.repository import Repository
from nixauth.model import ObjectId

_SCHEMA = 1
_FIELDS = ("commit", "floor", "instead_of")
_ID = re.compile(r"[0-9a-f]{40}")
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Accepted:
    """The commit that was last accepted for a ref; `floor` is what it may not go behind.

    They differ for a local branch with commits that nobody else has yet: those may be rewritten.
    `instead_of` is where the ref was when a person chose to go back from there.
    """

    commit: ObjectId
    floor: ObjectId
    instead_of: ObjectId | None = None


class Record:
    """The record of a repository."""

    def __init__(self, repository: Repository) -> None:
        self._directory = repository.common_directory / "nixauth"
        self.path = self._directory / "accepted.json"

    def read(self) -> Mapping[str, Accepted]:
        """Return what was accepted, by the refs' full names.

        Raises DamagedRecordError where there is a record and it cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._damaged(error.strerror or str(error)) from error
        if len(content) > _LARGEST:
            raise self._damaged("it is too large")
        try:
            return _read(json.loads(content))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._damaged(str(error) or type(error).__name__) from error

    def accept(self, accepted: Mapping[str, Accepted]) -> None:
        """Remember what was accepted for these refs, and all else as before.

        Raises DamagedRecordError, and UnwritableRecordError where it could not be written.
        """
        if not accepted:
            return
        try:
            self._directory.mkdir(exist_ok=True)
            with locked(self._directory / "lock"):
                before = self.read()
                if all(before.get(ref) == one for ref, one in accepted.items()):
                    return
                text = json.dumps(_document({**before, **accepted}), indent=1, sort_keys=True)
                replace(self.path, f"{text}\n".encode("ascii"))
        except OSError as error:
            raise UnwritableRecordError(
                f"what was accepted cannot be recorded in {self.path}: {error.strerror or error}",
                "Without the record a later step back would go unnoticed. See who may write there,"
                " and whether the disk is full; then do it again.",
            ) from error

    def forget(self) -> None:
        """Remove the record; raises UnwritableRecordError."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise UnwritableRecordError(
                f"{self.path} cannot be removed: {error.strerror or error}"
            ) from error

    def _damaged(self, why: str) -> DamagedRecordError:
        return DamagedRecordError(
            f"what was accepted before cannot be read from {self.path}: {why}",
            "Without it a step back would go unnoticed. If you know that the refs are where they"
            f" should be, remove {self.path}, and record them anew: nixauth hook install",
        )


def _document(accepted: Mapping[str, Accepted]) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "accepted": {
            ref: {
                name: commit.hex()
                for name, commit in zip(
                    _FIELDS, (one.commit, one.floor, one.instead_of), strict=True
                )
                if commit is not None
            }
            for ref, one in accepted.items()
        },
    }


def _read(document: Any) -> dict[str, Accepted]:
    if document["schema"] != _SCHEMA or set(document) != {"schema", "accepted"}:
        raise ValueError("it is not of a form that this version reads")
    found = {}
    if not isinstance(document["accepted"], dict):
        raise ValueError("what was accepted is not listed by ref")  # noqa: TRY004 - as all faults
    for ref, one in document["accepted"].items():
        if not isinstance(one, dict) or not {"commit", "floor"} <= set(one) <= set(_FIELDS):
            raise ValueError(f"{ref!r} has other fields than {', '.join(_FIELDS)}")
        found[ref] = Accepted(*(_object_id(one[name]) for name in _FIELDS if name in one))
    return found


def _object_id(text: Any) -> ObjectId:
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is no object id")
    return ObjectId(bytes.fromhex(text))
