"""git itself, as a program: for the network, and for what only it knows of its own settings."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from nixauth.display import printable
from nixauth.errors import FetchError, HookError

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
_VERSION = re.compile(rb"git version (\d+)\.(\d+)")
_LAST_LINES, _LONGEST = 4, 400


def environment() -> dict[str, str]:
    """Return the environment, less what would lead git to another repository."""
    return {k: v for k, v in os.environ.items() if k not in _LEADING_ELSEWHERE}


def version() -> tuple[int, int]:
    """Return the version of git; raises HookError where it cannot be told."""
    found = _VERSION.match(_ask(Path.cwd(), "--version"))
    if found is None:
        raise HookError("git does not say of which version it is")
    return int(found[1]), int(found[2])


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


def transfer(
    directory: Path,
    arguments: Sequence[str],
    *,
    given: bytes = b"",
    settings: Mapping[str, str],
    repository: Path | None = None,
    show: Callable[[str], None] | None = None,
) -> bytes:
    """Run a git command that talks to a server, and return what it prints on standard output.

    `given` is its standard input, `settings` are git's (`-c`). What git and the server say goes to
    `show`, made printable, as it comes. Raises FetchError with the last of it.
    """
    given_settings = [
        word for name, value in settings.items() for word in ("-c", f"{name}={value}")
    ]
    words = ["git", *given_settings, *arguments]
    # Nobody is asked for a password by a command that may run unattended: helpers and agents are.
    surroundings = environment() | {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    if repository is not None:
        surroundings["GIT_DIR"] = str(repository)
    try:
        process = subprocess.Popen(  # noqa: S603 - a list, and no shell
            words,
            cwd=directory,
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise FetchError(
            f"git cannot be run: {error.strerror or error}", "Install git 2.36 or later."
        ) from error
    with process:
        try:
            out, said = _talk(process, given, show)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        reason = "; ".join(said[-_LAST_LINES:]) or f"exit code {process.returncode}"
        raise FetchError(
            f"git {arguments[0]} failed: {reason}",
            "Nothing was changed. See whether the server can be reached, and try again.",
        )
    return out


def _talk(
    process: subprocess.Popen[bytes], given: bytes, show: Callable[[str], None] | None
) -> tuple[bytes, list[str]]:
    """Feed a process and read both its outputs at once; return the first, and the other's lines."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise ValueError("a process with three pipes is needed")
    said: list[str] = []
    reader = threading.Thread(target=_listen, args=(process.stderr, said, show))
    writer = threading.Thread(target=_feed, args=(process.stdin, given))
    for thread in (reader, writer):
        thread.start()
    try:
        out = process.stdout.read()
    finally:
        if process.poll() is None and sys.exc_info()[0] is not None:
            process.terminate()
        for thread in (writer, reader):
            thread.join()
    return out, said


def _feed(pipe: IO[bytes], given: bytes) -> None:
    with contextlib.suppress(OSError), pipe:  # it may be gone already; its exit code says why
        pipe.write(given)


def _listen(pipe: IO[bytes], said: list[str], show: Callable[[str], None] | None) -> None:
    """Take what is said line by line; progress comes with carriage returns."""
    line = b""
    while octet := pipe.read(1):
        if octet not in b"\r\n":
            line += octet if len(line) < _LONGEST else b""
            continue
        text = printable(line.strip(), _LONGEST)
        if text and octet == b"\n":
            said.append(text)
            del said[:-_LAST_LINES]
        if text and show is not None:
            show(text + octet.decode("ascii"))
        line = b""
    if line.strip():
        said.append(printable(line.strip(), _LONGEST))
