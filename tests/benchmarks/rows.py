"""What is measured of a subject, in turns with the floor, and what comes out as a table."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.benchmarks import measure
from tests.benchmarks.floor import Times
from tests.benchmarks.measure import Cost, FloorWorker, Work, nixauth
from tests.benchmarks.subjects import Subject

_AUDITED = 70_000
"""The goal for audits is for as many commits, and no more."""
BARE = ["-m", "tests.benchmarks.bare"]


@dataclass(frozen=True)
class Goals:
    """Cold, with J processes: a wall time of at most `factor` times floor / J, plus some seconds.

    Those are `extra` for one process, `extra_processes` for more. `nothing_new` and `few_new` are
    CPU seconds more than a bare command's, with nothing new and with 100 commits. `audit` is the
    wall time of an audit of up to 70,000 commits that were verified before, `audit_cold` how many
    times as long as a cold run one may take that finds nothing.
    """

    factor: float = 1.6
    extra: float = 0.4
    extra_processes: float = 0.5
    nothing_new: float = 0.10
    few_new: float = 0.30
    audit: float = 2.0
    audit_cold: float = 1.3

    def cold(self, floor: float, jobs: int) -> float:
        """Return the wall time that a cold run may take."""
        return self.factor * floor / jobs + (self.extra if jobs == 1 else self.extra_processes)


@dataclass
class Result:
    """What was measured: rows by name, each with its commits, processes and costs."""

    subject: Subject
    commits: int = 0
    unsigned: int = 0
    libraries: dict[str, str] = field(default_factory=dict)
    floors: list[Times] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def bare(self) -> float:
        """CPU seconds of a command that does nothing."""
        return next(row.cost.cpu for row in self.rows if row.kind == "bare")


@dataclass
class Row:
    """One kind of run; `new` is how many commits it has to verify."""

    kind: str
    name: str
    new: int
    work: Work
    jobs: int = 1
    costs: list[Cost] = field(default_factory=list)

    @property
    def cost(self) -> Cost:
        """The medians."""
        return Cost.middle(self.costs)


def measure_all(
    subject: Subject,
    *,
    repeat: int,
    new: Sequence[int],
    jobs: Sequence[int],
    say: Callable[[str], None],
    engines: Sequence[str] = (),
) -> Result:
    """Measure everything `repeat` times, in turns; raises BenchmarkError."""
    result = Result(subject)
    with tempfile.TemporaryDirectory(prefix="nixauth-benchmark-") as name:
        scratch = Path(name)
        say("asking once, to fill the file system's cache and see that the answer is right")
        filled = _empty(scratch / "filled")
        result.commits = measure.ask(subject, filled)["verified"]
        say("preparing the floor")
        with FloorWorker(subject) as floor:
            result.libraries = floor.libraries
            result.rows = list(_rows(subject, scratch, filled, result.commits, new, jobs, say))
            result.rows += _by_engines(subject, scratch, result.commits, engines)
            result.rows += _audits(subject, scratch, filled, result.commits)
            for turn in range(repeat):
                say(f"turn {turn + 1} of {repeat}")
                result.floors.append(floor.run())
                for row in result.rows:
                    if row.kind != "refused" or turn == 0:  # for the memory that it takes
                        row.costs.append(row.work())
    result.unsigned = result.commits - result.floors[0].signatures
    return result


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def _rows(
    subject: Subject,
    scratch: Path,
    filled: Path,
    commits: int,
    new: Sequence[int],
    jobs: Sequence[int],
    say: Callable[[str], None],
) -> Iterator[Row]:
    yield Row("bare", "bare command", 0, lambda: measure.run(BARE))
    for processes in jobs:
        command = nixauth(*subject.arguments(), "--jobs", str(processes))
        name = f"cold, {processes} processes" if processes > 1 else "cold"
        yield Row("cold", name, commits, _from_nothing(command, scratch / "cold"), processes)
    command = nixauth(*subject.arguments())
    yield Row("warm", "nothing new", 0, lambda: measure.run(command, filled))
    before: Path | None = None
    for wanted in sorted(new, reverse=True):
        found = subject.back(wanted)
        if found is None:
            continue
        say(f"preparing the run with {found[1]:,} new commits")
        store = scratch / f"before-{wanted}"
        if before is None:
            _empty(store)
        else:
            shutil.copytree(before, store)
        before = store
        measure.run(nixauth(*subject.arguments(found[0])), store)
        work = _from_copy(command, store, scratch / "incremental")
        yield Row("incremental", f"{found[1]:,} new", found[1], work)
    for form in ("text", "json"):
        far = [*command, "--format", form, "--keyring", str(subject.first_key(scratch))]
        yield Row("refused", f"refused at the far end, {form}", 0, _refused(far, scratch / "far"))


def _by_engines(
    subject: Subject, scratch: Path, commits: int, engines: Sequence[str]
) -> Iterator[Row]:
    for engine in engines:
        command = nixauth(*subject.arguments(), "--engine", engine)
        work = _from_nothing(command, scratch / "engine")
        yield Row("engine", f"cold, --engine {engine}", commits, work)


def _audits(subject: Subject, scratch: Path, filled: Path, commits: int) -> Iterator[Row]:
    command = nixauth(*subject.arguments(command="audit"), "--jobs", "1")
    yield Row("audit cold", "audit, cold", commits, _from_nothing(command, scratch / "audit"))
    work = _from_copy(command, filled, scratch / "audited")
    yield Row("audit", "audit after verify", commits, work)
    audited = scratch / "audited-before"
    shutil.copytree(filled, audited)
    measure.run(command, audited)
    yield Row("audit", "audit once more", commits, lambda: measure.run(command, audited))


def _from_nothing(command: Sequence[str], cache: Path) -> Work:
    return lambda: measure.run(command, _empty(cache))


def _refused(command: Sequence[str], cache: Path) -> Work:
    """With the first signer's key alone, nearly everything is behind a commit that is refused."""
    return lambda: measure.run(command, _empty(cache), expected=1)


def _from_copy(command: Sequence[str], store: Path, cache: Path) -> Work:
    def work() -> Cost:
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(store, cache)
        return measure.run(command, cache)

    return work


# --- the table ---


def table(result: Result, goals: Goals) -> str:
    """Return the results as a table in Markdown, which reads well as it is, too."""
    wall = median(floor.wall for floor in result.floors)
    cpu = median(floor.cpu for floor in result.floors)
    lines = [_HEADER]
    lines.append(["floor", result.commits, _s(wall), _s(cpu), "", "", _rate(result.commits, wall)])
    for row in result.rows:
        cost = row.cost
        lines.append(
            [
                row.name,
                row.new or "",
                _s(cost.wall),
                _s(cost.cpu),
                f"{cost.memory:.0f}",
                f"{cost.anonymous:.0f}",
                _rate(row.new, cost.wall) if row.kind in {"cold", "engine"} else "",
                *_compared(row, result, wall, cpu, goals),
            ]
        )
    return _aligned([[str(cell) for cell in line] for line in lines])


_HEADER: list[object] = [
    "run",
    "commits",
    "wall s",
    "CPU s",
    "MB",
    "MB anon",
    "commits/s",
    "÷ floor (wall)",
    "÷ floor (CPU)",
    "CPU s over bare",
    "goal",
    "",
]


def _compared(row: Row, result: Result, wall: float, cpu: float, goals: Goals) -> list[str]:
    cost = row.cost
    if row.kind in {"bare", "refused"}:
        return []
    if row.kind == "cold":
        goal = goals.cold(wall, row.jobs)
        ratios = [f"{cost.wall / wall:.2f}", f"{cost.cpu / cpu:.2f}"]
        verdict = _verdict(cost.wall, goal)
        if row.jobs == 1 and verdict != "met":
            # On a machine that does other work, processor time says more.
            verdict += f"; by CPU {_verdict(cost.cpu, goals.cold(cpu, 1))}"
        return [*ratios, "", f"{goal:.2f} s wall", verdict]
    if row.kind == "audit cold":
        ratio = cost.cpu / next(one.cost.cpu for one in result.rows if one.kind == "cold")
        verdict = f"{ratio:.2f}: {_verdict(ratio, goals.audit_cold)}"
        ratios = [f"{cost.wall / wall:.2f}", f"{cost.cpu / cpu:.2f}"]
        return [*ratios, "", f"{goals.audit_cold:.1f} times cold", verdict]
    if row.kind == "audit":
        if row.new > _AUDITED:
            return []
        return ["", "", "", f"{goals.audit:.2f} s wall", _verdict(cost.wall, goals.audit)]
    if row.kind == "engine":
        return [f"{cost.wall / wall:.2f}", f"{cost.cpu / cpu:.2f}"]
    over = cost.cpu - result.bare
    known = {"warm": goals.nothing_new, "incremental": goals.few_new if row.new <= 200 else None}
    goal_or_none = known[row.kind]
    if goal_or_none is None:
        return ["", "", _s(over), "", ""]
    return ["", "", _s(over), f"{goal_or_none:.2f} s CPU", _verdict(over, goal_or_none)]


def _s(seconds: float) -> str:
    return f"{seconds:.2f}"


def _rate(commits: int, seconds: float) -> str:
    return f"{commits / seconds:,.0f}" if commits else ""


def _verdict(found: float, goal: float) -> str:
    return "met" if found <= goal else f"over by {found - goal:.2f}"


def _aligned(rows: list[list[str]]) -> str:
    columns = len(rows[0])
    full = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(len(row[i]) for row in full) for i in range(columns)]
    lines = [
        "| " + " | ".join(_cell(row[i], widths[i], i) for i in range(columns)) + " |"
        for row in full
    ]
    rule = [
        "-" * (w - 1) + ("-" if i == 0 else ":") for i, w in enumerate(max(w, 3) for w in widths)
    ]
    lines.insert(1, "| " + " | ".join(rule) + " |")
    return "\n".join(lines)


def _cell(text: str, width: int, column: int) -> str:
    width = max(width, 3)
    return text.ljust(width) if column == 0 else text.rjust(width)
