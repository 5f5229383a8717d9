"""Runs suites against a mutant, each in a process of its own.

The scenarios are read and built once; each mutant is a forked process with a folder of its own
first on its path, in which the package is copied and changed.
"""

from __future__ import annotations

import functools
import importlib
import multiprocessing
import os
import py_compile
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Self

import pytest

from tests.mutants.table import ROOT, SCENARIOS, Mutant
from tests.support import scenario

_FORK = multiprocessing.get_context("fork")
_SECONDS = 600
_PRELOADED = (
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.asymmetric.utils",
    "hypothesis",
    "pygit2",
    "typer.testing",
    "yaml",
)
"""What the package and its tests import and is not of the package: loaded once for all."""


@dataclass(frozen=True)
class Outcome:
    """What noticed a mutant; `killers` is empty for a survivor, `broken` says why it is none."""

    mutant: str
    killers: tuple[str, ...] = ()
    how: str = ""
    broken: str = ""
    seconds: float = 0.0


@dataclass
class Workshop:
    """Where mutants are made. A context manager: its folders go with it."""

    hints: Mapping[str, Sequence[str]] = field(default_factory=dict)
    every: bool = False
    """Whether all scenarios that notice are wanted, or one."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="nixauth-mutants-"))
        self.package = self._folder / "as-it-is" / "nixauth"
        shutil.copytree(ROOT / "nixauth", self.package, ignore=shutil.ignore_patterns("*.pyc"))
        for file in self.package.rglob("*.py"):
            py_compile.compile(str(file), doraise=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def warm_up(self, mutants: Sequence[Mutant]) -> None:
        """Load what all processes need."""
        for name in _PRELOADED:
            importlib.import_module(name)
        if any(SCENARIOS in mutant.by for mutant in mutants):
            _remember_builds()
        if any("openpgp" in file for mutant in mutants for file in mutant.by):
            _make_keys()
        assert not any(name.partition(".")[0] == "nixauth" for name in sys.modules)

    def run(self, mutants: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
        """Ask the suites of each mutant; yields in the order in which they are done."""
        waiting = list(reversed(mutants))
        running: dict[Connection, tuple[Any, Mutant, float]] = {}
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant = waiting.pop()
                receiver, sender = _FORK.Pipe(duplex=False)
                process = _FORK.Process(target=self._child, args=(mutant, sender))
                process.start()
                sender.close()
                running[receiver] = process, mutant, time.monotonic()
            for receiver in wait(list(running), timeout=5):
                assert isinstance(receiver, Connection)
                process, mutant, begun = running.pop(receiver)
                try:
                    killers, how, broken = receiver.recv()
                except EOFError:
                    killers, how, broken = (), "", "its process died"
                process.join()
                seconds = time.monotonic() - begun
                yield Outcome(mutant.name, tuple(killers), how, broken, seconds)
            for receiver, (process, mutant, begun) in list(running.items()):
                if time.monotonic() - begun > _SECONDS:
                    process.kill()
                    process.join()
                    del running[receiver]
                    yield Outcome(mutant.name, broken=f"no end after {_SECONDS} seconds")

    def failing_anyway(self, killers: Sequence[str]) -> tuple[str, ...]:
        """Return those that fail on the package as it is, and so show nothing."""
        receiver, sender = _FORK.Pipe(duplex=False)
        nothing = Mutant("as it is", (), tuple(dict.fromkeys(killers)))
        process = _FORK.Process(target=self._child, args=(nothing, sender))
        process.start()
        sender.close()
        failing, _, broken = receiver.recv()
        process.join()
        return (*failing, *([broken] if broken else []))

    def _child(self, mutant: Mutant, sender: Connection) -> None:
        """Say what notices the mutant, in a process of its own."""
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            self._put_first(mutant, folder)
            answer = self._ask(mutant, folder)
        except BaseException:  # noqa: BLE001 - whatever it is, the parent is told
            answer = (), "", traceback.format_exc()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        sender.send(answer)
        sender.close()
        os._exit(0)

    def _put_first(self, mutant: Mutant, folder: Path) -> None:
        """Make the package this process sees the mutant's."""
        package = folder / "nixauth"
        shutil.copytree(self.package, package)
        for name, text in mutant.changed(self.package).items():
            path = package / name
            for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
                compiled.unlink()
            path.write_text(text)
        os.environ["PYTHONPATH"] = f"{folder}:{ROOT}"
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        import nixauth  # noqa: PLC0415 - the mutant

        assert nixauth.__file__ == str(package / "__init__.py")
        for name in mutant.changed(self.package):
            importlib.import_module("nixauth." + name.removesuffix(".py").replace("/", "."))

    def _ask(self, mutant: Mutant, folder: Path) -> tuple[Sequence[str], str, str]:
        if not mutant.edits:
            tests = [name for name in mutant.by if name.startswith("tests/")]
            paths = [ROOT / SCENARIOS / f"{name}.yaml" for name in mutant.by if name not in tests]
            found = run_scenarios(paths, folder, every=True, orders=True)
            found += run_tests(tests, folder, every=True) if tests else []
            return [name for name, _ in found], "", ""
        hints = [] if self.every else list(self.hints.get(mutant.name, ()))
        for name in hints:
            if name.startswith("tests/"):
                found = (
                    run_tests([name], folder) if (ROOT / name.partition("::")[0]).exists() else []
                )
            else:
                path = ROOT / SCENARIOS / f"{name}.yaml"
                found = run_scenarios([path], folder) if path.exists() else []
            if found:
                return [found[0][0]], found[0][1], ""
        for suite in [SCENARIOS] if self.every else mutant.by:
            if suite == SCENARIOS:
                found = run_scenarios(
                    scenario_files(), folder, every=self.every, orders=not self.every
                )
            else:
                found = run_tests([suite], folder)
            if found:
                return [name for name, _ in found], found[0][1], ""
        return (), "", ""


def scenario_files() -> list[Path]:
    """Return the project's own scenarios."""
    return sorted((ROOT / SCENARIOS).glob("*.yaml"))


def _remember_builds() -> None:
    """Build each scenario once, for this process and those that it starts."""
    build = scenario.build
    built: dict[tuple[int, str], scenario.Built] = {}

    @functools.wraps(build)
    def remembered(
        wanted: scenario.Scenario, *, date_order: scenario.DateOrder = "increasing"
    ) -> scenario.Built:
        key = id(wanted), date_order  # which are kept: a build holds its scenario
        if key not in built:
            built[key] = build(wanted, date_order=date_order)
        return built[key]

    scenario.build = remembered
    for file in scenario_files():
        remembered(scenario.load(file))


def _make_keys() -> None:
    """RSA and DSA keys take long to make."""
    maker = importlib.import_module("tests.unit.signatures.openpgp.maker")
    for kind in maker.KINDS:
        for version in (4, 6):
            if kind != "eddsa" or version == 4:
                maker.key(kind, version)
                maker.key(kind, version, number=1)


# --- The suites ---

Found = list[tuple[str, str]]
"""What failed, and how."""


def run_scenarios(
    files: Sequence[Path], folder: Path, *, every: bool = False, orders: bool = True
) -> Found:
    """Ask scenarios in memory as the conformance tests do, the dear ways of asking last."""
    from tests.conformance import test_scenarios as tests  # noqa: PLC0415 - imports the mutant

    ways: list[Callable[[Path], None]] = [
        lambda file: tests.test_scenario(file, "memory", folder),
        lambda file: tests.test_scenario_without_totals(file, "memory", folder),
        lambda file: _earlier_runs(tests, file, folder),
    ]
    if orders:
        for order in ("decreasing", "equal", "scrambled"):
            ways.append(  # noqa: PERF401
                lambda file, order=order: tests.test_dates_do_not_matter(file, order, folder)
            )
    found: dict[str, str] = {}
    for way in ways:
        for file in files:
            if file.stem in found:
                continue
            try:
                way(file)
            except AssertionError as error:
                found[file.stem] = " ".join(str(error).split())[-160:]
            except Exception as error:  # noqa: BLE001 - an exception is no answer, either
                found[file.stem] = f"raises {type(error).__name__}: {error}"
            if found and not every:
                return list(found.items())
    return sorted(found.items())


def _earlier_runs(tests: Any, file: Path, folder: Path) -> None:
    if scenario.load(file).runs:
        for stats in (True, False):
            tests.test_earlier_runs_change_nothing(file, "memory", stats, folder)


class _Watch:
    """A plugin of pytest: the first test that fails."""

    def __init__(self) -> None:
        self.found: Found = []
        self.broken = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            said = getattr(report.longrepr, "reprcrash", None)
            text = " ".join(str(said.message if said else report.longrepr).split())
            self.found.append((report.nodeid, text[:160]))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = str(report.longrepr)


def _shrink_nothing() -> None:
    """One example suffices to notice a mutant; making it small takes minutes."""
    from hypothesis import Phase, settings  # noqa: PLC0415

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", phases=phases, database=None)
    settings.load_profile("mutants")


def run_tests(names: Sequence[str], folder: Path, *, every: bool = False) -> Found:
    """Run tests by file or id, up to the first that fails."""
    os.chdir(ROOT)
    sys.path.insert(1, str(ROOT))
    _shrink_nothing()
    watch = _Watch()
    options = [
        *([] if every else ["-x"]),
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-o",
        "addopts=",
    ]
    options += [
        "-o",
        "pythonpath=",
        "-o",
        "filterwarnings=",
        "--assert=plain",
        f"--basetemp={folder / 'pytest'}",
    ]
    code = pytest.main([*options, *names], plugins=[watch])
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / "pytest")
    if code == pytest.ExitCode.USAGE_ERROR and any("::" in name for name in names):
        return []  # a test that was renamed since
    if watch.broken or code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        raise RuntimeError(f"{names}: {watch.broken or code}")
    foreign = [
        name
        for name, module in sys.modules.items()
        if name.partition(".")[0] == "nixauth"
        and not str(getattr(module, "__file__", None) or "").startswith(str(folder))
    ]
    assert not foreign, f"not the mutant's own: {foreign}"
    return watch.found
