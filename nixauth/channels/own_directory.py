"""A channel's own directory: nobody else may write there, and one at a time works in it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from nixauth.channels.places import require_own_directory
from nixauth.durable import locked
from nixauth.errors import UnwritableRecordError

_OURS = 3
"""nixauth/channels/NAME: what lies above is the person's."""
WAIT = 600.0
"""Seconds to wait for another one that works on the channel."""


@contextlib.contextmanager
def alone(directory: Path, waits: Callable[[], None] | None = None) -> Iterator[None]:
    """Keep others from working on the channel; the directory is made if need be.

    `waits` is called once when it takes more than a moment. Raises UsageError where somebody else
    could change what is there, UnwritableRecordError.
    """
    try:
        for place in (*reversed(directory.parents), directory):
            place.mkdir(mode=0o700, exist_ok=True)  # whatever the umask: nobody else's to write
        for place in [directory, *directory.parents][:_OURS]:
            require_own_directory(place)
        with locked(directory / "lock", WAIT, waits):
            yield
    except TimeoutError as error:
        raise UnwritableRecordError(
            f"another nixauth has been working in {directory} for {WAIT:.0f} seconds",
            "Nothing was changed. See what it waits for, or try again later.",
        ) from error
    except OSError as error:
        raise UnwritableRecordError(
            f"{directory} cannot be written: {error.strerror or error}",
            "Nothing was changed: the last pin stays. Is the disk full?",
        ) from error
