"""git itself, as a program: for what only it knows of its own settings."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from nixauth.errors import HookError

# What `git rev-parse --local-env-vars` names: variables that would lead git to another repository.
_LEADING_ELSEWHERE = frozenset(
    f"GIT_{name}"
    for name in (
        "ALTERNATE_OBJECT_DIRECTORIES",
        "COMMON_DIR",
        "CONFIG",
        "CONFIG_COUNT",
        "CONFIG_PARAMETERS",
        "DIR",
        "GRAFT_FILE",
        "IMPLICIT_WORK_TREE",
        "INDEX_FILE",
        "INTERNAL_SUPER_PREFIX",
        "NAMESPACE",
        "NO_REPLACE_OBJECTS",
        "OBJECT_DIRECTORY",
        "PREFIX",
        "QUARANTINE_PATH",
        "REPLACE_REF_BASE",
        "SHALLOW_FILE",
        "WORK_TREE",
    )
)
_VERSION = re.compile(rb"git version (\d+)\.(\d+)(?:\.(\d+))?")


def environment() -> dict[str, str]:
    """Return the environment, less what would lead git to another repository."""
    return {k: v for k, v in os.environ.items() if k not in _LEADING_ELSEWHERE}


def version() -> tuple[int, int, int]:
    """Return the version of git; raises HookError where it cannot be told."""
    found = _VERSION.match(_ask(Path.cwd(), "--version"))
    if found is None:
        raise HookError("git does not say of which version it is")
    return int(found[1]), int(found[2]), int(found[3] or 0)


def hooks_directory(start: Path, git_directory: Path) -> Path:
    """Return where git looks for the hooks of a repository; `start` is its top.

    The repository is named: what lies above the work tree may be another one. Raises HookError.
    """
    named = f"--git-dir={git_directory}"
    found = _ask(start, named, "rev-parse", "--git-path", "hooks").removesuffix(b"\n")
    return Path(os.path.normpath(start / os.fsdecode(found)))


def _ask(directory: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a list, and no shell
            ["git", *arguments],  # noqa: S607 - the one that the person uses
            cwd=directory,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise HookError(
            f"git cannot be run: {error.strerror or error}", "Hooks are git's own: install it."
        ) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "backslashreplace").strip()
        raise HookError(f"git {' '.join(arguments)} failed: {said}")
    return done.stdout
