"""What could not be decided, and what was asked wrongly.

A judgement ("refused, because …") is a value, see `nixauth.model`. An exception means that no
judgement was possible. Every exception that leaves the package is one of these.
"""

from typing import ClassVar, Self


class NixauthError(Exception):
    """Base of all; `hint` says what the person can do next, or is empty."""

    kind: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(NixauthError):
    """The command was used wrongly (exit code 2)."""

    kind = "usage"


class UndecidedError(NixauthError):
    """The question could not be answered (exit code 3)."""


class MissingObjectError(UndecidedError):
    """An object that the answer depends on is not in the repository."""

    kind = "missing-object"


class CorruptObjectError(UndecidedError):
    """An object's content is not what its id says."""

    kind = "corrupt-object"


class ShallowHistoryError(UndecidedError):
    """The answer lies behind the boundary of a shallow clone."""

    kind = "shallow-history"


class UnsupportedRepositoryError(UndecidedError):
    """The repository is of a kind that is not read (or may not be read)."""

    kind = "unsupported-repository"


class ChangedRefError(UndecidedError):
    """A ref was moved by somebody else while something was prepared for it."""

    kind = "changed-ref"


class UnwritableRefError(UndecidedError):
    """A ref cannot be moved: it is locked, or the repository is read only."""

    kind = "unwritable-ref"


class UnwritableConfigError(UndecidedError):
    """The repository's configuration is locked, or may not be written."""

    kind = "unwritable-config"


class DamagedRecordError(UndecidedError):
    """What was accepted before is recorded, and cannot be read."""

    kind = "damaged-record"


class UnwritableRecordError(UndecidedError):
    """What was accepted could not be recorded, and so nothing was."""

    kind = "unwritable-record"


class HookError(UndecidedError):
    """Hooks could not be put in place or taken away, or git is too old for them."""

    kind = "hook"


class FetchError(UndecidedError):
    """A server could not be reached, or did not send what was asked for."""

    kind = "fetch-failed"


class UnwritableTreeError(UndecidedError):
    """A tree could not be written where programs would read it."""

    kind = "unwritable-tree"


class ChangedFileError(UndecidedError):
    """A file was changed by somebody else while a change to it was prepared."""

    kind = "changed-file"


class NixError(UndecidedError):
    """Nix failed, or did something else than it was asked for."""

    kind = "nix-failed"


class PinsError(UndecidedError):
    """A file that pins repositories is not understood, or a change to it cannot be made."""

    kind = "pins"


class UnreadableKeyringError(UndecidedError):
    """A source of the keyring does not exist or cannot be read."""

    kind = "unreadable-keyring"


class TreeError(UndecidedError):
    """A tree is such that no hash of it is computed; `nixauth.nar` says why."""

    kind = "refused-tree"


class EngineError(UndecidedError):
    """An engine did not answer; `ends_run` says that no other commit can be judged either."""

    kind = "engine"
    ends_run: ClassVar[bool] = True

    def at(self, commit: str) -> Self:
        """Return the same error, naming the commit whose signature it is about."""
        return type(self)(f"commit {commit}: {self.message}", self.hint)


class EngineFailedError(EngineError):
    """An engine is not there, or broke down."""

    kind = "engine-failed"


class EngineDisagreementError(EngineError):
    """Two engines say different things of one signature."""

    kind = "engine-disagreement"


class UncheckedSignatureError(EngineError):
    """An engine cannot say whether one signature is good."""

    kind = "unchecked-signature"
    ends_run = False
