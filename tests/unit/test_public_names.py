"""The package loads nothing until a name is asked for, and each name is what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nixauth

PACKAGE = Path(nixauth.__file__).parent


def python(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_importing_the_package_loads_none_of_its_modules() -> None:
    said = python(
        "-c",
        "import sys; before = {*sys.modules}; import nixauth; print(*{*sys.modules} - before)",
    )
    assert sorted(said.split()) in (["nixauth"], ["__future__", "nixauth"])


ORDERS = {
    "the function alone": "from nixauth import authenticate",
    "the module first": "import nixauth.authenticate\nfrom nixauth import authenticate",
    "out of the module first": (
        "from nixauth.authenticate import Session\nfrom nixauth import authenticate"
    ),
    "the module last": "from nixauth import authenticate\nimport nixauth.authenticate",
    "by way of another module": "import nixauth.cli.app\nfrom nixauth import authenticate",
    "by importlib": (
        "import importlib\nmodule = importlib.import_module('nixauth.authenticate')\n"
        "assert module.Session\nfrom nixauth import authenticate"
    ),
    "the module once more": (
        "import sys\nfrom nixauth import authenticate\ndel sys.modules['nixauth.authenticate']\n"
        "import nixauth.authenticate"
    ),
    "everything": "import nixauth.authenticate\nfrom nixauth import *",
    "with a star alone": "from nixauth import *",
    "as an attribute": "import nixauth\nauthenticate = nixauth.authenticate",
    "as an attribute, the module first": (
        "import nixauth.authenticate\nauthenticate = nixauth.authenticate"
    ),
}


@pytest.mark.parametrize("order", ORDERS)
def test_authenticate_is_the_function_in_every_order(order: str) -> None:
    python(
        "-c",
        f"{ORDERS[order]}\nimport nixauth, types\n"
        "assert isinstance(authenticate, types.FunctionType), authenticate\n"
        "assert isinstance(nixauth.authenticate, types.FunctionType), nixauth.authenticate\n"
        "from nixauth.authenticate import Session, authenticate as own\n"
        "assert own.__module__ == 'nixauth.authenticate'\n",
    )


def test_every_public_name_is_there() -> None:
    assert set(nixauth.__all__) <= set(dir(nixauth))
    for name in nixauth.__all__:
        home = getattr(nixauth, name).__module__ if name != "ObjectId" else "nixauth.model"
        assert home.startswith("nixauth."), name
    assert set(nixauth._HOMES) == set(nixauth.__all__)
    with pytest.raises(AttributeError, match="no attribute 'authentic'"):
        _ = nixauth.authentic  # type: ignore[attr-defined]
    with pytest.raises(ImportError):
        from nixauth import authentic  # type: ignore[attr-defined]  # noqa: F401, PLC0415


def test_somebody_may_put_something_else_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nixauth, "authenticate", len)
    assert nixauth.authenticate is len  # type: ignore[comparison-overlap]


USER = """
from pathlib import Path
from nixauth import Introduction, Options, Report, Repository, Verdict, authenticate, open_keyring

def ask(repository: Repository, introduction: Introduction) -> Report:
    target = repository.resolve("HEAD")
    return authenticate(
        repository, open_keyring(repository, []), introduction, target, Options(stats=True)
    )

reveal_type(authenticate)
reveal_type(Verdict.REFUSED)
wrong: int = ask(Repository.open(Path()), Introduction)
from nixauth import authentic
"""


def test_type_checkers_know_the_names(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent",
         f"--cache-dir={tmp_path / 'cache'}", str(tmp_path / "user.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE.parent,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'Revealed type is "def (objects: nixauth.history.objects.Objects' in done.stdout
    assert "Literal[nixauth.model.Verdict.REFUSED]" in done.stdout
    errors = [line.partition(": error: ")[2] for line in done.stdout.splitlines()]
    found = [error.rpartition("[")[2] for error in errors if error]
    assert sorted(found) == ["arg-type]", "assignment]", "attr-defined]"], done.stdout
