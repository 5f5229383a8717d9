"""Finds scenarios and signature vectors: the project's, and those of folders that are given."""

from pathlib import Path

import pytest

OWN = Path(__file__).parents[2] / "fixtures" / "scenarios"
OWN_VECTORS = OWN.with_name("signatures")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --scenarios and --vectors."""
    parser.addoption(
        "--scenarios",
        action="append",
        default=[],
        metavar="DIR",
        help="another folder with scenarios (*.yaml), as in fixtures/scenarios/; repeatable",
    )
    parser.addoption(
        "--vectors",
        action="append",
        default=[],
        metavar="DIR",
        help="another folder with vectors (*.yaml), as in fixtures/signatures/; repeatable",
    )


def files_of(own: Path, config: pytest.Config, option: str) -> list[Path]:
    """Return the files of the own folder and of those that are given, sorted in each."""
    files = []
    for folder in [own, *map(Path, config.getoption(option, default=[]))]:
        found = sorted(folder.glob("*.yaml"))
        if not found:
            raise pytest.UsageError(f"no {option.strip('-')} (*.yaml) in {folder}")
        files += found
    return files


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each file for whoever asks for scenarios, those with runs, or vectors."""
    if "vector_file" in metafunc.fixturenames:
        files = files_of(OWN_VECTORS, metafunc.config, "--vectors")
        metafunc.parametrize("vector_file", files, ids=[file.stem for file in files])
        return
    files = files_of(OWN, metafunc.config, "--scenarios")
    if "scenario_file" in metafunc.fixturenames:
        metafunc.parametrize("scenario_file", files, ids=[file.stem for file in files])
    if "run_scenario_file" in metafunc.fixturenames:
        # by the text, so that a file that cannot be read is a test that fails, not a broken run
        files = [file for file in files if "\nruns:" in file.read_text(errors="replace")]
        metafunc.parametrize("run_scenario_file", files, ids=[file.stem for file in files])
