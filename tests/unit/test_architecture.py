"""The rooms import each other one way, and what decides does nothing but decide."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.test_docs import demonstration

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "nixauth"
PURE = (
    "authorizations",
    "channels/config.py",
    "channels/editing.py",
    "channels/rules.py",
    "channels/values.py",
    "errors.py",
    "findings.py",
    "lint.py",
    "model.py",
    "pins",
    "rule.py",
    "signatures",
    "strict_yaml.py",
    "text_problems.py",
    "trust.py",
    "yaml_layout.py",
)
IMPURE = frozenset(
    ("open", "input", "print", "now", "utcnow", "today", "__import__", "eval", "exec")
)


CONTRACTS = "import sys, importlinter.cli as cli; sys.exit(cli.lint_imports(no_cache=True))"


def test_import_contracts() -> None:
    run = subprocess.run(
        [sys.executable, "-c", CONTRACTS],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 kept, 0 broken" in run.stdout


def sources() -> list[Path]:
    found = []
    for name in PURE:
        path = PACKAGE / name
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


@pytest.mark.parametrize("source", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_decides_opens_nothing_and_asks_no_clock(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            assert name not in IMPURE, f"{source}:{node.lineno}: {name}()"


LOADED = """
import json, sys
from nixauth.cli.app import app
try:
    app({arguments!r}, prog_name="nixauth")
except SystemExit as exit:
    print(json.dumps([exit.code, sorted(sys.modules)]))
"""


def loaded(cache: Path, *arguments: str, whole: bool = False) -> set[str]:
    """Return the top-level modules (or all) that are loaded once a command is through."""
    # Measuring coverage would load modules of its own.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    run = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=inherited | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT)},
    )
    code, names = json.loads(run.stdout.splitlines()[-1])
    assert code == 0, run.stdout + run.stderr
    return set(names) if whole else {name.partition(".")[0] for name in names}


def test_help_loads_no_engine(tmp_path: Path) -> None:
    names = loaded(tmp_path, "verify", "--help")
    assert not names & {"cryptography", "yaml", "sqlite3", "hypothesis"}


def test_nothing_new_loads_no_mathematics(tmp_path: Path) -> None:
    introduction = demonstration(tmp_path / "repository")
    question = ["verify", "main", "-C", str(tmp_path / "repository")]
    question += ["--introduction", introduction["commit"], "--signer", introduction["signer"]]
    first = loaded(tmp_path / "cache", *question)
    assert "cryptography" in first
    loaded(tmp_path / "cache", *question)  # learns of signers that are listed no more
    again = loaded(tmp_path / "cache", *question)
    assert "cryptography" not in again
    assert not (first | again) & {"rich", "hypothesis", "pytest"}


OURS_WITH_NOTHING_NEW = [
    "authenticate",
    "authorizations",
    "authorizations.native",
    "authorizations.problems",
    "authorizations.ssh_keys",
    "ahead",
    "cache",
    "cache_files",
    "cache_rows",
    "cautions",
    "cli",
    "cli.app",
    "cli.audit",
    "cli.authorize",
    "cli.cache",
    "cli.change",
    "cli.channel",
    "cli.check_merge",
    "cli.common",
    "cli.demo",
    "cli.explain",
    "cli.flake",
    "cli.gate",
    "cli.hook",
    "cli.init",
    "cli.keys",
    "cli.lint",
    "cli.options",
    "cli.progress",
    "cli.question",
    "cli.trust",
    "cli.verify",
    "discover",
    "display",
    "engines",
    "engines.interface",
    "engines.native",
    "errors",
    "evidence",
    "examination",
    "facts",
    "findings",
    "history",
    "history.config",
    "history.config_text",
    "history.loose",
    "history.objects",
    "history.repository",
    "history.tree",
    "hooks",
    "hooks.scripts",
    "in_force",
    "introduce",
    "judging",
    "key_summaries",
    "keyring",
    "line",
    "model",
    "naming",
    "options",
    "processes",
    "reports",
    "reports.reasons",
    "reports.text",
    "rule",
    "signatures",
    "signatures.commit_object",
    "signatures.kind",
    "signatures.openpgp",
    "signatures.openpgp.algorithms",
    "signatures.openpgp.armor",
    "signatures.openpgp.bindings",
    "signatures.openpgp.certificates",
    "signatures.openpgp.check",
    "signatures.openpgp.facts",
    "signatures.openpgp.keys",
    "signatures.openpgp.packets",
    "signatures.openpgp.parts",
    "signatures.openpgp.signature",
    "signatures.reader",
    "signatures.ssh",
    "signatures.ssh.check",
    "signatures.ssh.keys",
    "signatures.ssh.signature",
    "signatures.ssh.wire",
    "ssh_keys",
    "strict_yaml",
    "text_problems",
    "trust",
]
OTHERS_WITH_NOTHING_NEW = frozenset({"pygit2", "sqlite3", "typer", "yaml"})
NOT_WITH_NOTHING_NEW = frozenset(
    [
        "anycrc",
        "asyncio",
        "concurrent",
        "cryptography",
        "gnupg",
        "http",
        "multiprocessing",
        "nacl",
        "rich",
        "socketserver",
        "unittest",
        "urllib3",
    ]
)


def test_modules_that_verify_loads_when_nothing_is_new(tmp_path: Path) -> None:
    """Each takes a part of the tenth of a second: whoever adds one has to name it here."""
    introduction = demonstration(tmp_path / "repository")
    question = ["verify", "main", "-C", str(tmp_path / "repository")]
    question += ["--introduction", introduction["commit"], "--signer", introduction["signer"]]
    for _ in range(2):
        loaded(tmp_path / "cache", *question)
    names = loaded(tmp_path / "cache", *question, whole=True)
    ours = {name.removeprefix("nixauth.") for name in names if name.startswith("nixauth.")}
    assert ours == set(OURS_WITH_NOTHING_NEW)
    tops = {name.partition(".")[0] for name in names}
    assert tops >= OTHERS_WITH_NOTHING_NEW
    assert not tops & NOT_WITH_NOTHING_NEW
