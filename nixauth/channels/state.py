"""The last pin of each channel, durable, and apart from every cache."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from nixauth.channels.values import Pin
from nixauth.durable import replace
from nixauth.errors import DamagedRecordError, UnwritableRecordError
from nixauth.model import ObjectId

_SCHEMA = 1
_ID = re.compile(r"[0-9a-f]{40}")
_SRI = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")
_LARGEST = 1024 * 1024


class State:
    """The file that holds the last pin of one channel, by branch."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self, branch: str) -> Pin | None:
        """Return the last pin of a branch; raises DamagedRecordError."""
        return self._read().get(branch)

    def record(self, pin: Pin) -> None:
        """Have a pin be the last one of its branch, on the disk.

        Raises DamagedRecordError, UnwritableRecordError.
        """
        pins = {**self._read(), pin.branch: pin}
        document = {
            "schema": _SCHEMA,
            "pins": {name: written(one) for name, one in pins.items()},
        }
        text = json.dumps(document, indent=1, sort_keys=True)
        try:
            replace(self.path, f"{text}\n".encode("ascii"), 0o600)
        except OSError as error:
            raise UnwritableRecordError(
                f"the pin cannot be recorded in {self.path}: {error.strerror or error}",
                "Nothing was changed: the last pin stays. Is the disk full?",
            ) from error

    def _read(self) -> dict[str, Pin]:
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
            document = json.loads(content)
            return _pins(document)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self._damaged(str(error) or type(error).__name__) from error

    def _damaged(self, why: str) -> DamagedRecordError:
        return DamagedRecordError(
            f"the last pin cannot be read from {self.path}: {why}",
            "Without it a step back would go unnoticed. If you know which commit you have, remove"
            " the file, and compare with what the next update finds.",
        )


def written(pin: Pin) -> dict[str, Any]:
    """Return a pin as a document for a machine; docs/channels.md has the fields."""
    return {
        "channel": pin.channel,
        "url": pin.url,
        "branch": pin.branch,
        "rev": pin.commit.hex(),
        "tree": pin.tree.hex(),
        "narHash": pin.nar_hash,
        "archivedNarHash": pin.archived_hash,
        "lastModified": pin.last_modified,
    }


def _pins(document: Any) -> dict[str, Pin]:
    if document["schema"] != _SCHEMA:
        raise ValueError("it is not of a form that this version reads")
    return {name: _pin(name, one) for name, one in document["pins"].items()}


def _pin(branch: str, one: Any) -> Pin:
    archived = one["archivedNarHash"]
    if one["branch"] != branch or not isinstance(one["lastModified"], int):
        raise ValueError(f"the pin of {branch!r} does not fit together")
    return Pin(
        _text(one["channel"]),
        _text(one["url"]),
        branch,
        _object_id(one["rev"]),
        _object_id(one["tree"]),
        _hash(one["narHash"]),
        _hash(archived) if archived is not None else None,
        one["lastModified"],
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _object_id(value: Any) -> ObjectId:
    if not _ID.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no object id")
    return ObjectId(bytes.fromhex(value))


def _hash(value: Any) -> str:
    if not _SRI.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no SHA-256 in SRI form")
    return str(value)
