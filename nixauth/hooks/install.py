"""Put hooks in place and take them away. Hooks that were there before keep their say."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nixauth import git_program
from nixauth.errors import HookError, UsageError
from nixauth.history.repository import Repository
from nixauth.hooks.scripts import CHAINED, Hook, is_ours, script

_LEAST_GIT = (2, 28)
"""Since then there is `reference-transaction`."""
_LARGEST = 1024 * 1024


class State(Enum):
    """What stands where a hook would be."""

    NONE = "not installed"
    OURS = "installed"
    OTHER_VERSION = "installed by another version, or changed since"
    FOREIGN = "a hook of somebody else"
    DISABLED = "installed, but may not be executed"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands where a hook would be, and whether another is run before it."""

    hook: Hook
    path: Path
    state: State
    chained: bool


class HooksDirectory:
    """Where git looks for the hooks of a repository."""

    def __init__(self, repository: Repository) -> None:
        """Raise HookError where git cannot be asked."""
        top = repository.work_tree or repository.git_directory
        self.path = git_program.hooks_directory(top, repository.git_directory)
        self._top = repository.work_tree.resolve() if repository.work_tree is not None else None
        self.own = repository.common_directory.resolve() / "hooks"

    @property
    def elsewhere(self) -> bool:
        """Whether `core.hooksPath` leads out of the repository's own hooks."""
        return self.path.resolve() != self.own.resolve()

    def standing(self, hook: Hook, program: Sequence[str]) -> Standing:
        """Say what stands where a hook would be; raises HookError."""
        path = self.path / hook.value
        chained = os.path.lexists(self._chained(hook))
        content = self._read(path)
        if content is None:
            return Standing(hook, path, State.NONE, chained)
        if not is_ours(content):
            return Standing(hook, path, State.FOREIGN, chained)
        if not os.access(path, os.X_OK):
            return Standing(hook, path, State.DISABLED, chained)
        state = State.OURS if content == script(hook, program) else State.OTHER_VERSION
        return Standing(hook, path, state, chained)

    def refuse_unfit(self, hooks: Iterable[Hook], *, chain: bool, elsewhere: bool) -> None:
        """Raise UsageError or HookError where hooks cannot be put in place as asked."""
        hooks = list(hooks)
        if Hook.REFERENCE_TRANSACTION in hooks and (found := git_program.version()) < _LEAST_GIT:
            raise HookError(
                f"git {found[0]}.{found[1]} has no hook that could stop a fetch",
                "It is there since git 2.28 (reference-transaction). With an older one, check after"
                " each fetch: nixauth verify --after HEAD origin/main",
            )
        if self.elsewhere and not elsewhere:
            raise UsageError(
                f"git looks for hooks in {self.path} (core.hooksPath), not in the repository",
                "Other repositories may share that directory; the hooks do nothing where nothing"
                " is followed. To put them there: --in-hooks-path",
            )
        if self._in_work_tree():
            raise UsageError(
                f"git looks for hooks in {self.path} (core.hooksPath), within the work tree",
                "What lies there is the history's to say, and another thing in each work tree: a"
                " hook that guards the history cannot live in it. git config --unset"
                " core.hooksPath, or have it lead elsewhere.",
            )
        for hook in hooks:
            self._refuse_taken(hook, chain=chain)

    def _in_work_tree(self) -> bool:
        path, git = self.path.resolve(), self.own.parent
        return (
            self._top is not None
            and path.is_relative_to(self._top)
            and not (path.is_relative_to(git))
        )

    def _refuse_taken(self, hook: Hook, *, chain: bool) -> None:
        path, before = self.path / hook.value, self._chained(hook)
        content = self._read(path)
        if content is None or is_ours(content):
            return
        if not chain:
            raise UsageError(
                f"there is a hook already: {path}",
                "With --chain it is kept, and run first, with the same arguments and input; what it"
                f" refuses stays refused. Or call nixauth from it: nixauth hook script {hook.value}"
                " prints a script to be run by yours in the same way.",
            )
        if os.path.lexists(before):
            raise UsageError(
                f"there are two other hooks already: {path} and {before}",
                "Make one of them, and do it again.",
            )

    def install(self, hook: Hook, program: Sequence[str]) -> None:
        """Put a hook in place, with one that is there to be run first; raises HookError."""
        path = self.path / hook.value
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            content = self._read(path)
            written = self._write(path, script(hook, program))
            try:
                if content is not None and not is_ours(content):
                    path.rename(self._chained(hook))
                written.replace(path)
            except BaseException:
                written.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise HookError(
                f"the hook {path} cannot be written: {error.strerror or error}",
                "See who may write there, and do it again: until then nothing is checked by it.",
            ) from error

    def uninstall(self, hook: Hook) -> bool:
        """Take our hook away, and put back the one before it; say whether there was ours."""
        path, before = self.path / hook.value, self._chained(hook)
        content = self._read(path)
        if content is None or not is_ours(content):
            return False
        try:
            if os.path.lexists(before):
                before.replace(path)
            else:
                path.unlink()
        except OSError as error:
            raise HookError(
                f"the hook {path} cannot be taken away: {error.strerror or error}",
                "See who may write there.",
            ) from error
        return True

    def _chained(self, hook: Hook) -> Path:
        return self.path / f"{hook.value}{CHAINED}"

    def _read(self, path: Path) -> bytes | None:
        """Return what a hook is, None where there is none."""
        try:
            if not os.path.lexists(path):
                return None
            with path.open("rb") as file:
                return file.read(_LARGEST)
        except OSError as error:
            if path.is_symlink():  # that leads nowhere: somebody's, and no hook that git would run
                return b""
            raise HookError(
                f"the hook {path} cannot be read: {error.strerror or error}",
                "See what it is, and do it again.",
            ) from error

    def _write(self, path: Path, content: bytes) -> Path:
        """Write a hook beside its place, whole, and return where."""
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), 0o755)
                os.fsync(file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        return Path(name)
