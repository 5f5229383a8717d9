"""`python -m tests.benchmarks.nar`: our hash of a tree beside `git archive | tar x; nix hash path`.

Ours runs in a fresh process, its start counted, and verifies each object; git and Nix write the
tree to disk and read it again. Both take turns in one run; figures are medians.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.nar_trees import clean, git
from tests.support.nix import Nix, nix_home

_OURS = """
import resource, sys
from pathlib import Path
from nixauth import Repository
from nixauth.nar import nar_hash
repository = Repository.open(Path(sys.argv[1]))
found = nar_hash(repository, repository.resolve(sys.argv[2]))
print(found.plain.sri, found.as_archived().sri)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
GOAL = 1.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, and return 1 where the goal is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.nar", description=__doc__)
    parser.add_argument("--files", type=int, default=50_000, metavar="N")
    parser.add_argument("--megabytes", type=int, default=400, metavar="N")
    parser.add_argument("--commits", type=int, default=3, metavar="N", help="packed as deltas")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--repository", type=Path, metavar="DIR", help="another than a made one")
    parser.add_argument("--target", default="refs/heads/master", metavar="REV")
    parser.add_argument("--no-goal", action="store_true", help="measure only")
    options = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="nixauth-nar-benchmark-") as folder, nix_home() as nix:
        where = options.repository or make(
            Path(folder) / "it.git", options.files, options.megabytes * 10**6, options.commits
        )
        ratio = _measure(where, options.target, options.repeat, Path(folder), nix)
    return 0 if options.no_goal or ratio <= GOAL else 1


def make(where: Path, files: int, size: int, commits: int) -> Path:
    """Make a repository whose files change in part from commit to commit; returns where."""
    command = ["git", "init", "--quiet", "--bare", "--initial-branch=master", str(where)]
    subprocess.run(command, env=clean(), check=True)
    command = ["git", "-C", str(where), "fast-import", "--quiet"]
    with subprocess.Popen(command, env=clean(), stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for piece in _stream(files, size, commits):
            process.stdin.write(piece)
    assert process.returncode == 0
    git(where, "repack", "-a", "-d", "-f", "-q", "--window=5", "--depth=50")
    return where


def _stream(files: int, size: int, commits: int) -> Iterator[bytes]:
    """Yield input of git fast-import: text of words, sizes as in sources, most of them small."""
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(5000)]
    text = " ".join(chance.choices(words, k=4_000_000)).encode()
    average = size // files
    for commit in range(commits):
        yield b"commit refs/heads/master\ncommitter A <a@example.org> 1700000000 +0000\n"
        yield b"data 1\nx\n"
        for number in range(files):
            if commit and chance.random() > 0.1:
                continue
            one = random.Random(number)
            length = min(int(one.expovariate(1 / average)), 20 * average)
            start = one.randrange(len(text) - length)
            content = b"version %d\n" % commit + text[start : start + length]
            path = f"d{number // 1000}/e{number // 40 % 25}/f{number}.txt"
            yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


Times = tuple[float, float]
"""Seconds of wall time, and of processor time of all processes that were started."""


def _timed(call: Callable[[], object]) -> Times:
    before, begun = time.perf_counter(), _processor()
    call()
    return time.perf_counter() - before, _processor() - begun


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(where: Path, target: str, repeat: int, folder: Path, nix: Nix) -> float:
    out = folder / "out"
    said: list[str] = []
    rows: dict[str, list[Times]] = {"git archive | tar x": [], "nix hash path": [], "ours": []}

    def unpack() -> None:
        out.mkdir()
        archive = ["git", "-C", str(where), "archive", target]
        with subprocess.Popen(archive, env=clean(), stdout=subprocess.PIPE) as process:
            subprocess.run(["tar", "-x", "-C", str(out)], stdin=process.stdout, check=True)

    def ours() -> None:
        command = [sys.executable, "-c", _OURS, str(where), target]
        said[:] = subprocess.check_output(command, text=True).split()

    for _ in range(repeat):
        rows["git archive | tar x"].append(_timed(unpack))
        theirs: list[str] = []
        rows["nix hash path"].append(_timed(lambda: theirs.append(nix.hash_path(out))))  # noqa: B023
        subprocess.run(["rm", "-rf", str(out)], check=True)
        rows["ours"].append(_timed(ours))
        assert said[1] == theirs[0], "another hash"
    return _print(rows, int(said[2]), same=said[0] == said[1])


def _print(rows: dict[str, list[Times]], kilobytes: int, *, same: bool) -> float:
    print("| what | wall s | CPU s | wall s, each run |\n| --- | ---: | ---: | --- |")
    medians: dict[str, list[float]] = {}
    for name, row in rows.items():
        medians[name] = [statistics.median(one[which] for one in row) for which in (0, 1)]
        wall, cpu = medians[name]
        each = ", ".join(f"{one[0]:.2f}" for one in row)
        print(f"| {name.replace('|', 'and')} | {wall:.2f} | {cpu:.2f} | {each} |")
    wall, cpu = (
        medians["ours"][which]
        / (medians["git archive | tar x"][which] + medians["nix hash path"][which])
        for which in (0, 1)
    )
    kind = "plain" if same else "plain and archived"
    print(f"\nours ({kind}) ÷ the other two: wall {wall:.2f}, CPU {cpu:.2f}; goal: wall {GOAL}")
    print(f"largest process of ours: {kilobytes // 1024} MB")
    return wall


if __name__ == "__main__":
    sys.exit(main())
