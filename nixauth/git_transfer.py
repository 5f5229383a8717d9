"""git as a program that talks to a server, which may be slow, silent, or of bad will.

git and what it starts are a process group of their own: nothing of it goes on when nixauth gives
up, is interrupted or ended. Whoever kills nixauth outright (SIGKILL) leaves git to end by itself.
What a git that ends by itself leaves running, as a cache of passwords, is left to run.
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, Self

from nixauth.display import printable
from nixauth.errors import FetchError
from nixauth.git_program import environment

_LAST_LINES, _LONGEST = 4, 400
_PIECE = 64 * 1024
_MOST = 16 * 1024 * 1024
"""Bytes that git prints: some refs and where they are."""
_MOMENT, _GRACE, _REST = 0.5, 3.0, 2.0
"""Seconds between looks at the clock, for git to tidy up, and for its last words."""
_SURROUNDINGS = {
    # Nobody is asked for a password by a command that may run unattended: helpers and agents are.
    "GIT_TERMINAL_PROMPT": "0",
    # A server that keeps something back must not have git ask for it, again and again.
    "GIT_NO_LAZY_FETCH": "1",
    # What is read of what git says is English, and what it makes is of the one kind that is read.
    "LC_ALL": "C",
    "GIT_DEFAULT_HASH": "sha1",
    "GIT_DEFAULT_REF_FORMAT": "files",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: at most `silence` seconds for a word, and until a time of the clock.

    `until` is a value of `time.monotonic()`.
    """

    silence: float = math.inf
    until: float = math.inf


_HINT = "Nothing was changed. See whether the server can be reached, and try again."


class _GivenUpError(Exception):
    """The other side took too long, or too much."""


class _StoppedError(BaseException):
    """A signal came that ends this process, once git has ended."""


def transfer(
    directory: Path,
    arguments: Sequence[str],
    *,
    given: bytes = b"",
    settings: Mapping[str, str],
    repository: Path | None = None,
    show: Callable[[str], None] | None = None,
    patience: Patience | None = None,
) -> bytes:
    """Run a git command that talks to a server, and return what it prints on standard output.

    `given` is its standard input, `settings` are git's (`-c`). What git and the server say goes to
    `show`, made printable, as it comes. Raises FetchError with the last of it.
    """
    given_settings = [
        word for name, value in settings.items() for word in ("-c", f"{name}={value}")
    ]
    surroundings = environment() | _SURROUNDINGS
    if repository is not None:
        surroundings["GIT_DIR"] = str(repository)
    command = ["git", *given_settings, *arguments]
    with _Signals() as signals, _started(command, directory, surroundings) as process:
        talk = _Talk(process, given, show, patience or Patience())
        try:
            signals.end_with(process)
            talk.hold()
        except _GivenUpError as error:
            _end(process)
            raise FetchError(f"git {arguments[0]} was ended: {error}", _HINT) from error
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        reason = "; ".join(talk.said) or f"exit code {process.returncode}"
        raise FetchError(f"git {arguments[0]} failed: {reason}", _HINT)
    return bytes(talk.out)


def _started(
    command: Sequence[str], directory: Path, surroundings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - a list, and no shell
            command,
            cwd=directory,
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise FetchError(
            f"git cannot be run: {error.strerror or error}", "Install git 2.39.4 or later."
        ) from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever still runs of a process group: first so that it may put its drafts away."""
    try:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    finally:  # whoever cannot wait for it interrupts once more
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)


class _Signals:
    """Has signals that end this process end the other's group first, from its first moment on.

    A handler that somebody else has is called once the process is known, so that what it raises
    ends that as well; a signal that is ignored stays so.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._came: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                handler = signal.getsignal(number)
                if handler is signal.SIG_DFL or callable(handler):
                    self._before[number] = handler
                    signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        for number in self._came:
            os.kill(os.getpid(), number)

    def end_with(self, process: subprocess.Popen[bytes]) -> None:
        """Name the process, once it runs; raises what handlers raise of what came meanwhile."""
        self._process = process
        came, self._came = self._came, []
        for number in came:
            self._take(number, None)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._process is None:
            self._came.append(number)
            return
        handler = self._before[number]
        if callable(handler) and handler is not signal.SIG_DFL:
            handler(number, frame)
            return
        self._came.append(number)
        raise _StoppedError


class _Talk:
    """Feeds a process and reads both its outputs at once, with an eye on the clock.

    `out` is what it printed, `said` are the last lines of what it had to say.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        given: bytes,
        show: Callable[[str], None] | None,
        patience: Patience,
    ) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a process with three pipes is needed")
        self._process, self._left, self._show, self._patience = process, given, show, patience
        self._stdin, self._stdout, self._stderr = process.stdin, process.stdout, process.stderr
        self.out = bytearray()
        self.said: list[str] = []
        self._line = b""

    def hold(self) -> None:
        """Talk until the process has nothing more to say; raises _GivenUpError."""
        heard = time.monotonic()
        with selectors.DefaultSelector() as pipes:
            for pipe, what in (
                (self._stdin, selectors.EVENT_WRITE),
                (self._stdout, selectors.EVENT_READ),
                (self._stderr, selectors.EVENT_READ),
            ):
                os.set_blocking(pipe.fileno(), False)
                pipes.register(pipe, what)
            ended: float | None = None
            while pipes.get_map():
                # First whether it has ended, then what there is to read: no last word is missed.
                if ended is None and self._process.poll() is not None:
                    ended = time.monotonic()
                ready = pipes.select(_MOMENT if ended is None else 0)
                if ended is not None and (not ready or time.monotonic() > ended + _REST):
                    break  # a helper that outlived it may hold the pipes open, and talk on
                for key, _ in ready:
                    if not self._use(key.fileobj):  # type: ignore[arg-type]
                        pipes.unregister(key.fileobj)
                        key.fileobj.close()  # type: ignore[union-attr]
                now = time.monotonic()
                heard = now if ready else heard
                self._look_at_clock(now, heard)
        self._hear(b"\n")
        self._wait()

    def _wait(self) -> None:
        """Wait for the end of a process that has closed its outputs; raises _GivenUpError."""
        heard = time.monotonic()
        while self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_MOMENT)
            self._look_at_clock(time.monotonic(), heard)

    def _look_at_clock(self, now: float, heard: float) -> None:
        if now > self._patience.until:
            raise _GivenUpError("the time for it was up")
        if now - heard > self._patience.silence:
            raise _GivenUpError(f"nothing was heard for {self._patience.silence:.0f} seconds")

    def _use(self, pipe: IO[bytes]) -> bool:
        """Write to a pipe, or read from it, what there is; say whether it goes on."""
        if pipe is self._stdin:
            try:
                self._left = self._left[os.write(pipe.fileno(), self._left[:_PIECE]) :]
            except BlockingIOError:
                return True
            except OSError:
                return False  # it may be gone already; its exit code says why
            return bool(self._left)
        piece = os.read(pipe.fileno(), _PIECE)
        if pipe is self._stdout:
            self.out += piece
            if len(self.out) > _MOST:
                raise _GivenUpError("it printed more than is asked for")
        else:
            self._hear(piece)
        return bool(piece)

    def _hear(self, piece: bytes) -> None:
        """Take what is said line by line; progress comes with carriage returns."""
        start = 0
        for at, octet in enumerate(piece):
            if octet in b"\r\n":
                self._tell(self._line + piece[start:at], chr(octet))
                self._line, start = b"", at + 1
        self._line = (self._line + piece[start:])[:_LONGEST]

    def _tell(self, line: bytes, end: str) -> None:
        text = printable(line[:_LONGEST].strip(), _LONGEST)
        if text and end == "\n":
            self.said = [*self.said, text][-_LAST_LINES:]
        if text and self._show is not None:
            self._show(text + end)
