"""Runs commands in fresh processes and tells what each took."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import IO, Any, Self

from tests.benchmarks.floor import Times
from tests.benchmarks.subjects import Subject

ROOT = Path(__file__).parents[2]
_POLL = 0.01


@dataclass(frozen=True)
class Cost:
    """Of a process and those that it waited for: seconds, and MB (10^6 octets) of the largest.

    `anonymous` leaves out what is mapped from files, above all the packs; 0 where the system does
    not say.
    """

    wall: float
    cpu: float
    memory: float
    anonymous: float

    @classmethod
    def middle(cls, costs: Sequence[Cost]) -> Cost:
        """Return the medians."""
        names = [field.name for field in fields(cls)]
        return cls(*(median(getattr(cost, name) for cost in costs) for name in names))


class BenchmarkError(Exception):
    """Something that is measured did not do its work."""


def run(command: Sequence[str], cache: Path | None = None, *, expected: int = 0) -> Cost:
    """Run Python with these arguments; raises BenchmarkError unless it exits as expected."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = _start(command, cache, stdout=output, stderr=subprocess.STDOUT)
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        watch.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expected:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise BenchmarkError(f"{' '.join(command)}\nexit code {process.returncode}\n{said}")
    # Linux counts what this process held at the fork into ru_maxrss: its own figures are better.
    most = watch.most.get("VmHWM", 0) or usage.ru_maxrss
    anonymous = watch.most.get("anonymous", 0)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, most * 1024 / 1e6, anonymous * 1024 / 1e6)


def nixauth(*arguments: str) -> list[str]:
    """Return the arguments that make Python the real command line."""
    return ["-m", "nixauth", *arguments]


def ask(subject: Subject, cache: Path) -> dict[str, Any]:
    """Ask once, unmeasured, and return the document; raises BenchmarkError unless authentic."""
    command = nixauth(*subject.arguments(), "--format", "json", "--stats")
    process = _start(command, cache, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    if process.returncode != 0:
        raise BenchmarkError(f"{subject.name} is not authentic:\n{(out + err).decode()}")
    document: dict[str, Any] = json.loads(out)
    return document


def _start(
    command: Sequence[str],
    cache: Path | None,
    **streams: int | IO[bytes],
) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(cache or ROOT / "nowhere"),
        "PYTHONPATH": str(ROOT),
    }
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        cwd=ROOT,
        **streams,  # type: ignore[arg-type]
    )


class _Watch:
    """Looks again and again how much memory a process and its children hold: `most`, in KiB."""

    def __init__(self, pid: int) -> None:
        self.most: dict[str, int] = {}
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_POLL):
            for pid in _family(self._pid):
                for name, size in _memory(pid).items():
                    self.most[name] = max(self.most.get(name, 0), size)


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _memory(pid: int) -> dict[str, int]:
    """Return what proc_pid_status(5) says of a process's memory, in KiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    found = {
        name: int(rest.split()[0])
        for name, _, rest in (line.partition(":") for line in lines)
        if name in {"VmHWM", "RssAnon", "RssShmem"}
    }
    return found | {"anonymous": found.get("RssAnon", 0) + found.get("RssShmem", 0)}


class FloorWorker:
    """The floor in a process of its own, prepared once."""

    def __init__(self, subject: Subject) -> None:
        command = ["-m", "tests.benchmarks.floor", str(subject.repository)]
        command += [subject.introduction, subject.target, *subject.keyring]
        self._process = _start(command, None, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.libraries: dict[str, str] = self._answer()

    def run(self) -> Times:
        """Do the work once."""
        if self._process.stdin is None:
            raise BenchmarkError("the floor has no input")
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return Times(**self._answer())

    def _answer(self) -> Any:
        if self._process.stdout is None:
            raise BenchmarkError("the floor has no output")
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError("the floor could not be measured")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()


Work = Callable[[], Cost]
"""One measured run, everything around it put in order first."""
