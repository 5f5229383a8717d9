"""The scripts are POSIX sh, ours can be told from others, and they hold any program's name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.hooks.scripts import Hook, is_ours, marker, script

SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]
PROGRAMS = [
    ["/usr/bin/nixauth"],
    ["/usr/bin/python3", "-P", "-m", "nixauth"],
    ["/a b/c'd\"e/$(x)/`y`/{z}\\/nix\nauth"],
    ["/\udcff/nixauth"],
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
@pytest.mark.parametrize("hook", Hook)
def test_the_shell_can_read_it(tmp_path: Path, shell: str, program: list[str], hook: Hook) -> None:
    (tmp_path / "hook").write_bytes(script(hook, program))
    command = [shell, *(["sh"] if shell == "busybox" else []), "-n", str(tmp_path / "hook")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("shell", [one for one in SHELLS if one != "busybox"])
@pytest.mark.parametrize("hook", [Hook.PRE_PUSH, Hook.PRE_RECEIVE])
def test_nothing_said_is_nothing_asked(tmp_path: Path, shell: str, hook: Hook) -> None:
    (tmp_path / "hook").write_bytes(script(hook, ["/nowhere/nixauth"]))
    done = subprocess.run([shell, tmp_path / "hook"], input=b"", check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("hook", Hook)
def test_ours(hook: Hook) -> None:
    text = script(hook, PROGRAMS[0])
    assert text.startswith(b"#!/bin/sh\n")
    assert marker(hook).encode() in text.splitlines()
    assert is_ours(text)
    assert is_ours(text + b"# changed\n")
    assert is_ours(text.replace(b"nixauth hook 1:", b"nixauth hook 2:"))


@pytest.mark.parametrize(
    "text", [b"", b"#!/bin/sh\n", b"#!/bin/sh\n\n# nixauth hook 1: x\n", b"# nixauth hook 1: x\n"]
)
def test_of_others(text: bytes) -> None:
    assert not is_ours(text)


@given(st.binary())
def test_any_bytes_are_somebody_elses(text: bytes) -> None:
    assert is_ours(text) == text.startswith(b"#!/bin/sh\n# nixauth hook ")


def test_nothing_of_a_repository_is_in_it() -> None:
    for hook in Hook:
        text = script(hook, ["/usr/bin/nixauth"]).decode()
        assert "refs/heads/main" not in text
        assert text.count("/usr/bin/nixauth") == 3
