"""Worker processes: questions out, answers in, over a pair of pipes each.

Neither shared memory nor semaphores are needed. A worker that is lost takes nothing with it but
its answers: whoever asked still has the questions.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import queue
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_DEPTH = 2
"""Questions that a worker has at once: one that it works on, and the next."""
_PIPE = 1024 * 1024
"""Bytes: as many as Linux gives to anybody."""
_PATIENCE = 2.0
"""Seconds that a worker has to end by itself."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_UNFIT = (
    OSError,  # no more processes or pipes
    ImportError,  # a Python without them
    RuntimeError,  # called by a script that could not be imported by another process
    AssertionError,  # called by a process that may have none of its own
    ValueError,
    AttributeError,  # something that cannot be pickled, by the older word for it
    TypeError,
)
"""What is raised where no other process can do the work."""

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class LostError(Exception):
    """A worker could not be started, or is gone; what was asked has to be asked elsewhere."""


class Workers(Generic[Asked, Told]):
    """`count` processes that each answer with `work(question)`, in the order they are asked.

    `work` and its answers have to survive pickling where processes cannot be forked. Every method
    but `close` raises LostError once a worker is lost.
    """

    def __init__(self, count: int, work: Callable[[Asked], Told]) -> None:
        self._to: list[Connection] = []
        self._from: list[Connection] = []
        self._processes: list[BaseProcess] = []
        self._waiting: list[list[int]] = [[] for _ in range(count)]
        """For each worker the tickets of what it was asked, oldest first."""
        try:
            with _no_signals():
                self._start(count, work)
        except _UNFIT as error:
            self.close()
            raise LostError(str(error) or type(error).__name__) from error

    def _start(self, count: int, work: Callable[[Asked], Told]) -> None:
        # One process needs none of these.
        from multiprocessing import get_context  # noqa: PLC0415
        from pickle import PicklingError  # noqa: PLC0415

        method = _start_method()
        context: Any = get_context(method)
        for _ in range(count):
            asked, asking = context.Pipe(duplex=False)
            told, telling = context.Pipe(duplex=False)
            _widen(asking)
            self._to.append(asking)
            self._from.append(told)
            inherited = [*self._to, *self._from] if method == "fork" else []
            process = context.Process(
                target=_serve, args=(asked, telling, inherited, work), daemon=True
            )
            try:
                process.start()
            except PicklingError as error:
                raise TypeError(str(error)) from error
            self._processes.append(process)
            asked.close()
            telling.close()

    def free(self) -> int | None:
        """Return the number of the worker that has the least to do; None where all have enough."""
        least = min(range(len(self._waiting)), key=lambda one: len(self._waiting[one]))
        return least if len(self._waiting[least]) < _DEPTH else None

    def ask(self, worker: int, ticket: int, question: Asked) -> None:
        """Hand a question to a worker that was free; `ticket` comes back with the answer."""
        try:
            self._to[worker].send(question)
        except (OSError, ValueError) as error:
            raise LostError(_how(self._processes[worker])) from error
        self._waiting[worker].append(ticket)

    def answers(self, *, patiently: bool) -> Sequence[tuple[int, Told]]:
        """Return what was answered since; where `patiently`, wait for at least one."""
        from multiprocessing.connection import wait  # noqa: PLC0415

        busy = {
            connection: worker
            for worker, connection in enumerate(self._from)
            if self._waiting[worker]
        }
        found: list[tuple[int, Told]] = []
        for ready in wait(list(busy), None if patiently else 0) if busy else []:
            worker = busy[ready]  # type: ignore[index]
            try:
                answer: Told = self._from[worker].recv()
            except (OSError, EOFError) as error:
                raise LostError(_how(self._processes[worker])) from error
            found.append((self._waiting[worker].pop(0), answer))
        return found

    def close(self) -> None:
        """End the workers, whatever they are at."""
        for connection in (*self._to, *self._from):
            connection.close()
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join(_PATIENCE)
        self._to, self._from, self._processes = [], [], []


def _start_method() -> str:
    """Return how processes start: a fork where that is safe, it costs next to nothing."""
    from multiprocessing import get_all_start_methods  # noqa: PLC0415

    forks = sys.platform == "linux" and threading.active_count() == 1
    return "fork" if forks and "fork" in get_all_start_methods() else "spawn"


@contextlib.contextmanager
def _no_signals() -> Iterator[None]:
    """Keep signals away until a worker has made up its mind about them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _how(process: BaseProcess) -> str:
    process.join(_PATIENCE)
    code = process.exitcode
    return f"a process ended with {code}" if code is not None else "a process does not answer"


def _widen(pipe: Connection) -> None:
    """Have a pipe take a few questions at once, or whoever asks waits until they are read."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)


def _serve(
    asked: Connection,
    telling: Connection,
    inherited: Sequence[Connection],
    work: Callable[[Any], Any],
) -> None:
    """Answer until nobody asks any more: what a worker does, and all that it does."""
    import queue  # noqa: PLC0415

    with contextlib.suppress(BaseException):  # whoever asked sees that nobody answers
        # An interrupt from the terminal goes to all processes; the one that asks deals with it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for other in inherited:  # the ends that the fork copied: they would hide that it is gone
            other.close()
        inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # Questions are taken as they come, or both sides could wait for each other to read.
        threading.Thread(target=_listen, args=(asked, inbox), daemon=True).start()
        while (question := inbox.get()) is not None:
            telling.send(work(question[0]))
        os._exit(0)
    os._exit(1)


def _listen(connection: Connection, inbox: queue.SimpleQueue[Any]) -> None:
    with contextlib.suppress(OSError, EOFError):
        while True:
            inbox.put((connection.recv(),))
    inbox.put(None)
