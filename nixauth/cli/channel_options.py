"""What the commands about channels share: options made into channels and commits."""

from __future__ import annotations

import re
from pathlib import Path

from nixauth.channels import places
from nixauth.channels.rules import read_age
from nixauth.channels.values import Channel
from nixauth.cli.channel import files
from nixauth.errors import UsageError
from nixauth.model import ObjectId

_FULL_ID = re.compile(r"[0-9a-f]{40}")


def all_channels(config: Path | None) -> dict[str, Channel]:
    """Return the configured channels by name; raises UsageError."""
    found = places.configured(files(config=config))
    return {name: one.channel for name, one in found.items()}


def one_channel(name: str, config: Path | None) -> Channel:
    """Return the channel of a name; raises UsageError where there is none."""
    found = all_channels(config)
    if name not in found:
        raise UsageError(f"no channel {name!r} is configured", "nixauth channel list shows them.")
    return found[name]


def seconds(text: str | None) -> int | None:
    """Read a time such as `30m`; raises UsageError."""
    if text is None:
        return None
    found = read_age(text)
    if not isinstance(found, int) or not found:
        raise UsageError(
            f"--timeout: {text!r} is no time: a number and one of s, m, h, d, w, as in 30m"
        )
    return found


def full_revision(text: str) -> ObjectId:
    """Read a full commit id; raises UsageError for whatever else names a commit."""
    if not _FULL_ID.fullmatch(text.lower()):
        raise UsageError(
            f"a revision has to be a full commit id of 40 digits, not {text!r}",
            "A short id can be forged, and a name can be moved.",
        )
    return ObjectId(bytes.fromhex(text))
