"""Nix, run in folders of its own: no daemon, no network, nothing of root's, nothing of anybody's.

What makes that work, found out with Nix 2.8:

- NIX_STORE_DIR, NIX_STATE_DIR, NIX_LOG_DIR and NIX_CONF_DIR in one folder: with a store of its own
  Nix opens the database itself, whoever runs it, and `/nix` is never touched. The folder must have
  no symbolic link on its way (NIX_IGNORE_SYMLINK_STORE is set for where it has).
- HOME and the XDG directories there, too: the git fetcher keeps clones in XDG_CACHE_HOME.
- `build-users-group` empty: root needs a group for builders otherwise, and nothing is built here.
- `sandbox = false` and `substitute = false`: no namespaces, and no server that is asked.
- `experimental-features`: `nix hash path` is a `nix-command`, `fetchGit` by flakes' URLs `flakes`;
  an empty `flake-registry` keeps flakes from asking for one.
- `--impure` for fetchGit without a hash and for `file://` tarballs.

Before 2.20 Nix makes trees with `git archive`; since then it reads git's objects.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.differential.programs import Ran, isolated, program, run

_CONFIGURATION = """\
build-users-group =
sandbox = false
substitute = false
experimental-features = nix-command flakes
flake-registry =
warn-dirty = false
"""


class Nix:
    """Nix with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.program = program("nix")
        self._store = program("nix-store")
        self.folder = folder.resolve()
        configuration = self.folder / "configuration"
        configuration.mkdir()
        (configuration / "nix.conf").write_text(_CONFIGURATION)
        self.environment = isolated(self.folder) | {
            "NIX_STORE_DIR": str(self.folder / "store"),
            "NIX_STATE_DIR": str(self.folder / "state"),
            "NIX_LOG_DIR": str(self.folder / "log"),
            "NIX_LOCALSTATE_DIR": str(self.folder),
            "NIX_CONF_DIR": str(configuration),
            "NIX_USER_CONF_FILES": os.devnull,
            "NIX_IGNORE_SYMLINK_STORE": "1",
            "NIX_REMOTE": "",
        }

    def run(self, *words: object, check: bool = True) -> Ran:
        """Run `nix`."""
        return run([self.program, *words], self.environment, check=check)

    def version(self) -> tuple[int, ...]:
        """Return its version."""
        found = re.search(rb"(\d+)\.(\d+)", self.run("--version").out)
        assert found
        return int(found[1]), int(found[2])

    def archives(self) -> bool:
        """Whether its git fetcher runs git archive."""
        return self.version() < (2, 20)

    def hash_path(self, path: Path, *options: str) -> str:
        """Return `nix hash path`, SRI unless options ask for another form."""
        return self.run("hash", "path", *options, path).out.decode().strip()

    def dump(self, path: Path) -> bytes:
        """Return the archive itself."""
        return run([self._store, "--dump", path], self.environment, check=True).out

    def evaluate(self, expression: str) -> str:
        """Return the string that an expression gives."""
        words = ["eval", "--impure", "--raw", "--expr", expression]
        return self.run(*words).out.decode()

    def fetch_git(self, repository: Path, commit: str, more: str = "") -> str:
        """Return the narHash of builtins.fetchGit; `more` are attributes of the call."""
        where = f'url = "file://{repository}"; rev = "{commit}"; allRefs = true;'
        return self.evaluate(f"(builtins.fetchGit {{ {where} {more} }}).narHash")

    def fetch_tarball(self, file: Path) -> str:
        """Return the hash of what builtins.fetchTarball puts into the store."""
        return self.hash_path(Path(self.evaluate(f'builtins.fetchTarball "file://{file}"')))

    def flake(self, repository: Path, commit: str) -> str:
        """Return the narHash of a `git+file://` flake at a commit, by `nix flake metadata`."""
        url = f"git+file://{repository}?rev={commit}"
        return _nar_hash(json.loads(self.run("flake", "metadata", "--json", url).out)["locked"])

    def locked(self, folder: Path, repository: Path, commit: str) -> str:
        """Return the narHash that `nix flake lock` writes for an input at a commit."""
        folder.mkdir()
        url = f"git+file://{repository}?rev={commit}"
        text = f'{{ inputs.it = {{ url = "{url}"; flake = false; }}; outputs = _: {{ }}; }}'
        (folder / "flake.nix").write_text(text)
        self.run("flake", "lock", f"path:{folder}")
        lock = json.loads((folder / "flake.lock").read_text())
        return _nar_hash(lock["nodes"]["it"]["locked"])


def _nar_hash(locked: dict[str, object]) -> str:
    return str(locked["narHash"])


@contextmanager
def nix_home() -> Iterator[Nix]:
    """Give Nix a folder; a store is read only, and goes with it all the same."""
    folder = tempfile.mkdtemp(prefix="nixauth-nix-")
    try:
        yield Nix(Path(folder))
    finally:
        for below, folders, _ in os.walk(folder):
            for one in folders:
                path = Path(below, one)
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(folder)
