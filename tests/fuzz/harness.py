"""What the fuzzers of all readers share: the time allowed, findings, mutations, the process.

Each reader has a module of its own with

    seeds()             inputs to begin with
    DICTIONARY          the format's tokens
    check(data)         hand any bytes to the reader; what it raises is a finding, and so is time
    compare(data)       compare with something slower, which is done with one input in ONE_IN
    mutate(data, rng)   change an input as somebody would who knows the format

None of that needs atheris, so that ordinary tests replay what was found. `python -m
tests.fuzz.harness READER FINDINGS …` is the process that fuzzes; see `__main__`.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import random
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[2]
REGRESSIONS = Path(__file__).with_name("regressions")

READERS = {
    "commit-object": ("tests.fuzz.fuzz_commit_object", ("nixauth",)),
    "openpgp": ("tests.fuzz.fuzz_openpgp", ("nixauth",)),
    "ssh": ("tests.fuzz.fuzz_ssh", ("nixauth",)),
    "authorizations": ("tests.fuzz.fuzz_authorizations", ("nixauth", "yaml")),
}
"""The module of each reader, and the packages whose branches guide the fuzzer."""


class Reader(Protocol):
    """A module for one reader."""

    DICTIONARY: Sequence[bytes]
    ONE_IN: int

    def seeds(self) -> Iterable[bytes]: ...

    def check(self, data: bytes) -> None: ...

    def compare(self, data: bytes) -> None: ...

    def mutate(self, data: bytes, rng: random.Random) -> bytes: ...


def load(name: str) -> Reader:
    """Import the module of a reader."""
    return importlib.import_module(READERS[name][0])  # type: ignore[return-value]


def regressions(name: str) -> list[Path]:
    """The inputs that were findings once."""
    return sorted((REGRESSIONS / name).glob("*.bin"))


# --- Time ---


class Allowance:
    """How much of the processor's time an input may take: so much, and so much an octet.

    Measured in loops of 20,000 empty turns on this machine. A first excess is measured again.
    """

    def __init__(self, fixed: float = 150, each: float = 0.2) -> None:
        self._fixed, self._each = fixed, each
        self._turn = min(self._loop() for _ in range(20))

    @staticmethod
    def _loop() -> float:
        begun = time.thread_time()
        for _ in range(20_000):
            pass
        return time.thread_time() - begun

    def of(self, size: int) -> float:
        """Seconds for an input of so many octets."""
        return self._turn * (self._fixed + self._each * size)

    def watch(self, check: Callable[[bytes], None], data: bytes) -> None:
        """Check an input; raise TooSlowError when it takes too long three times."""
        allowed = self.of(len(data))
        for _ in range(4):
            begun = time.thread_time()
            check(data)
            taken = time.thread_time() - begun
            if taken <= allowed:
                return
        raise TooSlowError(f"{taken:.3f} s for {len(data)} octets; {allowed:.3f} s are allowed")


class TooSlowError(Exception):
    """An input takes more time than its length allows."""


# --- Findings ---


class Findings:
    """Keeps one input for each place where something was raised."""

    MOST = 20

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, data: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = "".join(f"{type(error).__name__}{frame.filename}{frame.lineno}" for frame in frames)
        if place in self._seen or len(self._seen) >= self.MOST:
            return
        self._seen.add(place)
        name = self._folder / hashlib.sha256(data).hexdigest()[:16]
        name.with_suffix(".bin").write_bytes(data)
        name.with_suffix(".txt").write_text("".join(traceback.format_exception(error)))


# --- Mutations that know nothing of the format ---


def pick_slice(data: bytes, rng: random.Random, longest: int = 64) -> tuple[int, int]:
    """Return start and end of some part of the data."""
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((0, 1, 1, 2, 4, 8, rng.randrange(longest))))


def stretch(data: bytes, rng: random.Random, most: int = 4096) -> bytes:
    """Repeat a part many times: what takes more than linear time shows in such inputs."""
    start, end = pick_slice(data, rng)
    part = data[start:end] or b"\n"
    times = rng.randrange(1, 2 + most // len(part))
    return data[:start] + part * times + data[end:]


def splice(data: bytes, rng: random.Random, pieces: Sequence[bytes]) -> bytes:
    """Put a token, a part of the same input, or nothing in the place of some part."""
    start, end = pick_slice(data, rng, 24)
    again, stop = pick_slice(data, rng)
    put = rng.choice(
        (rng.choice(pieces), data[again:stop], b"", rng.randbytes(rng.randrange(1, 5)))
    )
    return data[:start] + put + data[end:]


# --- The process that fuzzes ---


def main(arguments: Sequence[str]) -> None:
    """Fuzz one reader until libFuzzer's own limits end the process."""
    name, folder, *rest = arguments
    import atheris  # noqa: PLC0415 - not to be had everywhere

    module, packages = READERS[name]
    with atheris.instrument_imports(include=list(packages)):
        for package in ("nixauth.signatures", "nixauth.authorizations"):
            # All of them, for some are imported only when they are needed.
            for found in pkgutil.walk_packages(
                importlib.import_module(package).__path__, f"{package}."
            ):
                importlib.import_module(found.name)
        reader: Reader = importlib.import_module(module)  # type: ignore[assignment]

    def default(data: bytes, most: int) -> bytes:
        changed: bytes = atheris.Mutate(data, most)  # another function once Fuzz() was called
        return changed

    examine = examiner(reader, Findings(Path(folder)))
    atheris.Setup([name, *rest], examine, custom_mutator=mutator(reader, default))
    atheris.Fuzz()


def examiner(reader: Reader, findings: Findings) -> Callable[[bytes], None]:
    """Return what is done with each input."""
    allowance = Allowance()

    def examine(data: bytes) -> None:
        try:
            allowance.watch(reader.check, data)
            if zlib.crc32(data) % reader.ONE_IN == 0:
                reader.compare(data)
        except Exception as error:  # noqa: BLE001 - that is the question
            findings.keep(data, error)

    return examine


def mutator(
    reader: Reader, default: Callable[[bytes, int], bytes]
) -> Callable[[bytes, int, int], bytes]:
    """Return what makes a new input: the reader's own way, or the fuzzer's."""

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return default(data, most)
        changed = data
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            changed = reader.mutate(changed, rng)
        return changed[:most]

    return mutate


if __name__ == "__main__":
    main(sys.argv[1:])
