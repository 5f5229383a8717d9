"""Fuzz one reader with atheris, guided by the branches that inputs reach.

python -m tests.fuzz commit-object --seconds 60
python -m tests.fuzz openpgp --seconds 3600 --corpus DIR     keep what is worth keeping, and go on
python -m tests.fuzz openpgp --replay PATH                   an input, or all of a folder, once

Exit code 1 where something was found; it is kept and shown in hexadecimal digits. 2 where nothing
could be fuzzed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import harness, real

_PROGRESS = re.compile(r"#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+) corp: (\d+)/")
_TIMEOUT = 20
"""Seconds for one input, for what never comes to an end; `Allowance` is much stricter."""
_GRACE = 120
"""Seconds that seeds and the last input may take beside the time for fuzzing."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _options(arguments)
    if options.real is not None:
        real.FOLDER = options.real
    if options.replay is not None:
        return _replay(harness.load(options.reader), options.replay)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install -e '.[fuzz,test]'", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        return _fuzz(options, Path(folder))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("reader", choices=harness.READERS)
    parser.add_argument("--seconds", type=int, default=60, metavar="N")
    parser.add_argument(
        "--corpus", type=Path, metavar="DIR", help="inputs to go on from, and add to"
    )
    parser.add_argument("--findings", type=Path, metavar="DIR", help="where findings are kept")
    parser.add_argument("--real", type=Path, metavar="DIR", help="archives of real histories")
    parser.add_argument("--longest", type=int, default=8192, metavar="OCTETS")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="0: another every time")
    parser.add_argument("--replay", type=Path, metavar="PATH")
    return parser.parse_args(arguments)


def _replay(reader: harness.Reader, path: Path) -> int:
    """Check one input, or all in a folder; what is wrong is raised."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        data = file.read_bytes()
        reader.check(data)
        reader.compare(data)
    print(f"{len(files)} inputs, and nothing is wrong")
    return 0


def _fuzz(options: argparse.Namespace, work: Path) -> int:
    reader = harness.load(options.reader)
    seeds, dictionary = work / "seeds", work / "dictionary"
    seeds.mkdir()
    for data in [
        *reader.seeds(),
        *(path.read_bytes() for path in harness.regressions(options.reader)),
    ]:
        (seeds / hashlib.sha256(data).hexdigest()).write_bytes(data)
    escaped = ("".join(f"\\x{octet:02x}" for octet in token) for token in reader.DICTIONARY)
    dictionary.write_text("".join(f'"{token}"\n' for token in escaped))
    corpus = options.corpus or work / "corpus"
    findings = options.findings or Path(tempfile.mkdtemp(prefix="nixauth-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    begun = len(list(corpus.iterdir()))
    command = [
        *(sys.executable, "-m", "tests.fuzz.harness", options.reader, str(findings)),
        *(str(corpus), str(seeds)),
        f"-dict={dictionary}",
        f"-max_total_time={options.seconds}",
        f"-max_len={options.longest}",
        f"-timeout={_TIMEOUT}",
        f"-seed={options.seed}",
        f"-artifact_prefix={findings}/",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
    ]
    print(f"{options.reader}: {len(list(seeds.iterdir()))} seeds, {begun} inputs of earlier runs")
    code, executions, edges, features = _watch(command, options.seconds + _GRACE)
    print(
        f"{options.reader}: {executions} executions, {edges} edges covered, {features} features, "
        f"{len(list(corpus.iterdir())) - begun} inputs added to the corpus"
    )
    found = _show(findings)
    print(f"{options.reader}: {found} findings" + (f", in {findings}" if found else ""))
    if not found and (code or not executions):
        print(f"{options.reader}: the fuzzer ended with exit code {code}", file=sys.stderr)
        return 2
    if not found and options.findings is None:
        findings.rmdir()
    return 1 if found else 0


def _watch(command: list[str], most: int) -> tuple[int, int, int, int]:
    """Run the fuzzer; return its exit code, executions, covered edges and features."""
    executions = edges = features = 0
    limited = ["timeout", "--kill-after=10", str(most), *command]
    environment = {**os.environ, "PYTHONPATH": str(harness.ROOT)}
    with subprocess.Popen(
        limited,
        cwd=harness.ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            found = _PROGRESS.match(line)
            if found is None:
                if (
                    not line.startswith(("INFO:", "stat::", "###", "Done ", "\n"))
                    and '" # ' not in line
                ):
                    print(line, end="")
                continue
            executions, edges, features = int(found[1]), int(found[3]), int(found[4])
            if found[2] in {"INITED", "pulse", "DONE"}:
                print(line, end="", flush=True)
    return process.returncode, executions, edges, features


def _show(findings: Path) -> int:
    """Print what was kept: the input, and what it raised or did to the process."""
    inputs = [path for path in sorted(findings.iterdir()) if path.suffix != ".txt"]
    for path in inputs:
        raised = path.with_suffix(".txt")
        print(f"\n{path.name}: {path.read_bytes().hex()}")
        print(raised.read_text() if raised.exists() else "it ended the process, or took too long")
    return len(inputs)


if __name__ == "__main__":
    sys.exit(main())
