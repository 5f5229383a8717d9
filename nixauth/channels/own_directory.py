"""A channel's own directory: nobody else may write there, and one at a time works in it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from nixauth.channels.places import require_own_directory
from nixauth.durable import locked
from nixauth.errors import UnwritableRecordError

_OURS = 3
"""nixauth/channels/NAME: what lies above is the person's."""
WAIT = 600.0
"""Seconds to wait for another one that works on the channel."""


_held = threading.local()
"""The directories in which this thread works already."""


@contextlib.contextmanager
def alone(directory: Path, waits: Callable[[], None] | None = None) -> Iterator[None]:
    """Keep others from working on the channel; the directory is made if need be.

    `waits` is called once when it takes more than a moment. Who works there already may ask again.
    Raises UsageError where somebody else could change what is there, UnwritableRecordError.
    """
    held: set[Path] = _held.__dict__.setdefault("directories", set())
    if directory in held:
        yield
        return
    with _locked(directory, waits):
        held.add(directory)
        try:
            yield
        except OSError as error:
            raise _unwritable(directory, error) from error
        finally:
            held.discard(directory)


@contextlib.contextmanager
def _locked(directory: Path, waits: Callable[[], None] | None) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            for place in (*reversed(directory.parents), directory):
                place.mkdir(mode=0o700, exist_ok=True)  # whatever the umask: nobody else's
            for place in [directory, *directory.parents][:_OURS]:
                require_own_directory(place)
            stack.enter_context(locked(directory / "lock", WAIT, waits))
        except TimeoutError as error:
            raise UnwritableRecordError(
                f"another nixauth has been working in {directory} for {WAIT:.0f} seconds",
                "Nothing was changed. See what it waits for, or try again later.",
            ) from error
        except OSError as error:
            raise _unwritable(directory, error) from error
        yield


def _unwritable(directory: Path, error: OSError) -> UnwritableRecordError:
    return UnwritableRecordError(
        f"{directory} cannot be written: {error.strerror or error}",
        "Nothing was changed: the last pin stays. Is the disk full?",
    )
