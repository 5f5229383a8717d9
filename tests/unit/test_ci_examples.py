"""The examples for CI systems: they parse, their commands are ours, and their scripts run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from nixauth.cli.app import app
from tests.support import openpgp
from tests.unit.cli.places import ROOT, Maker, Sandbox, certificates

CI = ROOT / "docs" / "ci"
EXAMPLES = sorted(CI.glob("*.yml"))
ACTIONS = ["github.yml", "forgejo.yml"]
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
ZERO = "0" * 40


def load(example: Path) -> dict[str, Any]:
    found = yaml.safe_load(example.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def steps(example: Path) -> list[dict[str, Any]]:
    (job,) = load(example)["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def step(example: Path, name: str) -> dict[str, Any]:
    (found,) = [one for one in steps(example) if one["name"] == name]
    return found


def scripts(example: Path) -> list[str]:
    if example.name == "gitlab.yml":
        job = load(example)["nixauth"]
        return [*job["before_script"], *job["script"]]
    return [one["run"] for one in steps(example) if "run" in one]


def commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of every nixauth command in a script."""
    for line in text.replace("\\\n", " ").splitlines():
        found = re.match(r"\s*nixauth (.*)", line)
        if found:
            yield shlex.split(found[1].partition(" > ")[0])


def check(arguments: list[str]) -> None:
    """Have our own parser take the arguments, as far as a command gets before it runs."""
    name, *others = arguments
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    command.make_context(name, others)


def test_there_are_three() -> None:
    assert [one.name for one in EXAMPLES] == ["forgejo.yml", "github.yml", "gitlab.yml"]
    page = (CI / "README.md").read_text("utf-8")
    assert all(f"({one.name})" in page for one in EXAMPLES)


@each
def test_commands_are_ours(example: Path) -> None:
    found = [one for script in scripts(example) for one in commands(script)]
    assert [one[0] for one in found] == ["check-merge", "verify"]
    for one in found:
        check(one)
        assert one[one.index("--introduction") + 1] == "$INTRODUCTION"
        assert one[one.index("--signer") + 1] == "$SIGNER"
    assert "--after" in found[1]


@pytest.mark.parametrize("page", ["ci/README.md", "merging.md"])
def test_commands_of_the_pages_are_ours(page: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    found = [one for block in blocks for one in commands(block)]
    assert found
    for one in found:
        check(one)


@each
def test_nothing_is_pasted_into_a_script(example: Path) -> None:
    assert all("${{" not in script for script in scripts(example))


@each
def test_the_introduction_is_a_text_of_the_workflow(example: Path) -> None:
    found = load(example)
    values = found["nixauth"]["variables"] if "nixauth" in found else found["env"]
    assert values["INTRODUCTION"] == ZERO
    assert values["SIGNER"].replace(" ", "") == ZERO
    assert values["NIXAUTH_SOURCE"].endswith(f"@{ZERO}")


@pytest.mark.parametrize("name", ACTIONS)
def test_the_whole_history_and_the_cache(name: str) -> None:
    example = CI / name
    assert step(example, "Fetch the whole history")["with"] == {"fetch-depth": 0}
    cache = step(example, "Restore what was verified before")["with"]
    assert cache["path"] == "~/.cache/nixauth"
    assert cache["key"].startswith(cache["restore-keys"])
    assert cache["key"].endswith("-${{ github.run_id }}-${{ github.run_attempt }}")
    assert "env.INTRODUCTION" in cache["restore-keys"]
    events = load(example)[True]  # YAML 1.1 takes the key `on` for a boolean
    assert set(events) == {"pull_request_target", "push"}
    assert not any("ref" in one.get("with", {}) for one in steps(example))


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_pinned_or_it_is_said_how(name: str) -> None:
    lines = (CI / name).read_text("utf-8").splitlines()
    found = [number for number, line in enumerate(lines) if line.strip().startswith("uses:")]
    assert len(found) == 2
    for number in found:
        action, _, version = lines[number].split()[1].partition("@")
        if not re.fullmatch(r"[0-9a-f]{40}", version):
            said = f"https://github.com/{action} refs/tags/{version} 'refs/tags/{version}^{{}}'"
            assert lines[number - 1].strip() == f"# pin it by commit id: git ls-remote {said}"


def test_gitlab_has_the_whole_history_and_a_cache_that_requests_only_read() -> None:
    job = load(CI / "gitlab.yml")["nixauth"]
    assert job["variables"]["GIT_DEPTH"] == "0"
    assert job["variables"]["NIXAUTH_CACHE_POLICY"] == "pull"
    assert job["cache"]["policy"] == "$NIXAUTH_CACHE_POLICY"
    assert job["cache"]["paths"] == [".cache/nixauth"]
    assert job["variables"]["XDG_CACHE_HOME"] == "$CI_PROJECT_DIR/.cache"


# --- the scripts, run ---


class Forge:
    """A repository on a forge, its clone on the runner, and a pull request from a fork."""

    def __init__(self, box: Sandbox) -> None:
        make = Maker()
        self.box = box
        self.first = make.commit(history="trusted-path")
        self.base = make.commit(self.first, history="trusted-path")
        self.good = make.commit(self.first, signer=None, history="trusted-path")
        self.evil = make.commit(self.first, signer=None, file=b"people: {}\n")
        keys = make.keyring(certificates("alice", "bob"))
        self.origin = make.write(
            box.folder / "origin.git",
            {
                "refs/heads/main": self.base,
                "refs/heads/keyring": keys,
                "refs/pull/1/head": self.good,
                "refs/pull/2/head": self.evil,
                "refs/heads/requests/1": self.good,
                "refs/heads/requests/2": self.evil,
            },
        )
        self.clone = box.folder / "clone"
        box.git("clone", "-q", "--no-local", self.origin, self.clone)
        programs = box.folder / "bin"
        programs.mkdir()
        shim = programs / "nixauth"
        shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m nixauth "$@"\n')
        shim.chmod(0o755)
        self.path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a runner does: bash, stopping at the first failure."""
        values = {
            **self.box.environment,
            "INTRODUCTION": self.first.hex(),
            "SIGNER": openpgp.key("alice").fingerprint,
            "PATH": self.path,
            **environment,
        }
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.clone,
            env=values,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(Sandbox(tmp_path))


@pytest.mark.parametrize("name", ACTIONS)
def test_scripts_of_actions(forge: Forge, name: str, tmp_path: Path) -> None:
    example = CI / name
    fetch = step(example, "Fetch the keys, and the pull request")["run"]
    merge = step(example, "Check the merge")["run"]
    verify = step(example, "Verify what was pushed")["run"]
    summary = tmp_path / "summary"
    for number, head, code in (("1", forge.good, 0), ("2", forge.evil, 1)):
        assert forge.run(fetch, PULL_REQUEST=number).returncode == 0
        result = forge.run(
            merge, BASE=forge.base.hex(), HEAD=head.hex(), GITHUB_STEP_SUMMARY=str(summary)
        )
        assert result.returncode == code, result.stdout + result.stderr
    assert summary.exists() == (name == "github.yml")
    assert forge.run(fetch, PULL_REQUEST="").returncode == 0
    for before in (forge.first.hex(), ZERO, forge.base.hex()):
        assert forge.run(verify, BEFORE=before, AFTER=forge.base.hex()).returncode == 0
    assert forge.run(verify, BEFORE=forge.base.hex(), AFTER=forge.first.hex()).returncode == 1


def test_script_of_gitlab(forge: Forge) -> None:
    job = load(CI / "gitlab.yml")["nixauth"]
    lines = [one for one in job["before_script"] if "/opt/" not in one]
    assert len(lines) == len(job["before_script"]) - 3
    script = "\n".join([*lines, *job["script"]])
    project = str(forge.origin).removesuffix(".git")
    given = {"CI_PROJECT_URL": project, "CI_COMMIT_BEFORE_SHA": ZERO}
    for number, head, code in (("1", forge.good, 0), ("2", forge.evil, 1)):
        result = forge.run(
            script,
            **given,
            CI_MERGE_REQUEST_IID=number,
            CI_MERGE_REQUEST_PROJECT_URL=project,
            CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main",
            CI_COMMIT_SHA=head.hex(),
        )
        assert result.returncode == code, result.stdout + result.stderr
    assert forge.run(script, **given, CI_COMMIT_SHA=forge.base.hex()).returncode == 0
    given["CI_COMMIT_BEFORE_SHA"] = forge.base.hex()
    assert forge.run(script, **given, CI_COMMIT_SHA=forge.first.hex()).returncode == 1


def test_a_shallow_clone_ends_undecided(forge: Forge) -> None:
    forge.clone = forge.box.folder / "shallow"
    forge.box.git("clone", "-q", "--depth=1", f"file://{forge.origin}", forge.clone)
    verify = step(CI / "github.yml", "Verify what was pushed")["run"]
    result = forge.run(verify, BEFORE=ZERO, AFTER=forge.base.hex())
    assert result.returncode == 3
    assert "shallow-history" in result.stdout
