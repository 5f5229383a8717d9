"""Where channels are configured, where their data is kept, and the files read and written.

Trust starts in these files: one that is malformed, cannot be read, or could have been written by
somebody else is an error, never passed over.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nixauth.channels import config
from nixauth.channels.values import Channel
from nixauth.errors import UsageError
from nixauth.model import Problem
from nixauth.text_problems import MAX_BYTES

SYSTEM = Path("/etc/nixauth/channels.yaml")
_FILE = "nixauth/channels.yaml"


@dataclass(frozen=True, slots=True)
class Configured:
    """A channel, the file that it stands in, and the one whose channel of that name it replaces."""

    channel: Channel
    file: Path
    instead_of: Path | None = None


# --- where ---


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the user's file is: $XDG_CONFIG_HOME/nixauth/channels.yaml."""
    return _base(environment, "XDG_CONFIG_HOME", ".config") / _FILE


def data_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return below which directory channels' data is: $XDG_DATA_HOME/nixauth."""
    return _base(environment, "XDG_DATA_HOME", ".local/share") / "nixauth"


def _base(environment: Mapping[str, str], variable: str, below_home: str) -> Path:
    """Return a base directory (XDG Base Directory Specification: a relative path is ignored)."""
    named = Path(environment.get(variable, ""))
    if named.is_absolute() and _is_own(named):
        return named
    home = Path(environment.get("HOME", ""))
    if not home.is_absolute() or not _is_own(home):
        try:
            home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
        except KeyError:
            raise UsageError("your home directory is not known: HOME is not set") from None
    return home / below_home


def _is_own(directory: Path) -> bool:
    """Whether a directory may be taken for one's own: root takes nobody else's, as sudo may offer.

    One that is not there yet belongs to whom the nearest one above it belongs to.
    """
    if os.geteuid() != 0:
        return True
    for path in (directory, *directory.parents):
        with contextlib.suppress(OSError):
            return path.stat().st_uid == 0
    return False


# --- reading ---


def configured(files: Sequence[Path]) -> dict[str, Configured]:
    """Return every channel by name; of those of one name, the one in the first file.

    Raises UsageError for a file that is there and is no good.
    """
    found: dict[str, Configured] = {}
    folded: dict[str, Configured] = {}
    for file in files:
        for name, channel in read(file).items():
            before = found.get(name)
            if before is not None:
                found[name] = Configured(before.channel, before.file, before.instead_of or file)
                continue
            other = folded.get(name.lower())
            if other is not None and other.file != file:
                raise UsageError(
                    f"the channels {other.channel.name!r} in {other.file} and {name!r} in {file}"
                    " differ in case only",
                    "They would share a directory on some file systems: rename one.",
                )
            found[name] = folded[name.lower()] = Configured(channel, file)
    return found


def read(file: Path) -> Mapping[str, Channel]:
    """Return a file's channels, none where there is no file; raises UsageError."""
    content = read_bytes(file)
    if content is None:
        return {}
    reading = config.read(content)
    if reading.channels is None:
        raise fault(file, reading.problems)
    return reading.channels


def fault(file: Path, problems: Sequence[Problem]) -> UsageError:
    """Say what is wrong in a file: the first problem with its place, and how many more."""
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return UsageError(f"{file}:{first.line}:{first.column}: {first.message}{more}")


def read_bytes(file: Path) -> bytes | None:
    """Return what a file holds, None where there is none.

    Raises UsageError where it cannot be read, or somebody else but root may have written it.
    """
    try:
        opened = open(file, "rb", opener=_without_waiting)  # noqa: SIM115 - closed below
    except FileNotFoundError:
        if file.is_symlink():
            raise UsageError(f"{file} is a symbolic link that leads nowhere") from None
        return None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    with opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{file} is no regular file")
        _require_trusted(str(file), found)
        for directory in dict.fromkeys((file.parent, file.resolve().parent)):
            require_own_directory(directory)
        try:
            content = opened.read(MAX_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe without a writer is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def require_own_directory(directory: Path) -> None:
    """Refuse a directory in which somebody else may put a file in the place of this one."""
    try:
        found = directory.stat()
    except OSError as error:
        raise UsageError(f"{directory} cannot be read: {error.strerror or error}") from error
    # In a sticky one, as /tmp is, only their owners replace files.
    others = 0 if found.st_mode & stat.S_ISVTX else 0o022
    _require_trusted(f"the directory {directory}", found, others)


def _require_trusted(what: str, found: os.stat_result, others: int = 0o022) -> None:
    own = os.geteuid()
    if found.st_uid not in {own, 0}:
        raise UsageError(
            f"{what} belongs to another user (uid {found.st_uid}), who could change what is"
            " trusted",
            "It has to belong to you or to root." if own else "It has to belong to root.",
        )
    if found.st_mode & others:
        raise UsageError(
            f"{what} can be written by others (mode {stat.S_IMODE(found.st_mode):04o}), who could"
            " change what is trusted",
            "Take that from them: chmod go-w",
        )


# --- writing ---


def change(file: Path, edit: Callable[[bytes], bytes | Problem]) -> None:
    """Change a file, which need not be there, or leave it as it is; raises UsageError.

    It is replaced whole, by one step, and keeps its mode; a link to it stays one.
    """
    before = read_bytes(file)
    made = edit(before or b"")
    if isinstance(made, Problem):
        place = f":{made.line}:{made.column}" if before else ""
        raise UsageError(f"{file}{place}: {made.message}; nothing was written")
    target = file.resolve()
    try:
        # The umask may let a group write, which would make the file of no use.
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        require_own_directory(target.parent)
        _replace(file, target, before, made)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}",
            "Something else manages it: change it there."
            if target != file.absolute() and not os.access(target, os.W_OK)
            else "",
        ) from error


def _replace(file: Path, target: Path, before: bytes | None, content: bytes) -> None:
    mode = 0o644 if before is None else stat.S_IMODE(target.stat().st_mode)
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name[:32]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        if read_bytes(file) != before:
            raise UsageError(
                f"{file} was changed by somebody else meanwhile, and was left as it is",
                "Do it again.",
            )
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
