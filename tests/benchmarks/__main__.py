"""`python -m tests.benchmarks`: see --help."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import by_git, subjects, synthetic
from tests.benchmarks.measure import BenchmarkError
from tests.benchmarks.rows import Goals, Result, measure_all, table
from tests.benchmarks.subjects import Subject
from tests.benchmarks.synthetic import Wishes

_DESCRIPTION = """\
Measure `nixauth verify`, each run in a fresh process, and print a table.

Beside it stands the floor: the time that one process takes to read each commit and its root tree
once with pygit2 (hashes verified, no object cache) and to do the public-key mathematics of each
signature, prepared beforehand, with OpenSSL or, where it is faster here, libsodium (PyNaCl, if it
is installed). Start-up is left out of the floor and counted in ours. Every figure is a median;
floor and measured runs take turns, so compare within a table, not between two.
"""

_EXAMPLES = """\
examples:
  python -m tests.benchmarks --corpus guix-2020
  python -m tests.benchmarks --commits 20000
  python -m tests.benchmarks --commits 2000 --engines gnupg both --sample 500
  python -m tests.benchmarks --commits 1000000 --keys ed25519:90,rsa4096:10 --repeat 5
  python -m tests.benchmarks --commits 100000 --unsigned 10
  python -m tests.benchmarks --repository ~/src/channel --introduction ID --signer FINGERPRINT
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        subject = _subject(options, parser)
        result = measure_all(
            subject,
            repeat=options.repeat,
            new=options.new,
            jobs=options.jobs,
            say=_say,
            engines=options.engines,
        )
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    goals = Goals(
        options.goal_factor,
        options.goal_extra,
        options.goal_extra_processes,
        options.goal_nothing_new,
        options.goal_few_new,
        options.goal_audit,
        options.goal_audit_cold,
    )
    print(_heading(result))
    print(table(result, goals))
    if options.sample:
        _beside(subject, options.sample)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what is measured").add_mutually_exclusive_group(required=True)
    what.add_argument("--corpus", choices=sorted(subjects.KNOWN), help="a real history")
    what.add_argument("--commits", type=_positive, metavar="N", help="a synthetic history")
    what.add_argument("--repository", type=Path, metavar="DIR", help="any other repository")

    group = parser.add_argument_group("a real history")
    group.add_argument(
        "--tars",
        type=Path,
        default=subjects.CORPUS,
        metavar="DIR",
        help="where the tar files of --corpus are (default: %(default)s)",
    )
    group.add_argument("--introduction", metavar="COMMIT", help="of --repository, in full")
    group.add_argument("--signer", metavar="FINGERPRINT", help="of the introduction")
    group.add_argument("--target", default="HEAD", metavar="REV", help="default: HEAD")
    group.add_argument("--keyring", action="append", default=[], metavar="SOURCE")

    group = parser.add_argument_group("a synthetic history")
    group.add_argument(
        "--keys",
        type=_keys,
        default=Wishes(1).keys,
        metavar="KEY:SHARE,…",
        help="who signs: ed25519, rsa2048, rsa4096 (default: ed25519:75,rsa2048:20,rsa4096:5)",
    )
    group.add_argument(
        "--merges", type=_positive, default=20, metavar="N", help="one commit in about N is a merge"
    )
    group.add_argument(
        "--changes",
        type=_positive,
        default=500,
        metavar="N",
        help="the authorizations change about every N commits",
    )
    group.add_argument(
        "--unsigned",
        type=int,
        default=0,
        metavar="N",
        help="a mainline of signed merges, N unsigned commits behind each",
    )
    group.add_argument(
        "--keep",
        type=Path,
        default=_folder(),
        metavar="DIR",
        help="where histories are kept (default: %(default)s)",
    )

    group = parser.add_argument_group("how")
    group.add_argument("--repeat", type=_positive, default=3, metavar="N", help="default: 3")
    group.add_argument(
        "--new",
        type=_positive,
        nargs="*",
        default=[1, 100, 10_000],
        metavar="N",
        help="runs with about N new commits, where the history has more (default: 1 100 10000)",
    )
    group.add_argument(
        "--jobs",
        type=_positive,
        nargs="*",
        default=sorted({1, os.cpu_count() or 1}),
        metavar="J",
        help="cold runs with --jobs J (default: 1, and as many as there are processors)",
    )
    group.add_argument(
        "--engines",
        choices=("gnupg", "both"),
        nargs="*",
        default=[],
        help="cold runs with --engine (default: none, they take long)",
    )
    group.add_argument(
        "--sample",
        type=int,
        default=100,
        metavar="N",
        help="`git log --format=%%G?` on N commits beside it; 0 for not (default: 100)",
    )
    group = parser.add_argument_group("goals")
    goals = Goals()
    group.add_argument(
        "--goal-factor",
        type=float,
        default=goals.factor,
        metavar="X",
        help="cold: wall time of X times floor, divided by the processes … (default: %(default)s)",
    )
    group.add_argument(
        "--goal-extra",
        type=float,
        default=goals.extra,
        metavar="SECONDS",
        help="… and so many seconds (default: %(default)s)",
    )
    group.add_argument(
        "--goal-extra-processes",
        type=float,
        default=goals.extra_processes,
        metavar="SECONDS",
        help="… or so many with several processes (default: %(default)s)",
    )
    group.add_argument(
        "--goal-nothing-new",
        type=float,
        default=goals.nothing_new,
        metavar="SECONDS",
        help="nothing new: CPU time more than a bare command's (default: %(default)s)",
    )
    group.add_argument(
        "--goal-few-new",
        type=float,
        default=goals.few_new,
        metavar="SECONDS",
        help="up to 200 new commits: CPU time more than a bare command's (default: %(default)s)",
    )
    group.add_argument(
        "--goal-audit",
        type=float,
        default=goals.audit,
        metavar="SECONDS",
        help="an audit of what was verified, up to 70,000 commits (default: %(default)s)",
    )
    group.add_argument(
        "--goal-audit-cold",
        type=float,
        default=goals.audit_cold,
        metavar="X",
        help="a cold audit: X times a cold verify (default: %(default)s)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _keys(text: str) -> tuple[tuple[str, int], ...]:
    try:
        return synthetic.parse_keys(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "nixauth-benchmarks"


def _subject(options: argparse.Namespace, parser: argparse.ArgumentParser) -> Subject:
    options.keep.mkdir(parents=True, exist_ok=True)
    if options.corpus:
        return subjects.corpus(options.corpus, options.tars, options.keep)
    if options.commits:
        wishes = Wishes(
            options.commits,
            keys=options.keys,
            merges=options.merges,
            changes=options.changes,
            unsigned=options.unsigned,
        )
        return synthetic.synthetic(wishes, options.keep, _say)
    if options.introduction is None or options.signer is None:
        parser.error("--repository needs --introduction and --signer")
    return subjects.repository(
        options.repository, options.introduction, options.signer, options.target, options.keyring
    )


def _heading(result: Result) -> str:
    libraries = ", ".join(f"{name}: {by}" for name, by in sorted(result.libraries.items()))
    python = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    return f"{result.subject.name}: {result.commits:,} commits; {python}\nfloor by {libraries}\n"


def _beside(subject: Subject, sample: int) -> None:
    found = by_git.commits_per_second(subject, sample)
    if found is None:
        print("\ngit log --format=%G?: gpg is not here")
    else:
        rate, good = found
        print(f"\ngit log --format=%G? on {sample} commits: {rate:,.0f} a second, {good} good")


if __name__ == "__main__":
    sys.exit(main())
