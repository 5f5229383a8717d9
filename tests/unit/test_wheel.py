"""What is installed is what stands in the package: files that are no modules, too."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    """Made by the build backend itself, since pip would fetch another one for it."""
    made = subprocess.run(
        [sys.executable, "-c", BUILD, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = tmp_path.glob("nixauth-*.whl")
    with zipfile.ZipFile(wheel) as file:
        held = {name: file.read(name) for name in file.namelist() if name.startswith("nixauth/")}
    own = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in (ROOT / "nixauth").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == own
    templates = [name for name in held if name.startswith("nixauth/reports/templates/")]
    assert {name.rpartition(".")[2] for name in templates} == {"j2", "css", "js"}
    assert "nixauth/reports/schemas/audit-1.json" in held
