"""What the commands share: exit codes, output, and options made into values."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import typer

from nixauth.display import printable
from nixauth.errors import NixauthError, UsageError
from nixauth.history.repository import Repository
from nixauth.model import Introduction, ObjectId, Verdict
from nixauth.trust import Trust, read_fingerprint

AUTHENTIC, REFUSED, USAGE, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130
CODES = {
    Verdict.AUTHENTIC: AUTHENTIC,
    Verdict.REFUSED: REFUSED,
    Verdict.UNDECIDED: UNDECIDED,
}

_BLOCK = 64 * 1024
"""Characters that are gathered before they are written."""

_FULL_ID = re.compile(r"[0-9a-f]{40}")

_Function = TypeVar("_Function", bound=Callable[..., None])


def guarded(function: _Function) -> _Function:
    """Turn what a command raises into a message of a few lines and the right exit code."""

    @functools.wraps(function)
    def run(*arguments: object, **options: object) -> None:
        try:
            with _terminable():
                function(*arguments, **options)
        except NixauthError as error:
            complain(error)
            raise typer.Exit(USAGE if isinstance(error, UsageError) else UNDECIDED) from None
        except KeyboardInterrupt:
            note("interrupted; what was done by then is kept")
            raise typer.Exit(INTERRUPTED) from None
        except _Terminated:
            # Whoever asks how the process ended is told the truth.
            os.kill(os.getpid(), signal.SIGTERM)
        except (OSError, MemoryError, RecursionError, EOFError) as error:
            # Fail closed on what the machine does to us; a defect of ours still shows itself.
            note(f"undecided: {printable(str(error) or type(error).__name__, 300)}")
            raise typer.Exit(UNDECIDED) from None

    return run  # type: ignore[return-value]


class _Terminated(BaseException):
    """Somebody wants the process to end."""


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Have SIGTERM end the command as an interrupt does: temporary files go, findings are kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise _Terminated


def complain(error: NixauthError) -> None:
    """Say on standard error what went wrong and what to do."""
    word = "usage" if isinstance(error, UsageError) else "undecided"
    kind = "" if isinstance(error, UsageError) else f" ({error.kind})"
    note(f"{word}: {printable(error.message, 500)}{kind}")
    if error.hint:
        note(f"  next: {printable(error.hint, 500)}")


def emit(text: str | Iterable[str]) -> None:
    """Write a text, or its pieces, to standard output.

    Whatever is shorter than a block is whole before the first byte of it is written: what cannot
    be rendered says no verdict. A reader that went away changes nothing else.
    """
    for block in [text] if isinstance(text, str) else _blocks(text):
        if not _write(block):
            return


def _blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Gather pieces, so that each block but the last has `_BLOCK` characters at least."""
    gathered: list[str] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield "".join(gathered)


def _write(block: str) -> bool:
    """Write to standard output; say whether anybody reads it."""
    try:
        sys.stdout.write(block)
        sys.stdout.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def note(line: str) -> None:
    """Write a line to standard error."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def wants_colour() -> bool:
    """Say whether standard output may be coloured (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and _terminal() != "dumb"


def _terminal() -> str:
    return os.environ.get("TERM", "")


_start = [Path()]


def start_in(directory: Path | None) -> None:
    """Take note of a `-C` before the command; one behind it is relative to that, as with git."""
    _start[0] = directory if directory is not None else Path()


def place(directory: Path | None) -> Path:
    """Return the directory of `-C`, or the current one."""
    return _start[0] / directory if directory is not None else _start[0]


def open_repository(directory: Path | None) -> Repository:
    """Open the repository of `-C`, or of the current directory."""
    return Repository.open(place(directory))


def read_introduction(
    repository: Repository, commit: str | None, signer: str | None, record: Trust | None = None
) -> Introduction:
    """Make an introduction of two options, or take the recorded one where neither is given.

    Raises UsageError in words that help, UndecidedError where the recorded one is not at hand.
    """
    if commit is None and signer is None and record is not None:
        from nixauth.recorded import refuse_absent  # noqa: PLC0415 - only what is needed is loaded

        refuse_absent(repository, record)
        return record.introduction
    if commit is None or signer is None:
        raise UsageError(
            "an introduction is needed: the commit that trust starts at, and its signer",
            "Give both as the maintainers publish them: --introduction COMMIT --signer FINGERPRINT;"
            " nixauth trust COMMIT FINGERPRINT records them for this repository.",
        )
    return Introduction(full_id(repository, commit), read_fingerprint(signer))


def full_id(repository: Repository, commit: str) -> ObjectId:
    """Read the full id of an introduction; raises UsageError for whatever else names a commit."""
    if _FULL_ID.fullmatch(commit.lower()):
        return ObjectId(bytes.fromhex(commit))
    message = f"the introduction has to be a full commit id of 40 digits, not {commit!r}"
    try:
        found = repository.resolve(commit).hex()
    except UsageError:
        raise UsageError(
            message,
            "A short id can be forged and a ref can be moved: take the full id from what"
            " the maintainers publish.",
        ) from None
    raise UsageError(
        message,
        f"Here it names {found}. A short id can be forged and a ref can be moved: compare that"
        " with what the maintainers publish, and give it in full.",
    )
