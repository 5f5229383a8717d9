"""Nix, as a program: it knows what a flake asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from nixauth.display import printable
from nixauth.errors import NixError

_FEATURES = ("--extra-experimental-features", "nix-command flakes")
_VERSION = re.compile(rb"\(Nix\)[^\n]*?(\d+)\.(\d+)")
_LONGEST = 400


def is_there() -> bool:
    """Say whether there is a Nix to run."""
    return shutil.which("nix") is not None


def version() -> tuple[int, int] | None:
    """Return its version, None where it does not say; raises NixError."""
    found = _VERSION.search(_run(["--version"]))
    return (int(found[1]), int(found[2])) if found is not None else None


def lock_input(flake: Path, overrides: Sequence[tuple[str, str]]) -> None:
    """Have Nix lock inputs (by their paths) of the flake in a directory to what URLs name.

    It fetches them. Raises NixError with what it says.
    """
    words = ["flake", "lock", f"path:{flake}"]
    for path, url in overrides:
        words += ["--override-input", path, url]
    _run([*_FEATURES, *words])


def _run(words: Sequence[str]) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a list, and no shell
            ["nix", *words],  # noqa: S607 - the one that the person uses
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise NixError(f"nix cannot be run: {error.strerror or error}") from error
    if done.returncode:
        said = printable(" ".join(done.stderr.decode("utf-8", "replace").split()), _LONGEST)
        raise NixError(
            f"nix failed: {said}" if said else f"nix failed, with exit code {done.returncode}",
            "Nothing was changed. With --in-place the lock is edited without Nix.",
        )
    return done.stdout
