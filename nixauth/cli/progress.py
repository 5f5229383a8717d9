"""A progress bar on standard error, on a terminal only, and only for work that takes a while."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 0.7
"""Seconds before anything is shown."""
_INTERVAL = 0.1
"""Seconds between two updates."""
_WORDS = {"discover": "1 of 2: finding commits", "judge": "2 of 2: judging commits"}


class Meter:
    """Shows how far the work is, at what rate, and how long the rest will take."""

    def __init__(self, *, quiet: bool) -> None:
        self._silent = quiet or not sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._what = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, what: str, done: int, everything: int) -> None:
        """Take note of progress; shows at most ten updates a second."""
        if self._silent:
            return
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        self._show(what, done, everything)

    def _show(self, what: str, done: int, everything: int) -> None:
        if self._progress is None:
            self._progress = _bar()
            self._progress.start()
        if self._task is None or what != self._what:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._what = what
            self._task = self._progress.add_task(_WORDS.get(what, what), total=everything or None)
        self._progress.update(self._task, completed=done, total=everything or None, refresh=True)


def _bar() -> Progress:
    from rich.console import Console  # noqa: PLC0415 - loaded for long work only
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text  # noqa: PLC0415

    class _Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:,.0f}/s")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,  # no thread of its own: processes may be forked yet
        transient=True,
    )
