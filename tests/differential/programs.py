"""The other programs: found or missed, run in homes of their own, and what they said."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

PACKAGES = {
    "gpg": "gnupg",
    "gpg-agent": "gpg-agent",
    "gpgconf": "gnupg",
    "ssh-keygen": "openssh-client",
    "ssh": "openssh-client",
    "git": "git",
    "bash": "bash",
    "nix": "nix-bin",
    "nix-store": "nix-bin",
    "nix-channel": "nix-bin",
}
_TIME = 60
STATUS = b"[GNUPG:] "


def missing(what: str) -> None:
    """Skip; where everything has to be there, fail."""
    if os.environ.get("NIXAUTH_REQUIRE_ALL") == "1":
        pytest.fail(f"the package {what} is not installed")
    pytest.skip(f"the package {what} is not installed")


def program(name: str) -> str:
    """Return where a program is; skips without it."""
    found = shutil.which(name)
    if found is None:
        missing(PACKAGES[name])
    assert found is not None
    return found


def sequoia() -> ModuleType:
    """Return pysequoia; skips without it."""
    try:
        return importlib.import_module("pysequoia")
    except ImportError:
        missing("pysequoia")
        raise


@dataclass(frozen=True)
class Ran:
    """A program that has come to its end."""

    code: int
    out: bytes
    err: bytes

    @property
    def status(self) -> list[list[str]]:
        """GnuPG's status lines on standard error, divided into words."""
        return status_lines(self.err)


def status_lines(output: bytes) -> list[list[str]]:
    """Return GnuPG's status lines, divided into words."""
    return [
        line[len(STATUS) :].decode("utf-8", "replace").split(" ")
        for line in output.split(b"\n")
        if line.startswith(STATUS)
    ]


def run(
    command: Sequence[object],
    environment: dict[str, str],
    *,
    given: bytes = b"",
    cwd: Path | None = None,
    check: bool = False,
) -> Ran:
    """Run a program; its environment is the one that is given, and no more."""
    done = subprocess.run(
        [str(word) for word in command],
        input=given,
        capture_output=True,
        check=False,
        env=environment,
        cwd=cwd,
        timeout=_TIME,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert not check or ran.code == 0, (command, ran)
    return ran


def isolated(folder: Path) -> dict[str, str]:
    """Return an environment in which nobody's configuration is read."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "A U Thor",
        "GIT_AUTHOR_EMAIL": "author@example.org",
        "GIT_COMMITTER_NAME": "A U Thor",
        "GIT_COMMITTER_EMAIL": "author@example.org",
    }


# --- GnuPG ---


class Gpg:
    """GnuPG with a home directory of its own, in which it makes keys and signs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.program = program("gpg")
        program("gpg-agent")
        self.environment = isolated(home) | {"GNUPGHOME": str(home)}

    def run(self, *words: object, given: bytes = b"", check: bool = True) -> Ran:
        """Run it without questions."""
        own = [self.program, "--batch", "--quiet", "--no-tty", "--status-fd=2"]
        own += ["--pinentry-mode=loopback", "--passphrase="]
        return run([*own, *words], self.environment, given=given, check=check)

    def make(self, name: str, algorithm: str, usage: str = "sign", expires: str = "never") -> str:
        """Make a primary key and return its fingerprint."""
        made = self.run(
            "--quick-generate-key", f"{name} <{name}@example.org>", algorithm, usage, expires
        )
        return created(made)

    def add(self, primary: str, algorithm: str, usage: str = "sign") -> str:
        """Add a subkey and return its fingerprint."""
        made = self.run("--quick-add-key", primary, algorithm, usage, "never")
        return created(made)

    def export(self, *keys: str) -> bytes:
        """Return certificates."""
        return self.run("--export", *keys).out

    def sign(self, key: str, payload: bytes, *options: str) -> bytes:
        """Return an armored, detached signature."""
        words = ["--armor", "--detach-sign", f"--local-user={key}", *options]
        return self.run(*words, given=payload).out

    def version(self) -> tuple[int, ...]:
        """Return its version."""
        first = self.run("--version").out.split(b"\n")[0]
        return tuple(int(part) for part in first.split()[-1].split(b"."))

    def curves(self) -> set[str]:
        """Return the curves that it offers for signing."""
        listed = self.run("--with-colons", "--list-config", "curve").out.decode()
        return set(listed.strip().removeprefix("cfg:curve:").split(";")) - {"cv25519", "cv448"}

    def stop(self) -> None:
        """End its agent."""
        run([program("gpgconf"), "--kill", "all"], self.environment)


def created(made: Ran) -> str:
    """Return the fingerprint that GnuPG gave a new key."""
    return next(words[2] for words in made.status if words[0] == "KEY_CREATED")


@contextmanager
def gpg_home() -> Iterator[Gpg]:
    """Give a home directory whose name is short enough for the agent's socket."""
    with tempfile.TemporaryDirectory(prefix="nx", dir="/tmp") as folder:
        gpg = Gpg(Path(folder))
        try:
            yield gpg
        finally:
            gpg.stop()


# --- a witness ---

_WITNESS = """#!{bash}
printf '%s\\n' "$*" > {log}/$$.arguments
exec 2> >(exec tee {log}/$$.said >&2)
exec {gpg} "$@"
"""


class Witness:
    """A `gpg` to put first in the PATH: runs the real one, and keeps what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self._log = folder / "log"
        self.folder.mkdir()
        self._log.mkdir()
        script = self.folder / "gpg"
        bash, gpg = program("bash"), program("gpg")
        script.write_text(_WITNESS.format(bash=bash, log=self._log, gpg=gpg))
        script.chmod(0o755)

    @property
    def path(self) -> str:
        """What PATH has to be."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    @property
    def runs(self) -> int:
        """How many processes were asked to verify."""
        return sum("--verify" in file.read_text().split() for file in self._log.glob("*.arguments"))

    def said(self, keyword: str) -> list[list[str]]:
        """Return the status lines of a keyword, of all runs."""
        return [
            words
            for file in sorted(self._log.glob("*.said"))
            for words in status_lines(file.read_bytes())
            if words[0] == keyword
        ]

    @property
    def signatures(self) -> int:
        """How many signatures GnuPG has looked at."""
        return len(self.said("NEWSIG"))


@contextmanager
def watched(folder: Path) -> Iterator[Witness]:
    """Put a witness first in this process's PATH for a while."""
    witness = Witness(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", witness.path)
        yield witness
