"""Measure what the follower's hook adds to a fetch of one commit.

Both are fetched in turns, in one run, from a server on the same machine; figures are medians.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import ROOT, BenchmarkError
from tests.benchmarks.subjects import git
from tests.support import openpgp
from tests.unit.cli.places import Maker, certificates

GOAL = 0.6
_MAIN, _TRACKING = "refs/heads/main", "refs/remotes/origin/main"
_UNCHECKED = ("-c", "core.hooksPath=/dev/null")


class Fetches:
    """A server, a clone with the hook that is one commit behind, and ways to fetch that one."""

    def __init__(self, commits: int, folder: Path) -> None:
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self._folder = folder
        self._server, self._clone = folder / "server.git", folder / "clone"
        maker = Maker()
        chain = maker.chain(commits)
        keys = maker.keyring(certificates("alice", "bob"))
        refs = {_MAIN: chain[-1], "refs/heads/keyring": keys}
        maker.write(self._server, refs)
        self._run("git", "-C", str(self._server), "gc", "-q")
        self._before, self._tip = chain[-2].hex(), chain[-1].hex()
        self._publish(self._before)
        url = f"file://{self._server}"
        self._run("git", "clone", "-q", "-n", "-b", "main", url, str(self._clone))
        self._nixauth("trust", chain[0].hex(), openpgp.key("alice").fingerprint)
        self._nixauth("hook", "install", "--remote-only")
        self._publish(self._tip)
        self._record = self._clone / ".git/nixauth/accepted.json"
        self._kept = folder / "kept"
        shutil.copytree(folder / ".cache", self._kept / "cache")
        shutil.copy(self._record, self._kept / "record")

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, env=self._environment, cwd=self._folder, capture_output=True, check=False
        )
        if done.returncode:
            raise BenchmarkError(f"{' '.join(command)}\n{done.stderr.decode(errors='replace')}")

    def _nixauth(self, *arguments: str) -> None:
        self._run(sys.executable, "-m", "nixauth", *arguments, "-C", str(self._clone))

    def _publish(self, commit: str) -> None:
        self._run("git", "-C", str(self._server), "update-ref", _MAIN, commit)

    def measure(self, *options: str) -> float:
        """Return the seconds of a fetch, everything put back as it was before."""
        git_of_clone = ("git", "-C", str(self._clone))
        self._run(*git_of_clone, *_UNCHECKED, "update-ref", _TRACKING, self._before)
        self._run(*git_of_clone, "reflog", "expire", "--expire=all", "--all")
        self._run(*git_of_clone, "-c", "gc.auto=0", "prune", "--expire=now")
        shutil.rmtree(self._folder / ".cache")
        shutil.copytree(self._kept / "cache", self._folder / ".cache")
        shutil.copy(self._kept / "record", self._record)
        start = time.perf_counter()
        self._run(*git_of_clone, *options, "-c", "gc.auto=0", "fetch", "-q")
        seconds = time.perf_counter() - start
        if git(self._clone / ".git", "rev-parse", _TRACKING).decode().strip() != self._tip:
            raise BenchmarkError("the fetch brought nothing")
        return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.hooks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--commits", type=int, default=2000, metavar="N", help="default: 2000")
    parser.add_argument("--repeat", type=int, default=11, metavar="N", help="default: 11")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nixauth-benchmark-") as name:
        folder = Path(name)
        try:
            fetches = Fetches(options.commits, folder)
            both = [
                (fetches.measure(*_UNCHECKED), fetches.measure()) for _ in range(options.repeat)
            ]
        except BenchmarkError as error:
            print(error, file=sys.stderr)
            return 1
    without, with_hook = (median(times) for times in zip(*both, strict=True))
    more = with_hook - without
    print(f"fetch of one commit, {options.commits:,} commits, {options.repeat} times in turns")
    print(f"without hook {without:.2f} s, with hook {with_hook:.2f} s: {more:.2f} s more")
    print(f"goal {GOAL:.2f} s: {'met' if more <= GOAL else f'over by {more - GOAL:.2f}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
