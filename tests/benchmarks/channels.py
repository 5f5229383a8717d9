"""`python -m tests.benchmarks.channels`: an update of a channel that ends in nothing new.

Beside it, in turns, `git ls-remote` of the same server, which is part of it, and Python's own
start. The server is on the same machine. Figures are medians of one run.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import ROOT, BenchmarkError
from tests.support import openpgp
from tests.unit.cli.places import Maker, certificates

GOAL = 0.6
_MAIN = "refs/heads/main"
Times = tuple[float, float]


class Followed:
    """A server, and a channel that is at its tip."""

    def __init__(self, commits: int, folder: Path) -> None:
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self._folder = folder
        server = folder / "server.git"
        maker = Maker()
        chain = maker.chain(commits)
        keys = maker.keyring(certificates("alice", "bob"))
        maker.write(server, {_MAIN: chain[-1], "refs/heads/keyring": keys})
        self.measure("git", "-C", str(server), "gc", "-q")
        self.measure("git", "-C", str(server), "config", "uploadpack.allowFilter", "true")
        self.url = f"file://{server}"
        words = ["--url", self.url, "--branch", "main", "--introduction", chain[0].hex()]
        words += ["--signer", openpgp.key("alice").fingerprint]
        nixauth = [sys.executable, "-m", "nixauth"]
        self.update = [*nixauth, "channel", "update", "it"]
        self.ask = ["git", "ls-remote", self.url, _MAIN, "refs/heads/keyring"]
        self.start = [sys.executable, "-c", ""]
        self.measure(*nixauth, "channel", "add", "it", *words)
        self.measure(*self.update)
        self.measure(*self.update)

    def measure(self, *command: str) -> Times:
        """Run a command; return the seconds that passed, and those of processors."""
        begun, used = time.perf_counter(), _processor()
        done = subprocess.run(
            command, env=self._environment, cwd=self._folder, capture_output=True, check=False
        )
        if done.returncode:
            raise BenchmarkError(f"{' '.join(command)}\n{done.stderr.decode(errors='replace')}")
        return time.perf_counter() - begun, _processor() - used


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.channels",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--commits", type=int, default=20_000, metavar="N", help="default: 20000")
    parser.add_argument("--repeat", type=int, default=11, metavar="N", help="default: 11")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nixauth-benchmark-") as name:
        try:
            channel = Followed(options.commits, Path(name))
            commands = {
                "channel update": channel.update,
                "git ls-remote": channel.ask,
                "Python": channel.start,
            }
            rows: dict[str, list[Times]] = {what: [] for what in commands}
            for _ in range(options.repeat):
                for what, command in commands.items():
                    rows[what].append(channel.measure(*command))
        except BenchmarkError as error:
            print(error, file=sys.stderr)
            return 1
    print(f"nothing new, {options.commits:,} commits, {options.repeat} times in turns\n")
    print("| what | wall s | CPU s |\n| --- | ---: | ---: |")
    for what, times in rows.items():
        wall, processor = (median(each) for each in zip(*times, strict=True))
        print(f"| {what} | {wall:.2f} | {processor:.2f} |")
    wall = median(one for one, _ in rows["channel update"])
    print(f"\ngoal {GOAL:.2f} s: {'met' if wall <= GOAL else f'over by {wall - GOAL:.2f}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
