"""Finds the scenarios: those of the project, and those of the folders given with --scenarios."""

from pathlib import Path

import pytest

OWN = Path(__file__).parents[2] / "fixtures" / "scenarios"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --scenarios."""
    parser.addoption(
        "--scenarios",
        action="append",
        default=[],
        metavar="DIR",
        help="another folder with scenarios (*.yaml), as in fixtures/scenarios/; repeatable",
    )


def scenario_files(config: pytest.Config) -> list[Path]:
    """Return the scenario files, sorted in each folder."""
    folders = [OWN, *map(Path, config.getoption("--scenarios", default=[]))]
    files = []
    for folder in folders:
        found = sorted(folder.glob("*.yaml"))
        if not found:
            raise pytest.UsageError(f"no scenarios (*.yaml) in {folder}")
        files += found
    return files


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each scenario, or of each one with earlier runs, for whoever asks for it."""
    files = scenario_files(metafunc.config)
    if "scenario_file" in metafunc.fixturenames:
        metafunc.parametrize("scenario_file", files, ids=[file.stem for file in files])
    if "run_scenario_file" in metafunc.fixturenames:
        # by the text, so that a file that cannot be read is a test that fails, not a broken run
        files = [file for file in files if "\nruns:" in file.read_text(errors="replace")]
        metafunc.parametrize("run_scenario_file", files, ids=[file.stem for file in files])
