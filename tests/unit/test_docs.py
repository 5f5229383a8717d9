"""The documentation says what the program does.

`python -m tests.unit.test_docs` prints docs/cli.md anew.
"""

import base64
import dataclasses
import json
import re
import subprocess
import sys
import tomllib
import typing
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pygit2
import pytest
import typer
from typer.testing import CliRunner

import nixauth
from nixauth import Introduction, ObjectId, Refusal, Report, Stats, Verdict, errors, model
from nixauth.cli import INTERRUPTED, common
from nixauth.cli.app import app
from nixauth.model import Caution, Fingerprint, SignerCount
from nixauth.reports import json as json_report
from nixauth.reports.reasons import STEPS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "fixtures").rglob("*.md")])
REASONS = {reason.code: reason for reason in typing.get_args(model.Reason)}
UNDECIDED = {
    kind.kind: kind
    for base in (errors.UndecidedError, errors.EngineError)
    for kind in base.__subclasses__()
    if kind is not errors.EngineError
}


def rows(page: str, *header: str) -> list[list[str]]:
    """Return the cells of every table of a page that has this header."""
    found: list[list[str]] = []
    inside = False
    for line in (DOCS / page).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if cells == list(header):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("| ---"):
            found.append([cell.strip("`") for cell in cells])
    assert found, f"{page} has no table {header}"
    return found


# --- links ---


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_linked_from_the_readme() -> None:
    for page in [*DOCS.glob("*.md"), DOCS / "adr" / "README.md"]:
        assert f"({page.relative_to(ROOT).as_posix()})" in README
    decisions = (DOCS / "adr" / "README.md").read_text("utf-8")
    for page in (DOCS / "adr").glob("0*.md"):
        assert f"({page.name})" in decisions


# --- the command line ---


def commands() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, command in typer.main.get_command(app).commands.items():
        yield (name,)
        yield from ((name, below) for below in getattr(command, "commands", ()))


def help_of(command: tuple[str, ...]) -> str:
    result = CliRunner().invoke(
        app, [*command, "--help"], prog_name="nixauth", env={"COLUMNS": "80", "TERM": "dumb"}
    )
    assert result.exit_code == 0
    return "".join(f"{line.rstrip()}\n" for line in result.output.strip().splitlines())


def drawn_by() -> str:
    return ".".join(version("typer").split(".")[:2])


def command_line_page() -> str:
    parts = [
        "# The command line\n",
        f"What `--help` says at 80 columns, as typer {drawn_by()} draws it; a test holds it equal.",
        "The [exit codes](../README.md#exit-codes) stand in the README.\n",
    ]
    for command in commands():
        title = " ".join(("nixauth", *command))
        parts.append(f"## {title}\n\n```\n{help_of(command)}```\n")
    return "\n".join(parts)


def test_command_line_page_is_what_help_says() -> None:
    page = (DOCS / "cli.md").read_text("utf-8")
    drawn = re.search(r"as typer ([\d.]+) draws it", page)
    assert drawn
    if drawn[1] == drawn_by():
        assert page == command_line_page(), "python -m tests.unit.test_docs > docs/cli.md"
        return
    # Another typer draws the same words differently.
    words = " ".join(page.split())
    for command in commands():
        found = typer.main.get_command(app)
        for name in command:
            found = found.commands[name]
        for parameter in found.params:
            assert all(option in words for option in getattr(parameter, "opts", ()))
            assert " ".join((getattr(parameter, "help", None) or "").split()) in words


def test_exit_codes() -> None:
    table = re.findall(r"^\| (\d+) \| (.*?)(?::.*)? \|$", README, re.MULTILINE)
    assert [(int(code), meaning.split(";")[0]) for code, meaning in table] == [
        (common.AUTHENTIC, "authentic"),
        (common.REFUSED, "refused"),
        (common.USAGE, "the command was used wrongly"),
        (common.UNDECIDED, "could not be decided"),
        (INTERRUPTED, "interrupted"),
    ]
    assert common.INTERRUPTED == INTERRUPTED


def test_two_commands_of_the_readme() -> None:
    first, second = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert first.endswith("&& .venv/bin/nixauth demo")
    assert "'.[test]'" in second
    assert ".venv/bin/python -m pytest" in second
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "test" in project["optional-dependencies"]
    assert "nixauth" in project["scripts"]
    # .ci/run takes the lines from the README in this way.
    assert "^python3 -m venv" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_licence() -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text("utf-8")[:200]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "GPL-3.0-or-later"
    for dependency in project["dependencies"]:
        name = re.split(r"[<>=]", dependency)[0]
        assert name in README.partition("## Licence")[2]


# --- the rule ---


def test_reasons_of_the_rule() -> None:
    table = {code: step for code, step, _ in rows("rule.md", "reason", "step", "what is the case")}
    assert table == STEPS
    assert set(table) == set(REASONS)
    text = (DOCS / "rule.md").read_text("utf-8")
    for step in set(STEPS.values()):
        assert f"**{step}.**" in text


def test_reasons_of_signature_faults() -> None:
    named = [reason for _, reason in rows("signatures.md", "fault", "reason")]
    assert set(named) <= set(REASONS)
    before_the_mathematics = {code for code, step in STEPS.items() if step in {"3c", "3d", "3e"}}
    assert set(named) == before_the_mathematics


def test_kinds_of_errors() -> None:
    assert {kind for kind, _ in rows("json.md", "kind", "meaning")} >= set(UNDECIDED)
    text = (DOCS / "rule.md").read_text("utf-8")
    for kind in UNDECIDED:
        assert f"`{kind}`" in text


# --- JSON ---

COMMIT = ObjectId(b"\1" * 20)
KEY = Fingerprint("A" * 40)


def flat(value: object, name: str = "") -> Iterator[str]:
    """Yield the names of a document's fields, as the page writes them."""
    if isinstance(value, dict) and value and name != "untrusted":
        for key, below in value.items():
            yield from flat(below, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value:
        for below in value:
            yield from flat(below, f"{name}[]")
    else:
        yield name


def test_fields_of_the_document() -> None:
    report = Report(
        Verdict.UNDECIDED,
        COMMIT,
        Introduction(COMMIT, KEY),
        refusals=[Refusal(COMMIT, model.Unsigned())],
        untrusted={"unsigned": 1},
        warnings=(Caution("key-weak", "has"),),
        stats=Stats(1, 0, (SignerCount("alice", KEY, service=False, commits=1),)),
        error=errors.MissingObjectError("gone"),
    )
    table = rows("json.md", "field", "type", "meaning")
    used = json_report.Used("main", introduction=True)
    assert [row[0] for row in table] == list(flat(json_report.document(report, used)))
    assert table[0][2].endswith(f" {json_report.SCHEMA}")


def test_fields_of_the_reasons() -> None:
    documented = [
        (code, field) for code, field, *_ in rows("json.md", "reason", "field", "type", "meaning")
    ]
    expected = []
    for code, reason in REASONS.items():
        names = [field.name for field in dataclasses.fields(reason)]
        expected += [(code, name) for name in names or [""]]
    assert sorted(documented) == sorted(expected)


def test_types_of_the_reasons_fields() -> None:
    values = {"ObjectId": COMMIT, "Fingerprint": KEY, "str": "x", "int": 1, "bool": True}
    values["Problem"] = model.Problem(1, 2, "x")
    names = {str: "string", bool: "boolean", int: "number", dict: "object"}
    types = {
        (code, field): kind
        for code, field, kind, _ in rows("json.md", "reason", "field", "type", "meaning")
    }
    for code, reason in REASONS.items():
        fields = dataclasses.fields(reason)
        document = json_report.reason_document(reason(*(values[str(f.type)] for f in fields)))
        assert document.pop("reason") == code
        for name, value in document.items():
            assert names[type(value)] == types[code, name]
    assert json_report.reason_document(
        model.AuthorizationsMalformed("p", model.Problem(1, 2, "x"))
    )["problem"] == {"line": 1, "column": 2, "message": "x"}


def test_kinds_of_warnings() -> None:
    source = (ROOT / "nixauth" / "cautions.py").read_text("utf-8")
    kinds = set(re.findall(r'Caution\(\s*"([a-z-]+)"', source))
    documented = {kind for kind, _ in rows("json.md", "kind", "meaning")}
    assert kinds
    assert documented == kinds | set(UNDECIDED)


# --- the examples in Python ---


def demonstration(directory: Path) -> dict[str, str]:
    """Make a repository of the demonstration's history; return its introduction."""
    shipped = json.loads((files("nixauth.demo") / "history.json").read_text("ascii"))
    kinds = {"commit": pygit2.GIT_OBJECT_COMMIT, "tree": pygit2.GIT_OBJECT_TREE}
    made = pygit2.init_repository(directory, initial_head="main")
    for kind, content in shipped["objects"]:
        made.odb.write(kinds.get(kind, pygit2.GIT_OBJECT_BLOB), base64.b64decode(content))
    made.references.create("refs/heads/main", shipped["targets"]["good"])
    tree = made.TreeBuilder()
    key_file = made.create_blob(base64.b64decode(shipped["keyring"]))
    tree.insert("all.gpg", key_file, pygit2.GIT_FILEMODE_BLOB)
    me = pygit2.Signature("nobody", "nobody@example.org", 0, 0)
    made.create_commit("refs/heads/keyring", me, me, "Keys", tree.write(), [])
    found: dict[str, str] = shipped["introduction"]
    return found


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("README.md", "authentic\n"),
        ("docs/library.md", "authentic, 4 commits\n2 "),
    ],
)
def test_python_example_runs(page: str, expected: str, tmp_path: Path) -> None:
    introduction = demonstration(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    example = example.replace("9edb3f66fd807b096b48283debdcddccfea34bad", introduction["commit"])
    example = example.replace("BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA", introduction["signer"])
    code = f"import sys; sys.path.append({str(ROOT)!r})\n{example}"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(expected)


def test_library_page_names_what_is_exported() -> None:
    text = (DOCS / "library.md").read_text("utf-8")
    for name in nixauth.__all__:
        assert re.search(rf"\b{name}\b", text), name


# --- nothing of the place where it was written ---


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_no_place_of_their_making(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"SPEC\b|ARCHITECTURE|\.\./shared|(?<![\w.~])/(home|root|work|tmp)/", text)


if __name__ == "__main__":
    sys.stdout.write(command_line_page())
